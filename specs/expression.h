/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * expression.h - ${…}, conditions and templates: Lua 5.4 in a sandbox.
 *
 * No I/O, no clock, no randomness; a limit on instructions and on memory for
 * each evaluation. An expression sees the names of its scope and a few
 * functions: map, filter, join, file, secret, output and Lua's own string,
 * table, math (without random), ipairs, pairs, select, tonumber, tostring,
 * type, error, assert.
 *
 * (1) A scalar that is exactly one ${…} keeps the value's type; else the
 *     results are joined as text, and a list or map in it is an error.
 * (2) A list that is the result of an item of a list is spliced into it.
 * (3) A value is sensitive if secret() was called, or a sensitive value was
 *     read, while it was evaluated, whatever became of it.
 * (4) If output() gave something that is not known yet, the whole scalar is
 *     VALUE_LATER, and errors of that evaluation do not count.
 * (5) $${ is a literal ${.
 * (6) An error points at the ${…} in the YAML, at the line of the template.
 */
#pragma once

#include "reader.h"
#include "value.h"

/* a name and what it means, and the names around it; NULL ends */
struct scope {
	const struct scope *outer;
	const char *name;
	const struct value *value;
};

/* what expressions may ask of the world; each -1 after an error was said */
struct outside {
	void *context;
	/* the bytes of a file of the site; they must outlive the evaluator */
	int (*file)(void *, const char *name, struct bytes *, struct err *,
	    struct pos);
	int (*secret)(void *, const char *name, struct bytes *, struct err *,
	    struct pos);
	/* 1: known, 0: not yet; NULL: nothing is known yet */
	int (*output)(void *, const struct reference *, struct value *,
	    struct err *);
};

/* lives in the arena, and is closed with it only after evaluator_close */
struct evaluator *evaluator_open(struct arena *, const struct outside *);
void evaluator_close(struct evaluator *);
/* output() asks this from now on (its context too) */
void evaluator_set_outside(struct evaluator *, const struct outside *);

/*
 * `out` is `in` with every ${…} in and below it replaced (keys of maps too, by
 * text). What holds none is shared, not copied. All mistakes are said. What is
 * VALUE_LATER keeps pointing at the scope, and is evaluated again when it is in
 * `in`.
 */
int evaluate(const struct reader *, const struct value *in,
    struct value *out);
/*
 * `in` is an expression without braces (when:, for_each:, that:). May give
 * VALUE_LATER.
 */
int evaluate_bare(const struct reader *, const struct value *in,
    struct value *out);
/*
 * A template: text with ${…}, and lines whose first byte that is not a blank
 * is % are Lua statements (%% is a literal %). `source` is where errors point.
 * `out` is text, or VALUE_LATER.
 */
int evaluate_template(const struct reader *, const struct source *,
    struct value *out);
/*
 * Evaluate again what was VALUE_LATER, in the scope that it had; may still be.
 */
int evaluate_later(const struct reader *, const struct later *,
    struct value *out);
