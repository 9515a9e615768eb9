/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drift.c - why something differs, in three classes.
 */
#include "drift.h"

#include <string.h>

#include "../specs/json.h"

/* acts that are looked through for the same repair; refreshes are between */
enum { ACTS_MOST = 16 };

const char *change_class(const struct change *c)
{
	if (c->action == ACTION_UNSURE)
		return NULL;
	switch (c->cause) {
	case CAUSE_DRIFT:
	case CAUSE_ASKED:
		return "corrective";
	case CAUSE_FLAPPING:
		return "flapping";
	case CAUSE_NEW:
	case CAUSE_SPEC:
	case CAUSE_VALUE:
	case CAUSE_UNDO:
	case CAUSE_ORPHAN:
		return "intentional";
	case CAUSE_REFRESH:
	case CAUSE_AGAIN:
		break;
	}
	return NULL;
}

struct drift_counts drift_count(const struct plan *p)
{
	struct drift_counts n = { .flapping = p->flap_count };
	const char *class;
	size_t i;

	for (i = 0; i < p->count; i++) {
		class = change_class(&p->changes[i]);
		n.corrective += class && !strcmp(class, "corrective");
		n.intentional += class && !strcmp(class, "intentional");
	}
	return n;
}

/* --- flapping --- */

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* a repair that went well and was due to drift */
static bool is_repair(const struct journal_act *a)
{
	return a->outcome && !strcmp(a->outcome, "ok") && a->cause &&
	    !strcmp(a->cause, cause_name(CAUSE_DRIFT));
}

/* the newest acts of it, as long as each is that repair */
static size_t count_repairs(struct journal_acts *acts, const char *before)
{
	size_t i, n = 0;

	for (i = 0; i < acts->count; i++) {
		const struct journal_act *a = &acts->item[i];

		if (!strcmp(a->action, "refresh"))
			continue;
		if (!is_repair(a) || !same(a->before, before) ||
		    (n && !same(a->after, acts->item[0].after)))
			break;
		acts->item[n++] = *a;
	}
	acts->count = n;
	return n;
}

static bool is_named(const struct planner *with, const char *address)
{
	size_t i;

	for (i = 0; with->targets && i < with->targets->count; i++)
		if (!strcmp(with->targets->item[i], address))
			return true;
	return false;
}

int drift_flaps(struct plan *p, const struct planner *with,
    struct change *c, struct err *err)
{
	struct journal *journal = with->recall->journal;
	const struct resource *r = c->resource;
	struct journal_query query = { r->address, ACTS_MOST };
	struct journal_acts *acts = arena_new(p->arena, struct journal_acts);
	const char *before = describe(p->arena, r, r->observed,
	    journal_key(journal));

	/* its guards say when; there is nothing that somebody else writes */
	if (r->kind->flags & KIND_STATELESS)
		return 0;
	if (journal_acts_of(p->arena, journal, &query, acts, err))
		return -1;
	if (count_repairs(acts, before) < FLAPPING_AT)
		return 0;
	/* from then on, repairs are counted anew */
	if (is_named(with, r->address)) {
		c->cause = CAUSE_ASKED;
		return 0;
	}
	c->cause = CAUSE_FLAPPING;
	c->repairs = acts;
	return 1;
}

/* --- for the journal --- */

int drift_record(struct arena *a, struct journal *journal,
    const struct plan *p, struct err *err)
{
	struct journal_drift *rows = arena_array(a, p->count + p->flap_count,
	    sizeof(*rows));
	const struct change *c;
	struct value v;
	size_t i, n = 0;

	for (i = 0; i < p->count + p->flap_count; i++) {
		c = i < p->count ? &p->changes[i] : &p->flaps[i - p->count];
		if (c->action == ACTION_UNSURE || (c->cause != CAUSE_DRIFT &&
		    c->cause != CAUSE_ASKED && c->cause != CAUSE_FLAPPING))
			continue;
		v = change_value(a, c);
		rows[n++] = (struct journal_drift){
			.address = c->resource->address,
			.class = change_class(c),
			.summary = json_text(a, &v) };
	}
	return n ? journal_drift(journal, rows, n, err) : 0;
}
