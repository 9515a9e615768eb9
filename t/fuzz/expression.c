/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * expression.c - any bytes as a template, as an expression, and as a scalar
 * with expressions in it.
 *
 * What must hold besides not crashing and ending soon: a mistake is said
 * exactly where evaluating fails; what a secret flowed into is marked; a secret
 * is in no message.
 */
#include <assert.h>
#include <string.h>

#include "../../specs/arena.h"
#include "../../specs/expression.h"
#include "../../specs/maker.h"

static const char canary[] = "correct-horse-battery";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int file(void *context, const char *name, struct bytes *out,
    struct err *err, struct pos pos)
{
	(void)context;
	if (strlen(name) > 8)
		return err_at(err, pos, "there is no such file");
	*out = (struct bytes){ "welcome\n", 8 };
	return 0;
}

static int secret(void *context, const char *name, struct bytes *out,
    struct err *err, struct pos pos)
{
	(void)context;
	(void)name;
	(void)err;
	(void)pos;
	*out = (struct bytes){ canary, sizeof(canary) - 1 };
	return 0;
}

static void check(const struct reader *r, int failed, const struct value *out)
{
	const char *said = err_text(r->arena, r->err, 20);

	assert(failed ? r->err->count > 0 : r->err->count == 0);
	assert(!strstr(said, canary));
	if (!failed && out->type == VALUE_TEXT) {
		assert(out->text[out->count] == '\0');
		assert((out->flags & VALUE_SENSITIVE) ||
		    !memmem(out->text, out->count, canary, sizeof(canary) - 1));
	}
	*r->err = err_new(r->arena);
}

static const struct scope *names(struct arena *a, struct value values[2])
{
	struct scope *domains = arena_new(a, struct scope);
	struct scope *port = arena_new(a, struct scope);
	struct list_maker l = { .arena = a };

	list_add(&l, value_text((struct pos){ 0 }, "contoso.test"));
	list_add(&l, value_text((struct pos){ 0 }, "fabrikam.test"));
	values[0] = list_done(&l);
	values[1] = value_plain((struct pos){ 0 }, "5061");
	*domains = (struct scope){ NULL, "domains", &values[0] };
	*port = (struct scope){ domains, "port", &values[1] };
	return port;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct outside outside = { NULL, file, secret, NULL };
	scoped_arena *arena = arena_open();
	struct err err = err_new(arena);
	struct value values[2], out = { 0 };
	const struct source source = { "fuzz.cfg",
		arena_copy(arena, data, size), size };
	const struct value in = { .pos = { &source, 1, 1, 0 },
		.type = VALUE_TEXT, .flags = VALUE_HAS_EXPRESSION,
		.text = source.text, .count = (uint32_t)size };
	const struct reader r = { .arena = arena, .err = &err,
		.evaluator = evaluator_open(arena, &outside),
		.scope = names(arena, values) };

	/* what is in the input itself is no secret */
	if (memmem(data, size, canary, sizeof(canary) - 1))
		return evaluator_close(r.evaluator), 0;
	check(&r, evaluate_template(&r, &source, &out), &out);
	check(&r, evaluate(&r, &in, &out), &out);
	check(&r, evaluate_bare(&r, &in, &out), &out);
	evaluator_close(r.evaluator);
	return 0;
}
