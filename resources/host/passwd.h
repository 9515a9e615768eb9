/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * passwd.h - the text of passwd(5), group(5) and shadow(5), line by line.
 *
 * Lines that have too few fields or a number that is none are passed over, as
 * getpwent(3) does, and so are those that start with + or - (NIS).
 */
#pragma once

#include <stdbool.h>

#include "accounts.h"

/* each cuts one line off `rest`; false at the end. Strings are copies */
bool passwd_next(struct arena *, struct bytes *rest, struct account *);
bool group_next(struct arena *, struct bytes *rest, struct account_group *);
/* whether the password of a line of shadow can be used: see account.locked */
bool shadow_next(struct arena *, struct bytes *rest, const char **name,
    bool *locked);
