/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plan.c - plumb plan: what apply would do, and why; changes nothing.
 */
#include "running.h"

static int run(struct invocation *in)
{
	struct running x;
	int rc;

	running_open(&x, in, argument(in, 0, "."));
	rc = running_plan(&x, in, JOURNAL_READ);
	if (!rc) {
		if (in->options.json)
			say_json_version(in, 1);
		running_show(&x, in);
		if (in->err.count)
			rc = EXIT_FAILED;
		else if (x.run.plan.count && in->options.detailed_exitcode)
			rc = EXIT_CHANGES;
	}
	running_close(&x);
	return rc;
}

const struct command cmd_plan = {
	.name = "plan",
	.arguments = "[SITE]",
	.about = "show what apply would change, and why",
	.details = "Reads the site, looks at the host with the same code that apply uses, and prints each change with its cause and place: + create, ~ update, -/+ replace, - remove, > refresh, ? known only during the run. Then what is removed and refreshed, by name, and the totals.\n\nNothing is changed, on the host or in the journal.",
	.options = OPTIONS_LOOK | OPTION_DETAILED_EXITCODE,
	.most = 1,
	.run = run,
};
