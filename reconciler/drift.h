/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drift.h - why something differs, in three classes.
 *
 * corrective: the machine moved, and the change puts it right;
 * intentional: the spec moved;
 * flapping: plumb has made the same repair FLAPPING_AT times, and each time
 * somebody else has undone it. It is left alone then, because two writers that
 * fight do more harm than either: until the resource's spec changes, or a run
 * names it with --target.
 */
#pragma once

#include "plan.h"

enum { FLAPPING_AT = 3 };

/* "corrective", "intentional", "flapping"; NULL: it is none of these */
const char *change_class(const struct change *);

struct drift_counts {
	size_t corrective, intentional, flapping;
};
struct drift_counts drift_count(const struct plan *);

/*
 * Whether that repair, of a resource that drifted, is to be left undone. Its
 * cause is set, and the repairs that were in vain, newest first. 1, 0, or -1.
 */
int drift_flaps(struct plan *, const struct planner *, struct change *,
    struct err *);
/* drifted and flapping ones, as rows of the run under way */
int drift_record(struct arena *, struct journal *, const struct plan *,
    struct err *);
