/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * status.c - plumb status: how things stand by the journal alone; the host is
 * not looked at.
 */
#include <string.h>
#include <sys/stat.h>

#include "../../specs/maker.h"
#include "../../specs/print.h"
#include "confirming.h"
#include "ending.h"
#include "moment.h"
#include "running.h"

enum {
	/* runs that are looked through for the last ones */
	RUNS_MOST = 1000,
	/* names on a line */
	NAMED = 10,
};

/* a journal up to this size is checked whole: bytes */
static const off_t small = 16 << 20;

struct status {
	const struct journal_run *run, *check;
	struct journal_runs runs;
	struct journal_drifts drifts;
	struct journal_states states;
	struct journal_refreshes owed;
	struct journal_acts open;
	struct reboots reboots;
	/* "run 3 waits to be confirmed until …"; NULL: none does */
	const char *unconfirmed;
	/* not NULL: that run is under way */
	const struct lock_holder *holder;
	/* of the site that was given */
	bool has_orphans;
	struct strings orphans;
	/* all of them are as they were written; -1: that was not checked */
	int64_t rows;
};

/* --- read --- */

static bool is_check(const struct journal_run *r)
{
	return !strncmp(r->command, "drift", strlen("drift"));
}

static void find_runs(struct status *s)
{
	size_t i;

	for (i = 0; i < s->runs.count; i++) {
		const struct journal_run *r = &s->runs.item[i];

		if (is_check(r) && !s->check)
			s->check = r;
		else if (!is_check(r) && !s->run)
			s->run = r;
	}
}

static int read_journal(struct status *s, struct invocation *in,
    struct journal *j)
{
	struct arena *a = in->arena;
	const char *path = arena_printf(a, "%s/journal.db", in->options.state);
	struct lock_holder *holder = arena_new(a, struct lock_holder);
	struct stat st;
	int held = lock_look(a, in->options.state, holder, &in->err);

	if (held < 0 || journal_runs(a, j, RUNS_MOST, &s->runs, &in->err) ||
	    journal_states(a, j, &s->states, &in->err) ||
	    journal_refreshes(a, j, &s->owed, &in->err) ||
	    journal_open_acts(a, j, &s->open, &in->err))
		return -1;
	s->holder = held ? holder : NULL;
	find_runs(s);
	if (s->check && journal_drifts(a, j, s->check->run, &s->drifts,
	    &in->err))
		return -1;
	if (stat(path, &st))
		return 0;
	if (st.st_size > small && !in->options.verbose) {
		s->rows = -1;
		return 0;
	}
	return journal_verify(j, &s->rows, &in->err);
}

/* for a reboot, or to be confirmed */
static int read_waits(struct status *s, struct invocation *in,
    struct journal *j)
{
	struct run run = { .arena = in->arena, .err = &in->err, .root = "/",
		.state = in->options.state };
	const char *words;
	int64_t number = confirming_run(in, &words);
	int failed = 0;

	if (number)
		s->unconfirmed = arena_printf(in->arena, "run %lld %s",
		    (long long)number, words);
	if (strcmp(in->options.root, "/"))
		return 0;
	failed = run_open_host(&run);
	s->reboots.arena = in->arena;
	s->reboots.host = &run.host;
	if (!failed)
		failed = reboots_read(&s->reboots, j, &in->err);
	s->reboots.host = NULL;
	run_close(&run);
	return failed;
}

/* what the journal has of that site, and it no longer declares */
static int find_orphans(struct status *s, struct invocation *in)
{
	struct run run = { .arena = in->arena, .err = &in->err,
		.path = argument(in, 0, "."), .root = in->options.root,
		.state = in->options.state };
	struct err nowhere = err_new(in->arena);
	int failed = run_load(&run);
	size_t i;

	s->has_orphans = true;
	s->orphans.item = arena_array(in->arena, s->states.count,
	    sizeof(*s->orphans.item));
	for (i = 0; !failed && i < s->states.count; i++) {
		const struct journal_state *one = &s->states.item[i];

		if (one->observed && one->site && !strcmp(one->site,
		    run.where) && !graph_find_address(&run.graph, one->address,
		    &nowhere, (struct pos){ 0 }))
			s->orphans.item[s->orphans.count++] = one->address;
	}
	run_close(&run);
	return failed;
}

/* --- show --- */

static void add(struct text *t, const char *words)
{
	print_escaped(t, words, strlen(words));
	text_add_char(t, '\n');
}

static void add_run(struct text *t, const char *title,
    const struct journal_run *r)
{
	add(t, arena_printf(t->arena, "%s: run %lld, %s, at %s: %s", title,
	    (long long)r->run, r->command, moment_text(t->arena, r->at),
	    ending_text(r)));
}

static void add_check(struct text *t, const struct status *s)
{
	size_t i, flapping = 0;

	add_run(t, "Last drift check", s->check);
	for (i = 0; i < s->drifts.count; i++)
		flapping += !strcmp(s->drifts.item[i].class, "flapping");
	if (s->drifts.count)
		text_addf(t, "  %zu drifted, %zu of them flapping\n",
		    s->drifts.count, flapping);
}

static const char *owed_text(struct arena *a, const struct journal_owed *o)
{
	return arena_printf(a, !strncmp(o->address, "service:",
	    strlen("service:")) ?
	    "%s runs with a configuration older than the disk's: %s changed in run %lld at %s" :
	    "%s is to be refreshed: %s changed in run %lld at %s",
	    o->address, o->because, (long long)o->run,
	    moment_text(a, o->since));
}

static void add_troubles(struct text *t, const struct status *s)
{
	size_t i;

	for (i = 0; i < s->owed.count; i++)
		add(t, arena_printf(t->arena, "Owed: %s",
		    owed_text(t->arena, &s->owed.item[i])));
	for (i = 0; i < s->reboots.count; i++)
		add(t, arena_printf(t->arena,
		    "A reboot is needed, since run %lld: %s",
		    (long long)s->reboots.item[i].run,
		    s->reboots.item[i].address));
	if (s->unconfirmed)
		add(t, arena_printf(t->arena, "Unconfirmed: %s",
		    s->unconfirmed));
	for (i = 0; i < s->open.count; i++)
		add(t, arena_printf(t->arena,
		    s->holder ? "Under way: %s %s, since %s" :
		    "Unfinished: %s %s, begun at %s in run %lld",
		    s->open.item[i].action, s->open.item[i].address,
		    moment_text(t->arena, s->open.item[i].at),
		    (long long)s->open.item[i].run));
}

static void add_orphans(struct text *t, const struct status *s)
{
	size_t i;

	if (!s->has_orphans) {
		text_add(t, "Orphans: only known with a SITE\n");
		return;
	}
	text_addf(t, "Orphans: %zu", s->orphans.count);
	for (i = 0; i < s->orphans.count && i < NAMED; i++) {
		text_add(t, i ? ", " : ": ");
		print_escaped(t, s->orphans.item[i],
		    strlen(s->orphans.item[i]));
	}
	if (s->orphans.count > NAMED)
		text_addf(t, " and %zu more", s->orphans.count - NAMED);
	text_add_char(t, '\n');
}

static void show(struct invocation *in, const struct status *s)
{
	struct text t = text_new(in->arena);

	if (s->holder)
		add(&t, arena_printf(in->arena,
		    "Under way: '%s' by %s, process %lld, since %s",
		    s->holder->command, s->holder->user,
		    (long long)s->holder->pid, moment_text(in->arena,
		    s->holder->since)));
	if (s->run)
		add_run(&t, "Last run", s->run);
	else
		text_add(&t, "Last run: none\n");
	if (s->check)
		add_check(&t, s);
	else
		text_add(&t, "Last drift check: none\n");
	text_addf(&t, "Managed: %zu %s\n", s->states.count,
	    s->states.count == 1 ? "resource" : "resources");
	add_troubles(&t, s);
	add_orphans(&t, s);
	if (s->rows < 0)
		text_add(&t, "Journal: too large to be checked whole each time; -v does\n");
	else
		text_addf(&t, "Journal: whole, %lld rows\n",
		    (long long)s->rows);
	say(in, text_string(&t));
}

/* --- for programs --- */

static struct value run_value(struct arena *a, const struct journal_run *r)
{
	struct map_maker m = { .arena = a };

	if (!r)
		return value_plain((struct pos){ 0 }, "null");
	map_add_int(&m, "run", r->run);
	map_add_text(&m, "command", r->command);
	map_add_text(&m, "at", moment_iso(a, r->at));
	map_add_text(&m, "result", ending_text(r));
	if (r->ended)
		map_add_int(&m, "exit", r->result);
	return map_done(&m);
}

static struct value owed_values(struct arena *a, const struct status *s)
{
	struct list_maker l = { .arena = a };
	size_t i;

	for (i = 0; i < s->owed.count; i++) {
		struct map_maker m = { .arena = a };

		map_add_text(&m, "address", s->owed.item[i].address);
		map_add_text(&m, "because", s->owed.item[i].because);
		map_add_int(&m, "run", s->owed.item[i].run);
		map_add_text(&m, "since", moment_iso(a,
		    s->owed.item[i].since));
		list_add(&l, map_done(&m));
	}
	return list_done(&l);
}

static struct value open_values(struct arena *a, const struct status *s)
{
	struct list_maker l = { .arena = a };
	size_t i;

	for (i = 0; i < s->open.count; i++) {
		struct map_maker m = { .arena = a };

		map_add_text(&m, "address", s->open.item[i].address);
		map_add_text(&m, "action", s->open.item[i].action);
		map_add_int(&m, "run", s->open.item[i].run);
		map_add_text(&m, "at", moment_iso(a, s->open.item[i].at));
		list_add(&l, map_done(&m));
	}
	return list_done(&l);
}

static struct value reboot_values(struct arena *a, const struct status *s)
{
	struct list_maker l = { .arena = a };
	size_t i;

	for (i = 0; i < s->reboots.count; i++) {
		struct map_maker m = { .arena = a };

		map_add_text(&m, "address", s->reboots.item[i].address);
		map_add_int(&m, "run", s->reboots.item[i].run);
		list_add(&l, map_done(&m));
	}
	return list_done(&l);
}

static struct value drift_values(struct arena *a, const struct status *s)
{
	struct list_maker l = { .arena = a };
	size_t i;

	for (i = 0; i < s->drifts.count; i++) {
		struct map_maker m = { .arena = a };

		map_add_text(&m, "address", s->drifts.item[i].address);
		map_add_text(&m, "class", s->drifts.item[i].class);
		list_add(&l, map_done(&m));
	}
	return list_done(&l);
}

static void show_json(struct invocation *in, const struct status *s)
{
	struct arena *a = in->arena;
	struct map_maker m = { .arena = a };
	struct list_maker orphans = { .arena = a };
	struct value v;
	size_t i;

	say_json_version(in, 1);
	for (i = 0; i < s->orphans.count; i++)
		list_add(&orphans, value_text((struct pos){ 0 },
		    s->orphans.item[i]));
	map_add_text(&m, "type", "status");
	map_add_bool(&m, "under_way", s->holder != NULL);
	map_add(&m, "last_run", run_value(a, s->run));
	map_add(&m, "last_check", run_value(a, s->check));
	map_add(&m, "drift", drift_values(a, s));
	map_add_int(&m, "managed", (int64_t)s->states.count);
	map_add(&m, "owed", owed_values(a, s));
	map_add(&m, "reboot", reboot_values(a, s));
	map_add_bool(&m, "unconfirmed", s->unconfirmed != NULL);
	map_add(&m, "unfinished", open_values(a, s));
	map_add(&m, "orphans", s->has_orphans ? list_done(&orphans) :
	    value_plain((struct pos){ 0 }, "null"));
	map_add_bool(&m, "journal_checked", s->rows >= 0);
	v = map_done(&m);
	say_json(in, &v);
}

static int run(struct invocation *in)
{
	scoped_journal *journal = NULL;
	struct status s = { 0 };

	if (journal_open(in->arena, in->options.state, JOURNAL_READ, &journal,
	    &in->err) || read_journal(&s, in, journal) ||
	    read_waits(&s, in, journal) ||
	    (in->arguments.count && find_orphans(&s, in)))
		return EXIT_UNABLE;
	if (in->options.json)
		show_json(in, &s);
	else
		show(in, &s);
	return s.owed.count || s.reboots.count || s.unconfirmed ||
	    (s.open.count && !s.holder) ? EXIT_CHANGES : EXIT_DONE;
}

const struct command cmd_status = {
	.name = "status",
	.arguments = "[SITE]",
	.about = "tell how things stand, by the journal alone",
	.details = "The last run and the last drift check with how they ended, how many resources are managed, refreshes that are owed because a run was cut short or failed, changes that were begun and never finished, what waits for a reboot or to be confirmed, and whether the journal is whole (a large one is checked only with -v). With a SITE, also what the journal knows of it and it no longer declares. The host is not looked at.\n\nEnds with 2 when something is owed or unfinished, or waits.",
	.options = OPTIONS_SITE | OPTION_STATE,
	.most = 1,
	.run = run,
};
