/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * saved.c - what a saved plan says, and its way back from the file.
 */
#include "saved.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../resources/host/digest.h"
#include "../resources/host/git.h"
#include "../specs/json.h"
#include "../specs/maker.h"
#include "../specs/site.h"
#include "run.h"

/* --- to the file --- */

static void add_line(struct text *t, struct value line)
{
	text_add(t, json_text(t->arena, &line));
	text_add_char(t, '\n');
}

static struct value list_of(struct arena *a, const struct strings *s)
{
	struct list_maker l = { .arena = a };
	size_t i;

	for (i = 0; s && i < s->count; i++)
		list_add(&l, value_text((struct pos){ 0 }, s->item[i]));
	return list_done(&l);
}

static struct value at_of(struct arena *a)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return value_plain((struct pos){ 0 }, arena_printf(a, "%lld",
	    (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000));
}

static void add_revision(struct map_maker *m, const struct run *r)
{
	const struct revision *revision = git_revision(m->arena,
	    site_path(r->site));

	if (!revision || !revision->id)
		return;
	map_add_text(m, "revision", revision->id);
	map_add_bool(m, "dirty", revision->dirty);
}

/* from what it was made; -1: the site is no longer there */
static int add_origin(struct text *t, const struct run *r,
    const struct saved_options *o)
{
	struct map_maker m = { .arena = t->arena };
	const struct value *host = value_find(&r->facts, "hostname");
	char site[PATH_MAX];

	if (!realpath(site_path(r->site), site))
		return err_at(r->err, (struct pos){ 0 },
		    "cannot find out where the site '%s' is: %s",
		    site_path(r->site), strerror(errno));
	map_add_text(&m, "type", "origin");
	map_add(&m, "at", at_of(t->arena));
	map_add_text(&m, "plumb", VERSION);
	if (host)
		map_add(&m, "host", *host);
	map_add_text(&m, "site", arena_string(t->arena, site));
	add_revision(&m, r);
	map_add_text(&m, "root", o->root);
	map_add_bool(&m, "prune", o->prune);
	map_add(&m, "targets", list_of(t->arena, o->targets));
	map_add(&m, "excludes", list_of(t->arena, o->excludes));
	map_add(&m, "allows", list_of(t->arena, o->allows));
	map_add(&m, "sources", sources_value(t->arena, r));
	add_line(t, map_done(&m));
	return 0;
}

/* what it is, with what it rests on */
static void add_change(struct text *t, const struct change *c,
    const unsigned char *key)
{
	struct arena *a = t->arena;
	struct value shown = change_value(a, c), before;
	struct map_maker m = { .arena = a };
	const char *ground = ground_text(a, c->resource, key);
	struct bytes text = { ground, ground ? strlen(ground) : 0 };
	struct err nowhere = err_new(a);
	uint32_t i;

	for (i = 0; i < shown.count; i++)
		map_add(&m, shown.pairs[i].key, shown.pairs[i].value);
	map_add_text(&m, "ground", ground_digest(a, ground));
	map_add_text(&m, "desired", aim_digest(a, c->resource, key));
	if (ground && !json_read(a, text, "", &before, &nowhere))
		map_add(&m, "before", before);
	add_line(t, map_done(&m));
}

int saved_write(const struct run *r, const struct saved_options *o,
    const char *path, struct err *err)
{
	const struct plan *p = &r->plan;
	const struct plan_style style = { .verbose = true };
	const unsigned char *key = journal_key(r->journal);
	struct text body = text_new(r->arena), shown = text_new(r->arena);
	struct map_maker m = { .arena = r->arena };
	size_t i;

	if (p->unknown)
		return err_at(err, (struct pos){ 0 },
		    "the plan was not saved: %zu of the resources could not be looked at",
		    p->unknown);
	if (add_origin(&body, r, o))
		return -1;
	for (i = 0; i < p->count; i++)
		add_change(&body, &p->changes[i], key);
	add_line(&body, plan_summary(r->arena, p));
	plan_text(&shown, p, &style);
	map_add_text(&m, "type", "text");
	map_add_text(&m, "text", text_string(&shown));
	add_line(&body, map_done(&m));
	return saved_file_write(path, (struct bytes){ text_string(&body),
	    body.size }, key, err);
}

/* --- and back --- */

/* NULL where there is no such text */
static const char *text_of(const struct value *map, const char *name)
{
	const struct value *v = value_find(map, name);

	return v && value_is_text(v) && !value_is_null(v) ? v->text : NULL;
}

static bool is_true(const struct value *map, const char *name)
{
	const char *text = text_of(map, name);

	return text && !strcmp(text, "true");
}

static bool read_origin(struct arena *a, const struct value *line,
    struct saved *s)
{
	const char *at = text_of(line, "at");

	s->at = at ? strtoll(at, NULL, 10) : 0;
	s->plumb = text_of(line, "plumb") ?: "?";
	s->host = text_of(line, "host") ?: "?";
	s->site = text_of(line, "site");
	s->revision = text_of(line, "revision");
	s->dirty = is_true(line, "dirty");
	s->options = (struct saved_options){
		value_strings(a, line, "targets"), value_strings(a, line, "excludes"),
		text_of(line, "root"), is_true(line, "prune"),
		value_strings(a, line, "allows") };
	s->sources = value_find(line, "sources");
	return s->site && s->options.root && s->sources &&
	    s->sources->type == VALUE_MAP;
}

static bool read_change(struct arena *a, const struct value *line,
    struct saved *s)
{
	struct saved_change c = {
		.address = text_of(line, "address"),
		.action = text_of(line, "action"),
		.refresh = text_of(line, "refresh"),
		.ground = text_of(line, "ground"),
		.desired = text_of(line, "desired"),
		.before = value_find(line, "before"),
	};

	if (!c.address || !c.action || !c.ground || !c.desired ||
	    lookup_find(&s->lookup, NAMED(s->changes), c.address) !=
	    LOOKUP_NONE)
		return false;
	arena_push(a, s->changes, s->count, s->capacity, c);
	lookup_add(a, &s->lookup, NAMED(s->changes), s->count - 1);
	return true;
}

static bool read_line(struct arena *a, const struct value *line,
    struct saved *s)
{
	const char *type = text_of(line, "type");

	if (!type)
		return false;
	if (!strcmp(type, "origin"))
		return read_origin(a, line, s);
	if (!strcmp(type, "change"))
		return read_change(a, line, s);
	if (!strcmp(type, "text"))
		s->text = text_of(line, "text");
	return true;
}

int saved_read(struct arena *a, const char *path, const unsigned char key[32],
    struct saved *s, struct err *err)
{
	struct bytes rest, line;
	struct value *v;

	*s = (struct saved){ 0 };
	if (saved_file_read(a, path, key, &rest, err))
		return -1;
	while (rest.size) {
		line = (struct bytes){ rest.data, (size_t)((char *)memchr(
		    rest.data, '\n', rest.size) ?: rest.data + rest.size) -
		    (size_t)rest.data };
		v = arena_new(a, struct value);
		if (json_read(a, line, path, v, err))
			return -1;
		if (!read_line(a, v, s))
			break;
		rest.data += line.size + (line.size < rest.size);
		rest.size -= line.size + (line.size < rest.size);
	}
	if (rest.size || !s->site || !s->text)
		return err_at(err, (struct pos){ 0 },
		    "the saved plan '%s' is damaged: something is missing in it",
		    path);
	return 0;
}
