/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rooted.h - the real machine below a temporary root, for tests.
 */
#pragma once

#include "../resources/host/machine.h"

enum { NOBODY = 65534 };

struct rooted {
	struct arena *arena;
	struct err err;
	struct job job;
	struct host host;
	char root[64];
};

/* setup and teardown of cmocka; the state is a struct rooted */
int rooted_open(void **state);
int rooted_close(void **state);

/* a path of the root as the test itself sees it */
const char *rooted_at(const struct rooted *, const char *path);
/* fails unless `part` is in what was said last */
void rooted_said(const struct rooted *, const char *part);
/* a file of ours by host_write() */
int rooted_put(struct rooted *, const char *path, const char *text, int mode);
/* by host_read(), which must not fail */
const char *rooted_get(struct rooted *, const char *path, struct entry *);
/* entries of a directory */
size_t rooted_count(struct rooted *, const char *path);
/* around plumb: another owner, a link; both are made to work */
void rooted_give(const struct rooted *, const char *path, uid_t owner);
void rooted_lead(const struct rooted *, const char *path, const char *target);
