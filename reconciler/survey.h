/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * survey.h - what on a machine is worth declaring, and what is not and why.
 *
 * Worth it is what somebody decided: packages that were asked for, not what
 * they brought; configuration that is not as its package ships it; files that
 * belong to no package; people; units that are on or off where their package
 * has it otherwise.
 *
 * Debian's tables are asked once each: apt-mark(8), dpkg-query(1), md5sum(1)
 * and systemctl(1) are run, however much there is.
 */
#pragma once

#include <stdbool.h>

#include "../specs/arena.h"
#include "lookup.h"

struct host;
struct job;

struct candidate {
	/* "file:/etc/motd" */
	const char *address;
	/* what else it could be declared as; or NULL */
	const char *otherwise;
};

/* several that are left out for one reason */
struct left_out {
	/* "packages that every Debian has" */
	const char *why;
	struct strings names;
	size_t capacity;
};

struct survey {
	/* filled in before */
	struct job *job;
	const struct host *host;

	/* in the order they were found, each once */
	struct candidate *item;
	size_t count, capacity;
	struct lookup lookup;
	struct left_out *left;
	size_t left_count, left_capacity;
};

/* all of it; -1 after saying why */
int survey_make(struct survey *);
void survey_leave_out(struct survey *, const char *why, const char *name);

/* --- parts of it --- */

/* KIND:NAME */
void survey_add(struct survey *, const char *kind, const char *name,
    const char *otherwise);
bool survey_has(const struct survey *, const char *kind, const char *name);
/* survey_dpkg.c: packages; what they say of /etc */
struct shipped {
	/* sorted */
	struct strings owned;
	/* configuration that is not as it was shipped; and what is, of that
	   which belongs to nobody */
	struct strings changed, pristine;
};
int survey_packages(struct survey *, struct shipped *);
/* survey_etc.c */
int survey_etc(struct survey *, const struct shipped *);
