/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * apt.h - what a transaction of packages consists of: shared by apt_steps.c,
 * which works it out, and apt.c, which has it done.
 */
#pragma once

#include "packages.h"

enum {
	/* milliseconds */
	MINUTE = 60 * 1000,
};

/* an argument vector that grows */
struct command {
	struct arena *arena;
	const char **word;
	size_t count, capacity;
};

void command_say(struct command *, const char *word);
/* one that begins with these */
struct command command_new(struct arena *, const char *const *words);
#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* apt-get that never asks; waits for its lock, milliseconds */
struct command apt_get(struct arena *, int64_t timeout);
/* the command may not grow from then on */
struct process command_process(struct command *, int64_t timeout);

/* a change, and what is there before it */
struct step {
	const struct package_change *change;
	struct installed is;
	bool installed;
	/* apt-get is to name it */
	bool moves;
};

/* all of them, and who looks */
struct steps {
	struct job *job;
	const struct host *host;
	struct step *step;
	size_t count;
};

/* refuses what is held */
int steps_read(struct steps *, const struct package_change *, size_t count);
bool steps_move(const struct steps *);
/* the transaction's words after apt-get's own options */
int steps_say(const struct steps *, struct command *);
/* what apt said may be so because its lists are old or were never fetched */
bool steps_need_lists(const struct outcome *);
/* apt's words on what it cannot do, and what would help */
const char *steps_complaint(const struct steps *, const struct outcome *);
