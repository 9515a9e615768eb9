/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ending.h - how a run ended, in words.
 */
#pragma once

struct journal_run;

/* "done", "failed", "was stopped, or is under way" */
const char *ending_text(const struct journal_run *);
