/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lookup.h - find one of many things by its name.
 *
 * The things are an array of structs whose first member is the name, a
 * `const char *` that does not change; the array may move and grow.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct arena;

struct named {
	const void *item;
	size_t stride;
};
#define NAMED(array) ((struct named){ (array), sizeof(*(array)) })

/* starts as { 0 } */
struct lookup {
	uint32_t *slots;
	size_t size;
	size_t count;
};

enum { LOOKUP_NONE = -1 };

/* item `i` can be found from now on; its name must not be in there yet */
void lookup_add(struct arena *, struct lookup *, struct named, size_t i);
/* its place in the array, or LOOKUP_NONE */
ptrdiff_t lookup_find(const struct lookup *, struct named, const char *name);
