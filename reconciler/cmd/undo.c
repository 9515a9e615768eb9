/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * undo.c - plumb undo: back to how it was before a run; and a run that failed
 * rolled back by itself.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../specs/maker.h"
#include "../../specs/print.h"
#include "../undo.h"
#include "applying.h"
#include "confirming.h"
#include "progress.h"
#include "resuming.h"

/* the way back is planned; EXIT_DONE, or the code to end with */
static int plan_back(struct running *x, struct invocation *in, struct undo *u)
{
	struct run *r = &x->run;
	struct strings *all = arena_new(in->arena, struct strings);
	size_t room = 0, i;

	/* who names a run to undo has named all that it created */
	for (i = 0; kinds[i]; i++)
		arena_push(in->arena, all->item, all->count, room,
		    kinds[i]->name);
	r->allows = all;
	if (run_open_host(r) || run_recall(r, JOURNAL_WRITE) ||
	    undo_load(r, u) || run_plan(r))
		return EXIT_UNABLE;
	progress_hide(x->progress);
	if (x->interrupts.count) {
		err_at(&in->err, (struct pos){ 0 }, "interrupted");
		return EXIT_INTERRUPTED;
	}
	undo_note(r, u);
	return EXIT_DONE;
}

/* --- what cannot be undone --- */

static void refusal_json(struct invocation *in, const struct undone *item)
{
	struct map_maker m = { .arena = in->arena };
	struct value v;

	map_add_text(&m, "type", "cannot");
	map_add_text(&m, "address", item->address);
	map_add_text(&m, "reason", undo_refusal(item));
	v = map_done(&m);
	say_json(in, &v);
}

/* how many they are */
static size_t show_refusals(struct invocation *in, const struct undo *u)
{
	struct text t = text_new(in->arena);
	size_t i, n = 0;

	for (i = 0; i < u->count; i++) {
		const struct undone *item = &u->items[i];

		if (!undo_refusal(item))
			continue;
		n++;
		if (in->options.json)
			refusal_json(in, item);
		text_add(&t, "  ");
		print_escaped(&t, item->address, strlen(item->address));
		text_addf(&t, ": %s\n", undo_refusal(item));
	}
	if (n && !in->options.json)
		sayf(in, "Cannot be undone: %zu\n%s", n, text_string(&t));
	return n;
}

/* --- a run that failed --- */

static int told(struct invocation *in, const struct undo *u, int rc,
    size_t refused)
{
	if (rc == EXIT_INTERRUPTED)
		return rc;
	if (!rc && !refused) {
		if (!in->options.json)
			sayf(in, "Rolled back: all is as it was before run %lld.\n",
			    (long long)u->number);
		return EXIT_ROLLED_BACK;
	}
	err_at(&in->err, (struct pos){ 0 },
	    "not all of run %lld was rolled back; what is left is named above, and 'plumb undo %lld' tries again",
	    (long long)u->number, (long long)u->number);
	return EXIT_FAILED;
}

int applying_undo(struct running *x, struct invocation *in)
{
	struct undo u = { .number = x->run.number };
	size_t refused;
	int rc;

	run_close(&x->run);
	running_renew(x, in, NULL);
	if (!in->options.json)
		sayf(in, "\nRun %lld failed, so it is rolled back.\n",
		    (long long)u.number);
	rc = plan_back(x, in, &u);
	if (rc == EXIT_INTERRUPTED)
		return rc;
	if (rc)
		return told(in, &u, EXIT_FAILED, 0);
	running_show(x, in);
	refused = show_refusals(in, &u);
	rc = running_refused(x, in);
	if (!rc && x->run.plan.count)
		rc = applying_do(x, in, arena_printf(in->arena,
		    "rollback of %" PRId64, u.number));
	return told(in, &u, rc, refused);
}

/* --- a run that shall not have been --- */

/* 1: none waits, and that was said */
static int read_unconfirmed(struct invocation *in, struct undo *u)
{
	const char *text;

	if (in->arguments.count)
		return err_at(&in->err, (struct pos){ 0 },
		    "'--unconfirmed' knows its run: leave out '%s'",
		    in->arguments.item[0]);
	u->number = confirming_run(in, &text);
	if (u->number) {
		in->arguments.item = arena_array(in->arena, 1, sizeof(char *));
		in->arguments.item[in->arguments.count++] =
		    arena_printf(in->arena, "%" PRId64, u->number);
		return 0;
	}
	say(in, "No run waits to be confirmed.\n");
	return 1;
}

static int read_arguments(struct invocation *in, struct undo *u)
{
	const char *word = argument(in, 0, "");

	if (in->options.unconfirmed)
		return read_unconfirmed(in, u);
	if (!in->arguments.count)
		return err_at(&in->err, (struct pos){ 0 },
		    "'plumb undo' needs more: %s", in->command->arguments);
	if (strspn(word, "0123456789") != strlen(word) || strlen(word) > 18)
		return err_at(&in->err, (struct pos){ 0 },
		    "'%s' is not the number of a run (`plumb history` lists them)",
		    word);
	u->number = strtoll(word, NULL, 10);
	u->addresses = (struct strings){ in->arguments.count - 1,
		in->arguments.item + 1 };
	return 0;
}

/* nothing goes on with it at boot, and nobody need confirm it */
static int settle(struct running *x, struct invocation *in,
    const struct undo *u)
{
	int rc = resuming_end(x, in, EXIT_DONE);

	return rc || u->addresses.count ? rc :
	    confirming_undone(x, in, u->number);
}

static int undo(struct running *x, struct invocation *in, struct undo *u)
{
	int rc = running_lock(x, in);

	if (!rc)
		rc = plan_back(x, in, u);
	if (rc)
		return rc;
	if (in->options.json)
		say_json_version(in, 1);
	complain(in);
	if (!u->count && !in->options.json)
		sayf(in, "Run %lld changed nothing.\n", (long long)u->number);
	else
		running_show(x, in);
	show_refusals(in, u);
	rc = running_refused(x, in);
	if (!rc)
		rc = applying_ask(x, in);
	if (!rc && x->run.plan.count)
		rc = applying_do(x, in, running_words(in));
	if (!rc)
		rc = settle(x, in, u);
	if (!rc && x->run.plan.count && in->options.detailed_exitcode)
		rc = EXIT_CHANGES;
	return rc;
}

static int run(struct invocation *in)
{
	struct running x;
	struct undo u = { 0 };
	int rc = read_arguments(in, &u);

	if (rc)
		return rc < 0 ? EXIT_UNABLE : EXIT_DONE;
	running_open(&x, in, NULL);
	rc = undo(&x, in, &u);
	running_close(&x);
	return rc;
}

const struct command cmd_undo = {
	.name = "undo",
	.arguments = "RUN [ADDRESS...]",
	.about = "go back to how it was before a run",
	.details = "Plans the way back from what the journal keeps: what the run created is removed, what it changed or removed is as it was, in the reverse order; what it refreshed is refreshed again. Shows that, asks, and does it, as a run of its own that can be undone too. With addresses, only those.\n\nWhat cannot be undone is listed with the reason: what a command did, content that was secret or too large to be kept. What was changed since the run is marked. The site is not read, so the next apply does again what the site says.",
	.options = (OPTIONS_ACT | OPTION_UNCONFIRMED | OPTION_ROOT |
	    OPTION_JSON) &
	    ~(unsigned)(OPTION_TARGET | OPTION_EXCLUDE | OPTION_PRUNE |
	    OPTION_ALLOW),
	.most = 1000,
	.run = run,
};
