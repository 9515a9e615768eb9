/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * state.c - the directory that plumb keeps its own things in.
 */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../specs/arena.h"

int state_check(const char *state, struct err *e)
{
	struct pos none = { 0 };
	struct stat st;

	if (stat(state, &st)) {
		if (errno == ENOENT)
			return 1;
		return err_at(e, none, "cannot look at '%s': %s", state,
		    strerror(errno));
	}
	if (!S_ISDIR(st.st_mode))
		return err_at(e, none,
		    "the state directory '%s' is not a directory", state);
	if (st.st_uid && st.st_uid != geteuid())
		return err_at(e, none,
		    "the state directory '%s' belongs to user %u: it must be yours or root's",
		    state, st.st_uid);
	if (st.st_mode & 022)
		return err_at(e, none,
		    "the state directory '%s' can be written by others (mode %04o): chmod go-w it, once you know that nobody did",
		    state, st.st_mode & 07777u);
	return 0;
}

/* all that is missing; only who makes it can enter it */
static int make_above(char *path, struct err *e)
{
	char *slash;

	for (slash = strchr(path + 1, '/'); slash;
	    slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0700) && errno != EEXIST)
			return err_at(e, (struct pos){ 0 },
			    "cannot make '%s': %s", path, strerror(errno));
		*slash = '/';
	}
	return 0;
}

int state_make(const char *state, struct err *e)
{
	scoped_arena *a = arena_open();
	int there = state_check(state, e);

	if (there <= 0)
		return there;
	if (make_above(arena_string(a, state), e))
		return -1;
	if (mkdir(state, 0700) && errno != EEXIST)
		return err_at(e, (struct pos){ 0 },
		    "cannot make the state directory '%s': %s", state,
		    strerror(errno));
	return state_check(state, e);
}

static int fail(struct err *e, const char *doing, const char *path)
{
	return err_at(e, (struct pos){ 0 }, "cannot %s '%s': %s", doing, path,
	    strerror(errno));
}

static void close_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
#define scoped_fd __attribute__((cleanup(close_fd))) int

int state_write(const char *state, const char *name, const char *text,
    struct err *e)
{
	scoped_arena *a = arena_open();
	const char *path = arena_printf(a, "%s/%s", state, name);
	const char *fresh = arena_printf(a, "%s.new", path);
	size_t size = strlen(text);
	scoped_fd directory = -1;
	scoped_fd fd = -1;

	if (state_make(state, e))
		return -1;
	directory = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	if (directory < 0 || fd < 0 ||
	    write(fd, text, size) != (ssize_t)size || fsync(fd) ||
	    rename(fresh, path) || fsync(directory))
		return fail(e, "write", path);
	return 0;
}

int state_read(struct arena *a, const char *state, const char *name,
    const char **text, struct err *e)
{
	const char *path = arena_printf(a, "%s/%s", state, name);
	int there = state_check(state, e);
	scoped_fd fd = -1;
	struct stat st;
	char *data;
	ssize_t size;

	if (there)
		return there < 0 ? -1 : 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? 0 : fail(e, "read", path);
	if (fstat(fd, &st))
		return fail(e, "read", path);
	data = arena_array(a, (size_t)st.st_size + 1, 1);
	size = read(fd, data, (size_t)st.st_size);
	if (size < 0)
		return fail(e, "read", path);
	*text = data;
	return 1;
}

int state_remove(const char *state, const char *name, struct err *e)
{
	scoped_arena *a = arena_open();
	const char *path = arena_printf(a, "%s/%s", state, name);
	scoped_fd directory = -1;

	if (unlink(path))
		return errno == ENOENT ? 0 : fail(e, "remove", path);
	directory = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0 || fsync(directory))
		return fail(e, "sync", state);
	return 0;
}
