/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * arena.c - memory that is given back all at once.
 *
 * Blocks double from 4 KiB to 1 MiB, so that a run over one file stays small
 * and a run over a hundred thousand asks the kernel seldom. What is larger than
 * a quarter of a block gets a block of its own.
 */
#include "arena.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 4 << 10, LARGEST = 1 << 20, ALIGN = 16 };

struct block {
	struct block *older;
	_Alignas(ALIGN) char data[];
};

struct arena {
	struct block *blocks;
	char *next;
	size_t left;
	size_t grown;
	struct arena *children;
	struct arena *sibling;
};

static struct block *block_new(struct arena *a, size_t size)
{
	struct block *b;

	if (size > SIZE_MAX - sizeof(*b) || !(b = malloc(sizeof(*b) + size)))
		abort();
	b->older = a->blocks;
	a->blocks = b;
	return b;
}

struct arena *arena_open(void)
{
	struct arena *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	a->grown = FIRST;
	return a;
}

struct arena *arena_child(struct arena *parent)
{
	struct arena *a = arena_open();

	a->sibling = parent->children;
	parent->children = a;
	return a;
}

void arena_close(struct arena *a)
{
	struct block *b, *older;
	struct arena *child, *sibling;

	if (!a)
		return;
	for (child = a->children; child; child = sibling) {
		sibling = child->sibling;
		arena_close(child);
	}
	for (b = a->blocks; b; b = older) {
		older = b->older;
		free(b);
	}
	free(a);
}

void arena_closep(struct arena **a)
{
	arena_close(*a);
}

/* not zeroed; `align` is a power of two */
static void *take(struct arena *a, size_t size, size_t align)
{
	size_t skip = -(uintptr_t)a->next & (align - 1);
	void *p;

	if (a->next && skip <= a->left && size <= a->left - skip) {
		p = a->next + skip;
		a->next += skip + size;
		a->left -= skip + size;
		return p;
	}
	if (size > a->grown / 4)
		return block_new(a, size)->data;
	a->next = block_new(a, a->grown)->data;
	a->left = a->grown;
	if (a->grown < LARGEST)
		a->grown *= 2;
	return take(a, size, align);
}

void *arena_alloc(struct arena *a, size_t size)
{
	/* a type is aligned to no more than its size */
	size_t align = size >= 8 ? 8 : size >= 4 ? 4 : size >= 2 ? 2 : 1;

	return memset(take(a, size, align), 0, size);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		abort();
	return arena_alloc(a, total);
}

char *arena_copy(struct arena *a, const void *data, size_t size)
{
	char *p = take(a, size + 1, 1);

	if (size)
		memcpy(p, data, size);
	p[size] = '\0';
	return p;
}

char *arena_string(struct arena *a, const char *s)
{
	return arena_copy(a, s, strlen(s));
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	char *p;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	assert(n >= 0);
	p = take(a, (size_t)n + 1, 1);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return p;
}

/* the block that holds just `item`, if it has one of its own */
static struct block **own_block(struct arena *a, const void *item)
{
	struct block **b = &a->blocks;

	while (*b && (*b)->data != item)
		b = &(*b)->older;
	return *b ? b : NULL;
}

/*
 * Large arrays have blocks of their own, which can grow in place: an array
 * that ends with a million items leaves no trail of smaller ones behind.
 */
void *arena_grow(struct arena *a, void *item, size_t count, size_t *capacity,
    size_t size)
{
	size_t wanted = *capacity ? *capacity * 2 : 8, total;
	struct block **own = NULL, *b;
	void *p;

	if (__builtin_mul_overflow(wanted, size, &total))
		abort();
	if (count * size > LARGEST / 4)
		own = own_block(a, item);
	if (own) {
		b = realloc(*own, sizeof(*b) + total);
		if (!b)
			abort();
		*own = b;
		*capacity = wanted;
		return b->data;
	}
	p = take(a, total, ALIGN);
	if (count)
		memcpy(p, item, count * size);
	*capacity = wanted;
	return p;
}

struct text text_new(struct arena *a)
{
	return (struct text){ .arena = a };
}

static void text_reserve(struct text *t, size_t more)
{
	size_t wanted = t->capacity ? t->capacity : 64;
	char *p;

	if (more >= SIZE_MAX / 4 || t->size >= SIZE_MAX / 4)
		abort();
	if (t->size + more + 1 <= t->capacity)
		return;
	while (wanted < t->size + more + 1)
		wanted *= 2;
	p = take(t->arena, wanted, 1);
	if (t->size)
		memcpy(p, t->data, t->size);
	p[t->size] = '\0';
	t->data = p;
	t->capacity = wanted;
}

void text_add_bytes(struct text *t, const void *data, size_t size)
{
	text_reserve(t, size);
	if (size)
		memcpy(t->data + t->size, data, size);
	t->size += size;
	t->data[t->size] = '\0';
}

void text_add(struct text *t, const char *s)
{
	text_add_bytes(t, s, strlen(s));
}

void text_add_char(struct text *t, char c)
{
	text_add_bytes(t, &c, 1);
}

void text_vaddf(struct text *t, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	assert(n >= 0);
	text_reserve(t, (size_t)n);
	vsnprintf(t->data + t->size, (size_t)n + 1, fmt, ap);
	t->size += (size_t)n;
}

void text_addf(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_vaddf(t, fmt, ap);
	va_end(ap);
}

const char *text_string(struct text *t)
{
	return t->data ? t->data : "";
}

bool strings_hold(const struct strings *s, const char *name)
{
	size_t i;

	for (i = 0; s && i < s->count; i++)
		if (!strcmp(s->item[i], name))
			return true;
	return false;
}
