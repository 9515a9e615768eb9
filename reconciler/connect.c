/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * connect.c - every edge of the graph: those that are written, those that
 * kinds know, those that follow from values, and two that hold for all.
 *
 *  (1) A requirement that nothing names guards everything that it does not
 *      itself need.
 *  (2) Packages come before everything that no package needs first. That is an
 *      order only: when a package fails, the rest goes on.
 */
#include <stdlib.h>
#include <string.h>

#include "../specs/names.h"
#include "../specs/spec.h"
#include "graph.h"

/* what a kind said of itself; kept until all have spoken */
struct claim {
	uint32_t node;
	/* NULL: a path that it lies below */
	const struct kind *kind;
	const char *name;
	const char *reason;
};

struct owner {
	const char *what;
	const char *name;
	uint32_t node;
};

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
	struct claim *claims;
	size_t claim_count, claim_capacity;
	struct owner *owners;
	size_t owner_count, owner_capacity;
	/* owners by name */
	uint32_t *table;
	size_t table_size;
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
		[EDGE_REQUIRES] = "it is required",
		[EDGE_NOTIFIES] = "it notifies it",
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

/* --- what kinds know --- */

static void on_requires(void *context, const char *kind, const char *name,
    const char *reason)
{
	struct connector *c = context;
	struct claim claim = { c->node, kind_find(kind), name, reason };

	if (claim.kind)
		arena_push(c->graph->arena, c->claims, c->claim_count,
		    c->claim_capacity, claim);
}

static void on_requires_path(void *context, const char *path,
    const char *reason)
{
	struct connector *c = context;
	struct claim claim = { c->node, NULL, path, reason };

	arena_push(c->graph->arena, c->claims, c->claim_count,
	    c->claim_capacity, claim);
}

static void on_owns(void *context, const char *what, const char *name)
{
	struct connector *c = context;
	struct owner owner = { what, name, c->node };

	arena_push(c->graph->arena, c->owners, c->owner_count,
	    c->owner_capacity, owner);
}

static size_t owner_slot(const struct connector *c, const char *name,
    size_t size)
{
	return hash_bytes(name, size) & (c->table_size - 1);
}

/* the owner of the first `size` bytes of `name`, or NULL */
static const struct owner *owner_find(const struct connector *c,
    const char *what, const char *name, size_t size)
{
	size_t slot = owner_slot(c, name, size);

	for (; c->table[slot]; slot = (slot + 1) & (c->table_size - 1)) {
		const struct owner *o = &c->owners[c->table[slot] - 1];

		if (!strncmp(o->name, name, size) && !o->name[size] &&
		    !strcmp(o->what, what))
			return o;
	}
	return NULL;
}

static void index_owners(struct connector *c)
{
	struct graph *g = c->graph;
	const struct owner *o, *other;
	size_t i, slot;

	for (c->table_size = 16; c->table_size < c->owner_count * 2;)
		c->table_size *= 2;
	c->table = arena_array(g->arena, c->table_size, sizeof(*c->table));
	for (i = 0; i < c->owner_count; i++) {
		o = &c->owners[i];
		other = owner_find(c, o->what, o->name, strlen(o->name));
		if (other) {
			c->failed = err_at(c->err,
			    g->resources[o->node].declaration->pos,
			    "%s '%s' belongs to two resources: %s and %s",
			    o->what, o->name, g->resources[other->node].address,
			    g->resources[o->node].address);
			err_note(c->err,
			    g->resources[other->node].declaration->pos,
			    "the other is declared here");
			continue;
		}
		slot = owner_slot(c, o->name, strlen(o->name));
		while (c->table[slot])
			slot = (slot + 1) & (c->table_size - 1);
		c->table[slot] = (uint32_t)i + 1;
	}
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_paths(struct connector *c)
{
	struct graph *g = c->graph;
	size_t i;

	g->paths.item = arena_array(g->arena, c->owner_count,
	    sizeof(*g->paths.item));
	for (i = 0; i < c->owner_count; i++)
		if (!strcmp(c->owners[i].what, "path"))
			g->paths.item[g->paths.count++] = c->owners[i].name;
	qsort(g->paths.item, g->paths.count, sizeof(*g->paths.item),
	    compare_paths);
}

bool graph_declares(const struct graph *g, const char *path)
{
	size_t low = 0, high = g->paths.count, size = strlen(path);

	/* the first that is not before it: it, or what is below it */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(g->paths.item[middle], path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < g->paths.count; low++) {
		const char *p = g->paths.item[low];

		if (strncmp(p, path, size))
			return false;
		if (!p[size] || p[size] == '/')
			return true;
	}
	return false;
}

/* the nearest declared path above */
static const struct owner *owner_above(const struct connector *c,
    const char *path)
{
	size_t size = strlen(path);
	const struct owner *o;

	while (size > 1) {
		while (size > 1 && path[size - 1] != '/')
			size--;
		o = owner_find(c, "path", path, size > 1 ? size - 1 : 1);
		if (o)
			return o;
		size--;
	}
	return NULL;
}

static bool same_directory(const char *a, const char *b)
{
	size_t size = (size_t)(strrchr(a, '/') - a);

	return !strncmp(a, b, size + 1) && !strchr(b + size + 1, '/');
}

static void settle_claims(struct connector *c)
{
	struct edge e = { .type = EDGE_KNOWN };
	struct resource *other;
	const struct owner *o = NULL;
	const char *last = NULL;
	size_t i;

	for (i = 0; i < c->claim_count; i++) {
		const struct claim *claim = &c->claims[i];

		if (claim->kind) {
			other = graph_find(c->graph, claim->kind, claim->name);
			if (!other)
				continue;
			e.from = graph_number(c->graph, other);
		} else {
			/* neighbours have the same directory above */
			if (!last || !same_directory(last, claim->name))
				o = owner_above(c, claim->name);
			last = claim->name;
			if (!o)
				continue;
			e.from = o->node;
		}
		if (e.from == claim->node)
			continue;
		e.to = claim->node;
		e.reason = claim->reason;
		e.pos = c->graph->resources[e.to].declaration->pos;
		graph_add_edge(c->graph, &e);
	}
}

/*
 * What is removed goes the other way round: a file before its directory. So
 * edges that kinds know between two that shall both be absent are turned.
 */
static void turn_removals(struct graph *g)
{
	size_t i;

	for (i = 0; i < g->edge_count; i++) {
		struct edge *e = &g->edges[i];
		uint32_t from = e->from;

		if (e->type != EDGE_KNOWN || from >= g->count ||
		    e->to >= g->count ||
		    g->resources[from].common.ensure != ENSURE_ABSENT ||
		    g->resources[e->to].common.ensure != ENSURE_ABSENT)
			continue;
		e->from = e->to;
		e->to = from;
	}
}

/* --- what holds for all --- */

/* nodes that `kind`'s resources need, by edges that are there now */
static bool *needed_by(struct graph *g, const struct kind *kind)
{
	bool *needed = arena_array(g->arena, g->nodes, 1);
	uint32_t *stack = arena_array(g->arena, g->nodes, sizeof(*stack));
	uint32_t *start = arena_array(g->arena, g->nodes + 2, sizeof(*start));
	uint32_t *in = arena_array(g->arena, g->edge_count, sizeof(*in));
	size_t i, n = 0;

	for (i = 0; i < g->edge_count; i++)
		start[g->edges[i].to + 2]++;
	for (i = 2; i < g->nodes + 2; i++)
		start[i] += start[i - 1];
	for (i = 0; i < g->edge_count; i++)
		in[start[g->edges[i].to + 1]++] = g->edges[i].from;
	for (i = 0; i < g->count; i++)
		if (g->resources[i].kind == kind) {
			needed[i] = true;
			stack[n++] = (uint32_t)i;
		}
	while (n) {
		uint32_t node = stack[--n];

		for (i = start[node]; i < start[node + 1]; i++)
			if (!needed[in[i]]) {
				needed[in[i]] = true;
				stack[n++] = in[i];
			}
	}
	return needed;
}

static bool is_named(const struct graph *g, uint32_t node)
{
	size_t i;

	for (i = 0; i < g->edge_count; i++)
		if (g->edges[i].from == node &&
		    g->edges[i].type == EDGE_REQUIRES)
			return true;
	return false;
}

/* `name`'s resources before a barrier, and the barrier before the others */
static void barrier(struct graph *g, const char *name, enum edge_type type)
{
	const struct kind *kind = kind_find(name);
	struct edge e = { .type = type };
	uint32_t i, node;
	bool *needed;
	size_t before = g->edge_count;

	node = (uint32_t)g->nodes;
	for (i = 0; kind && i < g->count; i++)
		if (g->resources[i].kind == kind && (type == EDGE_ORDER ||
		    !is_named(g, i))) {
			e.from = i;
			e.to = node;
			e.pos = g->resources[i].declaration->pos;
			graph_add_edge(g, &e);
		}
	g->nodes++;
	if (g->edge_count == before)
		return;
	needed = needed_by(g, kind);
	for (i = 0; i < g->count; i++)
		if (!needed[i]) {
			e.from = node;
			e.to = i;
			e.pos = g->resources[i].declaration->pos;
			graph_add_edge(g, &e);
		}
}

int graph_connect(struct graph *g, struct err *err)
{
	struct connector c = { .graph = g, .err = err };
	struct hooks hooks = { .context = &c, .requires = on_requires,
		.requires_path = on_requires_path, .owns = on_owns };
	struct job job = { .arena = g->arena, .err = err, .hooks = &hooks };

	for (c.node = 0; c.node < g->count; c.node++) {
		struct resource *r = &g->resources[c.node];

		written(&c, r->common.requires, EDGE_REQUIRES);
		written(&c, r->common.notifies, EDGE_NOTIFIES);
		used_values(&c, r);
		job.address = r->address;
		job.pos = r->declaration->pos;
		if (r->kind->requires && r->kind->requires(&job, r->desired))
			c.failed = -1;
	}
	settle_wishes(&c);
	index_owners(&c);
	sort_paths(&c);
	settle_claims(&c);
	turn_removals(g);
	if (c.failed)
		return -1;
	barrier(g, "requirement", EDGE_GUARD);
	barrier(g, "package", EDGE_ORDER);
	return 0;
}
