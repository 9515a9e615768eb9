/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * selection.h - the part of a graph that a run is about.
 */
#pragma once

#include "graph.h"

struct selection {
	struct graph *graph;
	/* addresses, or "tag:WORD"; NULL or empty: all, and nothing */
	const struct strings *targets, *excludes;
};

/*
 * By node: the targets with all that they need, less what is excluded and what
 * cannot be without it. NULL: everything. An address that names nothing is a
 * mistake.
 */
int selection_make(const struct selection *, const bool **out, struct err *);
