/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drift.c - plumb drift: what moved since the last run, though the spec did
 * not ask for it. Looks and records; changes nothing.
 */
#include <unistd.h>

#include "../../specs/maker.h"
#include "../drift.h"
#include "running.h"

/* only what drifted */
static void keep_drift(struct plan *p, size_t *waiting)
{
	size_t i, n = 0;

	*waiting = 0;
	for (i = 0; i < p->count; i++)
		if ((p->changes[i].cause == CAUSE_DRIFT ||
		    p->changes[i].cause == CAUSE_ASKED) &&
		    p->changes[i].action != ACTION_UNSURE)
			p->changes[n++] = p->changes[i];
		else if ((p->changes[i].cause == CAUSE_NEW ||
		    p->changes[i].cause == CAUSE_SPEC) &&
		    p->changes[i].action != ACTION_UNSURE)
			++*waiting;
	p->count = n;
}

static bool drifted(const struct plan *p)
{
	return p->count || p->flap_count;
}

static int record(struct running *x, struct invocation *in)
{
	struct run *r = &x->run;
	struct plan *p = &r->plan;
	struct journal_run row = { .site = r->where, .host = r->host.name,
		.command = running_words(in), .user = run_user(in->arena) };
	struct journal_counts counts = { .failed = (int64_t)p->unknown };

	if (journal_run_begin(r->journal, &row, &row.run, &in->err) ||
	    drift_record(in->arena, r->journal, p, &in->err))
		return -1;
	return journal_run_end(r->journal, drifted(p) ? EXIT_CHANGES :
	    p->unknown ? EXIT_FAILED : EXIT_DONE, &counts, &in->err);
}

static void summary(struct invocation *in, const struct plan *p,
    size_t waiting)
{
	struct map_maker m = { .arena = in->arena };
	struct value v;

	map_add_text(&m, "type", "summary");
	map_add_int(&m, "drifted", (int64_t)(p->count + p->flap_count));
	map_add_int(&m, "corrective", (int64_t)p->count);
	map_add_int(&m, "flapping", (int64_t)p->flap_count);
	map_add_int(&m, "waiting", (int64_t)waiting);
	map_add_int(&m, "unknown", (int64_t)p->unknown);
	v = map_done(&m);
	say_json(in, &v);
}

static void show(struct running *x, struct invocation *in, size_t waiting)
{
	struct plan *p = &x->run.plan;
	struct plan_style style = { .color = in->color_out,
		.verbose = in->options.verbose, .width = in->width };
	struct text t = text_new(in->arena);
	size_t i, n = p->count + p->flap_count;

	running_show_flaps(x, in);
	if (in->options.json) {
		for (i = 0; i < p->count; i++) {
			struct value v = change_value(in->arena,
			    &p->changes[i]);

			say_json(in, &v);
		}
		summary(in, p, waiting);
		return;
	}
	plan_changes_text(&t, p, &style);
	text_addf(&t, "Drift: %zu %s from what the last run left", n,
	    n == 1 ? "resource differs" : "resources differ");
	if (p->flap_count)
		text_addf(&t, ", %zu of them flapping", p->flap_count);
	text_add_char(&t, '.');
	if (waiting)
		text_addf(&t, " %zu %s to be applied (plumb plan).", waiting,
		    waiting == 1 ? "change waits" : "changes wait");
	if (p->unknown)
		text_addf(&t, " %zu could not be looked at.", p->unknown);
	text_add_char(&t, '\n');
	say(in, text_string(&t));
}

static int run(struct invocation *in)
{
	struct running x;
	size_t waiting;
	int rc;

	running_open(&x, in, argument(in, 0, "."));
	rc = running_lock(&x, in);
	if (!rc)
		rc = running_plan(&x, in, JOURNAL_WRITE);
	if (!rc) {
		keep_drift(&x.run.plan, &waiting);
		complain(in);
		if (in->options.json)
			say_json_version(in, 1);
		show(&x, in, waiting);
		rc = record(&x, in) ? EXIT_UNABLE : drifted(&x.run.plan)
		    ? EXIT_CHANGES : x.run.plan.unknown ? EXIT_FAILED :
		    EXIT_DONE;
	}
	running_close(&x);
	return rc;
}

const struct command cmd_drift = {
	.name = "drift",
	.arguments = "[SITE]",
	.about = "show what moved since the last run, and record it",
	.details = "Looks at the host and compares it with what the last run left. Ends with 2 when something moved that the spec did not ask for. Changes that wait because the spec moved are counted, not shown: that is what plan is for. What flaps, because somebody else undoes the same repair again and again, is counted by itself.",
	.options = OPTIONS_LOOK,
	.most = 1,
	.run = run,
};
