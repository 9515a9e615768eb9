/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tree.c - the file system below a root: from a path to a descriptor.
 *
 * One openat2(2) that follows no link at all opens nearly every path. Only
 * where that meets a link is the path walked part by part, and the place the
 * link leads to is opened again without following any. So:
 *
 *  (1) A descriptor was reached without following a link, by the kernel's own
 *      account, whatever others rename meanwhile.
 *  (2) A link is read only where tree_trusts() its directory, or the link
 *      belongs to a trusted user in a sticky directory (/tmp).
 *  (3) RESOLVE_IN_ROOT holds at each step: an absolute link or ".." in the tree
 *      of an image stays in that tree.
 */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "job.h"

enum { LINKS_MAX = 40 };

/* a path that is being walked */
struct walk {
	const struct tree *tree;
	/* without links so far; "" is the root */
	char done[PATH_MAX];
	char rest[PATH_MAX];
	/* the directory `done` */
	struct stat directory;
	int links;
	/* a link was met in a directory that others may write */
	bool distrusted;
};

void descriptor_close(const int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

bool tree_absent(void)
{
	return errno == ENOENT || errno == ENOTDIR;
}

static int open_straight(const struct tree *t, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_NOFOLLOW | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS |
		    RESOLVE_NO_SYMLINKS,
	};

	return (int)TEMP_FAILURE_RETRY(syscall(SYS_openat2, t->root,
	    *path ? path : "/", &how, sizeof(how)));
}

static bool user_trusted(const struct tree *t, uid_t uid)
{
	return uid == 0 || uid == geteuid() || uid == t->owner;
}

bool tree_trusts(const struct tree *t, const struct stat *directory)
{
	bool group = directory->st_mode & S_IWGRP;

	if (!user_trusted(t, directory->st_uid) ||
	    directory->st_mode & S_IWOTH)
		return false;
	/* by Debian's convention, a user's own group is the user alone */
	return !group || directory->st_gid == 0 ||
	    (directory->st_gid == geteuid() &&
	        directory->st_uid == geteuid());
}

static bool link_trusted(const struct walk *w, const struct stat *link)
{
	return tree_trusts(w->tree, &w->directory) ||
	    (w->directory.st_mode & S_ISVTX &&
	        user_trusted(w->tree, w->directory.st_uid) &&
	        user_trusted(w->tree, link->st_uid));
}

/* cut the next part off `rest`; false at the end */
static bool part_next(struct walk *w, char part[NAME_MAX + 1])
{
	const char *start = w->rest + strspn(w->rest, "/");
	size_t size = strcspn(start, "/");

	if (!size || size > NAME_MAX)
		return false;
	memcpy(part, start, size);
	part[size] = '\0';
	memmove(w->rest, start + size, strlen(start + size) + 1);
	return true;
}

/* go back to the start of the walk, or one directory up */
static int walk_back(struct walk *w, bool whole)
{
	char *slash = strrchr(w->done, '/');
	scoped_descriptor fd = -1;

	if (slash && !whole)
		*slash = '\0';
	else
		w->done[0] = '\0';
	fd = open_straight(w->tree, w->done, O_PATH | O_DIRECTORY);
	return fd < 0 ? -1 : fstat(fd, &w->directory);
}

/* `fd` is the link that `rest` continues from */
static int walk_link(struct walk *w, int fd, const struct stat *link)
{
	char target[PATH_MAX];
	size_t size, rest = strlen(w->rest);
	ssize_t n;

	if (!link_trusted(w, link)) {
		w->distrusted = true;
		errno = ELOOP;
		return -1;
	}
	n = readlinkat(fd, "", target, sizeof(target));
	if (n < 0)
		return -1;
	size = (size_t)n;
	if (++w->links > LINKS_MAX || size + 1 + rest >= sizeof(w->rest)) {
		errno = w->links > LINKS_MAX ? ELOOP : ENAMETOOLONG;
		return -1;
	}
	memmove(w->rest + size + 1, w->rest, rest + 1);
	memcpy(w->rest, target, size);
	w->rest[size] = '/';
	return target[0] == '/' ? walk_back(w, true) : 0;
}

static int walk_part(struct walk *w, const char *part)
{
	scoped_descriptor fd = -1;
	size_t size = strlen(w->done);
	struct stat st;

	if (strcmp(part, ".") == 0)
		return 0;
	if (strcmp(part, "..") == 0)
		return walk_back(w, false);
	if (size + strlen(part) + 2 > sizeof(w->done)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	w->done[size] = '/';
	strcpy(w->done + size + 1, part);
	fd = open_straight(w->tree, w->done, O_PATH);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (!S_ISLNK(st.st_mode)) {
		w->directory = st;
		return 0;
	}
	w->done[size] = '\0';
	return walk_link(w, fd, &st);
}

/* follow the first `size` bytes of an absolute path; `done` is where it is */
static int walk(struct walk *w, const struct tree *t, const char *path,
    size_t size)
{
	char part[NAME_MAX + 1];

	w->tree = t;
	w->links = 0;
	w->distrusted = false;
	w->done[0] = '\0';
	if (size >= sizeof(w->rest)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(w->rest, path, size);
	w->rest[size] = '\0';
	if (walk_back(w, true) < 0)
		return -1;
	while (part_next(w, part))
		if (walk_part(w, part) < 0)
			return -1;
	if (w->rest[strspn(w->rest, "/")]) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

/* the path as bytes up to its last part */
static size_t above_size(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) : 0;
}

int tree_open(const struct tree *t, const char *path, int flags)
{
	int fd = open_straight(t, path, flags);
	size_t above = above_size(path);
	struct walk w;

	if (fd >= 0 || errno != ELOOP)
		return fd;
	if (walk(&w, t, path, above) < 0)
		return -1;
	if (strlen(w.done) + strlen(path + above) >= sizeof(w.done)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcat(w.done, path + above);
	return open_straight(t, w.done, flags);
}

int tree_open_above(const struct tree *t, const char *path, const char **name)
{
	size_t size = above_size(path);
	char above[PATH_MAX];
	struct walk w;
	int fd;

	*name = path + size + 1;
	if (path[0] != '/' || !**name || size >= sizeof(above)) {
		errno = size >= sizeof(above) ? ENAMETOOLONG : EINVAL;
		return -1;
	}
	memcpy(above, path, size);
	above[size] = '\0';
	fd = open_straight(t, above, O_RDONLY | O_DIRECTORY);
	if (fd >= 0 || (errno != ELOOP && errno != ENOTDIR))
		return fd;
	/* with O_DIRECTORY a link as the last part is ENOTDIR */
	if (walk(&w, t, path, size) < 0)
		return -1;
	return open_straight(t, w.done, O_RDONLY | O_DIRECTORY);
}

int tree_real(const struct tree *t, const char *path, char real[PATH_MAX])
{
	struct walk w;

	if (walk(&w, t, path, strlen(path)) < 0)
		return -1;
	strcpy(real, w.done[0] ? w.done : "/");
	return 0;
}

static const char *hint(int number)
{
	switch (number) {
	case ENOSPC:
		return " (the disk is full: free some space)";
	case EDQUOT:
		return " (the quota of this user is used up)";
	case EROFS:
		return " (is it mounted to be read only?)";
	case EACCES:
		return geteuid() ? " (plumb does not run as root)" : "";
	case EPERM:
		return geteuid() ? " (plumb does not run as root)" :
		    " (is it immutable? see lsattr)";
	default:
		return "";
	}
}

int tree_fail(struct job *job, const struct tree *t, const char *what,
    const char *path)
{
	int number = errno;
	struct walk w;

	if (number == ELOOP && walk(&w, t, path, above_size(path)) < 0 &&
	    w.distrusted)
		return job_fail(job, "cannot %s '%s': it leads through a symbolic link in '%s', where others than root may write (uid %u, mode %04o), so it is not followed: write where it leads to",
		    what, path, w.done[0] ? w.done : "/",
		    (unsigned)w.directory.st_uid,
		    (unsigned)w.directory.st_mode & 07777);
	if (number == ELOOP)
		return job_fail(job, "cannot %s '%s': it is a symbolic link",
		    what, path);
	return job_fail(job, "cannot %s '%s': %s%s", what, path,
	    strerror(number), hint(number));
}

int tree_fail_above(struct job *job, const struct tree *t, const char *what,
    const char *path)
{
	if (errno != ENOENT)
		return tree_fail(job, t, what, path);
	return job_fail(job, "cannot %s '%s': there is no directory '%.*s'; declare it under directories",
	    what, path, (int)above_size(path), path);
}
