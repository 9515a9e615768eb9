/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * past.h - how things were, as declarations again.
 *
 * The journal describes a resource by its attributes as JSON (describe.c), and
 * keeps the bytes that it held (objects.h). Here that becomes what a site could
 * have said, so that going back takes the way that everything takes: planner,
 * applier, journal. Such values carry no expressions.
 */
#pragma once

#include "../specs/spec.h"
#include "plan.h"

/* bytes: content above this is not kept from before */
enum { PAST_KEPT = 64 << 20 };

/* one resource that shall be as it was */
struct past {
	const char *address;
	/* JSON; NULL: it shall be absent */
	const char *before;
	/* JSON, how it was left; NULL: absent, or not known */
	const char *after;
	/* JSON that tells what it is where `before` and `after` do not; NULL */
	const char *desired;
	/* what the plan names as the place of it */
	struct pos pos;
	enum origin origin;
	bool protect;

	/* --- made --- */

	/* NULL where `refusal` says so */
	const struct kind *kind;
	/* why it cannot be so again: "its old content is secret"; or NULL */
	const char *refusal;
	/* not all of it is known: what is there can be changed back, but what
	   is gone cannot be made again */
	bool hollow;
};

/*
 * The declaration of it, unless `refusal` says why there is none. What was the
 * same before and after is left to what it is now. `state` is the directory of
 * the objects.
 */
void past_declare(struct arena *, const char *state, struct past *,
    struct declaration *);
/* a kind's struct as that JSON says it, without content; NULL for NULL */
const void *past_struct(struct arena *, const struct kind *,
    const char *json);
/*
 * The path to read content from that is known by its digest alone; NULL: the
 * kind has none.
 */
const char *past_path(const struct kind *, const void *observed);
/* why that change could not be undone later; NULL: it could */
const char *past_refusal(struct arena *, const struct change *);
