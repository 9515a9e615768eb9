/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * yaml_text.h - values as YAML that people would write, and back.
 */
#pragma once

#include "value.h"

/*
 * Whether value_read() would give it back: text in UTF-8 without control bytes
 * but line feeds and tabs, keys that are not empty, no more than VALUE_DEPTH
 * levels, nothing that is later.
 */
bool yaml_can_say(const struct value *);
/*
 * In block style, ended by a line feed; value_read() of it gives an equal
 * value. Text of several lines is a literal block where that is exact. Text
 * that is not VALUE_PLAIN is quoted where it would be read as something else,
 * also by readers of YAML 1.1. It must be something that yaml_can_say().
 */
const char *yaml_text(struct arena *, const struct value *);
