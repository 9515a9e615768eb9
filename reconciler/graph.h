/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * graph.h - what is desired, what was observed, and what must come before what:
 * the whole model on one screen.
 */
#pragma once

#include "kinds.h"

struct declaration;
struct site;
struct spec;
struct evaluator;

enum sight {
	NOT_LOOKED,
	ABSENT,
	PRESENT,
	/* looking failed, and that was said: plan nothing */
	UNKNOWN,
};

/* one thing on one host */
struct resource {
	const struct kind *kind;
	const char *name;
	/* "file:/etc/motd" */
	const char *address;
	const struct declaration *declaration;
	struct common common;
	struct reading reading;
	/* both of kind->size; observed is NULL unless it is PRESENT */
	void *desired;
	void *observed;
	enum sight sight;
	/* rows of what is there that were secret when they were made */
	uint64_t was_secret;
	/* not NULL: it gives way, and nothing is done to it: why */
	const char *yields;
	/* because another is now what it was */
	bool taken;
};

enum edge_type {
	EDGE_REQUIRES, /* written */
	EDGE_NOTIFIES, /* written; also gives order */
	EDGE_KNOWN,    /* the kind knows it */
	EDGE_VALUE,    /* a value of the one is used by the other */
	EDGE_GUARD,    /* a requirement that guards everything */
	EDGE_ORDER,    /* only order: a failure does not cross it */
};

/* `from` comes before `to`; both are numbers of nodes */
struct edge {
	uint32_t from, to;
	enum edge_type type;
	/* completes "because ..."; NULL where the type says it all */
	const char *reason;
	struct pos pos;
};

/*
 * Nodes 0 to count - 1 are the resources. Then come barriers, which stand for
 * "all packages" and "all requirements": with them, edges stay linear.
 */
struct graph {
	struct arena *arena;
	struct resource *resources;
	size_t count;
	size_t nodes;
	struct edge *edges;
	size_t edge_count, edge_capacity;
	/* edges by their end: those into node n are edges[in[i]] for i from
	   in_start[n] to in_start[n + 1] - 1; likewise out of it */
	uint32_t *in_start, *in, *out_start, *out;
	/* every node, in an order that works */
	uint32_t *order;
	/* resources by address; see graph_find */
	struct graph_slot *table;
	size_t table_size;
	/* every path that a resource owns, sorted */
	struct strings paths;
};

/* what a node is called: an address, or "all packages" */
const char *graph_node_name(const struct graph *, uint32_t node);
/* NULL where there is none */
struct resource *graph_find(const struct graph *, const struct kind *,
    const char *name);
/*
 * Many look-ups in a row cost mostly waiting for memory: asking for the next
 * ones' slots (0) and names (1) early hides that.
 */
void graph_expect(const struct graph *, const struct kind *, const char *name,
    int step);
/* "KIND:NAME"; NULL after an error with did-you-mean was said */
struct resource *graph_find_address(const struct graph *, const char *address,
    struct err *, struct pos);
static inline uint32_t graph_number(const struct graph *g,
    const struct resource *r)
{
	return (uint32_t)(r - g->resources);
}

/* --- made in this order --- */

/* resources from declarations; all mistakes are said */
int graph_resolve(struct graph *, const struct reader *, const struct spec *);
/* all edges, and the checks that come with them */
int graph_connect(struct graph *, struct err *);
/* fills `in`, `out` and `order`; a cycle is said, the shortest, with places */
int graph_sort(struct graph *, struct err *);

/* --- what graph_connect() is made of --- */

/*
 * Edges that kinds know, from each resource as it is in `as`, by number; NULL
 * there: it says nothing. `as` NULL: as desired; fills `paths` as well.
 */
int graph_connect_known(struct graph *, const void *const *as, struct err *);
/* what is removed goes the other way round: a file before its directory */
void graph_turn_removals(struct graph *);
/* those, and all that come before them, or after; by the edges there are */
bool *graph_reach(struct graph *, const bool *those, bool before);
/*
 * A barrier: `those`, by number of resource, come before all that they do not
 * need; or, not `first`, after all that does not need them.
 */
void graph_barrier(struct graph *, const bool *those, enum edge_type,
    bool first);
/* requirements first, then packages */
void graph_barriers(struct graph *);

/* --- */

/* whether a resource owns that path or something below it */
bool graph_declares(const struct graph *, const char *path);
void graph_add_edge(struct graph *, const struct edge *);
/* "it requires it", "its package is installed first": for people */
const char *edge_reason(const struct edge *);
/* read again what was later; 0: all is known now, 1: not yet, -1 */
int resource_read_later(struct arena *, struct resource *,
    const struct reader *);
