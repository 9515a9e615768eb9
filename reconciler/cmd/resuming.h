/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * resuming.h - runs that a reboot cuts in two, as apply sees them.
 */
#pragma once

#include "running.h"

/*
 * With --resume: the command line becomes what is to be gone on with. 0: that,
 * or it was not asked for; 1: there is nothing, and that was said; -1.
 */
int resuming_read(struct invocation *);
/* before the first change; EXIT_DONE, or the code to end with */
int resuming_begin(struct running *, struct invocation *);
/* what of it stays for the next boot, and how that goes on; the code again */
int resuming_end(struct running *, struct invocation *, int code);
