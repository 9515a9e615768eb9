/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * guard.h - what stands between a plan and its being done.
 *
 * Checked after the plan is made and before anything is asked or done:
 *  - protection: what is protected is neither removed nor replaced. Protection
 *    lasts in the journal: it is lifted by a run that finds `protect: false`
 *    and leaves the resource there; the run after that one may remove it.
 *  - budget: of what there is of a kind, at most BUDGET_PERCENT is removed or
 *    replaced in one run, unless the run names the kind (--allow). BUDGET_FREE
 *    removals are always fine: of a few, a percentage says nothing.
 */
#pragma once

#include "refusal.h"

struct run;

enum { BUDGET_PERCENT = 30, BUDGET_FREE = 3 };

/*
 * All that is refused of a run: by policy once it is loaded, and by protection
 * and budget once it is planned. -1: it cannot be told, which was said.
 */
int guard_refusals(struct run *, struct refusals *);
