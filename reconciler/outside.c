/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * outside.c - what the expressions of a run may ask of the world: files and
 * secrets of the site, and what other resources are.
 *
 * Workers ask too. One at a time does, but while others use the run's arena, so
 * what is answered lives in an arena of its own.
 */
#include "outside.h"

#include <string.h>

#include "../specs/expression.h"
#include "../specs/site.h"
#include "run.h"
#include "secrets.h"

/* one that was opened: age takes its time */
struct opened {
	const char *name;
	struct bytes value;
	const struct opened *next;
};

struct answers {
	struct run *run;
	struct arena *arena;
	const struct opened *opened;
};

static int ask_file(void *context, const char *name, struct bytes *out,
    struct err *err, struct pos pos)
{
	const struct answers *a = context;
	const struct source *s = site_file(a->run->site, "files", name, err,
	    pos);

	if (!s)
		return -1;
	*out = (struct bytes){ s->text, s->size };
	return 0;
}

static int ask_secret(void *context, const char *name, struct bytes *out,
    struct err *err, struct pos pos)
{
	struct answers *a = context;
	struct job job = { .arena = a->arena, .err = err, .pos = pos };
	const struct opened *o;
	struct opened *opened;

	for (o = a->opened; o && strcmp(o->name, name); o = o->next)
		;
	if (!o) {
		if (secret_open(&job, a->run->site, name, out))
			return -1;
		opened = arena_new(a->arena, struct opened);
		*opened = (struct opened){ arena_string(a->arena, name), *out,
			a->opened };
		o = a->opened = opened;
	}
	*out = o->value;
	return 0;
}

/* a value of a resource, once it is what it will be */
static int ask_output(void *context, const struct reference *wanted,
    struct value *out, struct err *err)
{
	const struct answers *a = context;
	struct run *r = a->run;
	const struct attribute *row;
	struct resource *other;

	if (!r->graph.count || !r->plan.of)
		return 0;
	other = graph_find_address(&r->graph, wanted->address, err,
	    wanted->pos);
	if (!other)
		return -1;
	row = attribute_find(other->kind->attributes, wanted->attribute);
	if (!row)
		return err_at(err, wanted->pos,
		    "there is no attribute '%s' in %s", wanted->attribute,
		    kind_phrase(a->arena, other->kind));
	if (r->applier.schedule ? !apply_is_settled(&r->applier, other)
	    : plan_change(&r->plan, other) != NULL)
		return 0;
	if (!other->observed)
		return err_at(err, wanted->pos,
		    "%s is not there, so it has no '%s'", wanted->address,
		    wanted->attribute);
	*out = attribute_value(a->arena, row, other->observed);
	if (resource_hides(other, row))
		out->flags |= VALUE_SENSITIVE | (out->type == VALUE_TEXT ? 0
		    : VALUE_SENSITIVE_SHAPE);
	return 1;
}

const struct outside *outside_new(struct run *r)
{
	struct outside *outside = arena_new(r->arena, struct outside);
	struct answers *a = arena_new(r->arena, struct answers);

	*a = (struct answers){ .run = r, .arena = arena_child(r->arena) };
	*outside = (struct outside){ a, ask_file, ask_secret, ask_output };
	return outside;
}
