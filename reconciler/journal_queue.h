/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal_queue.h - many threads, one writer: rows that wait to be written
 * together.
 *
 * Whoever comes first while nobody writes, writes all that is waiting, in the
 * order in which it came, and tells the others how it went; who comes meanwhile
 * waits for the next turn. So a sync is shared by all who came during the last.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct queue;
struct row;

enum { WHY = 512 };

/* rows that are written in one transaction, or not at all */
struct request {
	struct row *rows;
	size_t count;
	/* holds all of it, where nobody waits for it */
	struct arena *own;

	/* for who waits for it */
	bool settled;
	int result;
	char why[WHY];
	struct request *next;
};

/* writes all of the list in one transaction; -1: `why` says it, nothing is
   written */
typedef int queue_write(void *context, struct request *, char why[WHY]);

struct queue *queue_open(struct arena *, queue_write *, void *context);
/* what is still waiting is dropped */
void queue_close(struct queue *);
/* returns when it is written; -1: it is not, and its `why` says it */
int queue_wait(struct queue *, struct request *);
/* to be written when its turn comes; taken over with its arena */
int queue_put(struct queue *, struct request *, char why[WHY]);
/* returns when all that was put is written */
int queue_flush(struct queue *, char why[WHY]);
/* all that was put is written, and nobody writes until queue_release() */
int queue_hold(struct queue *, char why[WHY]);
void queue_release(struct queue *);
