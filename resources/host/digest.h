/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * digest.h - SHA-256, keyed and not.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { DIGEST = 32, DIGEST_HEX = 65 };

struct digester;

void digest_bytes(const void *data, size_t size, unsigned char out[DIGEST]);
/* HMAC-SHA-256 */
void digest_keyed(const void *key, size_t key_size, const void *data,
    size_t size, unsigned char out[DIGEST]);
/* in pieces; digester_end frees it */
struct digester *digester_begin(void);
void digester_add(struct digester *, const void *data, size_t size);
void digester_end(struct digester *, unsigned char out[DIGEST]);
/* small letters and a NUL */
void digest_hex(const unsigned char digest[DIGEST], char out[DIGEST_HEX]);
/* in a time that does not tell where they differ */
bool digest_equal(const void *, const void *, size_t size);
