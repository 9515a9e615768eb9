/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * digest.c - SHA-256, keyed and not, by OpenSSL.
 *
 * None of these can fail but for lack of memory or a broken library, and both
 * end the program: a run can be killed at any instant.
 */
#include "digest.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

struct digester *digester_begin(void)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();

	if (!c || EVP_DigestInit_ex(c, EVP_sha256(), NULL) != 1)
		abort();
	return (struct digester *)c;
}

void digester_add(struct digester *d, const void *data, size_t size)
{
	if (EVP_DigestUpdate((EVP_MD_CTX *)d, data, size) != 1)
		abort();
}

void digester_end(struct digester *d, unsigned char out[DIGEST])
{
	if (EVP_DigestFinal_ex((EVP_MD_CTX *)d, out, NULL) != 1)
		abort();
	EVP_MD_CTX_free((EVP_MD_CTX *)d);
}

void digest_bytes(const void *data, size_t size, unsigned char out[DIGEST])
{
	struct digester *d = digester_begin();

	digester_add(d, data, size);
	digester_end(d, out);
}

void digest_keyed(const void *key, size_t key_size, const void *data,
    size_t size, unsigned char out[DIGEST])
{
	if (!HMAC(EVP_sha256(), key, (int)key_size, data, size, out, NULL))
		abort();
}

void digest_hex(const unsigned char digest[DIGEST], char out[DIGEST_HEX])
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < DIGEST; i++) {
		out[2 * i] = digits[digest[i] >> 4];
		out[2 * i + 1] = digits[digest[i] & 15];
	}
	out[2 * DIGEST] = '\0';
}

bool digest_equal(const void *a, const void *b, size_t size)
{
	return CRYPTO_memcmp(a, b, size) == 0;
}
