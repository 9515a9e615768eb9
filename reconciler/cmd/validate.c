/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * validate.c - plumb validate: is the site right, without looking at what is
 * there.
 */
#include "../../specs/maker.h"
#include "running.h"

static int run(struct invocation *in)
{
	struct running x;
	struct map_maker m = { .arena = in->arena };
	struct value v;
	int rc;

	running_open(&x, in, argument(in, 0, "."));
	rc = running_load(&x, in);
	if (!rc && in->options.json) {
		say_json_version(in, 1);
		map_add_text(&m, "type", "summary");
		map_add_text(&m, "site", x.run.spec.name);
		map_add_int(&m, "resources", (int64_t)x.run.graph.count);
		v = map_done(&m);
		say_json(in, &v);
	} else if (!rc) {
		sayf(in, "The site is valid: %zu %s.\n", x.run.graph.count,
		    x.run.graph.count == 1 ? "resource" : "resources");
	}
	running_close(&x);
	return rc;
}

const struct command cmd_validate = {
	.name = "validate",
	.arguments = "[SITE]",
	.about = "check the site, without looking at what is there",
	.details = "Reads every file of the site, evaluates its expressions and templates, and checks every resource and reference. All mistakes are shown with their places.",
	.options = OPTIONS_SITE,
	.most = 1,
	.run = run,
};
