/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal_rows.c - what a row is, and what its digest is of.
 *
 * The digest is of the one before, the table, number and time, and each cell
 * with its type and length, so that no two rows look the same. Numbers are
 * eight bytes, the lowest first.
 */
#include "journal_rows.h"

#include <string.h>
#include <time.h>

struct cell cell_number(int64_t n)
{
	return (struct cell){ .type = CELL_NUMBER, .number = n };
}

struct cell cell_text(const char *s)
{
	if (!s)
		return (struct cell){ .type = CELL_NULL };
	return (struct cell){ CELL_TEXT, 0, s, strlen(s) };
}

int64_t journal_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void add_number(struct text *t, int64_t n)
{
	unsigned char b[8];
	int i;

	for (i = 0; i < 8; i++)
		b[i] = (unsigned char)((uint64_t)n >> 8 * i);
	text_add_bytes(t, b, sizeof(b));
}

void row_digest(struct text *form, const struct row *r,
    unsigned char out[DIGEST])
{
	const struct sql_table *table = &sql_tables[r->table];
	const struct cell *c;
	int i;

	form->size = 0;
	text_add_bytes(form, r->previous, DIGEST);
	text_add_bytes(form, table->name, strlen(table->name) + 1);
	add_number(form, r->number);
	add_number(form, r->at);
	for (i = 0; i < table->count; i++) {
		c = &r->cell[i];
		text_add_char(form, "0nt"[c->type]);
		if (c->type == CELL_NULL)
			continue;
		add_number(form,
		    c->type == CELL_TEXT ? (int64_t)c->size : c->number);
		if (c->type == CELL_TEXT)
			text_add_bytes(form, c->text, c->size);
	}
	digest_bytes(form->data, form->size, out);
}
