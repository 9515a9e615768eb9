/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exit.h - what plumb's exit status means, for people, scripts and CI.
 */
#pragma once

enum exit_code {
	/* nothing differs, or all was applied */
	EXIT_DONE = 0,
	/* could not run: bad spec, bad usage, no journal */
	EXIT_UNABLE = 1,
	/* something differs: from drift, and where --detailed-exitcode asks */
	EXIT_CHANGES = 2,
	/* policy, protection, change budget */
	EXIT_REFUSED = 3,
	/* some resources failed */
	EXIT_FAILED = 4,
	/* the saved plan no longer fits what is there */
	EXIT_STALE = 5,
	EXIT_ROLLED_BACK = 6,
	/* another run holds the lock */
	EXIT_LOCKED = 7,
	EXIT_INTERRUPTED = 8,
	/* it goes on after a reboot */
	EXIT_REBOOT = 9,
};
