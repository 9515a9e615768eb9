/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal_read.c - rows, as callers want them.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "journal_rows.h"

/* SQLite's word for no limit */
static int64_t limit_of(size_t n)
{
	return n ? (int64_t)n : -1;
}

static const char *text_at(struct arena *a, const struct row *r, int i)
{
	if (r->cell[i].type != CELL_TEXT)
		return NULL;
	return arena_copy(a, r->cell[i].text, r->cell[i].size);
}

/* where rows of one sort gather; grown by arena_push */
struct gathering {
	struct arena *arena;
	size_t capacity;
	void *into;
};

/* --- the inventory --- */

static struct journal_state state_of(struct arena *a, const struct row *r)
{
	return (struct journal_state){
		.row = r->number,
		.run = r->cell[0].number,
		.act = r->cell[1].number,
		.address = text_at(a, r, 2),
		.observed = text_at(a, r, 5),
		.desired = text_at(a, r, 7),
		.site = text_at(a, r, 8),
		.pos = text_at(a, r, 9),
		.protect = r->cell[10].number,
	};
}

static void take_state(void *context, const struct row *r)
{
	struct gathering *g = context;
	struct journal_states *s = g->into;

	if (r->cell[6].number == STATE_LEFT)
		arena_push(g->arena, s->item, s->count, g->capacity,
		    state_of(g->arena, r));
}

static int by_address(const void *a, const void *b)
{
	return strcmp(((const struct journal_state *)a)->address,
	    ((const struct journal_state *)b)->address);
}

/* each address once, whatever a damaged index says */
static int states_check(struct journal *j, const struct journal_states *s,
    struct err *e)
{
	char why[WHY];
	size_t i;

	for (i = 1; i < s->count; i++)
		if (!by_address(&s->item[i - 1], &s->item[i]))
			break;
	if (i >= s->count)
		return 0;
	if (queue_hold(j->queue, why))
		return err_at(e, (struct pos){ 0 }, "%s", why);
	database_damaged(j->database, why,
	    "a resource is in the inventory twice", s->item[i].row);
	queue_release(j->queue);
	return err_at(e, (struct pos){ 0 }, "%s", why);
}

int journal_states(struct arena *a, struct journal *j,
    struct journal_states *out, struct err *e)
{
	struct gathering g = { .arena = a, .into = out };
	struct row_query q = { .table = ROW_CLOSED, .rest = sql_all_states,
		.each = take_state, .context = &g };
	size_t i;

	*out = (struct journal_states){ 0 };
	if (journal_ask(j, &q, e))
		return -1;
	if (out->count)
		qsort(out->item, out->count, sizeof(*out->item), by_address);
	if (states_check(j, out, e))
		return -1;
	for (i = 0; i < out->count; i++)
		lookup_add(a, &out->lookup, NAMED(out->item), i);
	return 0;
}

const struct journal_state *journal_states_find(const struct journal_states *s,
    const char *address)
{
	ptrdiff_t i = lookup_find(&s->lookup, NAMED(s->item), address);

	return i == LOOKUP_NONE ? NULL : &s->item[i];
}

int journal_state_find(struct arena *a, struct journal *j, const char *address,
    struct journal_state *out, struct err *e)
{
	struct journal_states found = { 0 };
	struct gathering g = { .arena = a, .into = &found };
	struct row_query q = { .table = ROW_CLOSED, .rest = sql_one_state,
		.text = address, .each = take_state, .context = &g };

	if (journal_ask(j, &q, e))
		return -1;
	if (found.count)
		*out = found.item[0];
	return found.count ? 1 : 0;
}

/* --- acts --- */

static struct strings words(struct arena *a, const char *text)
{
	struct strings out = { 0 };
	size_t capacity = 0, n;

	while (text && *text) {
		n = strcspn(text, " ");
		arena_push(a, out.item, out.count, capacity,
		    arena_copy(a, text, n));
		text += n + (text[n] == ' ');
	}
	return out;
}

static void take_act(void *context, const struct row *r)
{
	struct gathering *g = context;
	struct journal_acts *acts = g->into;
	struct journal_act act = {
		.act = r->number,
		.at = r->at,
		.run = r->cell[0].number,
		.address = text_at(g->arena, r, 1),
		.action = text_at(g->arena, r, 2),
		.cause = text_at(g->arena, r, 3),
		.desired = text_at(g->arena, r, 4),
		.before = text_at(g->arena, r, 5),
		.objects = words(g->arena, text_at(g->arena, r, 6)),
	};

	arena_push(g->arena, acts->item, acts->count, g->capacity, act);
}

static int by_act(const void *a, const void *b)
{
	int64_t x = ((const struct journal_act *)a)->act;
	int64_t y = ((const struct journal_act *)b)->act;

	return (x > y) - (x < y);
}

/* how one of the acts, which are in their order, came out */
static void take_outcome(void *context, const struct row *r)
{
	struct gathering *g = context;
	struct journal_acts *acts = g->into;
	struct journal_act wanted = { .act = r->cell[1].number }, *act;

	act = acts->count ? bsearch(&wanted, acts->item, acts->count,
	    sizeof(wanted), by_act) : NULL;
	if (!act)
		return;
	act->closed = r->at;
	act->outcome = text_at(g->arena, r, 3);
	act->error = text_at(g->arena, r, 4);
	act->after = text_at(g->arena, r, 5);
}

static int read_acts(struct arena *a, struct journal *j, struct row_query *q,
    struct journal_acts *out, struct err *e)
{
	struct gathering g = { .arena = a, .into = out };

	*out = (struct journal_acts){ 0 };
	q->table = ROW_ACT;
	q->each = take_act;
	q->context = &g;
	return journal_ask(j, q, e);
}

static int read_outcomes(struct arena *a, struct journal *j,
    struct row_query *q, struct journal_acts *out, struct err *e)
{
	struct gathering g = { .arena = a, .into = out };

	q->table = ROW_CLOSED;
	q->each = take_outcome;
	q->context = &g;
	return journal_ask(j, q, e);
}

int journal_open_acts(struct arena *a, struct journal *j,
    struct journal_acts *out, struct err *e)
{
	struct row_query q = { .rest = sql_open_acts, .number = { j->oldest } };

	return read_acts(a, j, &q, out, e);
}

/* the numbers of rows that a run's rows are between */
struct range {
	int64_t run, first, end;
};

static void take_range(void *context, const struct row *r)
{
	struct range *range = context;

	if (r->cell[0].number == range->run)
		range->first = r->number;
	else
		range->end = r->number;
}

static int find_range(struct journal *j, struct range *range, struct err *e)
{
	struct row_query q = { .table = ROW_RUN, .rest = sql_runs_between,
		.number = { range->run, range->run + 2 }, .each = take_range,
		.context = range };

	range->first = range->end = INT64_MAX;
	return journal_ask(j, &q, e);
}

int journal_acts(struct arena *a, struct journal *j, int64_t run,
    struct journal_acts *out, struct err *e)
{
	struct range range = { .run = run };
	struct row_query q = { .rest = sql_between };

	*out = (struct journal_acts){ 0 };
	if (find_range(j, &range, e))
		return -1;
	q.number[0] = range.first;
	q.number[1] = range.end;
	if (read_acts(a, j, &q, out, e))
		return -1;
	q.rest = sql_closes_between;
	return read_outcomes(a, j, &q, out, e);
}

static void reverse(struct journal_acts *acts)
{
	struct journal_act *a = acts->item, swap;
	size_t i;

	for (i = 0; i < acts->count / 2; i++) {
		swap = a[i];
		a[i] = a[acts->count - 1 - i];
		a[acts->count - 1 - i] = swap;
	}
}

int journal_acts_of(struct arena *a, struct journal *j,
    const struct journal_query *query, struct journal_acts *out,
    struct err *e)
{
	struct row_query q = { .rest = sql_acts_of, .text = query->address,
		.number = { 0, limit_of(query->limit), j->oldest } };

	if (read_acts(a, j, &q, out, e))
		return -1;
	reverse(out);
	q.rest = sql_closes_of;
	if (read_outcomes(a, j, &q, out, e))
		return -1;
	reverse(out);
	return 0;
}

int journal_act_find(struct arena *a, struct journal *j, int64_t act,
    struct journal_act *out, struct err *e)
{
	struct journal_acts found;
	struct row_query q = { .rest = sql_numbered, .number = { act } };

	if (read_acts(a, j, &q, &found, e))
		return -1;
	if (!found.count)
		return 0;
	q.rest = sql_closes_between;
	q.number[1] = act + 1;
	if (read_outcomes(a, j, &q, &found, e))
		return -1;
	*out = found.item[0];
	return 1;
}

/* --- refreshes --- */

struct owing {
	struct arena *arena;
	struct journal_refreshes *out;
	bool to_reboot;
	size_t capacity;
	struct lookup lookup;
};

static void take_owed(void *context, const struct row *r)
{
	struct owing *o = context;
	struct journal_refreshes *out = o->out;
	struct journal_owed owed = {
		.run = r->cell[0].number,
		.act = r->cell[1].number,
		.since = r->at,
		.address = text_at(o->arena, r, 2),
		.because = text_at(o->arena, r, 3),
	};

	assert(owed.address);
	if (o->to_reboot != !strncmp(owed.address, REBOOT_PREFIX,
	    strlen(REBOOT_PREFIX)) || (!o->to_reboot &&
	    lookup_find(&o->lookup, NAMED(out->item), owed.address) !=
	    LOOKUP_NONE))
		return;
	arena_push(o->arena, out->item, out->count, o->capacity, owed);
	if (!o->to_reboot)
		lookup_add(o->arena, &o->lookup, NAMED(out->item),
		    out->count - 1);
}

static int read_owed(struct journal *j, struct owing *o, struct err *e)
{
	struct row_query q = { .table = ROW_OWED, .rest = sql_still_owed,
		.number = { j->oldest }, .each = take_owed, .context = o };

	*o->out = (struct journal_refreshes){ 0 };
	return journal_ask(j, &q, e);
}

int journal_refreshes(struct arena *a, struct journal *j,
    struct journal_refreshes *out, struct err *e)
{
	struct owing o = { .arena = a, .out = out };

	return read_owed(j, &o, e);
}

int journal_reboots(struct arena *a, struct journal *j,
    struct journal_refreshes *out, struct err *e)
{
	struct owing o = { .arena = a, .out = out, .to_reboot = true };

	return read_owed(j, &o, e);
}

/* --- runs --- */

static void take_run(void *context, const struct row *r)
{
	struct gathering *g = context;
	struct journal_runs *runs = g->into;
	struct journal_run run = {
		.at = r->at,
		.run = r->cell[0].number,
		.site = text_at(g->arena, r, 2),
		.revision = text_at(g->arena, r, 3),
		.command = text_at(g->arena, r, 4),
		.user = text_at(g->arena, r, 5),
		.host = text_at(g->arena, r, 6),
	};

	arena_push(g->arena, runs->item, runs->count, g->capacity, run);
}

/* runs are numbered without a hole, and are here newest first */
static void take_end(void *context, const struct row *r)
{
	struct gathering *g = context;
	struct journal_runs *runs = g->into;
	int64_t i = runs->count ? runs->item[0].run - r->cell[0].number : -1;

	if (i < 0 || i >= (int64_t)runs->count)
		return;
	runs->item[i].ended = r->at;
	runs->item[i].result = (int)r->cell[1].number;
	runs->item[i].counts = (struct journal_counts){
		.created = r->cell[2].number,
		.updated = r->cell[3].number,
		.removed = r->cell[4].number,
		.refreshed = r->cell[5].number,
		.unchanged = r->cell[6].number,
		.failed = r->cell[7].number,
		.skipped = r->cell[8].number,
	};
}

static int read_runs(struct arena *a, struct journal *j, struct row_query *q,
    struct journal_runs *out, struct err *e)
{
	struct gathering g = { .arena = a, .into = out };

	*out = (struct journal_runs){ 0 };
	q->table = ROW_RUN;
	q->each = take_run;
	q->context = &g;
	if (journal_ask(j, q, e))
		return -1;
	if (!out->count)
		return 0;
	q->table = ROW_RUN_END;
	q->rest = sql_runs_between;
	q->number[0] = out->item[out->count - 1].run;
	q->number[1] = out->item[0].run + 1;
	q->each = take_end;
	return journal_ask(j, q, e);
}

int journal_runs(struct arena *a, struct journal *j, size_t limit,
    struct journal_runs *out, struct err *e)
{
	struct row_query q = { .rest = sql_newest,
		.number = { limit_of(limit) } };

	return read_runs(a, j, &q, out, e);
}

int journal_run_find(struct arena *a, struct journal *j, int64_t run,
    struct journal_run *out, struct err *e)
{
	struct row_query q = { .rest = sql_run, .number = { run } };
	struct journal_runs found;

	if (read_runs(a, j, &q, &found, e))
		return -1;
	if (found.count)
		*out = found.item[0];
	return found.count ? 1 : 0;
}

/* --- drift --- */

static void take_drift(void *context, const struct row *r)
{
	struct gathering *g = context;
	struct journal_drifts *drifts = g->into;
	struct journal_drift drift = {
		.at = r->at,
		.run = r->cell[0].number,
		.address = text_at(g->arena, r, 1),
		.class = text_at(g->arena, r, 2),
		.summary = text_at(g->arena, r, 3),
	};

	arena_push(g->arena, drifts->item, drifts->count, g->capacity, drift);
}

int journal_drifts(struct arena *a, struct journal *j, int64_t run,
    struct journal_drifts *out, struct err *e)
{
	struct gathering g = { .arena = a, .into = out };
	struct range range = { .run = run };
	struct row_query q = { .table = ROW_DRIFT, .rest = sql_between,
		.each = take_drift, .context = &g };

	*out = (struct journal_drifts){ 0 };
	if (find_range(j, &range, e))
		return -1;
	q.number[0] = range.first;
	q.number[1] = range.end;
	return journal_ask(j, &q, e);
}

int journal_drifts_of(struct arena *a, struct journal *j,
    const struct journal_query *query, struct journal_drifts *out,
    struct err *e)
{
	struct gathering g = { .arena = a, .into = out };
	struct row_query q = { .table = ROW_DRIFT, .rest = sql_newest_of,
		.text = query->address,
		.number = { 0, limit_of(query->limit) },
		.each = take_drift, .context = &g };

	*out = (struct journal_drifts){ 0 };
	return journal_ask(j, &q, e);
}
