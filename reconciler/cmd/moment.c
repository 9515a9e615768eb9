/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * moment.c - times of the journal for people and programs.
 */
#include "moment.h"

#include <time.h>

#include "../../specs/arena.h"

const char *moment_text(struct arena *a, int64_t microseconds)
{
	time_t t = (time_t)(microseconds / 1000000);
	struct tm tm;
	char out[32];

	localtime_r(&t, &tm);
	strftime(out, sizeof(out), "%Y-%m-%d %H:%M:%S", &tm);
	return arena_string(a, out);
}

const char *moment_iso(struct arena *a, int64_t microseconds)
{
	time_t t = (time_t)(microseconds / 1000000);
	struct tm tm;
	char out[32];

	gmtime_r(&t, &tm);
	strftime(out, sizeof(out), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return arena_string(a, out);
}
