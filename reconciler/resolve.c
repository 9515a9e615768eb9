/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * resolve.c - declarations to resources: each read by its kind's table.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "../specs/expression.h"
#include "../specs/names.h"
#include "../specs/spec.h"
#include "graph.h"

/* hash and name are here as well, so that a look-up touches nothing else */
struct graph_slot {
	uint32_t hash;
	/* plus one; 0: free */
	uint32_t number;
	const char *name;
};

static uint32_t hash_of(const struct kind *kind, const char *name)
{
	return (uint32_t)(hash_bytes(name, strlen(name)) ^
	    (uintptr_t)kind >> 4);
}

struct resource *graph_find(const struct graph *g, const struct kind *kind,
    const char *name)
{
	uint32_t hash = hash_of(kind, name);
	const struct graph_slot *s;
	size_t i;

	if (!g->table_size)
		return NULL;
	for (i = hash;; i++) {
		s = &g->table[i & (g->table_size - 1)];
		if (!s->number)
			return NULL;
		if (s->hash == hash && !strcmp(s->name, name) &&
		    g->resources[s->number - 1].kind == kind)
			return &g->resources[s->number - 1];
	}
}

void graph_expect(const struct graph *g, const struct kind *kind,
    const char *name, int step)
{
	const struct graph_slot *s = &g->table[hash_of(kind, name) &
	    (g->table_size - 1)];

	__builtin_prefetch(step ? (const void *)s->name : s);
}

static void table_add(struct graph *g, size_t number)
{
	const struct resource *r = &g->resources[number];
	uint32_t hash = hash_of(r->kind, r->name);
	size_t i = hash;

	while (g->table[i & (g->table_size - 1)].number)
		i++;
	g->table[i & (g->table_size - 1)] = (struct graph_slot){ hash,
		(uint32_t)number + 1, r->name };
}

static struct resource *no_such(const struct graph *g, const char *address,
    const struct kind *kind, struct err *e, struct pos pos)
{
	const char **names = arena_array(g->arena, g->count + 1,
	    sizeof(*names));
	const char *near;
	size_t i, n = 0;

	for (i = 0; i < g->count && n < 10000; i++)
		if (!kind || g->resources[i].kind == kind)
			names[n++] = g->resources[i].address;
	near = nearest(address, names);
	if (near)
		err_at(e, pos, "'%s' is not declared (did you mean '%s'?)",
		    address, near);
	else
		err_at(e, pos, "'%s' is not declared", address);
	return NULL;
}

struct resource *graph_find_address(const struct graph *g,
    const char *address, struct err *e, struct pos pos)
{
	const char *colon = strchr(address, ':');
	const struct kind *kind;
	struct resource *r;
	const char *word, *near;

	if (!colon) {
		err_at(e, pos,
		    "'%s' must be KIND:NAME, like service:nginx", address);
		return NULL;
	}
	kind = kind_find_word(address, (size_t)(colon - address));
	if (!kind) {
		word = arena_copy(g->arena, address, (size_t)(colon - address));
		near = nearest(word, kind_names(g->arena));
		err_at(e, pos, near ?
		    "there is no kind '%s' (did you mean '%s:%s'?)" :
		    "there is no kind '%s'", word, near, colon + 1);
		return NULL;
	}
	r = graph_find(g, kind, colon + 1);
	return r ? r : no_such(g, address, kind, e, pos);
}

static int read_common(const struct reader *reader, struct resource *r)
{
	const struct value *body = r->declaration->body;
	const struct attribute *row;
	int failed = 0;
	uint32_t i;

	attributes_clear(common_attributes, &r->common);
	r->common.ensure = ENSURE_PRESENT;
	r->common.protect = 0;
	r->common.retries = 0;
	for (i = 0; i < body->count; i++) {
		const struct pair *p = &body->pairs[i];

		row = attribute_find(common_attributes, p->key);
		if (!row || attribute_find(r->kind->attributes, p->key))
			continue;
		if (p->value.type == VALUE_LATER ||
		    (p->value.flags & VALUE_HAS_LATER))
			failed |= err_at(reader->err, p->value.pos,
			    "'%s' must be known before the run", p->key);
		else
			failed |= attribute_read(reader, row, &p->value,
			    &r->common);
	}
	return failed;
}

static int check_ignore(const struct reader *reader, const struct resource *r)
{
	const struct strings *ignore = r->common.ignore;
	int failed = 0;
	size_t i;

	for (i = 0; ignore && i < ignore->count; i++)
		if (!attribute_find(r->kind->attributes, ignore->item[i]))
			failed |= err_at(reader->err,
			    value_find(r->declaration->body, "ignore")->pos,
			    "there is no attribute '%s' in %s to ignore",
			    ignore->item[i],
			    kind_phrase(reader->arena, r->kind));
	return failed;
}

/* every mistake in a resource is followed by how it came to be */
static int say_trail(const struct reader *reader, const struct resource *r,
    size_t before)
{
	const struct trail *t;

	if (reader->err->count > before)
		for (t = r->declaration->trail; t; t = t->outer)
			err_note(reader->err, t->pos, "from %s", t->text);
	return -1;
}

/* what follows from what was not said is as good as said */
static void complete(struct resource *r)
{
	const struct attribute *table = r->kind->attributes, *row;

	if (!r->kind->complete)
		return;
	r->kind->complete(r->desired);
	for (row = table; row->name; row++)
		if (!row->fallback && attribute_given(row, r->desired))
			r->reading.given |= UINT64_C(1) << (row - table);
}

/* the rest of what is desired, and whether it can be */
static int run_check(const struct reader *reader, struct resource *r)
{
	struct job job = { .arena = reader->arena, .err = reader->err,
		.address = r->address, .pos = r->declaration->pos };

	if (r->reading.later || r->common.ensure == ENSURE_ABSENT)
		return 0;
	complete(r);
	return r->kind->check ? r->kind->check(&job, r->desired) : 0;
}

static struct form form_of(struct arena *arena, const struct resource *r)
{
	return (struct form){ r->kind->attributes, kind_phrase(arena, r->kind),
		r->name, common_words };
}

static int read_resource(const struct reader *reader, struct resource *r)
{
	const struct declaration *d = r->declaration;
	struct reader scoped = *reader;
	struct form form = form_of(reader->arena, r);
	struct value body = *d->body;
	size_t before = reader->err->count;
	int failed;

	/* what is wrong with its name, or is missing, points at its name */
	if (body.pos.source == d->pos.source)
		body.pos = d->pos;
	scoped.scope = d->scope;
	r->desired = arena_alloc(reader->arena, r->kind->size);
	failed = attributes_read(&scoped, &form, &body, r->desired,
	    &r->reading);
	failed |= read_common(&scoped, r);
	failed |= check_ignore(&scoped, r);
	if (!failed)
		failed = run_check(&scoped, r);
	return failed ? say_trail(reader, r, before) : 0;
}

int resource_read_later(struct arena *arena, struct resource *r,
    const struct reader *reader)
{
	const struct declaration *d = r->declaration;
	struct reader scoped = *reader;
	struct form form = form_of(arena, r);
	struct reading reading;
	struct value body;
	void *desired = arena_alloc(arena, r->kind->size);

	scoped.arena = arena;
	scoped.scope = d->scope;
	if (evaluate(&scoped, d->written, &body) ||
	    attributes_read(&scoped, &form, &body, desired, &reading))
		return -1;
	reading.references = r->reading.references;
	r->desired = desired;
	r->reading = reading;
	return reading.later ? 1 : run_check(&scoped, r);
}

/* KIND:NAME; made so often that printf would show */
static const char *address_new(struct arena *a, const struct kind *kind,
    const char *name)
{
	size_t before = strlen(kind->name), after = strlen(name);
	char *address = arena_array(a, before + after + 2, 1);

	memcpy(address, kind->name, before);
	address[before] = ':';
	memcpy(address + before + 1, name, after);
	return address;
}

int graph_resolve(struct graph *g, const struct reader *reader,
    const struct spec *spec)
{
	const struct kind *kind = NULL;
	const char *section = NULL;
	size_t i;
	int failed = 0;

	g->count = g->nodes = spec->count;
	g->resources = arena_array(g->arena, g->count, sizeof(*g->resources));
	for (g->table_size = 16; g->table_size < g->count * 2;)
		g->table_size *= 2;
	g->table = arena_array(g->arena, g->table_size, sizeof(*g->table));
	for (i = 0; i < g->count; i++) {
		struct resource *r = &g->resources[i];
		const struct declaration *d = &spec->declarations[i];

		if (d->section != section) {
			section = d->section;
			kind = kind_find_section(section);
		}
		assert(kind);
		r->kind = kind;
		r->name = d->name;
		r->declaration = d;
		r->address = address_new(g->arena, kind, d->name);
		failed |= read_resource(reader, r);
		table_add(g, i);
	}
	return failed;
}
