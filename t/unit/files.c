/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * files.c - the files of the real machine, in a root of their own below a
 * temporary directory: what is read, what is written, and what hostile users
 * and full disks cannot make of it.
 */
#include "../../resources/host/host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../resources/host/digest.h"
#include "../../resources/host/machine.h"

enum { NOBODY = 65534 };

struct world {
	struct arena *arena;
	struct err err;
	struct job job;
	struct host host;
	char root[64];
};

/* a path of the root as this test sees it */
static const char *at(const struct world *w, const char *path)
{
	return arena_printf(w->arena, "%s%s", w->root, path);
}

static int setup(void **state)
{
	struct arena *a = arena_open();
	struct world *w = arena_new(a, struct world);

	w->arena = a;
	w->err = err_new(a);
	w->job = (struct job){ .arena = a, .err = &w->err,
		.address = "file:x" };
	strcpy(w->root, "/tmp/plumb-files-XXXXXX");
	assert_non_null(mkdtemp(w->root));
	assert_int_equal(host_open(a, w->root, &w->host, &w->err), 0);
	*state = w;
	return 0;
}

static void remove_below(int above, const char *name)
{
	int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	const struct dirent *e;
	DIR *d;

	if (fd < 0) {
		unlinkat(above, name, 0);
		return;
	}
	d = fdopendir(fd);
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			remove_below(fd, e->d_name);
	closedir(d);
	unlinkat(above, name, AT_REMOVEDIR);
}

static int teardown(void **state)
{
	struct world *w = *state;

	host_close(&w->host);
	remove_below(AT_FDCWD, w->root);
	arena_close(w->arena);
	return 0;
}

/* what was said last */
static const char *said(const struct world *w)
{
	return w->err.last ? w->err.last->text : "";
}

static void assert_said(const struct world *w, const char *part)
{
	if (!strstr(said(w), part))
		fail_msg("'%s' is not in '%s'", part, said(w));
}

static int put(struct world *w, const char *path, const char *text, int mode)
{
	struct file_write f = { { text, strlen(text) }, mode, geteuid(),
		getegid() };

	return host_write(&w->job, &w->host, path, &f);
}

static const char *get(struct world *w, const char *path, struct entry *e)
{
	struct bytes b;

	assert_int_equal(host_read(&w->job, &w->host, path, 0, &b, e), 0);
	return b.data;
}

static size_t count(struct world *w, const char *path)
{
	struct strings s;

	assert_int_equal(host_list(&w->job, &w->host, path, &s), 0);
	return s.count;
}

static void what_is_written_is_read(void **state)
{
	struct world *w = *state;
	struct entry e;

	umask(077);
	assert_int_equal(put(w, "/motd", "hello\n", 0644), 0);
	umask(022);
	assert_string_equal(get(w, "/motd", &e), "hello\n");
	assert_int_equal(e.type, ENTRY_FILE);
	assert_int_equal(e.mode, 0644);
	assert_int_equal(e.size, 6);
	assert_int_equal(count(w, "/"), 1);
	assert_int_equal(put(w, "/motd", "", 04755), 0);
	assert_string_equal(get(w, "/motd", &e), "");
	assert_int_equal(e.mode, 04755);
}

static void what_is_not_there_is_absent(void **state)
{
	struct world *w = *state;
	struct entry e;
	const char *target;

	assert_string_equal(get(w, "/no/such/file", &e), "");
	assert_int_equal(e.type, ENTRY_ABSENT);
	put(w, "/file", "x", 0600);
	assert_int_equal(host_look(&w->job, &w->host, "/file/below", &e), 0);
	assert_int_equal(e.type, ENTRY_ABSENT);
	assert_int_equal(host_unlink(&w->job, &w->host, "/no/such/file"), 0);
	assert_int_equal(
	    host_read_link(&w->job, &w->host, "/no", &target), 0);
	assert_null(target);
	assert_int_equal(count(w, "/no"), 0);
	assert_int_equal(w->err.count, 0);
}

static void a_limit_bounds_what_is_read(void **state)
{
	struct world *w = *state;
	struct bytes b;
	struct entry e;

	put(w, "/f", "0123456789", 0600);
	assert_int_equal(host_read(&w->job, &w->host, "/f", 4, &b, &e), 0);
	assert_int_equal(b.size, 4);
	assert_string_equal(b.data, "0123");
	assert_int_equal(e.size, 10);
	assert_int_equal(host_read(&w->job, &w->host, "/f", 10, &b, &e), 0);
	assert_int_equal(b.size, 10);
}

static void files_that_tell_no_size_are_read_whole(void **state)
{
	struct world *w = *state;
	struct host real;
	struct bytes b;
	struct entry e;

	assert_int_equal(host_open(w->arena, "/", &real, &w->err), 0);
	assert_int_equal(
	    host_read(&w->job, &real, "/proc/kallsyms", 0, &b, &e), 0);
	assert_int_equal(e.size, 0);
	assert_true(b.size > 100000);
	assert_int_equal(
	    host_read(&w->job, &real, "/proc/self/status", 0, &b, &e), 0);
	assert_memory_equal(b.data, "Name:", 5);
	host_close(&real);
}

static void a_digest_is_that_of_the_content(void **state)
{
	struct world *w = *state;
	unsigned char a[DIGEST], b[DIGEST];
	char hex[DIGEST_HEX];
	size_t size = 200000;
	char *text = arena_alloc(w->arena, size + 1);

	put(w, "/f", "abc", 0600);
	assert_int_equal(host_digest(&w->job, &w->host, "/f", a), 0);
	digest_hex(a, hex);
	assert_string_equal(hex,
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	memset(text, 'x', size);
	put(w, "/f", text, 0600);
	assert_int_equal(host_digest(&w->job, &w->host, "/f", a), 0);
	digest_bytes(text, size, b);
	assert_memory_equal(a, b, DIGEST);
	assert_int_equal(host_digest(&w->job, &w->host, "/", a), -1);
	assert_said(w, "it is not a regular file");
	digest_keyed("key", 3, "The quick brown fox jumps over the lazy dog",
	    43, a);
	digest_hex(a, hex);
	assert_string_equal(hex,
	    "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
}

static void a_list_is_sorted(void **state)
{
	struct world *w = *state;
	struct strings s;

	put(w, "/b", "", 0600);
	put(w, "/c", "", 0600);
	put(w, "/a", "", 0600);
	assert_int_equal(host_list(&w->job, &w->host, "/", &s), 0);
	assert_int_equal(s.count, 3);
	assert_string_equal(s.item[0], "a");
	assert_string_equal(s.item[2], "c");
	assert_int_equal(host_list(&w->job, &w->host, "/a", &s), -1);
	assert_said(w, "cannot list '/a': Not a directory");
}

static void a_directory_has_its_exact_mode(void **state)
{
	struct world *w = *state;
	struct entry e;

	umask(077);
	assert_int_equal(host_mkdir(&w->job, &w->host, "/d", 02775,
	    geteuid(), getegid()), 0);
	umask(022);
	assert_int_equal(host_look(&w->job, &w->host, "/d", &e), 0);
	assert_int_equal(e.type, ENTRY_DIRECTORY);
	assert_int_equal(e.mode, 02775);
	assert_int_equal(host_mkdir(&w->job, &w->host, "/d", 0755,
	    geteuid(), getegid()), -1);
	assert_said(w, "cannot make '/d': File exists");
	assert_int_equal(put(w, "/d", "x", 0600), -1);
	assert_said(w, "a directory is there");
	assert_int_equal(count(w, "/"), 1);
	put(w, "/d/f", "", 0600);
	assert_int_equal(host_unlink(&w->job, &w->host, "/d"), -1);
	assert_said(w, "Directory not empty");
	assert_int_equal(host_unlink(&w->job, &w->host, "/d/f"), 0);
	assert_int_equal(host_unlink(&w->job, &w->host, "/d"), 0);
	assert_int_equal(count(w, "/"), 0);
}

static void a_link_takes_the_place_of_a_file(void **state)
{
	struct world *w = *state;
	const char *target;
	struct entry e;

	put(w, "/f", "x", 0600);
	assert_int_equal(host_symlink(&w->job, &w->host, "to", "/f"), 0);
	assert_int_equal(host_symlink(&w->job, &w->host, "there", "/f"), 0);
	assert_int_equal(host_read_link(&w->job, &w->host, "/f", &target), 0);
	assert_string_equal(target, "there");
	assert_string_equal(get(w, "/f", &e), "");
	assert_int_equal(e.type, ENTRY_LINK);
	assert_int_equal(put(w, "/f", "new", 0600), 0);
	assert_string_equal(get(w, "/f", &e), "new");
	assert_int_equal(e.type, ENTRY_FILE);
	assert_int_equal(count(w, "/"), 1);
}

static void a_long_name_is_staged_too(void **state)
{
	struct world *w = *state;
	char path[NAME_MAX + 2], long_path[NAME_MAX + 3];
	struct entry e;

	memset(path, 'n', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(put(w, path, "long", 0600), 0);
	assert_string_equal(get(w, path, &e), "long");
	memset(long_path, 'n', sizeof(long_path));
	long_path[0] = '/';
	long_path[sizeof(long_path) - 1] = '\0';
	assert_int_equal(put(w, long_path, "long", 0600), -1);
	assert_said(w, "File name too long");
}

static void a_stale_stage_is_replaced(void **state)
{
	struct world *w = *state;
	struct entry e;

	put(w, "/.f.plumb-new", "half", 0666);
	assert_int_equal(put(w, "/f", "whole", 0600), 0);
	assert_string_equal(get(w, "/f", &e), "whole");
	assert_int_equal(count(w, "/"), 1);
	mkdir(at(w, "/.f.plumb-new"), 0700);
	assert_int_equal(put(w, "/f", "next", 0600), -1);
	assert_said(w, "remove what is in the way at '/.f.plumb-new'");
}

static void the_mode_is_set_and_links_are_not_followed(void **state)
{
	struct world *w = *state;
	struct entry e;

	put(w, "/f", "x", 04755);
	host_symlink(&w->job, &w->host, "f", "/l");
	assert_int_equal(host_set_mode(&w->job, &w->host, "/l", 0777,
	    (uid_t)-1, (gid_t)-1), 0);
	assert_int_equal(host_look(&w->job, &w->host, "/f", &e), 0);
	assert_int_equal(e.mode, 04755);
	/* set-user-id stays with a new owner where no mode is asked for */
	assert_int_equal(host_set_mode(&w->job, &w->host, "/f", -1, NOBODY,
	    (gid_t)-1), 0);
	host_look(&w->job, &w->host, "/f", &e);
	assert_int_equal(e.uid, NOBODY);
	assert_int_equal(e.mode, 04755);
	assert_int_equal(host_set_mode(&w->job, &w->host, "/f", 0600, 0, 0),
	    0);
	host_look(&w->job, &w->host, "/f", &e);
	assert_int_equal(e.uid, 0);
	assert_int_equal(e.mode, 0600);
	assert_int_equal(host_set_mode(&w->job, &w->host, "/no", 0600, 0, 0),
	    -1);
	assert_said(w, "cannot change '/no': No such file");
}

static void attributes_of_the_old_file_stay(void **state)
{
	struct world *w = *state;
	char value[8] = "";

	put(w, "/f", "old", 0600);
	assert_int_equal(
	    setxattr(at(w, "/f"), "user.note", "kept", 4, 0), 0);
	put(w, "/f", "new", 0600);
	assert_int_equal(
	    getxattr(at(w, "/f"), "user.note", value, sizeof(value)), 4);
	assert_string_equal(value, "kept");
	/* but not from one of somebody else's */
	chown(at(w, "/f"), NOBODY, NOBODY);
	put(w, "/f", "newer", 0600);
	assert_int_equal(
	    getxattr(at(w, "/f"), "user.note", value, sizeof(value)), -1);
}

static void links_stay_in_the_root(void **state)
{
	struct world *w = *state;
	struct entry e;

	mkdir(at(w, "/etc"), 0755);
	symlink("/etc", at(w, "/absolute"));
	symlink("../../../../etc", at(w, "/relative"));
	symlink("relative/../absolute", at(w, "/both"));
	assert_int_equal(put(w, "/absolute/passwd", "ours", 0600), 0);
	assert_string_equal(get(w, "/relative/passwd", &e), "ours");
	assert_string_equal(get(w, "/both/passwd", &e), "ours");
	assert_int_equal(put(w, "/both/new", "new", 0600), 0);
	assert_string_equal(get(w, "/etc/new", &e), "new");
	assert_int_equal(count(w, "/etc"), 2);
	symlink("round", at(w, "/round"));
	assert_int_equal(put(w, "/round/f", "x", 0600), -1);
	assert_said(w, "cannot write '/round/f'");
	symlink("nowhere", at(w, "/dangling"));
	assert_string_equal(get(w, "/dangling/f", &e), "");
	assert_int_equal(e.type, ENTRY_ABSENT);
}

static void a_link_that_others_made_is_not_followed(void **state)
{
	struct world *w = *state;
	struct entry e;
	struct bytes b;

	mkdir(at(w, "/etc"), 0755);
	put(w, "/etc/shadow", "secret", 0600);
	mkdir(at(w, "/home"), 0755);
	chown(at(w, "/home"), NOBODY, NOBODY);
	symlink("/etc", at(w, "/home/link"));
	assert_int_equal(put(w, "/home/link/shadow", "gone", 0666), -1);
	assert_said(w, "it leads through a symbolic link in '/home', where others than root may write (uid 65534, mode 0755)");
	assert_int_equal(host_read(&w->job, &w->host, "/home/link/shadow", 0,
	    &b, &e), -1);
	assert_int_equal(
	    host_unlink(&w->job, &w->host, "/home/link/shadow"), -1);
	assert_int_equal(host_set_mode(&w->job, &w->host, "/home/link/shadow",
	    0666, 0, 0), -1);
	assert_string_equal(get(w, "/etc/shadow", &e), "secret");
	/* sticky: who made the link counts */
	chown(at(w, "/home"), 0, 0);
	chmod(at(w, "/home"), 01777);
	assert_string_equal(get(w, "/home/link/shadow", &e), "secret");
	lchown(at(w, "/home/link"), NOBODY, NOBODY);
	assert_int_equal(host_read(&w->job, &w->host, "/home/link/shadow", 0,
	    &b, &e), -1);
}

static void a_second_name_is_no_way_to_another_file(void **state)
{
	struct world *w = *state;
	struct entry e;

	put(w, "/shadow", "secret", 0600);
	mkdir(at(w, "/home"), 0755);
	link(at(w, "/shadow"), at(w, "/home/mine"));
	chown(at(w, "/home"), NOBODY, NOBODY);
	assert_int_equal(host_set_mode(&w->job, &w->host, "/home/mine", 0666,
	    NOBODY, NOBODY), -1);
	assert_said(w, "it has 2 names");
	host_look(&w->job, &w->host, "/shadow", &e);
	assert_int_equal(e.uid, 0);
	assert_int_equal(put(w, "/home/mine", "public", 0644), 0);
	assert_string_equal(get(w, "/shadow", &e), "secret");
}

struct flipper {
	const struct world *world;
	volatile bool stop;
};

/* swap a directory and a link to the root's own until asked to stop */
static void *flip(void *context)
{
	struct flipper *f = context;
	const char *a = at(f->world, "/home/dir");
	const char *b = at(f->world, "/home/link");

	while (!f->stop)
		renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
	return NULL;
}

static void a_link_swapped_in_does_not_lead_away(void **state)
{
	struct world *w = *state;
	struct flipper f = { .world = w };
	pthread_t thread;
	struct stat st;
	int i, done = 0;

	mkdir(at(w, "/victim"), 0755);
	mkdir(at(w, "/home"), 0755);
	mkdir(at(w, "/home/dir"), 0755);
	symlink("/victim", at(w, "/home/link"));
	chown(at(w, "/home"), NOBODY, NOBODY);
	assert_int_equal(pthread_create(&thread, NULL, flip, &f), 0);
	for (i = 0; i < 2000; i++) {
		done += put(w, "/home/dir/f", "x", 0600) == 0;
		if (stat(at(w, "/victim/f"), &st) == 0)
			break;
	}
	f.stop = true;
	pthread_join(thread, NULL);
	assert_int_equal(i, 2000);
	assert_true(done > 0);
	assert_int_equal(count(w, "/victim"), 0);
}

static void a_fifo_or_socket_does_not_block(void **state)
{
	struct world *w = *state;
	struct entry e;

	mkfifo(at(w, "/fifo"), 0600);
	assert_string_equal(get(w, "/fifo", &e), "");
	assert_int_equal(e.type, ENTRY_OTHER);
	mknod(at(w, "/socket"), S_IFSOCK | 0600, 0);
	assert_string_equal(get(w, "/socket", &e), "");
	assert_int_equal(e.type, ENTRY_OTHER);
}

static void a_full_disk_leaves_the_old_file(void **state)
{
	struct world *w = *state;
	size_t size = 300 << 10;
	char *large = arena_alloc(w->arena, size + 1);
	struct entry e;

	memset(large, 'x', size);
	mkdir(at(w, "/small"), 0755);
	assert_int_equal(mount("none", at(w, "/small"), "tmpfs", 0,
	    "size=128k"), 0);
	assert_int_equal(put(w, "/small/f", "old", 0600), 0);
	assert_int_equal(put(w, "/small/f", large, 0600), -1);
	assert_said(w, "No space left on device (the disk is full: free some space)");
	assert_string_equal(get(w, "/small/f", &e), "old");
	assert_int_equal(count(w, "/small"), 1);
	assert_int_equal(mount("none", at(w, "/small"), "tmpfs",
	    MS_REMOUNT | MS_RDONLY, ""), 0);
	assert_int_equal(put(w, "/small/f", "new", 0600), -1);
	assert_said(w, "Read-only file system (is it mounted to be read only?)");
	assert_int_equal(host_mkdir(&w->job, &w->host, "/small/d", 0755, 0, 0),
	    -1);
	assert_int_equal(host_symlink(&w->job, &w->host, "x", "/small/l"), -1);
	assert_int_equal(host_unlink(&w->job, &w->host, "/small/f"), -1);
	assert_int_equal(umount(at(w, "/small")), 0);
}

static void a_kernel_setting_is_written_in_place(void **state)
{
	struct world *w = *state;
	struct host real;
	struct entry e;
	struct bytes b;

	assert_int_equal(host_open(w->arena, "/", &real, &w->err), 0);
	assert_int_equal(host_read(&w->job, &real,
	    "/proc/sys/kernel/panic", 0, &b, &e), 0);
	assert_int_equal(host_poke(&w->job, &real,
	    "/proc/sys/kernel/panic", b), 0);
	assert_int_equal(host_poke(&w->job, &real, "/proc/sys/kernel/panic",
	    (struct bytes){ "many", 4 }), -1);
	assert_said(w, "cannot write '/proc/sys/kernel/panic': Invalid");
	assert_int_equal(host_poke(&w->job, &real, "/proc/sys/kernel/no", b),
	    -1);
	host_close(&real);
}

static void no_descriptor_is_left_open(void **state)
{
	struct world *w = *state;
	struct strings s;
	struct entry e;
	int before = dup(0), after, i;

	close(before);
	for (i = 0; i < 3; i++) {
		put(w, "/f", "x", 0600);
		put(w, "/no/f", "x", 0600);
		get(w, "/f", &e);
		get(w, "/no", &e);
		host_list(&w->job, &w->host, "/f", &s);
		host_list(&w->job, &w->host, "/", &s);
		host_mkdir(&w->job, &w->host, "/d", 0700, 0, 0);
		host_set_mode(&w->job, &w->host, "/d", 0755, 0, 0);
		host_symlink(&w->job, &w->host, "x", "/d");
		host_unlink(&w->job, &w->host, "/d");
	}
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
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
		TEST(links_stay_in_the_root),
		TEST(a_link_that_others_made_is_not_followed),
		TEST(a_second_name_is_no_way_to_another_file),
		TEST(a_link_swapped_in_does_not_lead_away),
		TEST(a_fifo_or_socket_does_not_block),
		TEST(a_full_disk_leaves_the_old_file),
		TEST(a_kernel_setting_is_written_in_place),
		TEST(no_descriptor_is_left_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
