/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * evaluate.c - values with every ${…} in them replaced: the walk over what was
 * written, while expression.c runs what is between the braces. The numbers are
 * the promises of expression.h.
 */
#include <string.h>

#include "evaluation.h"
#include "place.h"
#include "template.h"

struct walk {
	struct evaluator *evaluator;
	struct arena *arena;
	const struct scope *scope;
	struct err *err;
	/* of what is made sensitive by copying it */
	size_t nodes;
};

enum {
	CHANGES = VALUE_HAS_EXPRESSION | VALUE_HAS_LATER,
	BELOW = VALUE_HAS_EXPRESSION | VALUE_SENSITIVE | VALUE_HAS_LATER,
};

static int walk(struct walk *, const struct value *, struct value *out);

/* (3): all of it, and how much it is */
static int make_sensitive(struct walk *w, struct value *v)
{
	struct value *items;
	struct pair *pairs;
	uint32_t i;

	if (++w->nodes > EVALUATION_NODES)
		return err_at(w->err, v->pos,
		    "this is too large to be made of a secret");
	v->flags |= VALUE_SENSITIVE;
	if (v->type == VALUE_LIST || v->type == VALUE_MAP)
		v->flags |= VALUE_SENSITIVE_SHAPE;
	if (v->type == VALUE_LIST) {
		items = arena_array(w->arena, v->count, sizeof(*items));
		for (i = 0; i < v->count; i++) {
			items[i] = v->items[i];
			if (make_sensitive(w, &items[i]))
				return -1;
		}
		v->items = items;
	} else if (v->type == VALUE_MAP) {
		pairs = arena_array(w->arena, v->count, sizeof(*pairs));
		for (i = 0; i < v->count; i++) {
			pairs[i] = v->pairs[i];
			if (make_sensitive(w, &pairs[i].value))
				return -1;
		}
		v->pairs = pairs;
	}
	return 0;
}

/* (4); `as` says how to evaluate it again */
static int postpone(struct walk *w, struct evaluation *e, struct later as,
    struct value *out)
{
	struct later *later = arena_new(w->arena, struct later);
	struct value *source = arena_new(w->arena, struct value);

	*source = *e->in;
	*later = as;
	later->source = source;
	later->template = e->template;
	later->scope = w->scope;
	later->references = e->references;
	*out = (struct value){ .pos = e->in->pos, .type = VALUE_LATER,
		.flags = VALUE_HAS_LATER, .later = later };
	if (e->sensitive)
		out->flags |= VALUE_SENSITIVE;
	return 0;
}

/* what became of an evaluation, whose result is in `out` */
static int settle(struct walk *w, struct evaluation *e, struct later as,
    struct value *out)
{
	if (e->later)
		return postpone(w, e, as, out);
	if (e->wrong) {
		if (e->sensitive)
			return err_at(w->err, e->place,
			    "this failed (the message is withheld because a secret flowed into it)");
		if (!e->said.count)
			return err_at(w->err, e->place, "%s", e->wrong);
		err_move(w->err, &e->said);
		return -1;
	}
	return e->sensitive ? make_sensitive(w, out) : 0;
}

static struct evaluation begin(struct walk *w, const struct value *in)
{
	return (struct evaluation){ .arena = w->arena, .scope = w->scope,
		.in = in, .said = err_new(w->arena) };
}

/* why a value cannot be a part of text, or NULL */
static const char *not_text(struct walk *w, const struct value *v)
{
	if (value_is_null(v))
		return "this is nothing (nil), which cannot stand in text: write '... or \"\"' if that is meant";
	if (v->type == VALUE_LIST || v->type == VALUE_MAP)
		return arena_printf(w->arena,
		    "%s cannot stand in text: use join()", value_type_name(v));
	return NULL;
}

/* one ${…} among text: its result is added to `text` */
static void add_code(struct walk *w, struct evaluation *e, struct bytes code,
    struct text *text)
{
	struct value v;
	const char *wrong;

	if (evaluator_run(w->evaluator, e, code, &v) || e->later)
		return;
	wrong = not_text(w, &v);
	if (wrong) {
		e->wrong = wrong;
		e->place = place_in_value(e->in, e->offset, e->size);
		return;
	}
	if (v.flags & VALUE_SENSITIVE)
		e->sensitive = true;
	text_add_bytes(text, v.text, v.count);
}

/* (1), (5), (6) */
static int scalar(struct walk *w, const struct value *in, struct value *out)
{
	struct evaluation e = begin(w, in);
	struct text text = text_new(w->arena);
	struct piece p;
	bool code = false;

	for (; (p = piece_next(in->text, in->count, e.offset)).type;
	    e.offset += p.size) {
		e.size = p.size;
		if (p.type == PIECE_WRONG) {
			e.wrong = p.wrong;
			e.place = place_in_value(in, p.offset, 2);
			e.later = false;
			break;
		}
		if (p.type == PIECE_TEXT) {
			text_add_bytes(&text, p.text.data, p.text.size);
			continue;
		}
		if (p.size == in->count) {
			evaluator_run(w->evaluator, &e, p.text, out);
			return settle(w, &e, (struct later){ 0 }, out);
		}
		code = true;
		add_code(w, &e, p.text, &text);
	}
	*out = (struct value){ .pos = in->pos, .type = VALUE_TEXT,
		.flags = code ? 0 : in->flags & VALUE_PLAIN,
		.text = text_string(&text), .count = (uint32_t)text.size };
	return settle(w, &e, (struct later){ 0 }, out);
}

static int list(struct walk *w, const struct value *in, struct value *out)
{
	struct value *items = NULL, v;
	size_t n = 0, capacity = 0;
	uint32_t i, j;
	int failed = 0;
	uint8_t flags = in->flags & ~BELOW;

	for (i = 0; i < in->count; i++) {
		if (walk(w, &in->items[i], &v)) {
			failed = -1;
			continue;
		}
		flags |= v.flags & BELOW;
		/* (2) */
		if (v.type != VALUE_LIST || in->items[i].type == VALUE_LIST) {
			arena_push(w->arena, items, n, capacity, v);
			continue;
		}
		for (j = 0; j < v.count; j++)
			arena_push(w->arena, items, n, capacity, v.items[j]);
	}
	*out = (struct value){ .pos = in->pos, .type = VALUE_LIST,
		.flags = flags, .count = (uint32_t)n, .items = items };
	return failed;
}

static int key(struct walk *w, const struct value *map, struct pair *pair)
{
	struct value in = { .pos = pair_pos(map, pair), .type = VALUE_TEXT,
		.flags = VALUE_HAS_EXPRESSION, .text = pair->key,
		.count = (uint32_t)strlen(pair->key) }, out;

	if (scalar(w, &in, &out))
		return -1;
	if (out.type == VALUE_LATER)
		return err_at(w->err, in.pos,
		    "a key must be known from the start, and this one is known only after something was applied");
	if (out.flags & VALUE_SENSITIVE)
		return err_at(w->err, in.pos, "a key cannot hold a secret");
	if (out.type != VALUE_TEXT || !out.count || !value_is_text(&out))
		return err_at(w->err, in.pos, "a key must be text, not %s",
		    out.type == VALUE_TEXT ? "nothing" : value_type_name(&out));
	pair->key = out.text;
	return 0;
}

/* the keys that were evaluated may be the same as others now */
static int repeated(struct walk *w, const struct value *in,
    const struct pair *pairs)
{
	uint32_t i, j;
	int failed = 0;

	for (i = 0; i < in->count; i++) {
		if (pairs[i].key == in->pairs[i].key)
			continue;
		for (j = 0; j < in->count; j++) {
			if (i == j || strcmp(pairs[i].key, pairs[j].key) ||
			    (j > i && pairs[j].key != in->pairs[j].key))
				continue;
			err_at(w->err, pair_pos(in, &pairs[i]),
			    "'%s' is given twice", pairs[i].key);
			failed = err_note(w->err, pair_pos(in, &pairs[j]),
			    "it is given here too");
			break;
		}
	}
	return failed;
}

static int map(struct walk *w, const struct value *in, struct value *out)
{
	struct pair *pairs = arena_array(w->arena, in->count, sizeof(*pairs));
	uint8_t flags = in->flags & ~BELOW;
	uint32_t i;
	int failed = 0;

	for (i = 0; i < in->count; i++) {
		pairs[i] = in->pairs[i];
		if (strstr(pairs[i].key, "${"))
			failed |= key(w, in, &pairs[i]);
		if (walk(w, &in->pairs[i].value, &pairs[i].value))
			failed = -1;
		flags |= pairs[i].value.flags & BELOW;
	}
	*out = (struct value){ .pos = in->pos, .type = VALUE_MAP,
		.flags = flags, .count = in->count, .pairs = pairs };
	return failed ? -1 : repeated(w, in, pairs);
}

static int bare(struct walk *w, const struct value *in, struct value *out)
{
	struct evaluation e = begin(w, in);

	if (in->count >= 2 && !memcmp(in->text, "${", 2))
		return err_at(w->err, in->pos,
		    "this is an expression already: write it without ${ and }");
	evaluator_run(w->evaluator, &e, (struct bytes){ in->text, in->count },
	    out);
	return settle(w, &e, (struct later){ .bare = true }, out);
}

static int template(struct walk *w, const struct source *source,
    struct value *out)
{
	scoped_arena *scratch = arena_open();
	struct value in = { .pos = { .source = source, .line = 1, .column = 1 },
		.type = VALUE_TEXT, .text = source->text,
		.count = (uint32_t)source->size };
	struct evaluation e = begin(w, &in);
	struct text text = text_new(scratch);

	e.template = source;
	evaluator_render(w->evaluator, &e,
	    (struct bytes){ source->text, source->size }, &text);
	*out = (struct value){ .pos = in.pos, .type = VALUE_TEXT,
		.text = arena_copy(w->arena, text_string(&text), text.size),
		.count = (uint32_t)text.size };
	return settle(w, &e, (struct later){ 0 }, out);
}

static int again(struct walk *w, const struct later *later, struct value *out)
{
	struct walk inner = *w;

	inner.scope = later->scope;
	if (later->template)
		return template(&inner, later->template, out);
	if (later->bare)
		return bare(&inner, later->source, out);
	return walk(&inner, later->source, out);
}

static int walk(struct walk *w, const struct value *in, struct value *out)
{
	if (!(in->flags & CHANGES)) {
		*out = *in;
		return 0;
	}
	switch ((enum value_type)in->type) {
	case VALUE_TEXT:
		return scalar(w, in, out);
	case VALUE_LIST:
		return list(w, in, out);
	case VALUE_MAP:
		return map(w, in, out);
	case VALUE_LATER:
		break;
	}
	return again(w, in->later, out);
}

static struct walk start(const struct reader *r)
{
	evaluator_enter(r->evaluator);
	return (struct walk){ r->evaluator, r->arena, r->scope, r->err, 0 };
}

int evaluate(const struct reader *r, const struct value *in,
    struct value *out)
{
	struct walk w = start(r);
	int rc = walk(&w, in, out);

	evaluator_leave(r->evaluator);
	return rc;
}

int evaluate_bare(const struct reader *r, const struct value *in,
    struct value *out)
{
	struct walk w = start(r);
	/* a list or map that is written out is no expression itself */
	int rc = in->type == VALUE_TEXT ? bare(&w, in, out) : walk(&w, in, out);

	evaluator_leave(r->evaluator);
	return rc;
}

int evaluate_template(const struct reader *r, const struct source *source,
    struct value *out)
{
	struct walk w = start(r);
	int rc = template(&w, source, out);

	evaluator_leave(r->evaluator);
	return rc;
}

int evaluate_later(const struct reader *r, const struct later *later,
    struct value *out)
{
	struct walk w = start(r);
	int rc = again(&w, later, out);

	evaluator_leave(r->evaluator);
	return rc;
}
