/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * confirming.c - runs that somebody must confirm, as commands see them.
 */
#include "confirming.h"

#include <string.h>

#include "../../specs/print.h"
#include "../confirm.h"
#include "moment.h"

static const struct pos nowhere;

static struct job job_for(struct invocation *in)
{
	return (struct job){ .arena = in->arena, .err = &in->err,
		.address = "this run" };
}

int confirming_check(struct running *x, struct invocation *in)
{
	struct job job = job_for(in);
	struct confirmation c;
	int there = confirm_read(in->arena, in->options.state, &c, &in->err);
	long long run;

	if (there <= 0)
		return there ? EXIT_UNABLE : EXIT_DONE;
	run = (long long)c.run;
	if (confirm_is_late(&c))
		err_at(&in->err, nowhere,
		    "nobody confirmed run %lld, and not all of it could be undone: 'plumb undo %lld' or 'plumb confirm %lld' first",
		    run, run, run);
	else if (confirm_is_lost(&job, &x->run.host, &c))
		err_at(&in->err, nowhere,
		    "nobody confirmed run %lld, and a reboot has taken away what would have undone it: 'plumb undo %lld' or 'plumb confirm %lld' first",
		    run, run, run);
	else
		err_at(&in->err, nowhere,
		    "run %lld waits to be confirmed until %s: 'plumb confirm' over another connection, or 'plumb undo %lld' first",
		    run, moment_text(in->arena, c.until), run);
	return EXIT_REFUSED;
}

/* under the lock nobody else takes that number */
static int next_run(struct running *x, struct invocation *in, int64_t *run)
{
	struct journal_runs runs;

	if (journal_runs(in->arena, x->run.journal, 1, &runs, &in->err))
		return -1;
	*run = runs.count ? runs.item[0].run + 1 : 1;
	return 0;
}

int confirming_begin(struct running *x, struct invocation *in)
{
	struct confirmation c = { .timeout = in->options.confirm_timeout };
	struct job job = job_for(in);

	if (!(in->options.given & OPTION_CONFIRM) || !x->run.plan.count)
		return EXIT_DONE;
	if (strcmp(in->options.root, "/")) {
		err_at(&in->err, nowhere,
		    "'--confirm-timeout' is for this machine: nobody is locked out of the tree below '%s'",
		    in->options.root);
		return EXIT_UNABLE;
	}
	if (c.timeout < 1000) {
		err_at(&in->err, nowhere,
		    "'--confirm-timeout' must be at least 1s");
		return EXIT_UNABLE;
	}
	if (next_run(x, in, &c.run) ||
	    confirm_arm(&job, &x->run.host, in->options.state, &c))
		return EXIT_UNABLE;
	return EXIT_DONE;
}

/* it did not even begin, so there is nothing to undo */
static int give_up(struct running *x, struct invocation *in, int64_t run)
{
	struct job job = job_for(in);
	struct journal_run row;

	return journal_run_find(in->arena, x->run.journal, run, &row,
	    &in->err) || confirm_disarm(&job, &x->run.host, in->options.state,
	    run);
}

int confirming_end(struct running *x, struct invocation *in, int code)
{
	struct job job = job_for(in);
	struct confirmation c;

	if (!(in->options.given & OPTION_CONFIRM) ||
	    confirm_read(in->arena, in->options.state, &c, &in->err) <= 0)
		return code;
	if ((code == EXIT_UNABLE && !give_up(x, in, c.run)) ||
	    (code == EXIT_ROLLED_BACK && !confirm_disarm(&job,
	    &x->run.host, in->options.state, c.run)))
		return code;
	if (confirm_arm(&job, &x->run.host, in->options.state, &c))
		err_note(&in->err, nowhere,
		    "so it is undone sooner, unless it is confirmed");
	mention(in, arena_printf(in->arena,
	    "plumb: run %lld is undone in %s unless 'plumb confirm' comes over another connection\n",
	    (long long)c.run, print_duration(in->arena, c.timeout)));
	return code;
}

int confirming_undone(struct running *x, struct invocation *in, int64_t run)
{
	struct job job = job_for(in);

	return confirm_undone(&job, &x->run.host, in->options.state, run) ?
	    EXIT_UNABLE : EXIT_DONE;
}

int64_t confirming_run(struct invocation *in, const char **text)
{
	struct err unheard = err_new(in->arena);
	struct confirmation c;

	if (confirm_read(in->arena, in->options.state, &c, &unheard) <= 0)
		return 0;
	*text = arena_printf(in->arena, "waits to be confirmed until %s",
	    moment_text(in->arena, c.until));
	return c.run;
}
