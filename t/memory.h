/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memory.h - a machine in memory for tests: files, accounts, packages, units
 * and programs, on which any single change can be made to fail.
 *
 * It begins as a small Debian 12: root and nobody, /etc, /tmp, /var and the
 * like, the package dpkg, and systemd. What is asked of it that it does not
 * know is an error, never a silent success.
 */
#pragma once

#include "../resources/host/machine.h"

struct memory;

/* a package that apt can install */
struct memory_package {
	const char *name;
	const char *version;
	/* installed with it; names with blanks between, or NULL */
	const char *depends;
	/* a unit that comes with it, enabled and started; or NULL */
	const char *unit;
	/* a configuration file that only a purge removes; or NULL */
	const char *configuration;
};

/* the arena must live as long; memory_close() ends what it has besides */
struct memory *memory_new(struct arena *);
void memory_close(struct memory *);
/* may be asked for again: a host that plumb was started on anew */
void memory_host(struct memory *, struct host *);

/* things that are there, made without counting: mode 0644 and 0755, of root */
void memory_put(struct memory *, const char *path, const char *text);
void memory_directory(struct memory *, const char *path);
void memory_archive(struct memory *, const struct memory_package *);
/* already installed */
void memory_install(struct memory *, const struct memory_package *);
/* the text of a file, or NULL when there is none */
const char *memory_text(struct memory *, const char *path);
/* what a probe of `target` finds; all others are unhealthy */
void memory_probe(struct memory *, const char *target, bool healthy,
    const char *detail);

/*
 * A program that is run as `name` or a path that ends so. 0, or -1: it could
 * not be started. One that changes something says so by memory_change() before.
 */
void memory_program(struct memory *, const char *name,
    int (*run)(struct memory *, const struct process *, struct outcome *));
/* counts a change; false: it must fail instead */
bool memory_change(struct memory *);

/* changes so far */
size_t memory_changes(struct memory *);
/* the change of that number, the first is 1, fails; 0: none does */
void memory_fail_at(struct memory *, size_t number);
/* all after that number fail, as if plumb were killed; SIZE_MAX: none does */
void memory_stop_at(struct memory *, size_t number);
