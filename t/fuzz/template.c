/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * template.c - any bytes as a template, and so as expressions in the sandbox.
 *
 * What must hold besides not crashing: it ends, a mistake is said exactly where
 * it fails, and what comes out is text that ends with a NUL.
 */
#include <assert.h>
#include <string.h>

#include "../../specs/arena.h"
#include "../../specs/expression.h"
#include "../../specs/maker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void evaluator_closep(struct evaluator **ev)
{
	evaluator_close(*ev);
}

static struct value variables(struct arena *arena)
{
	const struct pos nowhere = { 0 };
	const struct value names[] = {
		value_text(nowhere, "anna"), value_text(nowhere, "bert"),
	};
	struct map_maker map = { .arena = arena };

	map_add_int(&map, "port", 5061);
	map_add_bool(&map, "on", true);
	map_add(&map, "names", value_list(arena, nowhere, names, 2));
	return map_done(&map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped_arena *arena = arena_open();
	__attribute__((cleanup(evaluator_closep))) struct evaluator *ev =
	    evaluator_open(arena, NULL);
	struct err err = err_new(arena);
	struct source source = {
		.path = "fuzz",
		.text = arena_copy(arena, data, size),
		.size = size,
	};
	struct value all = variables(arena), out = { 0 };
	struct scope scope = { .name = "all", .value = &all };
	struct reader reader = {
		.arena = arena,
		.err = &err,
		.evaluator = ev,
		.scope = &scope,
	};

	if (evaluate_template(&reader, &source, &out) < 0) {
		assert(err.count > 0);
		assert(*err_text(arena, &err, 20));
		return 0;
	}
	assert(err.count == 0);
	assert(out.type == VALUE_LATER || out.text[out.count] == '\0');
	return 0;
}
