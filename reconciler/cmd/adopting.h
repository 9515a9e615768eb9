/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * adopting.h - what plumb adopt is told, finds and writes.
 */
#pragma once

#include "../adopt_all.h"
#include "running.h"

struct adopting {
	struct invocation *in;
	struct running x;
	/* addresses that were asked for; none with --all */
	struct strings asked;
	const char *site;
	struct job job;
	struct survey survey;
	struct adopted_list list;
	struct adoption adoption;
};

/* --- adopting.c: what came of it, in words --- */

/* the comment that a file begins with */
const char *adopting_about(struct adopting *);
void adopting_show(struct adopting *);
