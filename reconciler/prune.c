/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prune.c - what the site created and no longer declares.
 *
 *  (1) Only what plumb itself created is ever removed: what was there before it
 *      is forgotten.
 *  (2) Nothing is removed for a site that declares nothing: more likely than
 *      not that is the mistake.
 *  (3) What something declared needs, or has taken the place of, stays.
 */
#include <string.h>

#include "past.h"
#include "run.h"

struct finding {
	struct run *run;
	/* those that are ours, to be declared absent */
	const struct journal_state **state;
	size_t count, capacity;
	size_t ours, theirs, gone;
	/* something is in the inventory that is not declared */
	bool any;
};

static const struct kind *kind_of(const char *address)
{
	const char *colon = strchr(address, ':');

	return colon ? kind_find_word(address, (size_t)(colon - address)) :
	    NULL;
}

static bool is_declared(const struct run *r, const char *address)
{
	const struct kind *kind = kind_of(address);

	return kind && graph_find(&r->graph, kind, strchr(address, ':') + 1);
}

static void take_address(void *context, const char *address)
{
	struct finding *f = context;

	f->any |= !is_declared(f->run, address);
}

static int sort_out(struct finding *f, const struct journal_state *s)
{
	struct run *r = f->run;
	const struct kind *kind = kind_of(s->address);
	int ours;

	if (!s->site || strcmp(s->site, r->where) ||
	    is_declared(r, s->address))
		return 0;
	if (!s->observed || (kind && (kind->flags & KIND_STATELESS))) {
		arena_push(r->arena, r->plan.orphans.gone.item,
		    r->plan.orphans.gone.count, f->gone, s->address);
		return 0;
	}
	ours = journal_created(r->arena, r->journal, s->address, r->err);
	if (ours > 0) {
		arena_push(r->arena, r->plan.orphans.ours.item,
		    r->plan.orphans.ours.count, f->ours, s->address);
		arena_push(r->arena, f->state, f->count, f->capacity, s);
	} else if (!ours) {
		arena_push(r->arena, r->plan.orphans.theirs.item,
		    r->plan.orphans.theirs.count, f->theirs, s->address);
	}
	return ours < 0 ? -1 : 0;
}

/* they come after all that is declared, and are absent */
static void declare(struct finding *f)
{
	struct run *r = f->run;
	struct spec *spec = &r->spec;
	struct declaration *all = arena_array(r->arena, spec->count + f->count,
	    sizeof(*all));
	struct source *source = arena_new(r->arena, struct source);
	size_t i, n = spec->count;

	source->path = r->where;
	source->text = "";
	if (n)
		memcpy(all, spec->declarations, n * sizeof(*all));
	for (i = 0; i < f->count; i++) {
		const struct journal_state *s = f->state[i];
		struct past past = { .address = s->address,
			.after = s->observed, .origin = ORIGIN_ORPHAN,
			.pos = { .source = source },
			.protect = s->protect };

		past_declare(r->arena, r->state, &past, &all[n]);
		n += !past.refusal;
	}
	spec->declarations = all;
	spec->count = n;
}

int prune_find(struct run *r)
{
	struct finding f = { .run = r };
	size_t i;

	if (!r->site)
		return 0;
	r->plan.orphans.prune = r->prune || r->spec.prune;
	if (journal_addresses(r->journal, take_address, &f, r->err))
		return -1;
	if (!f.any)
		return 0;
	if (recall_all(&r->recall, r->err))
		return -1;
	for (i = 0; i < r->recall.states.count; i++)
		if (sort_out(&f, &r->recall.states.item[i]))
			return -1;
	if (!r->plan.orphans.prune || !f.count)
		return 0;
	if (!r->spec.count) {
		r->plan.orphans.refusal = "the site declares nothing";
		return err_at(r->err, (struct pos){ 0 },
		    "'%s' declares nothing, so nothing is pruned; to remove all that it created, declare that with 'ensure: absent'",
		    r->where);
	}
	declare(&f);
	return run_connect(r);
}

static int forget(struct run *r, const char *address)
{
	struct journal_outcome o = { .address = address,
		.outcome = "forgotten", .keep = STATE_FORGOTTEN };

	return journal_done(r->journal, &o, 1, r->err);
}

int prune_forget(struct run *r)
{
	struct graph *g = &r->graph;
	size_t i;

	if (!r->site || !r->plan.orphans.prune)
		return 0;
	for (i = 0; i < g->count; i++)
		if (g->resources[i].declaration->origin == ORIGIN_ORPHAN &&
		    (g->resources[i].taken ||
		    g->resources[i].sight == ABSENT) &&
		    forget(r, g->resources[i].address))
			return -1;
	for (i = 0; i < r->plan.orphans.theirs.count; i++)
		if (forget(r, r->plan.orphans.theirs.item[i]))
			return -1;
	for (i = 0; i < r->plan.orphans.gone.count; i++)
		if (forget(r, r->plan.orphans.gone.item[i]))
			return -1;
	return 0;
}
