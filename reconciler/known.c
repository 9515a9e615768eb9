/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * known.c - the edges that kinds know by themselves: a file needs its
 * directory and its owner, a service its package.
 *
 * Each kind says what it is and what it needs; only when all have spoken is it
 * clear which of that is declared.
 */
#include <stdlib.h>
#include <string.h>

#include "../specs/member.h"
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

struct knower {
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
	int failed;
};

static void on_requires(void *context, const char *kind, const char *name,
    const char *reason)
{
	struct knower *c = context;
	struct claim claim = { c->node, kind_find(kind), name, reason };

	if (claim.kind)
		arena_push(c->graph->arena, c->claims, c->claim_count,
		    c->claim_capacity, claim);
}

static void on_requires_path(void *context, const char *path,
    const char *reason)
{
	struct knower *c = context;
	struct claim claim = { c->node, NULL, path, reason };

	arena_push(c->graph->arena, c->claims, c->claim_count,
	    c->claim_capacity, claim);
}

static void on_owns(void *context, const char *what, const char *name)
{
	struct knower *c = context;
	struct owner owner = { what, name, c->node };

	arena_push(c->graph->arena, c->owners, c->owner_count,
	    c->owner_capacity, owner);
}

static size_t owner_slot(const struct knower *c, const char *name,
    size_t size)
{
	return hash_bytes(name, size) & (c->table_size - 1);
}

/* the owner of the first `size` bytes of `name`, or NULL */
static const struct owner *owner_find(const struct knower *c,
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

static bool is_orphan(const struct resource *r)
{
	return r->declaration->origin == ORIGIN_ORPHAN;
}

/* where a kind owns nothing else, it owns the name of what it is about */
static void own_name(struct knower *c, const struct resource *r,
    const void *what)
{
	const struct attribute *row;

	for (row = r->kind->attributes; row->name; row++)
		if ((row->flags & ATTRIBUTE_NAME) &&
		    type_storage(row->type) == AS_TEXT &&
		    attribute_given(row, what))
			on_owns(c, r->kind->name,
			    MEMBER_OF(char *, row, what));
}

static void index_owners(struct knower *c)
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
		if (other && is_orphan(&g->resources[o->node])) {
			/* orphans come last, so it is the other that stays */
			g->resources[o->node].yields = arena_printf(g->arena,
			    "it is %s now", g->resources[other->node].address);
			g->resources[o->node].taken = true;
			continue;
		}
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

static void sort_paths(struct knower *c)
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
static const struct owner *owner_above(const struct knower *c,
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

static void settle_claims(struct knower *c)
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
 * What is removed goes the other way round: a file before its directory, and a
 * service is stopped before its unit file goes. So edges that kinds know are
 * turned where what is needed shall be absent.
 */
void graph_turn_removals(struct graph *g)
{
	size_t i;

	for (i = 0; i < g->edge_count; i++) {
		struct edge *e = &g->edges[i];
		uint32_t from = e->from;

		if (e->type != EDGE_KNOWN || from >= g->count ||
		    e->to >= g->count ||
		    g->resources[from].common.ensure != ENSURE_ABSENT)
			continue;
		e->from = e->to;
		e->to = from;
	}
}

/* an orphan that something declared needs stays, with all that it needs */
static void keep_needed(struct graph *g)
{
	bool again = true;
	size_t i;

	while (again) {
		again = false;
		for (i = 0; i < g->edge_count; i++) {
			const struct edge *e = &g->edges[i];
			struct resource *from, *to;

			if (e->from >= g->count || e->to >= g->count)
				continue;
			from = &g->resources[e->from];
			to = &g->resources[e->to];
			if (!is_orphan(from) || from->yields ||
			    (is_orphan(to) ? !to->yields :
			    to->common.ensure == ENSURE_ABSENT))
				continue;
			from->yields = arena_printf(g->arena, "%s needs it",
			    to->address);
			again = true;
		}
	}
}

int graph_connect_known(struct graph *g, const void *const *as,
    struct err *err)
{
	struct knower k = { .graph = g, .err = err };
	struct hooks hooks = { .context = &k, .requires = on_requires,
		.requires_path = on_requires_path, .owns = on_owns };
	struct job job = { .arena = g->arena, .err = err, .hooks = &hooks };
	size_t owned;

	for (k.node = 0; k.node < g->count; k.node++) {
		struct resource *r = &g->resources[k.node];
		const void *what = as ? as[k.node] : r->desired;

		job.address = r->address;
		job.pos = r->declaration->pos;
		owned = k.owner_count;
		if (what && r->kind->requires && r->kind->requires(&job, what))
			k.failed = -1;
		if (what && k.owner_count == owned)
			own_name(&k, r, what);
	}
	index_owners(&k);
	if (!as)
		sort_paths(&k);
	settle_claims(&k);
	keep_needed(g);
	return k.failed;
}
