/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * expression.c - what ${…} and conditions give, and what they say when
 * they cannot.
 */
#include <string.h>

#include "../world.h"

static void a_lone_expression_keeps_the_type(void **state)
{
	struct world *w = *state;

	gives(w, "v: ${port}", "{\"v\": 5061}");
	gives(w, "v: ${quoted}", "{\"v\": \"5061\"}");
	gives(w, "v: \"${port}\"", "{\"v\": 5061}");
	gives(w, "v: ${enabled}", "{\"v\": true}");
	gives(w, "v: ${nothing}", "{\"v\": null}");
	gives(w, "v: ${host.os}",
	    "{\"v\": {\"id\": \"debian\", \"version\": 12}}");
	gives(w, "v: ${domains}",
	    "{\"v\": [\"contoso.test\", \"fabrikam.test\"]}");
	gives(w, "v: \"${ {b = 1, a = {true, 'x'}} }\"",
	    "{\"v\": {\"a\": [true, \"x\"], \"b\": 1}}");
	is(w, "10 / 2", "5.0");
	is(w, "port + 1", "5062");
}

static void numbers_that_are_only_read_stay_as_written(void **state)
{
	struct world *w = *state;
	struct value v = given(*state, "v: ${mode}");

	assert_string_equal(v.pairs[0].value.text, "0640");
	is(w, "version", "1.10");
	gives(w, "v: v${version}", "{\"v\": \"v1.10\"}");
}

static void among_text_results_are_joined(void **state)
{
	struct world *w = *state;

	gives(w, "v: \"${host.address}:${port}\"",
	    "{\"v\": \"10.7.0.11:5061\"}");
	gives(w, "v: ${port}${port}", "{\"v\": \"50615061\"}");
	gives(w, "v: on-${enabled}", "{\"v\": \"on-true\"}");
	fails(w, "'x'}${domains", "a list cannot stand in text");
	fails(w, "'x'}${host", "a map cannot stand in text");
	fails(w, "'x'}${host.adress", "this is nothing (nil)");
}

static void a_doubled_dollar_is_literal(void **state)
{
	struct world *w = *state;

	gives(w, "v: $${port}", "{\"v\": \"${port}\"}");
	gives(w, "v: a$${b}c${port}$", "{\"v\": \"a${b}c5061$\"}");
	gives(w, "v: $$$${port}", "{\"v\": \"$$${port}\"}");
	gives(w, "v: $5 $(x) $$", "{\"v\": \"$5 $(x) $$\"}");
}

static void braces_in_strings_tables_and_comments_do_not_close(void **state)
{
	struct world *w = *state;

	is(w, "'}' .. \"}{\" .. [[}]] .. [=[]]}]=]", "\"}}{}]]}\"");
	is(w, "#{1, {2}, {}}", "3");
	is(w, "1 --[[ } ]] + 1", "2");
	gives(w, "v: |-\n  ${1 -- }\n  + 2}", "{\"v\": 3}");
	is(w, "'\\'}'", "\"'}\"");
}

static void a_list_in_a_list_is_spliced(void **state)
{
	struct world *w = *state;

	gives(w, "v: [a, \"${map(domains, 'sip.' .. it)}\", b, \"${none}\"]",
	    "{\"v\": [\"a\", \"sip.contoso.test\", \"sip.fabrikam.test\", \"b\"]}");
	gives(w, "v: [[\"${port}\"], \"${ {{1}} }\"]",
	    "{\"v\": [[5061], [1]]}");
}

static void what_has_no_expression_is_shared(void **state)
{
	struct world *w = *state;
	struct value in = read_yaml(w, "a: { b: [1, 2] }\nc: ${port}"), out;

	assert_int_equal(evaluate(&w->reader, &in, &out), 0);
	assert_ptr_equal(out.pairs[0].value.pairs, in.pairs[0].value.pairs);
	assert_false(out.flags & VALUE_HAS_EXPRESSION);
}

static void what_is_passed_on_untouched_keeps_its_place(void **state)
{
	struct value v = given(*state, "v: ${host.os}");

	assert_int_equal(v.pairs[0].value.pos.line, 10);
	assert_string_equal(v.pairs[0].value.pos.source->path, "site.yaml");
}

static void map_and_filter_are_over_it(void **state)
{
	struct world *w = *state;

	is(w, "map(domains, it:upper())",
	    "[\"CONTOSO.TEST\", \"FABRIKAM.TEST\"]");
	is(w, "filter(numbers, it > 1)", "[3, 2]");
	is(w, "map(domains, map({1, 2}, it + 1))", "[[2, 3], [2, 3]]");
	is(w, "map(filter(domains, it ~= 'contoso.test'), 'a(' .. it .. ',)')",
	    "[\"a(fabrikam.test,)\"]");
	is(w, "map(domains, function(d) return d:sub(1, 3) end)",
	    "[\"con\", \"fab\"]");
	is(w, "map(domains, string.len)", "[12, 13]");
	is(w, "map((function() local a, b = 1, 2; return {a, b} end)(), it)",
	    "[1, 2]");
	is(w, "map(domains, {it, select(2, 1, it)})[1][2]",
	    "\"contoso.test\"");
	is(w, "map(hosts, it.key .. '=' .. it.value.address)",
	    "[\"fe1=10.7.0.11\", \"fe2=10.7.0.12\"]");
	is(w, "filter(hosts, it.key == 'fe2')",
	    "{\"fe2\": {\"address\": \"10.7.0.12\"}}");
	is(w, "it .. join(map({1}, it), '')", "\"outer1\"");
	is(w, "'x'..join(map(domains, it:sub(1, 1)), ',')", "\"xc,f\"");
	fails(w, "map(domains, it, it)", "map takes a list and an expression");
	fails(w, "map(domains)", "map takes a list and an expression");
	fails(w, "map(port, it)", "map takes a list or a map, not number");
	fails(w, "map(domains, nil)", "map gives nothing (nil) for element 1");
}

static void values_look_like_tables(void **state)
{
	struct world *w = *state;

	is(w, "#domains", "2");
	is(w, "domains[2]", "\"fabrikam.test\"");
	is(w, "domains[3]", "null");
	is(w, "hosts.fe1.address", "\"10.7.0.11\"");
	is(w, "host.os.id == 'debian' and host.os.version >= 12", "true");
	is(w, "table.concat(domains, ' ')", "\"contoso.test fabrikam.test\"");
	is(w, "join(numbers, ',')", "\"3,1,2\"");
	is(w, "type(domains)", "\"table\"");
	is(w, "domains == domains and host ~= hosts", "true");
	is(w, "(function() local s = '' for k, v in pairs(zebra) do s = s .. k .. v end return s end)()",
	    "\"z1a2m3\"");
	is(w, "(function() local s = 0 for _, n in ipairs(numbers) do s = s + n end return s end)()",
	    "6");
	is(w, "(function() local t = map(numbers, it) table.sort(t) return t end)()",
	    "[1, 2, 3]");
	fails(w, "domains.length", "a list has no 'length'");
	fails(w, "(function() domains[1] = 2 end)()", "cannot be changed");
	fails(w, "domains + 1",
	    "attempt to perform arithmetic on a list value ('domains')");
	fails(w, "host.roles.x",
	    "attempt to index a nil value (field 'roles')");
}

static void keys_are_evaluated_too(void **state)
{
	struct world *w = *state;
	struct value v;

	gives(w, "v: { \"_sip.${domains[1]}\": \"${port}\" }",
	    "{\"v\": {\"_sip.contoso.test\": 5061}}");
	v = given(w, "\"${host.name}\": 1");
	assert_non_null(value_find(&v, "fe1"));
	says(w, "\"${host.name}\": 1\nfe1: 2",
	    "t.yaml:1:1: 'fe1' is given twice\n"
	    "    1 | \"${host.name}\": 1\n"
	    "      | ^~~~~~~~~~~~~~\n"
	    "t.yaml:2:1: note: it is given here too\n"
	    "    2 | fe1: 2\n"
	    "      | ^~~\n");
	fails(w, "1}\n\"${domains}\": ${2", "a key must be text, not a list");
}

static void errors_point_at_the_expression(void **state)
{
	struct world *w = *state;

	says(w, "a:\n  b: \"x: ${host.name} ${hots}\"",
	    "t.yaml:2:23: there is no 'hots' here (did you mean 'hosts'?)\n"
	    "    2 |   b: \"x: ${host.name} ${hots}\"\n"
	    "      |                       ^~~~~~~\n");
	says(w, "a: 'it''s ${1 +}'",
	    "t.yaml:1:11: something is missing at the end\n"
	    "    1 | a: 'it''s ${1 +}'\n"
	    "      |           ^~~~~~\n");
	says(w, "a: |\n  one\n  two ${x y}\n",
	    "t.yaml:3:7: unexpected 'y'\n"
	    "    3 |   two ${x y}\n"
	    "      |       ^~~~~~\n");
	says(w, "a: \"\\\"é\\t${}\"",
	    "t.yaml:1:10: an expression is missing\n"
	    "    1 | a: \"\\\"é\\t${}\"\n"
	    "      |          ^~~\n");
	says(w, "a: >\n  one\n  two ${\n  error('gone')}\n",
	    "t.yaml:3:7: gone\n"
	    "    3 |   two ${\n"
	    "      |       ^~\n");
	says(w, "a: \"x ${port\"",
	    "t.yaml:1:7: this ${ is not closed by a }\n"
	    "    1 | a: \"x ${port\"\n"
	    "      |       ^~\n");
	says(w, "a: \"${'x}\"",
	    "t.yaml:1:5: this ${ is not closed by a }, because a string or comment in it has no end\n"
	    "    1 | a: \"${'x}\"\n"
	    "      |     ^~\n");
}

static void all_mistakes_are_said(void **state)
{
	struct world *w = *state;
	struct value in = read_yaml(w, "a: ${x}\nb: [\"${y}\", 1]\n"), out;

	assert_int_equal(evaluate(&w->reader, &in, &out), -1);
	assert_int_equal(w->err.count, 2);
}

static void messages_are_plain(void **state)
{
	struct world *w = *state;

	fails(w, "f(a}", "the brackets in this ${…} do not pair up");
	fails(w, "1, 2", "one value is expected, not several");
	fails(w, "x = 1", "unexpected '='");
	fails(w, "'a' < 1", "attempt to compare string with number");
	fails(w, "nothing.x", "attempt to index a nil value ('nothing')");
	fails(w, "('x'):rep(-1, {})", "bad argument");
	fails(w, "error({})", "error() was called with table instead");
	fails(w, "assert(false, 'no way')", ": no way\n");
	fails(w, "(function() y = 1 end)()", "'y' cannot be assigned to");
	fails(w, "print", "there is no 'print' here");
	fails(w, "map", "the result is a function");
	fails(w, "0/0", "not a number that can be written");
	fails(w, "1//0", "attempt to divide by zero");
	fails(w, "{1, a = 2}", "with and without a key");
	fails(w, "{[1] = 1, [3] = 3}", "without an element 2");
	fails(w, "{[true] = 1}", "a key of the result is a boolean");
	fails(w, "(function() local t = {} t[1] = t return t end)()",
	    "holds itself");
}

static void conditions_are_written_without_braces(void **state)
{
	struct world *w = *state;
	struct value in = read_yaml(w,
	    "a: host.os.id == \"debian\" and enabled\n"
	    "b: domains\nc: [x, y]\nd: ${enabled}\ne: hst\nf:\n"), out;
	uint32_t i;

	for (i = 0; i < 3; i++)
		assert_int_equal(evaluate_bare(&w->reader,
		    &in.pairs[i].value, &out), 0);
	assert_int_equal(evaluate_bare(&w->reader, &in.pairs[0].value,
	    &out), 0);
	assert_string_equal(json_text(w->arena, &out), "true");
	for (; i < 6; i++)
		assert_int_equal(evaluate_bare(&w->reader,
		    &in.pairs[i].value, &out), -1);
	assert_string_equal(said(w),
	    "t.yaml:4:4: this is an expression already: write it without ${ and }\n"
	    "    4 | d: ${enabled}\n"
	    "      |    ^~~~~~~~~~\n"
	    "t.yaml:5:4: there is no 'hst' here (did you mean 'host'?)\n"
	    "    5 | e: hst\n"
	    "      |    ^~~\n"
	    "t.yaml:6:3: an expression is missing\n"
	    "    6 | f:\n"
	    "      |   ^\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WORLD_TEST(a_lone_expression_keeps_the_type),
		WORLD_TEST(numbers_that_are_only_read_stay_as_written),
		WORLD_TEST(among_text_results_are_joined),
		WORLD_TEST(a_doubled_dollar_is_literal),
		WORLD_TEST(braces_in_strings_tables_and_comments_do_not_close),
		WORLD_TEST(a_list_in_a_list_is_spliced),
		WORLD_TEST(what_has_no_expression_is_shared),
		WORLD_TEST(what_is_passed_on_untouched_keeps_its_place),
		WORLD_TEST(map_and_filter_are_over_it),
		WORLD_TEST(values_look_like_tables),
		WORLD_TEST(keys_are_evaluated_too),
		WORLD_TEST(errors_point_at_the_expression),
		WORLD_TEST(all_mistakes_are_said),
		WORLD_TEST(messages_are_plain),
		WORLD_TEST(conditions_are_written_without_braces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
