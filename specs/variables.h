/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * variables.h - the site's variables, which may use each other in any order.
 */
#pragma once

#include "value.h"

struct reader;
struct variable;

struct variables {
	struct arena *arena;
	struct variable *items;
	size_t count;
	size_t capacity;
};

/* those of one file; -1 when one is there already, or it is no map */
int variables_add(struct variables *, const struct value *map, struct err *);
/* each is evaluated after those it names, and added to the reader's scope */
int variables_evaluate(const struct variables *, struct reader *);
