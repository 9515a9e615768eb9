/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * resume.h - what a run leaves for the next boot: STATE/resume.
 *
 *  (1) It is there from before the first change of a run until the run has
 *      ended, so that one that the power took is in it.
 *  (2) It stays when the run ended because of a reboot: something waits for
 *      one, or one interrupted it. Any other end removes it.
 *  (3) Who starts at boot asks whether it is there, and nothing else.
 */
#pragma once

#include "saved.h"

struct resume {
	/* absolute */
	const char *site;
	struct saved_options options;
};

/* durable; under the lock */
int resume_arm(struct arena *, const char *state, const struct resume *,
    struct err *);
int resume_disarm(const char *state, struct err *);
/* 1: filled in; 0: there is nothing to go on with; -1 */
int resume_read(struct arena *, const char *state, struct resume *,
    struct err *);
