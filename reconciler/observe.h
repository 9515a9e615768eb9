/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * observe.h - look at what is there.
 */
#pragma once

#include "graph.h"

struct observer {
	const struct host *host;
	struct graph *graph;
	/* how many to look at at a time, of those that take long */
	size_t jobs;
	/* NULL, or by number of resource: what is to be looked at; what it
	   takes values from is looked at as well */
	const bool *selected;
	const atomic_bool *stop;
	/* called now and then with how many were looked at; or NULL */
	void (*progress)(void *, size_t done, size_t total);
	void *context;
};

/*
 * Look at resources: sight and observed are filled in. What cannot be
 * looked at is said, is UNKNOWN, and counts into `unknown`.
 */
void observe_all(const struct observer *, struct err *, size_t *unknown);
/* look at one; -1 after an error was said, and then it is UNKNOWN */
int observe_one(struct job *, const struct host *, struct resource *);
/* the resource's place and name for a job */
struct job resource_job(struct arena *, struct err *, const struct resource *);
