/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * files.c - the files of the real machine, in a root of their own below a
 * temporary directory: what is read, and what is written.
 */
#include "../rooted.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../resources/host/digest.h"

static void what_is_written_is_read(void **state)
{
	struct rooted *w = *state;
	struct entry e;

	umask(077);
	assert_int_equal(rooted_put(w, "/motd", "hello\n", 0644), 0);
	umask(022);
	assert_string_equal(rooted_get(w, "/motd", &e), "hello\n");
	assert_int_equal(e.type, ENTRY_FILE);
	assert_int_equal(e.mode, 0644);
	assert_int_equal(e.size, 6);
	assert_int_equal(rooted_count(w, "/"), 1);
	assert_int_equal(rooted_put(w, "/motd", "", 04755), 0);
	assert_string_equal(rooted_get(w, "/motd", &e), "");
	assert_int_equal(e.mode, 04755);
}

static void what_is_not_there_is_absent(void **state)
{
	struct rooted *w = *state;
	struct entry e;
	const char *target;

	assert_string_equal(rooted_get(w, "/no/such/file", &e), "");
	assert_int_equal(e.type, ENTRY_ABSENT);
	rooted_put(w, "/file", "x", 0600);
	assert_int_equal(host_look(&w->job, &w->host, "/file/below", &e), 0);
	assert_int_equal(e.type, ENTRY_ABSENT);
	assert_int_equal(host_unlink(&w->job, &w->host, "/no/such/file"), 0);
	assert_int_equal(
	    host_read_link(&w->job, &w->host, "/no", &target), 0);
	assert_null(target);
	assert_int_equal(rooted_count(w, "/no"), 0);
	assert_int_equal(w->err.count, 0);
}

static void a_limit_bounds_what_is_read(void **state)
{
	struct rooted *w = *state;
	struct file_read file;

	rooted_put(w, "/f", "0123456789", 0600);
	assert_int_equal(host_read(&w->job, &w->host, "/f", 4, &file), 0);
	assert_int_equal(file.content.size, 4);
	assert_string_equal(file.content.data, "0123");
	assert_int_equal(file.entry.size, 10);
	assert_int_equal(host_read(&w->job, &w->host, "/f", 10, &file), 0);
	assert_int_equal(file.content.size, 10);
}

static void files_that_tell_no_size_are_read_whole(void **state)
{
	struct rooted *w = *state;
	struct host real;
	struct file_read file;

	assert_int_equal(host_open(w->arena, "/", &real, &w->err), 0);
	assert_int_equal(
	    host_read(&w->job, &real, "/proc/kallsyms", 0, &file), 0);
	assert_int_equal(file.entry.size, 0);
	assert_true(file.content.size > 100000);
	assert_int_equal(
	    host_read(&w->job, &real, "/proc/self/status", 0, &file), 0);
	assert_memory_equal(file.content.data, "Name:", 5);
	host_close(&real);
}

static void a_digest_is_that_of_the_content(void **state)
{
	struct rooted *w = *state;
	unsigned char a[DIGEST], b[DIGEST];
	char hex[DIGEST_HEX];
	size_t size = 200000;
	char *text = arena_alloc(w->arena, size + 1);

	rooted_put(w, "/f", "abc", 0600);
	assert_int_equal(host_digest(&w->job, &w->host, "/f", a), 0);
	digest_hex(a, hex);
	assert_string_equal(hex,
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	memset(text, 'x', size);
	rooted_put(w, "/f", text, 0600);
	assert_int_equal(host_digest(&w->job, &w->host, "/f", a), 0);
	digest_bytes(text, size, b);
	assert_memory_equal(a, b, DIGEST);
	assert_int_equal(host_digest(&w->job, &w->host, "/", a), -1);
	rooted_said(w, "it is not a regular file");
	digest_keyed("key", 3, "The quick brown fox jumps over the lazy dog",
	    43, a);
	digest_hex(a, hex);
	assert_string_equal(hex,
	    "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
}

static void a_list_is_sorted(void **state)
{
	struct rooted *w = *state;
	struct strings s;

	rooted_put(w, "/b", "", 0600);
	rooted_put(w, "/c", "", 0600);
	rooted_put(w, "/a", "", 0600);
	assert_int_equal(host_list(&w->job, &w->host, "/", &s), 0);
	assert_int_equal(s.count, 3);
	assert_string_equal(s.item[0], "a");
	assert_string_equal(s.item[2], "c");
	assert_int_equal(host_list(&w->job, &w->host, "/a", &s), -1);
	rooted_said(w, "cannot list '/a': Not a directory");
}

static void a_directory_has_its_exact_mode(void **state)
{
	struct rooted *w = *state;
	struct entry e;

	umask(077);
	assert_int_equal(host_mkdir(&w->job, &w->host, "/d",
	    &(struct access){ 02775, geteuid(), getegid() }), 0);
	umask(022);
	assert_int_equal(host_look(&w->job, &w->host, "/d", &e), 0);
	assert_int_equal(e.type, ENTRY_DIRECTORY);
	assert_int_equal(e.mode, 02775);
	assert_int_equal(host_mkdir(&w->job, &w->host, "/d",
	    &(struct access){ 0755, geteuid(), getegid() }), -1);
	rooted_said(w, "cannot make '/d': File exists");
	assert_int_equal(rooted_put(w, "/d", "x", 0600), -1);
	rooted_said(w, "a directory is there");
	assert_int_equal(rooted_count(w, "/"), 1);
	rooted_put(w, "/d/f", "", 0600);
	assert_int_equal(host_unlink(&w->job, &w->host, "/d"), -1);
	rooted_said(w, "Directory not empty");
	assert_int_equal(host_unlink(&w->job, &w->host, "/d/f"), 0);
	assert_int_equal(host_unlink(&w->job, &w->host, "/d"), 0);
	assert_int_equal(rooted_count(w, "/"), 0);
}

static void a_link_takes_the_place_of_a_file(void **state)
{
	struct rooted *w = *state;
	const char *target;
	struct entry e;

	rooted_put(w, "/f", "x", 0600);
	assert_int_equal(host_symlink(&w->job, &w->host, "to", "/f"), 0);
	assert_int_equal(host_symlink(&w->job, &w->host, "there", "/f"), 0);
	assert_int_equal(host_read_link(&w->job, &w->host, "/f", &target), 0);
	assert_string_equal(target, "there");
	assert_string_equal(rooted_get(w, "/f", &e), "");
	assert_int_equal(e.type, ENTRY_LINK);
	assert_int_equal(rooted_put(w, "/f", "new", 0600), 0);
	assert_string_equal(rooted_get(w, "/f", &e), "new");
	assert_int_equal(e.type, ENTRY_FILE);
	assert_int_equal(rooted_count(w, "/"), 1);
}

static void a_long_name_is_staged_too(void **state)
{
	struct rooted *w = *state;
	char path[NAME_MAX + 2], long_path[NAME_MAX + 3];
	struct entry e;

	memset(path, 'n', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(rooted_put(w, path, "long", 0600), 0);
	assert_string_equal(rooted_get(w, path, &e), "long");
	memset(long_path, 'n', sizeof(long_path));
	long_path[0] = '/';
	long_path[sizeof(long_path) - 1] = '\0';
	assert_int_equal(rooted_put(w, long_path, "long", 0600), -1);
	rooted_said(w, "File name too long");
}

static void a_stale_stage_is_replaced(void **state)
{
	struct rooted *w = *state;
	struct entry e;

	rooted_put(w, "/.f.plumb-new", "half", 0666);
	assert_int_equal(rooted_put(w, "/f", "whole", 0600), 0);
	assert_string_equal(rooted_get(w, "/f", &e), "whole");
	assert_int_equal(rooted_count(w, "/"), 1);
	mkdir(rooted_at(w, "/.f.plumb-new"), 0700);
	assert_int_equal(rooted_put(w, "/f", "next", 0600), -1);
	rooted_said(w, "remove what is in the way at '/.f.plumb-new'");
}

static void the_mode_is_set_and_links_are_not_followed(void **state)
{
	struct rooted *w = *state;
	struct entry e;

	rooted_put(w, "/f", "x", 04755);
	host_symlink(&w->job, &w->host, "f", "/l");
	assert_int_equal(host_set_access(&w->job, &w->host, "/l",
	    &(struct access){ 0777, (uid_t)-1, (gid_t)-1 }), 0);
	assert_int_equal(host_look(&w->job, &w->host, "/f", &e), 0);
	assert_int_equal(e.mode, 04755);
	/* set-user-id stays with a new owner where no mode is asked for */
	assert_int_equal(host_set_access(&w->job, &w->host, "/f",
	    &(struct access){ -1, NOBODY, (gid_t)-1 }), 0);
	host_look(&w->job, &w->host, "/f", &e);
	assert_int_equal(e.uid, NOBODY);
	assert_int_equal(e.mode, 04755);
	assert_int_equal(host_set_access(&w->job, &w->host, "/f",
	    &(struct access){ 0600, 0, 0 }), 0);
	host_look(&w->job, &w->host, "/f", &e);
	assert_int_equal(e.uid, 0);
	assert_int_equal(e.mode, 0600);
	assert_int_equal(host_set_access(&w->job, &w->host, "/no",
	    &(struct access){ 0600, 0, 0 }), -1);
	rooted_said(w, "cannot change '/no': No such file");
}

static void attributes_of_the_old_file_stay(void **state)
{
	struct rooted *w = *state;
	char value[8] = "";

	rooted_put(w, "/f", "old", 0600);
	assert_int_equal(
	    setxattr(rooted_at(w, "/f"), "user.note", "kept", 4, 0), 0);
	rooted_put(w, "/f", "new", 0600);
	assert_int_equal(
	    getxattr(rooted_at(w, "/f"), "user.note", value, sizeof(value)), 4);
	assert_string_equal(value, "kept");
	/* but not from one of somebody else's */
	rooted_give(w, "/f", NOBODY);
	rooted_put(w, "/f", "newer", 0600);
	assert_int_equal(
	    getxattr(rooted_at(w, "/f"), "user.note", value, sizeof(value)), -1);
}

static void a_kernel_setting_is_written_in_place(void **state)
{
	struct rooted *w = *state;
	struct host real;
	struct file_read file;

	assert_int_equal(host_open(w->arena, "/", &real, &w->err), 0);
	assert_int_equal(host_read(&w->job, &real,
	    "/proc/sys/kernel/panic", 0, &file), 0);
	assert_int_equal(host_poke(&w->job, &real,
	    "/proc/sys/kernel/panic", file.content), 0);
	assert_int_equal(host_poke(&w->job, &real, "/proc/sys/kernel/panic",
	    (struct bytes){ "many", 4 }), -1);
	rooted_said(w, "cannot write '/proc/sys/kernel/panic': Invalid");
	assert_int_equal(host_poke(&w->job, &real, "/proc/sys/kernel/no",
	    file.content), -1);
	host_close(&real);
}

static void no_descriptor_is_left_open(void **state)
{
	struct rooted *w = *state;
	struct strings s;
	struct entry e;
	int before = dup(0), after, i;

	close(before);
	for (i = 0; i < 3; i++) {
		rooted_put(w, "/f", "x", 0600);
		rooted_put(w, "/no/f", "x", 0600);
		rooted_get(w, "/f", &e);
		rooted_get(w, "/no", &e);
		host_list(&w->job, &w->host, "/f", &s);
		host_list(&w->job, &w->host, "/", &s);
		host_mkdir(&w->job, &w->host, "/d",
		    &(struct access){ 0700, 0, 0 });
		host_set_access(&w->job, &w->host, "/d",
		    &(struct access){ 0755, 0, 0 });
		host_symlink(&w->job, &w->host, "x", "/d");
		host_unlink(&w->job, &w->host, "/d");
	}
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, rooted_open, rooted_close)
	const struct CMUnitTest tests[] = {
		TEST(what_is_written_is_read),
		TEST(what_is_not_there_is_absent),
		TEST(a_limit_bounds_what_is_read),
		TEST(files_that_tell_no_size_are_read_whole),
		TEST(a_digest_is_that_of_the_content),
		TEST(a_list_is_sorted),
		TEST(a_directory_has_its_exact_mode),
		TEST(a_link_takes_the_place_of_a_file),
		TEST(a_long_name_is_staged_too),
		TEST(a_stale_stage_is_replaced),
		TEST(the_mode_is_set_and_links_are_not_followed),
		TEST(attributes_of_the_old_file_stay),
		TEST(a_kernel_setting_is_written_in_place),
		TEST(no_descriptor_is_left_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
