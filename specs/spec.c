/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spec.c - many files to one flat list of desired resources.
 *
 * Merging comes first, so that an expression in one file sees the variables of
 * another; then each section's entries are expanded: for_each, when, names,
 * bodies. What cannot be expanded is said, and the rest goes on, so that all
 * mistakes are shown at once.
 */
#include "spec.h"

#include <assert.h>
#include <string.h>

#include "arena.h"
#include "expression.h"
#include "names.h"
#include "site.h"
#include "variables.h"

enum { NAME_LONGEST = 4096, DECLARATIONS = 2000000 };

/* a section's part in one file */
struct part {
	const char *section;
	const struct value *value;
};

struct loader {
	struct arena *arena;
	struct err *err;
	/* its scope: the names that every expression sees */
	struct reader reader;
	const struct spec_options *options;
	struct spec *spec;
	struct part *parts;
	size_t part_count, part_capacity;
	size_t capacity;
	struct variables variables;
	/* what site:, domains: and prune: say; NULL: nothing */
	const struct value *site, *domains, *prune;
	/* indices into the declarations, by section and name; 1 is the first */
	uint32_t *seen;
	size_t seen_size;
};

static int say_twice(struct loader *l, struct pos pos, struct pos first,
    const char *what)
{
	err_at(l->err, pos, "%s is declared twice", what);
	return err_note(l->err, first, "it is first declared here");
}

static bool is_section(const struct loader *l, const char *word)
{
	const char *const *s;

	for (s = l->options->sections; *s; s++)
		if (!strcmp(*s, word))
			return true;
	return false;
}

static int unknown_section(struct loader *l, struct pos pos, const char *word)
{
	static const char *const others[] = { "site", "domains", "variables",
		"prune", NULL };
	const char *near = nearest(word, l->options->sections);

	if (!near)
		near = nearest(word, others);
	if (!strcmp(word, "topology") || !strcmp(word, "roles"))
		return err_at(l->err, pos,
		    "'%s' cannot be used yet: a site is for the one machine that plumb runs on; declare its resources at the top level",
		    word);
	if (near)
		return err_at(l->err, pos,
		    "there is no section '%s' (did you mean '%s'?)", word,
		    near);
	return err_at(l->err, pos,
	    "there is no section '%s' (`plumb explain` lists the kinds)", word);
}

static int take_once(struct loader *l, const struct value **slot,
    const struct value *map, const struct pair *p)
{
	if (*slot)
		return say_twice(l, pair_pos(map, p), (*slot)->pos,
		    arena_printf(l->arena, "'%s'", p->key));
	*slot = &p->value;
	return 0;
}

static int merge_key(struct loader *l, const struct value *map,
    const struct pair *p)
{
	struct part part = { p->key, &p->value };

	if (!strcmp(p->key, "site"))
		return take_once(l, &l->site, map, p);
	if (!strcmp(p->key, "domains"))
		return take_once(l, &l->domains, map, p);
	if (!strcmp(p->key, "prune"))
		return take_once(l, &l->prune, map, p);
	if (!strcmp(p->key, "variables"))
		return variables_add(&l->variables, &p->value, l->err);
	if (!is_section(l, p->key))
		return unknown_section(l, pair_pos(map, p), p->key);
	arena_push(l->arena, l->parts, l->part_count, l->part_capacity, part);
	return 0;
}

static int merge_file(struct loader *l, const struct source *source)
{
	struct value *map = arena_new(l->arena, struct value);
	int failed = 0;
	uint32_t i;

	if (value_read(l->arena, l->spec->names, source, map, l->err))
		return -1;
	if (map->type != VALUE_MAP)
		return err_at(l->err, map->pos,
		    "a file of a site is a map of sections, not %s",
		    value_type_name(map));
	for (i = 0; i < map->count; i++)
		failed |= merge_key(l, map, &map->pairs[i]);
	return failed;
}

/* with the names that one declaration sees */
static struct reader reader_of(const struct loader *l,
    const struct declaration *d)
{
	struct reader r = l->reader;

	r.scope = d->scope;
	return r;
}

static const struct scope *scope_add(struct loader *l,
    const struct scope *outer, const char *name, const struct value *value)
{
	struct scope *s = arena_new(l->arena, struct scope);

	s->outer = outer;
	s->name = name;
	s->value = value;
	return s;
}

static int read_domains(struct loader *l)
{
	struct value *v = arena_new(l->arena, struct value);
	uint32_t i;

	*v = (struct value){ .type = VALUE_LIST };
	if (l->domains && evaluate(&l->reader, l->domains, v))
		return -1;
	if (v->type != VALUE_LIST)
		return err_at(l->err, v->pos,
		    "'domains' must be a list, not %s", value_type_name(v));
	for (i = 0; i < v->count; i++)
		if (!value_is_text(&v->items[i]))
			return err_at(l->err, v->items[i].pos,
			    "a domain must be text, not %s",
			    value_type_name(&v->items[i]));
	l->reader.scope = scope_add(l, l->reader.scope, "domains", v);
	return 0;
}

/* site, host, domains and variables */
static int make_scope(struct loader *l)
{
	struct value *name = arena_new(l->arena, struct value);
	int failed = 0;

	l->spec->name = "site";
	if (l->site && (!value_is_text(l->site) || value_is_null(l->site)))
		failed = err_at(l->err, l->site->pos,
		    "'site' must be a name, not %s", value_type_name(l->site));
	else if (l->site)
		l->spec->name = l->site->text;
	if (l->prune && (!value_is_text(l->prune) || (strcmp(l->prune->text,
	    "true") && strcmp(l->prune->text, "false"))))
		failed = err_at(l->err, l->prune->pos,
		    "'prune' must be true or false");
	else if (l->prune)
		l->spec->prune = !strcmp(l->prune->text, "true");
	*name = (struct value){ .type = VALUE_TEXT, .text = l->spec->name,
		.count = (uint32_t)strlen(l->spec->name) };
	l->reader.scope = scope_add(l, NULL, "site", name);
	l->reader.scope = scope_add(l, l->reader.scope, "host",
	    l->options->host);
	failed |= read_domains(l);
	failed |= variables_evaluate(&l->variables, &l->reader);
	return failed;
}

static size_t seen_slot(const struct loader *l, const struct declaration *d)
{
	return (hash_bytes(d->name, strlen(d->name)) ^
	    ((uintptr_t)d->section >> 4)) & (l->seen_size - 1);
}

static void seen_grow(struct loader *l)
{
	size_t i, slot;

	l->seen_size = l->seen_size ? l->seen_size * 2 : 1024;
	l->seen = arena_array(l->arena, l->seen_size, sizeof(*l->seen));
	for (i = 0; i < l->spec->count; i++) {
		slot = seen_slot(l, &l->spec->declarations[i]);
		while (l->seen[slot])
			slot = (slot + 1) & (l->seen_size - 1);
		l->seen[slot] = (uint32_t)i + 1;
	}
}

static int add(struct loader *l, const struct declaration *d)
{
	const struct declaration *other;
	size_t slot;

	if (l->spec->count * 2 >= l->seen_size)
		seen_grow(l);
	slot = seen_slot(l, d);
	for (; l->seen[slot]; slot = (slot + 1) & (l->seen_size - 1)) {
		other = &l->spec->declarations[l->seen[slot] - 1];
		if (other->section == d->section &&
		    !strcmp(other->name, d->name))
			return say_twice(l, d->pos, other->pos,
			    arena_printf(l->arena, "'%s' in '%s'", d->name,
			    d->section));
	}
	if (l->spec->count == DECLARATIONS)
		return err_at(l->err, d->pos,
		    "a site can declare at most %d resources", DECLARATIONS);
	arena_push(l->arena, l->spec->declarations, l->spec->count,
	    l->capacity, *d);
	l->seen[slot] = (uint32_t)l->spec->count;
	return 0;
}

/* 1: yes, 0: no, -1 */
static int when_holds(struct loader *l, const struct declaration *d)
{
	const struct value *when = value_find(d->body, "when");
	const struct reader reader = reader_of(l, d);
	struct value v;

	if (!when)
		return 1;
	if (evaluate_bare(&reader, when, &v))
		return -1;
	if (v.type == VALUE_LATER || (v.flags & VALUE_HAS_LATER))
		return err_at(l->err, when->pos,
		    "'when' must be known before the run, and this is known only after it");
	return !value_is_null(&v) &&
	    (value_core(&v).type != CORE_BOOL || value_core(&v).boolean);
}

static int check_name(struct loader *l, const struct declaration *d)
{
	size_t size = strlen(d->name);

	if (!size || size > NAME_LONGEST)
		return err_at(l->err, d->pos,
		    "a name must have 1 to %d bytes", NAME_LONGEST);
	return 0;
}

/* the name's ${…}, then the body's */
static int expand_one(struct loader *l, const struct declaration *template)
{
	const struct reader reader = reader_of(l, template);
	struct declaration d = *template;
	struct value name, v, *body;
	int rc = when_holds(l, &d);

	if (rc <= 0)
		return rc;
	d.written = d.body;
	name = (struct value){ .pos = d.pos, .type = VALUE_TEXT,
		.text = d.name, .count = (uint32_t)strlen(d.name) };
	if (strstr(d.name, "${")) {
		name.flags = VALUE_HAS_EXPRESSION;
		if (evaluate(&reader, &name, &v))
			return -1;
		if (!value_is_text(&v) || (v.flags & VALUE_SENSITIVE))
			return err_at(l->err, d.pos,
			    "a name must be text that is known before the run, and no secret");
		d.name = v.text;
	}
	if (d.body->flags & VALUE_HAS_EXPRESSION) {
		body = arena_new(l->arena, struct value);
		if (evaluate(&reader, d.body, body))
			return -1;
		d.body = body;
	}
	return check_name(l, &d) ? -1 : add(l, &d);
}

static const struct trail *trail_add(struct loader *l,
    const struct trail *outer, struct pos pos, const struct value *it,
    uint32_t number)
{
	struct trail *t = arena_new(l->arena, struct trail);

	t->outer = outer;
	t->pos = pos;
	t->text = value_is_text(it) && !(it->flags & VALUE_SENSITIVE)
	    ? arena_printf(l->arena, "for_each element '%s'", it->text)
	    : arena_printf(l->arena, "for_each element %u", number);
	return t;
}

/* a map's elements are {key, value} */
static const struct value *element(struct loader *l, const struct value *all,
    uint32_t i)
{
	struct value *v;
	struct pair *pairs;

	if (all->type == VALUE_LIST)
		return &all->items[i];
	pairs = arena_array(l->arena, 2, sizeof(*pairs));
	pairs[0].key = "key";
	pairs[0].value = (struct value){ .pos = pair_pos(all, &all->pairs[i]),
		.type = VALUE_TEXT, .text = all->pairs[i].key,
		.count = (uint32_t)strlen(all->pairs[i].key) };
	pairs[1].key = "value";
	pairs[1].value = all->pairs[i].value;
	v = arena_new(l->arena, struct value);
	*v = (struct value){ .pos = pairs[0].value.pos, .type = VALUE_MAP,
		.flags = all->pairs[i].value.flags & VALUE_SENSITIVE,
		.count = 2, .pairs = pairs };
	return v;
}

static int expand_each(struct loader *l, const struct declaration *template,
    const struct value *each)
{
	const struct reader reader = reader_of(l, template);
	struct declaration d = *template;
	struct value all;
	int failed;
	uint32_t i;

	failed = each->type == VALUE_TEXT ? evaluate_bare(&reader, each, &all)
	    : evaluate(&reader, each, &all);
	if (failed)
		return -1;
	if (all.type == VALUE_LATER || (all.flags & VALUE_HAS_LATER))
		return err_at(l->err, each->pos,
		    "'for_each' must be known before the run, and this is known only after it");
	if (all.type == VALUE_TEXT)
		return err_at(l->err, each->pos,
		    "'for_each' must give a list or a map, not %s",
		    value_type_name(&all));
	for (i = 0; i < all.count; i++) {
		const struct value *it = element(l, &all, i);

		d.scope = scope_add(l, template->scope, "it", it);
		d.trail = trail_add(l, template->trail, each->pos, it, i + 1);
		failed |= expand_one(l, &d);
	}
	return failed;
}

static int expand(struct loader *l, const char *section, const char *name,
    struct pos pos, const struct value *body)
{
	struct declaration d = { .section = section, .name = name,
		.pos = pos, .body = body, .scope = l->reader.scope };
	const struct value *each;
	struct value *empty;

	if (value_is_null(body)) {
		empty = arena_new(l->arena, struct value);
		*empty = (struct value){ .pos = pos, .type = VALUE_MAP };
		d.body = empty;
	} else if (body->type != VALUE_MAP) {
		return err_at(l->err, body->pos,
		    "'%s' must be a map of attributes, or nothing, not %s",
		    name, value_type_name(body));
	}
	each = value_find(d.body, "for_each");
	return each ? expand_each(l, &d, each) : expand_one(l, &d);
}

/* packages: [nginx, curl] */
static int expand_list(struct loader *l, const struct part *part,
    const struct value *list)
{
	static const struct value nothing = { .type = VALUE_TEXT, .text = "",
		.flags = VALUE_PLAIN };
	struct value all;
	int failed = 0;
	uint32_t i;

	if (evaluate(&l->reader, list, &all))
		return -1;
	for (i = 0; i < all.count; i++) {
		const struct value *v = &all.items[i];

		if (!value_is_text(v) || value_is_null(v))
			failed |= err_at(l->err, v->pos,
			    "an item of a short list is a name, not %s; to say more, write '%s' as a map",
			    value_type_name(v), part->section);
		else if (v->flags & VALUE_SENSITIVE)
			failed |= err_at(l->err, v->pos,
			    "a name cannot be a secret");
		else
			failed |= expand(l, part->section, v->text, v->pos,
			    &nothing);
	}
	return failed;
}

static int expand_part(struct loader *l, const struct part *part)
{
	const struct value *v = part->value;
	int failed = 0;
	uint32_t i;

	if (value_is_null(v))
		return 0;
	if (v->type == VALUE_LIST)
		return expand_list(l, part, v);
	if (v->type != VALUE_MAP)
		return err_at(l->err, v->pos,
		    "'%s' must be a map of names, or a list of them, not %s",
		    part->section, value_type_name(v));
	for (i = 0; i < v->count; i++)
		failed |= expand(l, part->section, v->pairs[i].key,
		    pair_pos(v, &v->pairs[i]), &v->pairs[i].value);
	return failed;
}

int spec_load(const struct reader *reader, const struct spec_options *options,
    struct spec *out)
{
	struct loader l = { .arena = reader->arena, .err = reader->err,
		.reader = *reader, .options = options, .spec = out };
	size_t i;
	int failed;

	*out = (struct spec){ .names = names_new(l.arena) };
	l.variables.arena = l.arena;
	/* 1. Read every file, and put its sections together. */
	failed = site_sources(reader->site, &out->sources, &out->source_count,
	    l.err);
	for (i = 0; i < out->source_count; i++)
		failed |= merge_file(&l, out->sources[i]);
	/* 2. What every expression sees. */
	if (make_scope(&l))
		return -1;
	/* 3. Every entry of every section, expanded. */
	for (i = 0; i < l.part_count; i++)
		failed |= expand_part(&l, &l.parts[i]);
	return failed ? -1 : 0;
}
