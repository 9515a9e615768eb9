/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * history.c - plumb history: the runs that the journal remembers.
 */
#include <string.h>

#include "../../specs/maker.h"
#include "../../specs/print.h"
#include "../journal.h"
#include "cmd.h"
#include "confirming.h"
#include "ending.h"
#include "moment.h"

enum { SHOWN = 30 };

/* how many of a class drifted in it */
struct classes {
	size_t corrective, flapping;
};

static int count_classes(struct invocation *in, struct journal *j,
    int64_t run, struct classes *out)
{
	struct journal_drifts drifts;
	size_t i;

	*out = (struct classes){ 0 };
	if (journal_drifts(in->arena, j, run, &drifts, &in->err))
		return -1;
	for (i = 0; i < drifts.count; i++) {
		out->corrective += !strcmp(drifts.item[i].class, "corrective");
		out->flapping += !strcmp(drifts.item[i].class, "flapping");
	}
	return 0;
}

static void row(struct text *t, const struct journal_run *r,
    const struct classes *d)
{
	const struct journal_counts *n = &r->counts;

	text_addf(t, "%5lld  %s  ", (long long)r->run,
	    moment_text(t->arena, r->at));
	print_escaped(t, r->command, strlen(r->command));
	text_addf(t, "  %s", ending_text(r));
	if (r->user && *r->user)
		text_addf(t, "  by %s", r->user);
	if (r->revision)
		text_addf(t, "  at %.8s", r->revision);
	text_add_char(t, '\n');
	if (n->created || n->updated || n->removed || n->refreshed ||
	    n->failed || n->skipped)
		text_addf(t, "       %lld created, %lld updated, %lld removed, %lld refreshed, %lld failed, %lld skipped\n",
		    (long long)n->created, (long long)n->updated,
		    (long long)n->removed, (long long)n->refreshed,
		    (long long)n->failed, (long long)n->skipped);
	if (d->corrective || d->flapping)
		text_addf(t, "       drift: %zu corrective, %zu flapping\n",
		    d->corrective, d->flapping);
}

static void row_json(struct invocation *in, const struct journal_run *r,
    const struct classes *d)
{
	struct map_maker m = { .arena = in->arena };
	struct value v;

	map_add_text(&m, "type", "run");
	map_add_int(&m, "run", r->run);
	map_add_text(&m, "at", moment_iso(in->arena, r->at));
	if (r->ended)
		map_add_text(&m, "ended", moment_iso(in->arena, r->ended));
	map_add_text(&m, "command", r->command);
	map_add_text(&m, "site", r->site);
	if (r->revision)
		map_add_text(&m, "revision", r->revision);
	map_add_text(&m, "result", ending_text(r));
	map_add_int(&m, "created", r->counts.created);
	map_add_int(&m, "updated", r->counts.updated);
	map_add_int(&m, "removed", r->counts.removed);
	map_add_int(&m, "refreshed", r->counts.refreshed);
	map_add_int(&m, "failed", r->counts.failed);
	map_add_int(&m, "skipped", r->counts.skipped);
	map_add_int(&m, "corrective", (int64_t)d->corrective);
	map_add_int(&m, "flapping", (int64_t)d->flapping);
	v = map_done(&m);
	say_json(in, &v);
}

static int run(struct invocation *in)
{
	scoped_journal *journal = NULL;
	struct text t = text_new(in->arena);
	struct journal_runs runs;
	struct classes classes;
	const char *waits = NULL;
	int64_t waiting = confirming_run(in, &waits);
	size_t i;

	if (journal_open(in->arena, in->options.state, JOURNAL_READ, &journal,
	    &in->err) || journal_runs(in->arena, journal, in->options.verbose
	    || in->options.json ? 0 : SHOWN, &runs, &in->err))
		return EXIT_UNABLE;
	if (in->options.json)
		say_json_version(in, 1);
	for (i = 0; i < runs.count; i++) {
		if (count_classes(in, journal, runs.item[i].run, &classes))
			return EXIT_UNABLE;
		if (in->options.json)
			row_json(in, &runs.item[i], &classes);
		else
			row(&t, &runs.item[i], &classes);
		if (!in->options.json && runs.item[i].run == waiting)
			text_addf(&t, "       %s\n", waits);
	}
	if (in->options.json)
		return EXIT_DONE;
	if (!runs.count)
		text_add(&t, "There have been no runs.\n");
	say(in, text_string(&t));
	return EXIT_DONE;
}

const struct command cmd_history = {
	.name = "history",
	.arguments = "",
	.about = "list the runs that the journal remembers",
	.details = "Newest first: when, what, how it ended, and what it changed; the last 30, or all with -v. plumb show RUN tells more of one.",
	.options = OPTION_STATE | OPTION_JSON,
	.run = run,
};
