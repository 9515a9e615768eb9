/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * selection.c - the part of a graph that a run is about.
 */
#include "selection.h"

#include <string.h>

/* "tag:WORD" stands for all that has that tag */
static const char *tag_of(const char *pattern)
{
	return strncmp(pattern, "tag:", 4) ? NULL : pattern + 4;
}

static bool matches(const struct strings *patterns, const struct resource *r)
{
	const char *tag;
	size_t i;

	for (i = 0; patterns && i < patterns->count; i++) {
		tag = tag_of(patterns->item[i]);
		if (tag ? strings_hold(r->common.tags, tag) :
		    !strcmp(patterns->item[i], r->address))
			return true;
	}
	return false;
}

static int check_tag(const struct selection *s, const char *tag,
    struct err *err)
{
	size_t i;

	for (i = 0; i < s->graph->count; i++)
		if (strings_hold(s->graph->resources[i].common.tags, tag))
			return 0;
	return err_at(err, (struct pos){ 0 }, "nothing has the tag '%s'", tag);
}

/* a pattern that names nothing is a mistake */
static int check_patterns(const struct selection *s,
    const struct strings *patterns, struct err *err)
{
	const char *tag;
	int failed = 0;
	size_t i;

	for (i = 0; patterns && i < patterns->count; i++) {
		tag = tag_of(patterns->item[i]);
		if (tag ? check_tag(s, tag, err) :
		    !graph_find_address(s->graph, patterns->item[i], err,
		    (struct pos){ 0 }))
			failed = -1;
	}
	return failed;
}

/* what is excluded, and what cannot be without it */
static void leave_out(const struct selection *s, bool *selected)
{
	struct graph *g = s->graph;
	bool *gone = arena_array(g->arena, g->nodes, sizeof(*gone));
	size_t i;
	uint32_t e;

	for (i = 0; i < g->nodes; i++) {
		uint32_t node = g->order[i];

		gone[node] = node < g->count && matches(s->excludes,
		    &g->resources[node]);
		for (e = g->in_start[node]; !gone[node] &&
		    e < g->in_start[node + 1]; e++) {
			const struct edge *edge = &g->edges[g->in[e]];

			gone[node] = gone[edge->from] &&
			    (edge->type == EDGE_REQUIRES ||
			    edge->type == EDGE_KNOWN ||
			    edge->type == EDGE_VALUE);
		}
		selected[node] = selected[node] && !gone[node];
	}
}

int selection_make(const struct selection *s, const bool **out,
    struct err *err)
{
	struct graph *g = s->graph;
	bool all = !s->targets || !s->targets->count;
	bool *selected;
	size_t i;
	uint32_t e;

	*out = NULL;
	if (check_patterns(s, s->targets, err) ||
	    check_patterns(s, s->excludes, err))
		return -1;
	if (all && (!s->excludes || !s->excludes->count))
		return 0;
	selected = arena_array(g->arena, g->nodes, sizeof(*selected));
	for (i = g->nodes; i--;) {
		uint32_t node = g->order[i];

		if (node < g->count && (all || matches(s->targets,
		    &g->resources[node])))
			selected[node] = true;
		for (e = g->in_start[node]; selected[node] &&
		    e < g->in_start[node + 1]; e++)
			if (g->edges[g->in[e]].type != EDGE_ORDER)
				selected[g->edges[g->in[e]].from] = true;
	}
	leave_out(s, selected);
	*out = selected;
	return 0;
}
