/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * maker.h - values that are made by code, to print and to keep.
 */
#pragma once

#include "value.h"

/* makers; `pos` may be {0} */
struct value value_text(struct pos, const char *text);
struct value value_bytes(struct pos, const char *data, size_t size);
/* plain text: a number, true, false or null */
struct value value_plain(struct pos, const char *text);
/* both copy the array; `flags` of what is below are gathered */
struct value value_list(struct arena *, struct pos, const struct value *,
    size_t count);
struct value value_map(struct arena *, struct pos, const struct pair *,
    size_t count);

/* a map that is being made, in order */
struct map_maker {
	struct arena *arena;
	struct pair *pairs;
	size_t count;
	size_t capacity;
};
void map_add(struct map_maker *, const char *key, struct value);
void map_add_text(struct map_maker *, const char *key, const char *text);
void map_add_int(struct map_maker *, const char *key, int64_t);
void map_add_bool(struct map_maker *, const char *key, bool);
struct value map_done(struct map_maker *);

/* the same with lists */
struct list_maker {
	struct arena *arena;
	struct value *items;
	size_t count;
	size_t capacity;
};
void list_add(struct list_maker *, struct value);
struct value list_done(struct list_maker *);
