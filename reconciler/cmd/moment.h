/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * moment.h - times of the journal for people and programs.
 */
#pragma once

#include <stdint.h>

struct arena;

/* microseconds of CLOCK_REALTIME as "2026-11-21 04:39:00", local time */
const char *moment_text(struct arena *, int64_t microseconds);
/* RFC 3339, UTC, to the second */
const char *moment_iso(struct arena *, int64_t microseconds);
