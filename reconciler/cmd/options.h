/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * options.h - what the command line may say besides a command: one row each.
 */
#pragma once

#include "../../specs/attribute.h"

struct invocation;

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum graph_format { FORMAT_DOT, FORMAT_MERMAID, FORMAT_JSON };

/* bits, for struct command */
enum {
	OPTION_HELP = 1 << 0,
	OPTION_VERSION = 1 << 1,
	OPTION_VERBOSE = 1 << 2,
	OPTION_COLOR = 1 << 3,
	OPTION_ALL = 1 << 4,
	OPTION_TARGET = 1 << 5,
	OPTION_EXCLUDE = 1 << 6,
	OPTION_UNCONFIRMED = 1 << 7,
	OPTION_JOBS = 1 << 8,
	OPTION_JSON = 1 << 9,
	OPTION_NO_INPUT = 1 << 10,
	OPTION_YES = 1 << 11,
	OPTION_LOCK_TIMEOUT = 1 << 12,
	OPTION_STATE = 1 << 13,
	OPTION_ROOT = 1 << 14,
	OPTION_DETAILED_EXITCODE = 1 << 15,
	OPTION_OUTPUT = 1 << 16,
	OPTION_FORMAT = 1 << 17,
	OPTION_PRUNE = 1 << 18,
	OPTION_RESUME = 1 << 19,
	OPTION_ALLOW = 1 << 20,
	OPTION_CONFIRM = 1 << 21,
	OPTION_ROLLBACK = 1 << 22,

	OPTIONS_ALWAYS = OPTION_HELP | OPTION_VERSION | OPTION_VERBOSE |
	    OPTION_COLOR,
	/* for what reads a site */
	OPTIONS_SITE = OPTION_ROOT | OPTION_JSON,
	/* for what looks at the host, or at what the journal knows of it */
	OPTIONS_LOOK = OPTIONS_SITE | OPTION_TARGET | OPTION_EXCLUDE |
	    OPTION_STATE | OPTION_LOCK_TIMEOUT | OPTION_JOBS,
	/* for what may change it */
	OPTIONS_ACT = OPTIONS_LOOK | OPTION_YES | OPTION_NO_INPUT |
	    OPTION_DETAILED_EXITCODE | OPTION_PRUNE | OPTION_ALLOW,
};

/* filled by the table in options.c; int is 0 or 1 */
struct options {
	/* never NULL */
	const struct strings *targets;
	const struct strings *excludes;
	const struct strings *allows;
	int64_t jobs;
	int json;
	int no_input;
	int yes;
	/* milliseconds */
	int64_t lock_timeout;
	/* absolute */
	const char *state;
	/* absolute; "/" is the machine itself */
	const char *root;
	int verbose;
	/* enum color */
	int color;
	int detailed_exitcode;
	const char *output;
	/* enum graph_format */
	int format;
	int prune;
	int rollback;
	int resume;
	int all;
	/* milliseconds; 0: it need not be confirmed */
	int64_t confirm_timeout;
	int unconfirmed;
	int help;
	int version;
	/* OPTION_ bits of those that were on the command line */
	unsigned given;
};

struct option_row {
	/* its name is "--name"; TYPE_BOOL takes no value, TYPE_LIST repeats */
	struct attribute value;
	char letter;
	/* what stands for the value in help: "ADDRESS"; NULL: takes none */
	const char *word;
	unsigned bit;
};

/* ends with an empty row */
extern const struct option_row option_rows[];

/*
 * Read the command line into the invocation: its command, options, arguments.
 * -1: bad usage, and why was said.
 */
int options_read(struct invocation *, int argc, char **argv);
