/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal_past.c - what going back asks of the journal.
 */
#include <string.h>

#include "journal_rows.h"

int journal_addresses(struct journal *j, void (*each)(void *, const char *),
    void *context, struct err *e)
{
	const struct answers to = { .each = each, .context = context };
	char why[WHY];
	int result;

	if (!j->database)
		return 0;
	if (queue_hold(j->queue, why))
		return err_at(e, (struct pos){ 0 }, "%s", why);
	result = database_each(j->database, sql_addresses, &to, why);
	queue_release(j->queue);
	return result ? err_at(e, (struct pos){ 0 }, "%s", why) : 0;
}

struct owings {
	struct arena *arena;
	struct journal_refreshes *out;
	size_t capacity;
};

static const char *text_at(struct arena *a, const struct cell *c)
{
	return c->type == CELL_TEXT ? arena_copy(a, c->text, c->size) : NULL;
}

static void take_owed(void *context, const struct row *r)
{
	struct owings *o = context;
	struct journal_owed owed = { .run = r->cell[0].number,
		.act = r->cell[1].number, .since = r->at,
		.address = text_at(o->arena, &r->cell[2]),
		.because = text_at(o->arena, &r->cell[3]) };

	arena_push(o->arena, o->out->item, o->out->count, o->capacity, owed);
}

int journal_owed_in(struct arena *a, struct journal *j, int64_t run,
    struct journal_refreshes *out, struct err *e)
{
	struct owings o = { .arena = a, .out = out };
	struct row_query q = { .table = ROW_OWED, .rest = sql_run,
		.number = { run }, .each = take_owed, .context = &o };

	*out = (struct journal_refreshes){ 0 };
	return journal_ask(j, &q, e);
}

static void take_number(void *context, const struct row *r)
{
	*(int64_t *)context = r->number;
}

/* an act that failed may have found what somebody else made meanwhile */
static bool did(const struct journal_act *act)
{
	return !act->outcome || strcmp(act->outcome, "failed") != 0;
}

int journal_created(struct arena *a, struct journal *j, const char *address,
    struct err *e)
{
	struct journal_query query = { .address = address };
	struct journal_acts acts;
	int64_t forgotten = 0;
	struct row_query q = { .table = ROW_CLOSED, .rest = sql_forgotten,
		.text = address, .each = take_number, .context = &forgotten };
	size_t i;

	if (journal_ask(j, &q, e) || journal_acts_of(a, j, &query, &acts, e))
		return -1;
	for (i = 0; i < acts.count; i++) {
		const struct journal_act *act = &acts.item[i];

		if (act->act < forgotten)
			return 0;
		if (did(act) && !strcmp(act->action, "create") && !act->before)
			return 1;
		if (did(act) && !strcmp(act->action, "remove"))
			return 0;
	}
	return 0;
}
