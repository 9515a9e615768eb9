/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * attribute.c - read a kind's struct from a map, by the table of its rows.
 */
#include "attribute.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "expression.h"
#include "input.h"
#include "maker.h"
#include "member.h"
#include "site.h"

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void make_set(struct strings *s)
{
	size_t i, n = 0;

	qsort(s->item, s->count, sizeof(*s->item), compare_strings);
	for (i = 0; i < s->count; i++)
		if (!n || strcmp(s->item[n - 1], s->item[i]))
			s->item[n++] = s->item[i];
	s->count = n;
}

/* a list of texts, or one text alone */
static int read_strings(const struct input *in, const struct strings **out)
{
	struct strings *s = arena_new(in->reader->arena, struct strings);
	const struct value *v = in->value;
	struct input item = *in;
	int failed = 0;
	uint32_t i;

	if (v->type == VALUE_MAP)
		return input_refuse(in, "a list, not a map");
	s->count = v->type == VALUE_LIST ? v->count : 1;
	s->item = arena_array(in->reader->arena, s->count, sizeof(*s->item));
	for (i = 0; i < s->count; i++) {
		item.value = v->type == VALUE_LIST ? &v->items[i] : v;
		failed |= input_text(&item, &s->item[i]);
	}
	if (failed)
		return -1;
	if (in->row->type == TYPE_SET)
		make_set(s);
	*out = s;
	return 0;
}

static int read_map(const struct input *in, const struct value **out)
{
	const struct value *v = in->value;
	uint32_t i;

	if (v->type != VALUE_MAP)
		return input_refuse(in, "a map of names to text, not %s",
		    value_type_name(v));
	for (i = 0; i < v->count; i++)
		if (!value_is_text(&v->pairs[i].value))
			return err_at(in->reader->err, v->pairs[i].value.pos,
			    "'%s' in '%s' must be text", v->pairs[i].key,
			    in->row->name);
	*out = v;
	return 0;
}

static int read_content(const struct input *in, const struct content **out)
{
	struct content *c;

	if (in->value->type != VALUE_TEXT)
		return input_refuse(in, "text, not %s", value_type_name(in->value));
	c = arena_new(in->reader->arena, struct content);
	c->data = in->value->text;
	c->size = in->value->count;
	*out = c;
	return 0;
}

static int read_source(const struct input *in, const struct content **out)
{
	const struct reader *r = in->reader;
	const struct source *file;
	struct content *c;
	const char *name;

	if (input_text(in, &name))
		return -1;
	file = r->site ? site_file(r->site, "files", name, r->err,
	    in->value->pos) : NULL;
	if (!file)
		return r->site ? -1 : input_refuse(in, "left out here");
	c = arena_new(r->arena, struct content);
	c->data = file->text;
	c->size = file->size;
	*out = c;
	return 0;
}

/* 1: it is later, and `out` says for what it waits */
static int read_template(const struct input *in, const struct content **out,
    struct value *text)
{
	const struct reader *r = in->reader;
	const struct source *file;
	struct content *c;
	const char *name;

	if (input_text(in, &name))
		return -1;
	if (!r->site || !r->evaluator)
		return input_refuse(in, "left out here");
	file = site_file(r->site, "templates", name, r->err, in->value->pos);
	if (!file)
		return -1;
	if (evaluate_template(r, file, text))
		return err_note(r->err, in->value->pos,
		    "the template is used here");
	if (text->type == VALUE_LATER)
		return 1;
	c = arena_new(r->arena, struct content);
	c->data = text->text;
	c->size = text->count;
	*out = c;
	return 0;
}

/* 1: it is later */
static int read_condition(const struct input *in, int *out,
    struct value *result)
{
	const struct reader *r = in->reader;

	if (!r->evaluator)
		return input_refuse(in, "left out here");
	if (evaluate_bare(r, in->value, result))
		return -1;
	if (result->type == VALUE_LATER)
		return 1;
	/* as in Lua: only nil and false are not true */
	*out = !value_is_null(result) && !(value_core(result).type ==
	    CORE_BOOL && !value_core(result).boolean);
	return 0;
}

/* 1: it is later; `made` is what was evaluated on the way */
static int read_row(const struct input *in, void *base, struct value *made)
{
	const struct attribute *row = in->row;

	switch (row->type) {
	case TYPE_STRING:
		return input_text(in, &MEMBER(const char *, row, base));
	case TYPE_PATH:
		return input_path(in, &MEMBER(const char *, row, base));
	case TYPE_MODE:
		return input_mode(in, &MEMBER(int, row, base));
	case TYPE_BOOL:
		return input_bool(in, &MEMBER(int, row, base));
	case TYPE_INT:
		return input_int(in, &MEMBER(int64_t, row, base));
	case TYPE_DURATION:
		return input_duration(in, &MEMBER(int64_t, row, base));
	case TYPE_SIZE:
		return input_size(in, &MEMBER(int64_t, row, base));
	case TYPE_CHOICE:
		return input_choice(in, &MEMBER(int, row, base));
	case TYPE_LIST:
	case TYPE_SET:
		return read_strings(in,
		    &MEMBER(const struct strings *, row, base));
	case TYPE_MAP:
		return read_map(in, &MEMBER(const struct value *, row, base));
	case TYPE_CONTENT:
		return read_content(in,
		    &MEMBER(const struct content *, row, base));
	case TYPE_SOURCE:
		return read_source(in,
		    &MEMBER(const struct content *, row, base));
	case TYPE_TEMPLATE:
		return read_template(in,
		    &MEMBER(const struct content *, row, base), made);
	case TYPE_CONDITION:
		return read_condition(in, &MEMBER(int, row, base), made);
	case TYPE_VALUE:
		MEMBER(const struct value *, row, base) = in->value;
		return 0;
	}
	return -1;
}

static void add_references(struct arena *a, const struct value *v,
    struct reading *reading)
{
	const struct reference *r;
	struct reference *copy;
	uint32_t i;

	if (v->type == VALUE_LATER)
		for (r = v->later->references; r; r = r->next) {
			copy = arena_new(a, struct reference);
			*copy = *r;
			copy->next = reading->references;
			reading->references = copy;
		}
	else if (v->type == VALUE_LIST && (v->flags & VALUE_HAS_LATER))
		for (i = 0; i < v->count; i++)
			add_references(a, &v->items[i], reading);
	else if (v->type == VALUE_MAP && (v->flags & VALUE_HAS_LATER))
		for (i = 0; i < v->count; i++)
			add_references(a, &v->pairs[i].value, reading);
}

/* elsewhere it would be printed, or passed to programs as an argument */
static bool may_be_secret(const struct attribute *row)
{
	return row->type == TYPE_CONTENT || (row->flags & ATTRIBUTE_SENSITIVE);
}

/* `table`: where to look for what may; or NULL */
static int check_secret(const struct input *in, const struct attribute *table)
{
	struct text others = text_new(in->reader->arena);

	if (!(in->value->flags & VALUE_SENSITIVE) || may_be_secret(in->row))
		return 0;
	for (; table && table->name; table++)
		if (may_be_secret(table))
			text_addf(&others, "%s'%s'", others.size ? " or " : "",
			    table->name);
	if (!others.size)
		return err_at(in->reader->err, in->value->pos,
		    "'%s' cannot hold a secret: it would be seen there",
		    in->row->name);
	return err_at(in->reader->err, in->value->pos,
	    "'%s' cannot hold a secret: it would be seen there; only %s can",
	    in->row->name, text_string(&others));
}

/* of all rows that say the same thing: the first stands for them */
static uint64_t bits_of(const struct attribute *table,
    const struct attribute *row)
{
	const struct attribute *other;
	uint64_t bits = 0;

	for (other = table; other->name; other++)
		if (other->offset == row->offset)
			bits |= UINT64_C(1) << (other - table);
	return bits;
}

static int read_noted(const struct input *in, const struct attribute *table,
    void *base, struct reading *reading)
{
	const struct value *v = in->value;
	struct value made = { .type = VALUE_TEXT, .text = "" };
	uint64_t bits = bits_of(table, in->row);
	int rc = v->type == VALUE_LATER || (v->flags & VALUE_HAS_LATER);

	if (check_secret(in, table))
		return -1;
	if (rc)
		made = *v;
	else
		rc = read_row(in, base, &made);
	if (rc < 0)
		return -1;
	reading->given |= bits;
	if ((v->flags | made.flags) & VALUE_SENSITIVE)
		reading->sensitive |= bits;
	if (rc) {
		reading->later |= bits;
		add_references(in->reader->arena, &made, reading);
	}
	return 0;
}

int attribute_read(const struct reader *r, const struct attribute *row,
    const struct value *v, void *out)
{
	struct input in = { r, row, v };
	struct value made;

	return check_secret(&in, NULL) || read_row(&in, out, &made) ? -1 : 0;
}

/* did-you-mean over rows and other keys */
static int no_such(const struct reader *r, const struct form *form,
    const struct pair *pair)
{
	const struct attribute *row;
	const char *const *other;
	const char *names[2 * ATTRIBUTES_MAX + 1], *near;
	struct pos pos = pair->value.pos;
	size_t n = 0;

	pos.line = pair->line;
	pos.column = pair->column;
	pos.width = pair->width;
	for (row = form->rows; row->name; row++)
		if (!(row->flags & ATTRIBUTE_OUTPUT))
			names[n++] = row->name;
	for (other = form->others; other && *other && n < 2 * ATTRIBUTES_MAX;
	    other++)
		names[n++] = *other;
	names[n] = NULL;
	near = nearest(pair->key, names);
	if (near)
		return err_at(r->err, pos,
		    "there is no attribute '%s' in %s (did you mean '%s'?)",
		    pair->key, form->what, near);
	return err_at(r->err, pos, "there is no attribute '%s' in %s",
	    pair->key, form->what);
}

static bool is_among(const char *word, const char *const *words)
{
	for (; words && *words; words++)
		if (*word == **words && !strcmp(word, *words))
			return true;
	return false;
}

/* two rows that say the same thing must not both be given */
static int check_aliases(const struct reader *r,
    const struct attribute *table, const struct attribute *row,
    const struct pos *seen, struct pos pos)
{
	const struct attribute *other;

	for (other = table; other->name; other++) {
		if (other == row || other->offset != row->offset ||
		    !seen[other - table].width)
			continue;
		err_at(r->err, pos, "'%s' and '%s' exclude each other",
		    row->name, other->name);
		return err_note(r->err, seen[other - table],
		    "'%s' is given here", other->name);
	}
	return 0;
}

/* what shall not be there needs no more than its name */
static bool is_absent(const struct value *map)
{
	const struct value *ensure = value_find(map, "ensure");

	return ensure && value_is_text(ensure) &&
	    !strcmp(ensure->text, "absent");
}

static int fill_missing(const struct reader *r, const struct form *form,
    const struct value *map, uint64_t given, void *out)
{
	const struct attribute *row;
	struct value text;
	struct input in = { r, NULL, &text };
	int failed = 0;

	for (row = form->rows; row->name; row++) {
		if (given & UINT64_C(1) << (row - form->rows))
			continue;
		in.row = row;
		if ((row->flags & ATTRIBUTE_NAME) && form->name) {
			text = value_text(map->pos, form->name);
		} else if (row->fallback && !attribute_given(row, out)) {
			text = value_text(map->pos, row->fallback);
		} else {
			if (row->flags & ATTRIBUTE_REQUIRED &&
			    !is_absent(map))
				failed |= err_at(r->err, map->pos,
				    "%s needs '%s': %s", form->what,
				    row->name, row->about);
			continue;
		}
		failed |= read_row(&in, out, &text);
	}
	return failed ? -1 : 0;
}

int attributes_read(const struct reader *r, const struct form *form,
    const struct value *map, void *out, struct reading *reading)
{
	const struct attribute *table = form->rows, *row;
	struct pos seen[ATTRIBUTES_MAX] = { 0 };
	int failed = 0;
	uint32_t i;

	assert(attributes_count(table) <= ATTRIBUTES_MAX);
	*reading = (struct reading){ 0 };
	attributes_clear(table, out);
	for (i = 0; i < map->count; i++) {
		const struct pair *p = &map->pairs[i];
		struct input in = { r, NULL, &p->value };

		row = attribute_find(table, p->key);
		if (!row && is_among(p->key, form->others))
			continue;
		if (!row || (row->flags & ATTRIBUTE_OUTPUT)) {
			failed |= no_such(r, form, p);
			continue;
		}
		in.row = row;
		failed |= check_aliases(r, table, row, seen, pair_pos(map, p));
		seen[row - table] = pair_pos(map, p);
		failed |= read_noted(&in, table, out, reading);
	}
	failed |= fill_missing(r, form, map, reading->given, out);
	return failed ? -1 : 0;
}
