/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * objects.c - the bytes from before: whole or absent, by number of objects.c.
 */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../reconciler/objects.h"

enum { KILLS = 40, MANY = 100, THREADS = 4 };

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
	strcpy(w->state, "/tmp/plumb-objects-XXXXXX");
	assert_non_null(mkdtemp(w->state));
	*state = w;
	return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type,
    struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static int teardown(void **state)
{
	struct world *w = *state;

	nftw(w->state, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	arena_close(w->arena);
	return 0;
}

static struct object object_of(const char *text)
{
	return (struct object){ .bytes = { text, strlen(text) } };
}

static void put(struct world *w, struct object *o, size_t n)
{
	if (objects_put(w->state, o, n, &w->err))
		fail_msg("%s", err_text(w->arena, &w->err, 0));
}

static const char *path_of(struct world *w, const struct object *o)
{
	return arena_printf(w->arena, "%s/objects/%.2s/%s", w->state,
	    o->digest, o->digest + 2);
}

/* names in STATE/objects that begin with `start` */
static int count(struct world *w, const char *start)
{
	DIR *d = opendir(arena_printf(w->arena, "%s/objects", w->state));
	struct dirent *e;
	int n = 0;

	while (d && (e = readdir(d)))
		n += !strncmp(e->d_name, start, strlen(start));
	if (d)
		closedir(d);
	return n;
}

static void what_is_put_can_be_got(void **state)
{
	struct world *w = *state;
	struct object o[] = { object_of("hello\n"), object_of("") };
	struct bytes got;
	struct stat st;

	put(w, o, 2);
	/* as sha256sum(1) says */
	assert_string_equal(o[0].digest,
	    "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03");
	assert_int_equal(objects_get(w->arena, w->state, o[0].digest, &got,
	    &w->err), 1);
	assert_string_equal(got.data, "hello\n");
	assert_int_equal(got.size, 6);
	assert_int_equal(objects_get(w->arena, w->state, o[1].digest, &got,
	    &w->err), 1);
	assert_int_equal(got.size, 0);
	assert_int_equal(stat(path_of(w, &o[0]), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(count(w, "new."), 0);
}

static void what_was_never_put_is_absent(void **state)
{
	struct world *w = *state;
	struct object o = object_of("a");
	struct bytes got;
	char other[DIGEST_HEX];

	memset(other, 'a', 64);
	other[64] = '\0';
	assert_int_equal(objects_get(w->arena, w->state, other, &got, &w->err),
	    0);
	put(w, &o, 1);
	assert_int_equal(objects_get(w->arena, w->state, other, &got, &w->err),
	    0);
	assert_int_equal(objects_get(w->arena, w->state, "../../etc/passwd",
	    &got, &w->err), -1);
}

static void many_are_put_together_even_twice_the_same(void **state)
{
	struct world *w = *state;
	struct object o[MANY];
	struct bytes got;
	size_t i;

	for (i = 0; i < MANY; i++)
		o[i] = object_of(arena_printf(w->arena, "object %zu", i / 2));
	put(w, o, MANY);
	put(w, o, MANY);
	for (i = 0; i < MANY; i++) {
		assert_int_equal(objects_get(w->arena, w->state, o[i].digest,
		    &got, &w->err), 1);
		assert_string_equal(got.data, o[i].bytes.data);
	}
	assert_int_equal(count(w, "new."), 0);
}

struct worker {
	struct world *world;
	struct object object[MANY];
	int result;
};

static void *put_some(void *p)
{
	struct worker *w = p;
	struct arena *a = arena_open();
	struct err e = err_new(a);
	size_t i;

	for (i = 0; i < MANY && !w->result; i += 10)
		w->result = objects_put(w->world->state, &w->object[i],
		    i % 20 ? 10 : 1, &e);
	arena_close(a);
	return NULL;
}

static void threads_put_the_same_at_once(void **state)
{
	struct world *w = *state;
	struct worker *workers = arena_array(w->arena, THREADS,
	    sizeof(*workers));
	pthread_t threads[THREADS];
	size_t i, k;

	for (i = 0; i < THREADS; i++) {
		workers[i].world = w;
		for (k = 0; k < MANY; k++)
			workers[i].object[k] = object_of(arena_printf(w->arena,
			    "shared %zu", k));
		pthread_create(&threads[i], NULL, put_some, &workers[i]);
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(workers[i].result, 0);
	}
	assert_int_equal(count(w, "new."), 0);
}

/* (1): killed at any moment, what has a name is whole */
static void put_until_killed(struct world *w, int round)
{
	struct object o[20];
	size_t i, size = 40000;
	int k;

	for (k = 0;; k++) {
		for (i = 0; i < 20; i++) {
			char *data = arena_alloc(w->arena, size);

			memset(data, 'a' + (int)i, size);
			memcpy(data, &k, sizeof(k));
			memcpy(data + 8, &round, sizeof(round));
			o[i].bytes = (struct bytes){ data, size };
		}
		if (objects_put(w->state, o, k % 2 ? 20 : 3, &w->err))
			_exit(1);
	}
}

static void objects_check(struct world *w, size_t *n)
{
	scoped_arena *a = arena_open();
	const char *top = arena_printf(a, "%s/objects", w->state);
	struct dirent *e, *f;
	struct bytes got;
	DIR *d = opendir(top), *below;

	while (d && (e = readdir(d))) {
		if (strlen(e->d_name) != 2 || e->d_name[0] == '.')
			continue;
		below = opendir(arena_printf(a, "%s/%s", top, e->d_name));
		while ((f = readdir(below))) {
			if (f->d_name[0] == '.')
				continue;
			assert_int_equal(objects_get(a, w->state,
			    arena_printf(a, "%s%s", e->d_name, f->d_name),
			    &got, &w->err), 1);
			(*n)++;
		}
		closedir(below);
	}
	if (d)
		closedir(d);
}

static void whatever_kills_it_what_has_a_name_is_whole(void **state)
{
	struct world *w = *state;
	size_t n = 0;
	int round, status;
	pid_t child;

	srandom(3);
	for (round = 0; round < KILLS; round++) {
		child = fork();
		if (!child)
			put_until_killed(w, round);
		usleep((useconds_t)(random() % 15000));
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
	}
	objects_check(w, &n);
	print_message("# %zu objects, %d left half-written\n", n,
	    count(w, "new."));
	assert_true(n > 0);
	assert_int_equal(objects_clean(w->state, &w->err), 0);
	assert_int_equal(count(w, "new."), 0);
}

/* (3) */
static void damaged_bytes_are_never_returned(void **state)
{
	struct world *w = *state;
	struct object o = object_of("precious");
	struct bytes got;
	int fd;

	put(w, &o, 1);
	fd = open(path_of(w, &o), O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "P", 1, 0), 1);
	close(fd);
	assert_int_equal(objects_get(w->arena, w->state, o.digest, &got,
	    &w->err), -1);
	assert_non_null(strstr(err_text(w->arena, &w->err, 0),
	    "is damaged: it does not match its name"));
	assert_int_equal(truncate(path_of(w, &o), 3), 0);
	assert_int_equal(objects_put(w->state, &o, 1, &w->err), -1);
}

static void what_cannot_be_written_leaves_nothing(void **state)
{
	struct world *w = *state;
	struct rlimit was, small = { 4096, 4096 };
	struct object o[MANY];
	char *large = arena_alloc(w->arena, 10000);
	size_t i;
	int result;

	for (i = 0; i < MANY; i++)
		o[i] = object_of(arena_printf(w->arena, "object %zu", i));
	o[MANY - 1].bytes = (struct bytes){ large, 10000 };
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	small.rlim_max = was.rlim_max;
	setrlimit(RLIMIT_FSIZE, &small);
	result = objects_put(w->state, o, MANY, &w->err);
	setrlimit(RLIMIT_FSIZE, &was);
	assert_int_equal(result, -1);
	assert_non_null(strstr(err_text(w->arena, &w->err, 0),
	    "File too large"));
	assert_int_equal(count(w, "new."), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_put_can_be_got),
		TEST(what_was_never_put_is_absent),
		TEST(many_are_put_together_even_twice_the_same),
		TEST(threads_put_the_same_at_once),
		TEST(whatever_kills_it_what_has_a_name_is_whole),
		TEST(damaged_bytes_are_never_returned),
		TEST(what_cannot_be_written_leaves_nothing),
	};

	return cmocka_run_group_tests_name("objects", tests, NULL, NULL);
}
