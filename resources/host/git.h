/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git.h - which revision of its repository a site is at: libgit2's door.
 */
#pragma once

#include <stdbool.h>

struct arena;

struct revision {
	/* 40 hexadecimal digits; NULL: not known, and `unknown` says why */
	const char *id;
	/* without refs/heads/; NULL when HEAD is no branch */
	const char *branch;
	/* "Name <address>" of the commit */
	const char *author;
	/* its first line */
	const char *subject;
	/* something in the site's directory is not committed */
	bool dirty;
	/* "the repository belongs to somebody else (see safe.directory ...)" */
	const char *unknown;
};

/*
 * Of the repository that the directory `site` is in. NULL: it is in none, or
 * git ignores it there. Nothing is ever checked out, fetched or run. What is
 * said of authors and subjects is as somebody wrote it: escape it to show it.
 */
const struct revision *git_revision(struct arena *, const char *site);
