/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * world.h - a small site for the tests of expressions: an evaluator, names and
 * what they mean, and what is outside.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "../specs/arena.h"
#include "../specs/expression.h"
#include "../specs/json.h"
#include "../specs/maker.h"
#include "../specs/value.h"

struct world {
	struct arena *arena;
	struct err err;
	/* of the arena, with its errors in `err` */
	struct reader reader;
	/* 1: output() gives the attribute's name, 0: it is not known yet */
	int known;
};

int world_setup(void **state);
int world_teardown(void **state);
#define WORLD_TEST(name)                                                       \
	cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

struct value read_yaml(struct world *, const char *yaml);
/* what was said since the last time */
const char *said(struct world *);
/* what the YAML gives */
struct value given(struct world *, const char *yaml);
/* the same as JSON */
void gives(struct world *, const char *yaml, const char *json);
/* what ${code} gives */
void is(struct world *, const char *code, const char *json);
/* the YAML fails, and all that it says */
void says(struct world *, const char *yaml, const char *text);
/* ${code} fails, and what it says holds `text` */
void fails(struct world *, const char *code, const char *text);
int render(struct world *, const char *template, struct value *out);
void renders(struct world *, const char *template, const char *text);
