/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * saved_compare.c - what moved since a plan was saved, by name.
 *
 * A change rests on what was observed of its resource, without what the spec
 * says that somebody else owns.
 */
#include <string.h>

#include "../resources/host/digest.h"
#include "../specs/json.h"
#include "../specs/maker.h"
#include "../specs/print.h"
#include "../specs/site.h"
#include "run.h"
#include "saved.h"

enum { SHOWN = 80 };

static const char *hex_of(struct arena *a, const void *data, size_t size)
{
	unsigned char digest[DIGEST];
	char hex[DIGEST_HEX];

	digest_bytes(data, size, digest);
	digest_hex(digest, hex);
	return arena_string(a, hex);
}

const char *ground_text(struct arena *a, const struct resource *r,
    const unsigned char key[32])
{
	const char *text = describe(a, r, r->observed, key);
	const struct strings *ignore = r->common.ignore;
	struct map_maker m = { .arena = a };
	struct err nowhere = err_new(a);
	struct value all;
	uint32_t i;

	if (!text || !ignore || !ignore->count || json_read(a,
	    (struct bytes){ text, strlen(text) }, "", &all, &nowhere))
		return text;
	for (i = 0; i < all.count; i++)
		if (!strings_hold(ignore, all.pairs[i].key))
			map_add(&m, all.pairs[i].key, all.pairs[i].value);
	all = map_done(&m);
	return json_text(a, &all);
}

const char *ground_digest(struct arena *a, const char *text)
{
	text = text ? text : "absent";
	return hex_of(a, text, strlen(text));
}

const char *aim_digest(struct arena *a, const struct resource *r,
    const unsigned char key[32])
{
	const struct attribute *row;
	struct text all = text_new(a);
	unsigned char digest[DIGEST];
	char hex[DIGEST_HEX];
	struct value v;

	text_add(&all, describe_desired(a, r, key));
	for (row = r->kind->attributes; row->name; row++) {
		if (!(row->flags & ATTRIBUTE_INPUT) ||
		    !attribute_given(row, r->desired))
			continue;
		v = attribute_value(a, row, r->desired);
		v.flags &= (uint8_t)~VALUE_SENSITIVE;
		text_addf(&all, "\n%s: ", row->name);
		text_add(&all, json_text(a, &v));
	}
	digest_keyed(key, 32, all.data, all.size, digest);
	digest_hex(digest, hex);
	return arena_string(a, hex);
}

/* the path of a source within its site */
static const char *within(const struct run *r, const struct source *s)
{
	const char *site = site_path(r->site);
	size_t size = strlen(site);

	if (strncmp(s->path, site, size) || (size && site[size - 1] != '/' &&
	    s->path[size] != '/'))
		return s->path;
	return s->path + size + strspn(s->path + size, "/");
}

struct value sources_value(struct arena *a, const struct run *r)
{
	struct map_maker m = { .arena = a };
	size_t i;

	for (i = 0; i < r->spec.source_count; i++) {
		const struct source *s = r->spec.sources[i];

		map_add_text(&m, arena_string(a, within(r, s)),
		    hex_of(a, s->text, s->size));
	}
	return map_done(&m);
}

/* --- one resource --- */

/* a value of a description on one line; NULL: there is nothing to show */
static const char *shown(struct arena *a, const struct value *v)
{
	struct text t = text_new(a);
	const char *text;

	if (!v)
		return "not there";
	if (v->type == VALUE_MAP)
		return NULL;
	text = v->type == VALUE_TEXT ? v->text : json_text(a, v);
	if (strlen(text) > SHOWN)
		return NULL;
	print_escaped(&t, text, strlen(text));
	return *text ? text_string(&t) : "empty";
}

static void tell(struct text *t, const char *name, const struct value *was,
    const struct value *is)
{
	const char *before = shown(t->arena, was), *now = shown(t->arena, is);

	text_addf(t, "%s'%s' ", t->size ? ", " : "", name);
	if (before && now)
		text_addf(t, "was %s and is %s", before, now);
	else
		text_add(t, "is another");
}

static void tell_attributes(struct text *t, const struct value *was,
    const struct value *is)
{
	struct arena *a = t->arena;
	const struct value *other;
	uint32_t i;

	for (i = 0; i < was->count; i++) {
		other = value_find(is, was->pairs[i].key);
		if (!other || strcmp(json_text(a, other), json_text(a,
		    &was->pairs[i].value)))
			tell(t, was->pairs[i].key, &was->pairs[i].value,
			    other);
	}
	for (i = 0; i < is->count; i++)
		if (!value_find(was, is->pairs[i].key))
			tell(t, is->pairs[i].key, NULL, &is->pairs[i].value);
}

static const struct saved_change *find(const struct saved *s,
    const char *address)
{
	ptrdiff_t i = lookup_find(&s->lookup, NAMED(s->changes), address);

	return i == LOOKUP_NONE ? NULL : &s->changes[i];
}

const char *saved_shift(struct arena *a, const struct saved *s,
    const struct resource *r, const unsigned char key[32])
{
	const struct saved_change *c = find(s, r->address);
	const char *ground = ground_text(a, r, key);
	struct text t = text_new(a);
	struct err nowhere = err_new(a);
	struct value now;

	if (!c)
		return "it was as desired";
	if (!strcmp(c->ground, ground_digest(a, ground)))
		return NULL;
	if (!ground)
		return "it was there, and is gone";
	if (!c->before)
		return "it was not there, and is now";
	if (!json_read(a, (struct bytes){ ground, strlen(ground) }, "", &now,
	    &nowhere) && c->before->type == VALUE_MAP)
		tell_attributes(&t, c->before, &now);
	return t.size ? text_string(&t) : "it is not what it was";
}

/* --- all of it --- */

struct comparison {
	struct arena *arena;
	const struct saved *saved;
	const struct run *run;
	struct moved *moved;
	size_t count, capacity;
	/* the specs themselves are others */
	bool edited;
};

static void add(struct comparison *x, const char *what, const char *how)
{
	struct moved moved = { what, how };

	arena_push(x->arena, x->moved, x->count, x->capacity, moved);
}

/* the files of two runs have the same places unless some came or went */
static const struct value *find_near(const struct value *map, uint32_t place,
    const char *key)
{
	if (place < map->count && !strcmp(map->pairs[place].key, key))
		return &map->pairs[place].value;
	return value_find(map, key);
}

static void compare_sources(struct comparison *x)
{
	const struct value *was = x->saved->sources;
	const struct value is = sources_value(x->arena, x->run);
	const struct value *other;
	uint32_t i;

	for (i = 0; i < was->count; i++) {
		other = find_near(&is, i, was->pairs[i].key);
		if (!other)
			add(x, was->pairs[i].key,
			    "this file of the site is gone");
		else if (!value_equal(other, &was->pairs[i].value))
			add(x, was->pairs[i].key,
			    "this file of the site was edited");
	}
	for (i = 0; i < is.count; i++)
		if (!find_near(was, i, is.pairs[i].key))
			add(x, is.pairs[i].key,
			    "this file of the site is new");
	x->edited = x->count > 0;
}

static const char *text_in(const struct value *map, const char *name)
{
	const struct value *v = value_find(map, name);

	return v ? v->text : "";
}

/* what would be done is no longer the same, or NULL */
static const char *compare_change(struct comparison *x,
    const struct saved_change *was, const struct change *is)
{
	const unsigned char *key = journal_key(x->run->journal);
	const struct value now = change_value(x->arena, is);
	const char *how = saved_shift(x->arena, x->saved, is->resource, key);

	if (how)
		return how;
	if (strcmp(was->desired, aim_digest(x->arena, is->resource, key)))
		return x->edited ? "the site asks something else of it" :
		    "the site asks something else of it: a file, template, secret or fact that it is made from is another";
	if (strcmp(was->action, text_in(&now, "action")))
		return arena_printf(x->arena,
		    "the plan said %s, and now it would be %s", was->action,
		    text_in(&now, "action"));
	if (strcmp(was->refresh ? was->refresh : "", text_in(&now, "refresh")))
		return "whether it is refreshed is another";
	return NULL;
}

static const char *why_gone(const struct comparison *x, const char *address)
{
	struct err nowhere = err_new(x->arena);
	const struct resource *r = graph_find_address(&x->run->graph, address,
	    &nowhere, (struct pos){ 0 });

	if (!r)
		return "the site does not declare it any more";
	if (r->sight == UNKNOWN)
		return "it cannot be looked at";
	return "it is as desired already";
}

static void compare_changes(struct comparison *x)
{
	const struct plan *p = &x->run->plan;
	struct err nowhere = err_new(x->arena);
	const struct resource *r;
	const struct change *c;
	const char *how;
	size_t i;

	for (i = 0; i < x->saved->count; i++) {
		const struct saved_change *was = &x->saved->changes[i];

		r = graph_find_address(&x->run->graph, was->address, &nowhere,
		    (struct pos){ 0 });
		c = r ? plan_change(p, r) : NULL;
		how = c ? compare_change(x, was, c) :
		    why_gone(x, was->address);
		if (how)
			add(x, was->address, how);
	}
	for (i = 0; i < p->count; i++)
		if (!find(x->saved, p->changes[i].resource->address))
			add(x, p->changes[i].resource->address,
			    "it was as desired, and is not now");
}

size_t saved_compare(struct arena *a, const struct saved *s,
    const struct run *r, struct moved **out)
{
	struct comparison x = { .arena = a, .saved = s, .run = r };

	compare_sources(&x);
	compare_changes(&x);
	*out = x.moved;
	return x.count;
}
