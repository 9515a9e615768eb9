/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal.c - what the head of reconciler/journal.c promises, by number.
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

enum { THREADS = 8, INTENTS = 500 };

/* --- plain use --- */

static void what_was_done_can_be_read_back(void **state)
{
	static const char *items[] = { "aa11", "bb22" };
	struct ledger *w = *state;
	struct journal *j = ledger_open_as(w, JOURNAL_WRITE);
	struct journal_act act = { .address = "file:/a", .action = "update",
		.cause = "drift", .desired = "{}", .before = "{\"x\": 1}",
		.objects = { 2, items } };
	struct journal_outcome o = { .address = "file:/a", .outcome = "failed",
		.error = "no space" };
	struct journal_acts acts;
	struct journal_runs runs;

	assert_int_equal(ledger_begin(w, j), 1);
	assert_well(w, journal_intend(j, &act, 1, &w->err));
	o.act = act.act;
	assert_well(w, journal_done(j, &o, 1, &w->err));
	ledger_end(w, j);
	assert_int_equal(ledger_begin(w, j), 2);
	journal_close(j);

	j = ledger_open_as(w, JOURNAL_READ);
	assert_well(w, journal_acts(w->arena, j, 1, &acts, &w->err));
	assert_int_equal(acts.count, 1);
	assert_string_equal(acts.item[0].before, "{\"x\": 1}");
	assert_int_equal(acts.item[0].objects.count, 2);
	assert_string_equal(acts.item[0].objects.item[1], "bb22");
	assert_string_equal(acts.item[0].outcome, "failed");
	assert_string_equal(acts.item[0].error, "no space");
	assert_null(acts.item[0].after);
	assert_well(w, journal_acts(w->arena, j, 2, &acts, &w->err));
	assert_int_equal(acts.count, 0);
	assert_well(w, journal_runs(w->arena, j, 0, &runs, &w->err));
	assert_int_equal(runs.count, 2);
	assert_int_equal(runs.item[0].ended, 0);
	assert_int_equal(runs.item[1].result, 4);
	assert_int_equal(runs.item[1].counts.skipped, 7);
	assert_string_equal(runs.item[1].user, "anna");
	journal_close(j);
}

static void the_inventory_is_what_was_left_last(void **state)
{
	struct ledger *w = *state;
	struct journal *j = ledger_open_as(w, JOURNAL_WRITE);
	struct journal_outcome gone = { .address = "file:/b",
		.outcome = "forgotten", .keep = STATE_FORGOTTEN };
	const struct journal_state *s;
	struct journal_states all;
	struct journal_state one;

	ledger_begin(w, j);
	ledger_done(w, j, "file:/c", ledger_intend(w, j, "file:/c"));
	ledger_done(w, j, "file:/b", ledger_intend(w, j, "file:/b"));
	ledger_done(w, j, "file:/a", 0);
	assert_well(w, journal_done(j, &gone, 1, &w->err));
	ledger_end(w, j);
	assert_well(w, journal_states(w->arena, j, &all, &w->err));
	assert_int_equal(all.count, 2);
	assert_string_equal(all.item[0].address, "file:/a");
	assert_string_equal(all.item[1].address, "file:/c");
	s = journal_states_find(&all, "file:/c");
	assert_ptr_equal(s, &all.item[1]);
	assert_true(s->protect && s->act > 0);
	assert_string_equal(s->site, "/srv/site");
	assert_string_equal(s->desired, DIGITS);
	assert_null(journal_states_find(&all, "file:/b"));
	assert_int_equal(journal_state_find(w->arena, j, "file:/b", &one,
	    &w->err), 0);
	assert_int_equal(journal_state_find(w->arena, j, "file:/a", &one,
	    &w->err), 1);
	assert_int_equal(one.act, 0);
	journal_close(j);
}

static void an_act_is_found_by_its_resource(void **state)
{
	struct ledger *w = *state;
	struct journal *j = ledger_open_as(w, JOURNAL_WRITE);
	struct journal_query q = { "file:/a", 2 };
	struct journal_acts acts;
	struct journal_act act;
	int64_t last;
	int i;

	for (i = 0; i < 3; i++) {
		ledger_begin(w, j);
		ledger_done(w, j, "file:/a", ledger_intend(w, j, "file:/a"));
		ledger_done(w, j, "file:/b", ledger_intend(w, j, "file:/b"));
		ledger_end(w, j);
	}
	ledger_begin(w, j);
	last = ledger_intend(w, j, "file:/a");
	assert_well(w, journal_acts_of(w->arena, j, &q, &acts, &w->err));
	assert_int_equal(acts.count, 2);
	assert_int_equal(acts.item[0].act, last);
	assert_null(acts.item[0].outcome);
	assert_int_equal(acts.item[1].run, 3);
	assert_string_equal(acts.item[1].outcome, "ok");
	assert_int_equal(journal_act_find(w->arena, j, acts.item[1].act, &act,
	    &w->err), 1);
	assert_string_equal(act.outcome, "ok");
	assert_int_equal(journal_act_find(w->arena, j, 1, &act, &w->err), 0);
	journal_close(j);
}

static void drift_is_found_by_run_and_by_resource(void **state)
{
	struct ledger *w = *state;
	struct journal *j = ledger_open_as(w, JOURNAL_WRITE);
	struct journal_query q = { "file:/a", 3 };
	struct journal_drift d = { .address = "file:/a",
		.class = "corrective", .summary = "{}" };
	struct journal_drifts found;
	int i;

	for (i = 0; i < 4; i++) {
		ledger_begin(w, j);
		assert_well(w, journal_drift(j, &d, 1, &w->err));
		ledger_end(w, j);
	}
	assert_well(w, journal_drifts_of(w->arena, j, &q, &found, &w->err));
	assert_int_equal(found.count, 3);
	assert_int_equal(found.item[0].run, 4);
	assert_well(w, journal_drifts(w->arena, j, 2, &found, &w->err));
	assert_int_equal(found.count, 1);
	assert_string_equal(found.item[0].class, "corrective");
	journal_close(j);
}

static void what_is_due_to_a_reboot_is_no_refresh(void **state)
{
	static const char *due[] = { "reboot:b1", "service:x" };
	struct ledger *w = *state;
	struct journal *j = ledger_open_as(w, JOURNAL_WRITE);
	struct journal_act act = { .address = "file:/a", .action = "update",
		.owes = { 2, due } };
	struct journal_refreshes found;

	ledger_begin(w, j);
	assert_well(w, journal_intend(j, &act, 1, &w->err));
	assert_well(w, journal_refresh_owe(j, "reboot:b1", "package:y",
	    &w->err));
	assert_well(w, journal_refresh_owe(j, "reboot:b0", "file:/a",
	    &w->err));
	/* it is as much owed after a crash */
	journal_close(j);
	j = ledger_open_as(w, JOURNAL_WRITE);
	assert_well(w, journal_refreshes(w->arena, j, &found, &w->err));
	assert_int_equal(found.count, 1);
	assert_string_equal(found.item[0].address, "service:x");
	assert_well(w, journal_reboots(w->arena, j, &found, &w->err));
	assert_int_equal(found.count, 3);
	assert_string_equal(found.item[0].because, "file:/a");
	assert_string_equal(found.item[1].because, "package:y");
	assert_int_equal(found.item[1].run, 1);
	ledger_begin(w, j);
	assert_well(w, journal_refresh_paid(j, "reboot:b1", "rebooted",
	    &w->err));
	assert_well(w, journal_reboots(w->arena, j, &found, &w->err));
	assert_int_equal(found.count, 1);
	assert_string_equal(found.item[0].address, "reboot:b0");
	ledger_end(w, j);
	journal_close(j);
}

/* --- files --- */

static void reading_where_there_is_nothing_makes_nothing(void **state)
{
	struct ledger *w = *state;
	struct journal *j = ledger_open_as(w, JOURNAL_READ);
	struct journal_states all;
	struct journal_runs runs;

	assert_well(w, journal_states(w->arena, j, &all, &w->err));
	assert_int_equal(all.count, 0);
	assert_null(journal_states_find(&all, "file:/a"));
	assert_well(w, journal_runs(w->arena, j, 0, &runs, &w->err));
	assert_int_equal(runs.count, 0);
	assert_well(w, journal_flush(j, &w->err));
	journal_close(j);
	assert_int_equal(rmdir(w->state), 0);
	j = ledger_open_as(w, JOURNAL_READ);
	journal_close(j);
	assert_int_equal(access(w->state, F_OK), -1);
}

static void a_copy_is_read_without_making_files(void **state)
{
	struct ledger *w = *state;
	struct journal *j = ledger_open_as(w, JOURNAL_WRITE);
	struct journal_states all;

	ledger_begin(w, j);
	ledger_done(w, j, "file:/a", 0);
	ledger_end(w, j);
	journal_close(j);
	assert_int_equal(unlink(ledger_file(w, "journal.db-wal")), 0);
	assert_int_equal(unlink(ledger_file(w, "journal.db-shm")), 0);
	j = ledger_open_as(w, JOURNAL_READ);
	assert_well(w, journal_states(w->arena, j, &all, &w->err));
	assert_int_equal(all.count, 1);
	journal_close(j);
	assert_int_equal(access(ledger_file(w, "journal.db-wal"), F_OK), -1);
	assert_int_equal(access(ledger_file(w, "journal.db-shm"), F_OK), -1);
}

static void only_the_owner_can_read_what_is_made(void **state)
{
	static const char *const names[] = { "journal.db", "journal.db-wal",
		"journal.db-shm", "key", NULL };
	struct ledger *w = *state;
	unsigned char key[32];
	struct journal *j;
	struct stat st;
	size_t i;

	rmdir(w->state);
	umask(0);
	j = ledger_open_as(w, JOURNAL_WRITE);
	memcpy(key, journal_key(j), 32);
	journal_close(j);
	umask(022);
	assert_int_equal(stat(w->state, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	for (i = 0; names[i]; i++) {
		assert_int_equal(stat(ledger_file(w, names[i]), &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
	j = ledger_open_as(w, JOURNAL_READ);
	assert_memory_equal(journal_key(j), key, 32);
	journal_close(j);
}

static void a_directory_that_others_can_write_is_refused(void **state)
{
	struct ledger *w = *state;
	struct journal *j;

	chmod(w->state, 0770);
	assert_int_equal(journal_open(w->arena, w->state, JOURNAL_WRITE, &j,
	    &w->err), -1);
	assert_said(w, "can be written by others (mode 0770)");
	assert_int_equal(journal_open(w->arena, w->state, JOURNAL_READ, &j,
	    &w->err), -1);
}

/* as damage, or another program, would */
static void a_newer_format_is_refused(void **state)
{
	struct ledger *w = *state;
	struct journal *j = ledger_open_as(w, JOURNAL_WRITE);
	int mode;

	journal_close(j);
	/* user_version: sqlite.org/fileformat.html, 1.3 */
	ledger_patch(w, 60, "\0\0\0\x63", 4);
	for (mode = JOURNAL_READ; mode <= JOURNAL_WRITE; mode++) {
		assert_int_equal(journal_open(w->arena, w->state,
		    (enum journal_mode)mode, &j, &w->err), -1);
		assert_said(w, "has format 99, and this plumb knows formats up to 1");
	}
}

static void another_program_s_database_is_refused(void **state)
{
	struct ledger *w = *state;
	struct journal *j = ledger_open_as(w, JOURNAL_WRITE);

	journal_close(j);
	ledger_patch(w, 68, "abcd", 4);
	assert_int_equal(journal_open(w->arena, w->state, JOURNAL_WRITE, &j,
	    &w->err), -1);
	assert_said(w, "is not a journal of plumb");
	ledger_patch(w, 0, "not a database at all", 21);
	assert_int_equal(journal_open(w->arena, w->state, JOURNAL_WRITE, &j,
	    &w->err), -1);
	assert_said(w, "file is not a database");
}

/* --- (1): announced before it returns; threads share syncs --- */

struct worker {
	struct ledger *world;
	struct journal *journal;
	struct arena *arena;
	int number;
	bool failed;
};

static void *announce_many(void *p)
{
	struct worker *w = p;
	struct err e = err_new(w->arena);
	struct journal_outcome o = { .outcome = "ok", .keep = STATE_LEFT,
		.desired = DIGITS };
	struct journal_act act = { .action = "create" };
	int i;

	for (i = 0; i < INTENTS && !w->failed; i++) {
		act.address = o.address = arena_printf(w->arena, "file:/%d/%d",
		    w->number, i);
		w->failed = journal_intend(w->journal, &act, 1, &e) != 0;
		o.act = act.act;
		w->failed |= journal_done(w->journal, &o, 1, &e) != 0;
	}
	return NULL;
}

static void threads_that_announce_together_share_syncs(void **state)
{
	struct ledger *w = *state;
	struct journal *j = ledger_open_as(w, JOURNAL_WRITE);
	struct worker workers[THREADS];
	pthread_t threads[THREADS];
	struct journal_acts acts;
	int64_t rows;
	size_t i;

	ledger_begin(w, j);
	for (i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ w, j, arena_open(), (int)i, 0 };
		pthread_create(&threads[i], NULL, announce_many, &workers[i]);
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_false(workers[i].failed);
		arena_close(workers[i].arena);
	}
	ledger_end(w, j);
	print_message("# %d acts, %lld syncs\n", THREADS * INTENTS,
	    (long long)journal_commits(j));
	assert_true(journal_commits(j) < THREADS * INTENTS / 2);
	assert_well(w, journal_verify(j, &rows, &w->err));
	assert_int_equal(rows, 2 * THREADS * INTENTS + 2);
	assert_well(w, journal_acts(w->arena, j, 1, &acts, &w->err));
	assert_int_equal(acts.count, THREADS * INTENTS);
	for (i = 0; i < acts.count; i++)
		assert_string_equal(acts.item[i].outcome, "ok");
	journal_close(j);
}

/* --- (2) and (3) --- */

static void one_act_of_a_resource_is_open_at_a_time(void **state)
{
	struct ledger *w = *state;
	struct journal *j = ledger_open_as(w, JOURNAL_WRITE);
	struct journal_act twice[] = {
		{ .address = "file:/b", .action = "create" },
		{ .address = "file:/b", .action = "create" },
	};
	struct journal_outcome o = { .address = "file:/a", .outcome = "ok" };
	struct journal_acts acts;

	ledger_begin(w, j);
	o.act = ledger_intend(w, j, "file:/a");
	twice[1].address = "file:/a";
	assert_int_equal(journal_intend(j, twice, 2, &w->err), -1);
	assert_said(w, "file:/a has an act under way already");
	twice[1].address = "file:/b";
	assert_int_equal(journal_intend(j, twice, 2, &w->err), -1);
	assert_said(w, "file:/b has an act under way already");
	/* nothing of what was refused is there */
	assert_well(w, journal_open_acts(w->arena, j, &acts, &w->err));
	assert_int_equal(acts.count, 1);
	assert_well(w, journal_intend(j, twice, 1, &w->err));
	assert_well(w, journal_done(j, &o, 1, &w->err));
	assert_int_equal(journal_done(j, &o, 1, &w->err), -1);
	assert_said(w, "file:/a has no open act");
	journal_close(j);
}

static void what_was_left_open_is_listed_until_it_is_closed(void **state)
{
	struct ledger *w = *state;
	struct journal *j = ledger_open_as(w, JOURNAL_WRITE);
	struct journal_outcome o = { .address = "file:/a", .outcome = "ok" };
	struct journal_acts acts;
	int64_t a, b;

	ledger_begin(w, j);
	a = ledger_intend(w, j, "file:/a");
	b = ledger_intend(w, j, "file:/b");
	journal_close(j);
	/* several runs later */
	j = ledger_open_as(w, JOURNAL_WRITE);
	ledger_begin(w, j);
	ledger_end(w, j);
	ledger_begin(w, j);
	ledger_end(w, j);
	journal_close(j);
	j = ledger_open_as(w, JOURNAL_READ);
	assert_well(w, journal_open_acts(w->arena, j, &acts, &w->err));
	assert_int_equal(acts.count, 2);
	assert_int_equal(acts.item[0].act, a);
	assert_int_equal(acts.item[1].act, b);
	journal_close(j);

	j = ledger_open_as(w, JOURNAL_WRITE);
	ledger_begin(w, j);
	o.act = a;
	assert_well(w, journal_done(j, &o, 1, &w->err));
	/* a new act closes the one that was left open */
	ledger_done(w, j, "file:/b", ledger_intend(w, j, "file:/b"));
	assert_well(w, journal_open_acts(w->arena, j, &acts, &w->err));
	assert_int_equal(acts.count, 0);
	assert_well(w, journal_acts(w->arena, j, 1, &acts, &w->err));
	assert_string_equal(acts.item[0].outcome, "ok");
	assert_string_equal(acts.item[1].outcome, "superseded");
	journal_close(j);
}

/* the child of the kill test: says each act that was announced, and closed */

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_done_can_be_read_back),
		TEST(the_inventory_is_what_was_left_last),
		TEST(an_act_is_found_by_its_resource),
		TEST(drift_is_found_by_run_and_by_resource),
		TEST(what_is_due_to_a_reboot_is_no_refresh),
		TEST(reading_where_there_is_nothing_makes_nothing),
		TEST(a_copy_is_read_without_making_files),
		TEST(only_the_owner_can_read_what_is_made),
		TEST(a_directory_that_others_can_write_is_refused),
		TEST(a_newer_format_is_refused),
		TEST(another_program_s_database_is_refused),
		TEST(threads_that_announce_together_share_syncs),
		TEST(one_act_of_a_resource_is_open_at_a_time),
		TEST(what_was_left_open_is_listed_until_it_is_closed),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
