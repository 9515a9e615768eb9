/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * running.h - what the commands that make a run have in common.
 */
#pragma once

#include "../run.h"
#include "cmd.h"
#include "interrupts.h"

struct running {
	struct run run;
	struct interrupts interrupts;
	struct lock *lock;
	struct progress *progress;
};

/* fill in what the command line asks for; signals are caught from now on */
void running_open(struct running *, struct invocation *, const char *site);
/* the same for another run, when the one before is closed; NULL: no site */
void running_renew(struct running *, struct invocation *, const char *site);
void running_close(struct running *);
/* EXIT_DONE, or the code to end with after saying why */
int running_lock(struct running *, struct invocation *);
/* EXIT_DONE, or the code to end with: the site is read */
int running_load(struct running *, struct invocation *);
/* EXIT_DONE, or the code to end with: it was looked at and planned */
int running_plan(struct running *, struct invocation *, enum journal_mode);
/*
 * EXIT_DONE, or the code to end with: what policy, protection and budget refuse
 * was said, with places. Policy also stops running_load().
 */
int running_refused(struct running *, struct invocation *);
/* what is left alone because it flaps, as text or lines of JSON */
void running_show_flaps(struct running *, struct invocation *);
/* the plan, as text or as lines of JSON */
void running_show(struct running *, struct invocation *);
/* the command line, for the journal; it holds no secrets */
const char *running_words(struct invocation *);
