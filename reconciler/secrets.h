/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * secrets.h - the secrets of a site: secrets/NAME.age, each encrypted to the
 * keys that secrets/recipients lists. They are opened by this machine's age and
 * private keys, also where the run is on a tree below another root.
 *
 * Errors are said at the job's place, and name the secret by themselves.
 */
#pragma once

#include "../resources/host/job.h"

struct site;

/* whether one of that name could be set: before its value is asked for */
int secret_check(struct job *, struct site *, const char *name);
/* what it holds, in the job's arena */
int secret_open(struct job *, struct site *, const char *name,
    struct bytes *out);
/*
 * Written, or replaced, as a whole; `recipients` is how many keys can read it.
 */
int secret_set(struct job *, struct site *, const char *name,
    struct bytes value, size_t *recipients);
/* the names of those there are, sorted */
int secrets_list(struct job *, struct site *, struct strings *out);
