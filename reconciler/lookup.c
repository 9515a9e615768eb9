/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lookup.c - find one of many things by its name: open addressing, at most half
 * full, so that a look costs little more than the one comparison.
 */
#include "lookup.h"

#include <assert.h>
#include <string.h>

#include "../specs/arena.h"

enum { FIRST = 16 };

static const char *name_at(struct named n, size_t i)
{
	return *(const char *const *)((const char *)n.item + i * n.stride);
}

/* FNV-1a */
static uint64_t hash(const char *s)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3;
	return h ^ h >> 32;
}

/* the slot that holds the name, or the empty one where it belongs */
static size_t slot_of(const struct lookup *l, struct named n, const char *name)
{
	size_t at = hash(name) & (l->size - 1);

	while (l->slots[at] && strcmp(name_at(n, l->slots[at] - 1), name))
		at = (at + 1) & (l->size - 1);
	return at;
}

static void grow(struct arena *a, struct lookup *l, struct named n)
{
	struct lookup old = *l;
	size_t i;

	l->size = old.size ? old.size * 2 : FIRST;
	l->slots = arena_array(a, l->size, sizeof(*l->slots));
	for (i = 0; i < old.size; i++)
		if (old.slots[i])
			l->slots[slot_of(l, n, name_at(n, old.slots[i] - 1))] =
			    old.slots[i];
}

void lookup_add(struct arena *a, struct lookup *l, struct named n, size_t i)
{
	size_t at;

	assert(i < UINT32_MAX);
	if (2 * (l->count + 1) > l->size)
		grow(a, l, n);
	at = slot_of(l, n, name_at(n, i));
	assert(!l->slots[at]);
	l->slots[at] = (uint32_t)i + 1;
	l->count++;
}

ptrdiff_t lookup_find(const struct lookup *l, struct named n, const char *name)
{
	if (!l->size)
		return LOOKUP_NONE;
	return (ptrdiff_t)l->slots[slot_of(l, n, name)] - 1;
}
