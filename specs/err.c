/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * err.c - what is wrong, and where: messages with places, lines and carets.
 */
#include "err.h"

#include <stdarg.h>
#include <string.h>

#include "arena.h"
#include "print.h"

/* what of a long line is quoted, in bytes, around the place that is meant */
enum { QUOTED = 100, LONGEST_WORD = 64 };

struct err err_new(struct arena *a)
{
	return (struct err){ .arena = a };
}

static void add(struct err *e, struct pos pos, bool note, const char *text)
{
	struct message *m = arena_new(e->arena, struct message);

	m->text = text;
	m->pos = pos;
	m->note = note;
	if (e->last)
		e->last->next = m;
	else
		e->first = m;
	e->last = m;
	e->count += !note;
}

int (err_at)(struct err *e, struct pos pos, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(e, pos, false, arena_vprintf(e->arena, fmt, ap));
	va_end(ap);
	return -1;
}

int err_note(struct err *e, struct pos pos, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(e, pos, true, arena_vprintf(e->arena, fmt, ap));
	va_end(ap);
	return -1;
}

void err_move(struct err *to, const struct err *from)
{
	const struct message *m;

	for (m = from->first; m; m = m->next)
		add(to, m->pos, m->note, arena_string(to->arena, m->text));
}

const char *pos_text(struct arena *a, struct pos pos)
{
	if (!pos.source)
		return "";
	if (!pos.line)
		return pos.source->path;
	if (!pos.column)
		return arena_printf(a, "%s:%u", pos.source->path, pos.line);
	return arena_printf(a, "%s:%u:%u", pos.source->path, pos.line,
	    pos.column);
}

/* the bytes of line `number`, without its end */
static struct bytes line_find(const struct source *s, uint32_t number)
{
	const char *p = s->text, *end = s->text + s->size, *stop;

	while (--number && p) {
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : NULL;
	}
	if (!p || p > end)
		return (struct bytes){ "", 0 };
	stop = memchr(p, '\n', (size_t)(end - p));
	if (!stop)
		stop = end;
	if (stop > p && stop[-1] == '\r')
		stop--;
	return (struct bytes){ p, (size_t)(stop - p) };
}

/* byte offset of character `n` (from 0) of UTF-8 text */
static size_t offset_of(struct bytes text, size_t n)
{
	size_t i = 0;

	while (i < text.size && n--)
		do
			i++;
		while (i < text.size && (text.data[i] & 0xc0) == 0x80);
	return i;
}

static void quote(struct text *t, struct pos pos)
{
	struct bytes line = line_find(pos.source, pos.line);
	size_t start = offset_of(line, pos.column - 1u), from = 0, i;
	size_t stop = offset_of(line, pos.column - 1u + (pos.width ?: 1));
	size_t size;
	const char *cut = "";

	if (start > QUOTED / 2) {
		from = start - QUOTED / 2;
		while (from < start && (line.data[from] & 0xc0) == 0x80)
			from++;
		cut = "...";
	}
	size = line.size - from > QUOTED ? QUOTED : line.size - from;
	text_addf(t, "%5u | %s", pos.line, cut);
	print_escaped(t, line.data + from, size);
	text_addf(t, "\n      | %*s", (int)strlen(cut), "");
	for (i = from; i < start; i++)
		if (line.data[i] == '\t')
			text_add_char(t, '\t');
		else if ((line.data[i] & 0xc0) != 0x80)
			text_add_char(t, ' ');
	text_add_char(t, '^');
	for (i = start + 1; i < stop && i < from + size; i++)
		if ((line.data[i] & 0xc0) != 0x80)
			text_add_char(t, '~');
	text_add_char(t, '\n');
}

static void one(struct text *t, const struct message *m)
{
	const char *place = pos_text(t->arena, m->pos);

	print_escaped(t, place, strlen(place));
	text_addf(t, "%s%s", *place ? ": " : "plumb: ", m->note ? "note: " : "");
	print_escaped_lines(t, m->text, strlen(m->text));
	text_add_char(t, '\n');
	if (m->pos.source && m->pos.line && m->pos.column &&
	    m->pos.source->text)
		quote(t, m->pos);
}

const char *err_text(struct arena *a, const struct err *e, size_t limit)
{
	struct text t = text_new(a);
	const struct message *m;
	size_t shown = 0;

	for (m = e->first; m; m = m->next) {
		if (!m->note && limit && shown++ == limit)
			break;
		one(&t, m);
	}
	if (m)
		text_addf(&t, "plumb: %zu more %s like these\n",
		    e->count - limit,
		    e->count - limit == 1 ? "mistake" : "mistakes");
	return text_string(&t);
}

/* Damerau-Levenshtein distance with adjacent swaps; words up to LONGEST_WORD */
static size_t distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), i, j;
	size_t row[3][LONGEST_WORD + 1], *now, *last, *before;

	if (n > LONGEST_WORD || m > LONGEST_WORD)
		return LONGEST_WORD;
	for (j = 0; j <= m; j++)
		row[0][j] = j;
	for (i = 1; i <= n; i++) {
		now = row[i % 3], last = row[(i + 2) % 3];
		before = row[(i + 1) % 3];
		now[0] = i;
		for (j = 1; j <= m; j++) {
			now[j] = last[j - 1] + (a[i - 1] != b[j - 1]);
			if (last[j] + 1 < now[j])
				now[j] = last[j] + 1;
			if (now[j - 1] + 1 < now[j])
				now[j] = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
	}
	return row[n % 3][m];
}

const char *nearest(const char *word, const char *const *names)
{
	size_t size = strlen(word), best = size / 3 + 2, d;
	const char *found = NULL, *longer = NULL;

	for (; *names; names++) {
		d = distance(word, *names);
		/* who errs seldom errs in the first letter */
		d += *word != **names && d > 1;
		if (d < best && d < strlen(*names)) {
			best = d;
			found = *names;
		}
		if (!longer && size > 2 && !strncmp(word, *names, size))
			longer = *names;
	}
	return found ? found : longer;
}
