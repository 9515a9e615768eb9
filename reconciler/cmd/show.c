/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * show.c - plumb show: one run, or one resource, as the journal knows it; or a
 * plan that was saved.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../specs/json.h"
#include "../../specs/maker.h"
#include "../../specs/print.h"
#include "../journal.h"
#include "cmd.h"
#include "ending.h"
#include "moment.h"
#include "reviewed.h"

enum { ACTS_SHOWN = 20 };

static void attributes(struct text *t, const char *json, struct err *err)
{
	struct bytes text = { json, strlen(json) };
	struct value v;
	uint32_t i;

	if (json_read(t->arena, text, "the journal", &v, err) ||
	    v.type != VALUE_MAP)
		return;
	for (i = 0; i < v.count; i++) {
		const struct value *one = &v.pairs[i].value;
		const struct value *size = one->type == VALUE_MAP ?
		    value_find(one, "size") : NULL;
		const struct value *digest = size ?
		    value_find(one, "sha256") : NULL;
		const char *shown = one->type == VALUE_TEXT ? one->text
		    : digest ? arena_printf(t->arena, "%s bytes, sha256 %s",
		    size->text, digest->text) : json_text(t->arena, one);

		text_addf(t, "    %s: ", v.pairs[i].key);
		print_escaped(t, shown, strlen(shown));
		text_add_char(t, '\n');
	}
}

static void error_lines(struct text *t, const char *error)
{
	size_t size;

	for (; *error; error += size + (error[size] == '\n')) {
		size = strcspn(error, "\n");
		text_add(t, "    ");
		print_escaped(t, error, size);
		text_add_char(t, '\n');
	}
}

static void act_line(struct text *t, const struct journal_act *a,
    bool with_run)
{
	text_addf(t, "  %s  ", moment_text(t->arena, a->at));
	if (with_run)
		text_addf(t, "run %lld  ", (long long)a->run);
	text_addf(t, "%s ", a->action);
	print_escaped(t, a->address, strlen(a->address));
	text_addf(t, "  %s  %s\n", a->cause ? a->cause : "",
	    a->outcome ? a->outcome : "was never finished");
	if (a->error)
		error_lines(t, a->error);
}

/* `before`, then what came from outside */
static void line(struct text *t, const char *before, const char *outside)
{
	text_add(t, before);
	print_escaped(t, outside, strlen(outside));
	text_add_char(t, '\n');
}

static void run_lines(struct text *t, const struct journal_run *run)
{
	struct arena *a = t->arena;

	line(t, arena_printf(a, "Run %lld: ", (long long)run->run),
	    run->command);
	text_addf(t, "  %s", ending_text(run));
	if (run->ended)
		text_addf(t, " (exit %d), took %s", run->result,
		    print_duration(a, (run->ended - run->at) / 1000));
	text_addf(t, "; began %s\n", moment_text(a, run->at));
	line(t, "  site ", arena_printf(a, "%s%s%s on %s", run->site,
	    run->revision ? " at " : "", run->revision ? run->revision : "",
	    run->host));
}

static int show_run(struct invocation *in, struct journal *j, int64_t number)
{
	struct text t = text_new(in->arena);
	struct journal_run run;
	struct journal_acts acts;
	struct journal_drifts drifts;
	int rc = journal_run_find(in->arena, j, number, &run, &in->err);
	size_t i;

	if (!rc)
		err_at(&in->err, (struct pos){ 0 },
		    "there was no run %lld (`plumb history` lists them)",
		    (long long)number);
	if (rc <= 0 || journal_acts(in->arena, j, number, &acts, &in->err) ||
	    journal_drifts(in->arena, j, number, &drifts, &in->err))
		return EXIT_UNABLE;
	run_lines(&t, &run);
	for (i = 0; i < acts.count; i++)
		act_line(&t, &acts.item[i], false);
	for (i = 0; i < drifts.count; i++)
		line(&t, "  drift of ", arena_printf(in->arena, "%s, %s",
		    drifts.item[i].address, drifts.item[i].class));
	say(in, text_string(&t));
	return EXIT_DONE;
}

static int show_resource(struct invocation *in, struct journal *j,
    const char *address)
{
	struct text t = text_new(in->arena);
	struct journal_query query = { address, ACTS_SHOWN };
	struct journal_state state;
	struct journal_acts acts;
	int rc = journal_state_find(in->arena, j, address, &state, &in->err);
	size_t i;

	if (rc < 0 || journal_acts_of(in->arena, j, &query, &acts, &in->err))
		return EXIT_UNABLE;
	if (!rc && !acts.count) {
		err_at(&in->err, (struct pos){ 0 },
		    "the journal knows nothing of '%s'", address);
		return EXIT_UNABLE;
	}
	line(&t, "", address);
	if (rc) {
		line(&t, arena_printf(in->arena,
		    "  as run %lld left it, declared at ",
		    (long long)state.run), state.pos ? state.pos : "?");
		if (state.observed)
			attributes(&t, state.observed, &in->err);
		else
			text_add(&t, "    absent\n");
	}
	for (i = 0; i < acts.count; i++)
		act_line(&t, &acts.item[i], true);
	say(in, text_string(&t));
	return EXIT_DONE;
}

static int show_plan(struct invocation *in, const char *path)
{
	int there = saved_file_is(path, &in->err);

	if (there > 0)
		return reviewed_show(in, path);
	if (!there)
		err_at(&in->err, (struct pos){ 0 },
		    "'%s' must be the number of a run, an address like file:/etc/motd, or a saved plan",
		    path);
	return EXIT_UNABLE;
}

static int run(struct invocation *in)
{
	scoped_journal *journal = NULL;
	const char *what = argument(in, 0, "");
	bool is_run = *what && strspn(what, "0123456789") == strlen(what);

	if (!is_run && (!strchr(what, ':') || !access(what, F_OK)))
		return show_plan(in, what);

	if (journal_open(in->arena, in->options.state, JOURNAL_READ, &journal,
	    &in->err))
		return EXIT_UNABLE;
	if (is_run)
		return show_run(in, journal, strtoll(what, NULL, 10));
	return show_resource(in, journal, what);
}

const struct command cmd_show = {
	.name = "show",
	.arguments = "RUN|ADDRESS|FILE",
	.about = "show a run, a resource as the journal knows it, or a saved plan",
	.details = "With a number, the run of that number: what it meant to do, and what came of it. With KIND:NAME, how the last run left that resource, and the last things that were done to it. With a FILE that 'plumb plan -o' has written, that plan as it was then; the host is not looked at.",
	.options = OPTION_STATE,
	.least = 1,
	.most = 1,
	.run = run,
};
