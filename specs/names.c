/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * names.c - names kept once, and YAML's complaints in plain words.
 */
#include "names.h"

#include <string.h>

#include "arena.h"

struct name {
	uint32_t hash;
	uint32_t size;
	const char *text;
};

struct names {
	struct arena *arena;
	struct name *slots;
	size_t count;
	size_t capacity; /* a power of two */
};

struct names *names_new(struct arena *a)
{
	struct names *n = arena_new(a, struct names);

	n->arena = a;
	n->capacity = 64;
	n->slots = arena_array(a, n->capacity, sizeof(*n->slots));
	return n;
}

/* FNV-1a, eight bytes at a time, and a finish that spreads */
uint64_t hash_bytes(const void *data, size_t size)
{
	const unsigned char *p = data;
	uint64_t h = 0xcbf29ce484222325u ^ size, word;

	for (; size >= 8; p += 8, size -= 8) {
		memcpy(&word, p, 8);
		h = (h ^ word) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	word = 0;
	memcpy(&word, p, size);
	h = (h ^ word) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 32;
}

static void grow(struct names *n)
{
	struct name *old = n->slots;
	size_t i, slot, count = n->capacity;

	n->capacity *= 2;
	n->slots = arena_array(n->arena, n->capacity, sizeof(*n->slots));
	for (i = 0; i < count; i++) {
		if (!old[i].text)
			continue;
		slot = old[i].hash & (n->capacity - 1);
		while (n->slots[slot].text)
			slot = (slot + 1) & (n->capacity - 1);
		n->slots[slot] = old[i];
	}
}

const char *names_intern(struct names *n, const char *data, size_t size)
{
	uint32_t hash = (uint32_t)hash_bytes(data, size);
	size_t slot = hash & (n->capacity - 1);
	struct name *s;

	for (; (s = &n->slots[slot])->text;
	    slot = (slot + 1) & (n->capacity - 1))
		if (s->hash == hash && s->size == size &&
		    !memcmp(s->text, data, size))
			return s->text;
	if (n->count * 2 >= n->capacity) {
		grow(n);
		return names_intern(n, data, size);
	}
	*s = (struct name){ hash, (uint32_t)size,
		arena_copy(n->arena, data, size) };
	n->count++;
	return s->text;
}

const char *yaml_hint(const char *problem)
{
	static const struct {
		const char *problem, *hint;
	} hints[] = {
		{ "found character that cannot start any token",
		    "a tab, @ or ` cannot start a value: indent with spaces, and quote it" },
		{ "did not find expected key",
		    "is this line indented like its neighbours, each text with : or # quoted, and each quote closed?" },
		{ "did not find expected '-' indicator",
		    "items of a list are indented alike and start with '- '" },
		{ "mapping values are not allowed in this context",
		    "a text that holds ': ' must be quoted, and a key needs a line of its own" },
		{ "could not find expected ':'",
		    "is the ':' after a key missing, or a line indented too little?" },
		{ "found unexpected end of stream",
		    "a quote or bracket is not closed" },
		{ "did not find expected node content",
		    "a value is missing, or a [ or { is not closed" },
		{ "did not find expected ',' or '}'",
		    "a { is not closed, a ',' is missing, or ${...} stands without quotes" },
		{ "did not find expected ',' or ']'",
		    "a [ is not closed, a ',' is missing, or ${...} stands without quotes" },
		{ "found unknown escape character",
		    "in double quotes a \\ starts an escape; use single quotes" },
		{ "block sequence entries are not allowed in this context",
		    "a list starts on the line after its key" },
		{ "did not find expected <document start>",
		    "is this line indented too little?" },
		{ "did not find expected alphabetic or numeric character",
		    "a text that starts with * or & must be quoted" },
	};
	size_t i;

	for (i = 0; i < sizeof(hints) / sizeof(*hints); i++)
		if (!strcmp(problem, hints[i].problem))
			return hints[i].hint;
	return NULL;
}
