/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * adopt.h - what is there, as a site would declare it: adopt.c asks a kind,
 * adopt_site.c writes new files for a site, survey.h says what on a machine is
 * worth it.
 *
 *  (1) What is adopted is read as a spec would be, looked at again, and must
 *      not differ: so the plan after it is empty.
 *  (2) A secret is never adopted.
 *  (3) Nothing that is in a site is ever written over, and a file appears under
 *      its name as a whole.
 */
#pragma once

#include "graph.h"

/* a resource as it is */
struct adopted {
	const struct kind *kind;
	const char *name;
	const char *address;
	/* attributes by name; content as it is, whatever its bytes */
	struct value body;
	/* not everybody on the host may read it, so not everybody may read a
	   copy */
	bool restricted;
};

/*
 * How `name` is; the job's address is that of the resource. 1, 0: there is
 * nothing, -1: it cannot be adopted, and why was said.
 */
int adopt_look(struct job *, const struct host *, const struct kind *,
    const char *name, struct adopted *);

/* --- adopt_site.c --- */

struct adopted_list {
	struct adopted *item;
	size_t count, capacity;
};

/* what a site gets */
struct adoption {
	struct arena *arena;
	struct err *err;
	/* its directory */
	const char *site;
	/* the YAML file, within it; NULL: adopted.yaml, or the first of
	   adopted-2.yaml, adopted-3.yaml, ... that is not there yet */
	const char *file;
	/* lines of comment that it begins with */
	const char *about;
	/* sorted by kind */
	const struct adopted_list *list;

	/* --- what came of it --- */

	/* paths of files and directories that were made, in that order */
	struct strings made;
	size_t capacity;
};

/* `file` from a path as somebody gave it, which must be in the site and new */
int adoption_name(struct adoption *, const char *path);
/* write it, `file` is known then; -1: nothing is left of it */
int adoption_write(struct adoption *);
/* as if it had never been */
void adoption_take_back(struct adoption *);
