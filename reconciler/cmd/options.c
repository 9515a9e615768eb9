/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * options.c - the options of the command line: one row each, and their reader.
 *
 * Values are read as those of a spec are, so the messages are the same.
 */
#include "options.h"

#include <assert.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../specs/input.h"
#include "../../specs/maker.h"
#include "cmd.h"

enum { ROWS_MAX = 32, VALUE_OF_ROW = 1 << 8 };

#define ROW(option, member, kind_of, which, about_text, ...)                   \
	{                                                                      \
		.value.name = "--" option, .value.type = TYPE_##kind_of,       \
		.value.about = about_text, .bit = OPTION_##which,              \
		.value.offset = offsetof(struct options, member) +             \
		    0 * sizeof(char[_Generic(((struct options *)0)->member,    \
		        C_TYPE_##kind_of: 1)]),                                \
		__VA_ARGS__                                                    \
	}

const struct option_row option_rows[] = {
	ROW("target", targets, LIST, TARGET,
	    "only this resource and what it requires; may be repeated",
	    .word = "ADDRESS"),
	ROW("exclude", excludes, LIST, EXCLUDE,
	    "neither this resource nor what requires it; may be repeated",
	    .word = "ADDRESS"),
	ROW("allow", allows, LIST, ALLOW,
	    "let more than 30 % of the resources of this kind be removed or replaced in one run; may be repeated",
	    .word = "KIND"),
	ROW("jobs", jobs, INT, JOBS, "how many resources to work on at a time",
	    .word = "N", .value.fallback = "16"),
	ROW("lock-timeout", lock_timeout, DURATION, LOCK_TIMEOUT,
	    "how long to wait for another run to end, like 30s",
	    .word = "DURATION", .value.fallback = "0"),
	ROW("state", state, STRING, STATE,
	    "where the journal is kept", .word = "DIR"),
	ROW("root", root, STRING, ROOT,
	    "work on the tree below DIR, not on this machine: for images and trials",
	    .word = "DIR"),
	ROW("prune", prune, BOOL, PRUNE,
	    "remove what the site created and no longer declares"),
	ROW("resume", resume, BOOL, RESUME,
	    "go on, without asking, with what a reboot cut in two"),
	ROW("confirm-timeout", confirm_timeout, DURATION, CONFIRM,
	    "undo it all unless 'plumb confirm' comes within this time, over another connection",
	    .word = "DURATION"),
	ROW("rollback-on-failure", rollback, BOOL, ROLLBACK,
	    "when something fails, undo the whole run; ends with 6"),
	ROW("unconfirmed", unconfirmed, BOOL, UNCONFIRMED,
	    "the run that waits to be confirmed, instead of RUN"),
	ROW("yes", yes, BOOL, YES, "do not ask, go ahead", .letter = 'y'),
	ROW("no-input", no_input, BOOL, NO_INPUT,
	    "never ask: where a question would be, stop with exit status 1"),
	ROW("detailed-exitcode", detailed_exitcode, BOOL, DETAILED_EXITCODE,
	    "exit with 2 where something differs or was changed"),
	ROW("all", all, BOOL, ALL,
	    "everything on the machine that somebody decided"),
	ROW("output", output, STRING, OUTPUT, "write to this file",
	    .letter = 'o', .word = "FILE"),
	ROW("format", format, CHOICE, FORMAT, "how to write the graph",
	    .word = "FORMAT", .value.choices = "dot|mermaid|json",
	    .value.fallback = "dot"),
	ROW("json", json, BOOL, JSON,
	    "print JSON, one object a line; the first says the version"),
	ROW("verbose", verbose, BOOL, VERBOSE, "say more", .letter = 'v'),
	ROW("color", color, CHOICE, COLOR, "when to use colour",
	    .word = "WHEN", .value.choices = "auto|always|never",
	    .value.fallback = "auto"),
	ROW("help", help, BOOL, HELP, "say how a command is used",
	    .letter = 'h'),
	ROW("version", version, BOOL, VERSION, "say which version this is"),
	{ .bit = 0 },
};

/* what getopt_long(3) wants to know */
struct getopt_tables {
	struct option longs[ROWS_MAX + 1];
	char letters[2 * ROWS_MAX + 2];
};

static void tables_make(struct getopt_tables *t)
{
	const struct option_row *row;
	char *letter = t->letters;
	size_t i;

	*t = (struct getopt_tables){ 0 };
	*letter++ = ':';
	for (i = 0; option_rows[i].bit; i++) {
		assert(i < ROWS_MAX);
		row = &option_rows[i];
		t->longs[i].name = row->value.name + strlen("--");
		t->longs[i].has_arg = row->word ? required_argument :
		    no_argument;
		t->longs[i].val = VALUE_OF_ROW + (int)i;
		if (!row->letter)
			continue;
		*letter++ = row->letter;
		if (row->word)
			*letter++ = ':';
	}
}

/* of what getopt_long(3) returned; or NULL */
static const struct option_row *row_find(int found)
{
	const struct option_row *row;

	if (found >= VALUE_OF_ROW)
		return &option_rows[found - VALUE_OF_ROW];
	for (row = option_rows; row->bit; row++)
		if (found && row->letter == found)
			return row;
	return NULL;
}

static int refuse_unknown(struct invocation *in, const char *word)
{
	const char *names[ROWS_MAX + 1], *near;
	const struct option_row *row = row_find(optopt);
	size_t i;

	if (row)
		return err_at(&in->err, (struct pos){ 0 },
		    "'%s' takes no value", row->value.name);
	if (optopt)
		return err_at(&in->err, (struct pos){ 0 },
		    "there is no option '-%c'", optopt);
	word = arena_copy(in->arena, word, strcspn(word, "="));
	for (i = 0; option_rows[i].bit; i++)
		names[i] = option_rows[i].value.name;
	names[i] = NULL;
	near = nearest(word, names);
	return err_at(&in->err, (struct pos){ 0 },
	    "there is no option '%s'%s%s%s", word,
	    near ? " (did you mean '" : "", near ? near : "",
	    near ? "'?)" : "");
}

static int add_one(struct invocation *in, const struct attribute *row,
    const char *text)
{
	const struct strings **list, *old;
	struct strings *made = arena_new(in->arena, struct strings);

	list = (const struct strings **)((char *)&in->options + row->offset);
	old = *list;
	made->item = arena_array(in->arena, old->count + 1,
	    sizeof(*made->item));
	if (old->count)
		memcpy(made->item, old->item,
		    old->count * sizeof(*made->item));
	made->item[old->count] = text;
	made->count = old->count + 1;
	*list = made;
	return 0;
}

static int read_value(struct invocation *in, const struct option_row *row,
    const char *text)
{
	struct reader reader = { .arena = in->arena, .err = &in->err };
	struct value value;

	if (!*text)
		return err_at(&in->err, (struct pos){ 0 },
		    "'%s' must not be empty", row->value.name);
	if (row->value.type == TYPE_LIST)
		return add_one(in, &row->value, text);
	value = value_text((struct pos){ 0 }, text);
	return attribute_read(&reader, &row->value, &value, &in->options);
}

static int read_all(struct invocation *in, int argc, char **argv)
{
	struct getopt_tables tables;
	const struct option_row *row;
	int found, failed = 0;

	tables_make(&tables);
	optind = 0;
	opterr = 0;
	while ((found = getopt_long(argc, argv, tables.letters, tables.longs,
	    NULL)) != -1) {
		row = row_find(found);
		if (found == '?') {
			failed |= refuse_unknown(in, argv[optind - 1]);
		} else if (found == ':') {
			row = row_find(optopt);
			failed |= err_at(&in->err, (struct pos){ 0 },
			    "'%s' needs a value: %s", row->value.name,
			    row->word);
		} else {
			in->options.given |= row->bit;
			failed |= read_value(in, row, optarg ?: "true");
		}
	}
	return failed ? -1 : 0;
}

int command_refuse(struct invocation *in, const char *word)
{
	const char *names[ROWS_MAX + 1], *near;
	size_t i, n = 0;

	for (i = 0; commands[i] && n < ROWS_MAX; i++)
		if (!(commands[i]->flags & COMMAND_HIDDEN))
			names[n++] = commands[i]->name;
	names[n] = NULL;
	near = nearest(word, names);
	return err_at(&in->err, (struct pos){ 0 },
	    "there is no command '%s'%s%s%s", word,
	    near ? " (did you mean '" : "", near ? near : "",
	    near ? "'?)" : "");
}

static int find_command(struct invocation *in, int count, char **words)
{
	size_t i;

	if (!count)
		return 0;
	in->arguments.count = (size_t)count - 1;
	in->arguments.item = arena_array(in->arena, (size_t)count,
	    sizeof(*in->arguments.item));
	for (i = 1; i < (size_t)count; i++)
		in->arguments.item[i - 1] = words[i];
	in->command = command_find(words[0]);
	return in->command ? 0 : command_refuse(in, words[0]);
}

static int check_command(struct invocation *in)
{
	const struct command *command = in->command;
	const struct option_row *row;
	int failed = 0;

	if (!command || in->options.help)
		return 0;
	for (row = option_rows; row->bit; row++)
		if (in->options.given & row->bit &
		    ~(command->options | OPTIONS_ALWAYS))
			failed |= err_at(&in->err, (struct pos){ 0 },
			    "'plumb %s' takes no '%s'", command->name,
			    row->value.name);
	if (in->arguments.count < command->least)
		failed |= err_at(&in->err, (struct pos){ 0 },
		    "'plumb %s' needs more: %s", command->name,
		    command->arguments);
	if (in->arguments.count > command->most)
		failed |= err_at(&in->err, (struct pos){ 0 },
		    "'plumb %s' does not know what to do with '%s'",
		    command->name, in->arguments.item[command->most]);
	if ((command->options & OPTION_JOBS) && in->options.jobs < 1)
		failed |= err_at(&in->err, (struct pos){ 0 },
		    "'--jobs' must be at least 1");
	return failed ? -1 : 0;
}

static const char *absolute(struct arena *a, const char *path)
{
	char here[4096];

	if (*path == '/' || !getcwd(here, sizeof(here)))
		return path;
	return arena_printf(a, "%s/%s", here, path);
}

/*
 * A tree has its own journal, so that the image that is made from it knows
 * what was done to it. Relative paths do not count (XDG Base Directory).
 */
static const char *default_state(struct arena *a, const char *root)
{
	const char *place = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (strcmp(root, "/") != 0)
		return arena_printf(a, "%s/var/lib/plumb", root);
	if (geteuid() == 0)
		return "/var/lib/plumb";
	if (place && *place == '/')
		return arena_printf(a, "%s/plumb", place);
	if (home && *home == '/')
		return arena_printf(a, "%s/.local/state/plumb", home);
	return "/var/lib/plumb";
}

int options_read(struct invocation *in, int argc, char **argv)
{
	static const struct strings none;
	struct options *o = &in->options;
	const struct option_row *row;
	int failed = 0;

	o->targets = o->excludes = o->allows = &none;
	for (row = option_rows; row->bit; row++)
		if (row->value.fallback)
			failed |= read_value(in, row, row->value.fallback);
	failed |= read_all(in, argc, argv);
	failed |= find_command(in, argc - optind, argv + optind);
	o->root = o->root ? absolute(in->arena, o->root) : "/";
	o->state = o->state ? absolute(in->arena, o->state) :
	    default_state(in->arena, o->root);
	failed |= check_command(in);
	return failed ? -1 : 0;
}
