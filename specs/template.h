/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * template.h - text with ${…} in it, turned into Lua.
 *
 * The text is read as Lua reads it, so that strings, comments, long brackets
 * and tables may hold braces.
 */
#pragma once

#include "arena.h"

enum piece_type {
	PIECE_END,
	PIECE_TEXT,
	PIECE_CODE,
	/* not closed */
	PIECE_WRONG,
};

/* text up to the next ${, or one ${…} */
struct piece {
	enum piece_type type;
	/* as written, with the braces; the next piece starts behind it */
	size_t offset;
	size_t size;
	/* what the text says, or the expression without its braces */
	struct bytes text;
	/* what is wrong, in words */
	const char *wrong;
};

/* the piece at `from`; $${ is the text ${ */
struct piece piece_next(const char *text, size_t size, size_t from);

/*
 * Lua with `map(LIST, EXPRESSION)` and `filter(LIST, EXPRESSION)` turned into
 * calls with a function of `it`. Lines stay where they are.
 */
struct bytes template_rewrite(struct arena *, const char *code, size_t size);
/*
 * A Lua chunk that is called with two functions, the first of which takes a
 * piece of the text, and the second the offset and size of the ${…} that comes
 * next. Its lines are those of the template. No data: see `wrong`.
 */
struct bytes template_chunk(struct arena *, const char *text, size_t size,
    struct piece *wrong);
