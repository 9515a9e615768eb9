/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * names.h - names kept once, and YAML's complaints in plain words.
 */
#pragma once

#include "value.h"

/* what to do about a complaint of libyaml; NULL where no word is better */
const char *yaml_hint(const char *problem);
/* of some bytes, for tables in memory only */
uint64_t hash_bytes(const void *data, size_t size);
