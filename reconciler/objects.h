/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * objects.h - the bytes from before, by their digest: STATE/objects/ab/cdef...
 *
 * An object is whole or absent, and never changes. Its file is 0600. Bytes that
 * are sensitive do not belong here.
 */
#pragma once

#include "../resources/host/digest.h"
#include "../specs/arena.h"
#include "../specs/err.h"

struct object {
	struct bytes bytes;
	/* filled in: SHA-256 */
	char digest[DIGEST_HEX];
};

/*
 * Keep them, durably; what is there already costs a look. Many together share
 * their syncs: two for the whole lot instead of two for each. May be called
 * from several threads.
 */
int objects_put(const char *state, struct object *, size_t, struct err *);
/* 1: found, ended by NUL; 0: there is none; -1: cannot be read, or damaged */
int objects_get(struct arena *, const char *state, const char *digest,
    struct bytes *, struct err *);
/* remove what a killed run left half-written; only under the lock */
int objects_clean(const char *state, struct err *);
