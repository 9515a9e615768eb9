/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * policy.h - what this machine lets any site do: /etc/plumb/policy.yaml.
 *
 * No spec can widen it. Where there is none, only what is plumb's or the
 * kernel's own is out of reach.
 */
#pragma once

#include "../specs/attribute.h"
#include "refusal.h"

struct graph;
struct host;
struct job;

#define POLICY_DIRECTORY "/etc/plumb"
#define POLICY_PATH POLICY_DIRECTORY "/policy.yaml"

/* a list that is NULL limits nothing; an empty one allows nothing */
struct policy {
	/* NULL: there is none */
	const struct source *source;
	struct value map;
	const struct strings *kinds, *paths, *deny_paths, *users, *zones,
	    *units;
	int commands;
};

extern const struct attribute policy_attributes[];

/*
 * Read it, below `root`. -1: it is broken, or others than root can write it,
 * and all that is wrong was said: nothing may be done then.
 */
int policy_read(struct job *, const struct host *, const char *root,
    struct policy *);

struct policy_check {
	const struct policy *policy;
	const struct graph *graph;
	const struct host *host;
	/* where plumb keeps its journal, as a path of that host; or NULL */
	const char *state;
};
/* what it does not allow of all that is declared; -1: it cannot be told */
int policy_refusals(const struct policy_check *, struct refusals *,
    struct err *);
/* the same of one resource, as it is desired now; from any thread */
int policy_refusals_of(const struct policy_check *, const struct resource *,
    struct refusals *, struct err *);
