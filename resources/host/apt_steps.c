/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * apt_steps.c - what apt-get has to be told for some packages to change.
 *
 *  (1) Only what has to change is named: naming what is installed would
 *      upgrade it.
 *  (2) Configuration files that someone changed stay as they are, and nothing
 *      is restarted behind the engine's back.
 *  (3) A downgrade happens only towards a version that was asked for by name,
 *      a hold is broken only where `hold` was said.
 */
#include "apt.h"

#include <string.h>

/* of what a program says, in bytes */
enum { OUTPUT = 8 << 20 };

static const char *const environment[] = {
	"DEBIAN_FRONTEND=noninteractive", "APT_LISTCHANGES_FRONTEND=none",
	"NEEDRESTART_SUSPEND=1", NULL
};

void command_say(struct command *c, const char *word)
{
	arena_push(c->arena, c->word, c->count, c->capacity, word);
}

struct command command_new(struct arena *arena, const char *const *words)
{
	struct command c = { .arena = arena };

	for (; *words; words++)
		command_say(&c, *words);
	return c;
}

/* apt-get with what (2) asks for */
struct command apt_get(struct arena *arena, int64_t timeout)
{
	struct command c = command_new(arena, WORDS("apt-get", "-y", "-q",
	    "-o", "Dpkg::Use-Pty=0",
	    "-o", "Dpkg::Options::=--force-confdef",
	    "-o", "Dpkg::Options::=--force-confold", "-o"));

	command_say(&c, arena_printf(arena, "DPkg::Lock::Timeout=%lld",
	    (long long)(timeout + 999) / 1000));
	return c;
}

struct process command_process(struct command *c, int64_t timeout)
{
	command_say(c, NULL);
	c->count--;
	return (struct process){ .argv = c->word, .environment = environment,
		.timeout = timeout, .limit = OUTPUT };
}

static bool other_version(const struct step *s)
{
	return s->change->version && (!s->installed ||
	    strcmp(s->change->version, s->is.version));
}

static int step_read(const struct steps *t, const struct package_change *change,
    struct step *s)
{
	int found;

	s->change = change;
	if ((found = host_package(t->job, t->host, change->name, &s->is)) < 0)
		return -1;
	s->installed = found;
	s->moves = change->remove ? found :
	    !found || s->is.broken || other_version(s);
	if (s->moves && found && s->is.held && change->hold < 0)
		return job_fail(t->job, "%s is held at version %s; say 'hold: true' or 'hold: false' to have it changed",
		    change->name, s->is.version);
	return 0;
}

int steps_read(struct steps *t, const struct package_change *changes,
    size_t count)
{
	size_t i;

	t->count = count;
	t->step = arena_array(t->job->arena, count, sizeof(*t->step));
	for (i = 0; i < count; i++)
		if (step_read(t, &changes[i], &t->step[i]) < 0)
			return -1;
	return 0;
}

/* 1 when dpkg thinks that `a` is older than `b`, 0, -1 */
static int is_older(struct job *job, const struct host *host, const char *a,
    const char *b)
{
	struct command c = command_new(job->arena,
	    WORDS("dpkg", "--compare-versions", a, "lt", b));
	struct process p = command_process(&c, MINUTE);
	struct outcome said;

	if (host_ask(job, host, &p, &said) < 0)
		return -1;
	if (said.status > 1)
		return job_fail(job, "cannot compare version '%s' with '%s': "
		    "%s", a, b, outcome_last(job->arena, &said));
	return said.status == 0;
}

/* whether some package goes to an older version: 1, 0, -1 */
static int any_downgrade(const struct steps *t)
{
	size_t i;
	int older;

	for (i = 0; i < t->count; i++) {
		const struct step *s = &t->step[i];

		if (!s->moves || s->change->remove || !s->installed ||
		    !other_version(s))
			continue;
		older = is_older(t->job, t->host, s->change->version,
		    s->is.version);
		if (older)
			return older;
	}
	return 0;
}

int steps_say(const struct steps *t, struct command *c)
{
	int recommends = -1, downgrades = any_downgrade(t);
	bool repairs = false;
	size_t i;

	if (downgrades < 0)
		return -1;
	for (i = 0; i < t->count; i++)
		if (t->step[i].moves && !t->step[i].change->remove) {
			recommends = t->step[i].change->recommends;
			repairs |= t->step[i].is.broken;
		}
	if (recommends >= 0)
		command_say(c, recommends ? "--install-recommends" :
		    "--no-install-recommends");
	if (downgrades)
		command_say(c, "--allow-downgrades");
	if (repairs)
		command_say(c, "--reinstall");
	command_say(c, "install");
	for (i = 0; i < t->count; i++) {
		const struct package_change *change = t->step[i].change;

		if (!t->step[i].moves)
			continue;
		else if (change->remove)
			command_say(c,
			    arena_printf(c->arena, "%s-", change->name));
		else if (change->version)
			command_say(c, arena_printf(c->arena, "%s=%s",
			    change->name, change->version));
		else
			command_say(c, change->name);
	}
	return 0;
}

bool steps_move(const struct steps *t)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		if (t->step[i].moves)
			return true;
	return false;
}

/* --- what went wrong --- */

bool steps_need_lists(const struct outcome *said)
{
	static const char *const signs[] = { "Unable to locate package",
		"has no installation candidate", "was not found",
		"404 ", "Unable to fetch some archives", NULL };
	const char *const *sign;

	for (sign = signs; *sign; sign++)
		if (said->complaint.data &&
		    strstr(said->complaint.data, *sign))
			return true;
	return false;
}

/* `text` is "1.0, 1.1"; whether that is one of them */
static bool is_among(const char *text, const char *version)
{
	size_t size = strlen(version);

	for (; (text = strstr(text, version)); text++)
		if (strchr(", ", text[size]) &&
		    (text[-1] == ' ' || text[-1] == ':'))
			return true;
	return false;
}

/* the versions that apt could install: ": 1.0, 1.1" */
static const char *versions_of(struct job *job, const struct host *host,
    const char *name)
{
	struct command c = command_new(job->arena,
	    WORDS("apt-cache", "madison", name));
	struct process p = command_process(&c, MINUTE);
	struct text known = text_new(job->arena);
	struct outcome said;
	const char *line, *version;

	if (host_ask(job, host, &p, &said) < 0 || !said.out.data)
		return ": nothing";
	for (line = said.out.data; *line; line += *line == '\n') {
		version = line + strcspn(line, "|\n");
		line += strcspn(line, "\n");
		if (*version != '|')
			continue;
		version += 1 + strspn(version + 1, " ");
		version = arena_copy(job->arena, version,
		    strcspn(version, " |\n"));
		if (!is_among(text_string(&known), version))
			text_addf(&known, "%s %s", known.size ? "," : ":",
			    version);
	}
	return known.size ? text_string(&known) : ": nothing";
}

const char *steps_complaint(const struct steps *t, const struct outcome *said)
{
	const char *out = said->out.data ?: "", *unmet, *versions;
	struct text text = text_new(t->job->arena);
	size_t i;

	text_add(&text, outcome_last(t->job->arena, said));
	if ((unmet = strstr(out, "The following packages have unmet")))
		text_addf(&text, "\n%.800s", unmet);
	for (i = 0; i < t->count; i++) {
		const struct package_change *change = t->step[i].change;

		if (!change->version || !strstr(text_string(&text),
		    arena_printf(t->job->arena, "'%s' for '%s' was not found",
		    change->version, change->name)))
			continue;
		versions = versions_of(t->job, t->host, change->name);
		text_addf(&text, "\napt knows of %s%s", change->name,
		    versions);
	}
	return text_string(&text);
}
