/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * input.c - one value of a spec as a number, a path, a time, ...
 */
#include "input.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

int (input_refuse)(const struct input *in, const char *fmt, ...)
{
	struct arena *a = in->reader->arena;
	va_list ap;
	const char *text;

	va_start(ap, fmt);
	text = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return err_at(in->reader->err, in->value->pos, "'%s' must be %s",
	    in->row->name, text);
}

int input_text(const struct input *in, const char **out)
{
	const struct value *v = in->value;

	if (v->type != VALUE_TEXT)
		return input_refuse(in, "text, not %s", value_type_name(v));
	if (!value_is_text(v))
		return input_refuse(in, "text without NUL bytes");
	if (value_is_null(v))
		return input_refuse(in, "given a value, or left out");
	*out = v->text;
	return 0;
}

static bool has_dot_dot(const char *path)
{
	const char *p = path;

	while ((p = strstr(p, "..")) != NULL) {
		if (p[-1] == '/' && (p[2] == '/' || !p[2]))
			return true;
		p += 2;
	}
	return false;
}

/* the same path without // /./ and a slash at its end */
static const char *path_clean(struct arena *a, const char *path)
{
	char *out, *o;
	const char *p;

	if (!strstr(path, "//") && !strstr(path, "/./") &&
	    path[strlen(path) - 1] != '/' && path[strlen(path) - 1] != '.')
		return path;
	o = out = arena_string(a, path);
	for (p = path; *p; p++) {
		if (*p == '/' && (p[1] == '/' || !p[1]))
			continue;
		if (*p == '/' && p[1] == '.' && (p[2] == '/' || !p[2])) {
			p++;
			continue;
		}
		*o++ = *p;
	}
	if (o == out)
		*o++ = '/';
	*o = '\0';
	return out;
}

int input_path(const struct input *in, const char **out)
{
	if (input_text(in, out))
		return -1;
	if (**out != '/')
		return input_refuse(in, "an absolute path, which starts with /");
	if (has_dot_dot(*out))
		return input_refuse(in, "a path without ..");
	if (strlen(*out) >= 4096)
		return input_refuse(in, "a path of less than 4096 bytes");
	*out = path_clean(in->reader->arena, *out);
	return 0;
}

int input_mode(const struct input *in, int *out)
{
	const char *text;
	size_t size;

	if (input_text(in, &text))
		return -1;
	if (!strncmp(text, "0o", 2))
		text += 2;
	size = strlen(text);
	if (size < 3 || strspn(text, "01234567") != size ||
	    (size > 4 && strspn(text, "0") < size - 4))
		return input_refuse(in, "three or four octal digits, like 0644");
	*out = (int)strtol(text, NULL, 8);
	return 0;
}

int input_bool(const struct input *in, int *out)
{
	static const char *const words[] = { "yes", "on", "no", "off", "1",
		"0", "y", "n", NULL };
	const char *text;
	size_t i;

	if (input_text(in, &text))
		return -1;
	*out = !strcmp(text, "true");
	if (*out || !strcmp(text, "false"))
		return 0;
	for (i = 0; words[i]; i++)
		if (!strcasecmp(text, words[i]))
			return input_refuse(in, "true or false (did you mean '%s'?)",
			    i < 2 || i == 4 || i == 6 ? "true" : "false");
	return input_refuse(in, "true or false");
}

int input_int(const struct input *in, int64_t *out)
{
	struct value plain = *in->value;
	struct core_value c;
	const char *text;

	if (input_text(in, &text))
		return -1;
	plain.flags |= VALUE_PLAIN;
	c = value_core(&plain);
	if (c.type != CORE_INT || c.integer < 0)
		return input_refuse(in, "a whole number, not negative");
	*out = c.integer;
	return 0;
}

struct unit_word {
	const char *word;
	int64_t factor;
};

/* a number and one of `units`; `plain` is what a bare number counts */
static int read_quantity(const struct input *in,
    const struct unit_word *units, const char *hint, int64_t *out)
{
	const char *text;
	char *end;
	double number;

	if (input_text(in, &text))
		return -1;
	number = strtod(text, &end);
	if (end == text || !isdigit((unsigned char)*text) || number > 1e15)
		return input_refuse(in, "%s", hint);
	while (*end == ' ')
		end++;
	for (; units->word; units++)
		if (!strcmp(end, units->word))
			break;
	if (!units->word || number * (double)units->factor > 9e18)
		return input_refuse(in, "%s", hint);
	*out = (int64_t)(number * (double)units->factor + 0.5);
	return 0;
}

int input_duration(const struct input *in, int64_t *out)
{
	static const struct unit_word units[] = {
		{ "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 },
		{ "min", 60000 }, { "h", 3600000 }, { "d", 86400000 },
		{ NULL, 0 },
	};

	return read_quantity(in, units,
	    "a time, like 30s, 1.5m, 2h or 1d (a bare number counts seconds)",
	    out);
}

int input_size(const struct input *in, int64_t *out)
{
	static const struct unit_word units[] = {
		{ "", 1 }, { "K", 1 << 10 }, { "M", 1 << 20 },
		{ "G", 1 << 30 }, { "T", INT64_C(1) << 40 }, { NULL, 0 },
	};

	return read_quantity(in, units, "a size, like 512, 4K, 10M or 1G", out);
}

int input_choice(const struct input *in, int *out)
{
	const char *text, *p = in->row->choices, *bar;
	size_t size, n = 0;

	if (input_text(in, &text))
		return -1;
	for (; p; n++, p = bar ? bar + 1 : NULL) {
		bar = strchr(p, '|');
		size = bar ? (size_t)(bar - p) : strlen(p);
		if (size == strlen(text) && !memcmp(p, text, size)) {
			*out = (int)n;
			return 0;
		}
	}
	/* no guess: what is nearest to 'started' is 'stopped' */
	return input_refuse(in, "%s",
	    attribute_type_name(in->reader->arena, in->row));
}
