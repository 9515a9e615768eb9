/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * input.h - one value of a spec as a number, a path, a time, ...: each 0, or -1
 * after having said what it must be.
 */
#pragma once

#include "attribute.h"

/* a value that is read, and what it is read for */
struct input {
	const struct reader *reader;
	const struct attribute *row;
	const struct value *value;
};

/* "'mode' must be ...": always -1 */
int input_refuse(const struct input *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
#ifdef __clang_analyzer__
/* as with err_at() */
#define input_refuse(...) ((input_refuse)(__VA_ARGS__), -1)
#endif
int input_text(const struct input *, const char **out);
int input_path(const struct input *, const char **out);
int input_mode(const struct input *, int *out);
int input_bool(const struct input *, int *out);
int input_int(const struct input *, int64_t *out);
/* milliseconds */
int input_duration(const struct input *, int64_t *out);
/* bytes */
int input_size(const struct input *, int64_t *out);
/* the index among the row's choices */
int input_choice(const struct input *, int *out);
