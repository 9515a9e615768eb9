/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * apply.c - plumb apply: make the host what the site says.
 *
 * The plan is shown and asked about first; then each change is told as it ends,
 * and the totals last.
 */
#include "applying.h"
#include "confirming.h"
#include "resuming.h"
#include "reviewed.h"

static int apply(struct running *x, struct invocation *in)
{
	int rc = resuming_begin(x, in);

	if (rc)
		return rc;
	rc = confirming_begin(x, in);
	if (rc)
		return resuming_end(x, in, rc);
	rc = applying_do(x, in, running_words(in));
	if (rc == EXIT_FAILED && in->options.rollback)
		rc = applying_undo(x, in);
	rc = resuming_end(x, in, rc);
	return confirming_end(x, in, rc);
}

static int run(struct invocation *in)
{
	struct running x;
	struct saved saved;
	const char *word;
	int rc = resuming_read(in);

	if (rc)
		return rc < 0 ? EXIT_UNABLE : EXIT_DONE;
	word = argument(in, 0, ".");
	rc = reviewed_read(in, word, &saved);
	if (rc)
		return rc;
	running_open(&x, in, saved.site ? saved.site : word);
	rc = running_lock(&x, in);
	if (!rc)
		rc = running_plan(&x, in, JOURNAL_WRITE);
	if (!rc)
		rc = confirming_check(&x, in);
	if (!rc) {
		if (in->options.json)
			say_json_version(in, 1);
		if (saved.site) {
			rc = reviewed_check(&x, in, &saved);
		} else {
			complain(in);
			running_show(&x, in);
		}
		if (!rc)
			rc = running_refused(&x, in);
		if (!rc && !saved.site)
			rc = applying_ask(&x, in);
		if (!rc)
			rc = apply(&x, in);
		if (!rc && x.run.plan.count && in->options.detailed_exitcode)
			rc = EXIT_CHANGES;
	}
	running_close(&x);
	return rc;
}

const struct command cmd_apply = {
	.name = "apply",
	.arguments = "[SITE|FILE]",
	.about = "make the host what the site says",
	.details = "Plans as plan does, shows it, asks, and then makes each change in order, several at a time. Each is announced in the journal first and looked at again after it; what needs a change that failed is skipped, and the rest goes on.\n\nWhat policy forbids, what is protected, and more than 30 % of the resources of a kind are not removed: all of that is named, nothing is changed, and it ends with 3.\n\nWith a FILE that 'plumb plan -o' has written, does what is in it and nothing else, without asking: who reviewed it has approved it. Everything is looked at again first. Where the ground of a change, the site or anything else has moved since, all of that is named, nothing is changed, and it ends with 5.\n\nCtrl-C finishes what is under way and stops; a second one ends it. Either way, applying again goes on from there. With --rollback-on-failure, a run in which something failed is undone at once, and it ends with 6.\n\nWhat needs a change that takes effect only when the host is rebooted waits for that, in later runs too, and it ends with 9. --resume then goes on with the same site and options; plumb-resume.service does so at boot.\n\nWith --confirm-timeout the run is undone after that time, by a timer of systemd that was started before the first change, unless 'plumb confirm' comes over another connection first. It goes off whatever becomes of plumb and of the connection.",
	.options = OPTIONS_ACT | OPTION_RESUME | OPTION_CONFIRM |
	    OPTION_ROLLBACK,
	.most = 1,
	.run = run,
};
