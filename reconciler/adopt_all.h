/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * adopt_all.h - everything on a machine that is worth declaring and is not
 * declared yet.
 */
#pragma once

#include "adopt.h"
#include "survey.h"

/* whether the site says something of it already: who does, or NULL */
const struct resource *adopt_declared(const struct graph *,
    const struct kind *, const char *name);
/*
 * Look at all that the survey found; what is declared, or cannot be, is left
 * out of the list and said in the survey. -1 when there can be no survey.
 */
int adopt_all(struct survey *, const struct graph *, struct adopted_list *);
/* by kind and name */
void adopted_sort(struct adopted_list *);
