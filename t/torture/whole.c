/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * whole.c - STATE: check all of a journal and say what it holds open.
 *
 * Lines "open ADDRESS", "owed ADDRESS" and, of the last run, "act ADDRESS
 * OUTCOME". Ends with 2 when there is no journal yet, with 1 when it is not
 * whole.
 */
#include <stdio.h>
#include <unistd.h>

#include "../../reconciler/journal.h"

static int say(struct arena *a, struct journal *j, struct err *e)
{
	struct journal_acts open, acts = { 0 };
	struct journal_refreshes owed;
	struct journal_runs runs;
	size_t i;

	if (journal_verify(j, NULL, e) || journal_open_acts(a, j, &open, e) ||
	    journal_refreshes(a, j, &owed, e) ||
	    journal_runs(a, j, 1, &runs, e))
		return -1;
	if (runs.count && journal_acts(a, j, runs.item[0].run, &acts, e))
		return -1;
	for (i = 0; i < open.count; i++)
		printf("open %s\n", open.item[i].address);
	for (i = 0; i < owed.count; i++)
		printf("owed %s\n", owed.item[i].address);
	for (i = 0; i < acts.count; i++)
		printf("act %s %s\n", acts.item[i].address,
		    acts.item[i].outcome ? acts.item[i].outcome : "open");
	return 0;
}

int main(int argc, char **argv)
{
	scoped_arena *a = arena_open();
	scoped_journal *j = NULL;
	struct err e = err_new(a);

	if (argc != 2)
		return 3;
	if (access(arena_printf(a, "%s/journal.db", argv[1]), F_OK))
		return 2;
	if (!journal_open(a, argv[1], JOURNAL_READ, &j, &e) && !say(a, j, &e))
		return 0;
	fputs(err_text(a, &e, 0), stderr);
	return 1;
}
