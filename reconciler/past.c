/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * past.c - how things were, as declarations again.
 */
#include "past.h"

#include <string.h>

#include "../specs/json.h"
#include "../specs/maker.h"
#include "../specs/member.h"
#include "objects.h"

/* what is being made of one resource */
struct making {
	struct arena *arena;
	const char *state;
	struct past *past;
	/* maps; NULL where there is no JSON */
	const struct value *before, *after;
	struct map_maker body;
	/* names of attributes that stay as they are */
	struct list_maker same;
};

/* the JSON of the journal is its own, so what is wrong with it is damage */
static const struct value *parse(struct arena *a, const char *json)
{
	struct value *v = arena_new(a, struct value);
	struct err unsaid = err_new(a);

	if (!json || json_read(a, (struct bytes){ json, strlen(json) },
	    "the journal", v, &unsaid) || v->type != VALUE_MAP)
		return NULL;
	return v;
}

static const char *refuse(struct making *m, const char *why)
{
	if (!m->past->refusal)
		m->past->refusal = why;
	return why;
}

static bool is_content(const struct attribute *row)
{
	return type_storage(row->type) == AS_CONTENT;
}

/* {"keyed": ...} in place of a value */
static bool is_hidden(const struct value *v)
{
	return v->type == VALUE_MAP && v->count == 1 &&
	    !strcmp(v->pairs[0].key, "keyed");
}

static bool is_same(struct arena *a, const struct value *x,
    const struct value *y)
{
	return x && y && !strcmp(json_text(a, x), json_text(a, y));
}

static const char *secret_of(struct arena *a, const struct attribute *row)
{
	return is_content(row) ? "its old content is secret" :
	    arena_printf(a, "its old '%s' is secret", row->name);
}

/* --- one attribute --- */

static void add_content(struct making *m, const struct attribute *row,
    const struct value *v, bool same)
{
	const struct value *digest = value_find(v, "sha256");
	struct err unsaid = err_new(m->arena);
	struct bytes bytes;
	int found = digest && value_is_text(digest) ? objects_get(m->arena,
	    m->state, digest->text, &bytes, &unsaid) : 0;

	if (found > 0)
		map_add(&m->body, row->name, value_bytes((struct pos){ 0 },
		    bytes.data, bytes.size));
	else if (same)
		m->past->hollow = true;
	else if (found < 0)
		refuse(m, unsaid.first->text);
	else
		refuse(m, "its old content was not kept");
}

static void add_row(struct making *m, const struct attribute *row,
    const struct value *v)
{
	bool same = m->after && is_same(m->arena, v,
	    value_find(m->after, row->name));

	if (same)
		list_add(&m->same, value_text((struct pos){ 0 }, row->name));
	if (is_hidden(v) && same)
		m->past->hollow = true;
	else if (is_hidden(v))
		refuse(m, secret_of(m->arena, row));
	else if (is_content(row))
		add_content(m, row, v, same);
	else
		map_add(&m->body, row->name, *v);
}

/* --- the declaration --- */

/* what tells one of a kind from another */
enum { IDENTITY = ATTRIBUTE_NAME | ATTRIBUTE_REQUIRED | ATTRIBUTE_REPLACES };

static void add_rows(struct making *m, const struct value *from, bool identity)
{
	const struct attribute *table = m->past->kind->attributes, *row;
	const struct value *v;

	for (row = table; from && row->name; row++) {
		v = value_find(from, row->name);
		if (!v || (row->flags & ATTRIBUTE_OUTPUT))
			continue;
		if (!identity)
			add_row(m, row, v);
		else if ((row->flags & IDENTITY) && !is_content(row) &&
		    !is_hidden(v))
			map_add(&m->body, row->name, *v);
	}
}

/* as a site could have said it: what the kind refuses cannot be so again */
static bool is_sayable(struct making *m, const struct value *body,
    const char *name, const char **why)
{
	const struct kind *kind = m->past->kind;
	struct err said = err_new(m->arena);
	struct reader reader = { .arena = m->arena, .err = &said };
	struct form form = { kind->attributes, kind->name, name,
		common_words };
	struct job job = { .arena = m->arena, .err = &said,
		.address = m->past->address };
	void *desired = arena_alloc(m->arena, kind->size);
	struct reading reading;

	if (!attributes_read(&reader, &form, body, desired, &reading) &&
	    (!m->past->before || !kind->check || !kind->check(&job, desired)))
		return true;
	*why = said.first ? said.first->text : "it cannot be said";
	return false;
}

/* without what is so by itself: "configured: false", "loaded: false" */
static struct value without_defaults(struct making *m, const struct value *v)
{
	struct map_maker less = { .arena = m->arena };
	const struct attribute *row;
	uint32_t i;

	for (i = 0; i < v->count; i++) {
		row = attribute_find(m->past->kind->attributes,
		    v->pairs[i].key);
		if (!row || row->type != TYPE_BOOL || !row->fallback)
			map_add(&less, v->pairs[i].key, v->pairs[i].value);
	}
	return map_done(&less);
}

static const struct value *make_body(struct making *m, const char *name)
{
	struct value *body = arena_new(m->arena, struct value);
	const char *why, *again;

	if (m->past->before) {
		add_rows(m, m->before, false);
		if (m->same.count)
			map_add(&m->body, "ignore", list_done(&m->same));
	} else {
		add_rows(m, m->after ? m->after : parse(m->arena,
		    m->past->desired), true);
		map_add_text(&m->body, "ensure", "absent");
	}
	if (m->past->protect)
		map_add_bool(&m->body, "protect", true);
	*body = map_done(&m->body);
	if (m->past->refusal || is_sayable(m, body, name, &why))
		return body;
	*body = without_defaults(m, body);
	if (!is_sayable(m, body, name, &again))
		refuse(m, why);
	return body;
}

void past_declare(struct arena *a, const char *state, struct past *p,
    struct declaration *out)
{
	const char *colon = strchr(p->address, ':');
	struct making m = { .arena = a, .state = state, .past = p,
		.before = parse(a, p->before), .after = parse(a, p->after),
		.body.arena = a, .same.arena = a };

	p->kind = colon ? kind_find_word(p->address,
	    (size_t)(colon - p->address)) : NULL;
	if (!p->kind)
		refuse(&m, "there is no such kind any more");
	else if (p->kind->flags & KIND_RUNS)
		refuse(&m, "it ran a command");
	else if (p->kind->flags & KIND_STATELESS)
		refuse(&m, "it has no state");
	else if ((p->before && !m.before) || (p->after && !m.after))
		refuse(&m, "what the journal says of it is damaged");
	if (p->refusal)
		return;
	*out = (struct declaration){ .section = p->kind->section,
		.name = colon + 1, .pos = p->pos, .origin = p->origin };
	out->body = out->written = make_body(&m, out->name);
}

const void *past_struct(struct arena *a, const struct kind *kind,
    const char *json)
{
	const struct value *v = parse(a, json), *one;
	struct err unsaid = err_new(a);
	struct reader reader = { .arena = a, .err = &unsaid };
	const struct attribute *row;
	void *made;

	if (!v)
		return NULL;
	made = arena_alloc(a, kind->size);
	attributes_clear(kind->attributes, made);
	for (row = kind->attributes; row->name; row++) {
		one = value_find(v, row->name);
		if (one && !is_hidden(one) && !is_content(row))
			attribute_read(&reader, row, one, made);
	}
	return made;
}

/* --- what will be the past --- */

const char *past_path(const struct kind *kind, const void *observed)
{
	const struct attribute *row;

	for (row = kind->attributes; row->name; row++)
		if ((row->flags & ATTRIBUTE_NAME) && row->type == TYPE_PATH)
			return MEMBER_OF(char *, row, observed);
	return NULL;
}

static const char *row_refusal(struct arena *a, const struct change *c,
    const struct attribute *row)
{
	const struct resource *r = c->resource;
	uint64_t bit = UINT64_C(1) << (row - r->kind->attributes);
	const struct content *content;

	if ((row->flags & (ATTRIBUTE_INPUT | ATTRIBUTE_OUTPUT)) ||
	    row_is_alias(r->kind->attributes, row) ||
	    (c->action == ACTION_UPDATE && !((c->differ | c->later) & bit)))
		return NULL;
	/* of what goes, a kind does not look at all that it could hold */
	if (c->action == ACTION_REMOVE && (r->was_secret & bit))
		return secret_of(a, row);
	if (!attribute_given(row, r->observed))
		return NULL;
	if (resource_hides(r, row))
		return secret_of(a, row);
	if (!is_content(row))
		return NULL;
	content = MEMBER_OF(struct content *, row, r->observed);
	if (content->size > PAST_KEPT)
		return "its old content is over 64 MiB";
	return content->data || past_path(r->kind, r->observed) ? NULL :
	    "its old content is too large to be kept";
}

const char *past_refusal(struct arena *a, const struct change *c)
{
	const struct resource *r = c->resource;
	const struct attribute *row;
	const char *why = NULL;

	if (r->kind->flags & KIND_RUNS)
		return c->action == ACTION_UNSURE ? NULL : "it runs a command";
	if ((r->kind->flags & KIND_STATELESS) || !r->observed ||
	    (c->action != ACTION_UPDATE && c->action != ACTION_REPLACE &&
	    c->action != ACTION_REMOVE))
		return NULL;
	for (row = r->kind->attributes; row->name && !why; row++)
		why = row_refusal(a, c, row);
	return why;
}
