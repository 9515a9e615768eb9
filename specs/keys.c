/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * keys.c - a map says each thing once.
 *
 * Keys are interned, so pointers tell. Most maps are short and need no table;
 * one of a hundred thousand must not take its square.
 */
#include "keys.h"

#include "arena.h"
#include "value.h"

enum { SHORT = 12 };

static void twice(const struct value *map, uint32_t first, uint32_t again,
    struct err *err)
{
	err_at(err, pair_pos(map, &map->pairs[again]), "'%s' is there twice",
	    map->pairs[again].key);
	err_note(err, pair_pos(map, &map->pairs[first]), "it is first here");
}

static void check_short(const struct value *map, struct err *err)
{
	uint32_t i, first;

	for (i = 1; i < map->count; i++) {
		for (first = 0; map->pairs[first].key != map->pairs[i].key;)
			first++;
		if (first < i)
			twice(map, first, i, err);
	}
}

static void check_long(struct arena *scratch, const struct value *map,
    struct err *err)
{
	size_t size = 4 * SHORT, slot;
	/* numbers of pairs; 1 is the first */
	uint32_t *table, i;

	while (size < (size_t)map->count * 2)
		size *= 2;
	table = arena_array(scratch, size, sizeof(*table));
	for (i = 0; i < map->count; i++) {
		const char *key = map->pairs[i].key;

		slot = ((uintptr_t)key >> 3) * 0x9e3779b97f4a7c15u % size;
		while (table[slot] && map->pairs[table[slot] - 1].key != key)
			slot = (slot + 1) % size;
		if (table[slot])
			twice(map, table[slot] - 1, i, err);
		else
			table[slot] = i + 1;
	}
}

void keys_check(struct arena *scratch, const struct value *map,
    struct err *err)
{
	if (map->count > SHORT)
		check_long(scratch, map, err);
	else
		check_short(map, err);
}
