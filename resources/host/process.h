/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * process.h - run a program on a host: an argument vector, a clean environment,
 * a deadline, a bounded output; never a shell.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "job.h"

struct host;

struct process {
	/* ends with NULL; found in /usr/sbin:/usr/bin:/sbin:/bin, no shell */
	const char *const *argv;
	/* NULL: the user that plumb runs as */
	const char *user;
	/* NULL: / */
	const char *directory;
	/* NAME=value, besides PATH and LC_ALL; ends with NULL, or is NULL */
	const char *const *environment;
	struct bytes input;
	/* milliseconds; 0 is a minute. Then the whole group is ended */
	int64_t timeout;
	/* of each stream, in bytes; 0 is 1 MiB. What is over is dropped */
	size_t limit;
};

struct outcome {
	/* exit status, or 128 and the signal */
	int status;
	struct bytes out;
	struct bytes complaint; /* standard error */
	bool truncated;
};

/* runs it to look at something: it must not change the host */
int host_ask(struct job *, const struct host *, const struct process *,
    struct outcome *);
/*
 * -1 when it could not be started or had to be ended; status is the caller's.
 * What it wrote is on the disk then.
 */
int host_run(struct job *, struct host *, const struct process *,
    struct outcome *);
/* the same, and a status other than 0 is an error that quotes its last lines */
int host_run_well(struct job *, struct host *, const struct process *,
    struct outcome *);
/* the last lines of what it said, for an error; "" */
const char *outcome_last(struct arena *, const struct outcome *);
/*
 * Whether there is such a program on the host, by path or by name: 1, 0 or -1.
 * One that will be installed later in the run is not an error to look for.
 */
int host_has_program(struct job *, const struct host *, const char *name);
