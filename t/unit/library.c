/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * library.c - libraries that are loaded when something first needs them.
 */
#include "../../resources/host/library.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../specs/arena.h"

/* in the place of what the Makefile found */
const struct library_file library_files[] = {
	{ "libz", "libz.so.1", "zlib1g" },
	{ "libmissing", "libmissing.so.3", "libmissing3" },
	{ 0, 0, 0 },
};

/* of zlib.h, which need not be there: dpkg brings the library */
const char *zlibVersion(void);
unsigned long crc32(unsigned long, const unsigned char *, unsigned);

static int starts;

static void start(const void *);
#define FUNCTIONS(f) f(zlibVersion) f(crc32)
LIBRARY(z, "libz", FUNCTIONS, .start = start)

static void start(const void *table)
{
	const struct z *functions = table;

	assert_non_null(functions->zlibVersion);
	starts++;
}

static void *load(void *arena)
{
	return (void *)(uintptr_t)!library_load(&z_library, arena);
}

static void a_library_is_started_once_whoever_asks(void **state)
{
	scoped_arena *a = arena_open();
	pthread_t threads[8];
	void *loaded;
	size_t i;

	(void)state;
	for (i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, load,
		    arena_child(a)), 0);
	for (i = 0; i < 8; i++) {
		pthread_join(threads[i], &loaded);
		assert_non_null(loaded);
	}
	assert_int_equal(starts, 1);
}

static void its_functions_are_called_by_the_table(void **state)
{
	scoped_arena *a = arena_open();

	(void)state;
	assert_null(library_load(&z_library, a));
	assert_int_equal(z()->zlibVersion()[0], '1');
	assert_int_equal(z()->crc32(0, (const unsigned char *)"123456789", 9),
	    0xcbf43926);
}

static void what_is_missing_is_named_with_its_package(void **state)
{
	static const char *const none[] = { NULL };
	static const struct library missing = { "libmissing", none, NULL };
	scoped_arena *a = arena_open();
	int i;

	(void)state;
	for (i = 0; i < 2; i++)
		assert_string_equal(library_load(&missing, a),
		    "cannot load 'libmissing': libmissing.so.3: cannot open shared object file: No such file or directory; is the package 'libmissing3' installed?");
}

static void a_library_of_another_make_is_refused(void **state)
{
	static const char *const symbols[] = { "crc32", "crc33", NULL };
	static const struct library other = { "libz", symbols, start };
	scoped_arena *a = arena_open();
	int before = starts;

	(void)state;
	assert_string_equal(library_load(&other, a),
	    "'libz.so.1' is not the 'libz' that plumb was built with: it has no crc33");
	assert_int_equal(starts, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_library_is_started_once_whoever_asks),
		cmocka_unit_test(its_functions_are_called_by_the_table),
		cmocka_unit_test(what_is_missing_is_named_with_its_package),
		cmocka_unit_test(a_library_of_another_make_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
