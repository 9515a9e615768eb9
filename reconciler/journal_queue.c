/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal_queue.c - many threads, one writer: rows that wait to be written
 * together.
 */
#include "journal_queue.h"

#include <pthread.h>
#include <string.h>

#include "../specs/arena.h"

/* rows that may wait without anybody waiting for them */
enum { LONGEST = 512 };

struct queue {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	/* somebody writes, or reads in peace */
	bool busy;
	struct request *first;
	struct request **last;
	size_t rows;
	queue_write *write;
	void *context;
};

static void append(struct queue *q, struct request *r)
{
	r->next = NULL;
	*q->last = r;
	q->last = &r->next;
	q->rows += r->count;
}

/*
 * Tell who waits. What nobody waits for and could not be written comes first
 * in the next turn: somebody was told that it would be written.
 */
static void settle(struct queue *q, struct request *all, int result,
    const char *why)
{
	struct request *r, *next, *later = q->first;

	q->first = NULL;
	q->last = &q->first;
	q->rows = 0;
	for (r = all; r; r = next) {
		next = r->next;
		if (r->own && result) {
			append(q, r);
		} else if (r->own) {
			arena_close(r->own);
		} else {
			memcpy(r->why, why, WHY);
			r->result = result;
			r->settled = true;
		}
	}
	for (r = later; r; r = next) {
		next = r->next;
		append(q, r);
	}
}

/* with the mutex held, which is let go while it writes */
static void write_all(struct queue *q)
{
	struct request *all = q->first;
	char why[WHY] = "";
	int result;

	q->first = NULL;
	q->last = &q->first;
	q->rows = 0;
	q->busy = true;
	pthread_mutex_unlock(&q->mutex);
	result = q->write(q->context, all, why);
	pthread_mutex_lock(&q->mutex);
	q->busy = false;
	settle(q, all, result, why);
	pthread_cond_broadcast(&q->changed);
}

struct queue *queue_open(struct arena *a, queue_write *write, void *context)
{
	struct queue *q = arena_new(a, struct queue);

	pthread_mutex_init(&q->mutex, NULL);
	pthread_cond_init(&q->changed, NULL);
	q->last = &q->first;
	q->write = write;
	q->context = context;
	return q;
}

void queue_close(struct queue *q)
{
	struct request *r, *next;

	for (r = q->first; r; r = next) {
		next = r->next;
		arena_close(r->own);
	}
	pthread_cond_destroy(&q->changed);
	pthread_mutex_destroy(&q->mutex);
}

int queue_wait(struct queue *q, struct request *r)
{
	r->settled = false;
	pthread_mutex_lock(&q->mutex);
	append(q, r);
	while (!r->settled)
		if (q->busy)
			pthread_cond_wait(&q->changed, &q->mutex);
		else
			write_all(q);
	pthread_mutex_unlock(&q->mutex);
	return r->result;
}

int queue_flush(struct queue *q, char why[WHY])
{
	struct request nothing = { 0 };
	int result = queue_wait(q, &nothing);

	memcpy(why, nothing.why, WHY);
	return result;
}

int queue_put(struct queue *q, struct request *r, char why[WHY])
{
	bool full;

	pthread_mutex_lock(&q->mutex);
	append(q, r);
	full = q->rows >= LONGEST;
	pthread_mutex_unlock(&q->mutex);
	return full ? queue_flush(q, why) : 0;
}

int queue_hold(struct queue *q, char why[WHY])
{
	if (queue_flush(q, why))
		return -1;
	pthread_mutex_lock(&q->mutex);
	while (q->busy)
		pthread_cond_wait(&q->changed, &q->mutex);
	q->busy = true;
	pthread_mutex_unlock(&q->mutex);
	return 0;
}

void queue_release(struct queue *q)
{
	pthread_mutex_lock(&q->mutex);
	q->busy = false;
	pthread_cond_broadcast(&q->changed);
	pthread_mutex_unlock(&q->mutex);
}
