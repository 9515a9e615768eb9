/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * leftovers.h - what a killed run left beside the files that it wrote.
 */
#pragma once

#include "../resources/host/host.h"
#include "record.h"

/*
 * Of acts found open, remove what is not finished: the site may not ask for it
 * any more, so nobody else would. What cannot be removed stays.
 */
void leftovers_remove(struct arena *, struct host *,
    const struct journal_acts *open);
