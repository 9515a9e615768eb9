/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal.c - what the head of reconciler/journal.c promises, by number.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../reconciler/journal.h"

enum { KILLS = 100, FLIPS = 200, THREADS = 8, INTENTS = 500 };

struct world {
	struct arena *arena;
	struct err err;
	char state[64];
};

static int setup(void **state)
{
	struct arena *a = arena_open();
	struct world *w = arena_new(a, struct world);

	w->arena = a;
	w->err = err_new(a);
	strcpy(w->state, "/tmp/plumb-journal-XXXXXX");
	assert_non_null(mkdtemp(w->state));
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = { "journal.db", "journal.db-wal",
		"journal.db-shm", "journal.db-journal", "key", NULL };
	struct world *w = *state;
	size_t i;

	for (i = 0; names[i]; i++)
		unlink(arena_printf(w->arena, "%s/%s", w->state, names[i]));
	rmdir(w->state);
	arena_close(w->arena);
	return 0;
}

static const char *file(struct world *w, const char *name)
{
	return arena_printf(w->arena, "%s/%s", w->state, name);
}

static const char *said(struct world *w)
{
	const char *text = err_text(w->arena, &w->err, 0);

	w->err = err_new(w->arena);
	return text;
}

#define assert_well(w, call)                                                   \
	do {                                                                   \
		if ((call) < 0)                                                \
			fail_msg("%s: %s", #call, said(w));                    \
	} while (0)
#define assert_said(w, part)                                                   \
	do {                                                                   \
		const char *text_ = said(w);                                   \
		if (!strstr(text_, (part)))                                    \
			fail_msg("'%s' is not in '%s'", (part), text_);        \
	} while (0)

static struct journal *open_as(struct world *w, enum journal_mode mode)
{
	struct journal *j = NULL;

	assert_well(w, journal_open(w->arena, w->state, mode, &j, &w->err));
	return j;
}

static int64_t begin(struct world *w, struct journal *j)
{
	struct journal_run run = { .site = "/srv/site", .revision = "4f1c",
		.command = "apply", .user = "anna", .host = "fe1" };
	int64_t number;

	assert_well(w, journal_run_begin(j, &run, &number, &w->err));
	return number;
}

static void end(struct world *w, struct journal *j)
{
	struct journal_counts counts = { .created = 1, .skipped = 7 };

	assert_well(w, journal_run_end(j, 4, &counts, &w->err));
}

static int64_t intend(struct world *w, struct journal *j, const char *address)
{
	struct journal_act act = { .address = address, .action = "create",
		.cause = "created", .desired = "{\"mode\": \"0644\"}" };

	assert_well(w, journal_intend(j, &act, 1, &w->err));
	return act.act;
}

static const char digits[] =
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

static void done(struct world *w, struct journal *j, const char *address,
    int64_t act)
{
	struct journal_outcome o = { .act = act, .address = address,
		.outcome = "ok", .after = "{\"mode\": \"0644\"}",
		.keep = STATE_LEFT, .desired = digits, .pos = "a.yaml:3",
		.protect = true };

	assert_well(w, journal_done(j, &o, 1, &w->err));
}

/* --- plain use --- */

static void what_was_done_can_be_read_back(void **state)
{
	static const char *items[] = { "aa11", "bb22" };
	struct world *w = *state;
	struct journal *j = open_as(w, JOURNAL_WRITE);
	struct journal_act act = { .address = "file:/a", .action = "update",
		.cause = "drift", .desired = "{}", .before = "{\"x\": 1}",
		.objects = { 2, items } };
	struct journal_outcome o = { .address = "file:/a", .outcome = "failed",
		.error = "no space" };
	struct journal_acts acts;
	struct journal_runs runs;

	assert_int_equal(begin(w, j), 1);
	assert_well(w, journal_intend(j, &act, 1, &w->err));
	o.act = act.act;
	assert_well(w, journal_done(j, &o, 1, &w->err));
	end(w, j);
	assert_int_equal(begin(w, j), 2);
	journal_close(j);

	j = open_as(w, JOURNAL_READ);
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
	struct world *w = *state;
	struct journal *j = open_as(w, JOURNAL_WRITE);
	struct journal_outcome gone = { .address = "file:/b",
		.outcome = "forgotten", .keep = STATE_FORGOTTEN };
	const struct journal_state *s;
	struct journal_states all;
	struct journal_state one;

	begin(w, j);
	done(w, j, "file:/c", intend(w, j, "file:/c"));
	done(w, j, "file:/b", intend(w, j, "file:/b"));
	done(w, j, "file:/a", 0);
	assert_well(w, journal_done(j, &gone, 1, &w->err));
	end(w, j);
	assert_well(w, journal_states(w->arena, j, &all, &w->err));
	assert_int_equal(all.count, 2);
	assert_string_equal(all.item[0].address, "file:/a");
	assert_string_equal(all.item[1].address, "file:/c");
	s = journal_states_find(&all, "file:/c");
	assert_ptr_equal(s, &all.item[1]);
	assert_true(s->protect && s->act > 0);
	assert_string_equal(s->site, "/srv/site");
	assert_string_equal(s->desired, digits);
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
	struct world *w = *state;
	struct journal *j = open_as(w, JOURNAL_WRITE);
	struct journal_query q = { "file:/a", 2 };
	struct journal_acts acts;
	struct journal_act act;
	int64_t last;
	int i;

	for (i = 0; i < 3; i++) {
		begin(w, j);
		done(w, j, "file:/a", intend(w, j, "file:/a"));
		done(w, j, "file:/b", intend(w, j, "file:/b"));
		end(w, j);
	}
	begin(w, j);
	last = intend(w, j, "file:/a");
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
	struct world *w = *state;
	struct journal *j = open_as(w, JOURNAL_WRITE);
	struct journal_query q = { "file:/a", 3 };
	struct journal_drift d = { .address = "file:/a",
		.class = "corrective", .summary = "{}" };
	struct journal_drifts found;
	int i;

	for (i = 0; i < 4; i++) {
		begin(w, j);
		assert_well(w, journal_drift(j, &d, 1, &w->err));
		end(w, j);
	}
	assert_well(w, journal_drifts_of(w->arena, j, &q, &found, &w->err));
	assert_int_equal(found.count, 3);
	assert_int_equal(found.item[0].run, 4);
	assert_well(w, journal_drifts(w->arena, j, 2, &found, &w->err));
	assert_int_equal(found.count, 1);
	assert_string_equal(found.item[0].class, "corrective");
	journal_close(j);
}

/* --- files --- */

static void reading_where_there_is_nothing_makes_nothing(void **state)
{
	struct world *w = *state;
	struct journal *j = open_as(w, JOURNAL_READ);
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
	j = open_as(w, JOURNAL_READ);
	journal_close(j);
	assert_int_equal(access(w->state, F_OK), -1);
}

static void a_copy_is_read_without_making_files(void **state)
{
	struct world *w = *state;
	struct journal *j = open_as(w, JOURNAL_WRITE);
	struct journal_states all;

	begin(w, j);
	done(w, j, "file:/a", 0);
	end(w, j);
	journal_close(j);
	assert_int_equal(unlink(file(w, "journal.db-wal")), 0);
	assert_int_equal(unlink(file(w, "journal.db-shm")), 0);
	j = open_as(w, JOURNAL_READ);
	assert_well(w, journal_states(w->arena, j, &all, &w->err));
	assert_int_equal(all.count, 1);
	journal_close(j);
	assert_int_equal(access(file(w, "journal.db-wal"), F_OK), -1);
	assert_int_equal(access(file(w, "journal.db-shm"), F_OK), -1);
}

static void only_the_owner_can_read_what_is_made(void **state)
{
	static const char *const names[] = { "journal.db", "journal.db-wal",
		"journal.db-shm", "key", NULL };
	struct world *w = *state;
	unsigned char key[32];
	struct journal *j;
	struct stat st;
	size_t i;

	rmdir(w->state);
	umask(0);
	j = open_as(w, JOURNAL_WRITE);
	memcpy(key, journal_key(j), 32);
	journal_close(j);
	umask(022);
	assert_int_equal(stat(w->state, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	for (i = 0; names[i]; i++) {
		assert_int_equal(stat(file(w, names[i]), &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
	j = open_as(w, JOURNAL_READ);
	assert_memory_equal(journal_key(j), key, 32);
	journal_close(j);
}

static void a_directory_that_others_can_write_is_refused(void **state)
{
	struct world *w = *state;
	struct journal *j;

	chmod(w->state, 0770);
	assert_int_equal(journal_open(w->arena, w->state, JOURNAL_WRITE, &j,
	    &w->err), -1);
	assert_said(w, "can be written by others (mode 0770)");
	assert_int_equal(journal_open(w->arena, w->state, JOURNAL_READ, &j,
	    &w->err), -1);
}

/* as damage, or another program, would */
static void patch(struct world *w, off_t at, const void *data, size_t size)
{
	int fd = open(file(w, "journal.db"), O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, size, at), size);
	close(fd);
}

static void a_newer_format_is_refused(void **state)
{
	struct world *w = *state;
	struct journal *j = open_as(w, JOURNAL_WRITE);
	int mode;

	journal_close(j);
	/* user_version: sqlite.org/fileformat.html, 1.3 */
	patch(w, 60, "\0\0\0\x63", 4);
	for (mode = JOURNAL_READ; mode <= JOURNAL_WRITE; mode++) {
		assert_int_equal(journal_open(w->arena, w->state,
		    (enum journal_mode)mode, &j, &w->err), -1);
		assert_said(w, "has format 99, and this plumb knows formats up to 1");
	}
}

static void another_program_s_database_is_refused(void **state)
{
	struct world *w = *state;
	struct journal *j = open_as(w, JOURNAL_WRITE);

	journal_close(j);
	patch(w, 68, "abcd", 4);
	assert_int_equal(journal_open(w->arena, w->state, JOURNAL_WRITE, &j,
	    &w->err), -1);
	assert_said(w, "is not a journal of plumb");
	patch(w, 0, "not a database at all", 21);
	assert_int_equal(journal_open(w->arena, w->state, JOURNAL_WRITE, &j,
	    &w->err), -1);
	assert_said(w, "file is not a database");
}

/* --- (1): announced before it returns; threads share syncs --- */

struct worker {
	struct world *world;
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
		.desired = digits };
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
	struct world *w = *state;
	struct journal *j = open_as(w, JOURNAL_WRITE);
	struct worker workers[THREADS];
	pthread_t threads[THREADS];
	struct journal_acts acts;
	int64_t rows;
	size_t i;

	begin(w, j);
	for (i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ w, j, arena_open(), (int)i, 0 };
		pthread_create(&threads[i], NULL, announce_many, &workers[i]);
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_false(workers[i].failed);
		arena_close(workers[i].arena);
	}
	end(w, j);
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
	struct world *w = *state;
	struct journal *j = open_as(w, JOURNAL_WRITE);
	struct journal_act twice[] = {
		{ .address = "file:/b", .action = "create" },
		{ .address = "file:/b", .action = "create" },
	};
	struct journal_outcome o = { .address = "file:/a", .outcome = "ok" };
	struct journal_acts acts;

	begin(w, j);
	o.act = intend(w, j, "file:/a");
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
	struct world *w = *state;
	struct journal *j = open_as(w, JOURNAL_WRITE);
	struct journal_outcome o = { .address = "file:/a", .outcome = "ok" };
	struct journal_acts acts;
	int64_t a, b;

	begin(w, j);
	a = intend(w, j, "file:/a");
	b = intend(w, j, "file:/b");
	journal_close(j);
	/* several runs later */
	j = open_as(w, JOURNAL_WRITE);
	begin(w, j);
	end(w, j);
	begin(w, j);
	end(w, j);
	journal_close(j);
	j = open_as(w, JOURNAL_READ);
	assert_well(w, journal_open_acts(w->arena, j, &acts, &w->err));
	assert_int_equal(acts.count, 2);
	assert_int_equal(acts.item[0].act, a);
	assert_int_equal(acts.item[1].act, b);
	journal_close(j);

	j = open_as(w, JOURNAL_WRITE);
	begin(w, j);
	o.act = a;
	assert_well(w, journal_done(j, &o, 1, &w->err));
	/* a new act closes the one that was left open */
	done(w, j, "file:/b", intend(w, j, "file:/b"));
	assert_well(w, journal_open_acts(w->arena, j, &acts, &w->err));
	assert_int_equal(acts.count, 0);
	assert_well(w, journal_acts(w->arena, j, 1, &acts, &w->err));
	assert_string_equal(acts.item[0].outcome, "ok");
	assert_string_equal(acts.item[1].outcome, "superseded");
	journal_close(j);
}

/* the child of the kill test: says each act that was announced, and closed */
static void append_until_killed(struct world *w, int out)
{
	struct journal_outcome o = { .outcome = "ok", .keep = STATE_LEFT,
		.desired = digits };
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
static size_t kill_while_appending(struct world *w, useconds_t after,
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
	struct world *w = *state;
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
		j = open_as(w, JOURNAL_WRITE);
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

static void fill(struct world *w, struct journal *j)
{
	struct journal_drift d = { .address = "file:/3", .class = "unknown" };
	const char *address;
	int run, i;

	for (run = 0; run < 3; run++) {
		begin(w, j);
		for (i = 0; i < 200; i++) {
			address = arena_printf(w->arena, "file:/%d", i);
			done(w, j, address, intend(w, j, address));
		}
		assert_well(w, journal_refresh_owe(j, "service:a", "file:/1",
		    &w->err));
		assert_well(w, journal_drift(j, &d, 1, &w->err));
		intend(w, j, "file:/open");
		end(w, j);
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

static char *slurp(struct world *w, size_t *size)
{
	int fd = open(file(w, "journal.db"), O_RDONLY | O_CLOEXEC);
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

static void try_flip(struct world *w, const char *right, struct flips *f)
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
	struct world *w = *state;
	struct journal *j = open_as(w, JOURNAL_WRITE);
	struct flips f = { 0 };
	const char *right;
	size_t size, at;
	char *data, byte;
	int i;

	fill(w, j);
	right = everything(w->arena, j, &w->err);
	assert_non_null(right);
	journal_close(j);
	unlink(file(w, "journal.db-wal"));
	unlink(file(w, "journal.db-shm"));
	data = slurp(w, &size);
	srandom(7);
	for (i = 0; i < FLIPS; i++) {
		at = (size_t)random() % size;
		byte = (char)(data[at] ^ 1 << random() % 8);
		patch(w, (off_t)at, &byte, 1);
		try_flip(w, right, &f);
		unlink(file(w, "journal.db-wal"));
		unlink(file(w, "journal.db-shm"));
		patch(w, 0, data, size);
	}
	print_message("# of %d: %d refused, %d found by verify (%d read wrong), %d in unused bytes\n",
	    FLIPS, f.refused, f.found, f.wrong, f.harmless);
	assert_true(f.refused > f.found);
	try_flip(w, right, &f);
}

static void a_row_that_is_lost_is_missed(void **state)
{
	struct world *w = *state;
	struct journal *j = open_as(w, JOURNAL_WRITE);
	const char *command;
	int64_t rows;

	fill(w, j);
	journal_close(j);
	command = arena_printf(w->arena,
	    "sqlite3 %s 'DELETE FROM act WHERE number = 4; DELETE FROM closed WHERE act = 4'",
	    file(w, "journal.db"));
	assert_int_equal(system(command), 0);
	/* it is before the last run: opening need not see it */
	j = open_as(w, JOURNAL_READ);
	assert_int_equal(journal_verify(j, &rows, &w->err), -1);
	assert_said(w, "is damaged: a row is missing (at row 4)");
	journal_close(j);
}

/* --- (7) --- */

static void a_refresh_is_owed_until_it_is_paid(void **state)
{
	static const char *items[] = { "service:a", "service:b" };
	struct world *w = *state;
	struct journal *j = open_as(w, JOURNAL_WRITE);
	struct journal_act act = { .address = "file:/a", .action = "update",
		.owes = { 2, items } };
	struct journal_outcome o = { .address = "service:b", .outcome = "ok",
		.paid = "restarted" };
	struct journal_refreshes owed;

	begin(w, j);
	assert_well(w, journal_intend(j, &act, 1, &w->err));
	journal_close(j); /* killed here */

	j = open_as(w, JOURNAL_WRITE);
	begin(w, j);
	end(w, j);
	begin(w, j);
	assert_well(w, journal_refreshes(w->arena, j, &owed, &w->err));
	assert_int_equal(owed.count, 2);
	assert_string_equal(owed.item[0].address, "service:a");
	assert_string_equal(owed.item[0].because, "file:/a");
	assert_int_equal(owed.item[0].act, act.act);
	assert_int_equal(owed.item[0].run, 1);
	assert_well(w, journal_refresh_paid(j, "service:a", "not needed",
	    &w->err));
	o.act = intend(w, j, "service:b");
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
	struct world *w = *state;
	struct journal *j = open_as(w, JOURNAL_WRITE);
	struct journal_act act = { .address = "file:/a", .action = "create" };

	begin(w, j);
	assert_int_equal(system(arena_printf(w->arena,
	    "sqlite3 %s 'DELETE FROM run'", file(w, "journal.db"))), 0);
	assert_int_equal(journal_intend(j, &act, 1, &w->err), -1);
	assert_said(w, "another program wrote into it during this run");
	assert_int_equal(journal_intend(j, &act, 1, &w->err), -1);
	assert_said(w, "another program wrote into it during this run");
	journal_close(j);
}

static int fill_disk(struct world *w)
{
	static char block[4096];
	int fd = open(file(w, "filler"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	while (write(fd, block, sizeof(block)) > 0)
		;
	return fd;
}

static void a_full_disk_is_said_and_can_be_gone_on_from(void **state)
{
	struct world *w = *state;
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
	j = open_as(w, JOURNAL_WRITE);
	begin(w, j);
	first = intend(w, j, "file:/a");
	close(fill_disk(w));
	for (i = 0; i < 500 && !failed; i++) {
		act.address = arena_printf(w->arena, "file:/full/%d", i);
		failed = journal_intend(j, &act, 1, &w->err);
	}
	assert_int_equal(failed, -1);
	assert_said(w, "the disk is full");
	/* it can be closed, though not written */
	done(w, j, "file:/a", first);
	assert_int_equal(journal_flush(j, &w->err), -1);
	assert_said(w, "the disk is full");
	assert_int_equal(unlink(file(w, "filler")), 0);
	/* the same one again, and what waited goes with it */
	assert_well(w, journal_intend(j, &act, 1, &w->err));
	assert_well(w, journal_open_acts(w->arena, j, &open, &w->err));
	assert_int_equal(open.count, (size_t)i);
	assert_string_equal(open.item[0].address, "file:/full/0");
	end(w, j);
	assert_well(w, journal_verify(j, NULL, &w->err));
	journal_close(j);
	assert_int_equal(umount(w->state), 0);
}

static void what_cannot_be_written_can_be_read(void **state)
{
	struct world *w = *state;
	struct journal *j = open_as(w, JOURNAL_WRITE);
	struct journal_states all;

	begin(w, j);
	done(w, j, "file:/a", 0);
	end(w, j);
	journal_close(j);
	assert_int_equal(mount(w->state, w->state, NULL, MS_BIND, NULL), 0);
	assert_int_equal(mount("none", w->state, NULL,
	    MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), 0);
	j = open_as(w, JOURNAL_READ);
	assert_well(w, journal_states(w->arena, j, &all, &w->err));
	assert_int_equal(all.count, 1);
	journal_close(j);
	assert_int_equal(journal_open(w->arena, w->state, JOURNAL_WRITE, &j,
	    &w->err), -1);
	assert_said(w, "file system is read-only");
	assert_int_equal(umount(w->state), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_done_can_be_read_back),
		TEST(the_inventory_is_what_was_left_last),
		TEST(an_act_is_found_by_its_resource),
		TEST(drift_is_found_by_run_and_by_resource),
		TEST(reading_where_there_is_nothing_makes_nothing),
		TEST(a_copy_is_read_without_making_files),
		TEST(only_the_owner_can_read_what_is_made),
		TEST(a_directory_that_others_can_write_is_refused),
		TEST(a_newer_format_is_refused),
		TEST(another_program_s_database_is_refused),
		TEST(threads_that_announce_together_share_syncs),
		TEST(one_act_of_a_resource_is_open_at_a_time),
		TEST(what_was_left_open_is_listed_until_it_is_closed),
		TEST(whatever_kills_it_no_announced_act_is_lost),
		TEST(a_flipped_bit_is_never_believed),
		TEST(a_row_that_is_lost_is_missed),
		TEST(a_refresh_is_owed_until_it_is_paid),
		TEST(what_another_program_wrote_stops_the_run),
		/* these two in a mount namespace of their own */
		TEST(a_full_disk_is_said_and_can_be_gone_on_from),
		TEST(what_cannot_be_written_can_be_read),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
