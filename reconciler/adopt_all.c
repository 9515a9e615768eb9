/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * adopt_all.c - from what a survey found to what a site gets.
 */
#include "adopt_all.h"

#include <stdlib.h>
#include <string.h>

#include "../resources/host/job.h"

const struct resource *adopt_declared(const struct graph *g,
    const struct kind *kind, const char *name)
{
	static const char *const on_disk[] = { "file", "directory", "link" };
	const struct resource *r = graph_find(g, kind, name);
	size_t i;

	for (i = 0; !r && *name == '/' && i < 3; i++)
		r = graph_find(g, kind_find(on_disk[i]), name);
	if (!r && !strcmp(kind->name, "service"))
		r = graph_find(g, kind, arena_printf(g->arena, "%s.service",
		    name));
	return r;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* some resource keeps that path for itself */
static bool is_owned(const struct graph *g, const char *path)
{
	return g->paths.count && bsearch(&path, g->paths.item,
	    g->paths.count, sizeof(*g->paths.item), by_text);
}

/* -1: it cannot be declared, and `why` says so */
static int look(struct survey *s, const char *address, struct adopted *out,
    const char **why)
{
	struct err own = err_new(s->job->arena);
	struct job job = *s->job;
	const char *name = strchr(address, ':') + 1;
	const struct kind *kind = kind_find_word(address,
	    (size_t)(name - 1 - address));
	int found;

	job.err = &own;
	job.address = address;
	found = adopt_look(&job, s->host, kind, name, out);
	*why = own.first ? own.first->text : "it is gone";
	return found > 0 ? 0 : -1;
}

static void take(struct survey *s, const struct graph *g,
    const struct candidate *c, struct adopted_list *out)
{
	const char *name = strchr(c->address, ':') + 1, *why, *also;
	const struct kind *kind = kind_find_word(c->address,
	    (size_t)(name - 1 - c->address));
	struct adopted x;

	if (adopt_declared(g, kind, name) ||
	    (*name == '/' && is_owned(g, name))) {
		survey_leave_out(s, "declared already", c->address);
		return;
	}
	if (look(s, c->address, &x, &why) &&
	    (!c->otherwise || look(s, c->otherwise, &x, &also))) {
		survey_leave_out(s, "what cannot be declared as it is",
		    strstr(why, c->address) ? why : arena_printf(s->job->arena,
		    "%s: %s", c->address, why));
		return;
	}
	arena_push(s->job->arena, out->item, out->count, out->capacity, x);
}

static int by_kind(const void *a, const void *b)
{
	const struct adopted *x = a, *y = b;
	int c = strcmp(x->kind->name, y->kind->name);

	return c ? c : strcmp(x->name, y->name);
}

void adopted_sort(struct adopted_list *list)
{
	if (list->count)
		qsort(list->item, list->count, sizeof(*list->item), by_kind);
}

int adopt_all(struct survey *s, const struct graph *g,
    struct adopted_list *out)
{
	size_t i;

	if (survey_make(s))
		return -1;
	for (i = 0; i < s->count; i++) {
		if (s->job->stop && *s->job->stop)
			return job_fail(s->job, "interrupted");
		take(s, g, &s->item[i], out);
	}
	adopted_sort(out);
	return 0;
}
