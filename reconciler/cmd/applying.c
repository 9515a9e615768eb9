/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * applying.c - ask, do what is planned, and tell each change as it ends, the
 * totals last.
 */
#include "applying.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../specs/maker.h"
#include "../../specs/member.h"
#include "../../specs/print.h"
#include "progress.h"

struct teller {
	struct running *running;
	struct invocation *in;
	size_t ended;
	/* addresses, the oldest first */
	const char **under_way;
	size_t count, capacity;
	const char **failed;
	size_t failed_count, failed_capacity;
};

static const char *did(const struct task *t, struct arena *a)
{
	static const char *const words[] = { "left", "created", "updated",
		"replaced", "removed", "refreshed", "seen" };
	const struct kind *k = t->resource->kind;

	if (t->fate == FATE_REFRESHED)
		return arena_printf(a, "%s done", t->refreshed);
	if (k->done && t->action == ACTION_CREATE)
		return k->done;
	if (t->refreshed)
		return arena_printf(a, "%s, %s done", words[t->action],
		    t->refreshed);
	return words[t->action];
}

static const char *failure(const struct task *t, struct arena *a)
{
	const char *refresh;

	if (t->resource->sight == UNKNOWN && !t->err.count)
		return "could not be looked at";
	if (!t->refreshed)
		return "failed";
	refresh = arena_printf(a, "%s failed", t->refreshed);
	return t->action == ACTION_UPDATE ?
	    arena_printf(a, "updated, but %s", refresh) : refresh;
}

static const char *outcome(const struct task *t, struct arena *a)
{
	switch (t->fate) {
	case FATE_CHANGED:
	case FATE_REFRESHED:
		return did(t, a);
	case FATE_ALREADY:
		return "already as desired";
	case FATE_FAILED:
		return failure(t, a);
	case FATE_SKIPPED:
		return arena_printf(a, "skipped, because %s failed",
		    t->because);
	case FATE_HELD:
		return arena_printf(a, "waits for the reboot that %s needs",
		    t->because);
	case FATE_STOPPED:
		return "not started";
	case FATE_SAME:
	case FATE_WAITS:
		break;
	}
	return "unchanged";
}

static const char *fate_name(enum fate fate)
{
	static const char *const names[] = { "waits", "same", "already",
		"changed", "refreshed", "failed", "skipped", "held",
		"stopped" };

	return names[fate];
}

static void tell_json(struct teller *x, const struct task *t)
{
	struct map_maker m = { .arena = x->in->arena };
	struct value v;

	map_add_text(&m, "type", "result");
	map_add_text(&m, "address", t->resource->address);
	map_add_text(&m, "fate", fate_name(t->fate));
	map_add_text(&m, "outcome", outcome(t, x->in->arena));
	if (t->refreshed && t->fate != FATE_FAILED)
		map_add_text(&m, "refreshed", t->refreshed);
	if (t->reboot)
		map_add_text(&m, "reboot", t->reboot);
	if (t->err.first)
		map_add_text(&m, "error", t->err.first->text);
	map_add_int(&m, "milliseconds", t->took);
	v = map_done(&m);
	say_json(x->in, &v);
}

static void on_begin(void *context, const struct task *t)
{
	struct teller *x = context;

	arena_push(x->in->arena, x->under_way, x->count, x->capacity,
	    t->resource->address);
	progress_set(x->running->progress, x->ended, x->running->run.plan.count,
	    x->under_way[0]);
}

static void forget(struct teller *x, const char *address)
{
	size_t i;

	for (i = 0; i < x->count && x->under_way[i] != address;)
		i++;
	if (i == x->count)
		return;
	x->count--;
	memmove(&x->under_way[i], &x->under_way[i + 1], (x->count - i) *
	    sizeof(*x->under_way));
	progress_set(x->running->progress, x->ended, x->running->run.plan.count,
	    x->count ? x->under_way[0] : NULL);
}

static void on_say(void *context, const struct task *t, const char *text)
{
	struct teller *x = context;

	progress_set(x->running->progress, x->ended, x->running->run.plan.count,
	    arena_printf(t->arena, "%s: %s", t->resource->address, text));
}

static void on_end(void *context, const struct task *t)
{
	struct teller *x = context;
	struct invocation *in = x->in;
	struct text line = text_new(in->arena);

	x->ended += t->change != NULL;
	forget(x, t->resource->address);
	if (t->fate == FATE_FAILED)
		arena_push(in->arena, x->failed, x->failed_count,
		    x->failed_capacity, t->resource->address);
	if (t->fate == FATE_SAME)
		return;
	progress_hide(x->running->progress);
	if (t->err.count)
		mention(in, err_text(in->arena, &t->err, 0));
	if (in->options.json) {
		tell_json(x, t);
		return;
	}
	print_escaped(&line, t->resource->address,
	    strlen(t->resource->address));
	text_addf(&line, ": %s", outcome(t, in->arena));
	if (t->took >= 1000)
		text_addf(&line, " (%s)", print_duration(in->arena, t->took));
	if (t->reboot)
		text_addf(&line, "; a reboot is needed: %s", t->reboot);
	text_add_char(&line, '\n');
	say(in, text_string(&line));
}

/* by name, where they are seen: what was said of them is far above */
static void recap(struct teller *x)
{
	enum { NAMED = 20 };
	struct text t = text_new(x->in->arena);
	size_t i;

	if (!x->failed_count)
		return;
	text_add(&t, "Failed: ");
	for (i = 0; i < x->failed_count && i < NAMED; i++) {
		text_add(&t, i ? ", " : "");
		print_escaped(&t, x->failed[i], strlen(x->failed[i]));
	}
	if (x->failed_count > NAMED)
		text_addf(&t, " and %zu more", x->failed_count - NAMED);
	text_add_char(&t, '\n');
	say(x->in, text_string(&t));
}

static void totals(struct running *x, struct invocation *in)
{
	const struct journal_counts *n = &x->run.applier.counts;
	struct map_maker m = { .arena = in->arena };
	struct value v;

	if (!in->options.json) {
		sayf(in, "Applied: %lld created, %lld updated, %lld removed, %lld refreshed; %lld failed, %lld skipped",
		    (long long)n->created, (long long)n->updated,
		    (long long)n->removed, (long long)n->refreshed,
		    (long long)n->failed, (long long)n->skipped);
		if (x->run.applier.ran)
			sayf(in, ", %zu run", x->run.applier.ran);
		if (x->run.applier.held)
			sayf(in, ", %zu waiting for a reboot",
			    x->run.applier.held);
		if (x->run.plan.flap_count)
			sayf(in, ", %zu flapping", x->run.plan.flap_count);
		if (x->run.applier.stopped)
			sayf(in, ", %zu not started", x->run.applier.stopped);
		say(in, ".\n");
		if (x->run.applier.rebooting && !x->run.applier.held)
			say(in, "A reboot is needed; nothing waits for it.\n");
		return;
	}
	map_add_text(&m, "type", "applied");
	map_add_int(&m, "created", n->created);
	map_add_int(&m, "updated", n->updated);
	map_add_int(&m, "removed", n->removed);
	map_add_int(&m, "refreshed", n->refreshed);
	map_add_int(&m, "failed", n->failed);
	map_add_int(&m, "skipped", n->skipped);
	map_add_int(&m, "run", (int64_t)x->run.applier.ran);
	map_add_int(&m, "flapping", (int64_t)x->run.plan.flap_count);
	map_add_int(&m, "stopped", (int64_t)x->run.applier.stopped);
	map_add_int(&m, "held", (int64_t)x->run.applier.held);
	v = map_done(&m);
	say_json(in, &v);
}

/* what is typed, one line; false: Ctrl-C, or the end of input */
static bool read_answer(struct running *x, char *answer, size_t size)
{
	enum { TICK = 50 }; /* milliseconds */
	struct pollfd typed = { .fd = STDIN_FILENO, .events = POLLIN };
	ssize_t n;

	while (!x->interrupts.count) {
		if (poll(&typed, 1, TICK) <= 0)
			continue;
		n = read(STDIN_FILENO, answer, size - 1);
		if (n <= 0)
			break;
		answer[n] = '\0';
		return true;
	}
	return false;
}

int applying_ask(struct running *x, struct invocation *in)
{
	char answer[16];

	if (in->options.yes || !x->run.plan.count)
		return EXIT_DONE;
	if (in->options.no_input || !in->terminal_in || !in->terminal_out) {
		err_at(&in->err, (struct pos){ 0 },
		    "nothing was changed: there is no terminal to ask on; --yes applies without asking");
		return EXIT_UNABLE;
	}
	say(in, "Apply these changes? [y/N] ");
	terminal_flush(in);
	if (!read_answer(x, answer, sizeof(answer)))
		say(in, "\n");
	else if (!strcasecmp(answer, "y\n") || !strcasecmp(answer, "yes\n"))
		return EXIT_DONE;
	say(in, "Nothing was changed.\n");
	return EXIT_INTERRUPTED;
}

static void on_interrupt(void *context)
{
	progress_line(context, "plumb: finishing what is under way; Ctrl-C again ends it");
}

int applying_do(struct running *x, struct invocation *in, const char *words)
{
	struct teller teller = { .running = x, .in = in };
	int rc;

	x->run.applier.watcher = &teller;
	x->run.applier.on_begin = on_begin;
	x->run.applier.on_say = on_say;
	x->run.applier.on_end = on_end;
	progress_close(x->progress);
	x->progress = progress_open(in, "applying");
	interrupts_listen(&x->interrupts, on_interrupt, x->progress);
	rc = run_apply(&x->run, words);
	interrupts_listen(&x->interrupts, NULL, NULL);
	progress_hide(x->progress);
	if (!in->options.json)
		recap(&teller);
	if (x->run.plan.count || x->run.plan.flap_count ||
	    x->run.applier.failed)
		totals(x, in);
	if (rc)
		return EXIT_UNABLE;
	if (x->interrupts.count)
		mention(in, arena_printf(in->arena,
		    "plumb: interrupted; %s again to go on\n",
		    in->command->name));
	return run_result(&x->run);
}
