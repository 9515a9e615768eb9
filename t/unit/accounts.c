/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * accounts.c - users and groups, read from files in a root of their own.
 */
#include "../../resources/host/accounts.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../resources/host/machine.h"

struct world {
	struct arena *arena;
	struct err err;
	struct job job;
	struct host host;
	char root[64];
};

static void put(struct world *w, const char *path, const char *text)
{
	struct file_write f = { { text, strlen(text) }, { 0644, 0, 0 } };

	assert_int_equal(host_write(&w->job, &w->host, path, &f), 0);
}

static const char passwd[] =
    "root:x:0:0:root:/root:/bin/bash\n"
    "anna:x:1000:1000:Anna,,,:/home/anna:/bin/sh\n"
    "# a remark\n"
    "short:x:1\n"
    "+nis::::::\n"
    "wrong:x:12a:0:::\n"
    "toor:x:0:0::/root:/bin/sh\n"
    "1234:x:77:1000::/:\n"
    "last:x:4000000000:100::/:/bin/false";
static const char group[] =
    "root:x:0:\nzoo:x:300:anna,last\nanna:x:1000:\nadm:x:4:,anna,\n";
static const char shadow[] =
    "root:*:1::::::\nanna:$y$hash:1::::::\nlast:!$y$hash:1::::::\n";

static int setup(void **state)
{
	struct arena *a = arena_open();
	struct world *w = arena_new(a, struct world);

	w->arena = a;
	w->err = err_new(a);
	w->job = (struct job){ .arena = a, .err = &w->err,
		.address = "user:x" };
	strcpy(w->root, "/tmp/plumb-accounts-XXXXXX");
	assert_non_null(mkdtemp(w->root));
	assert_int_equal(host_open(a, w->root, &w->host, &w->err), 0);
	assert_int_equal(host_mkdir(&w->job, &w->host, "/etc",
	    &(struct access){ 0755, 0, 0 }), 0);
	put(w, "/etc/passwd", passwd);
	put(w, "/etc/group", group);
	put(w, "/etc/shadow", shadow);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	host_unlink(&w->job, &w->host, "/etc/passwd");
	host_unlink(&w->job, &w->host, "/etc/group");
	host_unlink(&w->job, &w->host, "/etc/shadow");
	host_unlink(&w->job, &w->host, "/etc");
	host_close(&w->host);
	rmdir(w->root);
	arena_close(w->arena);
	return 0;
}

static void a_user_is_found_with_all_that_holds(void **state)
{
	struct world *w = *state;
	struct account u;

	assert_int_equal(host_user(&w->job, &w->host, "anna", &u), 1);
	assert_int_equal(u.uid, 1000);
	assert_int_equal(u.gid, 1000);
	assert_string_equal(u.comment, "Anna,,,");
	assert_string_equal(u.home, "/home/anna");
	assert_string_equal(u.shell, "/bin/sh");
	assert_int_equal(u.locked, 0);
	assert_int_equal(host_user(&w->job, &w->host, "last", &u), 1);
	assert_int_equal(u.uid, 4000000000u);
	assert_int_equal(u.locked, 1);
	assert_int_equal(host_user(&w->job, &w->host, "toor", &u), 1);
	assert_int_equal(u.locked, -1);
}

static void lines_that_are_wrong_are_passed_over(void **state)
{
	struct world *w = *state;
	struct account u;

	assert_int_equal(host_user(&w->job, &w->host, "short", &u), 0);
	assert_int_equal(host_user(&w->job, &w->host, "wrong", &u), 0);
	assert_int_equal(host_user(&w->job, &w->host, "+nis", &u), 0);
	assert_int_equal(host_user(&w->job, &w->host, "", &u), 0);
	assert_int_equal(w->err.count, 0);
}

static void groups_and_members_are_found(void **state)
{
	struct world *w = *state;
	struct account_group g;
	struct strings in;

	assert_int_equal(host_group(&w->job, &w->host, "zoo", &g), 1);
	assert_int_equal(g.gid, 300);
	assert_int_equal(g.members.count, 2);
	assert_string_equal(g.members.item[1], "last");
	assert_int_equal(host_group(&w->job, &w->host, "no", &g), 0);
	assert_int_equal(
	    host_user_groups(&w->job, &w->host, "anna", &in), 1);
	assert_int_equal(in.count, 2);
	assert_string_equal(in.item[0], "adm");
	assert_string_equal(in.item[1], "zoo");
}

static void numbers_have_names(void **state)
{
	struct world *w = *state;
	const char *name;

	assert_int_equal(host_user_name(&w->job, &w->host, 0, &name), 1);
	assert_string_equal(name, "root");
	assert_int_equal(host_group_name(&w->job, &w->host, 300, &name), 1);
	assert_string_equal(name, "zoo");
	assert_int_equal(host_user_name(&w->job, &w->host, 5, &name), 0);
	assert_null(name);
}

static void an_owner_is_a_name_or_a_number(void **state)
{
	struct world *w = *state;
	uid_t u;

	assert_int_equal(host_find_uid(&w->job, &w->host, "anna", &u), 1);
	assert_int_equal(u, 1000);
	assert_int_equal(host_find_uid(&w->job, &w->host, "55", &u), 1);
	assert_int_equal(u, 55);
	/* as chown(1): a name that looks like a number is a name */
	assert_int_equal(host_find_uid(&w->job, &w->host, "1234", &u), 1);
	assert_int_equal(u, 77);
	assert_int_equal(host_find_uid(&w->job, &w->host, "bert", &u), 0);
	assert_int_equal(host_find_uid(&w->job, &w->host, "12x", &u), 0);
	assert_int_equal(host_find_uid(&w->job, &w->host, "4294967295", &u),
	    0);
	assert_int_equal(host_find_gid(&w->job, &w->host, "adm", &u), 1);
	assert_int_equal(u, 4);
}

static void root_needs_no_file(void **state)
{
	struct world *w = *state;
	struct account a;
	uid_t u = 9;

	host_unlink(&w->job, &w->host, "/etc/passwd");
	assert_int_equal(host_find_uid(&w->job, &w->host, "root", &u), 1);
	assert_int_equal(u, 0);
	assert_int_equal(host_user(&w->job, &w->host, "anna", &a), 0);
}

static void what_was_read_is_kept_until_forgotten(void **state)
{
	struct world *w = *state;
	struct account u;

	assert_int_equal(host_user(&w->job, &w->host, "anna", &u), 1);
	put(w, "/etc/passwd", "bert:x:1:1:::\n");
	assert_int_equal(host_user(&w->job, &w->host, "bert", &u), 0);
	host_forget_accounts(&w->host);
	assert_int_equal(host_user(&w->job, &w->host, "bert", &u), 1);
	assert_int_equal(host_user(&w->job, &w->host, "anna", &u), 0);
}

static void *ask_often(void *context)
{
	struct world *w = context;
	struct arena *a = arena_open();
	struct job job = { .arena = a, .err = &w->err, .address = "user:x" };
	const char *name;
	void *wrong = NULL;
	int i;

	for (i = 0; i < 2000; i++) {
		if (host_user_name(&job, &w->host, 1000, &name) != 1 ||
		    strcmp(name, "anna") != 0)
			wrong = context;
		if (i % 100 == 0)
			host_forget_accounts(&w->host);
	}
	arena_close(a);
	return wrong;
}

static void many_threads_may_ask_and_forget(void **state)
{
	pthread_t thread[8];
	void *wrong;
	int i;

	for (i = 0; i < 8; i++)
		assert_int_equal(
		    pthread_create(&thread[i], NULL, ask_often, *state), 0);
	for (i = 0; i < 8; i++) {
		pthread_join(thread[i], &wrong);
		assert_null(wrong);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_user_is_found_with_all_that_holds),
		TEST(lines_that_are_wrong_are_passed_over),
		TEST(groups_and_members_are_found),
		TEST(numbers_have_names),
		TEST(an_owner_is_a_name_or_a_number),
		TEST(root_needs_no_file),
		TEST(what_was_read_is_kept_until_forgotten),
		TEST(many_threads_may_ask_and_forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
