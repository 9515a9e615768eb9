/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * resource.h - what a kind of resource is: the contract between the engine and
 * the files beside this one.
 *
 * A kind's file, top to bottom: what it is; its struct; its attributes;
 * observe, apply, remove; the table `const struct kind kind_NAME` last. The
 * Makefile makes the list of kinds from the folder.
 *
 * What a kind promises, and t/unit/conformance.c holds it to:
 *  (1) apply, then observe, gives what was desired;
 *  (2) apply twice changes the machine once;
 *  (3) remove, then observe, gives absent; removing the absent is nothing;
 *  (4) stopped after any single change and started again, it ends as in (1).
 */
#pragma once

#include "../specs/attribute.h"
#include "host/hooks.h"
#include "host/host.h"

/* one resource of several that are applied together */
struct act {
	struct job *job;
	/* NULL: remove it */
	const void *desired;
	/* NULL: it is absent */
	const void *observed;
	/* 0 or -1, filled in */
	int result;
};

enum {
	/* looking takes long: look at several at a time */
	KIND_SLOW = 1,
	/* what it looks at may be changed by whatever it requires, so where
	   that changes, only the run itself can tell: shown as ? */
	KIND_UNSURE = 2,
	/* it has no state of its own to undo or to adopt (probe, command) */
	KIND_STATELESS = 4,
	/* it does what nobody can undo: it runs a program of the user's */
	KIND_RUNS = 8,
	/* absent means that it does not hold, and nothing here can make it */
	KIND_JUDGES = 16,
};

struct kind {
	/* singular; what references say */
	const char *name;
	/* plural; what specs say */
	const char *section;
	/* one line, for explain */
	const char *about;
	/* ends with an empty row */
	const struct attribute *attributes;
	/* of the struct that the attributes fill */
	size_t size;
	unsigned flags;
	/* what to say for creating one; NULL is "create" */
	const char *verb;
	/* and for having done so; NULL is "created" */
	const char *done;

	/* 1: `observed` filled in; 0: absent; -1: said why (so: unknown) */
	int (*observe)(struct job *, const struct host *, const void *desired,
	    void *observed);
	/* `observed` is NULL when it is absent */
	int (*apply)(struct job *, struct host *, const void *desired,
	    const void *observed);
	int (*remove)(struct job *, struct host *, const void *observed);

	/* --- NULL where there is nothing to say --- */

	/* what follows for `desired` from what was not said in it */
	void (*complete)(void *desired);
	/* rules across attributes */
	int (*check)(struct job *, const void *desired);
	/* edges it knows by itself: job_requires() */
	int (*requires)(struct job *, const void *desired);
	/* something that notifies it has changed */
	int (*refresh)(struct job *, struct host *, const void *desired,
	    const void *observed);
	/* what refresh will do: "reload", "restart", "run"; NULL: nothing */
	const char *(*refresh_how)(const void *desired, const void *observed);
	/* those with an equal group are applied in one act, apply_together */
	const char *(*group)(struct job *, const void *desired);
	int (*apply_together)(struct act *, size_t, struct host *);
	/* the file that apply writes for a resource of that name; NULL here:
	   the one at its path, if it has a path */
	const char *(*writes)(struct job *, const char *name);
	/* what else the acts would do: job_note() */
	int (*foresee)(struct act *, size_t, const struct host *);
	/* adopting: `desired`, of which only the name is given, becomes what to
	   declare so that it stays as it is; 1, 0: there is nothing, -1.
	   Without it that is all that observe() tells */
	int (*adopt)(struct job *, const struct host *, void *desired);
	/* after an act that was cut short: whether it may have asked for a
	   reboot; 1, 0, -1 */
	int (*leaves_reboot)(struct job *, const struct host *,
	    const void *desired);
};

/* every kind, by name; ends with NULL */
extern const struct kind *const kinds[];
