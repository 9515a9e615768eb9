/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * maker.c - values that are made by code, and what values mean.
 */
#include "maker.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

/* what holds for a list or map if it holds for anything in it */
enum { BELOW = VALUE_HAS_EXPRESSION | VALUE_SENSITIVE | VALUE_HAS_LATER };

struct pos pair_pos(const struct value *map, const struct pair *p)
{
	return (struct pos){ map->pos.source, p->line, p->column, p->width };
}

const struct value *value_find(const struct value *map, const char *key)
{
	uint32_t i;

	if (!map || map->type != VALUE_MAP)
		return NULL;
	for (i = 0; i < map->count; i++)
		if (map->pairs[i].key == key || (*map->pairs[i].key == *key &&
		    !strcmp(map->pairs[i].key, key)))
			return &map->pairs[i].value;
	return NULL;
}

bool value_is_text(const struct value *v)
{
	return v->type == VALUE_TEXT && !memchr(v->text, '\0', v->count);
}

const struct strings *value_strings(struct arena *a, const struct value *map,
    const char *key)
{
	const struct value *v = value_find(map, key);
	struct strings *s = arena_new(a, struct strings);
	uint32_t i;

	if (!v || v->type != VALUE_LIST)
		return s;
	s->item = arena_array(a, v->count, sizeof(*s->item));
	for (i = 0; i < v->count; i++)
		if (value_is_text(&v->items[i]))
			s->item[s->count++] = v->items[i].text;
	return s;
}

bool value_is_null(const struct value *v)
{
	return v->type == VALUE_TEXT && (v->flags & VALUE_PLAIN) &&
	    (!v->count || !strcmp(v->text, "~") || !strcmp(v->text, "null") ||
	    !strcmp(v->text, "Null") || !strcmp(v->text, "NULL"));
}

const char *value_type_name(const struct value *v)
{
	switch ((enum value_type)v->type) {
	case VALUE_LIST:
		return "a list";
	case VALUE_MAP:
		return "a map";
	case VALUE_LATER:
		return "a value that is known later";
	case VALUE_TEXT:
		break;
	}
	return value_is_null(v) ? "nothing" : "text";
}

struct value value_bytes(struct pos pos, const char *data, size_t size)
{
	return (struct value){ .pos = pos, .type = VALUE_TEXT, .text = data,
		.count = (uint32_t)size };
}

struct value value_text(struct pos pos, const char *text)
{
	return value_bytes(pos, text, strlen(text));
}

struct value value_plain(struct pos pos, const char *text)
{
	struct value v = value_text(pos, text);

	v.flags = VALUE_PLAIN;
	return v;
}

static uint8_t flags_below(const struct value *v)
{
	return (uint8_t)((v->flags & BELOW) |
	    (v->type == VALUE_LATER ? VALUE_HAS_LATER : 0));
}

struct value value_list(struct arena *a, struct pos pos,
    const struct value *items, size_t count)
{
	struct value *copy = arena_array(a, count, sizeof(*copy));
	struct value v = { .pos = pos, .type = VALUE_LIST, .items = copy,
		.count = (uint32_t)count };
	size_t i;

	for (i = 0; i < count; i++) {
		copy[i] = items[i];
		v.flags |= flags_below(&items[i]);
	}
	return v;
}

struct value value_map(struct arena *a, struct pos pos,
    const struct pair *pairs, size_t count)
{
	struct pair *copy = arena_array(a, count, sizeof(*copy));
	struct value v = { .pos = pos, .type = VALUE_MAP, .pairs = copy,
		.count = (uint32_t)count };
	size_t i;

	for (i = 0; i < count; i++) {
		copy[i] = pairs[i];
		v.flags |= flags_below(&pairs[i].value);
	}
	return v;
}

void map_add(struct map_maker *m, const char *key, struct value v)
{
	struct pair p = { .key = key, .value = v };

	arena_push(m->arena, m->pairs, m->count, m->capacity, p);
}

void map_add_text(struct map_maker *m, const char *key, const char *text)
{
	map_add(m, key, value_text((struct pos){ 0 }, text));
}

void map_add_int(struct map_maker *m, const char *key, int64_t n)
{
	map_add(m, key, value_plain((struct pos){ 0 },
	    arena_printf(m->arena, "%" PRId64, n)));
}

void map_add_bool(struct map_maker *m, const char *key, bool yes)
{
	map_add(m, key, value_plain((struct pos){ 0 }, yes ? "true" : "false"));
}

struct value map_done(struct map_maker *m)
{
	return value_map(m->arena, (struct pos){ 0 }, m->pairs, m->count);
}

void list_add(struct list_maker *l, struct value v)
{
	arena_push(l->arena, l->items, l->count, l->capacity, v);
}

struct value list_done(struct list_maker *l)
{
	return value_list(l->arena, (struct pos){ 0 }, l->items, l->count);
}

static bool only(const char *text, const char *characters)
{
	return *text && text[strspn(text, characters)] == '\0';
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool looks_like_float(const char *p)
{
	size_t before, after = 0;

	p += *p == '-' || *p == '+';
	before = strspn(p, "0123456789");
	p += before;
	if (*p == '.') {
		after = strspn(++p, "0123456789");
		p += after;
	}
	if (!before && !after)
		return false;
	if (*p == 'e' || *p == 'E') {
		p++;
		p += *p == '-' || *p == '+';
		return only(p, "0123456789");
	}
	return *p == '\0';
}

static struct core_value core_number(const char *text)
{
	const char *digits = text + (*text == '-' || *text == '+');
	struct core_value c = { .type = CORE_TEXT };
	int base = 10;

	if (!strncmp(text, "0o", 2) && only(text + 2, "01234567"))
		base = 8, digits = text = text + 2;
	else if (!strncmp(text, "0x", 2) &&
	    only(text + 2, "0123456789abcdefABCDEF"))
		base = 16, digits = text = text + 2;
	if (base != 10 || only(digits, "0123456789")) {
		errno = 0;
		c.integer = strtoll(text, NULL, base);
		c.type = errno ? CORE_TEXT : CORE_INT;
		return c;
	}
	if (!strcmp(digits, ".inf") || !strcmp(digits, ".Inf") ||
	    !strcmp(digits, ".INF"))
		c.number = *text == '-' ? -INFINITY : INFINITY;
	else if (!strcmp(text, ".nan") || !strcmp(text, ".NaN") ||
	    !strcmp(text, ".NAN"))
		c.number = NAN;
	else if (looks_like_float(text))
		c.number = strtod(text, NULL);
	else
		return c;
	c.type = CORE_FLOAT;
	return c;
}

struct core_value value_core(const struct value *v)
{
	struct core_value c = { .type = CORE_TEXT };
	const char *t = v->text;

	if (v->type != VALUE_TEXT || !(v->flags & VALUE_PLAIN))
		return c;
	if (value_is_null(v))
		return (struct core_value){ .type = CORE_NULL };
	if (!strcmp(t, "true") || !strcmp(t, "True") || !strcmp(t, "TRUE"))
		return (struct core_value){ .type = CORE_BOOL,
			.boolean = true };
	if (!strcmp(t, "false") || !strcmp(t, "False") || !strcmp(t, "FALSE"))
		return (struct core_value){ .type = CORE_BOOL };
	if (!strchr("+-.0123456789", *t))
		return c;
	return core_number(t);
}

static bool scalars_equal(const struct value *a, const struct value *b)
{
	struct core_value x = value_core(a), y = value_core(b);

	if (x.type != y.type)
		return false;
	switch (x.type) {
	case CORE_NULL:
		return true;
	case CORE_BOOL:
		return x.boolean == y.boolean;
	case CORE_INT:
		return x.integer == y.integer;
	case CORE_FLOAT:
		return !(x.number < y.number) && !(x.number > y.number);
	case CORE_TEXT:
		break;
	}
	return a->count == b->count && !memcmp(a->text, b->text, a->count);
}

bool value_equal(const struct value *a, const struct value *b)
{
	const struct value *other;
	uint32_t i;

	if (a->type != b->type || (a->type != VALUE_TEXT &&
	    a->count != b->count))
		return false;
	if (a->type == VALUE_TEXT)
		return scalars_equal(a, b);
	if (a->type == VALUE_LIST) {
		for (i = 0; i < a->count; i++)
			if (!value_equal(&a->items[i], &b->items[i]))
				return false;
		return true;
	}
	if (a->type == VALUE_MAP) {
		for (i = 0; i < a->count; i++) {
			other = value_find(b, a->pairs[i].key);
			if (!other || !value_equal(&a->pairs[i].value, other))
				return false;
		}
		return true;
	}
	return a->later == b->later;
}
