/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * expression.c - Lua 5.4 with nothing in its hands.
 *
 * Everything that Lua does happens in a protected call.
 *
 *  (1) Nothing that one evaluation does can be seen by another: globals and
 *      libraries cannot be assigned to, and _ENV is set anew each time.
 *  (2) Steps, memory, and the time of library functions are bounded.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lauxlib.h>
#include <lua.h>

#include "lua_inside.h"
#include "place.h"
#include "template.h"

enum {
	/* between looks at the steps and the clock */
	HOOK_STEPS = 100,
	STEPS = 10 * 1000 * 1000,
	MEMORY = 64 << 20,
	/* of processor time: only a net below the other limits */
	SECONDS = 5,
	CHUNKS = 4096,
};

struct evaluator {
	lua_State *lua;
	struct outside outside;
	pthread_mutex_t mutex;
	/* Lua's own allocator, and what it may give */
	lua_Alloc allocate;
	void *context;
	size_t used;
	size_t most;
	size_t chunks;
	/* the one that runs; NULL: none */
	struct evaluation *now;
};

/* keys of Lua's registry: their addresses */
static const char expressions_key, templates_key, env_key;
static const char chunk_name[] = "=\1";

static struct evaluator *evaluator_of(lua_State *L)
{
	return *(struct evaluator **)lua_getextraspace(L);
}

struct evaluation *evaluation_of(lua_State *L)
{
	return evaluator_of(L)->now;
}

static void *allocate(void *context, void *old, size_t had, size_t size)
{
	struct evaluator *ev = context;
	size_t before = old ? had : 0;
	void *p;

	if (size > before && ev->used - before + size > ev->most)
		return NULL;
	p = ev->allocate(ev->context, old, had, size);
	if (p || !size)
		ev->used += size - before;
	return p;
}

void check_time(lua_State *L)
{
	struct evaluation *e = evaluation_of(L);
	struct timespec t;
	double now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	now = (double)t.tv_sec + (double)t.tv_nsec / 1e9;
	if (e->since <= 0)
		e->since = now;
	else if (now - e->since > SECONDS)
		luaL_error(L, "it takes too long");
}

static void hook(lua_State *L, lua_Debug *ar)
{
	struct evaluation *e = evaluation_of(L);

	(void)ar;
	e->steps += HOOK_STEPS;
	if (e->steps > STEPS)
		luaL_error(L, "it takes more than %d million steps",
		    STEPS / 1000000);
	check_time(L);
}

/* the line of the chunk that runs, or 0 */
static uint32_t current_line(lua_State *L)
{
	lua_Debug ar;
	int level;

	for (level = 0; lua_getstack(L, level, &ar); level++) {
		lua_getinfo(L, "Sl", &ar);
		if (!strcmp(ar.source, chunk_name) && ar.currentline > 0)
			return (uint32_t)ar.currentline;
	}
	return 0;
}

/* the place of what runs; a template's ${…} only if it is on that line */
static struct pos place_of(const struct evaluation *e, uint32_t line)
{
	struct pos pos, end;

	if (!e->template)
		return e->size ? place_in_value(e->in, e->offset, e->size)
		    : e->in->pos;
	pos = place_in_source(e->template, e->offset, e->size);
	end = place_in_source(e->template, e->offset + e->size, 0);
	if (line && (!e->size || line < pos.line || line > end.line))
		return place_of_line(e->template, line);
	return pos;
}

struct pos place_now(lua_State *L)
{
	struct evaluation *e = evaluation_of(L);

	return place_of(e, e->template ? current_line(L) : 0);
}

const struct outside *outside_of(lua_State *L)
{
	return &evaluator_of(L)->outside;
}

/* what one protected call does */
struct job {
	struct evaluator *evaluator;
	struct evaluation *evaluation;
	struct bytes code;
	/* a template's text; NULL: an expression */
	struct text *text;
	struct value *out;
};

static void fail(struct evaluation *e, struct pos place, const char *message)
{
	/* what was wrong first */
	if (e->wrong)
		return;
	e->wrong = message;
	e->place = place;
}

static struct bytes around(struct arena *a, const char *before,
    struct bytes code, const char *after)
{
	struct text t = text_new(a);

	text_add(&t, before);
	text_add_bytes(&t, code.data, code.size);
	text_add(&t, after);
	return (struct bytes){ t.data, t.size };
}

/* why an expression is not one for Lua, or NULL */
static const char *check(struct evaluator *ev, struct arena *a,
    struct bytes code)
{
	lua_State *L = ev->lua;
	const char *wrong = NULL;

	if (strspn(code.data, " \t\r\n") >= code.size)
		return "an expression is missing";
	code = template_rewrite(a, code.data, code.size);
	code = around(a, "return ", code, "");
	if (luaL_loadbufferx(L, code.data, code.size, chunk_name, "t"))
		wrong = plain_words(a, lua_tostring(L, -1));
	lua_pop(L, 1);
	return wrong;
}

/* when a ${…} of a template is not Lua: say which */
static int check_pieces(struct job *job)
{
	struct evaluation *e = job->evaluation;
	struct piece piece;
	const char *wrong;
	size_t at;

	for (at = 0; ; at += piece.size) {
		piece = piece_next(job->code.data, job->code.size, at);
		if (piece.type == PIECE_END)
			return 0;
		if (piece.type != PIECE_CODE)
			continue;
		wrong = check(job->evaluator, e->arena, piece.text);
		if (!wrong)
			continue;
		fail(e, place_in_source(e->template, piece.offset, piece.size),
		    wrong);
		return -1;
	}
}

/* Lua for what is evaluated; no data: why was said */
static struct bytes source_of(struct job *job)
{
	struct evaluation *e = job->evaluation;
	struct piece piece;
	struct bytes code;

	if (job->text) {
		code = template_chunk(e->arena, job->code.data, job->code.size,
		    &piece);
		if (!code.data)
			fail(e, place_in_source(e->template, piece.offset, 2),
			    piece.wrong);
		return code;
	}
	code = template_rewrite(e->arena, job->code.data, job->code.size);
	return around(e->arena, "return (", code, "\n)");
}

/* pushes the chunk and gives 0; else -1, and why was said */
static int compile(lua_State *L, struct job *job)
{
	struct evaluation *e = job->evaluation;
	struct bytes source;
	const char *message, *wrong;

	source = source_of(job);
	if (!source.data)
		return -1;
	if (!luaL_loadbufferx(L, source.data, source.size, chunk_name, "t"))
		return 0;
	message = lua_tostring(L, -1);
	if (job->text) {
		if (!check_pieces(job))
			fail(e, place_of_line(e->template,
			    message_line(message)),
			    plain_words(e->arena, message));
		return -1;
	}
	wrong = check(job->evaluator, e->arena, job->code);
	fail(e, place_of(e, 0), wrong ? wrong
	    : "one value is expected, not several with commas between them");
	return -1;
}

static void forget_chunks(lua_State *L)
{
	lua_newtable(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &expressions_key);
	lua_newtable(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &templates_key);
}

/* pushes the chunk, compiled at most once; -1: why was said */
static int find_chunk(lua_State *L, struct job *job)
{
	struct evaluator *ev = job->evaluator;
	const void *chunks = job->text ? &templates_key : &expressions_key;

	lua_rawgetp(L, LUA_REGISTRYINDEX, chunks);
	lua_pushlstring(L, job->code.data, job->code.size);
	lua_pushvalue(L, -1);
	if (lua_rawget(L, -3) == LUA_TFUNCTION)
		return 0;
	lua_pop(L, 1);
	if (compile(L, job))
		return -1;
	if (ev->chunks++ == CHUNKS) {
		ev->chunks = 1;
		forget_chunks(L);
		lua_rawgetp(L, LUA_REGISTRYINDEX, chunks);
		lua_replace(L, -4);
	}
	lua_pushvalue(L, -2);
	lua_pushvalue(L, -2);
	lua_rawset(L, -5);
	return 0;
}

static int protected(lua_State *L)
{
	struct job *job = lua_touserdata(L, 1);

	if (find_chunk(L, job))
		return 0;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &env_key);
	lua_setupvalue(L, -2, 1);
	if (job->text) {
		push_template_functions(L, job->text);
		lua_call(L, 2, 0);
	} else {
		lua_call(L, 0, 1);
		*job->out = pull_value(L, lua_gettop(L), 0);
	}
	return 0;
}

/* turns what error() was called with into text, and remembers where */
static int handler(lua_State *L)
{
	struct evaluation *e = evaluation_of(L);

	if (lua_type(L, 1) != LUA_TSTRING && lua_type(L, 1) != LUA_TNUMBER)
		lua_pushfstring(L, "error() was called with %s instead of a text",
		    shape(L, 1));
	if (!e->wrong)
		e->place = place_now(L);
	return 1;
}

static int run(struct job *job)
{
	struct evaluator *ev = job->evaluator;
	struct evaluation *e = job->evaluation, *outer = ev->now;
	lua_State *L = ev->lua;
	const char *message;
	int status;

	if (!lua_checkstack(L, 8)) {
		fail(e, place_of(e, 0), "it is nested too deeply");
		return -1;
	}
	ev->now = e;
	lua_sethook(L, hook, LUA_MASKCOUNT, HOOK_STEPS);
	lua_pushcfunction(L, handler);
	lua_pushcfunction(L, protected);
	lua_pushlightuserdata(L, job);
	status = lua_pcall(L, 1, 0, -3);
	if (status != LUA_OK && !e->wrong) {
		/* the handler is not asked when memory or stack is short */
		if (status != LUA_ERRRUN)
			e->place = place_of(e, 0);
		message = lua_tostring(L, -1);
		e->wrong = plain_words(e->arena, message ? message : "");
	}
	if (status != LUA_OK)
		lua_pop(L, 1);
	lua_pop(L, 1);
	ev->now = outer;
	return e->wrong ? -1 : 0;
}

int evaluator_run(struct evaluator *ev, struct evaluation *e,
    struct bytes code, struct value *out)
{
	struct job job = { ev, e, code, NULL, out };

	return run(&job);
}

int evaluator_render(struct evaluator *ev, struct evaluation *e,
    struct bytes text, struct text *out)
{
	struct job job = { ev, e, text, out, NULL };

	return run(&job);
}

void evaluator_enter(struct evaluator *ev)
{
	pthread_mutex_lock(&ev->mutex);
}

void evaluator_leave(struct evaluator *ev)
{
	pthread_mutex_unlock(&ev->mutex);
}

static int open_all(lua_State *L)
{
	lua_values_open(L);
	lua_functions_open(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &env_key);
	forget_chunks(L);
	return 0;
}

struct evaluator *evaluator_open(struct arena *a, const struct outside *outside)
{
	struct evaluator *ev = arena_new(a, struct evaluator);
	pthread_mutexattr_t again;

	/* what is outside may evaluate something in turn */
	pthread_mutexattr_init(&again);
	pthread_mutexattr_settype(&again, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&ev->mutex, &again);
	pthread_mutexattr_destroy(&again);
	evaluator_set_outside(ev, outside);
	ev->lua = luaL_newstate();
	if (!ev->lua)
		abort();
	*(struct evaluator **)lua_getextraspace(ev->lua) = ev;
	ev->allocate = lua_getallocf(ev->lua, &ev->context);
	ev->used = (size_t)lua_gc(ev->lua, LUA_GCCOUNT) * 1024;
	ev->most = SIZE_MAX;
	lua_setallocf(ev->lua, allocate, ev);
	lua_pushcfunction(ev->lua, open_all);
	if (lua_pcall(ev->lua, 0, 0, 0))
		abort();
	ev->most = ev->used + MEMORY;
	return ev;
}

void evaluator_close(struct evaluator *ev)
{
	if (!ev)
		return;
	lua_close(ev->lua);
	pthread_mutex_destroy(&ev->mutex);
}

void evaluator_set_outside(struct evaluator *ev, const struct outside *outside)
{
	evaluator_enter(ev);
	ev->outside = outside ? *outside : (struct outside){ 0 };
	evaluator_leave(ev);
}
