/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * guard.c - what stands between a plan and its being done: protection, and how
 * much may be lost in one run.
 */
#include "guard.h"

#include <stdarg.h>
#include <string.h>

#include "run.h"

struct refusal *refusal_add(struct refusals *all, const char *rule,
    const struct resource *r, const char *fmt, ...)
{
	struct refusal one = { .rule = rule, .count = 1 };
	va_list ap;

	va_start(ap, fmt);
	one.text = arena_vprintf(all->arena, fmt, ap);
	va_end(ap);
	one.resources = arena_array(all->arena, 1, sizeof(*one.resources));
	one.resources[0] = r;
	arena_push(all->arena, all->item, all->count, all->capacity, one);
	return &all->item[all->count - 1];
}

static bool is_lost(const struct change *c)
{
	return c->action == ACTION_REMOVE || c->action == ACTION_REPLACE;
}

/* --- protection --- */

static const char *lost_how(const struct change *c)
{
	return c->action == ACTION_REMOVE ? "removed" : "replaced";
}

static void protection(struct run *r, const struct change *c,
    struct refusals *out)
{
	const struct resource *x = c->resource;
	const struct journal_state *s = recall_state(&r->recall, x->address,
	    r->err);
	struct refusal *one;

	if (x->common.protect == 1) {
		one = refusal_add(out, "protection", x,
		    "%s is protected, and would be %s", x->address,
		    lost_how(c));
		one->remedy = "to lift it, apply once with 'protect: false' while it stays, and then again without it";
	} else if (s && s->protect) {
		one = refusal_add(out, "protection", x,
		    "%s was protected when run %lld left it, and would be %s",
		    x->address, (long long)s->run, lost_how(c));
		one->remedy = "protection outlives its block: to lift it, apply once with the resource as it was and 'protect: false', and then again without it";
	}
}

/* --- budget --- */

static bool is_allowed(const struct run *r, const struct kind *kind)
{
	size_t i;

	for (i = 0; r->allows && i < r->allows->count; i++)
		if (!strcmp(r->allows->item[i], kind->name))
			return true;
	return false;
}

static bool is_too_much(size_t lost, size_t there)
{
	return lost > BUDGET_FREE && lost * 100 > there * BUDGET_PERCENT;
}

static size_t count_there(const struct graph *g, const struct kind *kind)
{
	size_t i, n = 0;

	for (i = 0; i < g->count; i++)
		n += g->resources[i].kind == kind &&
		    g->resources[i].sight == PRESENT;
	return n;
}

static void remedy(struct refusals *out, struct refusal *one,
    const struct kind *kind)
{
	one->remedy = arena_printf(out->arena,
	    "'--allow %s' lets this run do it", kind->name);
}

static void budget(const struct run *r, const struct kind *kind,
    struct refusals *out)
{
	const struct plan *p = &r->plan;
	struct refusal *one;
	size_t i, lost = 0, there;

	for (i = 0; i < p->count; i++)
		lost += p->changes[i].resource->kind == kind &&
		    is_lost(&p->changes[i]);
	if (lost <= BUDGET_FREE || is_allowed(r, kind))
		return;
	there = count_there(p->graph, kind);
	if (!is_too_much(lost, there))
		return;
	one = refusal_add(out, "budget", NULL,
	    "%zu of %zu %s would be removed or replaced, and more than %d %% in one run are too many",
	    lost, there, kind->section, BUDGET_PERCENT);
	remedy(out, one, kind);
	one->resources = arena_array(out->arena, lost,
	    sizeof(*one->resources));
	for (i = one->count = 0; i < p->count; i++)
		if (p->changes[i].resource->kind == kind &&
		    is_lost(&p->changes[i]))
			one->resources[one->count++] = p->changes[i].resource;
}

/* what a change removes besides, like the rest of a directory */
static void budget_of_one(const struct run *r, const struct change *c,
    struct refusals *out)
{
	const struct kind *kind = c->resource->kind;

	if (!is_too_much(c->also_lost, c->also_there) || is_allowed(r, kind))
		return;
	remedy(out, refusal_add(out, "budget", c->resource,
	    "%s would lose %zu of the %zu it holds, and more than %d %% in one run are too many",
	    c->resource->address, c->also_lost, c->also_there,
	    BUDGET_PERCENT), kind);
}

int guard_refusals(struct run *r, struct refusals *out)
{
	const struct plan *p = &r->plan;
	const struct kind *const *k;
	size_t before = r->err->count, i;

	if (policy_refusals(&r->check, out, r->err))
		return -1;
	for (i = 0; i < p->count; i++) {
		if (is_lost(&p->changes[i]))
			protection(r, &p->changes[i], out);
		budget_of_one(r, &p->changes[i], out);
	}
	for (k = kinds; *k; k++)
		budget(r, *k, out);
	return r->err->count > before ? -1 : 0;
}
