/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * value.c - YAML text to a tree, by libyaml's events.
 *
 * libyaml's own document tree is not used: it is quadratic in anchors, lets
 * aliases explode and forgets columns. Here:
 *  (1) depth is checked as events come, which also keeps libyaml's scanner from
 *      its quadratic case;
 *  (2) an alias shares the node of its anchor, and the nodes below it are
 *      counted again, so that what later walks the tree is bounded;
 *  (3) tags, merge keys, keys that are not text, duplicate keys, a second
 *      document and control bytes are mistakes; all but broken syntax are
 *      said together.
 */
#include "value.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "arena.h"
#include "keys.h"
#include "names.h"
#include "print.h"

/* columns further to the right are all called this */
enum { COLUMN_LAST = 60000 };

struct anchor {
	const char *name;
	/* NULL while it is open */
	const struct value *value;
	size_t nodes;
	struct pos pos;
	const struct anchor *older;
};

/* a list or map that is being read */
struct level {
	struct value value;
	/* where its children start on the stacks */
	size_t first;
	struct anchor *anchor;
	/* nodes read before it */
	size_t nodes;
	bool is_map;
	/* the key that waits for its value; NULL: a key comes next */
	const char *key;
	struct pos key_pos;
	/* a key was wrong: its value is read and dropped */
	bool drop;
};

struct reader_state {
	struct arena *arena, *scratch;
	struct names *names;
	const struct source *source;
	struct err *err;
	struct level levels[VALUE_DEPTH + 1];
	size_t depth;
	/* children of the open lists and maps */
	struct pair *pairs;
	size_t pair_count, pair_capacity;
	struct value *items;
	size_t item_count, item_capacity;
	const struct anchor *anchors;
	size_t anchor_count;
	/* as counted in (2), and as written */
	size_t nodes, written;
	/* bytes of a byte order mark */
	size_t skipped;
	struct value *out;
};

static struct pos mark_pos(const struct reader_state *r, yaml_mark_t start,
    yaml_mark_t end)
{
	size_t width = 1;

	if (end.line == start.line && end.column > start.column)
		width = end.column - start.column;
	return (struct pos){
		.source = r->source,
		.line = (uint32_t)start.line + 1,
		.column = (uint16_t)(start.column < COLUMN_LAST
		    ? start.column + 1 : COLUMN_LAST),
		.width = (uint16_t)(width < COLUMN_LAST ? width : COLUMN_LAST),
	};
}

static struct pos event_pos(const struct reader_state *r,
    const yaml_event_t *event)
{
	return mark_pos(r, event->start_mark, event->end_mark);
}

/* NUL and what else no spec needs; line feeds and tabs are text */
static bool has_control(const char *text, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (((unsigned char)text[i] < 0x20 && text[i] != '\n' &&
		    text[i] != '\t') || text[i] == 0x7f)
			return true;
	return false;
}

static bool has_expression(const char *text, size_t size)
{
	return memchr(text, '$', size) && memmem(text, size, "${", 2);
}

static struct value scalar(struct reader_state *r, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t size = event->data.scalar.length;
	struct value v = { .pos = event_pos(r, event), .type = VALUE_TEXT };

	if (has_control(text, size))
		err_at(r->err, v.pos,
		    "there is a control byte in this text; binary content goes in a file below files/ (source:)");
	if (size > UINT32_MAX / 2)
		size = 0; /* no file is that large: VALUE_FILE */
	v.text = arena_copy(r->arena, text, size);
	v.count = (uint32_t)size;
	if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		v.flags |= VALUE_PLAIN;
	if (event->data.scalar.style == YAML_LITERAL_SCALAR_STYLE)
		v.flags |= VALUE_LITERAL;
	if (has_expression(text, size))
		v.flags |= VALUE_HAS_EXPRESSION;
	return v;
}

/* a whole value was read: put it where it belongs */
static void place(struct reader_state *r, const struct value *v)
{
	struct level *l;
	struct pair p;

	if (!r->depth) {
		*r->out = *v;
		return;
	}
	l = &r->levels[r->depth - 1];
	l->value.flags |= v->flags & (VALUE_HAS_EXPRESSION | VALUE_SENSITIVE);
	if (!l->is_map) {
		arena_push(r->scratch, r->items, r->item_count,
		    r->item_capacity, *v);
		return;
	}
	/* a key that was not text ends; what belongs to it is dropped too */
	if (!l->key) {
		l->key = "";
		return;
	}
	if (!l->drop) {
		p = (struct pair){ .key = l->key, .line = l->key_pos.line,
			.column = l->key_pos.column,
			.width = l->key_pos.width, .value = *v };
		arena_push(r->scratch, r->pairs, r->pair_count,
		    r->pair_capacity, p);
	}
	l->key = NULL;
	l->drop = false;
}

/* the next value is a key, and must be text */
static bool wants_key(const struct reader_state *r)
{
	const struct level *l = r->depth ? &r->levels[r->depth - 1] : NULL;

	return l && l->is_map && !l->key;
}

static void take_key(struct reader_state *r, const yaml_event_t *event)
{
	struct level *l = &r->levels[r->depth - 1];
	const char *text = (const char *)event->data.scalar.value;
	size_t size = event->data.scalar.length;

	l->key_pos = event_pos(r, event);
	l->key = names_intern(r->names, text, size);
	if (has_expression(text, size))
		l->value.flags |= VALUE_HAS_EXPRESSION;
	if (has_control(text, size)) {
		err_at(r->err, l->key_pos,
		    "there is a control byte in this key");
		l->drop = true;
	} else if (!strcmp(l->key, "<<") &&
	    event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
		err_at(r->err, l->key_pos,
		    "merge keys (<<) are not read; write the keys out, or use a variable");
		l->drop = true;
	} else if (!size) {
		err_at(r->err, l->key_pos, "a key is empty");
		l->drop = true;
	}
}

static int check_tag(struct reader_state *r, const yaml_event_t *event,
    const yaml_char_t *tag)
{
	if (!tag || (event->type == YAML_SCALAR_EVENT &&
	    !strcmp((const char *)tag, "!") &&
	    event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE))
		return 0;
	return err_at(r->err, event_pos(r, event),
	    "tags (%s) are not read; types follow from the attribute",
	    (const char *)tag);
}

static struct anchor *anchor_add(struct reader_state *r,
    const yaml_event_t *event, const yaml_char_t *name)
{
	struct anchor *a;

	if (!name)
		return NULL;
	if (r->anchor_count++ == VALUE_ANCHORS) {
		err_at(r->err, event_pos(r, event),
		    "there are more than %d anchors in this file",
		    VALUE_ANCHORS);
		return NULL;
	}
	a = arena_new(r->scratch, struct anchor);
	a->name = arena_string(r->scratch, (const char *)name);
	a->pos = event_pos(r, event);
	a->older = r->anchors;
	r->anchors = a;
	return a;
}

static void anchor_done(struct reader_state *r, struct anchor *a,
    const struct value *v, size_t nodes)
{
	struct value *copy;

	if (!a)
		return;
	copy = arena_new(r->arena, struct value);
	*copy = *v;
	a->value = copy;
	a->nodes = nodes;
}

/* -1: too many */
static int count_nodes(struct reader_state *r, const yaml_event_t *event,
    size_t more)
{
	r->nodes += more;
	r->written++;
	if (r->nodes > VALUE_NODES)
		return err_at(r->err, event_pos(r, event),
		    "this file holds more than %d values", VALUE_NODES);
	if (r->nodes > 10000 &&
	    r->nodes / VALUE_ALIAS_RATIO > r->written)
		return err_at(r->err, event_pos(r, event),
		    "aliases make %zu values of %zu that were written; that is too much",
		    r->nodes, r->written);
	return 0;
}

static int on_alias(struct reader_state *r, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	const struct anchor *a = r->anchors;

	while (a && strcmp(a->name, name))
		a = a->older;
	if (wants_key(r)) {
		r->levels[r->depth - 1].key = "";
		r->levels[r->depth - 1].drop = true;
		err_at(r->err, event_pos(r, event),
		    "an alias cannot be a key");
		return 0;
	}
	if (!a)
		err_at(r->err, event_pos(r, event),
		    "there is no anchor '%s' before this", name);
	else if (!a->value)
		err_at(r->err, event_pos(r, event),
		    "'%s' would contain itself", name);
	if (!a || !a->value) {
		place(r, &(struct value){ .pos = event_pos(r, event),
		    .text = "", .flags = VALUE_PLAIN });
		return 0;
	}
	if (count_nodes(r, event, a->nodes))
		return -1;
	place(r, a->value);
	return 0;
}

static int on_scalar(struct reader_state *r, const yaml_event_t *event)
{
	struct anchor *a;
	struct value v;

	check_tag(r, event, event->data.scalar.tag);
	a = anchor_add(r, event, event->data.scalar.anchor);
	if (count_nodes(r, event, 1))
		return -1;
	if (wants_key(r)) {
		take_key(r, event);
		return 0;
	}
	v = scalar(r, event);
	anchor_done(r, a, &v, 1);
	place(r, &v);
	return 0;
}

static int on_start(struct reader_state *r, const yaml_event_t *event)
{
	bool is_map = event->type == YAML_MAPPING_START_EVENT;
	struct pos pos = event_pos(r, event);
	struct level *l;

	if (r->depth == VALUE_DEPTH)
		return err_at(r->err, pos,
		    "this is more than %d levels deep", VALUE_DEPTH);
	if (wants_key(r)) {
		r->levels[r->depth - 1].drop = true;
		err_at(r->err, pos, is_map ?
		    "a key must be text; '{{...}}' is not a template here, ${...} in quotes is" :
		    "a key must be text, not a list");
	}
	check_tag(r, event, is_map ? event->data.mapping_start.tag
	    : event->data.sequence_start.tag);
	if (count_nodes(r, event, 1))
		return -1;
	l = &r->levels[r->depth++];
	*l = (struct level){ .is_map = is_map, .nodes = r->nodes - 1,
		.first = is_map ? r->pair_count : r->item_count };
	l->value.pos = pos;
	l->anchor = anchor_add(r, event, is_map
	    ? event->data.mapping_start.anchor
	    : event->data.sequence_start.anchor);
	return 0;
}

static void on_end(struct reader_state *r)
{
	struct level *l = &r->levels[r->depth - 1];
	struct value v = l->value;

	if (l->is_map) {
		size_t count = r->pair_count - l->first;
		struct pair *pairs = arena_array(r->arena, count,
		    sizeof(*pairs));

		if (count)
			memcpy(pairs, r->pairs + l->first,
			    count * sizeof(*pairs));
		r->pair_count = l->first;
		v.type = VALUE_MAP;
		v.count = (uint32_t)count;
		v.pairs = pairs;
		keys_check(r->scratch, &v, r->err);
	} else {
		size_t count = r->item_count - l->first;
		struct value *items = arena_array(r->arena, count,
		    sizeof(*items));

		if (count)
			memcpy(items, r->items + l->first,
			    count * sizeof(*items));
		r->item_count = l->first;
		v.type = VALUE_LIST;
		v.count = (uint32_t)count;
		v.items = items;
	}
	r->depth--;
	anchor_done(r, l->anchor, &v, r->nodes - l->nodes);
	place(r, &v);
}

/* 1: there is more, 0: the end, -1 */
static int on_event(struct reader_state *r, const yaml_event_t *event,
    size_t *documents)
{
	switch (event->type) {
	case YAML_STREAM_END_EVENT:
		return 0;
	case YAML_DOCUMENT_START_EVENT:
		if (++*documents == 2)
			return err_at(r->err, event_pos(r, event),
			    "a second document starts here; put it in a file of its own");
		return 1;
	case YAML_ALIAS_EVENT:
		return on_alias(r, event) ? -1 : 1;
	case YAML_SCALAR_EVENT:
		return on_scalar(r, event) ? -1 : 1;
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return on_start(r, event) ? -1 : 1;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		on_end(r);
		return 1;
	default:
		return 1;
	}
}

/* libyaml tells only the byte where it found what is not text */
static struct pos offset_pos(const struct source *source, size_t offset)
{
	struct pos pos = { source, 1, 1, 1 };
	size_t i;

	for (i = 0; i < offset && i < source->size; i++) {
		if (source->text[i] == '\n') {
			pos.line++;
			pos.column = 1;
		} else if ((source->text[i] & 0xc0) != 0x80 &&
		    pos.column < COLUMN_LAST) {
			pos.column++;
		}
	}
	return pos;
}

static int say_broken(struct reader_state *r, const yaml_parser_t *parser)
{
	struct pos pos = mark_pos(r, parser->problem_mark,
	    parser->problem_mark);
	const char *problem = parser->problem ? parser->problem : "broken";
	const char *hint = yaml_hint(problem);

	if (parser->error == YAML_READER_ERROR)
		return err_at(r->err, offset_pos(r->source, r->skipped +
		    parser->problem_offset),
		    "this is not text in UTF-8 (%s); what is binary goes in a file below files/ (source:)",
		    problem);
	err_at(r->err, pos, "%s%s%s%s", problem, hint ? " (" : "",
	    hint ? hint : "", hint ? ")" : "");
	if (parser->context && parser->context_mark.line !=
	    parser->problem_mark.line)
		err_note(r->err, mark_pos(r, parser->context_mark,
		    parser->context_mark), "%s that starts here",
		    parser->context);
	return -1;
}

static void parser_close(yaml_parser_t *parser)
{
	yaml_parser_delete(parser);
}

static int read_events(struct reader_state *r)
{
	__attribute__((cleanup(parser_close))) yaml_parser_t parser;
	const char *text = r->source->text;
	size_t size = r->source->size, documents = 0;
	yaml_event_t event;
	int more = 1;

	if (!yaml_parser_initialize(&parser))
		abort();
	if (size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		r->skipped = 3;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser,
	    (const unsigned char *)text + r->skipped, size - r->skipped);
	while (more > 0) {
		if (!yaml_parser_parse(&parser, &event))
			return say_broken(r, &parser);
		more = on_event(r, &event, &documents);
		yaml_event_delete(&event);
	}
	return more;
}

int value_read(struct arena *arena, struct names *names,
    const struct source *source, struct value *out, struct err *err)
{
	scoped_arena *scratch = arena_open();
	struct reader_state *r = arena_new(scratch, struct reader_state);
	size_t before = err->count;

	*out = (struct value){ .pos = { source, 1, 1, 1 }, .type = VALUE_MAP };
	if (source->size > VALUE_FILE)
		return err_at(err, (struct pos){ source, 0, 0, 0 },
		    "this file is larger than %d MiB", VALUE_FILE >> 20);
	*r = (struct reader_state){ .arena = arena, .scratch = scratch,
		.names = names, .source = source, .err = err, .out = out };
	if (read_events(r))
		return -1;
	if (value_is_null(out))
		*out = (struct value){ .pos = out->pos, .type = VALUE_MAP };
	return err->count == before ? 0 : -1;
}
