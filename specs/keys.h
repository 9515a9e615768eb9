/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * keys.h - a map says each thing once.
 */
#pragma once

struct arena;
struct err;
struct value;

/*
 * Say which keys of a map, interned, are there twice. What it needs in between
 * comes from `scratch`.
 */
void keys_check(struct arena *scratch, const struct value *map, struct err *);
