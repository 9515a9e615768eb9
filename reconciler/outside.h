/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * outside.h - what the expressions of a run may ask of the world.
 */
#pragma once

struct outside;
struct run;

/* for the run's evaluator, under whose lock it is asked */
const struct outside *outside_new(struct run *);
