/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * catalog.h - all that a site may say, as tables: for explain, the schema, the
 * manual and the shells, so that they cannot differ.
 */
#pragma once

#include "../kinds.h"

/* keys of a site's files besides the sections of kinds */
extern const struct attribute site_attributes[];
/* what the language itself gives to every resource: when, for_each */
extern const struct attribute language_attributes[];

/* examples/KIND/plumb.yaml as text; NULL where there is none */
const char *kind_example(struct arena *, const struct kind *);
/* a file of the source tree that was built in, by its path; NULL */
const char *embedded(const char *path);

/* one attribute that a resource of a kind may be given, or has */
struct listed {
	const struct attribute *row;
	/* every kind has it */
	bool common;
};
/* all of a kind, its own first; ends with an empty one */
const struct listed *kind_attributes(struct arena *, const struct kind *);

/* "path; required" */
const char *attribute_summary(struct arena *, const struct attribute *);
/* its flags in words, "" where it has none */
const char *attribute_flags(struct arena *, const struct attribute *);
