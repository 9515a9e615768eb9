/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal_faults.c - what the head of reconciler/journal.c promises, when it is
 * killed, damaged, or has no room.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../ledger.h"

enum { KILLS = 100, FLIPS = 200 };

static void append_until_killed(struct ledger *w, int out)
{
	struct journal_outcome o = { .outcome = "ok", .keep = STATE_LEFT,
		.desired = DIGITS };
	struct journal_run run = { .site = "/s", .command = "apply",
		.user = "u", .host = "h" };
	struct journal_act acts[3] = { 0 };
	struct journal *j;
	int64_t number;
	int i, k;

	if (journal_open(w->arena, w->state, JOURNAL_WRITE, &j, &w->err) ||
	    journal_run_begin(j, &run, &number, &w->err))
		return;
	for (i = 0;; i++) {
		for (k = 0; k < 3; k++)
			acts[k] = (struct journal_act){ .action = "update",
				.address = arena_printf(w->arena, "file:/%d/%d",
				    i % 50, k) };
		if (journal_intend(j, acts, 3, &w->err))
			return;
		for (k = 0; k < 3; k++) {
			if (write(out, &acts[k].act, sizeof(int64_t)) < 0)
				return;
			o.act = acts[k].act;
			o.address = acts[k].address;
			if (journal_done(j, &o, 1, &w->err))
				return;
		}
	}
}

/* the acts that were announced before it was killed */
static size_t kill_while_appending(struct ledger *w, useconds_t after,
    int64_t *acts, size_t room)
{
	size_t size = 0;
	int ends[2], status;
	ssize_t n;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (!child) {
		close(ends[0]);
		append_until_killed(w, ends[1]);
		_exit(1);
	}
	close(ends[1]);
	usleep(after);
	kill(child, SIGKILL);
	while ((n = read(ends[0], (char *)acts + size,
	    room * sizeof(*acts) - size)) > 0)
		size += (size_t)n;
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	return size / sizeof(*acts);
}

static void whatever_kills_it_no_announced_act_is_lost(void **state)
{
	enum { ROOM = 8192 };
	struct ledger *w = *state;
	int64_t *acts = arena_array(w->arena, ROOM, sizeof(*acts));
	size_t i, n, announced = 0, left_open = 0;
	struct journal_acts open;
	struct journal_act act;
	struct journal *j;
	int round;

	srandom(1);
	for (round = 0; round < KILLS; round++) {
		n = kill_while_appending(w, (useconds_t)(random() % 30000),
		    acts, ROOM);
		j = ledger_open_as(w, JOURNAL_WRITE);
		assert_well(w, journal_verify(j, NULL, &w->err));
		for (i = 0; i < n; i++)
			assert_int_equal(journal_act_find(w->arena, j, acts[i],
			    &act, &w->err), 1);
		assert_well(w, journal_open_acts(w->arena, j, &open, &w->err));
		/* of each, the last wave at most, until it is superseded */
		assert_true(open.count <= 3 * ((size_t)round + 1));
		for (i = 0; i < open.count; i++)
			assert_null(open.item[i].outcome);
		announced += n;
		left_open += open.count;
		journal_close(j);
	}
	print_message("# %zu acts announced, %zu found open\n", announced,
	    left_open);
	assert_true(announced > 0 && left_open > 0);
}

/* --- (5) and (6) --- */

static void fill(struct ledger *w, struct journal *j)
{
	struct journal_drift d = { .address = "file:/3", .class = "unknown" };
	const char *address;
	int run, i;

	for (run = 0; run < 3; run++) {
		ledger_begin(w, j);
		for (i = 0; i < 200; i++) {
			address = arena_printf(w->arena, "file:/%d", i);
			ledger_done(w, j, address,
			    ledger_intend(w, j, address));
		}
		assert_well(w, journal_refresh_owe(j, "service:a", "file:/1",
		    &w->err));
		assert_well(w, journal_drift(j, &d, 1, &w->err));
		ledger_intend(w, j, "file:/open");
		ledger_end(w, j);
	}
}

/* all that can be asked, as text; NULL when any of it is refused */
static const char *everything(struct arena *a, struct journal *j,
    struct err *e)
{
	struct text t = text_new(a);
	struct journal_states states;
	struct journal_acts open, acts;
	struct journal_refreshes owed;
	struct journal_drifts drifts;
	struct journal_runs runs;
	size_t i;

	if (journal_states(a, j, &states, e) ||
	    journal_open_acts(a, j, &open, e) ||
	    journal_acts(a, j, 2, &acts, e) ||
	    journal_refreshes(a, j, &owed, e) ||
	    journal_drifts(a, j, 2, &drifts, e) ||
	    journal_runs(a, j, 0, &runs, e))
		return NULL;
	for (i = 0; i < states.count; i++)
		text_addf(&t, "state %s %s %s %lld\n", states.item[i].address,
		    states.item[i].desired, states.item[i].observed,
		    (long long)states.item[i].row);
	for (i = 0; i < open.count; i++)
		text_addf(&t, "open %s\n", open.item[i].address);
	for (i = 0; i < acts.count; i++)
		text_addf(&t, "act %s %s\n", acts.item[i].address,
		    acts.item[i].outcome ? acts.item[i].outcome : "open");
	for (i = 0; i < owed.count; i++)
		text_addf(&t, "owed %s\n", owed.item[i].address);
	for (i = 0; i < drifts.count; i++)
		text_addf(&t, "drift %s\n", drifts.item[i].address);
	for (i = 0; i < runs.count; i++)
		text_addf(&t, "run %s %d\n", runs.item[i].command,
		    runs.item[i].result);
	return text_string(&t);
}

static char *slurp(struct ledger *w, size_t *size)
{
	int fd = open(ledger_file(w, "journal.db"), O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *data;

	assert_int_equal(fstat(fd, &st), 0);
	*size = (size_t)st.st_size;
	data = arena_alloc(w->arena, *size);
	assert_int_equal(read(fd, data, *size), st.st_size);
	close(fd);
	return data;
}

struct flips {
	int refused;  /* when it was opened, or when it was read */
	int found;    /* only by journal_verify */
	int wrong;    /* of these, what was read was not what was written */
	int harmless; /* where nothing is */
};

static void try_flip(struct ledger *w, const char *right, struct flips *f)
{
	scoped_arena *a = arena_open();
	struct err e = err_new(a);
	struct journal *j = NULL;
	const char *text = NULL;
	int whole = -1;

	/* as one who is going to act on it */
	if (!journal_open(a, w->state, JOURNAL_WRITE, &j, &e))
		text = everything(a, j, &e);
	if (text)
		whole = journal_verify(j, NULL, &e);
	journal_close(j);
	if (!text)
		f->refused++;
	else if (whole)
		f->found++, f->wrong += strcmp(text, right) != 0;
	else
		f->harmless++;
	if (text && !whole)
		assert_string_equal(text, right);
	assert_true(!text || !whole || e.count);
}

static void a_flipped_bit_is_never_believed(void **state)
{
	struct ledger *w = *state;
	struct journal *j = ledger_open_as(w, JOURNAL_WRITE);
	struct flips f = { 0 };
	const char *right;
	size_t size, at;
	char *data, byte;
	int i;

	fill(w, j);
	right = everything(w->arena, j, &w->err);
	assert_non_null(right);
	journal_close(j);
	unlink(ledger_file(w, "journal.db-wal"));
	unlink(ledger_file(w, "journal.db-shm"));
	data = slurp(w, &size);
	srandom(7);
	for (i = 0; i < FLIPS; i++) {
		at = (size_t)random() % size;
		byte = (char)(data[at] ^ 1 << random() % 8);
		ledger_patch(w, (off_t)at, &byte, 1);
		try_flip(w, right, &f);
		unlink(ledger_file(w, "journal.db-wal"));
		unlink(ledger_file(w, "journal.db-shm"));
		ledger_patch(w, 0, data, size);
	}
	print_message("# of %d: %d refused, %d found by verify (%d read wrong), %d in unused bytes\n",
	    FLIPS, f.refused, f.found, f.wrong, f.harmless);
	assert_true(f.refused > f.found);
	try_flip(w, right, &f);
}

static void a_row_that_is_lost_is_missed(void **state)
{
	struct ledger *w = *state;
	struct journal *j = ledger_open_as(w, JOURNAL_WRITE);
	const char *command;
	int64_t rows;

	fill(w, j);
	journal_close(j);
	command = arena_printf(w->arena,
	    "sqlite3 %s 'DELETE FROM act WHERE number = 4; DELETE FROM closed WHERE act = 4'",
	    ledger_file(w, "journal.db"));
	assert_int_equal(system(command), 0);
	/* it is before the last run: opening need not see it */
	j = ledger_open_as(w, JOURNAL_READ);
	assert_int_equal(journal_verify(j, &rows, &w->err), -1);
	assert_said(w, "is damaged: a row is missing (at row 4)");
	journal_close(j);
}

/* --- (7) --- */

static void a_refresh_is_owed_until_it_is_paid(void **state)
{
	static const char *items[] = { "service:a", "service:b" };
	struct ledger *w = *state;
	struct journal *j = ledger_open_as(w, JOURNAL_WRITE);
	struct journal_act act = { .address = "file:/a", .action = "update",
		.owes = { 2, items } };
	struct journal_outcome o = { .address = "service:b", .outcome = "ok",
		.paid = "restarted" };
	struct journal_refreshes owed;

	ledger_begin(w, j);
	assert_well(w, journal_intend(j, &act, 1, &w->err));
	journal_close(j); /* killed here */

	j = ledger_open_as(w, JOURNAL_WRITE);
	ledger_begin(w, j);
	ledger_end(w, j);
	ledger_begin(w, j);
	assert_well(w, journal_refreshes(w->arena, j, &owed, &w->err));
	assert_int_equal(owed.count, 2);
	assert_string_equal(owed.item[0].address, "service:a");
	assert_string_equal(owed.item[0].because, "file:/a");
	assert_int_equal(owed.item[0].act, act.act);
	assert_int_equal(owed.item[0].run, 1);
	assert_well(w, journal_refresh_paid(j, "service:a", "not needed",
	    &w->err));
	o.act = ledger_intend(w, j, "service:b");
	assert_well(w, journal_done(j, &o, 1, &w->err));
	assert_well(w, journal_refreshes(w->arena, j, &owed, &w->err));
	assert_int_equal(owed.count, 0);
	assert_well(w, journal_refresh_owe(j, "service:a", "file:/c",
	    &w->err));
	assert_well(w, journal_refreshes(w->arena, j, &owed, &w->err));
	assert_int_equal(owed.count, 1);
	journal_close(j);
}

/* --- (8) --- */

static void what_another_program_wrote_stops_the_run(void **state)
{
	struct ledger *w = *state;
	struct journal *j = ledger_open_as(w, JOURNAL_WRITE);
	struct journal_act act = { .address = "file:/a", .action = "create" };

	ledger_begin(w, j);
	assert_int_equal(system(arena_printf(w->arena,
	    "sqlite3 %s 'DELETE FROM run'", ledger_file(w, "journal.db"))), 0);
	assert_int_equal(journal_intend(j, &act, 1, &w->err), -1);
	assert_said(w, "another program wrote into it during this run");
	assert_int_equal(journal_intend(j, &act, 1, &w->err), -1);
	assert_said(w, "another program wrote into it during this run");
	journal_close(j);
}

static int fill_disk(struct ledger *w)
{
	static char block[4096];
	int fd = open(ledger_file(w, "filler"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	while (write(fd, block, sizeof(block)) > 0)
		;
	return fd;
}

static void a_full_disk_is_said_and_can_be_gone_on_from(void **state)
{
	struct ledger *w = *state;
	struct journal_act act = { .address = "file:/b", .action = "create" };
	struct journal_acts open;
	struct journal *j;
	int64_t first;
	int i, failed = 0;

	assert_int_equal(unshare(geteuid() ? CLONE_NEWUSER | CLONE_NEWNS :
	    CLONE_NEWNS), 0);
	assert_int_equal(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("tmpfs", w->state, "tmpfs", 0,
	    "size=1m,mode=0700"), 0);
	j = ledger_open_as(w, JOURNAL_WRITE);
	ledger_begin(w, j);
	first = ledger_intend(w, j, "file:/a");
	close(fill_disk(w));
	for (i = 0; i < 500 && !failed; i++) {
		act.address = arena_printf(w->arena, "file:/full/%d", i);
		failed = journal_intend(j, &act, 1, &w->err);
	}
	assert_int_equal(failed, -1);
	assert_said(w, "the disk is full");
	/* it can be closed, though not written */
	ledger_done(w, j, "file:/a", first);
	assert_int_equal(journal_flush(j, &w->err), -1);
	assert_said(w, "the disk is full");
	assert_int_equal(unlink(ledger_file(w, "filler")), 0);
	/* the same one again, and what waited goes with it */
	assert_well(w, journal_intend(j, &act, 1, &w->err));
	assert_well(w, journal_open_acts(w->arena, j, &open, &w->err));
	assert_int_equal(open.count, (size_t)i);
	assert_string_equal(open.item[0].address, "file:/full/0");
	ledger_end(w, j);
	assert_well(w, journal_verify(j, NULL, &w->err));
	journal_close(j);
	assert_int_equal(umount(w->state), 0);
}

static void what_cannot_be_written_can_be_read(void **state)
{
	struct ledger *w = *state;
	struct journal *j = ledger_open_as(w, JOURNAL_WRITE);
	struct journal_states all;

	ledger_begin(w, j);
	ledger_done(w, j, "file:/a", 0);
	ledger_end(w, j);
	journal_close(j);
	assert_int_equal(mount(w->state, w->state, NULL, MS_BIND, NULL), 0);
	assert_int_equal(mount("none", w->state, NULL,
	    MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), 0);
	j = ledger_open_as(w, JOURNAL_READ);
	assert_well(w, journal_states(w->arena, j, &all, &w->err));
	assert_int_equal(all.count, 1);
	journal_close(j);
	assert_int_equal(journal_open(w->arena, w->state, JOURNAL_WRITE, &j,
	    &w->err), -1);
	assert_said(w, "file system is read-only");
	assert_int_equal(umount(w->state), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whatever_kills_it_no_announced_act_is_lost),
		TEST(a_flipped_bit_is_never_believed),
		TEST(a_row_that_is_lost_is_missed),
		TEST(a_refresh_is_owed_until_it_is_paid),
		TEST(what_another_program_wrote_stops_the_run),
		TEST(a_full_disk_is_said_and_can_be_gone_on_from),
		TEST(what_cannot_be_written_can_be_read),
	};

	return cmocka_run_group_tests_name("journal_faults", tests, NULL, NULL);
}
