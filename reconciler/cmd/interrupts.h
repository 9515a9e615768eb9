/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * interrupts.h - Ctrl-C once finishes what is under way, twice ends it.
 *
 * A thread reads the signals, so that nothing happens inside a handler.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct interrupts {
	pthread_t thread;
	int signals;
	int ended;
	/* how many came */
	atomic_int count;
	/* what is under way is to be ended */
	atomic_bool hard;
	pthread_mutex_t lock;
	/* the first one leaves what is under way alone, and is told */
	void (*told)(void *);
	void *context;
};

/* SIGINT, SIGTERM and SIGHUP come here from now on; before any other thread */
void interrupts_open(struct interrupts *);
/*
 * From now on the first one leaves what is under way alone and calls `told`,
 * from another thread; NULL: it does no longer, and `told` has returned.
 */
void interrupts_listen(struct interrupts *, void (*told)(void *),
    void *context);
void interrupts_close(struct interrupts *);
