/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * running.c - what the commands that make a run have in common.
 */
#include "running.h"

#include "../../specs/print.h"
#include "moment.h"
#include "progress.h"

static void on_progress(void *context, size_t done, size_t total)
{
	progress_set(context, done, total, NULL);
}

void running_open(struct running *x, struct invocation *in, const char *site)
{
	*x = (struct running){ 0 };
	interrupts_open(&x->interrupts);
	x->progress = progress_open(in, "looking");
	x->run = (struct run){
		.arena = in->arena,
		.err = &in->err,
		.path = site,
		.state = in->options.state,
		.root = in->options.root,
		.jobs = (size_t)in->options.jobs,
		.targets = in->options.targets,
		.excludes = in->options.excludes,
		.stop = &x->interrupts.count,
		.stop_hard = &x->interrupts.hard,
		.progress = on_progress,
		.context = x->progress,
	};
}

void running_close(struct running *x)
{
	progress_close(x->progress);
	run_close(&x->run);
	lock_release(x->lock);
	interrupts_close(&x->interrupts);
}

const char *running_words(struct invocation *in)
{
	struct text t = text_new(in->arena);
	size_t i;

	text_add(&t, in->command->name);
	for (i = 0; i < in->arguments.count; i++)
		text_addf(&t, " %s", in->arguments.item[i]);
	return text_string(&t);
}

int running_lock(struct running *x, struct invocation *in)
{
	struct lock_try try = { .state = in->options.state,
		.timeout = in->options.lock_timeout,
		.self = { .command = running_words(in) } };
	int rc = lock_take(in->arena, &try, &x->lock, &in->err);

	if (rc < 0)
		return EXIT_UNABLE;
	if (rc) {
		err_at(&in->err, (struct pos){ 0 },
		    "another run holds the lock: '%s' by %s, process %lld, since %s (--lock-timeout waits for it)",
		    try.self.command, try.self.user, (long long)try.self.pid,
		    moment_text(in->arena, try.self.since));
		return EXIT_LOCKED;
	}
	return EXIT_DONE;
}

int running_load(struct running *x, struct invocation *in)
{
	if (run_load(&x->run))
		return EXIT_UNABLE;
	if (x->interrupts.count) {
		err_at(&in->err, (struct pos){ 0 }, "interrupted");
		return EXIT_INTERRUPTED;
	}
	return EXIT_DONE;
}

int running_plan(struct running *x, struct invocation *in,
    enum journal_mode mode)
{
	struct run *r = &x->run;
	int rc = running_load(x, in);

	if (rc)
		return rc;
	if (run_recall(r, mode) || run_plan(r))
		return EXIT_UNABLE;
	progress_hide(x->progress);
	if (x->interrupts.count) {
		err_at(&in->err, (struct pos){ 0 }, "interrupted");
		return EXIT_INTERRUPTED;
	}
	return EXIT_DONE;
}

static void show_open(struct running *x, struct invocation *in)
{
	size_t i;

	for (i = 0; i < x->run.open.count; i++)
		mention(in, arena_printf(in->arena,
		    "plumb: run %lld was stopped while it changed %s; it was looked at again\n",
		    (long long)x->run.open.item[i].run,
		    x->run.open.item[i].address));
}

void running_show(struct running *x, struct invocation *in)
{
	struct plan *p = &x->run.plan;
	struct plan_style style = { .color = in->color_out,
		.verbose = in->options.verbose, .width = in->width };
	struct text t = text_new(in->arena);
	struct value v;
	size_t i;

	if (!in->options.json) {
		show_open(x, in);
		plan_text(&t, p, &style);
		say(in, text_string(&t));
		return;
	}
	for (i = 0; i < p->count; i++) {
		v = change_value(in->arena, &p->changes[i]);
		say_json(in, &v);
	}
	v = plan_summary(in->arena, p);
	say_json(in, &v);
}
