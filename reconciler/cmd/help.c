/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * help.c - how plumb and each of its commands are used, from their tables.
 */
#include <string.h>

#include "cmd.h"

const char *usage(struct arena *a, const struct command *command)
{
	if (!command)
		return "plumb COMMAND [OPTIONS] [ARGUMENTS]";
	return arena_printf(a, "plumb %s%s%s%s", command->name,
	    command->options ? " [OPTIONS]" : "",
	    *command->arguments ? " " : "", command->arguments);
}

static const char *option_left(struct arena *a, const struct option_row *row)
{
	struct text t = text_new(a);

	if (row->letter)
		text_addf(&t, "-%c, ", row->letter);
	text_add(&t, row->value.name);
	if (row->value.choices)
		text_addf(&t, " %s", row->value.choices);
	else if (row->word)
		text_addf(&t, " %s", row->word);
	return text_string(&t);
}

static const char *option_right(struct arena *a, const struct option_row *row)
{
	const char *fallback = row->value.fallback;

	if (!fallback || !strcmp(fallback, "0"))
		return row->value.about;
	return arena_printf(a, "%s (default: %s)", row->value.about, fallback);
}

static void add_options(struct text *t, unsigned which, int width)
{
	const struct option_row *row;

	for (row = option_rows; row->bit; row++)
		if (which & row->bit)
			wrap_row(t, option_left(t->arena, row),
			    option_right(t->arena, row), 2, width);
}

void help_all(struct text *t, int width)
{
	size_t i;

	text_add(t, "plumb brings a machine to what its site says, and tells how far it has drifted\n\n");
	text_addf(t, "usage: %s\n\ncommands:\n", usage(t->arena, NULL));
	for (i = 0; commands[i]; i++)
		if (!(commands[i]->flags & COMMAND_HIDDEN))
			wrap_row(t, commands[i]->name, commands[i]->about, 2,
			    width);
	text_add(t, "\noptions of every command:\n");
	add_options(t, OPTIONS_ALWAYS, width);
	text_add(t, "\n");
	wrap(t, "'plumb help COMMAND' tells more of one, 'plumb explain' what a site may declare, and plumb(8) and plumb.yaml(5) are the manual.",
	    0, 0, width);
}

void help_command(struct text *t, const struct command *command, int width)
{
	const char *p = command->details, *end;

	text_addf(t, "plumb %s: %s\n\nusage: %s\n", command->name,
	    command->about, usage(t->arena, command));
	while (p && *p) {
		end = strstr(p, "\n\n");
		text_add_char(t, '\n');
		wrap(t, end ? arena_copy(t->arena, p, (size_t)(end - p)) : p,
		    0, 0, width);
		p = end ? end + 2 : NULL;
	}
	if (command->options & ~OPTIONS_ALWAYS) {
		text_add(t, "\noptions:\n");
		add_options(t, command->options & ~OPTIONS_ALWAYS, width);
	}
	text_add(t, "\noptions of every command:\n");
	add_options(t, OPTIONS_ALWAYS, width);
}

static int run(struct invocation *in)
{
	struct text t = text_new(in->arena);
	const char *name = argument(in, 0, NULL);
	const struct command *command = name ? command_find(name) : NULL;

	if (name && !command) {
		command_refuse(in, name);
		return EXIT_UNABLE;
	}
	if (command)
		help_command(&t, command, in->width);
	else
		help_all(&t, in->width);
	say(in, text_string(&t));
	return EXIT_DONE;
}

const struct command cmd_help = {
	.name = "help",
	.arguments = "[COMMAND]",
	.about = "say how plumb or one of its commands is used",
	.details = "The same as '--help' after the command.",
	.most = 1,
	.run = run,
};
