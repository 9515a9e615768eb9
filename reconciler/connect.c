/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * connect.c - every edge of the graph: those that are written, those that
 * follow from values, those that kinds know (known.c), and two that hold for
 * all (barrier.c).
 */
#include <string.h>

#include "../specs/spec.h"
#include "graph.h"

/* a reference that is looked up together with its neighbours */
struct wish {
	const struct value *value;
	uint32_t node;
	enum edge_type type;
};

enum { WISHES = 64 };

struct connector {
	struct graph *graph;
	struct err *err;
	uint32_t node;
	struct wish wishes[WISHES];
	size_t wish_count;
	int failed;
};

void graph_add_edge(struct graph *g, const struct edge *e)
{
	arena_push(g->arena, g->edges, g->edge_count, g->edge_capacity, *e);
}

const char *edge_reason(const struct edge *e)
{
	static const char *const reasons[] = {
		[EDGE_REQUIRES] = "it requires that",
		[EDGE_NOTIFIES] = "that notifies it",
		[EDGE_KNOWN] = "the kind needs it",
		[EDGE_VALUE] = "a value of it is used",
		[EDGE_GUARD] = "a requirement guards everything",
		[EDGE_ORDER] = "packages come first",
	};

	return e->reason ? e->reason : reasons[e->type];
}

const char *graph_node_name(const struct graph *g, uint32_t node)
{
	if (node < g->count)
		return g->resources[node].address;
	return node == g->count ? "all requirements" : "all packages";
}

/* --- what is written --- */

static void settle_wish(struct connector *c, const struct wish *w)
{
	const struct value *v = w->value;
	enum edge_type type = w->type;
	struct edge e = { .type = type, .pos = v->pos };
	struct resource *other;

	other = graph_find_address(c->graph, v->text, c->err, v->pos);
	if (!other) {
		c->failed = -1;
		return;
	}
	e.from = type == EDGE_REQUIRES ? graph_number(c->graph, other)
	    : w->node;
	e.to = type == EDGE_REQUIRES ? w->node
	    : graph_number(c->graph, other);
	if (type == EDGE_NOTIFIES && !other->kind->refresh) {
		c->failed = err_at(c->err, v->pos,
		    "%s cannot be notified: there is nothing to refresh in %s",
		    v->text, kind_phrase(c->graph->arena, other->kind));
		return;
	}
	graph_add_edge(c->graph, &e);
}

/* step 0: soon; step 1: next */
static void expect_wish(const struct connector *c, const struct wish *w,
    int step)
{
	const char *colon = strchr(w->value->text, ':');
	const struct kind *kind = colon ? kind_find_word(w->value->text,
	    (size_t)(colon - w->value->text)) : NULL;

	if (kind)
		graph_expect(c->graph, kind, colon + 1, step);
}

static void settle_wishes(struct connector *c)
{
	size_t i;

	for (i = 0; i < c->wish_count; i++)
		expect_wish(c, &c->wishes[i], 0);
	for (i = 0; i < c->wish_count; i++)
		expect_wish(c, &c->wishes[i], 1);
	for (i = 0; i < c->wish_count; i++)
		settle_wish(c, &c->wishes[i]);
	c->wish_count = 0;
}

static void written_one(struct connector *c, const struct value *v,
    enum edge_type type)
{
	if (!value_is_text(v) || value_is_null(v)) {
		c->failed = err_at(c->err, v->pos,
		    "'%s' must be KIND:NAME, or a list of them, not %s",
		    type == EDGE_REQUIRES ? "requires" : "notifies",
		    value_type_name(v));
		return;
	}
	if (c->wish_count == WISHES)
		settle_wishes(c);
	c->wishes[c->wish_count++] = (struct wish){ v, c->node, type };
}

static void written(struct connector *c, const struct value *v,
    enum edge_type type)
{
	uint32_t i;

	if (v && v->type == VALUE_LIST)
		for (i = 0; i < v->count; i++)
			written_one(c, &v->items[i], type);
	else if (v)
		written_one(c, v, type);
}

static void used_values(struct connector *c, const struct resource *r)
{
	const struct reference *ref;
	struct resource *other;
	struct edge e = { .to = c->node, .type = EDGE_VALUE };

	for (ref = r->reading.references; ref; ref = ref->next) {
		other = graph_find_address(c->graph, ref->address, c->err,
		    ref->pos);
		if (!other) {
			c->failed = -1;
			continue;
		}
		if (!attribute_find(other->kind->attributes, ref->attribute))
			c->failed = err_at(c->err, ref->pos,
			    "there is no attribute '%s' in %s", ref->attribute,
			    kind_phrase(c->graph->arena, other->kind));
		e.from = graph_number(c->graph, other);
		e.pos = ref->pos;
		e.reason = arena_printf(c->graph->arena,
		    "its '%s' is used", ref->attribute);
		graph_add_edge(c->graph, &e);
	}
}

int graph_connect(struct graph *g, struct err *err)
{
	struct connector c = { .graph = g, .err = err };

	for (c.node = 0; c.node < g->count; c.node++) {
		struct resource *r = &g->resources[c.node];

		written(&c, r->common.requires, EDGE_REQUIRES);
		written(&c, r->common.notifies, EDGE_NOTIFIES);
		used_values(&c, r);
	}
	settle_wishes(&c);
	if (graph_connect_known(g, NULL, err))
		c.failed = -1;
	graph_turn_removals(g);
	if (c.failed)
		return -1;
	graph_barriers(g);
	return 0;
}
