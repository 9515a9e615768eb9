/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * yaml_text.c - values as YAML (1.2, but also read alike by 1.1).
 *
 * A scalar is written in the first of these ways that gives it back: plain, as
 * a literal block, between double quotes.
 */
#include "yaml_text.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "print.h"

enum {
	STEP = 2, /* columns that a level is indented by */
	WIDTH = 80,
	/* bytes; a longer key needs ? before it (YAML 1.2.2, section 7.4) */
	KEY_LONGEST = 1000,
};

/* --- what can be said --- */

static bool text_can_be_said(const char *text, size_t size)
{
	size_t i, n;

	for (i = 0; i < size; i += n) {
		unsigned char c = (unsigned char)text[i];

		n = utf8_length(text + i, size - i);
		if (!n || c == 0x7f || (c < 0x20 && c != '\n' && c != '\t'))
			return false;
	}
	return true;
}

static bool can_say(const struct value *v, int depth)
{
	uint32_t i;

	if (v->type == VALUE_TEXT)
		return text_can_be_said(v->text, v->count);
	if (v->type == VALUE_LATER || depth == VALUE_DEPTH)
		return false;
	for (i = 0; i < v->count; i++) {
		if (v->type == VALUE_LIST) {
			if (!can_say(&v->items[i], depth + 1))
				return false;
		} else if (!*v->pairs[i].key ||
		    !text_can_be_said(v->pairs[i].key,
		    strlen(v->pairs[i].key)) ||
		    !can_say(&v->pairs[i].value, depth + 1)) {
			return false;
		}
	}
	return true;
}

bool yaml_can_say(const struct value *v)
{
	return can_say(v, 0);
}

/* --- scalars --- */

/* a character to escape: YAML takes it for a line's end, or for nothing */
static bool is_odd(const char *p, size_t size)
{
	static const char *const odd[] = { "\xe2\x80\xa8", "\xe2\x80\xa9",
		"\xef\xbb\xbf", "\xef\xbf\xbe", "\xef\xbf\xbf" };
	unsigned char c = (unsigned char)*p;
	size_t i;

	if (size == 1)
		return (c < 0x20 && c != '\n') || c == 0x7f;
	if (size == 2)
		return c == 0xc2 && (unsigned char)p[1] < 0xa0;
	for (i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		if (size == 3 && !memcmp(p, odd[i], 3))
			return true;
	return false;
}

static bool has_odd(const char *text, size_t size, bool tabs)
{
	size_t i, n;

	for (i = 0; i < size; i += n) {
		n = utf8_length(text + i, size - i);
		assert(n);
		if (is_odd(text + i, n) && !(tabs && text[i] == '\t'))
			return true;
	}
	return false;
}

/* it could be taken for a number, a time, true or nothing */
static bool is_another_type(const char *text, size_t size)
{
	static const char *const words[] = { "y", "n", "yes", "no", "on", "off",
		"=", "<<" };
	const struct value plain = { .type = VALUE_TEXT, .text = text,
		.count = (uint32_t)size, .flags = VALUE_PLAIN };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcasecmp(text, words[i]))
			return true;
	if (strchr("0123456789+.", *text) &&
	    strspn(text, "0123456789+-.:_eE") == size)
		return true;
	return value_core(&plain).type != CORE_TEXT;
}

/* `flow`: it is within [ ] */
static bool can_be_plain(const char *text, size_t size, bool flow)
{
	if (!size || strlen(text) != size || strchr(text, '\n') ||
	    strchr("-?:,[]{}#&*!|>'\"%@` =", *text) ||
	    !strncmp(text, "...", 3) || strchr(": ", text[size - 1]))
		return false;
	if (strstr(text, ": ") || strstr(text, " #") ||
	    (flow && strpbrk(text, ",[]{}:?#")))
		return false;
	return !has_odd(text, size, false);
}

static void add_quoted(struct text *t, const char *text, size_t size)
{
	size_t i, n;
	unsigned code;

	text_add_char(t, '"');
	for (i = 0; i < size; i += n) {
		n = utf8_length(text + i, size - i);
		assert(n);
		code = (unsigned char)text[i];
		if (n > 1)
			code = ((code & 0x0f) << 12) |
			    ((unsigned char)text[i + 1] & 0x3fU) << 6;
		if (n == 3)
			code |= (unsigned char)text[i + 2] & 0x3f;
		if (text[i] == '\n')
			text_add(t, "\\n");
		else if (text[i] == '\t')
			text_add(t, "\\t");
		else if (text[i] == '"' || text[i] == '\\')
			text_addf(t, "\\%c", text[i]);
		else if (is_odd(text + i, n) && n < 3)
			text_addf(t, "\\x%02x", n == 1 ? code :
			    (unsigned char)text[i + 1]);
		else if (is_odd(text + i, n))
			text_addf(t, "\\u%04x", code);
		else
			text_add_bytes(t, text + i, n);
	}
	text_add_char(t, '"');
}

static void add_line(struct text *t, const char *text, size_t size, bool plain,
    bool flow)
{
	if (can_be_plain(text, size, flow) &&
	    (plain || !is_another_type(text, size)))
		text_add_bytes(t, text, size);
	else
		add_quoted(t, text, size);
}

/* lines, of which one at least holds something */
static bool can_be_literal(const struct value *v)
{
	return v->type == VALUE_TEXT && strlen(v->text) == v->count &&
	    strchr(v->text, '\n') && v->text[strspn(v->text, "\n")] &&
	    !has_odd(v->text, v->count, true);
}

static void add_indent(struct text *t, int columns)
{
	while (columns-- > 0)
		text_add_char(t, ' ');
}

/* YAML 1.2.2, section 8.1.1: how far it is indented, and what ends it */
static void add_literal(struct text *t, const struct value *v, int indent)
{
	const char *p = v->text, *end = p + v->count;
	size_t size;

	text_add_char(t, '|');
	if (strchr(" \t\n", *p))
		text_addf(t, "%d", STEP);
	if (end[-1] != '\n')
		text_add_char(t, '-');
	else if (v->count > 1 && end[-2] == '\n')
		text_add_char(t, '+');
	text_add_char(t, '\n');
	for (; p < end; p += size + (p[size] == '\n')) {
		size = strcspn(p, "\n");
		if (size)
			add_indent(t, indent + STEP);
		text_add_bytes(t, p, size);
		text_add_char(t, '\n');
	}
}

/* --- lists and maps --- */

static void add_below(struct text *, const struct value *, int indent,
    bool inside);

/* a list of words that fits in a line; NULL: it does not */
static const char *flow_list(struct arena *a, const struct value *v, int column)
{
	struct text t = text_new(a);
	const struct value *item;
	uint32_t i;

	text_add_char(&t, '[');
	for (i = 0; i < v->count; i++) {
		item = &v->items[i];
		if (item->type != VALUE_TEXT || can_be_literal(item) ||
		    t.size > WIDTH)
			return NULL;
		text_add(&t, i ? ", " : "");
		if (!item->count && (item->flags & VALUE_PLAIN))
			text_add(&t, "null");
		else
			add_line(&t, item->text, item->count,
			    item->flags & VALUE_PLAIN, true);
	}
	text_add_char(&t, ']');
	return v->count && column + (int)t.size > WIDTH ? NULL :
	    text_string(&t);
}

static int column_of(const struct text *t)
{
	const char *line = t->size ? memrchr(t->data, '\n', t->size) : NULL;

	return (int)(line ? t->data + t->size - line - 1 :
	    (ptrdiff_t)t->size);
}

/* what fits behind a key or a dash, with the line's end; false: it is below */
static bool add_behind(struct text *t, const struct value *v, int indent)
{
	const char *flow;

	if (can_be_literal(v)) {
		add_literal(t, v, indent);
		return true;
	}
	if (v->type == VALUE_TEXT) {
		add_line(t, v->text, v->count, v->flags & VALUE_PLAIN, false);
	} else if (v->type == VALUE_MAP) {
		if (v->count)
			return false;
		text_add(t, "{}");
	} else {
		flow = flow_list(t->arena, v, column_of(t));
		if (!flow)
			return false;
		text_add(t, flow);
	}
	text_add_char(t, '\n');
	return true;
}

static bool is_nothing(const struct value *v)
{
	return v->type == VALUE_TEXT && !v->count && (v->flags & VALUE_PLAIN);
}

static void add_pair(struct text *t, const struct pair *p, int indent)
{
	struct text key = text_new(t->arena);
	size_t before;

	add_line(&key, p->key, strlen(p->key), false, false);
	if (key.size > KEY_LONGEST) {
		text_addf(t, "? %s\n", text_string(&key));
		add_indent(t, indent);
		text_add_char(t, ':');
	} else {
		text_addf(t, "%s:", text_string(&key));
	}
	before = t->size;
	text_add_char(t, ' ');
	if (!is_nothing(&p->value) && add_behind(t, &p->value, indent))
		return;
	t->size = before;
	text_add_char(t, '\n');
	if (!is_nothing(&p->value))
		add_below(t, &p->value, indent + STEP, false);
}

static void add_item(struct text *t, const struct value *v, int indent)
{
	text_add(t, "- ");
	if (is_nothing(v))
		text_add(t, "null\n");
	else if (!add_behind(t, v, indent))
		add_below(t, v, indent + STEP, true);
}

/* `inside`: the first line is indented already */
static void add_below(struct text *t, const struct value *v, int indent,
    bool inside)
{
	uint32_t i;

	for (i = 0; i < v->count; i++) {
		if (!inside || i)
			add_indent(t, indent);
		if (v->type == VALUE_MAP)
			add_pair(t, &v->pairs[i], indent);
		else
			add_item(t, &v->items[i], indent);
	}
}

const char *yaml_text(struct arena *a, const struct value *v)
{
	struct text t = text_new(a);

	assert(yaml_can_say(v));
	if (is_nothing(v))
		text_add(&t, "null\n");
	else if (!add_behind(&t, v, 0))
		add_below(&t, v, 0, false);
	return text_string(&t);
}
