/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lock.h - one run at a time for each state directory.
 *
 * The kernel holds the lock (F_OFD_SETLK on STATE/lock, fcntl(2)) and lets it
 * go when its holder ends, however it ends, so there is never a stale one. What
 * the file says about the holder is for people, and only while it is held.
 */
#pragma once

#include <stdint.h>

#include "../specs/arena.h"
#include "../specs/err.h"

struct lock;

struct lock_holder {
	int64_t pid;
	const char *user;
	const char *host;
	const char *command;
	/* microseconds of CLOCK_REALTIME */
	int64_t since;
};

/*
 * Take it for `self` (pid and since are filled in), waiting at most `timeout`
 * milliseconds. 0: it is ours until lock_release(); 1: another run has it, and
 * `*self` is that one; -1: said why. Makes the state directory where it is
 * missing. Processes that are started do not inherit it. A signal that is
 * caught ends the wait.
 */
struct lock_try {
	const char *state;
	int64_t timeout;
	struct lock_holder self;
};
int lock_take(struct arena *, struct lock_try *, struct lock **, struct err *);
/* NULL is fine */
void lock_release(struct lock *);
/* who has it now, without taking it: 1: held, 0: free, -1 */
int lock_look(struct arena *, const char *state, struct lock_holder *,
    struct err *);
