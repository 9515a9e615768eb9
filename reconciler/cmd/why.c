/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * why.c - plumb why: how a resource came to be declared, what must come before
 * it and after it, and for what reason.
 */
#include <string.h>

#include "../../specs/print.h"
#include "running.h"

static void place(struct text *t, struct pos pos)
{
	const char *where = pos_text(t->arena, pos);

	if (*where)
		text_addf(t, "  %s", where);
	text_add_char(t, '\n');
}

/* on one line, whatever is in it */
static void name(struct text *t, const char *address)
{
	print_escaped(t, address, strlen(address));
}

static void edges(struct text *t, const struct graph *g, uint32_t node,
    bool before)
{
	const uint32_t *start = before ? g->in_start : g->out_start;
	const uint32_t *list = before ? g->in : g->out;
	uint32_t i;

	if (start[node] == start[node + 1])
		return;
	text_add(t, before ? "Comes after\n" : "Comes before\n");
	for (i = start[node]; i < start[node + 1]; i++) {
		const struct edge *e = &g->edges[list[i]];

		text_add(t, "  ");
		name(t, graph_node_name(g, before ? e->from : e->to));
		text_addf(t, ", because %s", edge_reason(e));
		place(t, e->pos);
	}
}

static void explain(struct text *t, const struct graph *g,
    const struct resource *r)
{
	const struct trail *trail;

	name(t, r->address);
	text_addf(t, "\n  declared in '%s'", r->declaration->section);
	place(t, r->declaration->pos);
	for (trail = r->declaration->trail; trail; trail = trail->outer) {
		text_addf(t, "  from %s", trail->text);
		place(t, trail->pos);
	}
	edges(t, g, graph_number(g, r), true);
	edges(t, g, graph_number(g, r), false);
}

static int run(struct invocation *in)
{
	struct text t = text_new(in->arena);
	struct text safe = text_new(in->arena);
	const struct resource *r;
	struct running x;
	int rc;

	running_open(&x, in, argument(in, 1, "."));
	rc = running_load(&x, in);
	if (!rc) {
		r = graph_find_address(&x.run.graph, argument(in, 0, ""),
		    &in->err, (struct pos){ 0 });
		if (r) {
			explain(&t, &x.run.graph, r);
			print_escaped_lines(&safe, text_string(&t), t.size);
			say(in, text_string(&safe));
		} else {
			rc = EXIT_UNABLE;
		}
	}
	running_close(&x);
	return rc;
}

const struct command cmd_why = {
	.name = "why",
	.arguments = "ADDRESS [SITE]",
	.about = "say how a resource came to be, and what it waits for",
	.details = "Prints where the resource is declared and what expanded it, then every resource that must come before it or after it, each with the reason and the line that it follows from; in a reason, 'it' is what waits and 'that' what it waits for.",
	.options = OPTIONS_SITE & ~(unsigned)OPTION_JSON,
	.least = 1,
	.most = 2,
	.run = run,
};
