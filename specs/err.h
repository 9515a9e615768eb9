/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * err.h - what is wrong, and where.
 *
 * A function that can fail returns 0, or -1 after having said why exactly once;
 * its callers handle that or pass it on, perhaps with a note about a further
 * place. Absence is not an error, and a bug is an assert.
 *
 * Wording: lower case, no full stop, name the thing, say what was expected,
 * then the hint.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/* a file of the site as it was read; kept so that errors can quote it */
struct source {
	/* as shown to the user, relative to where plumb was started */
	const char *path;
	const char *text;
	size_t size;
};

/* a place; `source` is NULL where there is none (the command line) */
struct pos {
	const struct source *source;
	/* both count from 1; 0 is the whole file */
	uint32_t line;
	/* in characters */
	uint16_t column;
	/* of what is meant, in characters, for the underline; 0 is 1 */
	uint16_t width;
};

struct message {
	const char *text;
	struct pos pos;
	bool note;
	const struct message *next;
};

struct err {
	struct arena *arena;
	const struct message *first;
	struct message *last;
	/* messages that are not notes */
	size_t count;
};

struct err err_new(struct arena *);
/* say that something is wrong; always -1 */
int err_at(struct err *, struct pos, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* add a further place to what was said last; always -1 */
int err_note(struct err *, struct pos, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
#ifdef __clang_analyzer__
/* which sees one file at a time */
#define err_at(...) ((err_at)(__VA_ARGS__), -1)
#endif
/* move all that was said in `from`, which lives in another arena, to `to` */
void err_move(struct err *to, const struct err *from);

/*
 * All of it as text for people: place, message, the line quoted and underlined.
 * Control bytes are escaped. At most `limit` messages, then how many more there
 * are; 0 is no limit.
 */
const char *err_text(struct arena *, const struct err *, size_t limit);
/* one place as file:line:col; "" without a source */
const char *pos_text(struct arena *, struct pos);

/* the name among `names` (ends with NULL) nearest to `word`, or NULL */
const char *nearest(const char *word, const char *const *names);
