/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recall.h - what earlier runs left, asked for only where it matters.
 *
 * A plan with nothing to change needs none of it, one with a few changes a few
 * rows; only when it is many is the whole inventory read.
 */
#pragma once

#include "journal.h"

struct recall {
	struct arena *arena;
	struct journal *journal;
	size_t asked;
	bool whole;
	struct journal_states states;
};

/* NULL: never done, or forgotten, or it cannot be read and that was said */
const struct journal_state *recall_state(struct recall *, const char *address,
    struct err *);
/* the whole inventory; -1 */
int recall_all(struct recall *, struct err *);
