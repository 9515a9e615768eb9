/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * place.h - where a byte of a text is in the file that it was written in.
 */
#pragma once

#include <stddef.h>

#include "err.h"

struct value;

/*
 * The place of `size` bytes at `offset` in a scalar's text, which start with
 * ${. Quotes, escapes, folding and indentation are looked through by finding
 * them again in the source; where they cannot be found, the scalar's place.
 */
struct pos place_in_value(const struct value *, size_t offset, size_t size);
/* the place of `size` bytes at `offset` of a file */
struct pos place_in_source(const struct source *, size_t offset, size_t size);
/* a whole line without what it is indented by */
struct pos place_of_line(const struct source *, uint32_t line);
