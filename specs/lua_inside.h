/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lua_inside.h - between the three files that make the door to Lua: running
 * (expression.c), values in and out (lua_values.c), what expressions may call
 * (lua_functions.c). Nobody else includes this.
 *
 * All of these may leave by a Lua error, so they are called within a
 * protected call only, and hold nothing that would have to be given back.
 */
#pragma once

#include "evaluation.h"

struct lua_State;

/* what runs now */
struct evaluation *evaluation_of(struct lua_State *);
const struct outside *outside_of(struct lua_State *);
/* the place of what runs, for errors */
struct pos place_now(struct lua_State *);
/* a Lua error when the evaluation has used up its processor time */
void check_time(struct lua_State *);

/* put the types of values into the registry */
void lua_values_open(struct lua_State *);
/* each pushes one thing and gives 1 */
int push_value(struct lua_State *, const struct value *);
int push_unknown(struct lua_State *);
int push_later(struct lua_State *, const struct reference *);
bool is_unknown(struct lua_State *, int index);
/* "list", "map", "unknown", "nothing", or Lua's name of the type */
const char *shape(struct lua_State *, int index);
/* what Lua has at `index`, as a value in the evaluation's arena */
struct value pull_value(struct lua_State *, int index, int depth);

/* pushes the table that is _ENV for all expressions */
void lua_functions_open(struct lua_State *);
/* what a template's chunk is called with; `out` must outlive the call */
void push_template_functions(struct lua_State *, struct text *out);
