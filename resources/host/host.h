/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * host.h - one machine as kinds see it.
 *
 * Looking takes a `const struct host *`, changing takes a `struct host *`:
 * observe() is given the first, so a dry run that changes something does not
 * compile. What a host stands on is a table of functions: the real machine
 * (machine.c), or one in memory (t/memory.c) on which planning and the engine
 * are tested in milliseconds and any single change can be made to fail.
 *
 * Every function says what went wrong at the job's place and returns -1;
 * absence is not an error. Any of them may be called from several threads.
 * Memory comes from the job's arena.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "job.h"
#include "process.h"
#include "units.h"

struct host {
	/* its name in addresses: "localhost" without a topology */
	const char *name;
	const struct machine *machine;
	void *context;
	/* what was read in bulk; see accounts.h and packages.h */
	struct accounts *accounts;
	struct packages *packages;
	struct units *units;
};

/* files; paths are absolute and never leave the host's root */

enum entry_type {
	ENTRY_ABSENT,
	ENTRY_FILE,
	ENTRY_DIRECTORY,
	ENTRY_LINK,
	ENTRY_OTHER,
};

struct entry {
	enum entry_type type;
	int mode; /* the lower twelve bits */
	uid_t uid;
	gid_t gid;
	uint64_t size;
};

/* who may do what with it; -1 leaves that as it is */
struct access {
	int mode;
	uid_t uid;
	gid_t gid;
};

/* a new content and all that holds for it from its first instant */
struct file_write {
	struct bytes content;
	/* its mode is not -1 */
	struct access access;
};

struct file_read {
	/* ended by NUL; "" of anything else than a file */
	struct bytes content;
	/* what is there */
	struct entry entry;
};

/* what is there, links not followed; a missing directory above is absence */
int host_look(struct job *, const struct host *, const char *path,
    struct entry *);
/*
 * The whole of a regular file and what is there: four system calls. A file over
 * `limit` (0: no limit) is read only so far.
 */
int host_read(struct job *, const struct host *, const char *path,
    size_t limit, struct file_read *);
/* SHA-256 of a regular file, read in pieces */
int host_digest(struct job *, const struct host *, const char *path,
    unsigned char digest[32]);
int host_read_link(struct job *, const struct host *, const char *path,
    const char **out);
/* names in a directory, sorted, without . and .. */
int host_list(struct job *, const struct host *, const char *path,
    struct strings *out);

/*
 * A new file beside `path`, durable, under a name that the next host_stage()
 * of this path replaces; host_commit() puts it in the place of `path`,
 * atomically and durably.
 */
int host_stage(struct job *, struct host *, const char *path,
    const struct file_write *, const char **staged);
int host_commit(struct job *, struct host *, const char *staged,
    const char *path);
/* where what host_stage() and host_symlink() of this path make is first */
const char *host_staged(struct arena *, const char *path);
/* both in one */
int host_write(struct job *, struct host *, const char *path,
    const struct file_write *);
/* write into what is there, for files of the kernel (/proc/sys) */
int host_poke(struct job *, struct host *, const char *path, struct bytes);
/* one directory; it must not exist, and its mode is not -1 */
int host_mkdir(struct job *, struct host *, const char *path,
    const struct access *);
/* in the place of what is there, atomically, unless that is a directory */
int host_symlink(struct job *, struct host *, const char *target,
    const char *path);
/* links are not followed */
int host_set_access(struct job *, struct host *, const char *path,
    const struct access *);
/* a file, link or empty directory; nothing there is nothing to do */
int host_unlink(struct job *, struct host *, const char *path);
