/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trial.h - one kind by itself on the tree below a directory of its own, or on
 * this machine, for tests of what only that kind does.
 */
#pragma once

#include "../resources/resource.h"
#include "../resources/host/machine.h"

struct trial {
	struct arena *arena;
	struct err err;
	struct job job;
	struct hooks hooks;
	struct host host;
	const struct kind *kind;
	/* made by trial_open; removed by trial_close */
	char folder[64];
	/* what the kind noted and told as progress, each line ended */
	struct text notes;
	struct text progress;
	/* a path that is declared; NULL: none is */
	const char *declared;
	void *desired;
	void *observed;
};

/* `below`: the host is the tree below the folder, which has etc/passwd */
void trial_open(struct trial *, const struct kind *, bool below);
void trial_close(struct trial *);
#define scoped_trial __attribute__((cleanup(trial_close))) struct trial

/* a path in the folder, as this machine sees it */
const char *trial_path(struct trial *, const char *name);
/*
 * What the kind's attributes are, as YAML in one line; NULL where that is good,
 * else what is wrong with it. The ones that follow speak of that.
 */
const char *trial_want(struct trial *, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* as the kind's */
int trial_observe(struct trial *);
int trial_apply(struct trial *);
int trial_remove(struct trial *);
/* what else the change that trial_observe() saw would do, into the notes */
void trial_foresee(struct trial *);
/* rows that differ, with blanks between, after trial_observe() gave 1 */
const char *trial_differ(struct trial *);
/* what was said last; "" */
const char *trial_said(struct trial *);
