/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * act.c - one resource's turn: look again, announce, do, prove, close.
 *
 *  (1) Nothing is done that was not announced in the journal and synced before.
 *  (2) What is done follows from what is there now, not from what the plan saw.
 *  (3) A change counts as done only when the resource, looked at again, is as
 *      desired.
 *  (4) With a saved plan, only what was reviewed is done: on the ground that
 *      the plan saw, or one that this run itself has changed.
 *  (5) A refresh is owed from the announcement of the change that causes it
 *      until it was done.
 *  (6) So is a reboot; where only the act itself can tell, from its outcome.
 */
#include <string.h>
#include <time.h>

#include "../specs/member.h"
#include "../specs/spec.h"
#include "apply.h"
#include "observe.h"
#include "policy.h"
#include "saved.h"

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static const unsigned char *key_of(const struct task *t)
{
	return journal_key(t->applier->journal);
}

/* --- 1. look again --- */

static void stale(struct task *t, const char *why)
{
	job_fail(&t->job, "it was left alone, because it moved since the plan was saved: %s",
	    why);
	t->fate = FATE_FAILED;
	t->stale = true;
}

static bool loses(enum action action)
{
	return action == ACTION_REMOVE || action == ACTION_REPLACE;
}

static void check_ground(struct task *t)
{
	const struct saved *saved = t->applier->saved;
	const char *why;

	if (!saved || (t->action == ACTION_NONE && !(t->notified &&
	    t->resource->kind->refresh)))
		return;
	if (!t->change && t->action != ACTION_NONE) {
		stale(t, "it was as desired, and is not now");
	} else if (t->stirred) {
		if (loses(t->action) && t->action != t->change->action)
			stale(t, "it would be removed now");
	} else {
		why = saved_shift(t->arena, saved, t->resource, key_of(t));
		if (why)
			stale(t, why);
	}
}

/* values that are known only now may be what the policy does not allow */
static bool is_allowed(struct task *t)
{
	struct refusals refused = { .arena = t->arena };

	if (!t->resource->reading.references)
		return true;
	if (policy_refusals_of(t->applier->policy, t->resource, &refused,
	    &t->err))
		return false;
	if (refused.count)
		job_fail(&t->job, "refused: %s", refused.item[0].text);
	return !refused.count;
}

/* it is protected, and the plan did not see that it would be lost */
static bool is_kept(struct task *t)
{
	struct journal_state state;

	if (!loses(t->action) || (t->change && loses(t->change->action)))
		return false;
	return t->resource->common.protect == 1 ||
	    (journal_state_find(t->arena, t->applier->journal,
	    t->resource->address, &state, &t->err) > 0 && state.protect);
}

static void look_again(struct task *t)
{
	struct applier *a = t->applier;
	struct reader reader = *a->reader;

	reader.err = &t->err;
	if (t->resource->reading.later && resource_read_later(t->arena,
	    t->resource, &reader)) {
		if (!t->err.count)
			job_fail(&t->job, "a value that it needs is still not known");
		t->fate = FATE_FAILED;
		return;
	}
	if (!is_allowed(t) || observe_one(&t->job, a->host, t->resource)) {
		t->fate = FATE_FAILED;
		return;
	}
	t->action = resource_differs(t->resource, &t->differ);
	if (is_kept(t)) {
		job_fail(&t->job, "it was left alone, because it is protected, and would be removed or replaced now");
		t->fate = FATE_FAILED;
		return;
	}
	check_ground(t);
}

/* --- 2. announce --- */

static const char *action_word(enum action action)
{
	static const char *const words[] = {
		[ACTION_CREATE] = "create", [ACTION_UPDATE] = "update",
		[ACTION_REPLACE] = "replace", [ACTION_REMOVE] = "remove",
		[ACTION_REFRESH] = "refresh",
	};

	return words[action];
}

static const char *cause_of(const struct task *t)
{
	return t->change ? cause_name(t->change->cause) : "moved since the plan";
}

static bool asks_reboot(const struct task *t)
{
	return t->resource->common.reboot == 1 && t->applier->reboots->due;
}

/* who is to be refreshed after it, and a reboot where the spec says so */
static struct strings owed_by(const struct task *t)
{
	const struct graph *g = t->applier->graph;
	uint32_t node = graph_number(g, t->resource), i;
	struct strings owes = { 0 };

	owes.item = arena_array(t->arena, g->out_start[node + 1] -
	    g->out_start[node] + 1, sizeof(*owes.item));
	if (asks_reboot(t))
		owes.item[owes.count++] = t->applier->reboots->due;
	for (i = g->out_start[node]; i < g->out_start[node + 1]; i++)
		if (g->edges[g->out[i]].type == EDGE_NOTIFIES)
			owes.item[owes.count++] = g->resources[g->edges[
			    g->out[i]].to].address;
	return owes;
}

static int announce(struct task *tasks, size_t n, struct err *err)
{
	struct arena *arena = tasks[0].arena;
	struct journal_act *acts = arena_array(arena, n, sizeof(*acts));
	struct task **whose = arena_array(arena, n, sizeof(struct task *));
	size_t i, count = 0;

	for (i = 0; i < n; i++) {
		struct task *t = &tasks[i];
		struct journal_act *act = &acts[count];

		if (t->fate != FATE_WAITS || t->action == ACTION_NONE)
			continue;
		act->address = t->resource->address;
		act->action = action_word(t->action);
		act->cause = cause_of(t);
		act->desired = t->action == ACTION_REMOVE ? NULL :
		    describe(arena, t->resource, t->resource->desired,
		    key_of(t));
		act->before = describe(arena, t->resource,
		    t->resource->observed, key_of(t));
		act->owes = owed_by(t);
		whose[count++] = t;
	}
	if (!count)
		return 0;
	if (keep_bytes(whose, acts, count, err) ||
	    journal_intend(tasks[0].applier->journal, acts, count, err))
		return -1;
	for (i = 0; i < count; i++)
		whose[i]->act = acts[i].act;
	return 0;
}

/* --- 3. do --- */

static int do_once(struct task *t)
{
	const struct resource *r = t->resource;
	struct host *host = t->applier->host;

	if (t->action == ACTION_UPDATE)
		return r->kind->apply(&t->job, host, resource_wanted(t->arena,
		    r), r->observed);
	if (t->action == ACTION_REMOVE)
		return r->kind->remove(&t->job, host, r->observed);
	if (t->action == ACTION_REPLACE) {
		if (r->kind->remove(&t->job, host, r->observed))
			return -1;
	}
	return r->kind->apply(&t->job, host, r->desired, NULL);
}

static void do_alone(struct task *t)
{
	int64_t tries = t->resource->common.retries + 1;

	while (tries--) {
		t->err = err_new(t->arena);
		t->job.err = &t->err;
		if (!do_once(t))
			return;
		if (*t->applier->stop)
			break;
	}
	t->fate = FATE_FAILED;
}

static void do_together(struct task *tasks, size_t n)
{
	const struct kind *kind = tasks[0].resource->kind;
	struct act *acts = arena_array(tasks[0].arena, n, sizeof(*acts));
	struct task **whose = arena_array(tasks[0].arena, n,
	    sizeof(struct task *));
	size_t i, count = 0;

	for (i = 0; i < n; i++) {
		struct task *t = &tasks[i];

		if (t->fate != FATE_WAITS || t->action == ACTION_NONE)
			continue;
		acts[count] = (struct act){ .job = &t->job,
			.desired = t->action == ACTION_REMOVE ? NULL :
			    resource_wanted(t->arena, t->resource),
			.observed = t->resource->observed };
		whose[count++] = t;
	}
	if (!count)
		return;
	kind->apply_together(acts, count, tasks[0].applier->host);
	for (i = 0; i < count; i++)
		if (acts[i].result)
			whose[i]->fate = FATE_FAILED;
}

/* --- 4. prove --- */

static const char *names_of(struct arena *a, const struct kind *kind,
    uint64_t rows)
{
	struct text t = text_new(a);
	const struct attribute *row;

	for (row = kind->attributes; row->name; row++)
		if (rows & UINT64_C(1) << (row - kind->attributes))
			text_addf(&t, "%s'%s'", t.size ? ", " : "", row->name);
	return text_string(&t);
}

/* what it has left, if anything, for the journal: how it ended is its proof */
static void look_after(struct task *t)
{
	struct err unheard = err_new(t->arena);

	t->job.err = &unheard;
	observe_one(&t->job, t->applier->host, t->resource);
	t->job.err = &t->err;
}

static void prove(struct task *t)
{
	uint64_t differ;
	enum action left;

	if (t->fate != FATE_WAITS || t->action == ACTION_NONE)
		return;
	t->fate = FATE_CHANGED;
	if (!t->reboot && asks_reboot(t))
		t->reboot = "the site asks for it after a change";
	if (t->resource->kind->flags & KIND_STATELESS) {
		look_after(t);
		return;
	}
	if (observe_one(&t->job, t->applier->host, t->resource)) {
		t->fate = FATE_FAILED;
		return;
	}
	left = resource_differs(t->resource, &differ);
	if (left == ACTION_NONE)
		return;
	t->fate = FATE_FAILED;
	if (left == ACTION_REMOVE)
		job_fail(&t->job, "it is still there after it was removed");
	else if (left == ACTION_CREATE)
		job_fail(&t->job, "it is not there after it was created");
	else
		job_fail(&t->job, "it was changed, but %s did not become as desired",
		    names_of(t->arena, t->resource->kind, differ));
}

/* --- 5. close --- */

static const char *first_error(const struct task *t)
{
	return t->err.first ? t->err.first->text : NULL;
}

static int close_act(struct task *t, struct err *err)
{
	const struct resource *r = t->resource;
	bool failed = t->fate == FATE_FAILED;
	struct journal_outcome o = { .act = t->act, .address = r->address };

	if (!t->act)
		return 0;
	o.outcome = failed ? "failed" : "ok";
	o.error = failed ? first_error(t) : NULL;
	if (!failed) {
		o.keep = STATE_LEFT;
		t->resource->was_secret = 0;
		o.after = describe(t->arena, r, r->observed, key_of(t));
		o.desired = describe_desired(t->arena, r, key_of(t));
		o.pos = pos_text(t->arena, r->declaration->pos);
		o.protect = r->common.protect == 1;
		if (t->action == ACTION_CREATE || t->action == ACTION_REPLACE)
			o.paid = "started with it";
	}
	t->act = 0;
	if (t->reboot && !asks_reboot(t) && journal_refresh_owe(
	    t->applier->journal, t->applier->reboots->due, r->address, err))
		return -1;
	return journal_done(t->applier->journal, &o, 1, err);
}

/* --- 6. refresh what is due --- */

static int pay(struct task *t, const char *how, struct err *err)
{
	return journal_refresh_paid(t->applier->journal, t->resource->address,
	    how, err);
}

static int refresh(struct task *t, struct err *err)
{
	struct resource *r = t->resource;
	struct journal_act act = { .address = r->address, .action = "refresh",
		.cause = cause_name(CAUSE_REFRESH) };
	struct journal_outcome o = { .address = r->address };
	const char *how;

	if (!t->notified || !r->kind->refresh || t->fate == FATE_FAILED ||
	    r->common.ensure == ENSURE_ABSENT)
		return 0;
	if (t->action == ACTION_CREATE || t->action == ACTION_REPLACE)
		return 0; /* close_act() has settled it */
	how = r->kind->refresh_how ? r->kind->refresh_how(r->desired,
	    r->observed) : "refresh";
	if (!how)
		return pay(t, "not needed", err);
	act.desired = describe(t->arena, r, r->desired, key_of(t));
	act.before = describe(t->arena, r, r->observed, key_of(t));
	if (journal_intend(t->applier->journal, &act, 1, err))
		return -1;
	if (r->kind->refresh(&t->job, t->applier->host, r->desired,
	    r->observed) || observe_one(&t->job, t->applier->host, r))
		t->fate = FATE_FAILED;
	else if (t->fate != FATE_CHANGED)
		t->fate = FATE_REFRESHED;
	t->refreshed = how;
	o.act = act.act;
	o.outcome = t->fate == FATE_FAILED ? "failed" : "ok";
	o.error = t->fate == FATE_FAILED ? first_error(t) : NULL;
	o.paid = t->fate == FATE_FAILED ? NULL : how;
	o.after = describe(t->arena, r, r->observed, key_of(t));
	return journal_done(t->applier->journal, &o, 1, err);
}

int act_together(struct task *tasks, size_t n, struct err *err)
{
	const struct kind *kind = tasks[0].resource->kind;
	bool together = kind->apply_together != NULL;
	size_t i;
	int failed = 0;

	/* 1. What is there now, and what that leaves to do. */
	for (i = 0; i < n; i++) {
		tasks[i].began = now();
		look_again(&tasks[i]);
	}
	/* 2. Say so in the journal, all at once. */
	if (announce(tasks, n, err))
		failed = -1;
	/* 3. Do it. */
	if (!failed && together)
		do_together(tasks, n);
	for (i = 0; i < n && !together && !failed; i++)
		if (tasks[i].fate == FATE_WAITS &&
		    tasks[i].action != ACTION_NONE)
			do_alone(&tasks[i]);
	for (i = 0; i < n; i++) {
		struct task *t = &tasks[i];

		if (failed && t->fate == FATE_WAITS)
			t->fate = FATE_FAILED;
		/* 4. Look whether it is so. */
		prove(t);
		/* 5. Close what was announced. */
		failed |= close_act(t, err);
		/* 6. Refresh it, if that is due. */
		if (!failed)
			failed |= refresh(t, err);
		if (t->fate == FATE_WAITS)
			t->fate = t->change ? FATE_ALREADY : FATE_SAME;
		t->took = now() - t->began;
	}
	return failed;
}
