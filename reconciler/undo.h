/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * undo.h - the way back of a run, as a run of its own.
 *
 * All that the run changed, or may have changed, is declared as it was before
 * its first act there; that is planned and applied as anything else is.
 */
#pragma once

#include "past.h"
#include "run.h"

/* one resource that the run did something to */
struct undone {
	const char *address;
	/* the first act of it; the last that changed it, or refreshed it where
	   none did */
	const struct journal_act *first, *last;
	struct past past;
	/* it was refreshed and not changed */
	bool only_refreshed;
	/* NULL: it cannot be undone, and past.refusal says why, or there is
	   nothing to undo */
	struct resource *resource;
};

struct undo {
	/* --- asked for --- */

	int64_t number;
	/* of what to undo; none: all of it */
	struct strings addresses;

	/* --- what becomes known --- */

	struct journal_run run;
	struct journal_acts acts;
	struct journal_refreshes owed;
	struct undone *items;
	size_t count, capacity;
	struct lookup lookup;
	/* by number of resource */
	struct undone **of;
};

/*
 * What the journal has of that run, as a graph that is sorted. `r` is asked for
 * what it needs besides a site, and knows the journal. -1: there is no such
 * run, it is another host's, or nothing is known of it.
 */
int undo_load(struct run *r, struct undo *);
/* say in the plan what was changed since by others */
void undo_note(struct run *r, struct undo *);
/* why an item cannot be undone; NULL: it can, or there is nothing to undo */
const char *undo_refusal(const struct undone *);

/* --- undo_order.c --- */

/* edges of the way back */
int undo_connect(struct graph *, const struct undo *, struct err *);
