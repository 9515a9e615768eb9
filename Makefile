# SPDX-License-Identifier: GPL-3.0-or-later
# Plumbline. `make help` lists what can be asked for.
#
#: make              build/plumb
#: make demo         build it and see it work, below a directory of its own
#: make check        install what is missing, build, run every test (root)
#: make lab          only the tests that need hosts with systemd (root)
#: make lint         static analysis
#: make bench        measure against the machine's limits
#: make fuzz         look for inputs that break it; FUZZ_SECONDS=60 for each
#: make deps         what building and testing need, from Debian's packages
#: make install      to DESTDIR and PREFIX (/usr/local); also uninstall
#: make clean        remove build/
#: SAN=1             with sanitizers, in build/san; CC=clang works too

PREFIX ?= /usr/local
VERSION := 0.1

# SAN=1 builds with sanitizers, in a folder of its own.
ifdef SAN
B := build/san
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined \
    -fno-omit-frame-pointer -O1
else
B := build
SANITIZE := -D_FORTIFY_SOURCE=3
endif

LIBRARIES := yaml-0.1 lua5.4 sqlite3 libcrypto libssl libgit2 jansson \
    libsystemd libcurl libknot libzscanner libdnssec
CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
    -Wvla -Wformat=2 -Wwrite-strings -Werror=incompatible-pointer-types \
    -Werror=discarded-qualifiers -Wcast-qual
ifneq ($(findstring clang,$(CC)),)
WARNINGS := $(filter-out -Werror=discarded-qualifiers,$(WARNINGS)) \
    -Werror=incompatible-pointer-types-discards-qualifiers
endif
ALL_CFLAGS = -std=gnu17 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -pthread \
    $(CFLAGS) $(SANITIZE) $(WARNINGS) -fstack-protector-strong \
    -fstack-clash-protection -fPIE -ffile-prefix-map=$(CURDIR)=. -MMD -MP \
    $(shell pkg-config --cflags $(LIBRARIES))
ALL_LDFLAGS = -pie -pthread -Wl,-z,relro,-z,now,--as-needed $(SANITIZE) \
    $(LDFLAGS)
LIBS = $(shell pkg-config --libs $(LIBRARIES))

KINDS := $(sort $(patsubst resources/%.c,%,$(wildcard resources/*.c)))
SOURCES := $(wildcard specs/*.c resources/host/*.c resources/*.c \
    reconciler/*.c)
OBJECTS := $(SOURCES:%.c=$B/%.o) $B/kinds.o $B/examples.o
COMMANDS := $(patsubst %.c,$B/%.o,$(wildcard reconciler/cmd/*.c))
UNITS := $(patsubst t/unit/%.c,$B/t/unit/%,$(wildcard t/unit/*.c))

.PHONY: all check units fuzzers replay bench fuzz lint lab install uninstall \
    clean deps demo help
all: $B/plumb
help:
	@sed -n 's/^#: //p' Makefile

$B/plumb: $(OBJECTS) $(COMMANDS)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)
$B/libplumb.a: $(OBJECTS)
	rm -f $@ && $(AR) rcs $@ $^
$B/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<
$B/kinds.o: $B/kinds.c
	$(CC) $(ALL_CFLAGS) -I. -c -o $@ $<
$B/kinds.c: $(wildcard resources/*.c) Makefile
	@mkdir -p $(@D)
	@{ echo '#include "resources/resource.h"'; \
	  for k in $(KINDS); do echo "extern const struct kind kind_$$k;"; done; \
	  echo 'const struct kind *const kinds[] = {'; \
	  for k in $(KINDS); do echo "	&kind_$$k,"; done; \
	  echo '	NULL,'; echo '};'; } > $@

$B/examples.o: $B/examples.c
	$(CC) $(ALL_CFLAGS) -c -o $@ $<
$B/examples.c: $(wildcard examples/*/plumb.yaml) Makefile
	@mkdir -p $(@D)
	@{ echo 'extern const char *const example_texts[];'; \
	  echo 'const char *const example_texts[] = {'; \
	  for k in $(wildcard $(KINDS:%=examples/%/plumb.yaml)); do \
	    echo "	\"$$(basename $$(dirname $$k))\","; \
	    sed 's/[\"]/\\&/g; s/.*/	"&\\n"/' $$k; echo '	,'; done; \
	  echo '	0,'; echo '};'; } > $@

# A unit test is one program, linked with everything but the commands; what
# several share is t/*.c.
SHARED := $(patsubst %.c,$B/%.o,$(wildcard t/*.c))
$B/t/unit/%: $B/t/unit/%.o $(SHARED) $B/libplumb.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

units: $(UNITS)

# Fuzzed programs, and all they are linked with, are built by clang in a folder
# of their own; what broke one once is an input in t/fuzz/NAME/ for ever.
FUZZERS := $(patsubst t/fuzz/%.c,$B/t/fuzz/%,$(wildcard t/fuzz/*.c))
FUZZ_SECONDS ?= 60
$B/t/fuzz/%: $B/t/fuzz/%.o $B/libplumb.a
	$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS)
fuzzers: $(FUZZERS)
replay fuzz:
	@$(MAKE) --no-print-directory B=$B/fuzz CC=clang fuzzers SANITIZE='-O1 \
	    -fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer'
	@test $@ = replay || t/fuzz.sh $B/fuzz/t/fuzz $(FUZZ_SECONDS)

export B
export PLUMB := $(abspath $B/plumb)
PROVE := CMOCKA_MESSAGE_OUTPUT=TAP perl -It -S prove --harness Harness
check: deps
	$(MAKE) all units replay
	$(MAKE) B=$B/san SAN=1 units
	$(PROVE) $(UNITS) $(UNITS:$B/%=$B/san/%) $(wildcard t/*.t t/lab/*.t)
lab: all
	$(PROVE) $(wildcard t/lab/*.t)
lint:
	clang --analyze -Xanalyzer -analyzer-output=text -Xanalyzer \
	    -analyzer-werror -std=gnu17 -D_GNU_SOURCE -DVERSION='""' \
	    $(SOURCES) $(wildcard reconciler/cmd/*.c)
	for f in t/*.sh t/*/*.sh .ci/run; do bash -n $$f || exit 1; done
bench: all
	t/bench/run
deps:
	@t/deps.sh build test
demo:
	@t/deps.sh build
	@$(MAKE) --no-print-directory all
	@t/demo.sh

install: all
	install -Dm755 $B/plumb $(DESTDIR)$(PREFIX)/bin/plumb
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/plumb
clean:
	rm -rf $B

-include $(shell find $B -name '*.d' 2>/dev/null)
