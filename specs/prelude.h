/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prelude.h - the part of the sandbox that is written in Lua.
 */
#pragma once

/*
 * A chunk that takes shape(), the name of what a value is, and gives a table of
 * functions that have the same result whatever the order of a hash is.
 */
extern const char prelude[];
/* the names that every expression sees; ends with NULL */
extern const char *const prelude_names[];
