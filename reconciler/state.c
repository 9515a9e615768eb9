/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * state.c - the directory that plumb keeps its own things in.
 */
#include "state.h"

#include <errno.h>
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
