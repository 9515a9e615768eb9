/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * layout.c - text in columns, for help and explain.
 */
#include <string.h>

#include "cmd.h"

/* where the right column starts; what is longer on the left gets a line */
enum { RIGHT = 24 };

int columns(const char *s)
{
	int n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

void wrap(struct text *t, const char *words, int at, int indent, int width)
{
	bool first = true;
	int size;

	while (*(words += strspn(words, " "))) {
		char *word = arena_copy(t->arena, words, strcspn(words, " "));

		words += strlen(word);
		size = columns(word);
		if (!first && at + 1 + size > width) {
			text_addf(t, "\n%*s", indent, "");
			at = indent;
		} else if (!first) {
			text_add_char(t, ' ');
			at++;
		}
		text_add(t, word);
		at += size;
		first = false;
	}
	text_add_char(t, '\n');
}

void wrap_row(struct text *t, const char *left, const char *right, int indent,
    int width)
{
	int at = indent + columns(left);

	text_addf(t, "%*s%s", indent, "", left);
	if (at + 2 > RIGHT) {
		text_add_char(t, '\n');
		at = 0;
	}
	text_addf(t, "%*s", RIGHT - at, "");
	wrap(t, right, RIGHT, RIGHT, width);
}
