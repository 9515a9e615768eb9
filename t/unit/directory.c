/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * directory.c - directories and links, below a directory of the test's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* after those that it needs */
#include <cmocka.h>

#include "../trial.h"

extern const struct kind kind_directory, kind_link;

static void shell(struct trial *t, const char *commands)
{
	assert_int_equal(system(arena_printf(t->arena, "cd %s && { %s; }",
	    t->folder, commands)), 0);
}

static void a_directory_is_made_as_asked(void **state)
{
	scoped_trial t;
	struct stat st;

	(void)state;
	trial_open(&t, &kind_directory, true);
	assert_null(trial_want(&t, "/srv", "{ mode: 2750 }"));
	assert_int_equal(trial_observe(&t), 0);
	assert_int_equal(trial_apply(&t), 0);
	assert_int_equal(trial_observe(&t), 1);
	assert_string_equal(trial_differ(&t), "");
	assert_int_equal(stat(trial_path(&t, "srv"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 02750);
	shell(&t, "chmod 0700 srv");
	assert_int_equal(trial_observe(&t), 1);
	assert_string_equal(trial_differ(&t), "mode");
	assert_int_equal(trial_apply(&t), 0);
	assert_int_equal(trial_remove(&t), 0);
	assert_int_equal(trial_observe(&t), 0);
}

static void what_is_not_given_is_left_alone(void **state)
{
	scoped_trial t;

	(void)state;
	trial_open(&t, &kind_directory, true);
	shell(&t, "mkdir -m 1777 tmp");
	assert_null(trial_want(&t, "/tmp", "{}"));
	assert_int_equal(trial_observe(&t), 1);
	assert_string_equal(trial_differ(&t), "");
}

static void a_file_in_its_place_is_not_touched(void **state)
{
	scoped_trial t;

	(void)state;
	trial_open(&t, &kind_directory, true);
	shell(&t, "echo x >srv && ln -s etc way");
	assert_null(trial_want(&t, "/srv", "{}"));
	assert_int_equal(trial_observe(&t), -1);
	assert_string_equal(trial_said(&t),
	    "it: '/srv' is a file, not a directory; remove it first");
	assert_null(trial_want(&t, "/way", "{}"));
	assert_int_equal(trial_observe(&t), -1);
	assert_string_equal(trial_said(&t),
	    "it: '/way' is a link, not a directory; remove it first");
}

static void an_exclusive_one_loses_what_nobody_declared(void **state)
{
	scoped_trial t;

	(void)state;
	trial_open(&t, &kind_directory, true);
	shell(&t, "mkdir -p srv/old/deep out && touch srv/old/deep/x srv/mine srv/a.local out/kept && ln -s ../out srv/way");
	t.declared = "/srv/mine";
	assert_null(trial_want(&t, "/srv", "{ exclusive: true, keep: ['*.local'] }"));
	assert_int_equal(trial_observe(&t), 1);
	assert_string_equal(trial_differ(&t), "exclusive");
	trial_foresee(&t);
	assert_string_equal(text_string(&t.notes),
	    "also removes: old, way\n");
	assert_int_equal(trial_apply(&t), 0);
	shell(&t, "test \"$(ls srv | tr '\\n' ' ')\" = 'a.local mine ' && test -e out/kept");
	assert_int_equal(trial_observe(&t), 1);
	assert_string_equal(trial_differ(&t), "");
}

static void nothing_is_removed_when_nobody_says_what_is_declared(void **state)
{
	scoped_trial t;

	(void)state;
	trial_open(&t, &kind_directory, true);
	shell(&t, "mkdir srv && touch srv/x");
	t.hooks.declared = NULL;
	assert_null(trial_want(&t, "/srv", "{ exclusive: true }"));
	assert_int_equal(trial_apply(&t), 0);
	shell(&t, "test -e srv/x");
}

static void a_recursive_one_owns_all_below_but_follows_no_link(void **state)
{
	scoped_trial t;
	struct stat st;

	(void)state;
	if (geteuid() != 0)
		return;
	trial_open(&t, &kind_directory, true);
	shell(&t, "mkdir -p srv/a/b out && touch srv/a/b/x out/y && ln -s ../../out srv/a/way");
	assert_null(trial_want(&t, "/srv", "{ owner: anna, group: '4300', recursive: true }"));
	assert_int_equal(trial_observe(&t), 1);
	assert_string_equal(trial_differ(&t), "owner group recursive");
	assert_int_equal(trial_apply(&t), 0);
	assert_int_equal(trial_observe(&t), 1);
	assert_string_equal(trial_differ(&t), "");
	assert_int_equal(stat(trial_path(&t, "srv/a/b/x"), &st), 0);
	assert_int_equal(st.st_uid, 4201);
	assert_int_equal(lstat(trial_path(&t, "srv/a/way"), &st), 0);
	assert_int_equal(st.st_gid, 4300);
	assert_int_equal(stat(trial_path(&t, "out/y"), &st), 0);
	assert_int_equal(st.st_uid, 0);
	shell(&t, "touch srv/new");
	assert_int_equal(trial_observe(&t), 1);
	assert_string_equal(trial_differ(&t), "recursive");
	trial_foresee(&t);
	assert_string_equal(text_string(&t.notes),
	    "also changes the owner of 1 below it\n");
}

static void a_full_one_is_removed_only_by_force(void **state)
{
	scoped_trial t;

	(void)state;
	trial_open(&t, &kind_directory, true);
	shell(&t, "mkdir -p srv/a/b out && touch srv/x out/kept && ln -s ../out srv/way");
	assert_null(trial_want(&t, "/srv", "{}"));
	assert_int_equal(trial_remove(&t), -1);
	assert_string_equal(trial_said(&t), "it: '/srv' is not empty, it holds a, way, x; remove that first, or say 'force: true'");
	assert_null(trial_want(&t, "/srv", "{ force: true }"));
	assert_int_equal(trial_remove(&t), 0);
	shell(&t, "test ! -e srv && test -e out/kept");
}

static void what_cannot_be_meant_is_refused(void **state)
{
	scoped_trial t;

	(void)state;
	trial_open(&t, &kind_directory, true);
	assert_non_null(strstr(trial_want(&t, "/srv", "{ recursive: true }"),
	    "'recursive' needs an 'owner' or a 'group'"));
	assert_non_null(strstr(trial_want(&t, "/srv", "{ keep: [x] }"),
	    "'keep' says what 'exclusive: true' leaves alone"));
	assert_non_null(strstr(trial_want(&t, "/", "{ exclusive: true }"),
	    "would remove the whole system"));
	assert_null(trial_want(&t, "/srv", "{ owner: nobody-here }"));
	assert_int_equal(trial_apply(&t), -1);
	assert_non_null(strstr(trial_said(&t), "there is no user 'nobody-here'"));
}

static void a_link_is_made_and_turned(void **state)
{
	scoped_trial t;
	char target[64];

	(void)state;
	trial_open(&t, &kind_link, true);
	assert_null(trial_want(&t, "/now", "{ target: nowhere/yet }"));
	assert_int_equal(trial_observe(&t), 0);
	assert_int_equal(trial_apply(&t), 0);
	assert_int_equal(trial_observe(&t), 1);
	assert_string_equal(trial_differ(&t), "");
	assert_null(trial_want(&t, "/now", "{ target: /etc }"));
	assert_int_equal(trial_observe(&t), 1);
	assert_string_equal(trial_differ(&t), "target");
	assert_int_equal(trial_apply(&t), 0);
	assert_int_equal(readlink(trial_path(&t, "now"), target,
	    sizeof(target)), 4);
	assert_memory_equal(target, "/etc", 4);
	assert_int_equal(trial_remove(&t), 0);
	assert_int_equal(trial_observe(&t), 0);
}

static void a_link_replaces_a_file_only_by_force(void **state)
{
	scoped_trial t;

	(void)state;
	trial_open(&t, &kind_link, true);
	shell(&t, "echo precious >now; mkdir there");
	assert_null(trial_want(&t, "/now", "{ target: etc }"));
	assert_int_equal(trial_observe(&t), -1);
	assert_string_equal(trial_said(&t), "it: '/now' is a file, not a link; remove it first, or say 'force: true'");
	assert_null(trial_want(&t, "/now", "{ target: etc, force: true }"));
	assert_int_equal(trial_observe(&t), 1);
	assert_string_equal(trial_differ(&t), "target");
	assert_int_equal(trial_apply(&t), 0);
	assert_string_equal((trial_observe(&t), trial_differ(&t)), "");
	assert_null(trial_want(&t, "/there", "{ target: etc, force: true }"));
	assert_int_equal(trial_observe(&t), -1);
	assert_non_null(strstr(trial_said(&t), "'/there' is a directory, not a link"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_directory_is_made_as_asked),
		cmocka_unit_test(what_is_not_given_is_left_alone),
		cmocka_unit_test(a_file_in_its_place_is_not_touched),
		cmocka_unit_test(an_exclusive_one_loses_what_nobody_declared),
		cmocka_unit_test(
		    nothing_is_removed_when_nobody_says_what_is_declared),
		cmocka_unit_test(
		    a_recursive_one_owns_all_below_but_follows_no_link),
		cmocka_unit_test(a_full_one_is_removed_only_by_force),
		cmocka_unit_test(what_cannot_be_meant_is_refused),
		cmocka_unit_test(a_link_is_made_and_turned),
		cmocka_unit_test(a_link_replaces_a_file_only_by_force),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
