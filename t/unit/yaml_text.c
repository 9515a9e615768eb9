/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * yaml_text.c - values as YAML: what is written is read back.
 */
#include <string.h>

#include "../../specs/names.h"
#include "../../specs/yaml_text.h"
#include "../world.h"

static const char *written(struct world *w, const char *yaml)
{
	const struct value v = read_yaml(w, yaml);

	return yaml_text(w->arena, &v);
}

/* types matter as well: "1" is text and 1 is a number */
static bool comes_back(struct world *w, const struct value *v)
{
	const char *text = yaml_text(w->arena, v);
	const struct source *source = &(struct source){ "t.yaml", text,
		strlen(text) };
	struct value back;

	if (value_read(w->arena, names_new(w->arena), source, &back, &w->err))
		fail_msg("%s\n%s", said(w), text);
	if (value_equal(v, &back) &&
	    !strcmp(json_text(w->arena, v), json_text(w->arena, &back)))
		return true;
	print_message("%s became\n%s", json_text(w->arena, v), text);
	return false;
}

/* in every place where text can stand */
static void text_comes_back(struct world *w, const char *data, size_t size)
{
	struct pos none = { 0 };
	const struct value v = value_bytes(none, arena_copy(w->arena, data,
	    size), size);
	const struct value list[] = { v, value_plain(none, "3"), v };
	struct map_maker inner = { .arena = w->arena };
	struct map_maker outer = { .arena = w->arena };
	struct value map;

	assert_true(yaml_can_say(&v));
	assert_true(comes_back(w, &v));
	map_add(&inner, "first", v);
	map_add(&inner, size ? v.text : "empty", v);
	map_add(&inner, "list", value_list(w->arena, none, list, 3));
	map_add_int(&inner, "last", 1);
	map = map_done(&inner);
	map_add(&outer, "in", map);
	map_add(&outer, "lists", value_list(w->arena, none,
	    (const struct value[]){ map, map, value_list(w->arena, none, list,
	    3) }, 3));
	map = map_done(&outer);
	assert_true(comes_back(w, &map));
}

static void it_looks_as_people_write_it(void **state)
{
	struct world *w = *state;
	static const char yaml[] =
	    "site: web\n"
	    "packages:\n"
	    "  curl:\n"
	    "  nginx:\n"
	    "    hold: true\n"
	    "files:\n"
	    "  /etc/motd:\n"
	    "    content: |\n"
	    "      Hello:\n"
	    "      \tthere\n"
	    "\n"
	    "      # end\n"
	    "    mode: 0644\n"
	    "  /etc/short:\n"
	    "    content: |-\n"
	    "      a\n"
	    "      b\n"
	    "users:\n"
	    "  anna:\n"
	    "    comment: Anna of operations\n"
	    "    groups: [adm, sudo]\n"
	    "    none: []\n"
	    "    nothing: {}\n"
	    "list:\n"
	    "  - a: 1\n"
	    "    b: 2\n"
	    "  - - x\n"
	    "    - |\n"
	    "      y\n"
	    "      z\n"
	    "  - null\n";

	assert_string_equal(written(w, yaml), yaml);
}

static void what_would_be_another_type_is_quoted(void **state)
{
	static const char *const texts[] = { "true", "no", "NULL", "~", "12",
		"0x1f", "1.10", "1e3", ".inf", "12:30", "2026-11-21", "yes",
		"=", "<<", "-1", "", "+.5", "0o17" };
	static const char *const plain[] = { "nose", "v1.10", "/etc/motd",
		"${host.name}", "a:b", "x#y", "10.0.0.1 and more", "ümläut" };
	struct world *w = *state;
	struct value v;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		v = value_text((struct pos){ 0 }, texts[i]);
		assert_string_equal(yaml_text(w->arena, &v), arena_printf(
		    w->arena, "\"%s\"\n", texts[i]));
		assert_true(comes_back(w, &v));
	}
	for (i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
		v = value_text((struct pos){ 0 }, plain[i]);
		assert_string_equal(yaml_text(w->arena, &v), arena_printf(
		    w->arena, "%s\n", plain[i]));
	}
}

static void hostile_text_comes_back(void **state)
{
	static const char *const texts[] = { "a", " a", "a ", "\n", "\n\n",
		"\na", "a\n", "a\n\n", "a\n\n\n", "a\nb", "a\nb\n", "a\n\nb\n\n",
		" a\nb\n", "\ta\nb\n", "a\n b\n", "a\n\tb\n", "a\n  \nb\n",
		"a\nb\n   ", "a\nb\n   \n", "   \na\n", "  \n  \n", " \n",
		"\n \na\n", "---\n...\n", "---", "...", "... a", "--- a",
		"%YAML 1.1\n", "- a\n- b\n", "? a\n: b\n", "a: b\n", "a: b",
		"a #b", "#a\nb\n", "\"a\"\n'b'\n", "\\n", "\\\"", "'", "''",
		"a\\\nb\n", "|", "|\n a\n", ">-\n", "*a", "&a", "!a", "!!str",
		"@a", "`a", "%a", "{a", "}", "[a", "]", ",", "a,b", "a]", "a}",
		"a?b", ":", "::", "a:", ":a", "?", "? a", "-", "- a", "-a",
		"a\tb", "\t", "a\t", "\ta", "a\t\nb\t\n", "a \nb \n",
		"\xc2\x85", "a\xc2\x85\nb\n", "\xe2\x80\xa8\n\n",
		"a\xe2\x80\xa9", "\xef\xbb\xbf", "\xef\xbb\xbf\na\n",
		"\xef\xbf\xbe", "\xef\xbf\xbf\n", "\xc2\x80\xc2\x9f",
		"\xc2\xa0", "\xf0\x9f\x98\x80\n\xf4\x8f\xbf\xbf\n",
		"\xed\x9f\xbf\xee\x80\x80", "${x}", "$${x}", "a${\n}b\n",
		"key: |\n  text\n", "<<: *a\n", "null\n", "1\n", "true\n" };
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		text_comes_back(w, texts[i], strlen(texts[i]));
}

/* the same thousands each time */
static void any_text_comes_back(void **state)
{
	static const char *const pieces[] = { "\n", "\n", " ", "  ", "\t", "a",
		"b", ":", ": ", "-", "- ", "#", " #", "\"", "'", "\\", "|", ">",
		"{", "}", "[", "]", ",", "%", "@", "&", "*", "!", "?", "? ",
		"$", "${", "1", "0", ".", "---", "...", "~", "null", "\xc2\x85",
		"\xc3\xa4", "\xe2\x80\xa8", "\xef\xbb\xbf", "\xf0\x9f\x98\x80",
		"=", "<<", "`", "true" };
	struct world *w = *state;
	uint32_t seed = 12345;
	struct text t;
	int i, j;

	for (i = 0; i < 4000; i++) {
		scoped_arena *arena = arena_open();
		struct world own = *w;

		own.arena = arena;
		own.err = err_new(arena);
		t = text_new(arena);
		for (j = 0; j < 1 + i % 12; j++) {
			seed = seed * 1103515245 + 12345;
			text_add(&t, pieces[(seed >> 16) % (sizeof(pieces) /
			    sizeof(*pieces))]);
		}
		text_comes_back(&own, text_string(&t), t.size);
	}
}

static void a_long_key_comes_back(void **state)
{
	struct world *w = *state;
	char key[4096];
	size_t size;

	for (size = 990; size < sizeof(key); size += size < 1030 ? 1 : 500) {
		memset(key, 'k', size);
		text_comes_back(w, key, size);
		key[size / 2] = '"';
		text_comes_back(w, key, size);
	}
}

static struct value nested(struct world *w, int levels)
{
	struct value v = value_text((struct pos){ 0 }, "in\nside\n");

	while (levels--)
		v = value_list(w->arena, (struct pos){ 0 }, &v, 1);
	return v;
}

static void what_cannot_be_said_is_told_before(void **state)
{
	static const char *const texts[] = { "\r", "a\x1b[31m", "\x7f", "\xff",
		"a\xc3", "\xc0\x80", "\xed\xa0\x80", "\x01" };
	struct world *w = *state;
	struct map_maker m = { .arena = w->arena };
	struct value v;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		v = value_text((struct pos){ 0 }, texts[i]);
		assert_false(yaml_can_say(&v));
	}
	v = value_bytes((struct pos){ 0 }, "a\0b", 3);
	assert_false(yaml_can_say(&v));
	map_add_text(&m, "", "x");
	v = map_done(&m);
	assert_false(yaml_can_say(&v));
	v = nested(w, VALUE_DEPTH);
	assert_true(yaml_can_say(&v));
	assert_true(comes_back(w, &v));
	v = nested(w, VALUE_DEPTH + 1);
	assert_false(yaml_can_say(&v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(it_looks_as_people_write_it),
		WORLD_TEST(what_would_be_another_type_is_quoted),
		WORLD_TEST(hostile_text_comes_back),
		WORLD_TEST(any_text_comes_back),
		WORLD_TEST(a_long_key_comes_back),
		WORLD_TEST(what_cannot_be_said_is_told_before),
	};

	return cmocka_run_group_tests_name("yaml_text", tests, NULL, NULL);
}
