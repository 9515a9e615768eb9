/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * machine.h - what a host stands on, behind a narrow seam.
 *
 * The contract of each function is that of host_NAME() in host.h; the first
 * group only looks. `context` is the host's.
 */
#pragma once

#include "host.h"
#include "network.h"

struct machine {
	int (*look)(struct job *, void *context, const char *path,
	    struct entry *);
	int (*read)(struct job *, void *context, const char *path,
	    size_t limit, struct file_read *);
	int (*digest)(struct job *, void *context, const char *path,
	    unsigned char *digest);
	int (*read_link)(struct job *, void *context, const char *path,
	    const char **out);
	int (*list)(struct job *, void *context, const char *path,
	    struct strings *);
	int (*unit)(struct job *, void *context, const char *name,
	    struct unit *);
	bool (*has_systemd)(void *context);
	int (*probe)(struct job *, void *context, const struct probing *,
	    struct finding *);

	int (*stage)(struct job *, void *context, const char *path,
	    const struct file_write *, const char **staged);
	int (*commit)(struct job *, void *context, const char *staged,
	    const char *path);
	int (*poke)(struct job *, void *context, const char *path,
	    struct bytes);
	int (*make_directory)(struct job *, void *context, const char *path,
	    const struct access *);
	int (*symlink)(struct job *, void *context, const char *target,
	    const char *path);
	int (*set_access)(struct job *, void *context, const char *path,
	    const struct access *);
	int (*unlink)(struct job *, void *context, const char *path);
	int (*unit_act)(struct job *, void *context, enum unit_act,
	    const char *name, int64_t timeout);

	/* serves both host_ask and host_run */
	int (*run)(struct job *, void *context, const struct process *,
	    struct outcome *);
	/* what programs wrote is on the disk; -1 and errno. NULL: always */
	int (*sync)(void);
	/* NULL where there is nothing to close */
	void (*close)(void *context);
};

/*
 * The machine that plumb runs on, or the tree below `root` where that is not
 * "/": then processes run in it by chroot(8), and systemd is not asked.
 * Closed by host_close().
 */
int host_open(struct arena *, const char *root, struct host *,
    struct err *);
void host_close(struct host *);
