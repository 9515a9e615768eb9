/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * textdiff.c - what differs between two texts.
 */
#include "../../reconciler/textdiff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct bytes text(const char *s)
{
	return (struct bytes){ s, strlen(s) };
}

static void changed(const char *before, const char *after, unsigned context,
    const char *expected)
{
	scoped_arena *a = arena_open();

	assert_string_equal(
	    textdiff(a, text(before), text(after), context), expected);
}

static void equal_texts_have_no_diff(void **state)
{
	(void)state;
	changed("a\nb\n", "a\nb\n", 3, "");
	changed("", "", 3, "");
}

static void a_changed_line_is_shown_with_its_context(void **state)
{
	(void)state;
	changed("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n",
	    1, "@@ -4,3 +4,3 @@\n 4\n-5\n+five\n 6\n");
	changed("1\n2\n3\n", "1\ntwo\n3\n", 0, "@@ -2 +2 @@\n-2\n+two\n");
}

static void changes_far_apart_are_two_hunks(void **state)
{
	(void)state;
	changed("a\n1\n2\n3\n4\nb\n", "A\n1\n2\n3\n4\nB\n", 1,
	    "@@ -1,2 +1,2 @@\n-a\n+A\n 1\n@@ -5,2 +5,2 @@\n 4\n-b\n+B\n");
}

static void a_missing_line_feed_at_the_end_is_said(void **state)
{
	(void)state;
	changed("a\n", "a", 3,
	    "@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file\n");
	changed("a", "a\n", 3,
	    "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
	changed("a\nz", "b\nz", 3,
	    "@@ -1,2 +1,2 @@\n-a\n+b\n z\n\\ No newline at end of file\n");
}

static void an_empty_side_is_a_file_without_lines(void **state)
{
	(void)state;
	changed("", "x\ny\n", 3, "@@ -0,0 +1,2 @@\n+x\n+y\n");
	changed("x\n", "", 3, "@@ -1 +0,0 @@\n-x\n");
}

static void what_looks_like_a_function_is_not_in_the_header(void **state)
{
	(void)state;
	changed("int f(void)\n{\n1\n2\n3\n4\n5\n}\n",
	    "int f(void)\n{\n1\n2\n3\n4\nfive\n}\n", 1,
	    "@@ -6,3 +6,3 @@\n 4\n-5\n+five\n }\n");
}

static void bytes_that_are_not_text_have_none(void **state)
{
	scoped_arena *a = arena_open();

	(void)state;
	assert_null(textdiff(a, (struct bytes){ "a\0b", 3 }, text("x"), 3));
	assert_null(textdiff(a, text("x"), (struct bytes){ "a\0b", 3 }, 3));
	assert_null(textdiff(a, text("caf\xe9\n"), text("x"), 3));
	assert_string_equal(textdiff(a, text("caf\xc3\xa9\n"), text("x\n"), 3),
	    "@@ -1 +1 @@\n-caf\xc3\xa9\n+x\n");
}

static void a_text_over_the_limit_has_none(void **state)
{
	scoped_arena *a = arena_open();
	char *big = arena_alloc(a, TEXTDIFF_LIMIT + 1);

	(void)state;
	memset(big, '\n', TEXTDIFF_LIMIT + 1);
	assert_null(textdiff(a, (struct bytes){ big, TEXTDIFF_LIMIT + 1 },
	    text("x"), 3));
	assert_non_null(textdiff(a, (struct bytes){ big, TEXTDIFF_LIMIT },
	    (struct bytes){ big, TEXTDIFF_LIMIT - 1 }, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_texts_have_no_diff),
		cmocka_unit_test(a_changed_line_is_shown_with_its_context),
		cmocka_unit_test(changes_far_apart_are_two_hunks),
		cmocka_unit_test(a_missing_line_feed_at_the_end_is_said),
		cmocka_unit_test(an_empty_side_is_a_file_without_lines),
		cmocka_unit_test(
		    what_looks_like_a_function_is_not_in_the_header),
		cmocka_unit_test(bytes_that_are_not_text_have_none),
		cmocka_unit_test(a_text_over_the_limit_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
