/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * later.c - values that a secret or something not known yet flowed into.
 */
#include <string.h>

#include "../world.h"

static void secrets_mark_what_they_flow_into(void **state)
{
	struct world *w = *state;
	struct value v = given(w, "a: ${secret('tsig')}\nb: ${port}\n"
	    "c: [x, \"${#secret('tsig')}\"]\nd: ${ {1, {host.os, 2}, secret('tsig')} }\n");
	struct value deep = v;
	struct scope scope = { w->reader.scope, "deep", &deep };
	const struct value *d = value_find(&v, "d");

	assert_string_equal(value_find(&v, "a")->text, "hunter2");
	assert_true(value_find(&v, "a")->flags & VALUE_SENSITIVE);
	assert_false(value_find(&v, "b")->flags & VALUE_SENSITIVE);
	assert_true(value_find(&v, "c")->items[1].flags & VALUE_SENSITIVE);
	assert_false(value_find(&v, "c")->items[0].flags & VALUE_SENSITIVE);
	assert_true(v.flags & VALUE_SENSITIVE);
	assert_true(d->items[1].items[0].pairs[0].value.flags &
	    VALUE_SENSITIVE);

	w->reader.scope = &scope;
	v = given(w, "a: ${deep.b}\nb: ${deep.a == 'x'}\nc: ${#deep.d}\nd: \"x${deep.a}\"\n");
	assert_false(v.pairs[0].value.flags & VALUE_SENSITIVE);
	assert_true(v.pairs[1].value.flags & VALUE_SENSITIVE);
	assert_true(v.pairs[2].value.flags & VALUE_SENSITIVE);
	assert_true(v.pairs[3].value.flags & VALUE_SENSITIVE);
	renders(w, "x ${deep.a}", "x hunter2");
	assert_int_equal(render(w, "x ${deep.a}", &v), 0);
	assert_true(v.flags & VALUE_SENSITIVE);
}

static void a_secret_is_in_no_message(void **state)
{
	struct world *w = *state;

	says(w, "a: ${error(secret('tsig'))}",
	    "t.yaml:1:4: this failed (the message is withheld because a secret flowed into it)\n"
	    "    1 | a: ${error(secret('tsig'))}\n"
	    "      |    ^~~~~~~~~~~~~~~~~~~~~~~~\n");
	says(w, "a: ${file(secret('tsig'))}",
	    "t.yaml:1:4: this failed (the message is withheld because a secret flowed into it)\n"
	    "    1 | a: ${file(secret('tsig'))}\n"
	    "      |    ^~~~~~~~~~~~~~~~~~~~~~~\n");
	fails(w, "1}\n\"${secret('tsig')}\": ${2", "a key cannot hold a secret");
	fails(w, "secret('other')", "there is no secret 'other'");
	fails(w, "secret()", "secret() takes one name in quotes");
}

static void files_are_read_from_outside(void **state)
{
	struct world *w = *state;

	is(w, "file('motd')", "\"welcome\\n\"");
	says(w, "a: x ${file('none')}",
	    "t.yaml:1:6: there is no file 'none'\n"
	    "    1 | a: x ${file('none')}\n"
	    "      |      ^~~~~~~~~~~~~~~\n");
	fails(w, "file(1)", "file() takes one name in quotes");
}

static void what_is_not_known_yet_is_later(void **state)
{
	static const char *const codes[] = {
		"output('certificate:web', 'fingerprint')",
		"output('certificate:web', 'fingerprint').x[1]:upper() .. 'x'",
		"#output('certificate:web', 'fingerprint') + 1",
		"map(output('certificate:web', 'fingerprint'), it)",
		"join(output('certificate:web', 'fingerprint'), 'x')",
		"output('certificate:web', 'fingerprint') < 1",
		"error(output('certificate:web', 'fingerprint'))",
		"('x'):rep(output('certificate:web', 'fingerprint'))",
		"{output('certificate:web', 'fingerprint')}",
		"'x'} ${output('certificate:web', 'fingerprint')",
		"nonsense} ${output('certificate:web', 'fingerprint')",
		"(function() for i, v in ipairs(output('certificate:web', 'fingerprint')) do end return 1 end)()",
	};
	struct world *w = *state;
	struct value v;
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		v = given(w, arena_printf(w->arena, "v: |-\n  ${%s}\n",
		    codes[i]));
		assert_true(v.flags & VALUE_HAS_LATER);
		v = v.pairs[0].value;
		assert_int_equal(v.type, VALUE_LATER);
		assert_string_equal(v.later->references->address,
		    "certificate:web");
		assert_string_equal(v.later->references->attribute,
		    "fingerprint");
		assert_null(v.later->references->next);
		assert_int_equal(v.later->references->pos.line, 2);
	}
	fails(w, "output('certificate:web')", "output() takes a resource and");
	fails(w, "output('service:x', 'wrong')", "service:x has no output");
	fails(w, "1}\n\"${output('a:b', 'c')}\": ${2", "a key must be known");
}

static void what_was_later_is_evaluated_again(void **state)
{
	struct world *w = *state;
	struct value v = given(w, "v: [\"${ {output('a:b', 'c'), 1} }\", d]\n"
	    "w: x${output('a:b', 'c')}${output('a:b', 'e')}"), out, bare;
	struct value when = read_yaml(w, "v: output('a:b', 'c') == 'c'");
	struct value text;

	assert_int_equal(render(w, "t ${output('a:b', 'c')}\n", &text), 0);
	assert_int_equal(text.type, VALUE_LATER);
	assert_int_equal(evaluate_bare(&w->reader, &when.pairs[0].value,
	    &bare), 0);
	assert_int_equal(bare.type, VALUE_LATER);
	assert_non_null(v.pairs[1].value.later->references->next);

	w->known = 1;
	w->reader.scope = NULL;
	assert_int_equal(evaluate(&w->reader, &v, &out), 0);
	assert_string_equal(json_text(w->arena, &out),
	    "{\"v\": [\"c\", 1, \"d\"], \"w\": \"xce\"}");
	assert_false(out.flags & VALUE_HAS_LATER);
	assert_int_equal(evaluate_later(&w->reader, bare.later, &out), 0);
	assert_string_equal(out.text, "true");
	assert_int_equal(evaluate_later(&w->reader, text.later, &out), 0);
	assert_string_equal(out.text, "t c\n");
	assert_int_equal(evaluate_later(&w->reader,
	    v.pairs[1].value.later, &out), 0);
	assert_string_equal(out.text, "xce");
}

static void what_reads_a_later_value_is_later(void **state)
{
	struct world *w = *state;
	struct value v = given(w, "v: ${output('a:b', 'c')}\nx: 1\n");
	struct scope scope = { w->reader.scope, "deep", &v };

	w->reader.scope = &scope;
	v = given(w, "a: ${deep.v .. 'x'}\nb: ${deep.x}\nc: ${deep}\n");
	assert_int_equal(v.pairs[0].value.type, VALUE_LATER);
	assert_string_equal(v.pairs[0].value.later->references->address,
	    "a:b");
	assert_int_equal(v.pairs[1].value.type, VALUE_TEXT);
	assert_int_equal(v.pairs[2].value.type, VALUE_MAP);
	assert_true(v.pairs[2].value.flags & VALUE_HAS_LATER);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WORLD_TEST(secrets_mark_what_they_flow_into),
		WORLD_TEST(a_secret_is_in_no_message),
		WORLD_TEST(files_are_read_from_outside),
		WORLD_TEST(what_is_not_known_yet_is_later),
		WORLD_TEST(what_was_later_is_evaluated_again),
		WORLD_TEST(what_reads_a_later_value_is_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
