/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pattern.h - how long a Lua pattern may take.
 *
 * Lua's matcher tries every way to divide the subject among the repetitions of
 * a pattern and cannot be interrupted, so it is asked before whether the worst
 * case is bearable. See the Lua 5.4 manual, section 6.4.1.
 */
#pragma once

#include <stddef.h>

/* about how many steps the worst subject of `subject` bytes takes */
double pattern_cost(const char *pattern, size_t size, size_t subject);
