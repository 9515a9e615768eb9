/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * confirming.h - runs that somebody must confirm, as commands see them.
 */
#pragma once

#include "running.h"

/* EXIT_DONE, or the code to end with: an earlier run waits to be confirmed */
int confirming_check(struct running *, struct invocation *);
/* with --confirm-timeout: armed before the first change; EXIT_DONE, or the code
   to end with */
int confirming_begin(struct running *, struct invocation *);
/* the run has ended: the time starts again; the code again */
int confirming_end(struct running *, struct invocation *, int code);
/* that run was undone, and waits for nobody; EXIT_DONE, or the code to end
   with */
int confirming_undone(struct running *, struct invocation *, int64_t run);
/* the run that waits, and "waits to be confirmed until …"; 0: none does */
int64_t confirming_run(struct invocation *, const char **text);
