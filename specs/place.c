/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * place.c - where a byte of a text is in the file that it was written in.
 */
#include "place.h"

#include <string.h>

#include "value.h"

/* the first byte of a line that counts from 1; NULL after the end */
static const char *line_start(const struct source *s, uint32_t line)
{
	const char *p = s->text, *end = s->text + s->size;

	while (p && --line) {
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : NULL;
	}
	return p;
}

static size_t characters(const char *p, const char *end)
{
	size_t n = 0;

	for (; p < end; p++)
		n += ((unsigned char)*p & 0xc0) != 0x80;
	return n;
}

static uint16_t narrow(size_t n)
{
	return n > UINT16_MAX ? UINT16_MAX : (uint16_t)n;
}

struct pos place_in_source(const struct source *s, size_t offset, size_t size)
{
	const char *at, *p, *start = s->text, *end = s->text + s->size, *stop;
	struct pos pos = { .source = s, .line = 1 };

	at = offset > s->size ? end : s->text + offset;
	while ((p = memchr(start, '\n', (size_t)(at - start)))) {
		start = p + 1;
		pos.line++;
	}
	if (size > (size_t)(end - at))
		size = (size_t)(end - at);
	stop = memchr(at, '\n', size);
	if (!stop)
		stop = at + size;
	pos.column = narrow(characters(start, at) + 1);
	pos.width = narrow(characters(at, stop));
	return pos;
}

struct pos place_of_line(const struct source *s, uint32_t line)
{
	const char *p = line_start(s, line), *end = s->text + s->size, *stop;

	if (!p)
		return (struct pos){ .source = s, .line = line };
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	stop = memchr(p, '\n', (size_t)(end - p));
	if (!stop)
		stop = end;
	return place_in_source(s, (size_t)(p - s->text), (size_t)(stop - p));
}

/* the start of the n-th ${ (from 0), or NULL */
static const char *dollar(const char *p, const char *end, size_t n)
{
	while ((p = memmem(p, (size_t)(end - p), "${", 2))) {
		if (!n--)
			return p;
		p += 2;
	}
	return NULL;
}

/* whether what was written at `p` begins as the text does, up to an escape */
static bool alike(const char *p, const char *end, const char *text, size_t size)
{
	size_t i;

	for (i = 0; i < size && p + i < end; i++)
		if (p[i] != text[i])
			return p[i] == '\\' || p[i] == '\n' || p[i] == '\r' ||
			    p[i] == ' ' ||
			    (p[i] == '\'' && text[i - 1] == '\'');
	return i == size;
}

struct pos place_in_value(const struct value *v, size_t offset, size_t size)
{
	const struct source *s = v->pos.source;
	const char *p, *end, *found;
	size_t n = 0;
	uint16_t i;

	if (!s || !s->text || !v->pos.line || !v->pos.column ||
	    !(p = line_start(s, v->pos.line)))
		return v->pos;
	end = s->text + s->size;
	for (i = 1; p < end && i < v->pos.column; i++)
		do
			p++;
		while (p < end && ((unsigned char)*p & 0xc0) == 0x80);
	while (dollar(v->text, v->text + offset, n))
		n++;
	found = dollar(p, end, n);
	if (!found || !alike(found, end, v->text + offset, size))
		return v->pos;
	return place_in_source(s, (size_t)(found - s->text), size);
}
