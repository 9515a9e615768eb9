/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explain.c - what a site may declare, from the tables that also read it.
 */
#include <string.h>

#include "../../specs/maker.h"
#include "catalog.h"
#include "cmd.h"

/* the version of what --json prints */
enum { LINES = 1 };

static void add_attribute(struct text *t, const struct attribute *row,
    int width)
{
	text_addf(t, "  %s: ", row->name);
	wrap(t, attribute_summary(t->arena, row),
	    columns(row->name) + 4, 6, width);
	text_addf(t, "      ");
	wrap(t, row->about, 6, 6, width);
	if (row->choices && row->type != TYPE_CHOICE)
		text_addf(t, "      like %s\n", row->choices);
}

static void add_text(struct text *t, const char *text)
{
	const char *end;

	for (; *text; text = end + (*end == '\n')) {
		end = strchrnul(text, '\n');
		text_addf(t, end > text ? "  %.*s\n" : "%.*s\n",
		    (int)(end - text), text);
	}
}

static void add_kind(struct text *t, const struct kind *kind, int width)
{
	const struct listed *all = kind_attributes(t->arena, kind), *l;
	const char *phrase = kind_phrase(t->arena, kind);
	const char *example = kind_example(t->arena, kind);
	bool outputs = false;

	text_addf(t, "%s, under '%s': ", kind->name, kind->section);
	wrap(t, kind->about, columns(kind->name) + columns(kind->section) +
	    12, 2, width);
	text_addf(t, "\nattributes of %s:\n", phrase);
	for (l = all; l->row && !l->common; l++)
		if (l->row->flags & ATTRIBUTE_OUTPUT)
			outputs = true;
		else
			add_attribute(t, l->row, width);
	if (outputs)
		text_addf(t, "\nwhat output(\"%s:NAME\", \"ATTRIBUTE\") can ask for besides:\n",
		    kind->name);
	for (l = all; l->row && !l->common; l++)
		if (l->row->flags & ATTRIBUTE_OUTPUT)
			add_attribute(t, l->row, width);
	text_add(t, "\nattributes of every kind:\n");
	for (l = all; l->row; l++)
		if (l->common)
			add_attribute(t, l->row, width);
	if (example) {
		text_add(t, "\nan example:\n");
		add_text(t, example);
	}
}

static void add_kinds(struct text *t, int width)
{
	const struct attribute *row;
	size_t i;

	text_add(t, "kinds of resources:\n");
	for (i = 0; kinds[i]; i++)
		wrap_row(t, kinds[i]->name, kinds[i]->about, 2, width);
	text_add(t, "\nwhat a site's files may say besides:\n");
	for (row = site_attributes; row->name; row++)
		wrap_row(t, row->name, row->about, 2, width);
	text_add(t, "\n'plumb explain KIND' tells all of one kind, 'plumb explain KIND.ATTRIBUTE' one attribute.\n");
}

static struct value attribute_line(struct arena *a,
    const struct attribute *row, bool common)
{
	struct map_maker m = { .arena = a };

	map_add_text(&m, "name", row->name);
	map_add_text(&m, "type", attribute_type_name(a, row));
	if (row->fallback)
		map_add_text(&m, "default", row->fallback);
	map_add_text(&m, "about", row->about);
	if (row->choices && row->type != TYPE_CHOICE)
		map_add_text(&m, "example", row->choices);
	map_add_bool(&m, "required", row->flags & ATTRIBUTE_REQUIRED);
	map_add_bool(&m, "output", row->flags & ATTRIBUTE_OUTPUT);
	map_add_bool(&m, "sensitive", row->flags & ATTRIBUTE_SENSITIVE);
	map_add_bool(&m, "common", common);
	return map_done(&m);
}

/* `only` is one attribute; NULL: all */
static void say_kind_json(struct invocation *in, const struct kind *kind,
    const struct attribute *only)
{
	struct map_maker m = { .arena = in->arena };
	struct list_maker list = { .arena = in->arena };
	const struct listed *l;
	const char *example;
	struct value line;

	for (l = kind_attributes(in->arena, kind); l->row; l++)
		if (!only || l->row == only)
			list_add(&list, attribute_line(in->arena, l->row,
			    l->common));
	map_add_text(&m, "type", "kind");
	map_add_text(&m, "name", kind->name);
	map_add_text(&m, "section", kind->section);
	map_add_text(&m, "about", kind->about);
	map_add(&m, "attributes", list_done(&list));
	example = kind_example(in->arena, kind);
	if (!only && example)
		map_add_text(&m, "example", example);
	line = map_done(&m);
	say_json(in, &line);
}

static int explain_all(struct invocation *in)
{
	struct text t = text_new(in->arena);
	size_t i;

	if (in->options.json) {
		say_json_version(in, LINES);
		for (i = 0; kinds[i]; i++)
			say_kind_json(in, kinds[i], NULL);
		return EXIT_DONE;
	}
	add_kinds(&t, in->width);
	say(in, text_string(&t));
	return EXIT_DONE;
}

static int no_such_kind(struct invocation *in, const char *word)
{
	const char *near = nearest(word, kind_names(in->arena));

	err_at(&in->err, (struct pos){ 0 }, "there is no kind '%s'%s%s%s", word,
	    near ? " (did you mean '" : " (`plumb explain` lists them",
	    near ? near : "", near ? "'?)" : ")");
	return EXIT_UNABLE;
}

/* the row of a kind, its own before one of all kinds; NULL after an error */
static const struct attribute *find_attribute(struct invocation *in,
    const struct kind *kind, const char *word)
{
	const char *names[3 * ATTRIBUTES_MAX + 1], *near;
	const struct listed *l;
	size_t n = 0;

	for (l = kind_attributes(in->arena, kind); l->row; l++) {
		if (!strcmp(l->row->name, word))
			return l->row;
		names[n++] = l->row->name;
	}
	names[n] = NULL;
	near = nearest(word, names);
	err_at(&in->err, (struct pos){ 0 },
	    "there is no attribute '%s' in %s%s%s%s", word,
	    kind_phrase(in->arena, kind), near ? " (did you mean '" : "",
	    near ? near : "", near ? "'?)" : "");
	return NULL;
}

static int run(struct invocation *in)
{
	const char *word = argument(in, 0, NULL), *dot;
	const struct attribute *row = NULL;
	struct text t = text_new(in->arena);
	const struct kind *kind;

	if (!word)
		return explain_all(in);
	dot = strchrnul(word, '.');
	word = arena_copy(in->arena, word, (size_t)(dot - word));
	if (!(kind = kind_find(word)) && !(kind = kind_find_section(word)))
		return no_such_kind(in, word);
	if (*dot && !(row = find_attribute(in, kind, dot + 1)))
		return EXIT_UNABLE;
	if (in->options.json) {
		say_json_version(in, LINES);
		say_kind_json(in, kind, row);
		return EXIT_DONE;
	}
	if (row)
		add_attribute(&t, row, in->width);
	else
		add_kind(&t, kind, in->width);
	say(in, text_string(&t));
	return EXIT_DONE;
}

const struct command cmd_explain = {
	.name = "explain",
	.arguments = "[KIND[.ATTRIBUTE]]",
	.about = "say what a site may declare: kinds and their attributes",
	.details = "Without an argument, all kinds. With one, its attributes, what each may be, and an example that works. The same tables read the site, so this is what this plumb accepts.",
	.options = OPTION_JSON,
	.most = 1,
	.run = run,
};
