/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * confirm.c - plumb confirm: the run is fine, somebody can still get in.
 */
#include <stdlib.h>
#include <string.h>

#include "../../resources/host/session.h"
#include "../confirm.h"
#include "running.h"

static const struct pos nowhere;

/* 0: that one waits, and this is another connection; else the code */
static int check(struct invocation *in, const struct host *host,
    struct confirmation *c)
{
	struct job job = { .arena = in->arena, .err = &in->err };
	const char *word = argument(in, 0, NULL);
	int there = confirm_read(in->arena, in->options.state, c, &in->err);
	char *end;

	if (there <= 0) {
		if (!there)
			err_at(&in->err, nowhere,
			    "no run waits to be confirmed: none was made with --confirm-timeout, or it was confirmed or undone already");
		return EXIT_UNABLE;
	}
	if (word && (strtoll(word, &end, 10) != c->run || *end)) {
		err_at(&in->err, nowhere,
		    "it is run %lld that waits to be confirmed, not '%s'",
		    (long long)c->run, word);
		return EXIT_UNABLE;
	}
	if (!confirm_is_lost(&job, host, c) &&
	    !strcmp(c->session, host_session(&job, host))) {
		err_at(&in->err, nowhere,
		    "run %lld was made over this connection: log in anew, which shows that it can be done, and confirm there (%s)",
		    (long long)c->run, c->session);
		return EXIT_REFUSED;
	}
	return 0;
}

/* as a run of its own, which does nothing */
static int record(struct invocation *in, struct journal *j, int64_t run)
{
	static const struct journal_counts none;
	struct journal_run was, row;
	int64_t number;
	int found = journal_run_find(in->arena, j, run, &was, &in->err);

	if (found < 0)
		return -1;
	if (!found)
		return 0; /* it was killed before it began */
	row = (struct journal_run){ .site = was.site, .host = was.host,
		.command = arena_printf(in->arena, "confirm %lld",
		(long long)run), .user = run_user(in->arena) };
	return journal_run_begin(j, &row, &number, &in->err) ||
	    journal_run_end(j, EXIT_DONE, &none, &in->err);
}

static int confirm(struct invocation *in, struct running *x)
{
	scoped_journal *journal = NULL;
	struct job job = { .arena = in->arena, .err = &in->err };
	struct confirmation c;
	int rc = check(in, &x->run.host, &c);

	if (!rc)
		rc = running_lock(x, in);
	/* who had the lock may have undone it */
	if (!rc)
		rc = check(in, &x->run.host, &c);
	if (rc)
		return rc;
	if (journal_open(in->arena, in->options.state, JOURNAL_WRITE, &journal,
	    &in->err) || record(in, journal, c.run) ||
	    confirm_disarm(&job, &x->run.host, in->options.state, c.run))
		return EXIT_UNABLE;
	sayf(in, "Run %lld is confirmed.\n", (long long)c.run);
	return EXIT_DONE;
}

static int run(struct invocation *in)
{
	struct running x;
	int rc = EXIT_UNABLE;

	running_open(&x, in, ".");
	if (!run_open_host(&x.run))
		rc = confirm(in, &x);
	running_close(&x);
	return rc;
}

const struct command cmd_confirm = {
	.name = "confirm",
	.arguments = "[RUN]",
	.about = "keep what a run changed that waits to be confirmed",
	.details = "A run made with --confirm-timeout is undone after that time unless this comes first, over another connection than the run's: so a change to the network, the firewall or ssh that locks everybody out does not last. The time starts when the run begins and again when it has ended, however it ended, and goes on when plumb is killed. Until then no other run begins.\n\nA connection is another one if ssh says so, also below sudo; without ssh, another session or terminal. In a terminal multiplexer the connection is the one that it was started from.",
	.options = OPTION_STATE | OPTION_LOCK_TIMEOUT,
	.most = 1,
	.run = run,
};
