/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hostile.c - the files of the real machine, among links of other users, full
 * disks and what never answers.
 */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../rooted.h"

static void links_stay_in_the_root(void **state)
{
	struct rooted *w = *state;
	struct entry e;

	mkdir(rooted_at(w, "/etc"), 0755);
	rooted_lead(w, "/absolute", "/etc");
	rooted_lead(w, "/relative", "../../../../etc");
	rooted_lead(w, "/both", "relative/../absolute");
	assert_int_equal(rooted_put(w, "/absolute/passwd", "ours", 0600), 0);
	assert_string_equal(rooted_get(w, "/relative/passwd", &e), "ours");
	assert_string_equal(rooted_get(w, "/both/passwd", &e), "ours");
	assert_int_equal(rooted_put(w, "/both/new", "new", 0600), 0);
	assert_string_equal(rooted_get(w, "/etc/new", &e), "new");
	assert_int_equal(rooted_count(w, "/etc"), 2);
	rooted_lead(w, "/round", "round");
	assert_int_equal(rooted_put(w, "/round/f", "x", 0600), -1);
	rooted_said(w, "cannot write '/round/f'");
	rooted_lead(w, "/dangling", "nowhere");
	assert_string_equal(rooted_get(w, "/dangling/f", &e), "");
	assert_int_equal(e.type, ENTRY_ABSENT);
}

static void a_link_that_others_made_is_not_followed(void **state)
{
	struct rooted *w = *state;
	struct entry e;
	struct file_read file;

	mkdir(rooted_at(w, "/etc"), 0755);
	rooted_put(w, "/etc/shadow", "secret", 0600);
	mkdir(rooted_at(w, "/home"), 0755);
	rooted_give(w, "/home", NOBODY);
	rooted_lead(w, "/home/link", "/etc");
	assert_int_equal(rooted_put(w, "/home/link/shadow", "gone", 0666), -1);
	rooted_said(w, "it leads through a symbolic link in '/home', where others than root may write (uid 65534, mode 0755)");
	assert_int_equal(host_read(&w->job, &w->host, "/home/link/shadow", 0,
	    &file), -1);
	assert_int_equal(
	    host_unlink(&w->job, &w->host, "/home/link/shadow"), -1);
	assert_int_equal(host_set_access(&w->job, &w->host, "/home/link/shadow",
	    &(struct access){ 0666, 0, 0 }), -1);
	assert_string_equal(rooted_get(w, "/etc/shadow", &e), "secret");
	/* sticky: who made the link counts */
	rooted_give(w, "/home", 0);
	chmod(rooted_at(w, "/home"), 01777);
	assert_string_equal(rooted_get(w, "/home/link/shadow", &e), "secret");
	rooted_give(w, "/home/link", NOBODY);
	assert_int_equal(host_read(&w->job, &w->host, "/home/link/shadow", 0,
	    &file), -1);
}

static void a_second_name_is_no_way_to_another_file(void **state)
{
	struct rooted *w = *state;
	struct entry e;

	rooted_put(w, "/shadow", "secret", 0600);
	mkdir(rooted_at(w, "/home"), 0755);
	assert_int_equal(link(rooted_at(w, "/shadow"),
	    rooted_at(w, "/home/mine")), 0);
	rooted_give(w, "/home", NOBODY);
	assert_int_equal(host_set_access(&w->job, &w->host, "/home/mine",
	    &(struct access){ 0666, NOBODY, NOBODY }), -1);
	rooted_said(w, "it has 2 names");
	host_look(&w->job, &w->host, "/shadow", &e);
	assert_int_equal(e.uid, 0);
	assert_int_equal(rooted_put(w, "/home/mine", "public", 0644), 0);
	assert_string_equal(rooted_get(w, "/shadow", &e), "secret");
}

struct flipper {
	const struct rooted *world;
	atomic_bool stop;
};

/* swap a directory and a link to the root's own until asked to stop */
static void *flip(void *context)
{
	struct flipper *f = context;
	const char *a = rooted_at(f->world, "/home/dir");
	const char *b = rooted_at(f->world, "/home/link");

	while (!f->stop)
		renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
	return NULL;
}

static void a_link_swapped_in_does_not_lead_away(void **state)
{
	struct rooted *w = *state;
	struct flipper f = { .world = w };
	pthread_t thread;
	struct stat st;
	int i, done = 0;

	mkdir(rooted_at(w, "/victim"), 0755);
	mkdir(rooted_at(w, "/home"), 0755);
	mkdir(rooted_at(w, "/home/dir"), 0755);
	rooted_lead(w, "/home/link", "/victim");
	rooted_give(w, "/home", NOBODY);
	assert_int_equal(pthread_create(&thread, NULL, flip, &f), 0);
	for (i = 0; i < 2000; i++) {
		done += rooted_put(w, "/home/dir/f", "x", 0600) == 0;
		if (stat(rooted_at(w, "/victim/f"), &st) == 0)
			break;
	}
	f.stop = true;
	pthread_join(thread, NULL);
	assert_int_equal(i, 2000);
	assert_true(done > 0);
	assert_int_equal(rooted_count(w, "/victim"), 0);
}

static void a_fifo_or_socket_does_not_block(void **state)
{
	struct rooted *w = *state;
	struct entry e;

	mkfifo(rooted_at(w, "/fifo"), 0600);
	assert_string_equal(rooted_get(w, "/fifo", &e), "");
	assert_int_equal(e.type, ENTRY_OTHER);
	mknod(rooted_at(w, "/socket"), S_IFSOCK | 0600, 0);
	assert_string_equal(rooted_get(w, "/socket", &e), "");
	assert_int_equal(e.type, ENTRY_OTHER);
}

static void a_full_disk_leaves_the_old_file(void **state)
{
	struct rooted *w = *state;
	size_t size = 300 << 10;
	char *large = arena_alloc(w->arena, size + 1);
	struct entry e;

	memset(large, 'x', size);
	mkdir(rooted_at(w, "/small"), 0755);
	assert_int_equal(mount("none", rooted_at(w, "/small"), "tmpfs", 0,
	    "size=128k"), 0);
	assert_int_equal(rooted_put(w, "/small/f", "old", 0600), 0);
	assert_int_equal(rooted_put(w, "/small/f", large, 0600), -1);
	rooted_said(w, "No space left on device (the disk is full: free some space)");
	assert_string_equal(rooted_get(w, "/small/f", &e), "old");
	assert_int_equal(rooted_count(w, "/small"), 1);
	assert_int_equal(mount("none", rooted_at(w, "/small"), "tmpfs",
	    MS_REMOUNT | MS_RDONLY, ""), 0);
	assert_int_equal(rooted_put(w, "/small/f", "new", 0600), -1);
	rooted_said(w, "Read-only file system (is it mounted to be read only?)");
	assert_int_equal(host_mkdir(&w->job, &w->host, "/small/d",
	    &(struct access){ 0755, 0, 0 }), -1);
	assert_int_equal(host_symlink(&w->job, &w->host, "x", "/small/l"), -1);
	assert_int_equal(host_unlink(&w->job, &w->host, "/small/f"), -1);
	assert_int_equal(umount(rooted_at(w, "/small")), 0);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, rooted_open, rooted_close)
	const struct CMUnitTest tests[] = {
		TEST(links_stay_in_the_root),
		TEST(a_link_that_others_made_is_not_followed),
		TEST(a_second_name_is_no_way_to_another_file),
		TEST(a_link_swapped_in_does_not_lead_away),
		TEST(a_fifo_or_socket_does_not_block),
		TEST(a_full_disk_leaves_the_old_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
