/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recall.c - what earlier runs left, asked for only where it matters.
 */
#include "recall.h"

/* from then on it is cheaper to read all */
enum { SINGLY = 64 };

int recall_all(struct recall *r, struct err *err)
{
	if (r->whole)
		return 0;
	r->whole = true;
	return journal_states(r->arena, r->journal, &r->states, err);
}

const struct journal_state *recall_state(struct recall *r,
    const char *address, struct err *err)
{
	struct journal_state *one;

	if (r->asked++ >= SINGLY && recall_all(r, err))
		return NULL;
	if (r->whole)
		return journal_states_find(&r->states, address);
	one = arena_new(r->arena, struct journal_state);
	return journal_state_find(r->arena, r->journal, address, one, err) > 0
	    ? one : NULL;
}
