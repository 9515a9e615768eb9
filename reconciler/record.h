/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * record.h - what the journal holds, as its callers see it.
 *
 * Texts are kept as they are given: secrets are taken out by the caller. Times
 * are microseconds of CLOCK_REALTIME. Numbers of acts and rows start at 1 and
 * grow.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../specs/arena.h"
#include "lookup.h"

/* what it came to; `result` is the exit code */
struct journal_counts {
	int64_t created, updated, removed, refreshed, unchanged, failed,
	    skipped;
};

struct journal_run {
	/* from 1, one after the other */
	int64_t run;
	const char *site; /* its path */
	const char *revision; /* NULL: not in git */
	const char *command;
	const char *user;
	const char *host;
	int64_t at;
	/* 0: it has not ended, or was killed */
	int64_t ended;
	int result;
	struct journal_counts counts;
};

/* announced; from `closed` on what came of it, when it is read back */
struct journal_act {
	int64_t act;
	int64_t run;
	int64_t at;
	const char *address;
	const char *action; /* create, update, remove, refresh */
	const char *cause; /* shown after the address */
	const char *desired; /* JSON; NULL: nothing is desired */
	const char *before; /* JSON; NULL: it was absent */
	struct strings objects; /* digests of the bytes from before */
	struct strings owes; /* addresses to refresh after it; only written */

	int64_t closed; /* when; 0: open */
	const char *outcome; /* ok, failed, already; NULL: open */
	const char *error; /* NULL: none */
	const char *after; /* JSON; NULL: absent, or unknown where it failed */
};

enum journal_keep {
	STATE_SAME, /* the inventory stays as it is */
	STATE_LEFT, /* `after` is how this run leaves it */
	STATE_FORGOTTEN, /* it is no longer in the inventory */
};

struct journal_outcome {
	int64_t act; /* 0: no act, only a state is noted (adopted, forgotten) */
	const char *address;
	const char *outcome; /* ok, failed, already; adopted, forgotten */
	const char *error; /* NULL: none */
	const char *after; /* JSON; NULL: absent */
	/* how the refreshes owed to it were settled: "refreshed", "restarted",
	   "not needed"; NULL: they are not, or there are none */
	const char *paid;
	enum journal_keep keep;
	/* the rest only with STATE_LEFT */
	const char *desired; /* 64 hex digits */
	const char *pos; /* file:line */
	bool protect;
};

/* what the last run left of a resource */
struct journal_state {
	const char *address;
	const char *desired; /* 64 hex digits */
	const char *observed; /* JSON; NULL: absent, as it was asked to be */
	const char *site;
	const char *pos;
	bool protect;
	int64_t run;
	int64_t act; /* that made it so; 0: adopted */
	int64_t row; /* in the order in which they were made so */
};

/* sorted by address */
struct journal_states {
	size_t count;
	struct journal_state *item;
	struct lookup lookup;
};

struct journal_owed {
	const char *address; /* what is to be refreshed */
	const char *because; /* the address that changed */
	int64_t act, run, since; /* of the first act that owes it */
};

struct journal_drift {
	int64_t run, at;
	const char *address;
	const char *class; /* corrective, intentional, flapping, unknown */
	const char *summary; /* JSON */
};

#define JOURNAL(name, type) struct name { size_t count; struct type *item; }
JOURNAL(journal_runs, journal_run);
JOURNAL(journal_acts, journal_act);
JOURNAL(journal_refreshes, journal_owed);
JOURNAL(journal_drifts, journal_drift);
#undef JOURNAL
