/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * passwd.c - the text of passwd(5), group(5) and shadow(5), line by line.
 */
#include "passwd.h"

#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = 9 };

/* the next line, cut at colons into at most `most` fields; false at the end */
static bool line_next(struct arena *a, struct bytes *rest, char **field,
    size_t *count, size_t most)
{
	const char *end;
	char *line;
	size_t size;

	if (!rest->size)
		return false;
	end = memchr(rest->data, '\n', rest->size);
	size = end ? (size_t)(end - rest->data) : rest->size;
	line = arena_copy(a, rest->data, size);
	rest->data += size + (end != NULL);
	rest->size -= size + (end != NULL);
	for (*count = 0; line && *count < most; (*count)++) {
		field[*count] = line;
		line = strchr(line, ':');
		if (line)
			*line++ = '\0';
	}
	return true;
}

static bool number_read(const char *text, uint32_t *out)
{
	unsigned long long n;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	n = strtoull(text, &end, 10);
	*out = (uint32_t)n;
	return !*end && n < UINT32_MAX;
}

static bool is_name(const char *name)
{
	return *name && *name != '+' && *name != '-' && *name != '#';
}

bool passwd_next(struct arena *a, struct bytes *rest, struct account *out)
{
	char *f[FIELDS_MAX];
	size_t n;

	while (line_next(a, rest, f, &n, 7)) {
		if (n < 7 || !is_name(f[0]) || !number_read(f[2], &out->uid) ||
		    !number_read(f[3], &out->gid))
			continue;
		out->name = f[0];
		out->comment = f[4];
		out->home = f[5];
		out->shell = f[6];
		out->locked = -1;
		return true;
	}
	return false;
}

static struct strings members_read(struct arena *a, char *text)
{
	struct strings s = { 0 };
	size_t capacity = 0;
	char *next = text;

	while (*next) {
		text = next;
		next += strcspn(next, ",");
		if (*next)
			*next++ = '\0';
		if (*text)
			arena_push(a, s.item, s.count, capacity, text);
	}
	return s;
}

bool group_next(struct arena *a, struct bytes *rest, struct account_group *out)
{
	char *f[FIELDS_MAX];
	size_t n;

	while (line_next(a, rest, f, &n, 4)) {
		if (n < 4 || !is_name(f[0]) || !number_read(f[2], &out->gid))
			continue;
		out->name = f[0];
		out->members = members_read(a, f[3]);
		return true;
	}
	return false;
}

bool shadow_next(struct arena *a, struct bytes *rest, const char **name,
    bool *locked)
{
	char *f[FIELDS_MAX];
	size_t n;

	while (line_next(a, rest, f, &n, 2)) {
		if (n < 2 || !is_name(f[0]))
			continue;
		*name = f[0];
		*locked = f[1][0] == '!' || f[1][0] == '*';
		return true;
	}
	return false;
}
