/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd.h - what a command of plumb is: the contract between main.c and the files
 * beside it.
 *
 * A command is one file, NAME.c, which ends with `const struct command
 * cmd_NAME`, and one line of the table in main.c. Usage, help, manual and shell
 * completion follow from the tables.
 *
 * Data goes to standard output by say(), all else to standard error. What a
 * command leaves in its err is printed after it has returned.
 */
#pragma once

#include "../../specs/arena.h"
#include "../../specs/err.h"
#include "../../specs/value.h"
#include "../exit.h"
#include "options.h"

struct invocation {
	/* lives as long as the process */
	struct arena *arena;
	struct err err;
	/* NULL before it is known */
	const struct command *command;
	struct options options;
	/* what is left of the arguments after the command */
	struct strings arguments;
	bool terminal_in;
	bool terminal_out;
	bool terminal_err;
	/* whether to colour standard output, standard error */
	bool color_out;
	bool color_err;
	/* columns of the terminal, at most 100; 80 where there is none */
	int width;
	/* errno of the first write that failed; 0 */
	int broken;
};

enum {
	/* not listed by help */
	COMMAND_HIDDEN = 1,
};

struct command {
	const char *name;
	/* as usage shows them: "[SITE]", "ADDRESS [SITE]"; "" */
	const char *arguments;
	/* one line, without a full stop */
	const char *about;
	/* paragraphs, with an empty line between them */
	const char *details;
	/* OPTION_... that it takes besides OPTIONS_ALWAYS */
	unsigned options;
	unsigned flags;
	/* how many arguments it takes */
	size_t least, most;
	/* an exit code; after saying why in err, unless it is EXIT_DONE */
	int (*run)(struct invocation *);
};

/* every command in the order of help; ends with NULL */
extern const struct command *const commands[];
/* or NULL */
const struct command *command_find(const char *name);

/* say that there is no such command; always -1 */
int command_refuse(struct invocation *, const char *word);

/* argument `i`, or `fallback` where there are fewer */
const char *argument(const struct invocation *, size_t i,
    const char *fallback);

/* --- terminal.c: all that is printed --- */

/* learn what standard input, output and error are */
void terminal_open(struct invocation *);
/* once the options are known */
void terminal_color(struct invocation *);
/* to standard output, as it is; what came from outside is escaped already */
void say(struct invocation *, const char *text);
void sayf(struct invocation *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* one line of JSON */
void say_json(struct invocation *, const struct value *);
/* the first line of --json: which command's lines follow, and their version */
void say_json_version(struct invocation *, int version);
/* to standard error, which may be closed: nothing is done about it */
void mention(struct invocation *, const char *text);
/* what was said is seen now: before a question is answered */
void terminal_flush(struct invocation *);
/* print all in err, as complaints on standard error, and forget it */
void complain(struct invocation *);
/* flush; `code`, or EXIT_UNABLE where output was lost after saying so */
int terminal_close(struct invocation *, int code);

/* --- layout.c: text in columns --- */

/* break at blanks before `width`; the first line is at column `at` already */
void wrap(struct text *, const char *words, int at, int indent, int width);
/* "  left      right, which is broken below itself" */
void wrap_row(struct text *, const char *left, const char *right, int indent,
    int width);
/* columns that a text takes */
int columns(const char *);

/* --- help.c --- */

/* "plumb plan [OPTIONS] [SITE]" */
const char *usage(struct arena *, const struct command *);
void help_all(struct text *, int width);
void help_command(struct text *, const struct command *, int width);
