/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plan.c - plumb plan: what apply would do, and why; changes nothing.
 */
#include "reviewed.h"

static int run(struct invocation *in)
{
	struct running x;
	bool failed;
	int rc;

	running_open(&x, in, argument(in, 0, "."));
	rc = in->options.output ? reviewed_prepare(&x, in) : EXIT_DONE;
	if (!rc)
		rc = running_plan(&x, in, JOURNAL_READ);
	if (!rc) {
		if (in->options.json)
			say_json_version(in, 1);
		failed = in->err.count > 0 || x.run.plan.unmet;
		complain(in);
		running_show(&x, in);
		rc = running_refused(&x, in);
		if (!rc && failed)
			rc = EXIT_FAILED;
		else if (!rc && in->options.output)
			rc = reviewed_save(&x, in);
		if (!rc && (x.run.plan.count || x.run.plan.flap_count) &&
		    in->options.detailed_exitcode)
			rc = EXIT_CHANGES;
	}
	running_close(&x);
	return rc;
}

const struct command cmd_plan = {
	.name = "plan",
	.arguments = "[SITE]",
	.about = "show what apply would change, and why",
	.details = "Reads the site, looks at the host with the same code that apply uses, and prints each change with its cause and place: + create, ~ update, -/+ replace, - remove, > refresh, ? known only during the run, ! what stands in the way. Then what is removed and refreshed, by name, and the totals.\n\nWith -o, the plan is also written to FILE, whole and for its owner only, with the state that each change rests on; nothing of a secret is in it. 'plumb show' prints it again, and 'plumb apply' on this machine does that and nothing else.\n\nWhat apply would refuse, by policy, protection or because too much would be removed, is said at the end; then it ends with 3, and nothing is written to FILE.\n\nNothing is changed, on the host or in the journal.",
	.options = OPTIONS_LOOK | OPTION_PRUNE | OPTION_DETAILED_EXITCODE |
	    OPTION_OUTPUT | OPTION_ALLOW,
	.most = 1,
	.run = run,
};
