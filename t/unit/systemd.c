/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * systemd.c - units, asked of systemd.
 *
 * Most of it needs a host that nobody else uses: t/lab/units.t runs this
 * program in one, with PLUMB_LAB=1. Elsewhere only what holds everywhere is
 * tested.
 */
#include "../../resources/host/systemd.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE = 20000, THREADS = 12 };

struct fixture {
	struct arena *arena;
	struct err err;
	struct job job;
	struct systemd *systemd;
};

static struct fixture fixture(const char *root)
{
	struct fixture f = { .arena = arena_open() };

	f.err = err_new(f.arena);
	f.job = (struct job){ .arena = f.arena, .address = "service:test" };
	f.systemd = systemd_open(f.arena, root);
	return f;
}

static void fixture_close(struct fixture *f)
{
	systemd_close(f->systemd);
	arena_close(f->arena);
}

#define scoped_fixture __attribute__((cleanup(fixture_close))) struct fixture

static struct unit look(struct fixture *f, const char *name)
{
	struct unit u;

	f->job.err = &f->err;
	if (systemd_unit(&f->job, f->systemd, name, &u))
		fail_msg("%s", err_text(f->arena, &f->err, 0));
	return u;
}

static void act(struct fixture *f, enum unit_act what, const char *name)
{
	f->job.err = &f->err;
	if (systemd_unit_act(&f->job, f->systemd, what, name, PATIENCE))
		fail_msg("%s", err_text(f->arena, &f->err, 0));
}

/* the act fails within `timeout`, and the error says all of that */
static void refuses(struct fixture *f, enum unit_act what, const char *name,
    int64_t timeout, const char *words[])
{
	const char *text;

	f->job.err = &f->err;
	assert_int_equal(systemd_unit_act(&f->job, f->systemd, what, name,
	    timeout), -1);
	assert_int_equal(f->err.count, 1);
	text = err_text(f->arena, &f->err, 0);
	for (; *words; words++)
		if (!strstr(text, *words))
			fail_msg("no '%s' in: %s", *words, text);
	f->err = err_new(f->arena);
}
#define WORDS(...) ((const char *[]){ __VA_ARGS__, NULL })

/* a unit of that name which holds `text`, and systemd knows it */
static void unit_write(struct fixture *f, const char *name, const char *text)
{
	FILE *file = fopen(arena_printf(f->arena, "/etc/systemd/system/%s",
	    name), "we");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	act(f, UNIT_DAEMON_RELOAD, "");
}

/* --- everywhere --- */

static void a_tree_below_a_root_runs_no_systemd(void **state)
{
	scoped_fixture f = fixture("/srv/image");
	struct unit u;

	(void)state;
	assert_false(systemd_running(f.systemd));
	f.job.err = &f.err;
	assert_int_equal(systemd_unit(&f.job, f.systemd, "a.service", &u), -1);
	assert_string_equal(err_text(f.arena, &f.err, 0), "plumb: service:test:"
	    " this host does not run systemd, so a.service cannot be looked "
	    "at\n");
}

static void acting_without_systemd_says_so(void **state)
{
	scoped_fixture f = fixture("/srv/image");

	(void)state;
	refuses(&f, UNIT_START, "a.service", 1000,
	    WORDS("this host does not run systemd, so it cannot start a.serv"));
}

/* --- where there is a systemd to play with --- */

static void a_started_service_is_seen_running(void **state)
{
	scoped_fixture f = fixture("/");
	struct unit u;

	(void)state;
	unit_write(&f, "p-sleep.service",
	    "[Service]\nExecStart=sleep 1000\n");
	u = look(&f, "p-sleep.service");
	assert_string_equal(u.active, "inactive");
	assert_int_equal(u.active_since, 0);
	act(&f, UNIT_START, "p-sleep.service");
	u = look(&f, "p-sleep.service");
	assert_string_equal(u.load, "loaded");
	assert_string_equal(u.active, "active");
	assert_string_equal(u.sub, "running");
	assert_string_equal(u.result, "success");
	assert_string_equal(u.file_state, "static");
	assert_string_equal(u.fragment, "/etc/systemd/system/p-sleep.service");
	assert_false(u.can_reload);
	assert_false(u.needs_daemon_reload);
	assert_in_range(u.active_since / 1000000, time(NULL) - 60, time(NULL));
	act(&f, UNIT_STOP, "p-sleep.service");
	assert_string_equal(look(&f, "p-sleep.service").active, "inactive");
}

static void a_unit_that_nobody_wrote_is_not_found(void **state)
{
	scoped_fixture f = fixture("/");

	(void)state;
	assert_string_equal(look(&f, "p-none.service").load, "not-found");
	refuses(&f, UNIT_START, "p-none.service", PATIENCE,
	    WORDS("cannot start p-none.service: there is no such unit"));
	refuses(&f, UNIT_ENABLE, "p-none.service", PATIENCE,
	    WORDS("cannot enable p-none.service"));
}

static void enabling_survives_and_disabling_undoes_it(void **state)
{
	scoped_fixture f = fixture("/");

	(void)state;
	unit_write(&f, "p-on.service", "[Service]\nExecStart=sleep 1000\n"
	    "[Install]\nWantedBy=multi-user.target\n");
	assert_string_equal(look(&f, "p-on.service").file_state, "disabled");
	act(&f, UNIT_ENABLE, "p-on.service");
	assert_string_equal(look(&f, "p-on.service").file_state, "enabled");
	act(&f, UNIT_ENABLE, "p-on.service");
	assert_int_equal(access("/etc/systemd/system/multi-user.target.wants/"
	    "p-on.service", F_OK), 0);
	act(&f, UNIT_DISABLE, "p-on.service");
	assert_string_equal(look(&f, "p-on.service").file_state, "disabled");
	act(&f, UNIT_DISABLE, "p-on.service");
}

static void links_made_behind_systemds_back_are_seen(void **state)
{
	scoped_fixture f = fixture("/");
	const char *link = "/etc/systemd/system/multi-user.target.wants/"
	    "p-link.service";

	(void)state;
	unit_write(&f, "p-link.service", "[Service]\nExecStart=sleep 1000\n"
	    "[Install]\nWantedBy=multi-user.target\n");
	act(&f, UNIT_START, "p-link.service");
	assert_string_equal(look(&f, "p-link.service").file_state, "disabled");
	assert_int_equal(symlink("../p-link.service", link), 0);
	assert_string_equal(look(&f, "p-link.service").file_state, "enabled");
	assert_int_equal(unlink(link), 0);
	act(&f, UNIT_STOP, "p-link.service");
}

static void without_an_install_section_there_is_nothing_to_enable(void **state)
{
	scoped_fixture f = fixture("/");

	(void)state;
	unit_write(&f, "p-static.service", "[Service]\nExecStart=sleep 9\n");
	refuses(&f, UNIT_ENABLE, "p-static.service", PATIENCE,
	    WORDS("has no [Install] section"));
}

static void a_masked_service_does_not_start(void **state)
{
	scoped_fixture f = fixture("/");

	(void)state;
	act(&f, UNIT_MASK, "p-masked.service");
	assert_string_equal(look(&f, "p-masked.service").load, "masked");
	assert_string_equal(look(&f, "p-masked.service").file_state, "masked");
	refuses(&f, UNIT_START, "p-masked.service", PATIENCE,
	    WORDS("it is masked; 'masked: false' would allow it"));
	act(&f, UNIT_UNMASK, "p-masked.service");
	assert_string_equal(look(&f, "p-masked.service").load, "not-found");
}

static void a_failure_quotes_the_journal(void **state)
{
	scoped_fixture f = fixture("/");

	(void)state;
	unit_write(&f, "p-fails.service", "[Service]\nType=oneshot\n"
	    "ExecStart=sh -c 'printf \"no \\\\033[31mport\\\\n\" >&2; "
	    "sleep .1; exit 3'\n");
	refuses(&f, UNIT_START, "p-fails.service", PATIENCE,
	    WORDS("cannot start p-fails.service: it failed; it is failed, "
	    "its result is exit-code; its journal ends:",
	    "\n        no \\x1b[31mport\n"));
}

static void one_that_ends_at_once_and_comes_back_is_a_failure(void **state)
{
	scoped_fixture f = fixture("/");

	(void)state;
	unit_write(&f, "p-again.service", "[Unit]\nStartLimitBurst=100\n"
	    "[Service]\nType=notify\nExecStart=false\nRestart=always\n"
	    "RestartSec=30\n");
	refuses(&f, UNIT_START, "p-again.service", PATIENCE,
	    WORDS("cannot start p-again.service: "));
	act(&f, UNIT_STOP, "p-again.service");
}

static void one_that_fails_a_moment_later_is_noticed(void **state)
{
	scoped_fixture f = fixture("/");

	(void)state;
	unit_write(&f, "p-soon.service", "[Service]\nExecStart=sh -c "
	    "'echo the port is taken; sleep .1; exit 1'\n");
	refuses(&f, UNIT_START, "p-soon.service", PATIENCE,
	    WORDS("cannot start p-soon.service: it failed",
	    "the port is taken"));
}

static void one_that_is_skipped_is_not_running(void **state)
{
	scoped_fixture f = fixture("/");

	(void)state;
	unit_write(&f, "p-skip.service", "[Unit]\n"
	    "ConditionPathExists=/p-nowhere\n[Service]\nExecStart=sleep 9\n");
	refuses(&f, UNIT_START, "p-skip.service", PATIENCE,
	    WORDS("cannot start p-skip.service: it ended at once, or a "
	    "condition in its unit file does not hold; it is inactive",
	    "ConditionPathExists=/p-nowhere"));
}

static void a_mistake_in_a_unit_file_is_said(void **state)
{
	scoped_fixture f = fixture("/");

	(void)state;
	unit_write(&f, "p-bad.service", "[Service]\nType=simple\n");
	assert_string_equal(look(&f, "p-bad.service").load, "bad-setting");
	refuses(&f, UNIT_START, "p-bad.service", PATIENCE,
	    WORDS("its unit file has a mistake"));
}

static void waiting_has_an_end(void **state)
{
	scoped_fixture f = fixture("/");

	(void)state;
	unit_write(&f, "p-slow.service", "[Service]\nType=oneshot\n"
	    "ExecStart=sh -c 'echo warming up; sleep 1000'\n");
	refuses(&f, UNIT_START, "p-slow.service", 500,
	    WORDS("cannot start p-slow.service: it did not happen in time; it "
	    "is activating (start)", "warming up"));
	act(&f, UNIT_STOP, "p-slow.service");
}

static void a_wait_ends_when_asked_to_stop(void **state)
{
	scoped_fixture f = fixture("/");
	atomic_bool stop = true;

	(void)state;
	f.job.stop = &stop;
	refuses(&f, UNIT_START, "p-slow.service", PATIENCE,
	    WORDS("cannot start p-slow.service: interrupted"));
	f.job.stop = NULL;
	act(&f, UNIT_STOP, "p-slow.service");
}

static void a_reload_reaches_the_service(void **state)
{
	scoped_fixture f = fixture("/");

	(void)state;
	unlink("/run/p-reloaded");
	unit_write(&f, "p-reload.service", "[Service]\nExecStart=sleep 1000\n"
	    "ExecReload=touch /run/p-reloaded\n");
	act(&f, UNIT_START, "p-reload.service");
	assert_true(look(&f, "p-reload.service").can_reload);
	act(&f, UNIT_RELOAD, "p-reload.service");
	assert_int_equal(access("/run/p-reloaded", F_OK), 0);
	act(&f, UNIT_STOP, "p-reload.service");
}

static void a_changed_file_asks_for_a_daemon_reload(void **state)
{
	scoped_fixture f = fixture("/");

	(void)state;
	unit_write(&f, "p-stale.service", "[Service]\nExecStart=sleep 1000\n");
	act(&f, UNIT_START, "p-stale.service");
	assert_int_equal(truncate("/etc/systemd/system/p-stale.service", 9), 0);
	assert_true(look(&f, "p-stale.service").needs_daemon_reload);
	act(&f, UNIT_DAEMON_RELOAD, "");
	assert_false(look(&f, "p-stale.service").needs_daemon_reload);
	act(&f, UNIT_STOP, "p-stale.service");
}

static void *start_one(void *name)
{
	scoped_fixture f = fixture("/");

	f.job.err = &f.err;
	if (systemd_unit_act(&f.job, f.systemd, UNIT_START, name, PATIENCE))
		return (void *)1;
	return NULL;
}

static void services_start_side_by_side(void **state)
{
	scoped_fixture f = fixture("/");
	pthread_t threads[THREADS];
	time_t began = time(NULL);
	void *failed;
	int i;

	(void)state;
	unit_write(&f, "p-many@.service", "[Service]\nType=oneshot\n"
	    "RemainAfterExit=yes\nExecStart=sleep 1\n");
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, start_one,
		    arena_printf(f.arena, "p-many@%d.service", i));
	/* meanwhile others can be looked at, and systemd may read its files */
	for (i = 0; i < THREADS; i++)
		act(&f, UNIT_DAEMON_RELOAD, "");
	assert_string_equal(look(&f, "p-none.service").load, "not-found");
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	assert_true(time(NULL) - began < THREADS);
	for (i = 0; i < THREADS; i++)
		assert_string_equal(look(&f, arena_printf(f.arena,
		    "p-many@%d.service", i)).sub, "exited");
}

static void short_jobs_are_never_missed(void **state)
{
	scoped_fixture f = fixture("/");
	int i;

	(void)state;
	unit_write(&f, "p-true.service",
	    "[Service]\nType=oneshot\nExecStart=true\n");
	for (i = 0; i < 100; i++) {
		act(&f, UNIT_START, "p-true.service");
		assert_string_equal(look(&f, "p-true.service").active,
		    "inactive");
	}
}

int main(void)
{
	const struct CMUnitTest everywhere[] = {
		cmocka_unit_test(a_tree_below_a_root_runs_no_systemd),
		cmocka_unit_test(acting_without_systemd_says_so),
	};
	const struct CMUnitTest systemd[] = {
		cmocka_unit_test(a_started_service_is_seen_running),
		cmocka_unit_test(a_unit_that_nobody_wrote_is_not_found),
		cmocka_unit_test(enabling_survives_and_disabling_undoes_it),
		cmocka_unit_test(links_made_behind_systemds_back_are_seen),
		cmocka_unit_test(
		    without_an_install_section_there_is_nothing_to_enable),
		cmocka_unit_test(a_masked_service_does_not_start),
		cmocka_unit_test(a_failure_quotes_the_journal),
		cmocka_unit_test(
		    one_that_ends_at_once_and_comes_back_is_a_failure),
		cmocka_unit_test(one_that_fails_a_moment_later_is_noticed),
		cmocka_unit_test(one_that_is_skipped_is_not_running),
		cmocka_unit_test(a_mistake_in_a_unit_file_is_said),
		cmocka_unit_test(waiting_has_an_end),
		cmocka_unit_test(a_wait_ends_when_asked_to_stop),
		cmocka_unit_test(a_reload_reaches_the_service),
		cmocka_unit_test(a_changed_file_asks_for_a_daemon_reload),
		cmocka_unit_test(services_start_side_by_side),
		cmocka_unit_test(short_jobs_are_never_missed),
	};

	if (getenv("PLUMB_LAB"))
		return cmocka_run_group_tests_name("systemd", systemd, NULL,
		    NULL);
	return cmocka_run_group_tests_name("systemd", everywhere, NULL, NULL);
}
