/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sort.c - an order that works, or the shortest loop that prevents one.
 *
 * The order is Kahn's, taken from a queue that starts in the order of
 * declaration, so it is the same each time and takes linear time.
 */
#include <string.h>

#include "../specs/spec.h"
#include "graph.h"

/* loops are looked for from at most so many nodes */
enum { LOOP_STARTS = 1000 };
/* of a longer loop only both ends are told */
enum { LOOP_TOLD = 20 };

/* edges sorted by one of their ends, by counting */
static void by_end(struct graph *g, bool incoming, uint32_t **start,
    uint32_t **list)
{
	uint32_t *s = arena_array(g->arena, g->nodes + 2, sizeof(*s));
	uint32_t *l = arena_array(g->arena, g->edge_count, sizeof(*l));
	size_t i;

	for (i = 0; i < g->edge_count; i++)
		s[(incoming ? g->edges[i].to : g->edges[i].from) + 2]++;
	for (i = 2; i < g->nodes + 2; i++)
		s[i] += s[i - 1];
	for (i = 0; i < g->edge_count; i++)
		l[s[(incoming ? g->edges[i].to : g->edges[i].from) + 1]++] =
		    (uint32_t)i;
	*start = s;
	*list = l;
}

struct search {
	const struct graph *graph;
	/* nodes that Kahn's algorithm could not take */
	const bool *left;
	/* the edge by which each node was reached, plus one; 0: not yet */
	uint32_t *via;
	uint32_t *queue;
};

/* length of the shortest loop through `start`, 0: none; `via` tells it */
static size_t loop_through(struct search *s, uint32_t start, size_t limit)
{
	const struct graph *g = s->graph;
	size_t head = 0, tail = 0, last, depth = 1;
	uint32_t i;

	memset(s->via, 0, g->nodes * sizeof(*s->via));
	s->queue[tail++] = start;
	for (; head < tail && depth < limit; depth++)
		for (last = tail; head < last; head++) {
			uint32_t node = s->queue[head];

			for (i = g->out_start[node]; i < g->out_start[node + 1];
			    i++) {
				uint32_t to = g->edges[g->out[i]].to;

				if (!s->left[to] || s->via[to])
					continue;
				s->via[to] = g->out[i] + 1;
				if (to == start)
					return depth;
				s->queue[tail++] = to;
			}
		}
	return 0;
}

static struct pos edge_pos(const struct graph *g, const struct edge *e)
{
	if (e->pos.source || e->to >= g->count)
		return e->pos;
	return g->resources[e->to].declaration->pos;
}

static bool is_told(size_t i, size_t length)
{
	return i < LOOP_TOLD / 2 || i + LOOP_TOLD / 2 >= length;
}

static int say_loop(const struct graph *g, const uint32_t *via, uint32_t start,
    size_t length, struct err *err)
{
	const struct edge **edges = arena_array(g->arena, length,
	    sizeof(*edges));
	struct text names = text_new(g->arena);
	uint32_t node = start;
	size_t i;

	for (i = length; i--; node = edges[i]->from)
		edges[i] = &g->edges[via[node] - 1];
	for (i = 0; i < length; i++)
		if (is_told(i, length))
			text_addf(&names, "%s -> ", graph_node_name(g,
			    edges[i]->from));
		else if (is_told(i - 1, length))
			text_addf(&names, "(%zu more) -> ", length - LOOP_TOLD);
	text_add(&names, graph_node_name(g, start));
	err_at(err, edge_pos(g, edges[0]), "these need each other: %s",
	    text_string(&names));
	for (i = 0; i < length; i++)
		if (is_told(i, length))
			err_note(err, edge_pos(g, edges[i]),
			    "%s comes after %s because %s",
			    graph_node_name(g, edges[i]->to),
			    graph_node_name(g, edges[i]->from),
			    edge_reason(edges[i]));
	return -1;
}

static int find_loop(struct graph *g, const uint32_t *waits, struct err *err)
{
	bool *left = arena_array(g->arena, g->nodes, 1);
	struct search s = { .graph = g, .left = left };
	uint32_t node, best = 0;
	size_t shortest = g->nodes + 2, n, starts = 0;

	s.via = arena_array(g->arena, g->nodes, sizeof(*s.via));
	s.queue = arena_array(g->arena, g->nodes + 1, sizeof(*s.queue));
	for (node = 0; node < g->nodes; node++)
		left[node] = waits[node] > 0;
	for (node = 0; node < g->nodes && starts < LOOP_STARTS; node++) {
		if (!left[node])
			continue;
		starts++;
		n = loop_through(&s, node, shortest);
		if (n && n < shortest) {
			shortest = n;
			best = node;
		}
	}
	n = loop_through(&s, best, g->nodes + 2);
	return say_loop(g, s.via, best, n, err);
}

int graph_sort(struct graph *g, struct err *err)
{
	uint32_t *waits = arena_array(g->arena, g->nodes, sizeof(*waits));
	size_t head, tail = 0;
	uint32_t i;

	by_end(g, true, &g->in_start, &g->in);
	by_end(g, false, &g->out_start, &g->out);
	g->order = arena_array(g->arena, g->nodes, sizeof(*g->order));
	for (i = 0; i < g->nodes; i++) {
		waits[i] = g->in_start[i + 1] - g->in_start[i];
		if (!waits[i])
			g->order[tail++] = i;
	}
	for (head = 0; head < tail; head++) {
		uint32_t node = g->order[head];

		for (i = g->out_start[node]; i < g->out_start[node + 1]; i++)
			if (!--waits[g->edges[g->out[i]].to])
				g->order[tail++] = g->edges[g->out[i]].to;
	}
	return tail == g->nodes ? 0 : find_loop(g, waits, err);
}
