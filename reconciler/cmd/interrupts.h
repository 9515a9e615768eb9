/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * interrupts.h - Ctrl-C once finishes what is under way, twice ends it.
 *
 * A thread reads the signals, so that nothing happens inside a handler.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

struct interrupts {
	pthread_t thread;
	int signals;
	int ended;
	/* how many came */
	volatile int count;
	/* what is under way is to be ended */
	volatile bool hard;
	/* the first one leaves what is under way alone */
	volatile bool patient;
};

/* SIGINT, SIGTERM and SIGHUP come here from now on; before any other thread */
void interrupts_open(struct interrupts *);
void interrupts_close(struct interrupts *);
