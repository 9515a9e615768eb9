/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * content.h - what a file holds.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* what a file holds or shall hold */
struct content {
	/* ended by NUL; NULL when only the digest is known */
	const char *data;
	size_t size;
	/* SHA-256; only where `digested` says so */
	unsigned char digest[32];
	bool digested;
};

/* by bytes where both are there, else by digest, which both must have then */
bool content_equal(const struct content *, const struct content *);
