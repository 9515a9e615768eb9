/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reboot.h - "a reboot is needed" as a state of a host.
 *
 *  (1) What changed and needs a reboot is in the journal as due to that reboot,
 *      under the boot that it was changed in: with the announcement of the
 *      change where the spec says so, with its outcome where a package does.
 *  (2) As long as the host is in that boot, what depends on such a resource
 *      waits, in every run; all else goes on.
 *  (3) In any other boot it is settled.
 *  (4) An act that was cut short may have left the wish for a reboot on the
 *      host alone: its kind is asked (kind.leaves_reboot).
 *  (5) A tree below another root never boots, so nothing in it waits.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "../specs/arena.h"
#include "../specs/err.h"

struct graph;
struct host;
struct journal;
struct journal_acts;
struct plan;

/* what needs it */
struct reboot {
	const char *address;
	/* 0: it will be needed by this run itself */
	int64_t run;
	/* the journal does not know yet */
	bool fresh;
};

struct reboots {
	/* filled in before anything is asked */
	struct arena *arena;
	const struct host *host;
	/* what the next reboot is called in the journal; NULL: see (5) */
	const char *due;
	struct reboot *item;
	size_t count, capacity;
	/* reboots that are over, as the journal calls them */
	struct strings over;
	size_t over_capacity;
};

/* what earlier runs left, as the journal knows it */
int reboots_read(struct reboots *, struct journal *, struct err *);
/* and what those that are open left; the resources were looked at */
int reboots_recover(struct reboots *, const struct graph *,
    const struct journal_acts *open, struct err *);
/* the journal learns what it does not know; in a run */
int reboots_record(struct reboots *, struct journal *, struct err *);
/* say in the plan which of its changes wait */
void reboots_plan(const struct reboots *, struct plan *);
