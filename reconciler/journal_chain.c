/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal_chain.c - are the rows all there, in their order, and unchanged:
 * (5) and (6) of journal.c.
 *
 * The tables are walked side by side, always on with the one whose row has the
 * lowest number; so the numbers must come as 1, 2, 3.
 */
#include <string.h>

#include "journal_rows.h"

struct walk {
	struct arena *arena;
	struct cursor *cursor[ROW_TABLES];
	/* the row each stands on; number 0: it is at its end */
	struct row row[ROW_TABLES];
};

static void walk_end(struct walk *w)
{
	int i;

	for (i = 0; i < ROW_TABLES; i++)
		if (w->cursor[i])
			cursor_close(w->cursor[i]);
	arena_close(w->arena);
}

static int walk_step(struct walk *w, int i, char why[WHY])
{
	int found;

	w->row[i].table = (enum row_table)i;
	found = cursor_step(w->cursor[i], &w->row[i], why);
	if (found == 0)
		w->row[i].number = 0;
	return found < 0 ? -1 : 0;
}

static int walk_begin(struct walk *w, struct database *d, int64_t first,
    char why[WHY])
{
	int i;

	w->arena = arena_open();
	for (i = 0; i < ROW_TABLES; i++) {
		w->cursor[i] = cursor_open(w->arena, d, (enum row_table)i,
		    first);
		if (walk_step(w, i, why))
			return -1;
	}
	return 0;
}

/* the table with the lowest number, or -1 when all are at their end */
static int walk_next(const struct walk *w)
{
	int i, least = -1;

	for (i = 0; i < ROW_TABLES; i++)
		if (w->row[i].number && (least < 0 ||
		    w->row[i].number < w->row[least].number))
			least = i;
	return least;
}

/* from row `first` on, 0: all; the one before it must be what it follows */
static int check_from(struct database *d, int64_t first, char why[WHY])
{
	__attribute__((cleanup(walk_end))) struct walk w = { 0 };
	struct head *head = database_head(d);
	int64_t expected = first > 1 ? first - 1 : 1;
	bool linked = expected == 1;
	int i;

	*head = (struct head){ 0 };
	if (walk_begin(&w, d, expected, why))
		return -1;
	for (; (i = walk_next(&w)) >= 0; expected++) {
		if (w.row[i].number != expected)
			return database_damaged(d, why, "a row is missing",
			    expected);
		if (linked && memcmp(w.row[i].previous, head->digest, DIGEST))
			return database_damaged(d, why,
			    "a row does not follow the one before", expected);
		linked = true;
		head->number = expected;
		memcpy(head->digest, w.row[i].digest, DIGEST);
		if (walk_step(&w, i, why))
			return -1;
	}
	if (head->number < first)
		return database_damaged(d, why, "a row is missing", expected);
	return 0;
}

static int check(struct database *d, bool whole, char why[WHY])
{
	int64_t first = 0;

	if (database_follow(d, why))
		return -1;
	if (!whole && database_each(d,
	    "SELECT coalesce(max(number), 0) FROM run", ANSWER(first), why))
		return -1;
	if (check_from(d, first, why))
		return -1;
	return whole ? database_integrity(d, why) : 0;
}

/* in a transaction, so that all tables are seen at one moment */
int chain_check(struct database *d, bool whole, char why[WHY])
{
	char unsaid[WHY];
	int result;

	if (database_execute(d, "BEGIN", why))
		return -1;
	result = check(d, whole, why);
	database_execute(d, "COMMIT", unsaid);
	return result;
}
