/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * owner.h - who owns what is there, as specs say it: a name or a number.
 */
#pragma once

#include "host.h"

/*
 * `out` is `wanted` where that is who `uid` is, so that 0 and root do not
 * differ; else the name, else the number. `wanted` may be NULL, or somebody
 * who does not exist yet.
 */
int host_owner(struct job *, const struct host *, uid_t uid,
    const char *wanted, const char **out);
int host_owner_group(struct job *, const struct host *, gid_t gid,
    const char *wanted, const char **out);
/*
 * The numbers to give to a file; -1, which is to leave it alone, for NULL.
 * Somebody who does not exist is an error.
 */
int host_owner_ids(struct job *, const struct host *,
    const char *const wanted[2], uid_t *, gid_t *);
