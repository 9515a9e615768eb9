# SPDX-License-Identifier: GPL-3.0-or-later
# Plumbline. `make help` lists what can be asked for.

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
OBJECTS := $(SOURCES:%.c=$B/%.o) $B/kinds.o
COMMANDS := $(patsubst %.c,$B/%.o,$(wildcard reconciler/cmd/*.c))
UNITS := $(patsubst t/unit/%.c,$B/t/unit/%,$(wildcard t/unit/*.c))

.PHONY: all check bench fuzz lint lab install uninstall clean deps demo help
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

# A unit test is one program, linked with everything but the commands; what
# several share is t/*.c.
SHARED := $(patsubst %.c,$B/%.o,$(wildcard t/*.c))
$B/t/unit/%: $B/t/unit/%.o $(SHARED) $B/libplumb.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

-include $(shell find $B -name '*.d' 2>/dev/null)
