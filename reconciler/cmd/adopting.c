/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * adopting.c - what plumb adopt took and what it left out, in words.
 */
#include "adopting.h"

#include <string.h>
#include <time.h>

#include "../../specs/maker.h"
#include "../../specs/print.h"
#include "moment.h"

#ifndef PREFIX
#define PREFIX "/usr/local"
#endif

enum { MICROSECONDS = 1000000 };

/* what came from outside, on one line */
static const char *safe(struct arena *a, const char *words)
{
	struct text t = text_new(a);

	print_escaped(&t, words, strlen(words));
	return text_string(&t);
}

const char *adopting_about(struct adopting *g)
{
	struct arena *a = g->in->arena;
	const struct value *name = value_find(&g->x.run.facts, "hostname");
	const char *root = g->in->options.root, *from;
	int64_t now = (int64_t)time(NULL) * MICROSECONDS;

	if (strcmp(root, "/"))
		from = arena_printf(a, "the tree below %s", root);
	else
		from = arena_printf(a, "the host %s", name &&
		    value_is_text(name) ? name->text : "");
	return arena_printf(a,
	    "# yaml-language-server: $schema=" PREFIX
	    "/share/plumb/plumb.schema.json\n"
	    "#\n"
	    "# What was there, as it was, on %s (UTC),\n"
	    "# on %s. Adopted by plumb, which will not\n"
	    "# write to this file again: it is yours.\n",
	    moment_iso(a, now), safe(a, from));
}

static const char *plural(size_t n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}

/* how many of each kind */
static void show_kinds(struct adopting *g)
{
	const struct adopted_list *l = &g->list;
	const struct kind *kind;
	size_t i, n;

	for (i = 0; i < l->count; i += n) {
		kind = l->item[i].kind;
		for (n = 0; i + n < l->count && l->item[i + n].kind == kind;
		    n++)
			;
		sayf(g->in, "  %5zu %s\n", n, plural(n, kind->name,
		    kind->section));
	}
}

static void show_addresses(struct adopting *g)
{
	size_t i;

	for (i = 0; i < g->list.count; i++)
		sayf(g->in, "  %s\n", safe(g->in->arena,
		    g->list.item[i].address));
}

static void show_left(struct adopting *g)
{
	const struct survey *s = &g->survey;
	size_t i, j;

	if (s->left_count)
		say(g->in, g->in->options.verbose ? "Left out:\n" :
		    "Left out (-v names them):\n");
	for (i = 0; i < s->left_count; i++) {
		sayf(g->in, "  %5zu %s\n", s->left[i].names.count,
		    s->left[i].why);
		for (j = 0; g->in->options.verbose &&
		    j < s->left[i].names.count; j++)
			sayf(g->in, "          %s\n", safe(g->in->arena,
			    s->left[i].names.item[j]));
	}
}

static void show_json(struct adopting *g)
{
	struct invocation *in = g->in;
	struct map_maker m;
	struct value v;
	size_t i, j;

	say_json_version(in, 1);
	for (i = 0; i < g->list.count; i++) {
		m = (struct map_maker){ .arena = in->arena };
		map_add_text(&m, "type", "adopted");
		map_add_text(&m, "address", g->list.item[i].address);
		v = map_done(&m);
		say_json(in, &v);
	}
	for (i = 0; i < g->survey.left_count; i++)
		for (j = 0; j < g->survey.left[i].names.count; j++) {
			m = (struct map_maker){ .arena = in->arena };
			map_add_text(&m, "type", "left out");
			map_add_text(&m, "what",
			    g->survey.left[i].names.item[j]);
			map_add_text(&m, "why", g->survey.left[i].why);
			v = map_done(&m);
			say_json(in, &v);
		}
	m = (struct map_maker){ .arena = in->arena };
	map_add_text(&m, "type", "summary");
	map_add_int(&m, "adopted", (int64_t)g->list.count);
	if (g->adoption.file)
		map_add_text(&m, "file", g->adoption.file);
	v = map_done(&m);
	say_json(in, &v);
}

void adopting_show(struct adopting *g)
{
	struct invocation *in = g->in;
	size_t count = g->list.count;

	if (in->options.json) {
		show_json(g);
		return;
	}
	if (count) {
		sayf(in, "Adopted %zu %s in '%s':\n", count, plural(count,
		    "resource", "resources"), safe(in->arena, arena_printf(
		    in->arena, "%s/%s", g->adoption.site,
		    g->adoption.file)));
		if (g->asked.count || in->options.verbose)
			show_addresses(g);
		else
			show_kinds(g);
		say(in, "A plan changes none of them.\n");
	} else {
		say(in, "There is nothing to adopt.\n");
	}
	show_left(g);
}
