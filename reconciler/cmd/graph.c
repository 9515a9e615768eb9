/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * graph.c - plumb graph: what comes before what, as a picture or as data.
 */
#include <string.h>

#include "../../specs/json.h"
#include "../../specs/maker.h"
#include "running.h"

static bool is_used(const struct graph *g, uint32_t node)
{
	return node < g->count || g->in_start[node] != g->in_start[node + 1];
}

static void quoted(struct text *t, const char *s)
{
	struct value v = value_text((struct pos){ 0 }, s);

	text_add(t, json_text(t->arena, &v));
}

static void dot(struct text *t, const struct graph *g)
{
	uint32_t i;

	text_add(t, "digraph site {\n\trankdir=LR;\n\tnode [shape=box];\n");
	for (i = 0; i < g->nodes; i++)
		if (is_used(g, i)) {
			text_addf(t, "\tn%u [label=", i);
			quoted(t, graph_node_name(g, i));
			text_add(t, i < g->count ? "];\n" :
			    ", shape=ellipse];\n");
		}
	for (i = 0; i < g->edge_count; i++) {
		text_addf(t, "\tn%u -> n%u [tooltip=", g->edges[i].from,
		    g->edges[i].to);
		quoted(t, edge_reason(&g->edges[i]));
		text_add(t, g->edges[i].type == EDGE_NOTIFIES ?
		    ", style=bold];\n" : g->edges[i].type == EDGE_ORDER ?
		    ", style=dotted];\n" : "];\n");
	}
	text_add(t, "}\n");
}

/* Mermaid takes HTML entities in quoted labels, and no backslashes */
static void label(struct text *t, const char *s)
{
	for (; *s; s++)
		if (strchr("\"<>&#;", *s) || (unsigned char)*s < 0x20)
			text_addf(t, "#%d;", (unsigned char)*s);
		else
			text_add_char(t, *s);
}

static void mermaid(struct text *t, const struct graph *g)
{
	uint32_t i;

	text_add(t, "flowchart LR\n");
	for (i = 0; i < g->nodes; i++)
		if (is_used(g, i)) {
			text_addf(t, "  n%u%s\"", i, i < g->count ? "[" : "(");
			label(t, graph_node_name(g, i));
			text_addf(t, "\"%s\n", i < g->count ? "]" : ")");
		}
	for (i = 0; i < g->edge_count; i++)
		text_addf(t, "  n%u %s n%u\n", g->edges[i].from,
		    g->edges[i].type == EDGE_NOTIFIES ? "==>" :
		    g->edges[i].type == EDGE_ORDER ? "-.->" : "-->",
		    g->edges[i].to);
}

static void lines(struct invocation *in, const struct graph *g)
{
	static const char *const types[] = { "requires", "notifies", "known",
		"value", "guard", "order" };
	struct value v;
	uint32_t i;

	say_json_version(in, 1);
	for (i = 0; i < g->nodes; i++) {
		struct map_maker m = { .arena = in->arena };

		if (!is_used(g, i))
			continue;
		map_add_text(&m, "type", "node");
		map_add_text(&m, "name", graph_node_name(g, i));
		map_add_text(&m, "kind", i < g->count ?
		    g->resources[i].kind->name : "barrier");
		if (i < g->count)
			map_add(&m, "pos", pos_value(in->arena,
			    g->resources[i].declaration->pos));
		v = map_done(&m);
		say_json(in, &v);
	}
	for (i = 0; i < g->edge_count; i++) {
		struct map_maker m = { .arena = in->arena };

		map_add_text(&m, "type", "edge");
		map_add_text(&m, "from", graph_node_name(g, g->edges[i].from));
		map_add_text(&m, "to", graph_node_name(g, g->edges[i].to));
		map_add_text(&m, "edge", types[g->edges[i].type]);
		map_add_text(&m, "reason", edge_reason(&g->edges[i]));
		map_add(&m, "pos", pos_value(in->arena, g->edges[i].pos));
		v = map_done(&m);
		say_json(in, &v);
	}
}

static int run(struct invocation *in)
{
	struct text t = text_new(in->arena);
	struct running x;
	int rc;

	running_open(&x, in, argument(in, 0, "."));
	rc = running_load(&x, in);
	if (!rc && (in->options.json || in->options.format == FORMAT_JSON)) {
		lines(in, &x.run.graph);
	} else if (!rc) {
		if (in->options.format == FORMAT_MERMAID)
			mermaid(&t, &x.run.graph);
		else
			dot(&t, &x.run.graph);
		say(in, text_string(&t));
	}
	running_close(&x);
	return rc;
}

const struct command cmd_graph = {
	.name = "graph",
	.arguments = "[SITE]",
	.about = "print what comes before what: DOT, Mermaid or JSON",
	.details = "Arrows lead from what is done first to what waits for it: thick where the one notifies the other, dotted where it is only an order.\n\nplumb graph | dot -Tsvg makes a picture of it.",
	.options = OPTIONS_SITE | OPTION_FORMAT,
	.most = 1,
	.run = run,
};
