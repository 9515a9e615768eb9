/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * manual.c - plumb(8) and plumb.yaml(5) as mdoc(7).
 *
 * The prose is in plumb.8 and plumb.yaml.5 beside this file; a line that is
 * @WORD@ stands for what the tables say, so that nothing is said twice.
 */
#include <ctype.h>
#include <string.h>

#include "../policy.h"
#include "catalog.h"
#include "cmd.h"

#ifndef PREFIX
#define PREFIX "/usr/local"
#endif

/*
 * Text as it is, in lines of text or, within double quotes, of a macro. A
 * sentence that follows another begins a line, so that roff can space it.
 */
static const char *plain(struct arena *a, const char *text)
{
	struct text t = text_new(a);

	if (*text == '.' || *text == '\'')
		text_add(&t, "\\&");
	for (; *text; text++)
		if (text[0] == '.' && text[1] == ' ' && isupper(text[2])) {
			text_add(&t, ".\n");
			text++;
		} else if (*text == '\\')
			text_add(&t, "\\e");
		else if (*text == '"')
			text_add(&t, "\\(dq");
		else if (*text == '-')
			text_add(&t, "\\-");
		else if (*text == '`')
			text_add(&t, "\\(ga");
		else
			text_add_char(&t, *text);
	return text_string(&t);
}

static void add_option(struct text *t, const struct option_row *row)
{
	const char *word = row->value.choices ? row->value.choices : row->word;

	text_add(t, ".It ");
	if (row->letter)
		text_addf(t, "Fl %c , ", row->letter);
	text_addf(t, "Fl %s", row->value.name + 1);
	if (word)
		text_addf(t, " Ar \"%s\"", word);
	text_addf(t, "\n%s", plain(t->arena, row->value.about));
	if (row->value.fallback && strcmp(row->value.fallback, "0") != 0)
		text_addf(t, " (default: %s)", row->value.fallback);
	text_add(t, ".\n");
}

static void add_options(struct text *t, unsigned which)
{
	const struct option_row *row;

	for (row = option_rows; row->bit; row++)
		if (row->bit & which)
			add_option(t, row);
}

static void options_always(struct text *t)
{
	add_options(t, OPTIONS_ALWAYS);
}

static void options_shared(struct text *t)
{
	unsigned all = 0;
	size_t i;

	for (i = 0; commands[i]; i++)
		all |= commands[i]->options;
	add_options(t, all & ~OPTIONS_ALWAYS);
}

static void add_details(struct text *t, const char *p)
{
	const char *end;

	for (; p && *p; p = end ? end + 2 : NULL) {
		end = strstr(p, "\n\n");
		text_addf(t, ".Pp\n%s\n", plain(t->arena, end ?
		    arena_copy(t->arena, p, (size_t)(end - p)) : p));
	}
}

static void add_takes(struct text *t, const struct command *command)
{
	const struct option_row *row;
	const char *before = ".Pp\nIt takes\n.Fl ";

	for (row = option_rows; row->bit; row++)
		if (row->bit & command->options & ~OPTIONS_ALWAYS) {
			text_addf(t, "%s%s", before, row->value.name + 1);
			before = " ,\n.Fl ";
		}
	if (*before == ' ')
		text_add(t, " .\n");
}

static void commands_all(struct text *t)
{
	const struct command *command;
	size_t i;

	text_add(t, ".Bl -tag -width Ds\n");
	for (i = 0; commands[i]; i++) {
		command = commands[i];
		if (command->flags & COMMAND_HIDDEN)
			continue;
		text_addf(t, ".It Cm %s", command->name);
		if (*command->arguments)
			text_addf(t, " Ar \"%s\"", plain(t->arena,
			    command->arguments));
		text_addf(t, "\n%s.\n", plain(t->arena, command->about));
		add_details(t, command->details);
		add_takes(t, command);
	}
	text_add(t, ".El\n");
}

static void add_row(struct text *t, const struct attribute *row)
{
	text_addf(t, ".It Cm %s Pq \"%s\"\n%s", row->name, plain(t->arena,
	    attribute_summary(t->arena, row)), plain(t->arena, row->about));
	if (row->choices && row->type != TYPE_CHOICE)
		text_addf(t, ", like\n.Ql \"%s\"", plain(t->arena,
		    row->choices));
	text_add_char(t, '\n');
}

static void site_rows(struct text *t)
{
	const struct attribute *row;

	for (row = site_attributes; row->name; row++)
		add_row(t, row);
}

static void common_rows(struct text *t)
{
	const struct attribute *row;

	for (row = language_attributes; row->name; row++)
		add_row(t, row);
	for (row = common_attributes; row->name; row++)
		add_row(t, row);
}

static void policy_rows(struct text *t)
{
	const struct attribute *row;

	for (row = policy_attributes; row->name; row++)
		add_row(t, row);
}

static void kinds_all(struct text *t)
{
	const struct attribute *row;
	size_t i;

	for (i = 0; kinds[i]; i++) {
		text_addf(t, ".Ss %s\nUnder\n.Cm %s :\n%s.\n"
		    ".Bl -tag -width Ds\n", kinds[i]->name, kinds[i]->section,
		    plain(t->arena, kinds[i]->about));
		for (row = kinds[i]->attributes; row->name; row++)
			add_row(t, row);
		text_add(t, ".El\n");
	}
}

static void exit_all(struct text *t)
{
	static const char *const meanings[] = {
		[EXIT_DONE] = "done: nothing differs, or all was applied",
		[EXIT_UNABLE] = "could not run: a bad site, bad usage, no journal",
		[EXIT_CHANGES] = "something differs: from drift, and where \\-\\-detailed\\-exitcode asks for it",
		[EXIT_REFUSED] = "refused: policy, protection, or more removed than may be in one run",
		[EXIT_FAILED] = "some resources failed; the others are done",
		[EXIT_STALE] = "the saved plan no longer fits what is there",
		[EXIT_ROLLED_BACK] = "rolled back",
		[EXIT_LOCKED] = "another run holds the lock",
		[EXIT_INTERRUPTED] = "interrupted",
		[EXIT_REBOOT] = "a reboot is needed before it can go on",
	};
	size_t i;

	text_add(t, ".Bl -tag -width Ds\n");
	for (i = 0; i < sizeof(meanings) / sizeof(*meanings); i++)
		text_addf(t, ".It %zu\n%s.\n", i, meanings[i]);
	text_add(t, ".El\n");
}

/* whether the line is @WORD@, which was replaced then */
static bool fill_in(struct text *t, const char *line)
{
	static const struct {
		const char *word;
		void (*add)(struct text *);
	} places[] = {
		{ "@commands@", commands_all },
		{ "@options-always@", options_always },
		{ "@options@", options_shared },
		{ "@exit@", exit_all },
		{ "@site@", site_rows },
		{ "@common@", common_rows },
		{ "@policy@", policy_rows },
		{ "@kinds@", kinds_all },
	};
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (!strcmp(line, places[i].word)) {
			places[i].add(t);
			return true;
		}
	return false;
}

static void add_line(struct text *t, const char *line)
{
	static const char prefix[] = "@prefix@";
	const char *at = strstr(line, prefix);

	if (at)
		text_addf(t, "%.*s" PREFIX "%s\n", (int)(at - line), line,
		    at + strlen(prefix));
	else
		text_addf(t, "%s\n", line);
}

static int run(struct invocation *in)
{
	struct text t = text_new(in->arena);
	const char *section = argument(in, 0, "8"), *text, *end, *line;

	text = embedded(!strcmp(section, "5") ? "reconciler/cmd/plumb.yaml.5" :
	    "reconciler/cmd/plumb.8");
	for (; *text; text = end + 1) {
		end = strchrnul(text, '\n');
		line = arena_copy(in->arena, text, (size_t)(end - text));
		if (!fill_in(&t, line))
			add_line(&t, line);
	}
	say(in, text_string(&t));
	return EXIT_DONE;
}

const struct command cmd_manual = {
	.name = "manual",
	.arguments = "[8|5]",
	.about = "print plumb(8) or plumb.yaml(5), for mandoc(1)",
	.flags = COMMAND_HIDDEN,
	.most = 1,
	.run = run,
};
