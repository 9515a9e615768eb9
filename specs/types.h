/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * types.h - what an attribute may hold, in a spec and in C.
 */
#pragma once

#include <stdint.h>

enum attribute_type {
	TYPE_STRING,   /* const char *: text without NUL */
	TYPE_PATH,     /* const char *: absolute, without . .. // and last / */
	TYPE_MODE,     /* int: four octal digits at most */
	TYPE_BOOL,     /* int: 0 or 1; true or false in the spec */
	TYPE_INT,      /* int64_t: not negative */
	TYPE_DURATION, /* int64_t: milliseconds; 30, 1.5s, 5m, 2h, 1d */
	TYPE_SIZE,     /* int64_t: bytes; 512, 4K, 10M, 1G (of 1024) */
	TYPE_CHOICE,   /* int: index into `choices` */
	TYPE_LIST,     /* const struct strings *: order counts */
	TYPE_SET,      /* const struct strings *: sorted, each once */
	TYPE_MAP,      /* const struct value *: names to text */
	TYPE_CONTENT,  /* const struct content *: bytes as written */
	TYPE_SOURCE,   /* const struct content *: a file below files/ */
	TYPE_TEMPLATE, /* const struct content *: a file below templates/ */
	TYPE_VALUE,    /* const struct value *: anything */
	TYPE_CONDITION, /* int: an expression without braces; 0 or 1 */
};

/* the C type of a member, so that a row that lies does not compile */
#define C_TYPE_STRING const char *
#define C_TYPE_PATH const char *
#define C_TYPE_MODE int
#define C_TYPE_BOOL int
#define C_TYPE_INT int64_t
#define C_TYPE_DURATION int64_t
#define C_TYPE_SIZE int64_t
#define C_TYPE_CHOICE int
#define C_TYPE_LIST const struct strings *
#define C_TYPE_SET const struct strings *
#define C_TYPE_MAP const struct value *
#define C_TYPE_CONTENT const struct content *
#define C_TYPE_SOURCE const struct content *
#define C_TYPE_TEMPLATE const struct content *
#define C_TYPE_VALUE const struct value *
#define C_TYPE_CONDITION int
