/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * textdiff.h - what differs between two texts, as a unified diff.
 */
#pragma once

#include "../specs/arena.h"

enum { TEXTDIFF_LIMIT = 4 << 20 };

/*
 * Hunks only, each with `context` equal lines around it, without file headers;
 * "" when they are equal. NULL when there is nothing to show as text: a NUL
 * byte, not UTF-8, or more than TEXTDIFF_LIMIT bytes on a side. Lines are as
 * they are: what shows them escapes them. Where libgit2 cannot be loaded, one
 * line that starts with a backslash says so. Any thread may call it.
 */
const char *textdiff(struct arena *, struct bytes before, struct bytes after,
    unsigned context);
