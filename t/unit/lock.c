/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lock.c - one run at a time, whoever dies.
 */
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../reconciler/lock.h"

extern char **environ;

struct world {
	struct arena *arena;
	struct err err;
	char state[64];
	struct lock_try try;
};

static struct lock_try try_for(const char *state, int64_t timeout)
{
	return (struct lock_try){ state, timeout,
		{ .user = "anna", .host = "fe1", .command = "plumb apply\nx" } };
}

static int setup(void **state)
{
	struct arena *a = arena_open();
	struct world *w = arena_new(a, struct world);

	w->arena = a;
	w->err = err_new(a);
	strcpy(w->state, "/tmp/plumb-lock-XXXXXX");
	assert_non_null(mkdtemp(w->state));
	w->try = try_for(w->state, 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	unlink(arena_printf(w->arena, "%s/lock", w->state));
	rmdir(w->state);
	arena_close(w->arena);
	return 0;
}

static int64_t milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* a child that has the lock when this returns, for `hold` ms or until killed */
static pid_t holder_start(struct world *w, int64_t hold)
{
	struct lock_try t = try_for(w->state, 0);
	struct lock *lock;
	int ends[2];
	char c;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (!child) {
		close(ends[0]);
		if (lock_take(w->arena, &t, &lock, &w->err) ||
		    write(ends[1], "x", 1) != 1)
			_exit(1);
		usleep((useconds_t)hold * 1000);
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &c, 1), 1);
	close(ends[0]);
	return child;
}

static void child_end(pid_t child)
{
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void a_free_lock_is_taken_and_freed(void **state)
{
	struct world *w = *state;
	struct lock_holder holder;
	struct lock *lock = NULL;
	struct stat st;
	int i;

	rmdir(w->state);
	for (i = 0; i < 2; i++) {
		assert_int_equal(lock_take(w->arena, &w->try, &lock, &w->err),
		    0);
		assert_int_equal(w->try.self.pid, getpid());
		assert_int_equal(lock_look(w->arena, w->state, &holder,
		    &w->err), 1);
		assert_int_equal(holder.pid, getpid());
		lock_release(lock);
		assert_int_equal(lock_look(w->arena, w->state, &holder,
		    &w->err), 0);
	}
	assert_int_equal(stat(arena_printf(w->arena, "%s/lock", w->state), &st),
	    0);
	assert_int_equal(st.st_mode & 0777, 0600);
	lock_release(NULL);
}

static void who_holds_it_is_told(void **state)
{
	struct world *w = *state;
	pid_t child = holder_start(w, 60000);
	struct lock *lock = NULL;

	assert_int_equal(lock_take(w->arena, &w->try, &lock, &w->err), 1);
	assert_null(lock);
	assert_int_equal(w->try.self.pid, child);
	assert_true(w->try.self.since > 0);
	assert_string_equal(w->try.self.user, "anna");
	assert_string_equal(w->try.self.host, "fe1");
	assert_string_equal(w->try.self.command, "plumb apply x");
	assert_int_equal(w->err.count, 0);
	child_end(child);
}

static void the_wait_is_as_long_as_asked(void **state)
{
	struct world *w = *state;
	pid_t child = holder_start(w, 60000);
	struct lock *lock = NULL;
	int64_t began = milliseconds(), took;

	w->try.timeout = 150;
	assert_int_equal(lock_take(w->arena, &w->try, &lock, &w->err), 1);
	took = milliseconds() - began;
	assert_true(took >= 150 && took < 5000);
	child_end(child);
}

static void who_waits_gets_it_when_it_is_freed(void **state)
{
	struct world *w = *state;
	pid_t child = holder_start(w, 100);
	struct lock *lock = NULL;

	w->try.timeout = 30000;
	assert_int_equal(lock_take(w->arena, &w->try, &lock, &w->err), 0);
	lock_release(lock);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void a_killed_holder_frees_it_at_once(void **state)
{
	struct world *w = *state;
	struct lock_holder holder;
	struct lock *lock = NULL;
	int i;

	for (i = 0; i < 20; i++) {
		child_end(holder_start(w, 60000));
		assert_int_equal(lock_look(w->arena, w->state, &holder,
		    &w->err), 0);
		assert_int_equal(lock_take(w->arena, &w->try, &lock, &w->err),
		    0);
		lock_release(lock);
	}
}

static void what_is_started_meanwhile_does_not_keep_it(void **state)
{
	static const char *const argv[] = { "sleep", "60", NULL };
	struct world *w = *state;
	struct lock *lock = NULL;
	pid_t child;

	assert_int_equal(lock_take(w->arena, &w->try, &lock, &w->err), 0);
	assert_int_equal(posix_spawnp(&child, "sleep", NULL, NULL,
	    (char *const *)(uintptr_t)argv, environ), 0);
	lock_release(lock);
	assert_int_equal(lock_take(w->arena, &w->try, &lock, &w->err), 0);
	lock_release(lock);
	child_end(child);
}

static void only_one_of_two_gets_it(void **state)
{
	struct world *w = *state;
	struct lock *first = NULL, *second = NULL;
	struct lock_try again = w->try;

	/* even in one process: it belongs to the open file */
	assert_int_equal(lock_take(w->arena, &w->try, &first, &w->err), 0);
	assert_int_equal(lock_take(w->arena, &again, &second, &w->err), 1);
	lock_release(first);
}

static void a_directory_that_others_can_write_is_refused(void **state)
{
	struct world *w = *state;
	struct lock *lock = NULL;

	chmod(w->state, 0777);
	assert_int_equal(lock_take(w->arena, &w->try, &lock, &w->err), -1);
	assert_non_null(strstr(err_text(w->arena, &w->err, 0),
	    "can be written by others"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_free_lock_is_taken_and_freed),
		TEST(who_holds_it_is_told),
		TEST(the_wait_is_as_long_as_asked),
		TEST(who_waits_gets_it_when_it_is_freed),
		TEST(a_killed_holder_frees_it_at_once),
		TEST(what_is_started_meanwhile_does_not_keep_it),
		TEST(only_one_of_two_gets_it),
		TEST(a_directory_that_others_can_write_is_refused),
	};

	return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
