/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run.h - one run: load, observe, plan, apply; the loop on one screen.
 */
#pragma once

#include "../specs/spec.h"
#include "apply.h"
#include "lock.h"
#include "policy.h"

struct run {
	/* --- what is asked for --- */
	struct arena *arena;
	struct err *err;
	const char *path; /* of the site */
	const char *state;
	const char *root;
	size_t jobs;
	const struct strings *targets, *excludes;
	/* remove what the site created and no longer declares */
	bool prune;
	/* kinds of which any number may be removed; see guard.h */
	const struct strings *allows;
	/* 1: finish what is under way; 2: end it */
	const atomic_int *stop;
	const atomic_bool *stop_hard;
	/* how far looking is, of how many; or NULL */
	void (*progress)(void *, size_t done, size_t total);
	void *context;

	/* --- what becomes known, in this order --- */
	struct site *site; /* NULL: a run is undone */
	/* its directory, absolute: what the journal knows it by */
	const char *where;
	struct host host;
	struct policy policy;
	struct policy_check check;
	bool host_is_open;
	struct value facts;
	struct evaluator *evaluator;
	struct reader reader;
	struct spec spec;
	struct graph graph;
	struct journal *journal;
	struct recall recall;
	struct journal_refreshes refreshes;
	struct journal_acts open;
	struct reboots reboots;
	struct plan plan;
	struct applier applier;
	/* of the journal, from run_apply() on */
	int64_t number;
};

/* the machine that it is for */
int run_open_host(struct run *);
/* read the site: graph is made and sorted; facts of the host are known */
int run_load(struct run *);
/* what the journal knows; `mode` JOURNAL_READ makes no file */
int run_recall(struct run *, enum journal_mode mode);
/* look, and plan; plan.unknown counts what could not be looked at */
int run_plan(struct run *);
/*
 * Do what the plan says; a run of the journal, which ends with `result` as
 * run_result() tells it.
 */
int run_apply(struct run *, const char *command);
/* the exit code of what was planned and done */
int run_result(const struct run *);
/* the graph of what `spec` holds now */
int run_connect(struct run *);
/* the name of the user that plumb runs as */
const char *run_user(struct arena *);
void run_close(struct run *);

/* --- prune.c --- */

/*
 * Find the orphans. Where they are to be removed, the graph is made again with
 * them in it; -1 also where plan.orphans.refusal says why not.
 */
int prune_find(struct run *);
/* what is gone or was never ours is forgotten; within a run of the journal */
int prune_forget(struct run *);
