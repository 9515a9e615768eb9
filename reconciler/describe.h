/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * describe.h - a resource's state for the journal.
 */
#pragma once

#include "graph.h"

/* whether what the row says, or said before, is nobody's business */
bool resource_hides(const struct resource *, const struct attribute *);
/* the rows that are hidden in what describe() gave: see was_secret */
uint64_t described_secrets(struct arena *, const struct attribute *table,
    const char *described);

/*
 * Attributes as JSON; content by size and digest, what is sensitive by a keyed
 * digest. NULL for NULL.
 */
const char *describe(struct arena *, const struct resource *, const void *base,
    const unsigned char key[32]);
/* of what is desired, as 64 hex digits */
const char *describe_desired(struct arena *, const struct resource *,
    const unsigned char key[32]);
