/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader.h - what a piece of a spec is read with, besides its text.
 */
#pragma once

struct arena;
struct err;
struct evaluator;
struct scope;
struct site;

struct reader {
	struct arena *arena;
	struct err *err;
	/* NULL: there are no expressions, sources and templates here */
	struct evaluator *evaluator;
	/* what the names in expressions mean */
	const struct scope *scope;
	struct site *site;
};
