# SPDX-License-Identifier: GPL-3.0-or-later
# Plumbline. `make help` lists what can be asked for.
#
#: make              build/plumb
#: make demo         build it and see it work, below a directory of its own
#: make check        install what is missing, build, run every test (root)
#: make lab          only the tests that need hosts with systemd (root)
#: make torture      kill it, cut its power, fail its calls, thousands of times
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

LINKED := yaml-0.1 lua5.4 sqlite3 libcrypto libssl jansson libsystemd
# loaded when first needed, see resources/host/library.h
LOADED := libgit2 libcurl libknot libzscanner libdnssec
CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
    -Wvla -Wformat=2 -Wwrite-strings -Werror=incompatible-pointer-types \
    -Werror=discarded-qualifiers -Wcast-qual
ifneq ($(findstring clang,$(CC)),)
WARNINGS := $(filter-out -Werror=discarded-qualifiers,$(WARNINGS)) \
    -Werror=incompatible-pointer-types-discards-qualifiers
endif
ALL_CFLAGS = -std=gnu17 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' \
    -pthread $(CFLAGS) $(SANITIZE) $(WARNINGS) \
    -fstack-protector-strong -fstack-clash-protection -fPIE \
    -ffile-prefix-map=$(CURDIR)=. -MMD -MP \
    $(shell pkg-config --cflags $(LINKED) $(LOADED))
ALL_LDFLAGS = -pie -pthread -Wl,-z,relro,-z,now,--as-needed $(SANITIZE) \
    $(LDFLAGS)
LIBS = $(shell pkg-config --libs $(LINKED))
$B/reconciler/cmd/%.o: ALL_CFLAGS += -DPREFIX='"$(PREFIX)"'

KINDS := $(sort $(patsubst resources/%.c,%,$(wildcard resources/*.c)))
SOURCES := $(wildcard specs/*.c resources/host/*.c resources/*.c \
    reconciler/*.c)
OBJECTS := $(SOURCES:%.c=$B/%.o) $B/kinds.o $B/embedded.o $B/libraries.o
COMMANDS := $(patsubst %.c,$B/%.o,$(wildcard reconciler/cmd/*.c))
UNITS := $(patsubst t/unit/%.c,$B/t/unit/%,$(wildcard t/unit/*.c))

.PHONY: all check units tormentors fuzzers replay bench fuzz lint lab torture \
    install uninstall clean deps demo help
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

# What the linker would have named, and the package that it is in.
$B/libraries.o: $B/libraries.c
	$(CC) $(ALL_CFLAGS) -I. -c -o $@ $<
$B/libraries.c: Makefile
	@mkdir -p $(@D)
	@{ echo '#include "resources/host/library.h"'; \
	  echo 'const struct library_file library_files[] = {'; \
	  for l in $(LOADED); do \
	    f=$$(objdump -p $$(pkg-config --variable=libdir $$l)/$$l.so | \
	      awk '$$1 == "SONAME" { print $$2 }'); test "$$f" || exit 1; \
	    p=$$(dpkg-query -S "*/$$f" 2>/dev/null | sed 's/:.*//;q'); \
	    echo "	{ \"$$l\", \"$$f\", \"$$p\" },"; done; \
	  echo '	{ 0, 0, 0 },'; echo '};'; } > $@.new && mv $@.new $@

# Texts that plumb prints are part of it: a path, then what is in that file.
EMBEDDED := $(wildcard $(KINDS:%=examples/%/plumb.yaml) reconciler/cmd/*.[58])
$B/embedded.o: $B/embedded.c
	$(CC) $(ALL_CFLAGS) -c -o $@ $<
$B/embedded.c: $(EMBEDDED) Makefile
	@mkdir -p $(@D)
	@{ echo 'extern const char *const embedded_texts[];'; \
	  echo 'const char *const embedded_texts[] = {'; \
	  for f in $(EMBEDDED); do echo "	\"$$f\","; \
	    sed 's/[\"]/\\&/g; s/.*/	"&\\n"/' $$f; echo '	,'; done; \
	  echo '	0,'; echo '};'; } > $@

# Some files name a place below PREFIX, which may be another than last time.
$(patsubst %,$B/reconciler/cmd/%.o,manual init adopting): $B/prefix
$B/prefix: always
	@mkdir -p $(@D)
	@echo '$(PREFIX)' | cmp -s - $@ || echo '$(PREFIX)' > $@
always:

# For systemd; they are off until somebody enables them.
UNIT_FILES := $(patsubst %,$B/%,$(wildcard reconciler/units/*))
$(UNIT_FILES): $B/%: % $B/prefix
	@mkdir -p $(@D)
	@sed 's|@prefix@|$(PREFIX)|' $< > $@

# What plumb says about itself, for man(1), editors and shells.
DOCUMENTS := $(addprefix $B/,plumb.8 plumb.yaml.5 plumb.schema.json \
    plumb.bash _plumb plumb.fish)
documents: $(DOCUMENTS)
$B/plumb.8: DO := manual 8
$B/plumb.yaml.5: DO := manual 5
$B/plumb.schema.json: DO := schema
$B/plumb.bash: DO := completion bash
$B/_plumb: DO := completion zsh
$B/plumb.fish: DO := completion fish
$(DOCUMENTS): $B/plumb
	$B/plumb $(DO) > $@.new && mv $@.new $@

# A unit test is one program, linked with everything but the commands; what
# several share is t/*.c.
SHARED := $(patsubst %.c,$B/%.o,$(wildcard t/*.c))
$B/t/unit/%: $B/t/unit/%.o $(SHARED) $B/libplumb.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

units: $(UNITS)
# keep the objects of tests
.SECONDARY:

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

# What is done to plumb, and what it must come through; see t/torture/Torture.pm.
TORMENTORS := $(patsubst t/torture/%.c,$B/t/torture/%,$(wildcard t/torture/*.c))
$B/t/torture/%: $B/t/torture/%.o $B/libplumb.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)
torture: deps
	@$(MAKE) -s $(PARALLEL) all tormentors
	@rm -f $B/torture.log
	TORTURE=full $(PROVE) t/lab/crash.t t/lab/killed.t $(wildcard t/torture/*.t); \
	    s=$$?; cat $B/torture.log; exit $$s
tormentors: $(TORMENTORS)

export B
export PLUMB := $(abspath $B/plumb)
PARALLEL := -j$(shell nproc) --no-print-directory
PROVE := CMOCKA_MESSAGE_OUTPUT=TAP perl -It -S prove -It --harness Harness
check: deps
	@echo 'building, with sanitizers and with clang as well'
	@$(MAKE) -s $(PARALLEL) all units tormentors replay
	@$(MAKE) -s $(PARALLEL) B=$B/san SAN=1 units
	$(PROVE) $(UNITS) $(UNITS:$B/%=$B/san/%) $(wildcard t/*.t t/lab/*.t) \
	    $(wildcard t/torture/*.t)
lab: all
	$(PROVE) $(wildcard t/lab/*.t)
# A store that only a cleanup attribute reads looks dead to it.
ANALYZE = clang --analyze -Xanalyzer -analyzer-output=text \
    -Xanalyzer -analyzer-werror \
    -Xanalyzer -analyzer-disable-checker=deadcode.DeadStores -std=gnu17 \
    -D_GNU_SOURCE '-DVERSION=""' '-DPREFIX=""' \
    $(shell pkg-config --cflags $(LINKED) $(LOADED))
lint:
	@printf '%s\n' $(SOURCES) $(wildcard reconciler/cmd/*.c) | \
	    xargs -P$(shell nproc) -n4 $(ANALYZE)
	for f in t/*.sh t/*/*.sh .ci/run; do bash -n $$f || exit 1; done
BENCHES := $(patsubst %.c,$B/%,$(wildcard t/bench/*.c))
$(BENCHES): $B/%: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $< -lyaml -lcrypto
bench: all $(BENCHES)
	t/bench/run
deps:
	@t/deps.sh build test
demo:
	@t/deps.sh build
	@$(MAKE) -s $(PARALLEL) all
	@t/demo.sh

SHARE = $(DESTDIR)$(PREFIX)/share
INSTALLED = $(DESTDIR)$(PREFIX)/bin/plumb $(SHARE)/man/man8/plumb.8 \
    $(SHARE)/man/man5/plumb.yaml.5 $(SHARE)/plumb/plumb.schema.json \
    $(SHARE)/bash-completion/completions/plumb \
    $(SHARE)/zsh/site-functions/_plumb \
    $(SHARE)/fish/vendor_completions.d/plumb.fish \
    $(UNIT_FILES:$B/reconciler/units/%=$(DESTDIR)$(PREFIX)/lib/systemd/system/%)
install: all documents $(UNIT_FILES)
	install -Dm755 $B/plumb $(word 1,$(INSTALLED))
	install -Dm644 $B/plumb.8 $(word 2,$(INSTALLED))
	install -Dm644 $B/plumb.yaml.5 $(word 3,$(INSTALLED))
	install -Dm644 $B/plumb.schema.json $(word 4,$(INSTALLED))
	install -Dm644 $B/plumb.bash $(word 5,$(INSTALLED))
	install -Dm644 $B/_plumb $(word 6,$(INSTALLED))
	install -Dm644 $B/plumb.fish $(word 7,$(INSTALLED))
	install -Dm644 -t $(DESTDIR)$(PREFIX)/lib/systemd/system $(UNIT_FILES)
uninstall:
	rm -f $(INSTALLED)
clean:
	rm -rf $B

-include $(shell find $B -type f -name '*.d' 2>/dev/null)
