/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * arena.h - memory that is given back all at once.
 *
 * A function that returns memory takes, first, the arena it returns it in.
 * Lifetimes by name: `process`, `run`, `scratch`. Running out of memory
 * aborts, which is safe because being killed at any instant is safe.
 * An arena belongs to one thread at a time.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;

/* some bytes that somebody else owns; not ended by NUL unless said so */
struct bytes {
	const char *data;
	size_t size;
};

/* strings in an order; owned by the arena they were made in */
struct strings {
	size_t count;
	const char **item;
};

/* whether the name is one of them; NULL holds none */
bool strings_hold(const struct strings *, const char *name);

struct arena *arena_open(void);
/* one for another thread, closed together with its parent */
struct arena *arena_child(struct arena *);
/* everything ever allocated from it is gone; NULL is fine */
void arena_close(struct arena *);
void arena_closep(struct arena **);
#define scoped_arena __attribute__((cleanup(arena_closep))) struct arena

/* zeroed; never NULL */
void *arena_alloc(struct arena *, size_t size)
    __attribute__((alloc_size(2), returns_nonnull, warn_unused_result));
#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
/* zeroed array; aborts when count * size overflows */
void *arena_array(struct arena *, size_t count, size_t size)
    __attribute__((alloc_size(2, 3), returns_nonnull, warn_unused_result));

/* copies; always ended by NUL */
char *arena_copy(struct arena *, const void *data, size_t size);
char *arena_string(struct arena *, const char *);
char *arena_printf(struct arena *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *, const char *fmt, va_list)
    __attribute__((format(printf, 2, 0)));

/* an array that grows: `item` moves, the old copy stays in the arena */
void *arena_grow(struct arena *, void *item, size_t count, size_t *capacity,
    size_t size);
/* append `x` to `array` of `n` items and capacity `cap` (all lvalues) */
#define arena_push(arena, array, n, cap, x)                                    \
	do {                                                                   \
		if ((n) == (cap))                                              \
			(array) = arena_grow((arena), (array), (n), &(cap),    \
			    sizeof(*(array)));                                 \
		(array)[(n)++] = (x);                                          \
	} while (0)

/* text that grows; `data` is always ended by NUL once anything was added */
struct text {
	struct arena *arena;
	char *data;
	size_t size;
	size_t capacity;
};

struct text text_new(struct arena *);
void text_add(struct text *, const char *);
void text_add_bytes(struct text *, const void *, size_t);
void text_add_char(struct text *, char);
void text_addf(struct text *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void text_vaddf(struct text *, const char *fmt, va_list)
    __attribute__((format(printf, 2, 0)));
/* never NULL */
const char *text_string(struct text *);
