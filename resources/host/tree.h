/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tree.h - the file system below a root: from a path to a descriptor.
 *
 * The only way by which plumb gets from a path to a file. Nothing leads out of
 * the root, and no symbolic link is followed where somebody else could have
 * made it: in a directory that may be written by another user than root, the
 * one that plumb runs as, and the owner of the root.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

struct job;

struct tree {
	/* an open directory */
	int root;
	/* absolute, links resolved; "/" is the machine itself */
	const char *path;
	uid_t owner;
};

void descriptor_close(const int *);
#define scoped_descriptor __attribute__((cleanup(descriptor_close))) int

/*
 * A descriptor, or -1 and errno. `flags` are those of open(2); a link as the
 * last part is not followed (ELOOP, but O_PATH opens the link itself).
 */
int tree_open(const struct tree *, const char *path, int flags);
/*
 * The directory that `path` is in, and its last part, which is not empty.
 * -1 and errno.
 */
int tree_open_above(const struct tree *, const char *path, const char **name);
/* `path` with all links followed, also the last; -1 and errno */
int tree_real(const struct tree *, const char *path, char real[PATH_MAX]);
/* nobody but root and us can change what is in that directory */
bool tree_trusts(const struct tree *, const struct stat *directory);
/* errno says that there is nothing */
bool tree_absent(void);
/* "cannot WHAT 'PATH': why", by errno, and a hint; always -1 */
int tree_fail(struct job *, const struct tree *, const char *what,
    const char *path);
/* the same where what it would be in could not be opened */
int tree_fail_above(struct job *, const struct tree *, const char *what,
    const char *path);
