/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * member.h - a member of a kind's struct, reached by its row in the table.
 */
#pragma once

#include "attribute.h"

#define MEMBER(type, row, base) (*(type *)((char *)(base) + (row)->offset))
#define MEMBER_OF(type, row, base)                                             \
	(*(type const *)((const char *)(base) + (row)->offset))

/* how a type is kept in the struct */
enum storage { AS_TEXT, AS_INT, AS_INT64, AS_STRINGS, AS_CONTENT, AS_VALUE };
enum storage type_storage(enum attribute_type);
/* not given */
void member_clear(const struct attribute *, void *base);
/* an earlier row has the same member, and speaks for it */
bool row_is_alias(const struct attribute *table, const struct attribute *row);
