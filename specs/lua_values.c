/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lua_values.c - values in Lua, and what Lua made as values.
 *
 * Lists and maps go in as userdata that hold a pointer to the value, so that
 * nothing is copied before it is asked for, and what is passed on untouched
 * stays what it was.
 *
 *  (1) Reading a scalar that is VALUE_SENSITIVE makes the evaluation so.
 *  (2) Reading what is VALUE_LATER makes the evaluation so, and goes on with
 *      an "unknown", of which every operation gives an unknown again.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "lua_inside.h"

/* what holds for a list or map because it holds for something in it */
enum { BELOW = VALUE_HAS_EXPRESSION | VALUE_SENSITIVE | VALUE_HAS_LATER };

/* key of Lua's registry: its address */
static const char unknown_key;

/* the value of a list or map at `i`, or NULL */
static const struct value *value_at(lua_State *L, int i)
{
	const struct value **p = luaL_testudata(L, i, "list");

	if (!p)
		p = luaL_testudata(L, i, "map");
	return p ? *p : NULL;
}

bool is_unknown(lua_State *L, int i)
{
	return luaL_testudata(L, i, "unknown") != NULL;
}

int push_unknown(lua_State *L)
{
	evaluation_of(L)->later = true;
	return lua_rawgetp(L, LUA_REGISTRYINDEX, &unknown_key), 1;
}

static void add_reference(struct evaluation *e, const struct reference *from)
{
	const struct reference *r;
	struct reference *added;

	for (r = e->references; r; r = r->next)
		if (!strcmp(r->address, from->address) &&
		    !strcmp(r->attribute, from->attribute))
			return;
	added = arena_new(e->arena, struct reference);
	*added = *from;
	added->next = e->references;
	e->references = added;
}

/* (2) */
int push_later(lua_State *L, const struct reference *r)
{
	for (; r; r = r->next)
		add_reference(evaluation_of(L), r);
	return push_unknown(L);
}

static int push_text(lua_State *L, const struct value *v)
{
	struct evaluation *e = evaluation_of(L);
	struct core_value core = { .type = CORE_TEXT };

	if (v->flags & VALUE_SENSITIVE) /* (1) */
		e->sensitive = true;
	if (v->flags & VALUE_PLAIN)
		core = value_core(v);
	if (core.type == CORE_INT || core.type == CORE_FLOAT)
		e->number = v;
	switch (core.type) {
	case CORE_NULL: lua_pushnil(L); break;
	case CORE_BOOL: lua_pushboolean(L, core.boolean); break;
	case CORE_INT: lua_pushinteger(L, core.integer); break;
	case CORE_FLOAT: lua_pushnumber(L, core.number); break;
	case CORE_TEXT: lua_pushlstring(L, v->text, v->count); break;
	}
	return 1;
}

int push_value(lua_State *L, const struct value *v)
{
	const struct value **p;

	if (v->type == VALUE_TEXT)
		return push_text(L, v);
	if (v->type == VALUE_LATER)
		return push_later(L, v->later->references);
	p = lua_newuserdatauv(L, sizeof(const struct value *), 0);
	*p = v;
	luaL_setmetatable(L, v->type == VALUE_LIST ? "list" : "map");
	return 1;
}

/* (1), for how many there are and what is not there */
static void read_shape(lua_State *L, const struct value *v)
{
	if (v->flags & VALUE_SENSITIVE_SHAPE)
		evaluation_of(L)->sensitive = true;
}

static int list_index(lua_State *L)
{
	const struct value *v = value_at(L, 1);
	int is_integer;
	lua_Integer i = lua_tointegerx(L, 2, &is_integer);

	if (!is_integer)
		return luaL_error(L, "a list has no '%s': its elements are numbered from 1",
		    luaL_tolstring(L, 2, NULL));
	if (i >= 1 && i <= (lua_Integer)v->count)
		return push_value(L, &v->items[i - 1]);
	read_shape(L, v);
	return 0;
}

static int no_such_key(lua_State *L, const struct value *v, const char *key)
{
	const char **keys = arena_array(evaluation_of(L)->arena, v->count + 1,
	    sizeof(*keys));
	const char *near;
	uint32_t i;

	for (i = 0; i < v->count; i++)
		keys[i] = v->pairs[i].key;
	near = nearest(key, keys);
	if (near)
		return luaL_error(L, "there is no '%s' in it (did you mean '%s'?)",
		    key, near);
	return luaL_error(L, "there is no '%s' in it", key);
}

static int map_index(lua_State *L)
{
	const struct value *v = value_at(L, 1), *found = NULL;

	if (lua_type(L, 2) == LUA_TSTRING || lua_isinteger(L, 2))
		found = value_find(v, lua_tostring(L, 2));
	if (found)
		return push_value(L, found);
	if (v->flags & VALUE_CLOSED)
		return no_such_key(L, v, luaL_tolstring(L, 2, NULL));
	read_shape(L, v);
	return 0;
}

static int value_length(lua_State *L)
{
	const struct value *v = value_at(L, 1);

	read_shape(L, v);
	lua_pushinteger(L, v->count);
	return 1;
}

static int value_same(lua_State *L)
{
	const struct value *a = value_at(L, 1), *b = value_at(L, 2);
	struct evaluation *e = evaluation_of(L);
	int flags;

	if (!a || !b)
		return 0;
	flags = a->flags | b->flags;
	if (flags & VALUE_SENSITIVE)
		e->sensitive = true;
	if (flags & VALUE_HAS_LATER)
		return push_unknown(L);
	lua_pushboolean(L, value_equal(a, b));
	return 1;
}

static int value_step(lua_State *L)
{
	const struct value *v = value_at(L, lua_upvalueindex(1));
	lua_Integer i = lua_tointeger(L, lua_upvalueindex(2));

	if (i >= (lua_Integer)v->count)
		return 0;
	lua_pushinteger(L, i + 1);
	lua_copy(L, -1, lua_upvalueindex(2));
	if (v->type == VALUE_LIST)
		return 1 + push_value(L, &v->items[i]);
	lua_pushstring(L, v->pairs[i].key);
	return 1 + push_value(L, &v->pairs[i].value);
}

static int value_pairs(lua_State *L)
{
	read_shape(L, value_at(L, 1));
	lua_settop(L, 1);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, value_step, 2);
	return 1;
}

static int value_assign(lua_State *L)
{
	return luaL_error(L, "what the site says cannot be changed in an expression");
}

static int unknown_index(lua_State *L)
{
	/* so that loops over it end */
	if (lua_isinteger(L, 2) && lua_tointeger(L, 2) != 1)
		return 0;
	return push_unknown(L);
}

static int unknown_assign(lua_State *L)
{
	(void)L;
	return 0;
}

static int unknown_text(lua_State *L)
{
	lua_pushliteral(L, "unknown");
	return 1;
}

static const luaL_Reg unknown_events[] = {
	{ "__index", unknown_index }, { "__newindex", unknown_assign },
	{ "__call", push_unknown }, { "__concat", push_unknown },
	{ "__len", push_unknown }, { "__unm", push_unknown },
	{ "__add", push_unknown }, { "__sub", push_unknown },
	{ "__mul", push_unknown }, { "__div", push_unknown },
	{ "__mod", push_unknown }, { "__pow", push_unknown },
	{ "__idiv", push_unknown }, { "__band", push_unknown },
	{ "__bor", push_unknown }, { "__bxor", push_unknown },
	{ "__shl", push_unknown }, { "__shr", push_unknown },
	{ "__bnot", push_unknown }, { "__eq", push_unknown },
	{ "__lt", push_unknown }, { "__le", push_unknown },
	{ "__tostring", unknown_text }, { NULL, NULL },
};

static const luaL_Reg value_events[] = {
	{ "__newindex", value_assign }, { "__len", value_length },
	{ "__eq", value_same }, { "__pairs", value_pairs }, { NULL, NULL },
};

void lua_values_open(lua_State *L)
{
	luaL_newmetatable(L, "list");
	luaL_setfuncs(L, value_events, 0);
	lua_pushcfunction(L, list_index);
	lua_setfield(L, -2, "__index");
	luaL_newmetatable(L, "map");
	luaL_setfuncs(L, value_events, 0);
	lua_pushcfunction(L, map_index);
	lua_setfield(L, -2, "__index");
	lua_newuserdatauv(L, 0, 0);
	luaL_newmetatable(L, "unknown");
	luaL_setfuncs(L, unknown_events, 0);
	lua_setmetatable(L, -2);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &unknown_key);
	lua_pop(L, 2);
}

const char *shape(lua_State *L, int i)
{
	const struct value *v = value_at(L, i);

	if (v)
		return v->type == VALUE_LIST ? "list" : "map";
	if (is_unknown(L, i))
		return "unknown";
	return lua_isnoneornil(L, i) ? "nothing" : luaL_typename(L, i);
}

/* the bytes of what is made are bounded, though Lua may share them */
static const char *take(lua_State *L, const char *data, size_t size)
{
	struct evaluation *e = evaluation_of(L);

	e->bytes += size;
	if (e->bytes > EVALUATION_BYTES)
		luaL_error(L, "the result is larger than %d MiB",
		    EVALUATION_BYTES >> 20);
	return arena_copy(e->arena, data, size);
}

/* an empty value at the place of what is evaluated */
static struct value fresh(lua_State *L, uint8_t type)
{
	struct evaluation *e = evaluation_of(L);

	if (++e->nodes > EVALUATION_NODES)
		luaL_error(L, "the result has more than a million pieces");
	return (struct value){ .pos = e->in->pos, .type = type };
}

static struct value pull_text(lua_State *L, const char *data, size_t size)
{
	struct value v = fresh(L, VALUE_TEXT);

	v.text = take(L, data, size);
	v.count = (uint32_t)size;
	return v;
}

static struct value pull_plain(lua_State *L, const char *text)
{
	struct value v = pull_text(L, text, strlen(text));

	v.flags = VALUE_PLAIN;
	return v;
}

/* a number that was only read is written as it was: 1.10, 0644 */
static struct value pull_number(lua_State *L, int i)
{
	const struct value *read = evaluation_of(L)->number;
	struct core_value core = { .type = CORE_TEXT };
	lua_Number n = lua_tonumber(L, i);
	struct value v;

	if (read)
		core = value_core(read);
	if (lua_isinteger(L, i) ? core.type == CORE_INT &&
	    core.integer == lua_tointeger(L, i)
	    : core.type == CORE_FLOAT && !(core.number < n) &&
	    !(core.number > n))
		return pull_plain(L, read->text);
	if (!isfinite(n))
		luaL_error(L, "the result is not a number that can be written");
	v = pull_plain(L, luaL_tolstring(L, i, NULL));
	lua_pop(L, 1);
	return v;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(((const struct pair *)a)->key,
	    ((const struct pair *)b)->key);
}

static struct value pull_map(lua_State *L, int i, size_t count, int depth)
{
	struct value v = fresh(L, VALUE_MAP);
	struct pair *pairs = arena_array(evaluation_of(L)->arena, count,
	    sizeof(*pairs));
	const char *key;
	size_t n = 0, size;

	for (lua_pushnil(L); lua_next(L, i); lua_pop(L, 1)) {
		key = lua_tolstring(L, -2, &size);
		if (strlen(key) != size)
			luaL_error(L, "a key of the result holds a NUL byte");
		pairs[n++].key = take(L, key, size);
	}
	qsort(pairs, n, sizeof(*pairs), by_bytes);
	for (n = 0; n < count; n++) {
		lua_pushstring(L, pairs[n].key);
		lua_rawget(L, i);
		pairs[n].line = v.pos.line;
		pairs[n].column = v.pos.column;
		pairs[n].width = v.pos.width;
		pairs[n].value = pull_value(L, lua_gettop(L), depth);
		v.flags |= pairs[n].value.flags & BELOW;
		lua_pop(L, 1);
	}
	v.pairs = pairs;
	v.count = (uint32_t)count;
	return v;
}

static struct value pull_list(lua_State *L, int i, size_t count, int depth)
{
	struct value v = fresh(L, VALUE_LIST);
	struct value *items = arena_array(evaluation_of(L)->arena, count,
	    sizeof(*items));
	size_t n;

	for (n = 0; n < count; n++) {
		if (lua_rawgeti(L, i, (lua_Integer)n + 1) == LUA_TNIL)
			luaL_error(L, "the result is a list without an element %d",
			    (int)n + 1);
		items[n] = pull_value(L, lua_gettop(L), depth);
		v.flags |= items[n].flags & BELOW;
		lua_pop(L, 1);
	}
	v.items = items;
	v.count = (uint32_t)count;
	return v;
}

static struct value pull_table(lua_State *L, int i, int depth)
{
	size_t texts = 0, numbers = 0;

	if (depth >= VALUE_DEPTH)
		luaL_error(L, "the result is nested more than %d deep, or holds itself",
		    VALUE_DEPTH);
	luaL_checkstack(L, 8, NULL);
	for (lua_pushnil(L); lua_next(L, i); lua_pop(L, 1)) {
		if (lua_type(L, -2) == LUA_TSTRING)
			texts++;
		else if (lua_isinteger(L, -2))
			numbers++;
		else
			luaL_error(L, "a key of the result is a %s, and must be text",
			    shape(L, -2));
	}
	if (texts && numbers)
		luaL_error(L, "the result has elements with and without a key: it must be a list or a map");
	return texts ? pull_map(L, i, texts, depth + 1)
	    : pull_list(L, i, numbers, depth + 1);
}

struct value pull_value(lua_State *L, int i, int depth)
{
	const struct value *v;
	const char *data;
	size_t size;

	switch (lua_type(L, i)) {
	case LUA_TNIL:
		return pull_plain(L, "");
	case LUA_TBOOLEAN:
		return pull_plain(L, lua_toboolean(L, i) ? "true" : "false");
	case LUA_TNUMBER:
		return pull_number(L, i);
	case LUA_TSTRING:
		data = lua_tolstring(L, i, &size);
		return pull_text(L, data, size);
	case LUA_TTABLE:
		return pull_table(L, i, depth);
	}
	v = value_at(L, i);
	if (v)
		return *v;
	if (!is_unknown(L, i))
		luaL_error(L, "the result is a %s, and must be text, a number, true, false, a list or a map",
		    luaL_typename(L, i));
	evaluation_of(L)->later = true;
	return fresh(L, VALUE_TEXT);
}
