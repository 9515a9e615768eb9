/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal.h - what was meant, what was done, and what was never finished.
 *
 * STATE/journal.db; journal.c says what it promises. One process writes, under
 * STATE/lock, from as many threads as it likes; any number of others read.
 * Strings that are given need to live only for the call. -1: said why, without
 * a place. After a damaged or failing database was said once, every further
 * call fails with it; after a full disk, the next call may go well.
 */
#pragma once

#include "../specs/err.h"
#include "record.h"

struct journal;

enum journal_mode {
	/* makes no file, works where nothing can be written or nothing is */
	JOURNAL_READ,
	/* makes the directory (0700), the journal (0600) and the key */
	JOURNAL_WRITE,
};

/*
 * `state` is the directory. To write, all rows since the last run began are
 * checked; every other row is checked when it is read.
 */
int journal_open(struct arena *, const char *state, enum journal_mode,
    struct journal **, struct err *);
/* NULL is fine. journal_flush() before it, to know whether all went well */
void journal_close(struct journal *);
void journal_closep(struct journal **);
#define scoped_journal __attribute__((cleanup(journal_closep))) struct journal
/* every row, and SQLite's own check; 0: whole. `rows` may be NULL */
int journal_verify(struct journal *, int64_t *rows, struct err *);
/* 32 random bytes, kept in STATE/key, for digests of sensitive values; they
   live as long as the journal. Reading where there is no key: for now only */
const unsigned char *journal_key(struct journal *);
/* the key without a journal. Made where it is missing; only under the lock */
int journal_key_make(const char *state, struct err *);
/* 1: filled in; 0: there is none, so there was no run; -1 */
int journal_key_look(const char *state, unsigned char key[32], struct err *);
/* transactions so far; each is one fsync(2) of the journal */
int64_t journal_commits(struct journal *);

/* --- writing; all of it between journal_run_begin and journal_run_end --- */

/* `run`, `at` and what follows `at` are filled in or not used */
int journal_run_begin(struct journal *, const struct journal_run *,
    int64_t *run, struct err *);
/* synced, with all that came before */
int journal_run_end(struct journal *, int result,
    const struct journal_counts *, struct err *);
/*
 * Announce: when it returns 0, all of them are on the disk, with the refreshes
 * they owe, and may be done. Filled in: `act` and `run` of each. Threads that
 * call it at the same time share a sync. An address with an open act is a
 * mistake of the caller unless that act was left by an earlier run: then the
 * new one is in its place, and the old one is closed as "superseded".
 */
int journal_intend(struct journal *, struct journal_act *, size_t,
    struct err *);
/*
 * Close acts or note states. In order, but synced only with the next intent,
 * journal_flush() or journal_run_end(): a crash before then leaves the act
 * open. An act that is not open is refused.
 */
int journal_done(struct journal *, const struct journal_outcome *, size_t,
    struct err *);
/* a refresh is due without an act of this run (an act found open, say) */
int journal_refresh_owe(struct journal *, const char *address,
    const char *because, struct err *);
/* settled without an act of its own; `how` as in struct journal_outcome */
int journal_refresh_paid(struct journal *, const char *address,
    const char *how, struct err *);
/* `run` and `at` are filled in by the journal */
int journal_drift(struct journal *, const struct journal_drift *, size_t,
    struct err *);
/* all that was given until now is on the disk */
int journal_flush(struct journal *, struct err *);

/* --- reading; see what was given until now, synced or not --- */

/* the whole inventory */
int journal_states(struct arena *, struct journal *, struct journal_states *,
    struct err *);
/* NULL: it was never there, or is forgotten */
const struct journal_state *journal_states_find(const struct journal_states *,
    const char *address);
/* 1: found, 0: not in the inventory, -1 */
int journal_state_find(struct arena *, struct journal *, const char *address,
    struct journal_state *, struct err *);
/* announced and never closed, oldest first: look before anything is planned */
int journal_open_acts(struct arena *, struct journal *, struct journal_acts *,
    struct err *);
/* still owed, each address once, oldest first */
int journal_refreshes(struct arena *, struct journal *,
    struct journal_refreshes *, struct err *);
/*
 * What is owed to a reboot, by journal_intend() or journal_refresh_owe() to an
 * address that begins so, and is no refresh: each time that it was, oldest
 * first.
 */
#define REBOOT_PREFIX "reboot:"
int journal_reboots(struct arena *, struct journal *,
    struct journal_refreshes *, struct err *);

/* newest first; `limit` 0: all */
int journal_runs(struct arena *, struct journal *, size_t limit,
    struct journal_runs *, struct err *);
/* 1: found, 0: there was no such run, -1 */
int journal_run_find(struct arena *, struct journal *, int64_t run,
    struct journal_run *, struct err *);
/* acts of a run, as announced */
int journal_acts(struct arena *, struct journal *, int64_t run,
    struct journal_acts *, struct err *);
/* acts of a resource, newest first */
struct journal_query {
	const char *address;
	size_t limit; /* 0: all */
};
int journal_acts_of(struct arena *, struct journal *,
    const struct journal_query *, struct journal_acts *, struct err *);
/* 1: found, 0, -1 */
int journal_act_find(struct arena *, struct journal *, int64_t act,
    struct journal_act *, struct err *);
/* the addresses of the inventory, quickly and unchecked; texts live only for
   the call of `each` */
int journal_addresses(struct journal *, void (*each)(void *, const char *),
    void *context, struct err *);
/* every refresh that the acts of a run owed, paid or not, as often as it did */
int journal_owed_in(struct arena *, struct journal *, int64_t run,
    struct journal_refreshes *, struct err *);
/* 1: what is there was created by us, 0: it was there before, -1 */
int journal_created(struct arena *, struct journal *, const char *address,
    struct err *);
/* what was found to have drifted, in a run; of a resource, newest first */
int journal_drifts(struct arena *, struct journal *, int64_t run,
    struct journal_drifts *, struct err *);
int journal_drifts_of(struct arena *, struct journal *,
    const struct journal_query *, struct journal_drifts *, struct err *);
