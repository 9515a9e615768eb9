/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lua_functions.c - what expressions may call, and the names they see.
 *
 * Lua's own libraries stand behind guards: what could loop for long within one
 * call, give an address, or differ from run to run is refused or left out.
 */
#include <string.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "lua_inside.h"
#include "pattern.h"
#include "prelude.h"

enum {
	REPEATS = 1 << 24,
	MOVES = 1 << 22,
	/* a call that handles this many bytes looks at the clock */
	DEAR = 1 << 16,
};
/* more steps of Lua's matcher are refused: a second or two */
static const double pattern_limit = 5e8;

static int fail_outside(lua_State *L)
{
	return luaL_error(L, "it failed");
}

static int call_bytes(lua_State *L, const char *name,
    int (*ask)(void *, const char *, struct bytes *, struct err *, struct pos))
{
	struct evaluation *e = evaluation_of(L);
	struct bytes bytes;

	if (is_unknown(L, 1))
		return push_unknown(L);
	if (lua_type(L, 1) != LUA_TSTRING || lua_gettop(L) != 1)
		return luaL_error(L, "%s() takes one name in quotes", name);
	if (!ask)
		return luaL_error(L, "%s() cannot be used here", name);
	if (ask(outside_of(L)->context, lua_tostring(L, 1), &bytes, &e->said,
	    place_now(L)))
		return fail_outside(L);
	lua_pushlstring(L, bytes.data, bytes.size);
	return 1;
}

static int call_file(lua_State *L)
{
	return call_bytes(L, "file", outside_of(L)->file);
}

static int call_secret(lua_State *L)
{
	call_bytes(L, "secret", outside_of(L)->secret);
	/* only now, so that why it failed can be said */
	evaluation_of(L)->sensitive = true;
	return 1;
}

static int call_output(lua_State *L)
{
	const struct outside *outside = outside_of(L);
	struct evaluation *e = evaluation_of(L);
	struct reference r = { 0 };
	struct value *v;
	int known = 0;

	if (is_unknown(L, 1) || is_unknown(L, 2))
		return push_unknown(L);
	if (lua_type(L, 1) != LUA_TSTRING || lua_type(L, 2) != LUA_TSTRING ||
	    lua_gettop(L) != 2)
		return luaL_error(L, "output() takes a resource and an attribute, as in output(\"certificate:web\", \"fingerprint\")");
	r.address = arena_string(e->arena, lua_tostring(L, 1));
	r.attribute = arena_string(e->arena, lua_tostring(L, 2));
	r.pos = place_now(L);
	v = arena_new(e->arena, struct value);
	if (outside->output)
		known = outside->output(outside->context, &r, v, &e->said);
	if (known < 0)
		return fail_outside(L);
	return known ? push_value(L, v) : push_later(L, &r);
}

static int call_type(lua_State *L)
{
	const char *name = shape(L, 1);

	luaL_checkany(L, 1);
	if (!strcmp(name, "list") || !strcmp(name, "map"))
		name = "table";
	lua_pushstring(L, lua_isnil(L, 1) ? "nil" : name);
	return 1;
}

static int call_tostring(lua_State *L)
{
	luaL_checkany(L, 1);
	if (is_unknown(L, 1))
		return push_unknown(L);
	if (lua_type(L, 1) > LUA_TSTRING)
		return luaL_error(L, "a %s cannot become text%s", shape(L, 1),
		    lua_isfunction(L, 1) ? "" : ": use join()");
	luaL_tolstring(L, 1, NULL);
	return 1;
}

static int call_shape(lua_State *L)
{
	lua_pushstring(L, shape(L, 1));
	return 1;
}

static void guard_pattern(lua_State *L)
{
	size_t subject, size;
	const char *pattern;
	double cost;

	if (!lua_isstring(L, 1) || !lua_isstring(L, 2))
		return;
	luaL_checklstring(L, 1, &subject);
	pattern = luaL_checklstring(L, 2, &size);
	cost = pattern_cost(pattern, size, subject);
	if (cost > pattern_limit)
		luaL_error(L, "this pattern may take too long on a text of %d bytes",
		    (int)subject);
	if (cost > DEAR)
		check_time(L);
}

static void guard_format(lua_State *L)
{
	const char *p = lua_tostring(L, 1);
	int i;

	for (i = 2; i <= lua_gettop(L); i++)
		if (lua_type(L, i) > LUA_TSTRING)
			luaL_error(L, "format() cannot write a %s",
			    shape(L, i));
	/* %p gives an address, which is another one each time */
	while (p && (p = strchr(p, '%'))) {
		p++;
		p += strspn(p, "-+ #0123456789.");
		if (*p == 'p')
			luaL_error(L, "format() has no %%p");
		if (*p)
			p++;
	}
}

enum guard { GUARD_SIZE, GUARD_PATTERN, GUARD_FORMAT, GUARD_REP, GUARD_MOVE };

static void guard_call(lua_State *L, enum guard guard)
{
	switch (guard) {
	case GUARD_SIZE:
		break;
	case GUARD_PATTERN:
		guard_pattern(L);
		break;
	case GUARD_FORMAT:
		guard_format(L);
		break;
	case GUARD_REP:
		if (lua_tointeger(L, 2) > REPEATS)
			luaL_error(L, "rep() repeats at most %d times",
			    REPEATS);
		break;
	case GUARD_MOVE:
		if (lua_tonumber(L, 3) - lua_tonumber(L, 2) > MOVES)
			luaL_error(L, "move() moves at most %d elements",
			    MOVES);
		break;
	}
}

/* upvalues: the function behind, and what to look at before */
static int guarded(lua_State *L)
{
	lua_CFunction behind = lua_tocfunction(L, lua_upvalueindex(1));
	lua_Unsigned size = 0;
	int i;

	for (i = 1; i <= lua_gettop(L); i++) {
		if (is_unknown(L, i))
			return push_unknown(L);
		size += lua_rawlen(L, i);
	}
	guard_call(L, (enum guard)lua_tointeger(L, lua_upvalueindex(2)));
	if (size > DEAR)
		check_time(L);
	return behind(L);
}

static enum guard guard_of(const char *name)
{
	static const struct {
		const char *name;
		enum guard guard;
	} guards[] = {
		{ "find", GUARD_PATTERN }, { "match", GUARD_PATTERN },
		{ "gmatch", GUARD_PATTERN }, { "gsub", GUARD_PATTERN },
		{ "format", GUARD_FORMAT }, { "rep", GUARD_REP },
		{ "move", GUARD_MOVE },
	};
	size_t i;

	for (i = 0; i < sizeof(guards) / sizeof(*guards); i++)
		if (!strcmp(name, guards[i].name))
			return guards[i].guard;
	return GUARD_SIZE;
}

/* the function on top, behind a guard */
static void push_guarded(lua_State *L, const char *name)
{
	lua_pushinteger(L, guard_of(name));
	lua_pushcclosure(L, guarded, 2);
}

/* every function of the table on top gets a guard */
static void guard_all(lua_State *L)
{
	int library = lua_gettop(L);

	for (lua_pushnil(L); lua_next(L, library);) {
		if (!lua_iscfunction(L, -1)) {
			lua_pop(L, 1);
			continue;
		}
		push_guarded(L, lua_tostring(L, -2));
		lua_pushvalue(L, -2);
		lua_insert(L, -2);
		lua_rawset(L, library);
	}
}

static int library_assign(lua_State *L)
{
	return luaL_error(L, "Lua's libraries cannot be changed in an expression");
}

static int env_assign(lua_State *L)
{
	const char *name = luaL_checkstring(L, 2);

	return luaL_error(L, "'%s' cannot be assigned to: write 'local %s = ...' to make a variable",
	    name, name);
}

static int unknown_name(lua_State *L, const char *name)
{
	struct evaluation *e = evaluation_of(L);
	const struct scope *s;
	const char **names, *near;
	size_t n = 0, i;

	for (s = e->scope; s; s = s->outer)
		n++;
	for (i = 0; prelude_names[i]; i++)
		n++;
	names = arena_array(e->arena, n + 1, sizeof(*names));
	for (n = 0, s = e->scope; s; s = s->outer)
		names[n++] = s->name;
	for (i = 0; prelude_names[i]; i++)
		names[n++] = prelude_names[i];
	near = nearest(name, names);
	if (near)
		return luaL_error(L, "there is no '%s' here (did you mean '%s'?)",
		    name, near);
	return luaL_error(L, "there is no '%s' here", name);
}

/* upvalue: the table of functions; names of the scope hide them */
static int env_index(lua_State *L)
{
	const char *name = luaL_checkstring(L, 2);
	const struct scope *s;

	for (s = evaluation_of(L)->scope; s; s = s->outer)
		if (!strcmp(s->name, name))
			return s->value ? push_value(L, s->value) : 0;
	if (lua_getfield(L, lua_upvalueindex(1), name) != LUA_TNIL)
		return 1;
	return unknown_name(L, name);
}

/* what is on top as something that can only be read */
static void make_read_only(lua_State *L, lua_CFunction assign)
{
	lua_newtable(L);
	lua_createtable(L, 0, 2);
	lua_rotate(L, -3, -1);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, assign);
	lua_setfield(L, -2, "__newindex");
	lua_setmetatable(L, -2);
}

/* the library of that name without some, into the functions at `functions` */
static void open_library(lua_State *L, int functions, lua_CFunction opener,
    const char *name)
{
	static const char *const without[] = { "dump", "random", "randomseed",
		NULL };
	size_t i;

	luaL_requiref(L, name, opener, 1);
	for (i = 0; without[i]; i++) {
		lua_pushnil(L);
		lua_setfield(L, -2, without[i]);
	}
	guard_all(L);
	if (opener == luaopen_table) {
		lua_getfield(L, functions, "sort");
		lua_setfield(L, -2, "sort");
		lua_pushnil(L);
		lua_setfield(L, functions, "sort");
	}
	make_read_only(L, library_assign);
	lua_setfield(L, functions, name);
}

/* pushes the table that the prelude makes */
static void open_prelude(lua_State *L)
{
	luaL_requiref(L, "string", luaopen_string, 1);
	luaL_requiref(L, "table", luaopen_table, 1);
	luaL_requiref(L, "math", luaopen_math, 1);
	lua_pop(L, 3);
	if (luaL_loadbufferx(L, prelude, strlen(prelude), "=prelude", "t"))
		lua_error(L);
	lua_pushcfunction(L, call_shape);
	lua_call(L, 1, 1);
}

void lua_functions_open(lua_State *L)
{
	static const char *const base[] = { "ipairs", "select", "tonumber",
		"error", "assert", NULL };
	static const luaL_Reg own[] = { { "file", call_file },
		{ "secret", call_secret }, { "output", call_output },
		{ "type", call_type }, { "tostring", call_tostring },
		{ NULL, NULL } };
	int functions, i;

	luaL_requiref(L, "_G", luaopen_base, 0);
	lua_pop(L, 1);
	open_prelude(L);
	functions = lua_gettop(L);
	luaL_setfuncs(L, own, 0);
	for (i = 0; base[i]; i++) {
		lua_getglobal(L, base[i]);
		if (!strcmp(base[i], "tonumber"))
			push_guarded(L, base[i]);
		lua_setfield(L, functions, base[i]);
	}
	open_library(L, functions, luaopen_string, "string");
	open_library(L, functions, luaopen_table, "table");
	open_library(L, functions, luaopen_math, "math");
	lua_newtable(L);
	lua_createtable(L, 0, 2);
	lua_rotate(L, -3, -1);
	lua_pushcclosure(L, env_index, 1);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, env_assign);
	lua_setfield(L, -2, "__newindex");
	lua_setmetatable(L, -2);
}

/* upvalue: the text; the argument is added to it */
static int template_put(lua_State *L)
{
	struct text *out = lua_touserdata(L, lua_upvalueindex(1));
	size_t size;
	const char *data;
	struct value v;

	if (is_unknown(L, 1))
		return 0;
	if (lua_type(L, 1) == LUA_TSTRING) {
		data = lua_tolstring(L, 1, &size);
	} else {
		if (lua_isnoneornil(L, 1))
			return luaL_error(L, "this is nothing (nil), which cannot stand in text: write '... or \"\"' if that is meant");
		if (lua_type(L, 1) != LUA_TNUMBER && !lua_isboolean(L, 1))
			return luaL_error(L, "a %s cannot stand in text: use join()",
			    shape(L, 1));
		v = pull_value(L, 1, 0);
		data = v.text;
		size = v.count;
	}
	if (out->size + size > EVALUATION_BYTES)
		return luaL_error(L, "the text is larger than %d MiB",
		    EVALUATION_BYTES >> 20);
	text_add_bytes(out, data, size);
	return 0;
}

static int template_at(lua_State *L)
{
	struct evaluation *e = evaluation_of(L);

	e->offset = (size_t)luaL_checkinteger(L, 1);
	e->size = (size_t)luaL_checkinteger(L, 2);
	return 0;
}

void push_template_functions(lua_State *L, struct text *out)
{
	lua_pushlightuserdata(L, out);
	lua_pushcclosure(L, template_put, 1);
	lua_pushcfunction(L, template_at);
}
