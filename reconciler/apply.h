/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * apply.h - make it so: a plan's changes, in parallel, in order.
 */
#pragma once

#include <stdatomic.h>

#include "plan.h"

/* what became of one resource */
enum fate {
	FATE_WAITS,
	/* nothing was to be done */
	FATE_SAME,
	/* it was as desired already when its turn came */
	FATE_ALREADY,
	FATE_CHANGED,
	FATE_REFRESHED,
	FATE_FAILED,
	/* something that it needs failed, or was skipped */
	FATE_SKIPPED,
	/* something that it needs waits for a reboot of the host */
	FATE_HELD,
	/* the run was stopped before its turn */
	FATE_STOPPED,
};

struct applier;
struct policy_check;
struct saved;

/* one resource's turn */
struct task {
	struct applier *applier;
	struct resource *resource;
	/* NULL: nothing was planned, but it may have moved since */
	const struct change *change;
	/* of the thread that works on it */
	struct arena *arena;
	struct err err;
	struct job job;
	enum fate fate;
	/* what was found to do when its turn came, and did */
	enum action action;
	uint64_t differ;
	/* something that notifies it did change, or an earlier run owes it */
	bool notified;
	/* what refresh did: "reload"; NULL: none was due */
	const char *refreshed;
	/* something that comes before it did change in this run */
	bool stirred;
	/* it was not touched, because it moved since the plan was saved */
	bool stale;
	/* why the host needs a reboot after it; NULL */
	const char *reboot;
	/* what it was skipped or held by, the first one: an address */
	const char *because;
	int64_t act;
	int64_t began; /* milliseconds of CLOCK_MONOTONIC */
	int64_t took;
};

struct applier {
	struct arena *arena;
	struct graph *graph;
	const struct plan *plan;
	struct host *host;
	struct journal *journal;
	const char *state;
	const struct reader *reader;
	size_t jobs;
	/* what was reviewed; NULL: what is found to do is done */
	const struct saved *saved;
	/* for what was not known when the plan was made */
	const struct policy_check *policy;
	/* what earlier runs left waiting */
	const struct reboots *reboots;
	/* 1: start nothing new; 2: end what is under way as well */
	const atomic_int *stop;
	const atomic_bool *stop_hard;

	/* told from any thread, one at a time; NULL where nobody listens */
	void *watcher;
	void (*on_begin)(void *, const struct task *);
	void (*on_say)(void *, const struct task *, const char *text);
	void (*on_end)(void *, const struct task *);

	/* --- what came of it --- */
	/* `ran` are commands and the like that went well */
	size_t ran;
	size_t changed, refreshed, failed, skipped, held, stopped;
	/* changed, and the host needs a reboot after it */
	size_t rebooting;
	/* of those that failed */
	size_t stale;
	struct journal_counts counts;
	/* by number of resource */
	enum fate *fates;
	struct schedule *schedule;
};

/* do it; what failed was told, and is in the counts. -1: the journal failed */
int apply_plan(struct applier *, struct err *);
/* whether a resource's attributes are what they will be: for output() */
bool apply_is_settled(const struct applier *, const struct resource *);

/* --- keep.c --- */

/*
 * The bytes that are about to go, of tasks that are about to be announced: kept
 * durably, and named in `objects` of their acts. What is secret is not kept.
 */
int keep_bytes(struct task *const *, struct journal_act *, size_t,
    struct err *);

/* --- act.c: one turn, or several of a group at once --- */

/*
 * Tasks that are announced together: of one kind that is applied in one act, or
 * of any kinds that are not. All have a fate then. -1: the journal failed.
 */
int act_together(struct task *, size_t, struct err *journal_err);
