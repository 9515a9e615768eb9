/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json.c - values as JSON and back (RFC 8259).
 *
 * Written by hand, so that numbers stay as they were written; read by jansson.
 */
#include "json.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "arena.h"
#include "print.h"

struct writer {
	struct text text;
	bool pretty;
};

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* RFC 4648, section 4 */
static void add_base64(struct text *t, const char *data, size_t size)
{
	const unsigned char *p = (const unsigned char *)data;
	unsigned bits;
	size_t i;

	for (i = 0; i < size; i += 3) {
		bits = (unsigned)p[i] << 16;
		bits |= i + 1 < size ? (unsigned)p[i + 1] << 8 : 0;
		bits |= i + 2 < size ? p[i + 2] : 0;
		text_add_char(t, base64_digits[bits >> 18]);
		text_add_char(t, base64_digits[bits >> 12 & 63]);
		text_add_char(t,
		    i + 1 < size ? base64_digits[bits >> 6 & 63] : '=');
		text_add_char(t, i + 2 < size ? base64_digits[bits & 63] : '=');
	}
}

static bool is_utf8(const char *data, size_t size)
{
	size_t i, n;

	for (i = 0; i < size; i += n) {
		n = utf8_length(data + i, size - i);
		if (!n)
			return false;
	}
	return true;
}

static void write_string(struct text *t, const char *data, size_t size)
{
	size_t i, from = 0;

	text_add_char(t, '"');
	for (i = 0; i < size; i++) {
		unsigned char c = (unsigned char)data[i];

		if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
			continue;
		text_add_bytes(t, data + from, i - from);
		from = i + 1;
		if (c == '"' || c == '\\')
			text_addf(t, "\\%c", c);
		else if (c == '\n')
			text_add(t, "\\n");
		else
			text_addf(t, "\\u%04x", c);
	}
	text_add_bytes(t, data + from, size - from);
	text_add_char(t, '"');
}

/* the shortest decimal that reads as the same number */
static const char *shortest(struct arena *a, double number)
{
	const char *text = "";
	int digits;

	for (digits = 15; digits <= 17; digits++) {
		text = arena_printf(a, "%.*g", digits, number);
		if (!(strtod(text, NULL) < number) &&
		    !(strtod(text, NULL) > number))
			break;
	}
	return strpbrk(text, ".e") ? text : arena_printf(a, "%s.0", text);
}

/* RFC 8259, section 6 */
static bool is_json_number(const char *p)
{
	static const char digits[] = "0123456789";
	size_t n;

	p += *p == '-';
	n = strspn(p, digits);
	if (!n || (*p == '0' && n > 1))
		return false;
	p += n;
	if (*p == '.') {
		n = strspn(++p, digits);
		if (!n)
			return false;
		p += n;
	}
	if (*p == 'e' || *p == 'E') {
		p++;
		p += *p == '+' || *p == '-';
		n = strspn(p, digits);
		if (!n)
			return false;
		p += n;
	}
	return !*p;
}

static void write_text(struct text *t, const struct value *v)
{
	struct core_value core = { .type = CORE_TEXT };

	if (v->flags & VALUE_PLAIN)
		core = value_core(v);
	switch (core.type) {
	case CORE_NULL:
		text_add(t, "null");
		return;
	case CORE_BOOL:
		text_add(t, core.boolean ? "true" : "false");
		return;
	case CORE_INT:
		text_addf(t, "%" PRId64, core.integer);
		return;
	case CORE_FLOAT:
		/* without a point it would not fit when it is read */
		if (!isfinite(core.number) || !strpbrk(v->text, ".eE"))
			break;
		text_add(t, is_json_number(v->text) ? v->text
		    : shortest(t->arena, core.number));
		return;
	case CORE_TEXT:
		break;
	}
	if (is_utf8(v->text, v->count)) {
		write_string(t, v->text, v->count);
		return;
	}
	text_add(t, "{\"base64\": \"");
	add_base64(t, v->text, v->count);
	text_add(t, "\"}");
}

/* not only something in it */
static bool is_sensitive(const struct value *v)
{
	if (v->type == VALUE_LIST || v->type == VALUE_MAP)
		return v->flags & VALUE_SENSITIVE_SHAPE;
	return v->flags & VALUE_SENSITIVE;
}

static void new_line(struct writer *w, int depth)
{
	if (w->pretty)
		text_addf(&w->text, "\n%*s", depth * 2, "");
}

static void write_value(struct writer *w, const struct value *v, int depth)
{
	bool map = v->type == VALUE_MAP;
	uint32_t i;

	if (is_sensitive(v)) {
		text_add(&w->text, "{\"sensitive\": true}");
		return;
	}
	if (v->type == VALUE_LATER) {
		text_add(&w->text, "{\"later\": true}");
		return;
	}
	if (v->type == VALUE_TEXT) {
		write_text(&w->text, v);
		return;
	}
	text_add_char(&w->text, map ? '{' : '[');
	for (i = 0; i < v->count; i++) {
		if (i)
			text_add(&w->text, w->pretty ? "," : ", ");
		new_line(w, depth + 1);
		if (map) {
			write_string(&w->text, v->pairs[i].key,
			    strlen(v->pairs[i].key));
			text_add(&w->text, ": ");
		}
		write_value(w, map ? &v->pairs[i].value : &v->items[i],
		    depth + 1);
	}
	if (v->count)
		new_line(w, depth);
	text_add_char(&w->text, map ? '}' : ']');
}

/* what is being read */
struct json {
	struct arena *arena;
	struct err *err;
	struct pos pos;
};

static int digit_of(char c)
{
	const char *p = c ? strchr(base64_digits, c) : NULL;

	return p ? (int)(p - base64_digits) : -1;
}

/* what is not UTF-8 and was written as base64; nothing else */
static bool read_base64(struct arena *a, const json_t *in, struct value *out)
{
	const json_t *text = json_object_get(in, "base64");
	const char *p = json_string_value(text);
	size_t size = json_string_length(text), i;
	struct text t = text_new(a), again = text_new(a);
	unsigned bits = 0;

	if (json_object_size(in) != 1 || !p || size % 4)
		return false;
	for (i = 0; i < size && digit_of(p[i]) >= 0; i++) {
		bits = bits << 6 | (unsigned)digit_of(p[i]);
		if (i % 4)
			text_add_char(&t, (char)(bits >> (6 - i % 4 * 2)));
	}
	/* the same again: neither other padding nor other bits */
	add_base64(&again, text_string(&t), t.size);
	if (strcmp(text_string(&again), p) || is_utf8(text_string(&t), t.size))
		return false;
	*out = (struct value){ .type = VALUE_TEXT, .text = text_string(&t),
		.count = (uint32_t)t.size };
	return true;
}

static struct value plain(const char *text)
{
	return (struct value){ .type = VALUE_TEXT, .flags = VALUE_PLAIN,
		.text = text, .count = (uint32_t)strlen(text) };
}

static int read_value(struct json *, json_t *, int depth,
    struct value *out);

static int read_list(struct json *j, json_t *in, int depth, struct value *out)
{
	size_t n = json_array_size(in), i;
	struct value *items = arena_array(j->arena, n, sizeof(*items));

	*out = (struct value){ .type = VALUE_LIST, .count = (uint32_t)n,
		.items = items };
	for (i = 0; i < n; i++)
		if (read_value(j, json_array_get(in, i), depth, &items[i]))
			return -1;
	return 0;
}

static int read_map(struct json *j, json_t *in, int depth, struct value *out)
{
	struct pair *pairs;
	const char *key;
	json_t *value;
	size_t n = 0;

	if (read_base64(j->arena, in, out))
		return 0;
	pairs = arena_array(j->arena, json_object_size(in), sizeof(*pairs));
	json_object_foreach(in, key, value) {
		pairs[n].key = arena_string(j->arena, key);
		if (read_value(j, value, depth, &pairs[n++].value))
			return -1;
	}
	*out = (struct value){ .type = VALUE_MAP, .count = (uint32_t)n,
		.pairs = pairs };
	return 0;
}

static int read_value(struct json *j, json_t *in, int depth,
    struct value *out)
{
	size_t size;

	if (depth > VALUE_DEPTH)
		return err_at(j->err, j->pos,
		    "this JSON is nested more than %d deep", VALUE_DEPTH);
	switch (json_typeof(in)) {
	case JSON_OBJECT:
		return read_map(j, in, depth + 1, out);
	case JSON_ARRAY:
		return read_list(j, in, depth + 1, out);
	case JSON_STRING:
		size = json_string_length(in);
		*out = (struct value){ .type = VALUE_TEXT,
			.count = (uint32_t)size, .text = arena_copy(j->arena,
			json_string_value(in), size) };
		break;
	case JSON_INTEGER:
		*out = plain(arena_printf(j->arena, "%" JSON_INTEGER_FORMAT,
		    json_integer_value(in)));
		break;
	case JSON_REAL:
		*out = plain(shortest(j->arena, json_real_value(in)));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		*out = plain(json_is_true(in) ? "true" : "false");
		break;
	case JSON_NULL:
		*out = plain("");
		break;
	}
	return 0;
}

int json_read(struct arena *a, struct bytes text, const char *what,
    struct value *out, struct err *err)
{
	struct source *source = arena_new(a, struct source);
	struct json j = { .arena = a, .err = err, .pos = { .source = source } };
	json_error_t wrong;
	json_auto_t *root = json_loadb(text.data, text.size,
	    JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &wrong);

	*source = (struct source){ arena_string(a, what),
		arena_copy(a, text.data, text.size), text.size };
	if (root)
		return read_value(&j, root, 0, out);
	if (wrong.line > 0) {
		j.pos.line = (uint32_t)wrong.line;
		j.pos.column = wrong.column < 1 ? 1
		    : wrong.column < UINT16_MAX ? (uint16_t)wrong.column
		    : UINT16_MAX;
	}
	return err_at(err, j.pos, "this is not JSON: %s", wrong.text);
}

const char *json_text(struct arena *a, const struct value *v)
{
	struct writer w = { text_new(a), false };

	write_value(&w, v, 0);
	return text_string(&w.text);
}

const char *json_pretty(struct arena *a, const struct value *v)
{
	struct writer w = { text_new(a), true };

	write_value(&w, v, 0);
	return text_string(&w.text);
}
