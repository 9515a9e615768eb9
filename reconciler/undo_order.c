/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * undo_order.c - what must come before what on the way back.
 *
 *  (1) What needed something is undone before that is: a file before its
 *      directory, a service before its package. What comes back is there before
 *      what needs it, as ever.
 *  (2) What can be refreshed is stopped first where it shall be gone, and else
 *      is last, refreshed by all that the run had it refreshed by.
 *  (3) Packages are last of the others; but where one comes back they are
 *      first, so that it changes places with what had replaced it.
 *  (4) (2) and (3) are orders only, and never against (1).
 */
#include <string.h>

#include "undo.h"

struct way {
	struct graph *graph;
	const struct undo *undo;
	/* a refreshable that stays needs it, and it goes: by number */
	bool *leaves;
};

static bool is_absent(const struct graph *g, uint32_t node)
{
	return g->resources[node].common.ensure == ENSURE_ABSENT;
}

/* the run removed it */
static bool comes_back(const struct way *w, uint32_t node)
{
	const struct undone *item = w->undo->of[node];

	return item->past.before && !strcmp(item->last->action, "remove");
}

static bool stays_to_be_refreshed(const struct graph *g, uint32_t node)
{
	return g->resources[node].kind->refresh && !is_absent(g, node);
}

static void turn(struct edge *e)
{
	uint32_t from = e->from;

	e->from = e->to;
	e->to = from;
	e->reason = NULL;
}

/* (1), from how they shall be: `from` is what `to` needs */
static void turn_known(struct way *w)
{
	struct graph *g = w->graph;
	size_t i;

	for (i = 0; i < g->edge_count; i++) {
		struct edge *e = &g->edges[i];

		if (is_absent(g, e->from)) {
			w->leaves[e->to] = true;
			turn(e);
		} else if (!comes_back(w, e->from) &&
		    !stays_to_be_refreshed(g, e->to)) {
			turn(e);
		}
	}
}

/* (1), from how they are now: only what goes must wait for those */
static int turn_present(struct way *w, struct err *err)
{
	struct graph *g = w->graph;
	const void **as = arena_array(g->arena, g->count, sizeof(*as));
	size_t i, n = g->edge_count;

	for (i = 0; i < g->count; i++) {
		const struct undone *item = w->undo->of[i];

		as[i] = past_struct(g->arena, g->resources[i].kind,
		    item->past.after ? item->past.after : item->past.desired);
	}
	if (graph_connect_known(g, as, err))
		return -1;
	for (i = n; i < g->edge_count; i++)
		if (is_absent(g, g->edges[i].from)) {
			w->leaves[g->edges[i].to] = true;
			turn(&g->edges[i]);
			g->edges[n++] = g->edges[i];
		}
	g->edge_count = n;
	return 0;
}

static uint32_t find(const struct way *w, const char *address)
{
	ptrdiff_t i = lookup_find(&w->undo->lookup, NAMED(w->undo->items),
	    address);
	const struct undone *item = i == LOOKUP_NONE ? NULL :
	    &w->undo->items[i];

	return item && item->resource ? graph_number(w->graph, item->resource)
	    : UINT32_MAX;
}

/* it comes before what shall notify it: that goes, and it needs it */
static bool comes_before(struct way *w, uint32_t node, uint32_t notifier)
{
	bool *those;

	if (!w->leaves[node])
		return false;
	those = arena_array(w->graph->arena, w->graph->count, 1);
	those[node] = true;
	return graph_reach(w->graph, those, false)[notifier];
}

/* (2) */
static void notify(struct way *w)
{
	const struct journal_refreshes *owed = &w->undo->owed;
	struct edge e = { .type = EDGE_NOTIFIES };
	size_t i;

	for (i = 0; i < owed->count; i++) {
		e.from = find(w, owed->item[i].because);
		e.to = find(w, owed->item[i].address);
		if (e.from == UINT32_MAX || e.to == UINT32_MAX ||
		    e.from == e.to ||
		    !stays_to_be_refreshed(w->graph, e.to) ||
		    comes_before(w, e.to, e.from))
			continue;
		e.pos = w->graph->resources[e.from].declaration->pos;
		graph_add_edge(w->graph, &e);
	}
}

/* (2) and (3) */
static void order(struct way *w)
{
	struct graph *g = w->graph;
	bool *stopped = arena_array(g->arena, g->count, 1);
	bool *packages = arena_array(g->arena, g->count, 1);
	bool *last = arena_array(g->arena, g->count, 1);
	bool swapped = false;
	const struct kind *package = kind_find("package");
	uint32_t i;

	for (i = 0; i < g->count; i++) {
		const struct kind *kind = g->resources[i].kind;

		stopped[i] = kind->refresh && is_absent(g, i);
		packages[i] = kind == package;
		swapped |= packages[i] && comes_back(w, i);
		last[i] = stays_to_be_refreshed(g, i) && !w->leaves[i];
	}
	graph_barrier(g, stopped, EDGE_ORDER, true);
	graph_barrier(g, packages, EDGE_ORDER, swapped);
	graph_barrier(g, last, EDGE_ORDER, false);
}

int undo_connect(struct graph *g, const struct undo *u, struct err *err)
{
	struct way w = { .graph = g, .undo = u,
		.leaves = arena_array(g->arena, g->count, 1) };

	if (graph_connect_known(g, NULL, err))
		return -1;
	turn_known(&w);
	if (turn_present(&w, err))
		return -1;
	notify(&w);
	order(&w);
	return 0;
}
