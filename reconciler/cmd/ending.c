/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ending.c - how a run ended, in words.
 */
#include "ending.h"

#include "../exit.h"
#include "../journal.h"

const char *ending_text(const struct journal_run *r)
{
	static const char *const words[] = { "done", "could not run",
		"changes", "refused", "failed", "stale", "rolled back",
		"locked", "interrupted", "needs a reboot" };

	if (!r->ended)
		return "was stopped, or is under way";
	return r->result >= 0 && r->result <= EXIT_REBOOT ?
	    words[r->result] : "?";
}
