/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * terminal.c - all that is printed, and to whom.
 *
 * A pipe that its reader has closed ends the output, not the run: what is said
 * from then on is dropped in silence and the exit status is what it would have
 * been. Output that cannot be written for any other reason is an error.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../../specs/json.h"
#include "../../specs/maker.h"
#include "cmd.h"

enum { MISTAKES = 20, NARROW = 40, WIDE = 100 };

static int width_of(int fd)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col < NARROW)
		return 80;
	return size.ws_col > WIDE ? WIDE : size.ws_col;
}

void terminal_open(struct invocation *in)
{
	in->terminal_in = isatty(STDIN_FILENO);
	in->terminal_out = isatty(STDOUT_FILENO);
	in->terminal_err = isatty(STDERR_FILENO);
	in->width = in->terminal_out ? width_of(STDOUT_FILENO) :
	    in->terminal_err ? width_of(STDERR_FILENO) : 80;
}

/* never NULL: what is not set is empty */
static const char *setting(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

/* https://no-color.org, https://bixense.com/clicolors */
static bool wants_color(const struct invocation *in, bool terminal)
{
	const char *force = setting("CLICOLOR_FORCE"), *name = setting("TERM");

	if (in->options.color != COLOR_AUTO)
		return in->options.color == COLOR_ALWAYS;
	if (*setting("NO_COLOR"))
		return false;
	if (*force && strcmp(force, "0") != 0)
		return true;
	return terminal && *name && strcmp(name, "dumb") != 0;
}

void terminal_color(struct invocation *in)
{
	in->color_out = wants_color(in, in->terminal_out);
	in->color_err = wants_color(in, in->terminal_err);
}

void say(struct invocation *in, const char *text)
{
	if (!in->broken && fputs(text, stdout) == EOF)
		in->broken = errno;
}

void sayf(struct invocation *in, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(in, arena_vprintf(in->arena, fmt, ap));
	va_end(ap);
}

void say_json(struct invocation *in, const struct value *value)
{
	say(in, json_text(in->arena, value));
	say(in, "\n");
}

void say_json_version(struct invocation *in, int version)
{
	struct map_maker map = { .arena = in->arena };
	struct value line;

	map_add_text(&map, "type", "version");
	map_add_text(&map, "command", in->command->name);
	map_add_int(&map, "version", version);
	map_add_text(&map, "plumb", VERSION);
	line = map_done(&map);
	say_json(in, &line);
}

void terminal_flush(struct invocation *in)
{
	if (!in->broken && fflush(stdout) == EOF)
		in->broken = errno;
}

void mention(struct invocation *in, const char *text)
{
	/* what was said before stands above it where both go to one place */
	terminal_flush(in);
	fputs(text, stderr);
}

void complain(struct invocation *in)
{
	if (in->err.first)
		mention(in, err_text(in->arena, &in->err, MISTAKES));
	in->err = err_new(in->arena);
}

int terminal_close(struct invocation *in, int code)
{
	terminal_flush(in);
	/* some file systems only say at the end that they were full */
	if (fclose(stdout) == EOF && !in->broken)
		in->broken = errno;
	if (!in->broken || in->broken == EPIPE)
		return code;
	fprintf(stderr, "plumb: cannot write to standard output: %s\n",
	    strerror(in->broken));
	return code == EXIT_DONE || code == EXIT_CHANGES ? EXIT_UNABLE : code;
}
