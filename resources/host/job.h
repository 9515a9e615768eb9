/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * job.h - one piece of work for one resource: who asks, where it was declared,
 * where memory comes from, and where errors go.
 */
#pragma once

#include <stdatomic.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../specs/arena.h"
#include "../../specs/err.h"

struct job {
	/* for what outlives the work: observed state, notes */
	struct arena *arena;
	struct err *err;
	/* "file:/etc/motd" */
	const char *address;
	struct pos pos;
	/* asked to stop soon: a process or a wait under way ends by itself */
	const atomic_bool *stop;
	/* what the spec gives it, in milliseconds; 0: as the kind sees fit */
	int64_t timeout;
	/* a secret flowed into the resource: what is made of it is for its
	   owner only, and nothing that a program says of it is repeated */
	bool sensitive;
	/* the engine's; see hooks.h */
	struct hooks *hooks;
};

/* say what went wrong, at the resource's place; always -1 */
int job_fail(struct job *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* the same, ended by what errno says */
int job_fail_errno(struct job *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
