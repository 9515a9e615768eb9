/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal_write.c - what callers say, as rows.
 *
 * Which addresses have an open act is known here, from the journal at start and
 * from then on by what was announced and closed: (2) of journal.c.
 */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "journal_rows.h"

static int say(struct err *e, const char *why)
{
	return err_at(e, (struct pos){ 0 }, "%s", why);
}

/* rows that will be one request */
struct sheet {
	struct arena *arena;
	struct row *rows;
	size_t count;
	size_t capacity;
	int64_t at;
};

static struct row *sheet_add(struct sheet *s, enum row_table table)
{
	struct row row = { .table = table, .at = s->at };

	arena_push(s->arena, s->rows, s->count, s->capacity, row);
	return &s->rows[s->count - 1];
}

/* hand them over, to be written in their turn; the arena goes with them */
static int sheet_put(struct journal *j, struct sheet *s, struct err *e)
{
	struct request *r = arena_new(s->arena, struct request);
	char why[WHY];

	r->rows = s->rows;
	r->count = s->count;
	r->own = s->arena;
	return queue_put(j->queue, r, why) ? say(e, why) : 0;
}

/* returns when they are on the disk */
static int sheet_write(struct journal *j, const struct sheet *s,
    struct err *e)
{
	struct request r = { .rows = s->rows, .count = s->count };

	return queue_wait(j->queue, &r) ? say(e, r.why) : 0;
}

static struct cell kept_text(struct sheet *s, const char *text)
{
	return cell_text(text ? arena_string(s->arena, text) : NULL);
}

/* --- what is open --- */

static struct opened *opened_find(struct journal *j, const char *address)
{
	ptrdiff_t i = lookup_find(&j->lookup, NAMED(j->opened), address);

	return i == LOOKUP_NONE ? NULL : &j->opened[i];
}

static struct opened *opened_of(struct journal *j, const char *address)
{
	struct opened *found = opened_find(j, address);
	struct opened fresh = { 0 };

	if (found)
		return found;
	fresh.address = arena_string(j->arena, address);
	assert(j->opened || !j->opened_capacity);
	arena_push(j->arena, j->opened, j->opened_count, j->opened_capacity,
	    fresh);
	lookup_add(j->arena, &j->lookup, NAMED(j->opened),
	    j->opened_count - 1);
	return &j->opened[j->opened_count - 1];
}

int opened_read(struct journal *j, struct err *e)
{
	scoped_arena *a = arena_open();
	struct journal_acts acts;
	struct opened *o;
	size_t i;

	if (journal_open_acts(a, j, &acts, e))
		return -1;
	for (i = 0; i < acts.count; i++) {
		o = opened_of(j, acts.item[i].address);
		o->act = acts.item[i].act;
		o->earlier = true;
	}
	return 0;
}

/* --- runs --- */

struct beginning {
	int64_t last;
	int64_t oldest;
};

static void take_last(void *context, const struct row *r)
{
	((struct beginning *)context)->last = r->cell[0].number;
}

static void take_oldest(void *context, const struct row *r)
{
	struct beginning *b = context;

	if (!b->oldest || r->number < b->oldest)
		b->oldest = r->number;
}

/* what a new run must know of those before it */
static int look_back(struct journal *j, struct beginning *b, struct err *e)
{
	struct row_query last = { .table = ROW_RUN, .rest = sql_newest,
		.number = { 1 }, .each = take_last, .context = b };
	struct row_query open = { .table = ROW_ACT, .rest = sql_open_acts,
		.number = { j->oldest }, .each = take_oldest, .context = b };
	struct row_query owed = { .table = ROW_OWED, .rest = sql_still_owed,
		.number = { j->oldest }, .each = take_oldest, .context = b };

	if (journal_ask(j, &last, e) || journal_ask(j, &open, e))
		return -1;
	return journal_ask(j, &owed, e);
}

int journal_run_begin(struct journal *j, const struct journal_run *run,
    int64_t *number, struct err *e)
{
	scoped_arena *a = arena_open();
	struct sheet s = { .arena = a, .at = journal_now() };
	struct beginning b = { 0 };
	struct row *r;

	assert(j->mode == JOURNAL_WRITE && !j->run);
	if (look_back(j, &b, e))
		return -1;
	r = sheet_add(&s, ROW_RUN);
	r->cell[0] = cell_number(b.last + 1);
	r->cell[1] = b.oldest ? cell_number(b.oldest) :
	    (struct cell){ .type = CELL_ROW };
	r->cell[2] = cell_text(run->site);
	r->cell[3] = cell_text(run->revision);
	r->cell[4] = cell_text(run->command);
	r->cell[5] = cell_text(run->user);
	r->cell[6] = cell_text(run->host);
	if (sheet_write(j, &s, e))
		return -1;
	j->run = *number = b.last + 1;
	j->oldest = r->cell[1].number;
	j->site = arena_string(j->arena, run->site);
	return 0;
}

int journal_run_end(struct journal *j, int result,
    const struct journal_counts *c, struct err *e)
{
	scoped_arena *a = arena_open();
	struct sheet s = { .arena = a, .at = journal_now() };
	struct row *r = sheet_add(&s, ROW_RUN_END);
	size_t i;

	assert(j->run);
	r->cell[0] = cell_number(j->run);
	r->cell[1] = cell_number(result);
	r->cell[2] = cell_number(c->created);
	r->cell[3] = cell_number(c->updated);
	r->cell[4] = cell_number(c->removed);
	r->cell[5] = cell_number(c->refreshed);
	r->cell[6] = cell_number(c->unchanged);
	r->cell[7] = cell_number(c->failed);
	r->cell[8] = cell_number(c->skipped);
	if (sheet_write(j, &s, e))
		return -1;
	j->run = 0;
	for (i = 0; i < j->opened_count; i++)
		j->opened[i].earlier = true;
	return 0;
}

/* --- acts --- */

static void add_owed(struct journal *j, struct sheet *s, struct cell act,
    const struct journal_owed *o)
{
	struct row *r = sheet_add(s, ROW_OWED);

	r->cell[0] = cell_number(j->run);
	r->cell[1] = act;
	r->cell[2] = kept_text(s, o->address);
	r->cell[3] = kept_text(s, o->because);
}

static const char *joined(struct arena *a, const struct strings *list)
{
	struct text t = text_new(a);
	size_t i;

	for (i = 0; i < list->count; i++)
		text_addf(&t, "%s%s", i ? " " : "", list->item[i]);
	return list->count ? text_string(&t) : NULL;
}

/* where the act's own row is */
static size_t add_act(struct journal *j, struct sheet *s,
    const struct journal_act *act)
{
	struct row *r = sheet_add(s, ROW_ACT);
	size_t at = s->count - 1, i;

	r->cell[0] = cell_number(j->run);
	r->cell[1] = cell_text(act->address);
	r->cell[2] = cell_text(act->action);
	r->cell[3] = cell_text(act->cause);
	r->cell[4] = cell_text(act->desired);
	r->cell[5] = cell_text(act->before);
	r->cell[6] = cell_text(joined(s->arena, &act->objects));
	for (i = 0; i < act->owes.count; i++)
		add_owed(j, s, (struct cell){ CELL_ROW, (int64_t)at, NULL, 0 },
		    &(struct journal_owed){ .address = act->owes.item[i],
			.because = act->address });
	return at;
}

/* an act that an earlier run left open gives way to the one that follows it */
static void add_superseded(struct journal *j, struct sheet *s,
    const struct opened *o)
{
	struct row *r = sheet_add(s, ROW_CLOSED);

	r->cell[0] = cell_number(j->run);
	r->cell[1] = cell_number(o->act);
	r->cell[2] = cell_text(o->address);
	r->cell[3] = cell_text("superseded");
	r->cell[6] = cell_number(STATE_SAME);
	r->cell[10] = cell_number(0);
}

/* an intent on its way, and what there was, should it not arrive */
struct intent {
	struct journal_act *act;
	size_t row;
	struct opened was;
};

static int reserve(struct journal *j, struct sheet *s, struct intent *intent,
    struct err *e)
{
	struct opened *o = opened_of(j, intent->act->address);

	if (o->act && !o->earlier)
		return err_at(e, (struct pos){ 0 },
		    "%s has an act under way already: only one at a time can be told apart",
		    o->address);
	if (o->act)
		add_superseded(j, s, o);
	intent->was = *o;
	intent->row = add_act(j, s, intent->act);
	o->act = -1;
	o->earlier = false;
	return 0;
}

static void take_back(struct journal *j, const struct intent *intents,
    size_t n)
{
	while (n--)
		*opened_find(j, intents[n].was.address) = intents[n].was;
}

static int reserve_all(struct journal *j, struct sheet *s,
    struct intent *intents, size_t n, struct err *e)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (reserve(j, s, &intents[i], e)) {
			take_back(j, intents, i);
			return -1;
		}
	return 0;
}

/* they are on the disk */
static void arrive(struct journal *j, const struct sheet *s,
    const struct intent *intents, size_t n)
{
	size_t i;

	assert(s->rows || !n);
	for (i = 0; i < n; i++) {
		intents[i].act->act = s->rows[intents[i].row].number;
		intents[i].act->run = j->run;
		opened_find(j, intents[i].act->address)->act =
		    intents[i].act->act;
	}
}

int journal_intend(struct journal *j, struct journal_act *acts, size_t n,
    struct err *e)
{
	scoped_arena *a = arena_open();
	struct sheet s = { .arena = a, .at = journal_now() };
	struct intent *intents = arena_array(a, n, sizeof(*intents));
	int result;
	size_t i;

	assert(j->run);
	for (i = 0; i < n; i++)
		intents[i].act = &acts[i];
	pthread_mutex_lock(&j->mutex);
	result = reserve_all(j, &s, intents, n, e);
	pthread_mutex_unlock(&j->mutex);
	if (result)
		return -1;
	result = sheet_write(j, &s, e);
	pthread_mutex_lock(&j->mutex);
	if (result)
		take_back(j, intents, n);
	else
		arrive(j, &s, intents, n);
	pthread_mutex_unlock(&j->mutex);
	return result;
}

/* --- outcomes --- */

static void add_outcome(struct journal *j, struct sheet *s,
    const struct journal_outcome *o)
{
	struct row *r = sheet_add(s, ROW_CLOSED);
	bool left = o->keep == STATE_LEFT;

	r->cell[0] = cell_number(j->run);
	if (o->act)
		r->cell[1] = cell_number(o->act);
	r->cell[2] = kept_text(s, o->address);
	r->cell[3] = kept_text(s, o->outcome);
	r->cell[4] = kept_text(s, o->error);
	r->cell[5] = kept_text(s, o->after);
	r->cell[6] = cell_number(o->keep);
	r->cell[7] = kept_text(s, left ? o->desired : NULL);
	r->cell[8] = kept_text(s, left ? j->site : NULL);
	r->cell[9] = kept_text(s, left ? o->pos : NULL);
	r->cell[10] = cell_number(left && o->protect);
}

static void add_paid(struct journal *j, struct sheet *s, const char *address,
    const char *how)
{
	struct row *r = sheet_add(s, ROW_PAID);

	r->cell[0] = cell_number(j->run);
	r->cell[1] = kept_text(s, address);
	r->cell[2] = kept_text(s, how);
}

/* an act can be closed once, and only while it is open */
static int close_acts(struct journal *j, const struct journal_outcome *o,
    size_t n, struct err *e)
{
	struct opened *opened;
	size_t i;

	for (i = 0; i < n; i++) {
		opened = o[i].act ? opened_find(j, o[i].address) : NULL;
		if (o[i].act && (!opened || opened->act != o[i].act))
			return err_at(e, (struct pos){ 0 },
			    "%s has no open act %" PRId64, o[i].address,
			    o[i].act);
		if (opened)
			opened->act = 0;
	}
	return 0;
}

int journal_done(struct journal *j, const struct journal_outcome *o, size_t n,
    struct err *e)
{
	struct sheet s = { .at = journal_now() };
	size_t i;
	int result;

	assert(j->run);
	pthread_mutex_lock(&j->mutex);
	result = close_acts(j, o, n, e);
	pthread_mutex_unlock(&j->mutex);
	if (result)
		return -1;
	s.arena = arena_open();
	for (i = 0; i < n; i++) {
		add_outcome(j, &s, &o[i]);
		if (o[i].paid)
			add_paid(j, &s, o[i].address, o[i].paid);
	}
	return sheet_put(j, &s, e);
}

int journal_refresh_owe(struct journal *j, const char *address,
    const char *because, struct err *e)
{
	struct sheet s = { .arena = arena_open(), .at = journal_now() };

	assert(j->run);
	add_owed(j, &s, (struct cell){ .type = CELL_NULL },
	    &(struct journal_owed){ .address = address, .because = because });
	return sheet_put(j, &s, e);
}

int journal_refresh_paid(struct journal *j, const char *address,
    const char *how, struct err *e)
{
	struct sheet s = { .arena = arena_open(), .at = journal_now() };

	assert(j->run);
	add_paid(j, &s, address, how);
	return sheet_put(j, &s, e);
}

int journal_drift(struct journal *j, const struct journal_drift *drifts,
    size_t n, struct err *e)
{
	struct sheet s = { .arena = arena_open(), .at = journal_now() };
	struct row *r;
	size_t i;

	assert(j->run);
	for (i = 0; i < n; i++) {
		r = sheet_add(&s, ROW_DRIFT);
		r->cell[0] = cell_number(j->run);
		r->cell[1] = kept_text(&s, drifts[i].address);
		r->cell[2] = kept_text(&s, drifts[i].class);
		r->cell[3] = kept_text(&s, drifts[i].summary);
	}
	return sheet_put(j, &s, e);
}
