/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sandbox.c - what an expression cannot do, however hard it tries.
 */
#include <time.h>

#include "../world.h"

static void order_does_not_depend_on_a_hash(void **state)
{
	struct world *w = *state;

	is(w, "{z=1, y=2, x=3, b=4, a=5}",
	    "{\"a\": 5, \"b\": 4, \"x\": 3, \"y\": 2, \"z\": 1}");
	is(w, "(function() local s = '' for k in pairs({z=1, y=2, 7, x=3}) do s = s .. k end return s end)()",
	    "\"1xyz\"");
	is(w, "(function() local t = {} for i = 1, 300 do t[i] = {i % 3, i} end"
	    " table.sort(t, function(a, b) return a[1] < b[1] end)"
	    " return {t[1][2], t[100][2], t[101][2], t[300][2]} end)()",
	    "[3, 300, 1, 299]");
	fails(w, "tostring({})", "a table cannot become text");
	fails(w, "string.format('%s', print)", "there is no 'print'");
	fails(w, "string.format('%5p', 'x')", "no %p");
	fails(w, "math.random()", "attempt to call a nil value");
}

static void nothing_runs_for_ever(void **state)
{
	struct world *w = *state;

	fails(w, "(function() while true do end end)()",
	    "it takes more than 10 million steps");
	fails(w, "(function() local s = 'x' while true do s = s .. s end end)()",
	    "it needs more than 64 MiB of memory");
	fails(w, "('x'):rep(1 << 60)", "rep() repeats at most");
	fails(w, "(''):rep(1 << 60)", "rep() repeats at most");
	fails(w, "('x'):rep(1 << 24):rep(100)", "64 MiB");
	fails(w, "(function() local function f() return f() + 1 end return f() end)()",
	    "");
	fails(w, "('a'):rep(1000):find(('a*'):rep(20) .. 'b')",
	    "this pattern may take too long");
	fails(w, "('a'):rep(100000):match('.-b')", "too long");
	fails(w, "table.move({}, 1, 1 << 60, 2)", "move() moves at most");
	fails(w, "table.concat({}, 'x', 1, 1 << 60)", "invalid value");
	fails(w, "(function() local t, s = {}, ('x'):rep(1 << 20) for i = 1, 1000 do t[i] = s end return t end)()",
	    "the result is larger than 64 MiB");
	fails(w, "table.unpack({}, 1, 1 << 30)", "too many results");
	is(w, "('  x  '):gsub('^%s*(.-)%s*$', '%1')", "\"x\"");
	is(w, "#('x y '):rep(20000):gsub('%s+', '')", "40000");
	is(w, "1 + 1", "2");
}

static void nothing_of_the_machine_is_in_reach(void **state)
{
	static const char *const names[] = { "load", "dofile", "require", "io",
		"os", "debug", "coroutine", "collectgarbage", "getmetatable",
		"setmetatable", "rawset", "rawget", "rawequal", "rawlen",
		"print", "pcall", "xpcall", "next", "package", "_G", "utf8",
		"loadstring", "loadfile", "warn", NULL };
	struct world *w = *state;
	int i;

	for (i = 0; names[i]; i++)
		fails(w, names[i], "there is no '");
	is(w, "string.dump", "null");
	is(w, "string.nothing", "null");
	is(w, "('x').dump", "null");
}

static void evaluations_do_not_see_each_other(void **state)
{
	struct world *w = *state;

	fails(w, "(function() string.upper = 1 end)()", "cannot be changed");
	fails(w, "(function() ('').upper = 1 end)()", "attempt to index");
	fails(w, "table.insert(string, 1)", "cannot be changed");
	fails(w, "(function() _ENV.x = 1 end)()", "cannot be assigned");
	is(w, "(function() local p = port _ENV = {port = 1} return p end)()",
	    "5061");
	is(w, "(function() local p = port _ENV = {port = 1} return p end)()",
	    "5061");
	renders(w, "${port}% _ENV = {}", "5061% _ENV = {}");
	is(w, "port", "5061");
}

static void many_different_expressions_fit(void **state)
{
	struct world *w = *state;
	int i;

	for (i = 0; i < 10000; i++)
		is(w, arena_printf(w->arena, "port + %d", i),
		    arena_printf(w->arena, "%d", 5061 + i));
}

static void a_hundred_thousand_evaluations_take_a_moment(void **state)
{
	struct world *w = *state;
	struct value in = read_yaml(w, "v: ${\"x\" .. it}"), out;
	struct timespec from, to;
	double took;
	int i;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	for (i = 0; i < 100000; i++)
		assert_int_equal(evaluate(&w->reader, &in.pairs[0].value,
		    &out), 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	took = (double)(to.tv_sec - from.tv_sec) +
	    (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	print_message("# %.0f ns for one\n", took * 1e9 / 100000);
	assert_string_equal(out.text, "xouter");
	assert_true(took < 5);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WORLD_TEST(order_does_not_depend_on_a_hash),
		WORLD_TEST(nothing_runs_for_ever),
		WORLD_TEST(nothing_of_the_machine_is_in_reach),
		WORLD_TEST(evaluations_do_not_see_each_other),
		WORLD_TEST(many_different_expressions_fit),
		WORLD_TEST(a_hundred_thousand_evaluations_take_a_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
