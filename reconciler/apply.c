/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * apply.c - workers walk the graph: what is ready is done, what needs something
 * that failed is skipped, and the rest goes on.
 *
 * Most nodes have nothing to do. They are settled as they are reached, under
 * the lock, so that a run over a hundred thousand converged resources costs no
 * more than the walk.
 */
#include "apply.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "../specs/spec.h"
#include "observe.h"

enum {
	WORKERS_MOST = 64,
	GROUP_MOST = 4096,
	/* quick ones that a worker takes at once, so that they share a sync */
	WAVE_MOST = 16,
};

struct schedule {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* edges into each node that are not settled */
	uint32_t *waits;
	/* ready nodes, first in, first out */
	uint32_t *ready;
	size_t head, tail;
	/* ready nodes of kinds that are applied together */
	uint32_t *grouped;
	size_t grouped_count;
	/* per node */
	enum fate *fates;
	/* what a skipped or held node was stopped by, however far before it;
	   0 or node + 1 */
	uint32_t *blocked;
	/* a notifier did change; something before it did change; and however
	   far before it */
	bool *notified, *moved, *stirred;
	/* what comes after it waits for a reboot */
	bool *reboot;
	size_t settled, running;
	int failed;
	struct err *err;
	/* the packages that come before it did change */
	bool *shaken;
};

struct worker {
	pthread_t thread;
	struct applier *applier;
	struct arena *arena;
};

bool apply_is_settled(const struct applier *a, const struct resource *r)
{
	enum fate fate = a->fates[graph_number(a->graph, r)];

	return fate == FATE_SAME || fate == FATE_ALREADY ||
	    fate == FATE_CHANGED || fate == FATE_REFRESHED;
}

static bool did_change(enum fate fate)
{
	return fate == FATE_CHANGED || fate == FATE_REFRESHED;
}

static bool did_not(enum fate fate)
{
	return fate == FATE_FAILED || fate == FATE_SKIPPED ||
	    fate == FATE_HELD || fate == FATE_STOPPED;
}

static void make_ready(struct applier *a, uint32_t node)
{
	struct schedule *s = a->schedule;
	const struct graph *g = a->graph;

	if (node < g->count && g->resources[node].kind->apply_together &&
	    plan_change(a->plan, &g->resources[node]))
		s->grouped[s->grouped_count++] = node;
	else
		s->ready[s->tail++] = node;
}

/* its fate is known: tell those after it */
static void settle(struct applier *a, uint32_t node, enum fate fate)
{
	struct schedule *s = a->schedule;
	const struct graph *g = a->graph;
	uint32_t i, to;

	s->fates[node] = fate;
	s->settled++;
	for (i = g->out_start[node]; i < g->out_start[node + 1]; i++) {
		const struct edge *e = &g->edges[g->out[i]];

		to = e->to;
		s->stirred[to] |= s->stirred[node] || did_change(fate);
		if ((did_not(fate) || s->reboot[node]) &&
		    e->type != EDGE_ORDER && !s->blocked[to])
			s->blocked[to] = s->blocked[node] ? s->blocked[node]
			    : node + 1;
		if (did_change(fate) && e->type != EDGE_ORDER &&
		    e->type != EDGE_GUARD)
			s->moved[to] = true;
		/* packages bring files, links and users of their own */
		if (e->type == EDGE_ORDER && (did_change(fate) ||
		    (node >= g->count && s->shaken[node])))
			s->shaken[to] = true;
		if (did_change(fate) && e->type == EDGE_NOTIFIES)
			s->notified[to] = true;
		if (!--s->waits[to])
			make_ready(a, to);
	}
}

/* of what that node blocks */
static enum fate fate_behind(const struct schedule *s, uint32_t node)
{
	if (s->reboot[node] && !did_not(s->fates[node]))
		return FATE_HELD;
	return s->fates[node] == FATE_FAILED ? FATE_SKIPPED : s->fates[node];
}

/* nothing was planned for it, but this run may have changed what it is */
static bool may_have_moved(const struct schedule *s, const struct resource *r,
    uint32_t node)
{
	if (r->sight == NOT_LOOKED)
		return false; /* it was left out */
	return s->shaken[node] ||
	    ((r->kind->flags & KIND_UNSURE) && s->moved[node]);
}

/* whether its turn needs a worker; else its fate */
static bool needs_work(struct applier *a, uint32_t node, enum fate *fate)
{
	struct schedule *s = a->schedule;
	const struct resource *r = &a->graph->resources[node];
	const struct change *c;
	uint32_t by = s->blocked[node];

	*fate = FATE_SAME;
	if (node >= a->graph->count) {
		if (by)
			*fate = fate_behind(s, by - 1);
		return false;
	}
	c = plan_change(a->plan, r);
	if (r->sight == UNKNOWN) {
		*fate = FATE_FAILED;
		return false;
	}
	if (by) {
		*fate = fate_behind(s, by - 1);
		return false;
	}
	if (!c && (plan_flaps(a->plan, r) || !may_have_moved(s, r, node)))
		return false;
	*fate = *a->stop ? FATE_STOPPED : FATE_WAITS;
	return *fate == FATE_WAITS;
}

static void count_action(struct applier *a, const struct task *t)
{
	struct journal_counts *n = &a->counts;

	if (t->fate == FATE_REFRESHED || (t->refreshed &&
	    t->fate == FATE_CHANGED))
		n->refreshed++;
	if (t->fate != FATE_CHANGED)
		return;
	if (t->resource->kind->flags & KIND_STATELESS)
		a->ran++;
	else if (t->action == ACTION_CREATE)
		n->created++;
	else if (t->action == ACTION_UPDATE)
		n->updated++;
	else if (t->action == ACTION_REMOVE)
		n->removed++;
	else if (t->action == ACTION_REPLACE)
		n->created++, n->removed++;
}

static void count_fate(struct applier *a, const struct task *t)
{
	switch (t->fate) {
	case FATE_CHANGED:
		a->changed++;
		break;
	case FATE_REFRESHED:
		a->refreshed++;
		break;
	case FATE_FAILED:
		a->failed++;
		a->stale += t->stale;
		a->counts.failed++;
		break;
	case FATE_SKIPPED:
		a->skipped++;
		a->counts.skipped++;
		break;
	case FATE_HELD:
		a->held++;
		break;
	case FATE_STOPPED:
		a->stopped++;
		break;
	default:
		a->counts.unchanged++;
	}
	count_action(a, t);
}

/* a task ends: count it, tell the watcher, let others go on */
static void finish(struct applier *a, struct task *t)
{
	uint32_t node = graph_number(a->graph, t->resource);

	count_fate(a, t);
	if (a->on_end)
		a->on_end(a->watcher, t);
	/* done, but what comes after it must wait for a reboot */
	if (t->reboot && did_change(t->fate)) {
		a->rebooting++;
		a->schedule->reboot[node] = true;
	}
	settle(a, node, t->fate);
}

/* nodes whose turn takes no work, as long as there are any at the front */
static void settle_idle(struct applier *a)
{
	struct schedule *s = a->schedule;
	enum fate fate;

	while (s->head < s->tail) {
		uint32_t node = s->ready[s->head];
		struct task t = { .applier = a };

		if (needs_work(a, node, &fate))
			return;
		s->head++;
		if (node >= a->graph->count) {
			settle(a, node, fate);
			continue;
		}
		t.resource = &a->graph->resources[node];
		t.change = plan_change(a->plan, t.resource);
		t.fate = fate;
		if (s->blocked[node])
			t.because = graph_node_name(a->graph,
			    s->blocked[node] - 1);
		/* an unchanged one whose ground failed is not worth a word */
		if (!t.change && fate != FATE_FAILED) {
			settle(a, node, fate);
			continue;
		}
		finish(a, &t);
	}
}

static void on_progress(void *context, const char *text)
{
	struct task *t = context;
	struct applier *a = t->applier;

	pthread_mutex_lock(&a->schedule->lock);
	if (a->on_say)
		a->on_say(a->watcher, t, text);
	pthread_mutex_unlock(&a->schedule->lock);
}

static void on_reboot(void *context, const char *why)
{
	struct task *t = context;

	if (t->applier->reboots->due)
		t->reboot = why;
}

static bool on_declared(void *context, const char *path)
{
	const struct task *t = context;

	return graph_declares(t->applier->graph, path);
}

static void task_start(struct task *t, struct worker *w, uint32_t node)
{
	struct applier *a = w->applier;
	struct hooks *hooks = arena_new(w->arena, struct hooks);

	t->applier = a;
	t->resource = &a->graph->resources[node];
	t->change = plan_change(a->plan, t->resource);
	t->arena = w->arena;
	t->err = err_new(w->arena);
	t->job = resource_job(w->arena, &t->err, t->resource);
	t->job.stop = a->stop_hard;
	t->job.timeout = t->resource->common.timeout > 0
	    ? t->resource->common.timeout : 0;
	t->stirred = a->schedule->stirred[node];
	t->notified = a->schedule->notified[node] ||
	    (t->change && t->change->owed);
	*hooks = (struct hooks){ .context = t, .progress = on_progress,
		.needs_reboot = on_reboot, .declared = on_declared };
	t->job.hooks = hooks;
	if (a->on_begin)
		a->on_begin(a->watcher, t);
}

/* called with the lock held, which it gives up while it works */
static void do_tasks(struct worker *w, const uint32_t *nodes, size_t n)
{
	struct applier *a = w->applier;
	struct schedule *s = a->schedule;
	struct task *tasks = arena_array(w->arena, n, sizeof(*tasks));
	struct err err = err_new(w->arena);
	size_t i;
	int failed;

	for (i = 0; i < n; i++)
		task_start(&tasks[i], w, nodes[i]);
	s->running++;
	pthread_mutex_unlock(&s->lock);
	failed = act_together(tasks, n, &err);
	pthread_mutex_lock(&s->lock);
	s->running--;
	if (failed && !s->failed) {
		s->failed = -1;
		err_move(s->err, &err);
	}
	for (i = 0; i < n; i++)
		finish(a, &tasks[i]);
	pthread_cond_broadcast(&s->changed);
}

/*
 * All ready ones of the kind of the first. The lock is held. Those that are
 * blocked or come too late go the common way, where that is told.
 */
static void do_group(struct worker *w)
{
	struct applier *a = w->applier;
	struct schedule *s = a->schedule;
	const struct resource *all = a->graph->resources;
	const struct kind *kind = all[s->grouped[0]].kind;
	uint32_t *nodes = arena_array(w->arena, s->grouped_count,
	    sizeof(*nodes));
	size_t i, n = 0, left = 0;
	enum fate fate;

	for (i = 0; i < s->grouped_count; i++) {
		uint32_t node = s->grouped[i];

		if (all[node].kind != kind || n == GROUP_MOST)
			s->grouped[left++] = node;
		else if (needs_work(a, node, &fate))
			nodes[n++] = node;
		else
			s->ready[s->tail++] = node;
	}
	s->grouped_count = left;
	if (n)
		do_tasks(w, nodes, n);
}

static bool is_quick(const struct applier *a, uint32_t node)
{
	const struct kind *kind = a->graph->resources[node].kind;

	return !(kind->flags & KIND_SLOW) && !kind->refresh;
}

/*
 * The first ready node, and what is quick and waits behind it: their
 * announcements share a sync. Never so many that other workers get none.
 */
static void do_wave(struct worker *w)
{
	struct applier *a = w->applier;
	struct schedule *s = a->schedule;
	size_t fair = (s->tail - s->head) / a->jobs + 1, n = 0;
	uint32_t nodes[WAVE_MOST];

	if (fair > WAVE_MOST)
		fair = WAVE_MOST;
	do {
		nodes[n++] = s->ready[s->head++];
		settle_idle(a);
	} while (n < fair && s->head < s->tail && is_quick(a, nodes[n - 1]) &&
	    is_quick(a, s->ready[s->head]));
	do_tasks(w, nodes, n);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct applier *a = w->applier;
	struct schedule *s = a->schedule;

	pthread_mutex_lock(&s->lock);
	while (s->settled < a->graph->nodes && !s->failed) {
		settle_idle(a);
		if (s->head < s->tail) {
			do_wave(w);
		} else if (s->grouped_count) {
			do_group(w);
		} else if (s->settled < a->graph->nodes) {
			/* an order was found, so something is under way */
			assert(s->running);
			pthread_cond_wait(&s->changed, &s->lock);
		}
	}
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* what earlier runs changed and no reboot has followed yet */
static void mark_reboots(struct applier *a)
{
	const struct reboots *r = a->reboots;
	struct err nowhere = err_new(a->arena);
	const struct resource *x;
	size_t i;

	for (i = 0; i < r->count; i++) {
		x = graph_find_address(a->graph, r->item[i].address, &nowhere,
		    (struct pos){ 0 });
		if (x)
			a->schedule->reboot[graph_number(a->graph, x)] = true;
	}
}

static void schedule_new(struct applier *a, struct err *err)
{
	struct graph *g = a->graph;
	struct schedule *s = arena_new(a->arena, struct schedule);
	uint32_t i;

	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	s->err = err;
	s->waits = arena_array(a->arena, g->nodes, sizeof(*s->waits));
	s->ready = arena_array(a->arena, g->nodes, sizeof(*s->ready));
	s->grouped = arena_array(a->arena, g->nodes, sizeof(*s->grouped));
	s->fates = arena_array(a->arena, g->nodes, sizeof(*s->fates));
	s->blocked = arena_array(a->arena, g->nodes, sizeof(*s->blocked));
	s->notified = arena_array(a->arena, g->nodes, sizeof(bool));
	s->moved = arena_array(a->arena, g->nodes, sizeof(bool));
	s->shaken = arena_array(a->arena, g->nodes, sizeof(bool));
	s->stirred = arena_array(a->arena, g->nodes, sizeof(bool));
	s->reboot = arena_array(a->arena, g->nodes, sizeof(bool));
	a->schedule = s;
	a->fates = s->fates;
	for (i = 0; i < g->nodes; i++) {
		s->waits[i] = g->in_start[i + 1] - g->in_start[i];
		if (!s->waits[i])
			make_ready(a, i);
	}
}

int apply_plan(struct applier *a, struct err *err)
{
	struct worker workers[WORKERS_MOST];
	size_t count = a->jobs < a->plan->count ? a->jobs : a->plan->count, i;
	size_t started = 0;

	if (count > WORKERS_MOST)
		count = WORKERS_MOST;
	schedule_new(a, err);
	mark_reboots(a);
	for (i = 0; i < count || !i; i++) {
		workers[i].applier = a;
		workers[i].arena = arena_child(a->arena);
		if (i + 1 < count && !pthread_create(&workers[i].thread, NULL,
		    work, &workers[i]))
			started++;
		else
			break;
	}
	/* this thread is the last worker */
	work(&workers[i]);
	for (i = 0; i < started; i++)
		pthread_join(workers[i].thread, NULL);
	return a->schedule->failed;
}
