/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * attribute.h - one property of a kind: a row of a table.
 *
 * The table reads the spec, refuses what does not fit, fills defaults,
 * compares, prints, redacts and documents. A row describes one member of the
 * kind's struct. Not given is -1 for numbers and NULL for pointers, so that a
 * kind never confuses "leave it alone" with a value.
 *
 * Rows that share a member are other ways to say the same thing (content,
 * source, template): at most one may be given, and the first is the one that
 * is compared and shown.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "content.h"
#include "reader.h"
#include "types.h"
#include "value.h"

enum {
	UNSET = -1,
	ATTRIBUTES_MAX = 64, /* rows of a table: one bit each in a mask */
};

enum {
	ATTRIBUTE_REQUIRED = 1,
	/* says how to do it; never observed or compared */
	ATTRIBUTE_INPUT = 2,
	/* only observed: cannot be given, others may ask for it by output() */
	ATTRIBUTE_OUTPUT = 4,
	/* never shown, never stored; besides content, only these can be
	   given a secret */
	ATTRIBUTE_SENSITIVE = 8,
	/* the resource's name where it is not given */
	ATTRIBUTE_NAME = 16,
	/* cannot be changed in place: the resource is removed and made anew */
	ATTRIBUTE_REPLACES = 32,
	/* a program that the spec names is run for it */
	ATTRIBUTE_RUNS = 64,
	/* where it is true, all that lies below the resource changes with it */
	ATTRIBUTE_BELOW = 128,
};

struct attribute {
	const char *name;
	enum attribute_type type;
	/* as a spec would say it; NULL: not managed when it is not given */
	const char *fallback;
	const char *about;
	/* TYPE_CHOICE: "stopped|running"; else NULL, or an example */
	const char *choices;
	size_t offset;
	unsigned flags;
};

/* a member of another name, for rows that share one */
#define ATTRIBUTE_AS(kind, row, member, kind_of, default_text, about_text, ...)\
	{                                                                      \
		.name = #row, .type = TYPE_##kind_of,                          \
		.fallback = default_text, .about = about_text,                 \
		.offset = offsetof(struct kind, member) +                      \
		    0 * sizeof(char[_Generic(((struct kind *)0)->member,       \
		        C_TYPE_##kind_of: 1)]),                                \
		__VA_ARGS__                                                    \
	}
#define ATTRIBUTE(kind, member, kind_of, default_text, about_text, ...)        \
	ATTRIBUTE_AS(kind, member, member, kind_of, default_text, about_text,  \
	    __VA_ARGS__)

/* what a map must look like to fill a kind's struct */
struct form {
	const struct attribute *rows;
	/* what it is, for errors: "a file" */
	const char *what;
	/* for the ATTRIBUTE_NAME row; or NULL */
	const char *name;
	/* keys that are read elsewhere; ends with NULL, or is NULL */
	const char *const *others;
};

/*
 * What was found while a struct was read. Bits are rows of the table: where one
 * of several that share a member is given, those of all.
 */
struct reading {
	uint64_t given;
	uint64_t later;
	uint64_t sensitive;
	/* every reference of the later ones */
	const struct reference *references;
};

/* all members as not given, defaults not filled */
void attributes_clear(const struct attribute *, void *out);
/*
 * Fill `out` (zeroed, of the kind's size) from `map`. All mistakes are said,
 * then -1. What is later is left as not given.
 */
int attributes_read(const struct reader *, const struct form *,
    const struct value *map, void *out, struct reading *);
/* one row from one value */
int attribute_read(const struct reader *, const struct attribute *,
    const struct value *, void *out);

/* whether the member was given */
bool attribute_given(const struct attribute *, const void *);
bool attribute_equal(const struct attribute *, const void *, const void *);
/* rows that are given in `desired`, comparable, and differ in `observed` */
uint64_t attributes_differ(const struct attribute *, const void *desired,
    const void *observed);
/*
 * A member as a value, to print and to keep; null when it is not given.
 * Content is text when it is UTF-8 and small, else its size and digest.
 */
struct value attribute_value(struct arena *, const struct attribute *,
    const void *);
/* the row of that name, or NULL */
const struct attribute *attribute_find(const struct attribute *, const char *);
size_t attributes_count(const struct attribute *);
/* for explain: "path", "mode", "stopped or running" */
const char *attribute_type_name(struct arena *, const struct attribute *);
