/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reboot.c - "a reboot is needed" as a state of a host.
 */
#include "reboot.h"

#include <string.h>

#include "../resources/host/reboot.h"
#include "observe.h"
#include "plan.h"

static void add(struct reboots *r, const char *address, int64_t run)
{
	struct reboot one = { .address = address, .run = run };

	arena_push(r->arena, r->item, r->count, r->capacity, one);
}

static bool needs(const struct reboots *r, const char *address)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		if (!strcmp(r->item[i].address, address))
			return true;
	return false;
}

int reboots_read(struct reboots *r, struct journal *j, struct err *err)
{
	struct job job = { .arena = r->arena, .err = err,
		.address = "this boot" };
	struct journal_refreshes all;
	const char *id;
	int known = host_boot(&job, r->host, &id);
	size_t i;

	if (known < 0 || journal_reboots(r->arena, j, &all, err))
		return -1;
	if (!known)
		return 0;
	r->due = arena_printf(r->arena, REBOOT_PREFIX "%s", id);
	for (i = 0; i < all.count; i++) {
		const struct journal_owed *o = &all.item[i];

		if (strcmp(o->address, r->due))
			arena_push(r->arena, r->over.item, r->over.count,
			    r->over_capacity, o->address);
		else if (!needs(r, o->because))
			add(r, o->because, o->run);
	}
	return 0;
}

int reboots_recover(struct reboots *r, const struct graph *g,
    const struct journal_acts *open, struct err *err)
{
	struct err nowhere = err_new(r->arena);
	size_t i;

	for (i = 0; r->due && i < open->count; i++) {
		const struct journal_act *act = &open->item[i];
		const struct resource *x = graph_find_address(g, act->address,
		    &nowhere, (struct pos){ 0 });
		struct job job;
		int asked;

		if (!x || !x->kind->leaves_reboot || needs(r, act->address))
			continue;
		job = resource_job(r->arena, err, x);
		asked = x->kind->leaves_reboot(&job, r->host, x->desired);
		if (asked < 0)
			return -1;
		if (!asked)
			continue;
		add(r, x->address, act->run);
		r->item[r->count - 1].fresh = true;
	}
	return 0;
}

int reboots_record(struct reboots *r, struct journal *j, struct err *err)
{
	size_t i;

	for (i = 0; i < r->over.count; i++)
		if (journal_refresh_paid(j, r->over.item[i], "rebooted", err))
			return -1;
	for (i = 0; i < r->count; i++) {
		if (!r->item[i].fresh)
			continue;
		if (journal_refresh_owe(j, r->due, r->item[i].address, err))
			return -1;
		r->item[i].fresh = false;
	}
	return 0;
}

static bool will_need(const struct change *c)
{
	return c && c->resource->common.reboot == 1 &&
	    c->action != ACTION_REFRESH && c->action != ACTION_UNSURE;
}

/* by node: those that need it, as the journal knows, or this plan */
static const struct reboot **find_roots(const struct reboots *r,
    struct plan *p)
{
	const struct graph *g = p->graph;
	const struct reboot **roots = NULL;
	struct err nowhere = err_new(p->arena);
	size_t i, n = 0;

	for (i = 0; i < p->count; i++)
		n += will_need(&p->changes[i]);
	if (!n && !r->count)
		return NULL;
	roots = arena_array(p->arena, g->nodes, sizeof(*roots));
	for (i = 0; i < p->count; i++) {
		struct reboot *own;

		if (!will_need(&p->changes[i]))
			continue;
		p->changes[i].reboots = true;
		own = arena_new(p->arena, struct reboot);
		own->address = p->changes[i].resource->address;
		roots[graph_number(g, p->changes[i].resource)] = own;
	}
	for (i = 0; i < r->count; i++) {
		const struct resource *x = graph_find_address(g,
		    r->item[i].address, &nowhere, (struct pos){ 0 });

		if (x)
			roots[graph_number(g, x)] = &r->item[i];
	}
	return roots;
}

void reboots_plan(const struct reboots *r, struct plan *p)
{
	const struct graph *g = p->graph;
	const struct reboot **by = r->due && p->count ? find_roots(r, p) :
	    NULL;
	struct change *c;
	size_t i;
	uint32_t e, node;

	for (i = 0; by && i < g->nodes; i++) {
		const struct reboot *above = NULL;

		node = g->order[i];
		for (e = g->in_start[node]; e < g->in_start[node + 1]; e++)
			if (!above && g->edges[g->in[e]].type != EDGE_ORDER)
				above = by[g->edges[g->in[e]].from];
		if (!above)
			continue;
		by[node] = above;
		c = node < g->count ? plan_change(p, &g->resources[node]) :
		    NULL;
		if (!c)
			continue;
		c->waits = above;
		p->to_wait++;
	}
}
