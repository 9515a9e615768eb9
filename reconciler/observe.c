/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * observe.c - look at what is there.
 *
 * What is quick is looked at in turn, by one thread: that is the least work.
 * What takes long (commands, probes) is looked at several at a time.
 */
#include "observe.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#include "../specs/spec.h"

enum { WORKERS_MOST = 64, SAY_EVERY = 512 };

static bool on_declared(void *context, const char *path)
{
	return graph_declares(context, path);
}

struct job resource_job(struct arena *arena, struct err *err,
    const struct resource *r)
{
	return (struct job){ .arena = arena, .err = err,
		.address = r->address, .pos = r->declaration->pos,
		.sensitive = r->reading.sensitive != 0 };
}

int observe_one(struct job *job, const struct host *host, struct resource *r)
{
	void *observed = arena_alloc(job->arena, r->kind->size);
	int rc;

	attributes_clear(r->kind->attributes, observed);
	rc = r->kind->observe(job, host, r->desired, observed);
	r->sight = rc < 0 ? UNKNOWN : rc ? PRESENT : ABSENT;
	r->observed = rc > 0 ? observed : NULL;
	return rc < 0 ? -1 : 0;
}

static bool is_wanted(const struct observer *o, size_t i)
{
	const struct graph *g = o->graph;
	uint32_t e;

	if (g->resources[i].yields)
		return false;
	if (!o->selected || o->selected[i])
		return true;
	for (e = g->out_start[i]; e < g->out_start[i + 1]; e++)
		if (g->edges[g->out[e]].type == EDGE_VALUE &&
		    o->selected[g->edges[g->out[e]].to])
			return true;
	return false;
}

struct worker {
	pthread_t thread;
	const struct observer *observer;
	struct arena *arena;
	struct err err;
	atomic_size_t *next;
	struct hooks *hooks;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	struct graph *g = w->observer->graph;
	struct job job;
	size_t i;

	while ((i = atomic_fetch_add(w->next, 1)) < g->count) {
		struct resource *r = &g->resources[i];

		if (!(r->kind->flags & KIND_SLOW) || !is_wanted(w->observer, i))
			continue;
		job = resource_job(w->arena, &w->err, r);
		job.stop = w->observer->stop;
		job.hooks = w->hooks;
		observe_one(&job, w->observer->host, r);
	}
	return NULL;
}

/* their errors come in the order of the workers, so sort nothing twice */
static void look_slowly(const struct observer *o, size_t slow,
    struct hooks *hooks, struct err *err)
{
	struct worker workers[WORKERS_MOST];
	atomic_size_t next = 0;
	size_t count = o->jobs < slow ? o->jobs : slow, i, started = 0;

	assert(count);
	if (count > WORKERS_MOST)
		count = WORKERS_MOST;
	for (i = 0; i < count; i++) {
		workers[i] = (struct worker){ .observer = o, .next = &next,
			.hooks = hooks };
		workers[i].arena = arena_child(o->graph->arena);
		workers[i].err = err_new(workers[i].arena);
		if (i + 1 < count && !pthread_create(&workers[i].thread, NULL,
		    work, &workers[i]))
			started++;
		else
			break;
	}
	/* this thread is the last worker */
	work(&workers[i]);
	err_move(err, &workers[i].err);
	while (started--) {
		pthread_join(workers[started].thread, NULL);
		err_move(err, &workers[started].err);
	}
}

void observe_all(const struct observer *o, struct err *err, size_t *unknown)
{
	struct graph *g = o->graph;
	struct hooks hooks = { .context = g, .declared = on_declared };
	size_t i, slow = 0;
	struct job job;

	*unknown = 0;
	for (i = 0; i < g->count; i++) {
		struct resource *r = &g->resources[i];

		if (!is_wanted(o, i))
			continue;
		if (r->kind->flags & KIND_SLOW) {
			slow++;
			continue;
		}
		job = resource_job(g->arena, err, r);
		job.stop = o->stop;
		job.hooks = &hooks;
		observe_one(&job, o->host, r);
		if (o->progress && i % SAY_EVERY == 0)
			o->progress(o->context, i, g->count);
	}
	if (slow)
		look_slowly(o, slow, &hooks, err);
	for (i = 0; i < g->count; i++)
		*unknown += g->resources[i].sight == UNKNOWN;
}
