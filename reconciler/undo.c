/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * undo.c - the way back of a run, as a run of its own.
 */
#include "undo.h"

#include <inttypes.h>
#include <string.h>

#include "../specs/json.h"
#include "../specs/value.h"
#include "observe.h"

/* --- which run --- */

static int find_run(struct run *r, struct undo *u)
{
	struct arena *a = r->arena;
	int rc = journal_run_find(a, r->journal, u->number, &u->run, r->err);

	if (!rc)
		return err_at(r->err, (struct pos){ 0 },
		    "there was no run %lld (`plumb history` lists them)",
		    (long long)u->number);
	if (rc < 0 || journal_acts(a, r->journal, u->number, &u->acts, r->err)
	    || journal_owed_in(a, r->journal, u->number, &u->owed, r->err))
		return -1;
	if (strcmp(u->run.host, r->host.name))
		return err_at(r->err, (struct pos){ 0 },
		    "run %lld was of the host '%s', and this one is '%s'",
		    (long long)u->number, u->run.host, r->host.name);
	if (!u->acts.count && !u->run.ended)
		return err_at(r->err, (struct pos){ 0 },
		    "run %lld was stopped before it did anything, so there is nothing to undo",
		    (long long)u->number);
	return 0;
}

/* --- what it did --- */

static bool is_refresh(const struct journal_act *act)
{
	return !strcmp(act->action, "refresh");
}

static void take_act(struct arena *a, struct undo *u,
    const struct journal_act *act)
{
	ptrdiff_t i = lookup_find(&u->lookup, NAMED(u->items), act->address);
	struct undone fresh = { .address = act->address, .first = act,
		.last = act, .only_refreshed = is_refresh(act) };

	if (i == LOOKUP_NONE) {
		arena_push(a, u->items, u->count, u->capacity, fresh);
		lookup_add(a, &u->lookup, NAMED(u->items), u->count - 1);
		return;
	}
	if (!is_refresh(act) || u->items[i].only_refreshed)
		u->items[i].last = act;
	u->items[i].only_refreshed &= is_refresh(act);
}

static bool is_asked_for(const struct undo *u, const char *address)
{
	size_t i;

	for (i = 0; i < u->addresses.count; i++)
		if (!strcmp(u->addresses.item[i], address))
			return true;
	return !u->addresses.count;
}

/* what the run refreshed is still due when what notified it is undone */
static bool is_concerned(const struct undo *u, const struct undone *item)
{
	size_t i;

	if (is_asked_for(u, item->address))
		return true;
	for (i = 0; item->only_refreshed && i < u->owed.count; i++)
		if (!strcmp(u->owed.item[i].address, item->address) &&
		    is_asked_for(u, u->owed.item[i].because))
			return true;
	return false;
}

static int check_addresses(struct run *r, const struct undo *u)
{
	const char **names = arena_array(r->arena, u->count + 1,
	    sizeof(*names));
	const char *near;
	size_t i;
	int failed = 0;

	for (i = 0; i < u->count; i++)
		names[i] = u->items[i].address;
	for (i = 0; i < u->addresses.count; i++) {
		const char *address = u->addresses.item[i];

		if (lookup_find(&u->lookup, NAMED(u->items), address) !=
		    LOOKUP_NONE)
			continue;
		near = nearest(address, names);
		failed = err_at(r->err, (struct pos){ 0 },
		    "run %lld did nothing to '%s'%s%s%s", (long long)u->number,
		    address, near ? " (did you mean '" : "", near ? near : "",
		    near ? "'?)" : "");
	}
	return failed;
}

/* --- how it was --- */

/* only what went well is known to have come out as it says */
static const char *left_by(const struct journal_act *act)
{
	return act->outcome && !strcmp(act->outcome, "ok") ? act->after : NULL;
}

/* it failed then, and a later run did it: that is not ours to take back */
static const char *done_since(struct run *r, const struct undo *u,
    const struct undone *item)
{
	const struct journal_state *state;

	if (!item->last->outcome || strcmp(item->last->outcome, "failed"))
		return NULL;
	state = recall_state(&r->recall, item->address, r->err);
	if (!state || state->run <= u->number)
		return NULL;
	return arena_printf(r->arena,
	    "it failed in that run, and was done by run %" PRId64, state->run);
}

static void remember(struct run *r, struct undo *u, struct undone *item,
    struct pos pos)
{
	struct declaration *d = &r->spec.declarations[r->spec.count];

	item->past = (struct past){ .address = item->address,
		.before = item->first->before, .after = left_by(item->last),
		.desired = item->last->desired, .pos = pos,
		.origin = ORIGIN_UNDO };
	if (!is_concerned(u, item) ||
	    (item->only_refreshed && !item->past.before)) {
		item->past.refusal = "";
		return;
	}
	item->past.refusal = done_since(r, u, item);
	if (!item->past.refusal)
		past_declare(r->arena, r->state, &item->past, d);
	if (item->past.refusal)
		return;
	u->of[r->spec.count++] = item;
}

/* last done, first undone: that is the order where no edge says otherwise */
static void declare(struct run *r, struct undo *u)
{
	struct source *source = arena_new(r->arena, struct source);
	size_t i;

	source->path = arena_printf(r->arena, "run %" PRId64, u->number);
	source->text = "";
	r->spec.declarations = arena_array(r->arena, u->count,
	    sizeof(*r->spec.declarations));
	u->of = arena_array(r->arena, u->count, sizeof(struct undone *));
	for (i = u->count; i--;)
		remember(r, u, &u->items[i], (struct pos){ .source = source });
}

/* what is gone can be made again only where all of it is known */
static void look_at_hollow(struct run *r, struct undo *u)
{
	struct err unsaid = err_new(r->arena);
	struct job job;
	size_t i;

	for (i = 0; i < r->graph.count; i++) {
		struct resource *x = &r->graph.resources[i];
		struct undone *item = u->of[i];

		item->resource = x;
		if (!item->past.hollow && !item->only_refreshed)
			continue;
		job = resource_job(r->arena, &unsaid, x);
		if (observe_one(&job, &r->host, x) || x->sight != ABSENT)
			continue;
		x->yields = item->only_refreshed ? "" :
		    "it is gone, and not all of it is known";
	}
}

int undo_load(struct run *r, struct undo *u)
{
	size_t i;

	if (find_run(r, u))
		return -1;
	for (i = 0; i < u->acts.count; i++)
		take_act(r->arena, u, &u->acts.item[i]);
	if (check_addresses(r, u))
		return -1;
	r->where = u->run.site;
	r->reader = (struct reader){ .arena = r->arena, .err = r->err };
	declare(r, u);
	r->graph.arena = r->arena;
	if (graph_resolve(&r->graph, &r->reader, &r->spec))
		return -1;
	look_at_hollow(r, u);
	if (undo_connect(&r->graph, u, r->err))
		return -1;
	return graph_sort(&r->graph, r->err);
}

const char *undo_refusal(const struct undone *item)
{
	const char *why = item->resource ? item->resource->yields :
	    item->past.refusal;
	bool idle = item->past.kind && !item->resource &&
	    (item->past.kind->flags & KIND_STATELESS) &&
	    !(item->past.kind->flags & KIND_RUNS);

	return why && *why && !idle ? why : NULL;
}

/* --- what became of it since --- */

/* what both know, and know otherwise */
static bool differs(struct arena *a, const char *was, const char *is)
{
	struct err unsaid = err_new(a);
	const struct value *other;
	struct value x, y;
	uint32_t i;

	if (json_read(a, (struct bytes){ was, strlen(was) }, "", &x, &unsaid)
	    || json_read(a, (struct bytes){ is, strlen(is) }, "", &y, &unsaid))
		return false;
	for (i = 0; i < x.count; i++) {
		other = value_find(&y, x.pairs[i].key);
		if (other && strcmp(json_text(a, &x.pairs[i].value),
		    json_text(a, other)))
			return true;
	}
	return false;
}

static bool was_changed(struct run *r, const struct undone *item)
{
	const struct resource *x = item->resource;
	const char *after = item->last->after;

	if (!item->last->outcome || strcmp(item->last->outcome, "ok"))
		return false;
	if (!after || !x->observed)
		return !after != !x->observed;
	return differs(r->arena, after, describe(r->arena, x, x->observed,
	    journal_key(r->journal)));
}

void undo_note(struct run *r, struct undo *u)
{
	const struct journal_state *state;
	struct change *c;
	size_t i;

	for (i = 0; i < r->graph.count; i++) {
		c = plan_change(&r->plan, &r->graph.resources[i]);
		if (!c || !was_changed(r, u->of[i]))
			continue;
		state = recall_state(&r->recall, u->of[i]->address, r->err);
		change_note(r->arena, c, state && state->run > u->number ?
		    arena_printf(r->arena, "it was changed since, by run %"
		    PRId64, state->run) : arena_printf(r->arena,
		    "it was changed since run %" PRId64 ", not by plumb",
		    u->number));
	}
}
