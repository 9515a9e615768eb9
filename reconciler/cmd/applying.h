/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * applying.h - what the commands that change a host have in common.
 */
#pragma once

#include "running.h"

/* EXIT_DONE: yes, or nothing is to be asked; else the code to end with */
int applying_ask(struct running *, struct invocation *);
/* do what is planned; `words` are the journal's. The code to end with */
int applying_do(struct running *, struct invocation *, const char *words);
/* undo.c: undo the run that was just done, because it failed */
int applying_undo(struct running *, struct invocation *);
