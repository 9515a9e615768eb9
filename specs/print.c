/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * print.c - text that is safe to show.
 */
#include "print.h"

#include <inttypes.h>
#include <stdbool.h>

#include "arena.h"

/* RFC 3629, section 4 */
size_t utf8_length(const char *data, size_t size)
{
	const unsigned char *p = (const unsigned char *)data;
	unsigned char low = 0x80, high = 0xbf;
	size_t n, i;

	if (!size || p[0] < 0x80)
		return size ? 1 : 0;
	n = p[0] >= 0xc2 && p[0] <= 0xdf ? 2 :
	    p[0] >= 0xe0 && p[0] <= 0xef ? 3 :
	    p[0] >= 0xf0 && p[0] <= 0xf4 ? 4 : 0;
	if (!n || n > size)
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	for (i = 2; i < n; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	return n;
}

/*
 * U+202A to U+202E and U+2066 to U+2069 turn the order in which what follows is
 * shown, so that a line can be made to read as another
 */
static bool turns_order(const char *data, size_t size)
{
	const unsigned char *p = (const unsigned char *)data;

	return size == 3 && p[0] == 0xe2 && ((p[1] == 0x80 && p[2] >= 0xaa &&
	    p[2] <= 0xae) || (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9));
}

static void escape(struct text *t, const char *data, size_t size, bool lines)
{
	size_t i, n;

	for (i = 0; i < size; i += n) {
		unsigned char c = (unsigned char)data[i];

		n = utf8_length(data + i, size - i);
		if ((c == '\n' || c == '\t') && lines)
			text_add_char(t, data[i]);
		else if (c == '\n' || c == '\t' || c == '\r')
			text_addf(t, "\\%c",
			    c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
		else if (c < 0x20 || c == 0x7f || !n)
			text_addf(t, "\\x%02x", c), n = 1;
		else if (c == 0xc2 && (unsigned char)data[i + 1] < 0xa0)
			text_addf(t, "\\u00%02x", (unsigned char)data[i + 1]);
		else if (turns_order(data + i, n))
			text_addf(t, "\\u20%02x", (unsigned char)data[i + 1]
			    == 0x80 ? data[i + 2] & 0x3f :
			    0x40 | (data[i + 2] & 0x3f));
		else
			text_add_bytes(t, data + i, n);
	}
}

void print_escaped(struct text *t, const char *data, size_t size)
{
	escape(t, data, size, false);
}

void print_escaped_lines(struct text *t, const char *data, size_t size)
{
	escape(t, data, size, true);
}

const char *print_duration(struct arena *a, int64_t ms)
{
	if (ms < 1000)
		return arena_printf(a, "%" PRId64 " ms", ms);
	if (ms < 120 * 1000)
		return arena_printf(a, "%.1f s", (double)ms / 1000);
	if (ms < 120 * 60 * 1000)
		return arena_printf(a, "%" PRId64 " min", ms / 60000);
	return arena_printf(a, "%" PRId64 " h", ms / 3600000);
}
