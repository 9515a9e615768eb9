/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * confirm.h - a run that is undone unless somebody who can still get in says
 * that it is fine: a dead man's switch.
 *
 *  (1) It is armed, durably, before the run changes anything: STATE/confirm,
 *      and a timer of systemd's that runs `plumb undo RUN`. So it goes off
 *      whatever becomes of plumb.
 *  (2) When the run has ended, however it ended, the time starts again, so that
 *      a long run leaves as much time as a short one. Until then the lock that
 *      the run holds keeps the undoing waiting.
 *  (3) Only another connection than the run's can confirm it: that somebody can
 *      get in is what there is to prove.
 *  (4) Confirming holds the lock, as undoing does: one of them comes first, and
 *      what comes second finds nothing armed.
 *  (5) No other run begins while one waits.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "../specs/err.h"

struct arena;
struct host;
struct job;

struct confirmation {
	int64_t run;
	/* milliseconds that there are to confirm it */
	int64_t timeout;
	/* when it is undone; microseconds of CLOCK_REALTIME */
	int64_t until;
	/* see host_session() and host_boot() */
	const char *session;
	const char *boot;
};

/* 1: that run waits; 0: none does; -1 */
int confirm_read(struct arena *, const char *state, struct confirmation *,
    struct err *);
/*
 * Arm it for `run` and `timeout`, and fill in the rest. A second call, once the
 * run has ended, makes the time start again.
 */
int confirm_arm(struct job *, struct host *, const char *state,
    struct confirmation *);
/* it is confirmed, or did not begin */
int confirm_disarm(struct job *, struct host *, const char *state,
    int64_t run);
/* it is undone, perhaps by what the timer started; nothing where it does not
   wait */
int confirm_undone(struct job *, struct host *, const char *state,
    int64_t run);
/* its time is over, and it still waits */
bool confirm_is_late(const struct confirmation *);
/* its timer is gone: the host was rebooted since */
bool confirm_is_lost(struct job *, const struct host *,
    const struct confirmation *);
