/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * running.c - what the commands that make a run have in common.
 */
#include "running.h"

#include <string.h>

#include "../../specs/print.h"
#include "moment.h"
#include "progress.h"

static void on_progress(void *context, size_t done, size_t total)
{
	progress_set(context, done, total, NULL);
}

void running_renew(struct running *x, struct invocation *in, const char *site)
{
	x->run = (struct run){
		.arena = in->arena,
		.err = &in->err,
		.path = site,
		.state = in->options.state,
		.root = in->options.root,
		.jobs = (size_t)in->options.jobs,
		.targets = in->options.targets,
		.excludes = in->options.excludes,
		.prune = in->options.prune,
		.allows = in->options.allows,
		.stop = &x->interrupts.count,
		.stop_hard = &x->interrupts.hard,
		.progress = on_progress,
		.context = x->progress,
	};
}

void running_open(struct running *x, struct invocation *in, const char *site)
{
	*x = (struct running){ 0 };
	interrupts_open(&x->interrupts);
	x->progress = progress_open(in, "looking");
	running_renew(x, in, site);
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

/* in turns, so that Ctrl-C is heard */
static int wait_for_lock(struct running *x, struct invocation *in,
    struct lock_try *wanted)
{
	enum { TURN = 100 }; /* milliseconds */
	struct lock_try try;
	int64_t left = wanted->timeout;
	int rc;

	if (left) {
		progress_close(x->progress);
		x->progress = progress_open(in, "waiting for");
	}
	do {
		try = *wanted;
		try.timeout = left < TURN ? left : TURN;
		rc = lock_take(in->arena, &try, &x->lock, &in->err);
		if (rc > 0)
			progress_set(x->progress, 0, 0, try.self.command);
		left -= TURN;
	} while (rc > 0 && left > 0 && !x->interrupts.count);
	if (wanted->timeout) {
		progress_close(x->progress);
		x->progress = x->run.context = progress_open(in, "looking");
	}
	*wanted = try;
	return rc;
}

int running_lock(struct running *x, struct invocation *in)
{
	struct lock_try try = { .state = in->options.state,
		.timeout = in->options.lock_timeout,
		.self = { .command = running_words(in),
			.user = run_user(in->arena) } };
	int rc = wait_for_lock(x, in, &try);

	if (rc < 0)
		return EXIT_UNABLE;
	if (x->interrupts.count) {
		err_at(&in->err, (struct pos){ 0 }, "interrupted");
		return EXIT_INTERRUPTED;
	}
	if (rc) {
		err_at(&in->err, (struct pos){ 0 },
		    "another run holds the lock: '%s' by %s, process %lld, since %s (--lock-timeout waits for it)",
		    try.self.command, try.self.user, (long long)try.self.pid,
		    moment_text(in->arena, try.self.since));
		return EXIT_LOCKED;
	}
	return EXIT_DONE;
}

/* a kind that there is not would be allowed in vain */
static int check_allows(struct invocation *in)
{
	const struct strings *allows = in->options.allows;
	const char *near;
	int rc = EXIT_DONE;
	size_t i;

	for (i = 0; i < allows->count; i++) {
		if (kind_find(allows->item[i]))
			continue;
		near = nearest(allows->item[i], kind_names(in->arena));
		err_at(&in->err, (struct pos){ 0 },
		    "'--allow': there is no kind '%s'%s%s%s", allows->item[i],
		    near ? " (did you mean '" : "", near ? near : "",
		    near ? "'?)" : "");
		rc = EXIT_UNABLE;
	}
	return rc;
}

int running_load(struct running *x, struct invocation *in)
{
	if (check_allows(in) || run_load(&x->run))
		return EXIT_UNABLE;
	if (x->interrupts.count) {
		err_at(&in->err, (struct pos){ 0 }, "interrupted");
		return EXIT_INTERRUPTED;
	}
	return running_refused(x, in);
}

int running_plan(struct running *x, struct invocation *in,
    enum journal_mode mode)
{
	struct run *r = &x->run;
	int rc = running_load(x, in);

	if (rc)
		return rc;
	if (run_recall(r, mode) || run_plan(r))
		return r->plan.orphans.refusal ? EXIT_REFUSED : EXIT_UNABLE;
	progress_hide(x->progress);
	if (x->interrupts.count) {
		err_at(&in->err, (struct pos){ 0 }, "interrupted");
		return EXIT_INTERRUPTED;
	}
	return EXIT_DONE;
}

/* a line that holds what came from outside */
static void remark(struct invocation *in, const char *words)
{
	struct text t = text_new(in->arena);

	print_escaped(&t, words, strlen(words));
	text_add_char(&t, '\n');
	mention(in, text_string(&t));
}

static void show_open(struct running *x, struct invocation *in)
{
	struct lock_holder holder;
	struct err nowhere = err_new(in->arena);
	size_t i;

	if (!x->lock && lock_look(in->arena, in->options.state, &holder,
	    &nowhere) > 0) {
		remark(in, arena_printf(in->arena,
		    "plumb: another run is under way: '%s' by %s, process %lld, since %s; what it has not done yet is shown too",
		    holder.command, holder.user, (long long)holder.pid,
		    moment_text(in->arena, holder.since)));
		return;
	}
	for (i = 0; i < x->run.open.count; i++)
		remark(in, arena_printf(in->arena,
		    "plumb: run %lld was stopped while it changed %s; it was looked at again",
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
		running_show_flaps(x, in);
		plan_text(&t, p, &style);
		say(in, text_string(&t));
		return;
	}
	running_show_flaps(x, in);
	for (i = 0; i < p->count; i++) {
		v = change_value(in->arena, &p->changes[i]);
		say_json(in, &v);
	}
	v = plan_summary(in->arena, p);
	say_json(in, &v);
}
