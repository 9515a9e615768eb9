/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * program.h - how a program is started: which file, with what argument vector
 * and environment, as whom, and where.
 */
#pragma once

#include "process.h"
#include "tree.h"

struct program {
	/* the file to start, and all of its arguments; ends with NULL */
	const char *path;
	const char *const *argv;
	const char *const *environment;
	const char *directory;
};

/*
 * What starts `process` in the tree: by setpriv(1) as another user, by
 * chroot(8) in another root.
 */
int program_find(struct job *, struct tree *, const struct process *,
    struct program *out);
/* puts it in a session of its own; `fds` become 0, 1 and 2; the pid or -1 */
pid_t program_start(struct job *, const struct program *, const char *name,
    const int fds[3]);

/* the contract is that of host_run(); `context` is a struct tree */
int process_run(struct job *, void *context, const struct process *,
    struct outcome *);
