/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * schema.c - the JSON Schema (draft-07) of a site's files, for editors.
 *
 * It accepts all that plumb accepts, and refuses what it can see to be wrong
 * without evaluating an expression: a text with ${ in it may become anything.
 * Types are joined by lists and patterns rather than by anyOf where that can
 * be, because editors then point at the mistake and not at the alternatives.
 * What an editor shows for a word is what explain shows.
 */
#include <string.h>

#include "../../specs/json.h"
#include "../../specs/maker.h"
#include "catalog.h"
#include "cmd.h"

#define EXPRESSION "\\$\\{"

static struct value text_of(const char *text)
{
	return value_text((struct pos){ 0 }, text);
}

/* "a|b" as a list of texts */
static struct value words_of(struct arena *a, const char *words)
{
	struct list_maker list = { .arena = a };
	const char *end;

	for (; words; words = *end ? end + 1 : NULL) {
		end = strchrnul(words, '|');
		list_add(&list, text_of(arena_copy(a, words,
		    (size_t)(end - words))));
	}
	return list_done(&list);
}

/* {"type": [...]}, to which more may be added */
static struct map_maker types(struct arena *a, const char *words)
{
	struct map_maker m = { .arena = a };

	if (strchr(words, '|'))
		map_add(&m, "type", words_of(a, words));
	else
		map_add_text(&m, "type", words);
	return m;
}

static struct map_maker pattern(struct arena *a, const char *words,
    const char *text, const char *complaint)
{
	struct map_maker m = types(a, words);

	map_add_text(&m, "pattern", text);
	/* not of the standard; editors show it instead of the pattern */
	map_add_text(&m, "patternErrorMessage", complaint);
	return m;
}

/* text that YAML readers may take for something else */
static struct map_maker scalar(struct arena *a)
{
	return types(a, "string|number|boolean");
}

/* one of `choices`, also where a reader takes it for a number */
static struct map_maker choice(struct arena *a, const char *choices)
{
	struct value words = words_of(a, choices), plain;
	struct map_maker m = { .arena = a }, one = { .arena = a }, other;
	struct list_maker all = { .arena = a }, any = { .arena = a };
	uint32_t i;

	for (i = 0; i < words.count; i++) {
		list_add(&all, words.items[i]);
		plain = value_plain((struct pos){ 0 }, words.items[i].text);
		if (value_core(&plain).type != CORE_TEXT)
			list_add(&all, plain);
	}
	map_add(&one, "enum", list_done(&all));
	other = pattern(a, "string", EXPRESSION, arena_printf(a,
	    "one of %s", choices));
	list_add(&any, map_done(&one));
	list_add(&any, map_done(&other));
	map_add(&m, "anyOf", list_done(&any));
	return m;
}

static struct map_maker list(struct arena *a)
{
	struct map_maker m = types(a, "array|string|number|boolean");
	struct map_maker item = scalar(a);

	map_add(&m, "items", map_done(&item));
	return m;
}

static struct map_maker map(struct arena *a)
{
	struct map_maker m = pattern(a, "object|string", EXPRESSION,
	    "a map of names to text");
	struct map_maker item = scalar(a);

	map_add(&m, "additionalProperties", map_done(&item));
	return m;
}

static struct map_maker number(struct arena *a)
{
	struct map_maker m = pattern(a, "integer|string",
	    "^[0-9]+$|" EXPRESSION, "a whole number, not negative");

	map_add_int(&m, "minimum", 0);
	return m;
}

static struct map_maker quantity(struct arena *a, const char *text,
    const char *complaint)
{
	struct map_maker m = pattern(a, "number|string", text, complaint);

	map_add_int(&m, "minimum", 0);
	return m;
}

static struct map_maker mode(struct arena *a)
{
	/* a reader of YAML 1.2 sees 640 in 0640, one of 1.1 sees 416 */
	struct map_maker m = pattern(a, "integer|string",
	    "^(0o)?0*[0-7]{3,4}$|" EXPRESSION,
	    "three or four octal digits, like 0644");

	map_add_int(&m, "minimum", 0);
	map_add_int(&m, "maximum", 7777);
	return m;
}

static struct map_maker attribute_types(struct arena *a,
    const struct attribute *row)
{
	switch (row->type) {
	case TYPE_PATH:
		return pattern(a, "string", "^/|" EXPRESSION,
		    "an absolute path, which starts with /");
	case TYPE_MODE:
		return mode(a);
	case TYPE_BOOL:
		return pattern(a, "boolean|string",
		    "^(true|false)$|" EXPRESSION, "true or false");
	case TYPE_INT:
		return number(a);
	case TYPE_DURATION:
		return quantity(a,
		    "^[0-9][0-9.]* *(ms|s|m|min|h|d)?$|" EXPRESSION,
		    "a time, like 30s, 1.5m, 2h or 1d (a bare number counts seconds)");
	case TYPE_SIZE:
		return quantity(a, "^[0-9][0-9.]* *[KMGT]?$|" EXPRESSION,
		    "a size, like 512, 4K, 10M or 1G");
	case TYPE_CHOICE:
		return choice(a, row->choices);
	case TYPE_LIST:
	case TYPE_SET:
		return list(a);
	case TYPE_MAP:
		return map(a);
	case TYPE_VALUE:
		return (struct map_maker){ .arena = a };
	case TYPE_STRING:
	case TYPE_CONTENT:
	case TYPE_SOURCE:
	case TYPE_TEMPLATE:
	case TYPE_CONDITION:
		break;
	}
	return scalar(a);
}

static struct value fallback(const struct attribute *row)
{
	if (row->type == TYPE_BOOL || row->type == TYPE_INT)
		return value_plain((struct pos){ 0 }, row->fallback);
	return text_of(row->fallback);
}

static struct value attribute_schema(struct arena *a,
    const struct attribute *row)
{
	struct map_maker m = attribute_types(a, row);

	map_add_text(&m, "description", row->about);
	if (row->fallback)
		map_add(&m, "default", fallback(row));
	return map_done(&m);
}

static struct value reference(struct arena *a, const char *name)
{
	struct map_maker m = { .arena = a };

	map_add_text(&m, "$ref", arena_printf(a, "#/definitions/%s", name));
	return map_done(&m);
}

/* where `row` is given, the later rows that share its member must not be */
static struct value exclude(struct arena *a, const struct attribute *row)
{
	struct map_maker condition = { .arena = a }, others = condition,
		then = condition, all = condition;
	const struct attribute *other;

	for (other = row + 1; other->name; other++)
		if (row->offset == other->offset)
			map_add_bool(&others, other->name, false);
	if (!others.count)
		return map_done(&others);
	map_add(&condition, "required", words_of(a, row->name));
	map_add(&then, "properties", map_done(&others));
	/* not of the standard either */
	map_add_text(&then, "errorMessage", arena_printf(a,
	    "'%s' is given already, and the two exclude each other",
	    row->name));
	map_add(&all, "if", map_done(&condition));
	map_add(&all, "then", map_done(&then));
	return map_done(&all);
}

static void exclude_aliases(struct map_maker *m,
    const struct attribute *table)
{
	struct list_maker all = { .arena = m->arena };
	const struct attribute *row;
	struct value one;

	for (row = table; row->name; row++) {
		one = exclude(m->arena, row);
		if (one.count)
			list_add(&all, one);
	}
	if (all.count)
		map_add(m, "allOf", list_done(&all));
}

/* what shall not be there needs nothing but its name */
static void require_unless_absent(struct map_maker *m, struct value required)
{
	struct map_maker absent = { .arena = m->arena }, is = absent,
		condition = absent, otherwise = absent;

	map_add_text(&is, "const", "absent");
	map_add(&absent, "ensure", map_done(&is));
	map_add(&condition, "properties", map_done(&absent));
	map_add(&condition, "required", words_of(m->arena, "ensure"));
	map_add(&otherwise, "required", required);
	map_add(m, "if", map_done(&condition));
	map_add(m, "else", map_done(&otherwise));
}

static struct value kind_schema(struct arena *a, const struct kind *kind)
{
	struct map_maker m = types(a, "object|null");
	struct map_maker rows = { .arena = a };
	struct list_maker required = { .arena = a };
	const struct listed *l;

	for (l = kind_attributes(a, kind); l->row; l++) {
		if (l->row->flags & ATTRIBUTE_OUTPUT)
			continue;
		map_add(&rows, l->row->name, l->common ?
		    reference(a, arena_printf(a, "every-%s", l->row->name)) :
		    attribute_schema(a, l->row));
		if (l->row->flags & ATTRIBUTE_REQUIRED)
			list_add(&required, text_of(l->row->name));
	}
	map_add_text(&m, "description", kind->about);
	map_add(&m, "properties", map_done(&rows));
	map_add_bool(&m, "additionalProperties", false);
	if (required.count)
		require_unless_absent(&m, list_done(&required));
	exclude_aliases(&m, kind->attributes);
	return map_done(&m);
}

/* a map of names to resources, or a list of names */
static struct value section_schema(struct arena *a, const struct kind *kind)
{
	struct map_maker m = types(a, "object|array|null");
	struct map_maker name = scalar(a);

	map_add_text(&m, "description", kind->about);
	map_add(&m, "additionalProperties", reference(a, kind->name));
	map_add(&m, "items", map_done(&name));
	return map_done(&m);
}

/* keys of the site itself, which are read before most expressions */
static struct value site_key_schema(struct arena *a,
    const struct attribute *row)
{
	struct map_maker m, item;

	if (row->type == TYPE_MAP) {
		m = types(a, "object|null");
	} else if (row->type == TYPE_LIST) {
		m = pattern(a, "array|string", EXPRESSION, "a list");
		item = scalar(a);
		map_add(&m, "items", map_done(&item));
	} else {
		m = row->type == TYPE_BOOL ? types(a, "boolean") : scalar(a);
	}
	map_add_text(&m, "description", row->about);
	if (row->fallback)
		map_add(&m, "default", fallback(row));
	return map_done(&m);
}

static struct value definitions(struct arena *a)
{
	const struct attribute *const tables[] = { language_attributes,
		common_attributes };
	struct map_maker m = { .arena = a };
	const struct attribute *row;
	size_t i;

	for (i = 0; i < 2; i++)
		for (row = tables[i]; row->name; row++)
			map_add(&m, arena_printf(a, "every-%s", row->name),
			    attribute_schema(a, row));
	for (i = 0; kinds[i]; i++)
		map_add(&m, kinds[i]->name, kind_schema(a, kinds[i]));
	return map_done(&m);
}

static int run(struct invocation *in)
{
	struct arena *a = in->arena;
	struct map_maker m = { .arena = a }, keys = m, top;
	const struct attribute *row;
	struct value all;
	size_t i;

	for (row = site_attributes; row->name; row++)
		map_add(&keys, row->name, site_key_schema(a, row));
	for (i = 0; kinds[i]; i++)
		map_add(&keys, kinds[i]->section,
		    section_schema(a, kinds[i]));
	map_add_text(&m, "$schema", "http://json-schema.org/draft-07/schema#");
	map_add_text(&m, "title", "a site of plumb " VERSION);
	top = types(a, "object|null");
	map_add(&m, "type", top.pairs[0].value);
	map_add(&m, "properties", map_done(&keys));
	map_add_bool(&m, "additionalProperties", false);
	map_add(&m, "definitions", definitions(a));
	all = map_done(&m);
	say(in, json_pretty(a, &all));
	say(in, "\n");
	return EXIT_DONE;
}

const struct command cmd_schema = {
	.name = "schema",
	.arguments = "",
	.about = "print the JSON Schema of a site's files, for editors",
	.details = "Editors that know YAML complete attributes, underline mistakes and show what each word means when the first line of a file is '# yaml-language-server: $schema=FILE', as 'plumb init' writes it. The schema is also installed as share/plumb/plumb.schema.json.\n\nThe tables that read a site make the schema, so the two agree. Expressions are not evaluated: 'plumb validate' finds what the schema cannot.",
	.run = run,
};
