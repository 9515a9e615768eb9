/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * main.c - plumb: the table of its commands, and a few lines.
 */
#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"

extern const struct command cmd_adopt, cmd_apply, cmd_completion, cmd_confirm,
    cmd_drift, cmd_explain, cmd_graph, cmd_help, cmd_history, cmd_init,
    cmd_manual, cmd_plan, cmd_schema, cmd_secret, cmd_show, cmd_status,
    cmd_undo, cmd_validate, cmd_version, cmd_why;

const struct command *const commands[] = {
	&cmd_init,
	&cmd_validate,
	&cmd_plan,
	&cmd_apply,
	&cmd_confirm,
	&cmd_undo,
	&cmd_adopt,
	&cmd_drift,
	&cmd_status,
	&cmd_why,
	&cmd_graph,
	&cmd_show,
	&cmd_history,
	&cmd_explain,
	&cmd_schema,
	&cmd_secret,
	&cmd_completion,
	&cmd_version,
	&cmd_help,
	&cmd_manual,
	NULL,
};

const struct command *command_find(const char *name)
{
	size_t i;

	for (i = 0; commands[i]; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

const char *argument(const struct invocation *in, size_t i,
    const char *fallback)
{
	return i < in->arguments.count ? in->arguments.item[i] : fallback;
}

static void ignore(int signal)
{
	(void)signal;
}

/*
 * Nothing that is written is for others to read unless a mode says so; secrets
 * that are in memory end up in no core and in no debugger; and no file that is
 * opened is taken for standard output.
 */
static void be_careful(void)
{
	static const struct rlimit nothing;
	/* a handler, unlike SIG_IGN, is not passed on to programs we start */
	static const struct sigaction quiet = { .sa_handler = ignore,
		.sa_flags = SA_RESTART };
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
	umask(077);
	setrlimit(RLIMIT_CORE, &nothing);
	prctl(PR_SET_DUMPABLE, 0);
	sigaction(SIGPIPE, &quiet, NULL);
}

static int misused(struct invocation *in)
{
	complain(in);
	mention(in, arena_printf(in->arena,
	    "usage: %s; 'plumb help%s%s' tells more\n",
	    usage(in->arena, in->command), in->command ? " " : "",
	    in->command ? in->command->name : ""));
	return EXIT_UNABLE;
}

int main(int argc, char **argv)
{
	scoped_arena *arena = arena_open();
	struct invocation in = { .arena = arena, .err = err_new(arena) };
	struct text help = text_new(arena);
	int code;

	be_careful();
	terminal_open(&in);
	if (options_read(&in, argc, argv) < 0)
		return terminal_close(&in, misused(&in));
	terminal_color(&in);
	if (in.options.help && in.command)
		help_command(&help, in.command, in.width);
	else if (in.options.help)
		help_all(&help, in.width);
	if (in.options.help || in.options.version) {
		say(&in, in.options.help ? text_string(&help) :
		    "plumb " VERSION "\n");
		return terminal_close(&in, EXIT_DONE);
	}
	if (!in.command) {
		err_at(&in.err, (struct pos){ 0 }, "a command is needed");
		return terminal_close(&in, misused(&in));
	}
	code = in.command->run(&in);
	assert(code == EXIT_DONE || code > 0);
	complain(&in);
	return terminal_close(&in, code);
}
