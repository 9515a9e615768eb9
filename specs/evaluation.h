/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * evaluation.h - one scalar or template while its expressions run: what the
 * walk over values (evaluate.c) and Lua (expression.c) say to each other.
 */
#pragma once

#include "arena.h"
#include "expression.h"

struct evaluation {
	struct arena *arena;
	const struct scope *scope;
	/* what is evaluated: a scalar, or a template */
	const struct value *in;
	const struct source *template;
	/* where the ${…} at hand is in it; no size: it is all an expression */
	size_t offset;
	size_t size;

	/* what became known of it */
	bool sensitive;
	bool later;
	const struct reference *references;
	/* what is wrong and where; or `said`, by someone outside */
	const char *wrong;
	struct pos place;
	struct err said;

	/* what it has used up */
	long steps;
	double since;
	size_t nodes;
	size_t bytes;
	/* the number that was read last: it may be written unlike Lua would */
	const struct value *number;
};

/* values and bytes that one evaluation may make */
enum { EVALUATION_NODES = 1000 * 1000, EVALUATION_BYTES = 64 << 20 };

/* only one thread at a time is in an evaluator */
void evaluator_enter(struct evaluator *);
void evaluator_leave(struct evaluator *);
/* run one expression; -1: see `wrong` and `said`, unless it is later */
int evaluator_run(struct evaluator *, struct evaluation *, struct bytes code,
    struct value *out);
/* run a chunk from template_chunk(), which adds to `out` */
int evaluator_render(struct evaluator *, struct evaluation *,
    struct bytes text, struct text *out);
/* Lua's message in plain words, without the place that it starts with */
const char *plain_words(struct arena *, const char *message);
/* the line that Lua's message names, or 0 */
uint32_t message_line(const char *message);
