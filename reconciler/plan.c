/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plan.c - from what is desired and what is there to changes, in an order that
 * works.
 *
 * Resources are taken in the graph's order, so that when one is decided, all
 * that comes before it is: whether it is refreshed, and which of its values
 * are known only later, follow from that.
 */
#include "plan.h"

#include <assert.h>
#include <string.h>

#include "../specs/member.h"
#include "../specs/spec.h"
#include "drift.h"
#include "observe.h"
#include "past.h"

struct change *plan_change(const struct plan *p, const struct resource *r)
{
	uint32_t i = p->of[graph_number(p->graph, r)];

	return i ? &p->changes[i - 1] : NULL;
}

bool plan_flaps(const struct plan *p, const struct resource *r)
{
	size_t i;

	for (i = 0; i < p->flap_count; i++)
		if (p->flaps[i].resource == r)
			return true;
	return false;
}

/* rows that somebody else owns */
static uint64_t ignored(const struct resource *r)
{
	const struct strings *ignore = r->common.ignore;
	const struct attribute *table = r->kind->attributes, *row;
	uint64_t mask = 0;
	size_t i;

	for (i = 0; ignore && i < ignore->count; i++) {
		row = attribute_find(table, ignore->item[i]);
		if (row)
			mask |= UINT64_C(1) << (row - table);
	}
	return mask;
}

const void *resource_wanted(struct arena *a, const struct resource *r)
{
	static const size_t sizes[] = {
		[AS_TEXT] = sizeof(char *), [AS_INT] = sizeof(int),
		[AS_INT64] = sizeof(int64_t),
		[AS_STRINGS] = sizeof(struct strings *),
		[AS_CONTENT] = sizeof(struct content *),
		[AS_VALUE] = sizeof(struct value *),
	};
	const struct attribute *table = r->kind->attributes, *row;
	uint64_t mask = ignored(r);
	char *wanted;

	if (!mask || !r->observed)
		return r->desired;
	wanted = arena_alloc(a, r->kind->size);
	memcpy(wanted, r->desired, r->kind->size);
	for (row = table; row->name; row++)
		if (mask & UINT64_C(1) << (row - table))
			memcpy(wanted + row->offset, (const char *)r->observed +
			    row->offset, sizes[type_storage(row->type)]);
	return wanted;
}

static bool must_replace(const struct resource *r, uint64_t differ)
{
	const struct attribute *table = r->kind->attributes, *row;

	for (row = table; row->name; row++)
		if ((row->flags & ATTRIBUTE_REPLACES) &&
		    (differ & UINT64_C(1) << (row - table)))
			return true;
	return false;
}

enum action resource_differs(const struct resource *r, uint64_t *differ)
{
	*differ = 0;
	if (r->sight == UNKNOWN || r->sight == NOT_LOOKED)
		return ACTION_NONE;
	if (r->common.ensure == ENSURE_ABSENT)
		return r->sight == PRESENT ? ACTION_REMOVE : ACTION_NONE;
	if (r->sight == ABSENT)
		return ACTION_CREATE;
	*differ = attributes_differ(r->kind->attributes, r->desired,
	    r->observed) & ~ignored(r);
	if (!*differ)
		return ACTION_NONE;
	return must_replace(r, *differ) ? ACTION_REPLACE : ACTION_UPDATE;
}

static bool changes_surely(const struct change *c)
{
	return c && c->action != ACTION_NONE && c->action != ACTION_UNSURE;
}

/* everything that its later values wait for stays as it is */
static bool references_are_known(const struct plan *p,
    const struct resource *r)
{
	const struct reference *ref;
	struct err nowhere = err_new(p->arena);
	const struct resource *other;

	for (ref = r->reading.references; ref; ref = ref->next) {
		other = graph_find_address(p->graph, ref->address, &nowhere,
		    ref->pos);
		if (!other || plan_change(p, other) ||
		    other->sight == UNKNOWN)
			return false;
	}
	return true;
}

static void because_add(struct plan *p, struct change *c, const char *address)
{
	size_t n = c->because.count;
	const char **item = c->because.item;

	/* full at each power of two */
	if (!(n & (n - 1))) {
		item = arena_array(p->arena, n ? n * 2 : 1, sizeof(*item));
		if (n)
			memcpy(item, c->because.item, n * sizeof(*item));
		c->because.item = item;
	}
	item[c->because.count++] = address;
}

/* those before it that change and concern it, by type of edge */
static void find_reasons(struct plan *p, struct change *c, bool notifiers)
{
	const struct graph *g = p->graph;
	uint32_t node = graph_number(g, c->resource), i;

	if (!p->count)
		return;
	for (i = g->in_start[node]; i < g->in_start[node + 1]; i++) {
		const struct edge *e = &g->edges[g->in[i]];
		const struct change *other;

		if (e->from >= g->count || e->type == EDGE_ORDER ||
		    e->type == EDGE_GUARD ||
		    notifiers != (e->type == EDGE_NOTIFIES))
			continue;
		other = plan_change(p, &g->resources[e->from]);
		if (notifiers ? changes_surely(other) : other != NULL)
			because_add(p, c, g->resources[e->from].address);
	}
}

static void find_owed(const struct planner *with, struct change *c)
{
	size_t i;

	for (i = 0; with->refreshes && i < with->refreshes->count; i++)
		if (!strcmp(with->refreshes->item[i].address,
		    c->resource->address))
			c->owed = true;
}

static void find_refresh(struct plan *p, const struct planner *with,
    struct change *c)
{
	const struct resource *r = c->resource;

	if (!r->kind->refresh || r->common.ensure == ENSURE_ABSENT)
		return;
	find_reasons(p, c, true);
	find_owed(with, c);
	if (!c->because.count && !c->owed)
		return;
	if (c->action == ACTION_CREATE || c->action == ACTION_REPLACE)
		return; /* it starts with what is there then */
	c->refresh = r->kind->refresh_how
	    ? r->kind->refresh_how(r->desired, r->observed) : "refresh";
	if (c->refresh && c->action == ACTION_NONE) {
		c->action = ACTION_REFRESH;
		c->cause = CAUSE_REFRESH;
	}
}

/* a probe or command whose ground moves in this run */
static void find_doubt(struct plan *p, struct change *c)
{
	const struct resource *r = c->resource;

	if (!(r->kind->flags & KIND_UNSURE) ||
	    !(r->kind->flags & KIND_STATELESS) ||
	    r->common.ensure == ENSURE_ABSENT ||
	    (c->action != ACTION_NONE && c->action != ACTION_CREATE))
		return;
	find_reasons(p, c, false);
	find_reasons(p, c, true);
	if (c->because.count && c->action == ACTION_NONE)
		c->action = ACTION_UNSURE;
}

static enum cause find_cause(struct plan *p, const struct planner *with,
    struct resource *r, struct err *err)
{
	const struct journal_state *state = recall_state(with->recall,
	    r->address, err);

	if (state)
		r->was_secret = described_secrets(p->arena,
		    r->kind->attributes, state->observed);
	if (r->declaration->origin != ORIGIN_SPEC)
		return r->declaration->origin == ORIGIN_UNDO ? CAUSE_UNDO :
		    CAUSE_ORPHAN;
	if (!state)
		return CAUSE_NEW;
	if (r->reading.later)
		return CAUSE_VALUE;
	if (strcmp(state->desired, describe_desired(p->arena, r,
	    journal_key(with->recall->journal))))
		return CAUSE_SPEC;
	/* the last run left it as absent as it is */
	if (!state->observed && r->sight == ABSENT)
		return CAUSE_AGAIN;
	return CAUSE_DRIFT;
}

bool change_is_unmet(const struct change *c)
{
	return c->action == ACTION_CREATE &&
	    (c->resource->kind->flags & KIND_JUDGES);
}

static void count(struct plan *p, const struct change *c)
{
	switch (c->action) {
	case ACTION_CREATE:
		if (change_is_unmet(c))
			p->unmet++;
		else if (c->resource->kind->flags & KIND_STATELESS)
			p->to_run++;
		else
			p->to_create++;
		break;
	case ACTION_UPDATE:
		p->to_update++;
		break;
	case ACTION_REPLACE:
		p->to_create++;
		p->to_remove++;
		break;
	case ACTION_REMOVE:
		p->to_remove++;
		break;
	case ACTION_UNSURE:
		p->to_see++;
		break;
	case ACTION_NONE:
	case ACTION_REFRESH:
		break;
	}
	p->to_refresh += c->refresh != NULL;
}

static int decide(struct plan *p, const struct planner *with,
    struct resource *r, struct err *err)
{
	struct change c = { .resource = r };

	if (r->yields)
		return 0;
	if (r->sight == UNKNOWN) {
		p->unknown++;
		return 0;
	}
	if (r->reading.later && references_are_known(p, r) &&
	    resource_read_later(p->arena, r, with->reader) < 0) {
		r->sight = UNKNOWN;
		p->unknown++;
		return -1;
	}
	c.action = resource_differs(r, &c.differ);
	c.later = r->common.ensure == ENSURE_ABSENT ? 0 : r->reading.later;
	if (c.later && c.action == ACTION_NONE)
		c.action = ACTION_UPDATE;
	find_refresh(p, with, &c);
	find_doubt(p, &c);
	if (c.action == ACTION_NONE) {
		p->unchanged++;
		return 0;
	}
	if (c.cause != CAUSE_REFRESH)
		c.cause = find_cause(p, with, r, err);
	if (c.cause == CAUSE_DRIFT && c.action != ACTION_UNSURE) {
		int flaps = drift_flaps(p, with, &c, err);

		if (flaps > 0)
			arena_push(p->arena, p->flaps, p->flap_count,
			    p->flap_capacity, c);
		if (flaps)
			return flaps < 0 ? -1 : 0;
	}
	count(p, &c);
	arena_push(p->arena, p->changes, p->count, p->capacity, c);
	p->of[graph_number(p->graph, r)] = (uint32_t)p->count;
	return 0;
}

/* lines that a kind may add to a change */
enum { NOTES = 64 };

static void on_note(void *context, const char *text)
{
	struct change *c = context;

	if (c->notes.count < NOTES)
		c->notes.item[c->notes.count++] = text;
}

static void on_loses(void *context, size_t lost, size_t there)
{
	struct change *c = context;

	c->also_lost = lost;
	c->also_there = there;
}

/* ask a kind once what all of its changes together would bring */
static int foresee(struct plan *p, const struct planner *with,
    const struct kind *kind, struct err *err)
{
	struct act *acts = arena_array(p->arena, p->count, sizeof(*acts));
	struct hooks *hooks;
	size_t i, n = 0;

	for (i = 0; i < p->count; i++) {
		struct change *c = &p->changes[i];
		struct job *job;

		if (c->resource->kind != kind || c->action == ACTION_REFRESH)
			continue;
		job = arena_new(p->arena, struct job);
		*job = resource_job(p->arena, err, c->resource);
		hooks = arena_new(p->arena, struct hooks);
		hooks->context = c;
		hooks->note = on_note;
		hooks->loses = on_loses;
		c->notes.item = arena_array(p->arena, NOTES,
		    sizeof(*c->notes.item));
		job->hooks = hooks;
		acts[n++] = (struct act){ .job = job,
			.desired = c->action == ACTION_REMOVE ? NULL :
			    c->resource->desired,
			.observed = c->resource->observed };
	}
	return n ? kind->foresee(acts, n, with->host) : 0;
}

void change_note(struct arena *a, struct change *c, const char *text)
{
	const char **item = arena_array(a, c->notes.count + 1, sizeof(*item));

	if (c->notes.count)
		memcpy(item, c->notes.item, c->notes.count * sizeof(*item));
	item[c->notes.count++] = text;
	c->notes.item = item;
}

static void note_refusals(struct plan *p)
{
	const char *why;
	size_t i;

	for (i = 0; i < p->count; i++) {
		why = past_refusal(p->arena, &p->changes[i]);
		if (why)
			change_note(p->arena, &p->changes[i], arena_printf(
			    p->arena, "cannot be undone: %s", why));
	}
}

int plan_make(struct plan *p, const struct planner *with, struct err *err)
{
	struct graph *g = p->graph;
	const struct kind *const *k;
	uint32_t node;
	size_t i;
	int failed = 0;

	p->of = arena_array(p->arena, g->count, sizeof(*p->of));
	for (i = 0; i < g->nodes; i++) {
		node = g->order[i];
		if (node >= g->count)
			continue;
		if (with->selected && !with->selected[node])
			p->left_out++;
		else
			failed |= decide(p, with, &g->resources[node], err);
	}
	reboots_plan(with->reboots, p);
	for (k = kinds; *k && p->count; k++)
		if ((*k)->foresee)
			failed |= foresee(p, with, *k, err);
	note_refusals(p);
	return failed;
}
