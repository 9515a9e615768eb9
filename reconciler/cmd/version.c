/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * version.c - which version this is, as --version says it too.
 */
#include "cmd.h"

static int run(struct invocation *in)
{
	if (in->options.json)
		say_json_version(in, 1);
	else
		say(in, "plumb " VERSION "\n");
	return EXIT_DONE;
}

const struct command cmd_version = {
	.name = "version",
	.arguments = "",
	.about = "say which version this is",
	.options = OPTION_JSON,
	.run = run,
};
