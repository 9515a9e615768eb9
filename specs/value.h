/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * value.h - a tree of what a spec says, with the place of every piece.
 *
 * Scalars stay text: what they mean is decided by the attribute that reads
 * them. Where no attribute does (variables, parameters), value_core() follows
 * the core schema of YAML 1.2 (section 10.3.2).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct arena;
struct bytes;
struct pair;
struct later;

enum value_type {
	VALUE_TEXT,
	VALUE_LIST,
	VALUE_MAP,
	/* known only after something was applied; see struct later */
	VALUE_LATER,
};

/* what holds for a value or, where it says so, for anything below it */
enum {
	/* text that was written without quotes, so it may be a number */
	VALUE_PLAIN = 1,
	/* here or below: there is a ${ in the text */
	VALUE_HAS_EXPRESSION = 2,
	/* here or below: a secret flowed into it */
	VALUE_SENSITIVE = 4,
	/* here or below: something is VALUE_LATER */
	VALUE_HAS_LATER = 8,
	/* a literal block (|): lines of the text are lines of the file */
	VALUE_LITERAL = 16,
	/* a list or map that is sensitive itself: its size and keys are too */
	VALUE_SENSITIVE_SHAPE = 32,
	/* a map of all the keys there are: to ask for another is a mistake */
	VALUE_CLOSED = 64,
};

struct value {
	struct pos pos;
	uint8_t type;
	uint8_t flags;
	/* bytes of text (a NUL follows them), items, or pairs */
	uint32_t count;
	union {
		const char *text;
		const struct value *items;
		const struct pair *pairs;
		const struct later *later;
	};
};

struct pair {
	/* interned in the names of the load: equal keys are equal pointers */
	const char *key;
	uint32_t line;
	uint16_t column;
	uint16_t width;
	struct value value;
};

/* a resource's attribute that a later value waits for */
struct reference {
	const char *address;
	const char *attribute;
	struct pos pos;
	const struct reference *next;
};

/* an expression that can be evaluated once its references are known */
struct later {
	/* as written, unevaluated */
	const struct value *source;
	/* `source` is an expression without braces */
	bool bare;
	/* the template that it is the text of, or NULL */
	const struct source *template;
	/* what the names in it mean; see expression.h */
	const struct scope *scope;
	const struct reference *references;
};

/* a table of names, each kept once */
struct names;
struct names *names_new(struct arena *);
const char *names_intern(struct names *, const char *data, size_t size);

/* how much a site may ask for, all together */
enum {
	VALUE_DEPTH = 64,
	VALUE_ANCHORS = 1000,
	/* nodes, with the nodes below an alias counted again each time */
	VALUE_NODES = 20 * 1000 * 1000,
	/* times that aliases may multiply the nodes that were written */
	VALUE_ALIAS_RATIO = 100,
	VALUE_FILE = 64 << 20,
};

/*
 * Read one YAML file; `source` is kept by the values. An empty file is an empty
 * map. All mistakes that can be told apart are said, then -1.
 */
int value_read(struct arena *, struct names *, const struct source *,
    struct value *out, struct err *);

/* the place of a pair's key */
struct pos pair_pos(const struct value *map, const struct pair *);
/* NULL when there is none; a map or nothing */
const struct value *value_find(const struct value *map, const char *key);
/* the text is ended by NUL and holds no other, so that it is a C string */
bool value_is_text(const struct value *);
/* the texts of the list `key` of a map; none where it is no list */
const struct strings *value_strings(struct arena *, const struct value *map,
    const char *key);
/* nothing, ~ or null without quotes */
bool value_is_null(const struct value *);
/* what it is in words, for errors: "text", "a list", "a map", "nothing" */
const char *value_type_name(const struct value *);

/* what the core schema of YAML 1.2 says that untyped text is */
enum core { CORE_NULL, CORE_BOOL, CORE_INT, CORE_FLOAT, CORE_TEXT };
struct core_value {
	enum core type;
	bool boolean;
	int64_t integer;
	double number;
};
struct core_value value_core(const struct value *);
/* equal as the core schema sees them; maps in any order */
bool value_equal(const struct value *, const struct value *);
