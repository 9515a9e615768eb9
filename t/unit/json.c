/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json.c - values as JSON and back.
 */
#include <string.h>

#include "../world.h"

static struct bytes bytes(const char *json)
{
	return (struct bytes){ json, strlen(json) };
}

static const char *again(struct world *w, const char *json)
{
	struct value v;

	if (json_read(w->arena, bytes(json), "plan", &v, &w->err))
		fail_msg("%s", said(w));
	return json_text(w->arena, &v);
}

static void refuses(struct world *w, const char *json, const char *text)
{
	struct value v;

	assert_int_equal(json_read(w->arena, bytes(json), "plan", &v,
	    &w->err), -1);
	assert_string_equal(said(w), text);
}

static void what_was_written_is_read_back(void **state)
{
	static const char *const texts[] = {
		"{\"z\": 1, \"a\": [true, false, null, \"\", \"null\", \"5061\"]}",
		"{}", "[]", "[[], {}]", "\"text\"", "5061", "-1", "null",
		"9223372036854775807", "-9223372036854775808", "1.5", "1e+300",
		"0.1", "1234567890.5678", "5.0",
		"\"quote \\\" back \\\\ line \\n nul \\u0000 bell \\u0007 é €\"",
		"{\"base64\": \"/w==\"}", "{\"base64\": \"gIGC\"}",
		"{\"base64\": \"gIE=\"}",
		/* not what bytes are written as, so a map */
		"{\"base64\": \"YWJj\"}", "{\"base64\": \"not base64\"}",
		"{\"base64\": \"/x==\"}", "{\"base64\": [\"/w==\"]}",
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_string_equal(again(w, texts[i]), texts[i]);
}

static void numbers_stay_as_written(void **state)
{
	struct world *w = *state;

	gives(w, "[1.10, 0640, 0x1f, 1e3, -0.5, .5, 5., +3, 1_0, .inf, .nan]",
	    "[1.10, 640, 31, 1e3, -0.5, 0.5, 5.0, 3, \"1_0\", \".inf\", \".nan\"]");
	gives(w, "[123456789012345678901234567890, \"12\", True, ~, yes]",
	    "[\"123456789012345678901234567890\", \"12\", true, null, \"yes\"]");
}

static void bytes_come_back_as_they_were(void **state)
{
	struct world *w = *state;
	char data[256];
	struct value v, back;
	const char *text;
	size_t size;

	for (size = 0; size < sizeof(data); size++)
		data[size] = (char)(255 - size);
	for (size = 0; size < sizeof(data); size++) {
		v = value_bytes((struct pos){ 0 }, data, size);
		text = json_text(w->arena, &v);
		assert_int_equal(json_read(w->arena, bytes(text), "x", &back,
		    &w->err), 0);
		assert_int_equal(back.type, VALUE_TEXT);
		assert_int_equal(back.count, size);
		assert_memory_equal(back.text, data, size);
	}
}

static void secrets_and_what_is_later_are_not_written(void **state)
{
	struct world *w = *state;

	gives(w, "a: { b: \"${secret('tsig')}\", c: x }",
	    "{\"a\": {\"b\": {\"sensitive\": true}, \"c\": \"x\"}}");
	gives(w, "a: ${ {secret('tsig'), 1} }\nb: 1",
	    "{\"a\": {\"sensitive\": true}, \"b\": 1}");
	gives(w, "a: ${output('x:y', 'z')}", "{\"a\": {\"later\": true}}");
	gives(w, "a: ${secret('tsig') .. output('x:y', 'z')}\nb: 1",
	    "{\"a\": {\"sensitive\": true}, \"b\": 1}");
}

static void people_get_it_indented(void **state)
{
	struct world *w = *state;
	struct value v = given(w, "a: [1, x]\nb: {}\nc: []");

	assert_string_equal(json_pretty(w->arena, &v),
	    "{\n  \"a\": [\n    1,\n    \"x\"\n  ],\n  \"b\": {},\n  \"c\": []\n}");
}

static void what_is_not_json_is_pointed_at(void **state)
{
	struct world *w = *state;

	refuses(w, "{\"a\": 1,\n \"a\": 2}",
	    "plan:2:4: this is not JSON: duplicate object key near '\"a\"'\n"
	    "    2 |  \"a\": 2}\n"
	    "      |    ^\n");
	refuses(w, "[1] x",
	    "plan:1:5: this is not JSON: end of file expected near 'x'\n"
	    "    1 | [1] x\n"
	    "      |     ^\n");
	refuses(w, "[1,",
	    "plan:1:3: this is not JSON: ']' expected near end of file\n"
	    "    1 | [1,\n"
	    "      |   ^\n");
	refuses(w, "\"\xff\"",
	    "plan:1:1: this is not JSON: unable to decode byte 0xff near '\"'\n"
	    "    1 | \"\\xff\"\n"
	    "      | ^\n");
}

static void depth_is_bounded(void **state)
{
	struct world *w = *state;
	char text[201] = { 0 };
	const struct bytes middle = { text + 40, 120 };
	struct value v;

	memset(text, '[', 100);
	memset(text + 100, ']', 100);
	refuses(w, text, "plan: this JSON is nested more than 64 deep\n");
	assert_int_equal(json_read(w->arena, middle, "plan", &v, &w->err), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WORLD_TEST(what_was_written_is_read_back),
		WORLD_TEST(numbers_stay_as_written),
		WORLD_TEST(bytes_come_back_as_they_were),
		WORLD_TEST(secrets_and_what_is_later_are_not_written),
		WORLD_TEST(people_get_it_indented),
		WORLD_TEST(what_is_not_json_is_pointed_at),
		WORLD_TEST(depth_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
