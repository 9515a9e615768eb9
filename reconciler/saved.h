/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * saved.h - a plan in a file: what was reviewed is what happens.
 *
 * The file is JSON lines. The first is the format, its version and a code by
 * which this machine knows all that follows for its own (saved_file.c). Then
 * come what the plan was made from, each change in the plan's order with the
 * state that it rests on, the totals, and the plan as people read it.
 *
 * Nothing of a secret is in it but keyed digests.
 */
#pragma once

#include "lookup.h"
#include "plan.h"

struct run;

/* what shapes a plan besides the site and the host */
struct saved_options {
	const struct strings *targets, *excludes;
	/* absolute */
	const char *root;
	bool prune;
	const struct strings *allows;
};

struct saved_change {
	const char *address;
	/* as change_value() names it */
	const char *action;
	/* NULL: it is not refreshed */
	const char *refresh;
	/* digests of what was there, and of what is desired */
	const char *ground, *desired;
	/* what was there, as describe() has it; NULL: absent */
	const struct value *before;
};

struct saved {
	/* microseconds of CLOCK_REALTIME */
	int64_t at;
	/* "?" where an unsealed file does not say */
	const char *plumb, *host;
	/* the site's directory, absolute */
	const char *site;
	/* NULL: it is in no repository */
	const char *revision;
	/* there was something that is not committed */
	bool dirty;
	struct saved_options options;
	/* digests of the site's files by their paths within it */
	const struct value *sources;
	struct saved_change *changes;
	size_t count, capacity;
	struct lookup lookup;
	/* the plan for people, uncoloured and with all details */
	const char *text;
};

/* something that is not as it was when the plan was made */
struct moved {
	/* an address, or a file of the site */
	const char *what;
	/* "'mode' was 0644 and is 0600" */
	const char *how;
};

/* all of the plan in `path`, whole or not at all; see saved_file_writable() */
int saved_write(const struct run *, const struct saved_options *,
    const char *path, struct err *);
/* `key` NULL: whether it is whole is not checked */
int saved_read(struct arena *, const char *path, const unsigned char key[32],
    struct saved *, struct err *);
/* --- saved_compare.c: what moved --- */

/* what a change rests on, as JSON; NULL: it is absent */
const char *ground_text(struct arena *, const struct resource *,
    const unsigned char key[32]);
/* as 64 hex digits; of NULL as well */
const char *ground_digest(struct arena *, const char *text);
/*
 * Of what is desired and, unlike describe_desired(), of how: a command is
 * nothing else. Keyed as a whole, as secrets are in it.
 */
const char *aim_digest(struct arena *, const struct resource *,
    const unsigned char key[32]);
/* what a run was read from: digests by path within the site */
struct value sources_value(struct arena *, const struct run *);
/* all that moved since, as the run plans now; how much */
size_t saved_compare(struct arena *, const struct saved *, const struct run *,
    struct moved **out);
/* NULL: what its change rests on is as it was; else what moved, in words */
const char *saved_shift(struct arena *, const struct saved *,
    const struct resource *, const unsigned char key[32]);

/* --- saved_file.c: the bytes --- */

/* 1: a saved plan, by how it begins; 0: not a regular file, or nothing; -1 */
int saved_file_is(const char *path, struct err *);
/* there is nothing, an empty file, or a saved plan; else -1 after saying so */
int saved_file_writable(const char *path, struct err *);
int saved_file_write(const char *path, struct bytes body,
    const unsigned char key[32], struct err *);
/* the body, ended by NUL; `key` as in saved_read() */
int saved_file_read(struct arena *, const char *path,
    const unsigned char key[32], struct bytes *body, struct err *);
