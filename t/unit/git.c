/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git.c - which revision a site is at: in repositories that git(1) makes.
 */
#include "../../resources/host/git.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../specs/arena.h"

static char folder[] = "/tmp/plumb-git-XXXXXX";

static void git(const char *commands)
{
	char line[1024];

	snprintf(line, sizeof(line), "cd %s && { %s; } >/dev/null 2>&1", folder,
	    commands);
	assert_int_equal(system(line), 0);
}

static const struct revision *at(struct arena *a, const char *path)
{
	return git_revision(a, arena_printf(a, "%s/%s", folder, path));
}

static int make_repository(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	setenv("GIT_AUTHOR_NAME", "Anna", 1);
	setenv("GIT_AUTHOR_EMAIL", "anna@contoso.test", 1);
	setenv("GIT_COMMITTER_NAME", "Anna", 1);
	setenv("GIT_COMMITTER_EMAIL", "anna@contoso.test", 1);
	setenv("HOME", folder, 1);
	git("git init -b main r && mkdir -p r/sites/one r/sites/two r/ignored outside && "
	    "cd r && echo /ignored >.gitignore && echo 'site: one' >sites/one/plumb.yaml && "
	    "echo 'site: two' >sites/two/plumb.yaml && git add . && git commit -m 'Declare two sites\n\nMore.'");
	return 0;
}

static int remove_repository(void **state)
{
	(void)state;
	git("chmod -R u+rwX . && rm -rf r outside empty .gitconfig");
	return rmdir(folder);
}

static void a_clean_site_has_its_commit(void **state)
{
	scoped_arena *a = arena_open();
	const struct revision *r = at(a, "r/sites/one");
	char id[64];
	FILE *f;

	(void)state;
	assert_non_null(r);
	f = popen(arena_printf(a, "git -C %s/r rev-parse HEAD", folder), "r");
	assert_non_null(fgets(id, sizeof(id), f));
	pclose(f);
	id[40] = '\0';
	assert_string_equal(r->id, id);
	assert_string_equal(r->branch, "main");
	assert_string_equal(r->author, "Anna <anna@contoso.test>");
	assert_non_null(strstr(r->subject, "Declare two sites"));
	assert_false(r->dirty);
	assert_null(r->unknown);
	assert_false(at(a, "r")->dirty);
}

static void only_changes_in_the_site_make_it_dirty(void **state)
{
	scoped_arena *a = arena_open();

	(void)state;
	git("echo more >>r/sites/two/plumb.yaml");
	assert_false(at(a, "r/sites/one")->dirty);
	assert_true(at(a, "r/sites/two")->dirty);
	assert_true(at(a, "r")->dirty);
	git("cd r && git checkout sites && echo new >sites/one/new.yaml");
	assert_true(at(a, "r/sites/one")->dirty);
	git("cd r && git add sites");
	assert_true(at(a, "r/sites/one")->dirty);
	git("cd r && git rm -f --cached sites/one/new.yaml && rm sites/one/new.yaml");
	assert_false(at(a, "r/sites/one")->dirty);
	git("rm r/sites/one/plumb.yaml");
	assert_true(at(a, "r/sites/one")->dirty);
	git("cd r && git checkout sites");
}

static void names_with_wildcards_are_only_names(void **state)
{
	scoped_arena *a = arena_open();

	(void)state;
	git("mkdir 'r/sites/*' && echo x >'r/sites/*/plumb.yaml' && cd r && git add . && git commit -m 'Add a strange one' && echo y >>sites/one/plumb.yaml");
	assert_false(at(a, "r/sites/*")->dirty);
	git("cd r && git checkout sites");
}

static void a_site_outside_or_ignored_has_none(void **state)
{
	scoped_arena *a = arena_open();

	(void)state;
	assert_null(at(a, "outside"));
	assert_null(at(a, "r/ignored"));
	assert_null(at(a, "nowhere"));
}

static void a_detached_head_has_no_branch(void **state)
{
	scoped_arena *a = arena_open();
	const struct revision *r;

	(void)state;
	git("cd r && git checkout --detach");
	r = at(a, "r/sites/one");
	assert_non_null(r->id);
	assert_null(r->branch);
	git("cd r && git checkout main");
}

static void a_repository_without_commits_is_unknown(void **state)
{
	scoped_arena *a = arena_open();
	const struct revision *r;

	(void)state;
	git("git init empty");
	r = at(a, "empty");
	assert_null(r->id);
	assert_string_equal(r->unknown, "nothing has been committed yet");
}

static void damage_is_unknown_and_no_error(void **state)
{
	scoped_arena *a = arena_open();
	const struct revision *r;

	(void)state;
	git("cp -r r bad && rm -rf bad/.git/objects/* ");
	r = at(a, "bad/sites/one");
	assert_null(r->id);
	assert_non_null(r->unknown);
	git("rm -rf bad");
}

static void somebody_elses_repository_is_unknown(void **state)
{
	scoped_arena *a = arena_open();
	const struct revision *r;

	(void)state;
	/* root may give it away; anybody else cannot make this happen */
	if (geteuid() != 0)
		return;
	git("cp -r r theirs && chown -R 65534 theirs");
	r = at(a, "theirs/sites/one");
	assert_non_null(r);
	assert_null(r->id);
	assert_non_null(strstr(r->unknown, "belongs to somebody else"));
	git("rm -rf theirs");
}

static void it_takes_no_time_to_speak_of(void **state)
{
	scoped_arena *a = arena_open();
	struct timespec before, after;
	int i;

	(void)state;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	for (i = 0; i < 20; i++)
		assert_non_null(at(a, "r/sites/one"));
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	/* 20 ms each would still be slow; a busy machine is not */
	assert_in_range((after.tv_sec - before.tv_sec) * 1000 +
	    (after.tv_nsec - before.tv_nsec) / 1000000, 0, 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clean_site_has_its_commit),
		cmocka_unit_test(only_changes_in_the_site_make_it_dirty),
		cmocka_unit_test(names_with_wildcards_are_only_names),
		cmocka_unit_test(a_site_outside_or_ignored_has_none),
		cmocka_unit_test(a_detached_head_has_no_branch),
		cmocka_unit_test(a_repository_without_commits_is_unknown),
		cmocka_unit_test(damage_is_unknown_and_no_error),
		cmocka_unit_test(somebody_elses_repository_is_unknown),
		cmocka_unit_test(it_takes_no_time_to_speak_of),
	};

	return cmocka_run_group_tests(tests, make_repository,
	    remove_repository);
}
