/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ledger.c - a journal of its own for each test.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "ledger.h"

int ledger_setup(void **state)
{
	struct arena *a = arena_open();
	struct ledger *w = arena_new(a, struct ledger);

	w->arena = a;
	w->err = err_new(a);
	strcpy(w->state, "/tmp/plumb-journal-XXXXXX");
	assert_non_null(mkdtemp(w->state));
	*state = w;
	return 0;
}

int ledger_teardown(void **state)
{
	static const char *const names[] = { "journal.db", "journal.db-wal",
		"journal.db-shm", "journal.db-journal", "key", NULL };
	struct ledger *w = *state;
	size_t i;

	for (i = 0; names[i]; i++)
		unlink(arena_printf(w->arena, "%s/%s", w->state, names[i]));
	rmdir(w->state);
	arena_close(w->arena);
	return 0;
}

const char *ledger_file(struct ledger *w, const char *name)
{
	return arena_printf(w->arena, "%s/%s", w->state, name);
}

const char *ledger_said(struct ledger *w)
{
	const char *text = err_text(w->arena, &w->err, 0);

	w->err = err_new(w->arena);
	return text;
}

struct journal *ledger_open_as(struct ledger *w, enum journal_mode mode)
{
	struct journal *j = NULL;

	assert_well(w, journal_open(w->arena, w->state, mode, &j, &w->err));
	return j;
}

int64_t ledger_begin(struct ledger *w, struct journal *j)
{
	struct journal_run run = { .site = "/srv/site", .revision = "4f1c",
		.command = "apply", .user = "anna", .host = "fe1" };
	int64_t number;

	assert_well(w, journal_run_begin(j, &run, &number, &w->err));
	return number;
}

void ledger_end(struct ledger *w, struct journal *j)
{
	struct journal_counts counts = { .created = 1, .skipped = 7 };

	assert_well(w, journal_run_end(j, 4, &counts, &w->err));
}

int64_t ledger_intend(struct ledger *w, struct journal *j, const char *address)
{
	struct journal_act act = { .address = address, .action = "create",
		.cause = "created", .desired = "{\"mode\": \"0644\"}" };

	assert_well(w, journal_intend(j, &act, 1, &w->err));
	return act.act;
}

void ledger_done(struct ledger *w, struct journal *j, const char *address,
    int64_t act)
{
	struct journal_outcome o = { .act = act, .address = address,
		.outcome = "ok", .after = "{\"mode\": \"0644\"}",
		.keep = STATE_LEFT, .desired = DIGITS, .pos = "a.yaml:3",
		.protect = true };

	assert_well(w, journal_done(j, &o, 1, &w->err));
}

void ledger_patch(struct ledger *w, off_t at, const void *data, size_t size)
{
	int fd = open(ledger_file(w, "journal.db"), O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, size, at), size);
	close(fd);
}
