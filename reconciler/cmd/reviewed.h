/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reviewed.h - plans in files, as the commands use them.
 */
#pragma once

#include "../saved.h"
#include "running.h"

/*
 * Whether a plan can be saved as --output says, which is asked before it is
 * made; makes what it is sealed with. EXIT_DONE, or the code to end with.
 */
int reviewed_prepare(struct running *, struct invocation *);
/* EXIT_DONE, or the code to end with: it is in the file */
int reviewed_save(struct running *, struct invocation *);
/*
 * `word` is what apply was given: if it is a saved plan of this machine's, it
 * is read, and the options that it was made with are those of the command line.
 * A site: `site` stays NULL. EXIT_DONE, or the code to end with.
 */
int reviewed_read(struct invocation *, const char *word, struct saved *);
/* EXIT_DONE, and only that is done from now on; or EXIT_STALE after naming all
   that moved */
int reviewed_check(struct running *, struct invocation *,
    const struct saved *);
/* for people, as plan printed it */
int reviewed_show(struct invocation *, const char *path);
