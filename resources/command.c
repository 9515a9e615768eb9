/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * command.c - a program that is run, for what has no kind of its own.
 *
 * Whether it needs to be run is for its guards to say: `creates`, `unless`,
 * `only_if`, `refresh_only`. Without any it is run in every run. Guards are run
 * to look, in a plan too, so they must change nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "host/accounts.h"
#include "resource.h"

enum {
	GUARD_TIME = 60 * 1000,
	RUN_TIME = 60 * 60 * 1000,
};

struct command {
	const struct strings *run;
	const char *shell;
	const char *creates;
	const struct strings *unless;
	const struct strings *only_if;
	int refresh_only;
	const char *user;
	const char *directory;
	const struct value *environment;
	const char *input;
	const struct strings *returns;
};

#define HOW .flags = ATTRIBUTE_INPUT
#define RUNS .flags = ATTRIBUTE_INPUT | ATTRIBUTE_RUNS
static const struct attribute attributes[] = {
	ATTRIBUTE(command, run, LIST, NULL,
	    "a program and its arguments; no shell",
	    .choices = "[newaliases]", RUNS),
	ATTRIBUTE(command, shell, STRING, NULL,
	    "a script for sh(1); its last command decides how it ended",
	    .choices = "zcat dump.sql.gz | mysql", RUNS),
	ATTRIBUTE(command, creates, PATH, NULL,
	    "not run when this is there, which it must make", HOW),
	ATTRIBUTE(command, unless, LIST, NULL,
	    "not run when this program ends with 0; it must change nothing",
	    .choices = "[grep, -q, ^swap, /proc/swaps]", RUNS),
	ATTRIBUTE(command, only_if, LIST, NULL,
	    "run only when this program ends with 0; it must change nothing",
	    RUNS),
	ATTRIBUTE(command, refresh_only, BOOL, "false",
	    "run only when something that notifies it has changed", HOW),
	ATTRIBUTE(command, user, STRING, NULL, "who runs it and its guards",
	    HOW),
	ATTRIBUTE(command, directory, PATH, NULL,
	    "where it and its guards are run; not given: /", HOW),
	ATTRIBUTE(command, environment, MAP, NULL,
	    "variables for it and its guards; no place for secrets",
	    .choices = "{ HOME: /root }", HOW),
	ATTRIBUTE(command, input, STRING, NULL,
	    "run: what it reads on standard input; the place for secrets",
	    .flags = ATTRIBUTE_INPUT | ATTRIBUTE_SENSITIVE),
	ATTRIBUTE(command, returns, SET, "0",
	    "exit statuses that mean it went well", .choices = "[0, 1]", HOW),
	{ 0 },
};

static const char *const *environment(struct arena *arena,
    const struct value *map)
{
	const char **list;
	uint32_t i;

	if (!map)
		return NULL;
	list = arena_array(arena, map->count + 1, sizeof(*list));
	for (i = 0; i < map->count; i++)
		list[i] = arena_printf(arena, "%s=%s", map->pairs[i].key,
		    map->pairs[i].value.text);
	return list;
}

static struct process process(struct job *job, const struct command *c,
    const struct strings *words)
{
	const char **argv = arena_array(job->arena, words->count + 1,
	    sizeof(*argv));

	memcpy(argv, words->item, words->count * sizeof(*argv));
	return (struct process){
		.argv = argv,
		.user = c->user,
		.directory = c->directory,
		.environment = environment(job->arena, c->environment),
		.timeout = GUARD_TIME,
	};
}

/* what this run makes may be missing when it is planned: 1, 0 or -1 */
static int can_run(struct job *job, const struct host *host,
    const struct command *c, const char *program)
{
	struct entry entry;
	struct account account;
	int found = host_has_program(job, host, program);

	if (found > 0 && c->user)
		found = host_user(job, host, c->user, &account);
	if (found > 0 && c->directory) {
		if (host_look(job, host, c->directory, &entry) < 0)
			return -1;
		found = entry.type != ENTRY_ABSENT;
	}
	return found;
}

/* 1: it ended with 0; 0: with something else, or it cannot run yet; -1 */
static int guard(struct job *job, const struct host *host,
    const struct command *c, const struct strings *words)
{
	struct process p = process(job, c, words);
	struct outcome outcome;
	int found = can_run(job, host, c, words->item[0]);

	if (found <= 0)
		return found;
	if (host_ask(job, host, &p, &outcome) < 0)
		return -1;
	return outcome.status == 0;
}

/* 1: nothing to do; 0: it will be run */
static int observe(struct job *job, const struct host *host,
    const void *desired, void *observed)
{
	const struct command *want = desired;
	struct entry entry;
	int result;

	*(struct command *)observed = *want;
	if (want->refresh_only == 1)
		return 1;
	if (want->creates) {
		if (host_look(job, host, want->creates, &entry) < 0)
			return -1;
		if (entry.type != ENTRY_ABSENT)
			return 1;
	}
	if (want->unless && (result = guard(job, host, want, want->unless)))
		return result;
	if (want->only_if) {
		result = guard(job, host, want, want->only_if);
		return result < 0 ? -1 : !result;
	}
	return 0;
}

static int foresee(struct act *acts, size_t count, const struct host *host)
{
	const struct command *c;
	size_t i;

	(void)host;
	for (i = 0; i < count; i++)
		if ((c = acts[i].desired) && !c->creates && !c->unless &&
		    !c->only_if && c->refresh_only != 1)
			job_note(acts[i].job, "runs every time: it has no creates, unless or only_if");
	return 0;
}

static bool went_well(const struct command *c, int status)
{
	size_t i;

	for (i = 0; i < c->returns->count; i++)
		if (atoi(c->returns->item[i]) == status)
			return true;
	return false;
}

/*
 * The script comes on standard input and is read whole before it begins, so
 * that it is in no argument vector and nothing in it reads the rest of it.
 */
static struct process to_run(struct job *job, const struct command *c)
{
	const char *words[] = { "sh", "-c", "eval \"$(cat)\"" };
	const struct strings script = { 3, words };
	const char *input = c->shell ? c->shell : c->input;
	struct process p = process(job, c, c->shell ? &script : c->run);

	if (input)
		p.input = (struct bytes){ input, strlen(input) };
	p.timeout = job->timeout > 0 ? job->timeout : RUN_TIME;
	return p;
}

static int apply(struct job *job, struct host *host, const void *desired,
    const void *observed)
{
	const struct command *want = desired;
	struct process p = to_run(job, want);
	struct outcome outcome;
	struct entry entry;
	const char *said;

	(void)observed;
	if (host_run(job, host, &p, &outcome) < 0)
		return -1;
	if (!went_well(want, outcome.status)) {
		/* it may repeat what it was given */
		said = want->input ? "" : outcome_last(job->arena, &outcome);
		return job_fail(job, "%s ended with %d%s%s",
		    want->shell ? "the script" : want->run->item[0],
		    outcome.status, *said ? ":\n" : "", said);
	}
	if (!want->creates)
		return 0;
	if (host_look(job, host, want->creates, &entry) < 0)
		return -1;
	return entry.type != ENTRY_ABSENT ? 0 :
	    job_fail(job, "it went well, but did not create '%s'",
		want->creates);
}

static int refresh(struct job *job, struct host *host, const void *desired,
    const void *observed)
{
	return apply(job, host, desired, observed);
}

static const char *refresh_how(const void *desired, const void *observed)
{
	(void)desired;
	(void)observed;
	return "run";
}

static int remove_command(struct job *job, struct host *host,
    const void *observed)
{
	(void)job;
	(void)host;
	(void)observed;
	return 0;
}

static int check(struct job *job, const void *desired)
{
	const struct command *c = desired;
	size_t i;

	if (!c->run == !c->shell)
		return job_fail(job, "a command needs exactly one of 'run' and 'shell'");
	if ((c->run && !c->run->count) || (c->unless && !c->unless->count) ||
	    (c->only_if && !c->only_if->count))
		return job_fail(job, "'run', 'unless' and 'only_if' must each name a program");
	if (c->shell && c->input)
		return job_fail(job, "'input' goes only with 'run'");
	if (c->refresh_only == 1 && (c->creates || c->unless || c->only_if))
		return job_fail(job, "'refresh_only' leaves nothing for 'creates', 'unless' and 'only_if' to decide");
	for (i = 0; i < c->returns->count; i++) {
		const char *status = c->returns->item[i];

		if (!*status || strlen(status) > 3 || atoi(status) > 255 ||
		    status[strspn(status, "0123456789")])
			return job_fail(job, "'%s' is not an exit status: expected 0 to 255",
			    status);
	}
	return 0;
}

static int requires(struct job *job, const void *desired)
{
	const struct command *c = desired;

	if (c->user)
		job_requires(job, "user", c->user, "that user runs it");
	if (c->directory)
		job_requires(job, "directory", c->directory,
		    "it is run in that directory");
	if (c->creates)
		job_requires_path(job, c->creates,
		    "it makes something in that directory");
	if (c->run && c->run->item[0][0] == '/')
		job_requires(job, "file", c->run->item[0], "it runs that file");
	return 0;
}

const struct kind kind_command = {
	.name = "command",
	.section = "commands",
	.about = "a program that is run, for what has no kind of its own",
	.attributes = attributes,
	.size = sizeof(struct command),
	.flags = KIND_SLOW | KIND_UNSURE | KIND_STATELESS | KIND_RUNS,
	.verb = "run",
	.done = "ran",
	.observe = observe,
	.apply = apply,
	.remove = remove_command,
	.check = check,
	.requires = requires,
	.refresh = refresh,
	.refresh_how = refresh_how,
	.foresee = foresee,
};
