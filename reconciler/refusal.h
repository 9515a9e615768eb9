/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * refusal.h - what a run is not to do, by which rule, and how to go on.
 */
#pragma once

#include "../specs/arena.h"
#include "../specs/err.h"

struct resource;

struct refusal {
	/* "policy", "protection", "budget" */
	const char *rule;
	const char *text;
	/* of the rule; no source where plumb itself has it */
	struct pos rule_pos;
	/* what it is about, by address; never empty */
	const struct resource **resources;
	size_t count;
	/* how to go on: "`--allow file` lets this run do it" */
	const char *remedy;
};

/* starts as { .arena = ... } */
struct refusals {
	struct arena *arena;
	struct refusal *item;
	size_t count, capacity;
};

/* one about one resource; its remedy and the rule's place are to be filled */
struct refusal *refusal_add(struct refusals *, const char *rule,
    const struct resource *, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
