/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * barrier.c - what holds for all: some come before everything else.
 *
 *  (1) A requirement that nothing names guards everything that it does not
 *      itself need.
 *  (2) Packages come before everything that no package needs first. That is an
 *      order only: when a package fails, the rest goes on.
 *
 * A barrier is a node between those and the others, so that edges stay linear.
 */
#include "../specs/spec.h"
#include "graph.h"

/* edges by one of their ends: the other ends of those at node n */
struct ends {
	uint32_t *start, *other;
};

static struct ends ends_of(struct graph *g, bool backwards)
{
	struct ends e = { arena_array(g->arena, g->nodes + 2,
	    sizeof(*e.start)), arena_array(g->arena, g->edge_count,
	    sizeof(*e.other)) };
	size_t i;

	for (i = 0; i < g->edge_count; i++)
		e.start[(backwards ? g->edges[i].to : g->edges[i].from) + 2]++;
	for (i = 2; i < g->nodes + 2; i++)
		e.start[i] += e.start[i - 1];
	for (i = 0; i < g->edge_count; i++) {
		const struct edge *x = &g->edges[i];

		e.other[e.start[(backwards ? x->to : x->from) + 1]++] =
		    backwards ? x->from : x->to;
	}
	return e;
}

bool *graph_reach(struct graph *g, const bool *those, bool before)
{
	bool *found = arena_array(g->arena, g->nodes, 1);
	uint32_t *stack = arena_array(g->arena, g->nodes, sizeof(*stack));
	struct ends ends = ends_of(g, before);
	size_t n = 0;
	uint32_t i, node;

	for (i = 0; i < g->count; i++)
		if (those[i]) {
			found[i] = true;
			stack[n++] = i;
		}
	while (n) {
		node = stack[--n];
		for (i = ends.start[node]; i < ends.start[node + 1]; i++)
			if (!found[ends.other[i]]) {
				found[ends.other[i]] = true;
				stack[n++] = ends.other[i];
			}
	}
	return found;
}

static void add(struct graph *g, uint32_t from, uint32_t to,
    enum edge_type type)
{
	struct edge e = { .from = from, .to = to, .type = type };

	e.pos = g->resources[from < g->count ? from : to].declaration->pos;
	graph_add_edge(g, &e);
}

void graph_barrier(struct graph *g, const bool *those, enum edge_type type,
    bool first)
{
	size_t before = g->edge_count;
	uint32_t node = (uint32_t)g->nodes, i;
	bool *near;

	for (i = 0; i < g->count; i++)
		if (those[i])
			add(g, first ? i : node, first ? node : i, type);
	g->nodes++;
	if (g->edge_count == before)
		return;
	near = graph_reach(g, those, first);
	for (i = 0; i < g->count; i++)
		if (!near[i])
			add(g, first ? node : i, first ? i : node, type);
}

/* by number of resource */
static bool *of_kind(struct graph *g, const char *name)
{
	const struct kind *kind = kind_find(name);
	bool *those = arena_array(g->arena, g->count, 1);
	size_t i;

	for (i = 0; kind && i < g->count; i++)
		those[i] = g->resources[i].kind == kind;
	return those;
}

void graph_barriers(struct graph *g)
{
	bool *requirements = of_kind(g, "requirement");
	size_t i;

	for (i = 0; i < g->edge_count; i++)
		if (g->edges[i].type == EDGE_REQUIRES)
			requirements[g->edges[i].from] = false;
	graph_barrier(g, requirements, EDGE_GUARD, true);
	graph_barrier(g, of_kind(g, "package"), EDGE_ORDER, true);
}
