/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * world.c - a small site for the tests of expressions.
 */
#include "world.h"

#include <string.h>

/* what the names mean in every test */
static const char site[] =
"domains: [contoso.test, fabrikam.test]\n"
"numbers: [3, 1, 2]\n"
"none: []\n"
"nothing:\n"
"port: 5061\n"
"quoted: \"5061\"\n"
"version: 1.10\n"
"mode: 0640\n"
"enabled: true\n"
"host: { name: fe1, os: { id: debian, version: 12 }, address: 10.7.0.11 }\n"
"hosts: { fe1: { address: 10.7.0.11 }, fe2: { address: 10.7.0.12 } }\n"
"zebra: { z: 1, a: 2, m: 3 }\n"
"it: outer\n";

static int file(void *context, const char *name, struct bytes *out,
    struct err *err, struct pos pos)
{
	(void)context;
	if (strcmp(name, "motd"))
		return err_at(err, pos, "there is no file '%s'", name);
	*out = (struct bytes){ "welcome\n", 8 };
	return 0;
}

static int secret(void *context, const char *name, struct bytes *out,
    struct err *err, struct pos pos)
{
	(void)context;
	if (strcmp(name, "tsig"))
		return err_at(err, pos, "there is no secret '%s'", name);
	*out = (struct bytes){ "hunter2", 7 };
	return 0;
}

static int output(void *context, const struct reference *wanted,
    struct value *out, struct err *err)
{
	struct world *w = context;

	if (!strcmp(wanted->attribute, "wrong"))
		return err_at(err, wanted->pos, "%s has no output '%s'",
		    wanted->address, wanted->attribute);
	if (w->known)
		*out = value_text(wanted->pos, wanted->attribute);
	return w->known;
}

int world_setup(void **state)
{
	static const struct source source = { "site.yaml", site,
		sizeof(site) - 1 };
	struct arena *a = arena_open();
	struct world *w = arena_new(a, struct world);
	struct outside outside = { w, file, secret, output };
	struct value all;
	struct scope *s;
	uint32_t i;

	w->arena = a;
	w->err = err_new(a);
	w->reader = (struct reader){ .arena = a, .err = &w->err,
		.evaluator = evaluator_open(a, &outside) };
	assert_int_equal(value_read(a, names_new(a), &source, &all, &w->err),
	    0);
	for (i = 0; i < all.count; i++) {
		s = arena_new(a, struct scope);
		*s = (struct scope){ w->reader.scope, all.pairs[i].key,
			&all.pairs[i].value };
		w->reader.scope = s;
	}
	*state = w;
	return 0;
}

int world_teardown(void **state)
{
	struct world *w = *state;

	evaluator_close(w->reader.evaluator);
	arena_close(w->arena);
	return 0;
}

struct value read_yaml(struct world *w, const char *yaml)
{
	struct source *source = arena_new(w->arena, struct source);
	struct value v;

	*source = (struct source){ "t.yaml", yaml, strlen(yaml) };
	if (value_read(w->arena, names_new(w->arena), source, &v, &w->err))
		fail_msg("%s", err_text(w->arena, &w->err, 0));
	return v;
}

const char *said(struct world *w)
{
	const char *text = err_text(w->arena, &w->err, 0);

	w->err = err_new(w->arena);
	return text;
}

struct value given(struct world *w, const char *yaml)
{
	struct value in = read_yaml(w, yaml), out;

	if (evaluate(&w->reader, &in, &out))
		fail_msg("%s\n%s", yaml, said(w));
	return out;
}

void gives(struct world *w, const char *yaml, const char *json)
{
	struct value out = given(w, yaml);

	assert_string_equal(json_text(w->arena, &out), json);
}

void is(struct world *w, const char *code, const char *json)
{
	const char *yaml = arena_printf(w->arena, "v: |-\n  ${%s}\n", code);
	struct value out = given(w, yaml);

	assert_string_equal(json_text(w->arena, value_find(&out, "v")), json);
}

void says(struct world *w, const char *yaml, const char *text)
{
	struct value in = read_yaml(w, yaml), out;

	if (!evaluate(&w->reader, &in, &out))
		fail_msg("%s gives %s", yaml, json_text(w->arena, &out));
	assert_string_equal(said(w), text);
}

void fails(struct world *w, const char *code, const char *text)
{
	const char *yaml = arena_printf(w->arena, "v: |-\n  ${%s}\n", code);
	struct value in = read_yaml(w, yaml), out;
	const char *message;

	if (!evaluate(&w->reader, &in, &out))
		fail_msg("%s gives %s", code, json_text(w->arena, &out));
	message = said(w);
	if (!strstr(message, text))
		fail_msg("%s says %s", code, message);
}

int render(struct world *w, const char *text, struct value *out)
{
	struct source *source = arena_new(w->arena, struct source);

	*source = (struct source){ "a.cfg", text, strlen(text) };
	return evaluate_template(&w->reader, source, out);
}

void renders(struct world *w, const char *template, const char *text)
{
	struct value out;

	if (render(w, template, &out))
		fail_msg("%s", said(w));
	assert_string_equal(out.text, text);
}
