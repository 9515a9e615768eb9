/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * value.c - any bytes as a YAML file of a site: read, said, walked.
 *
 * What must hold besides not crashing: a mistake is said exactly where reading
 * fails, what is shown holds no byte that steers a terminal, and a tree equals
 * itself.
 */
#include <assert.h>
#include <string.h>

#include "../../specs/arena.h"
#include "../../specs/value.h"

enum {
	/* an alias bomb is small enough to be read, not to be walked by each */
	WALKED = 100 * 1000,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_pos(struct pos pos, const struct source *source)
{
	assert(pos.source == source);
	assert(pos.line > 0 && pos.line <= source->size + 2);
}

static void walk(const struct value *v, const struct source *source,
    size_t *left)
{
	uint32_t i;

	if (!*left || !--*left)
		return;
	check_pos(v->pos, source);
	if (v->type == VALUE_TEXT) {
		assert(v->text[v->count] == '\0');
		value_core(v);
	}
	for (i = 0; v->type == VALUE_LIST && i < v->count; i++)
		walk(&v->items[i], source, left);
	for (i = 0; v->type == VALUE_MAP && i < v->count; i++) {
		assert(value_find(v, v->pairs[i].key) == &v->pairs[i].value);
		walk(&v->pairs[i].value, source, left);
	}
}

static void check_shown(const char *text)
{
	for (; *text; text++)
		assert(*text == '\n' || *text == '\t' ||
		    ((unsigned char)*text >= 0x20 && *text != 0x7f));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped_arena *arena = arena_open();
	struct err err = err_new(arena);
	struct source source = {
		.path = "fuzz.yaml",
		.text = arena_copy(arena, data, size),
		.size = size,
	};
	struct value value = { 0 };
	size_t left = WALKED;

	if (value_read(arena, names_new(arena), &source, &value, &err) < 0) {
		assert(err.count > 0);
		check_shown(err_text(arena, &err, 20));
		return 0;
	}
	assert(err.count == 0);
	walk(&value, &source, &left);
	assert(!left || value_equal(&value, &value));
	return 0;
}
