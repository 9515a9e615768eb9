/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * resume.c - what a run leaves for the next boot: STATE/resume.
 */
#include "resume.h"

#include <string.h>

#include "../specs/json.h"
#include "../specs/maker.h"
#include "state.h"

static const char name[] = "resume";

static struct value list_of(struct arena *a, const struct strings *s)
{
	struct list_maker l = { .arena = a };
	size_t i;

	for (i = 0; i < s->count; i++)
		list_add(&l, value_text((struct pos){ 0 }, s->item[i]));
	return list_done(&l);
}

int resume_arm(struct arena *a, const char *state, const struct resume *r,
    struct err *err)
{
	struct map_maker m = { .arena = a };
	struct value v;

	map_add_int(&m, "version", 1);
	map_add_text(&m, "site", r->site);
	map_add_text(&m, "root", r->options.root);
	map_add_bool(&m, "prune", r->options.prune);
	map_add(&m, "targets", list_of(a, r->options.targets));
	map_add(&m, "excludes", list_of(a, r->options.excludes));
	map_add(&m, "allows", list_of(a, r->options.allows));
	v = map_done(&m);
	return state_write(state, name, arena_printf(a, "%s\n",
	    json_text(a, &v)), err);
}

int resume_disarm(const char *state, struct err *err)
{
	return state_remove(state, name, err);
}

static const char *text_of(const struct value *map, const char *key)
{
	const struct value *v = value_find(map, key);

	return v && value_is_text(v) ? v->text : NULL;
}

int resume_read(struct arena *a, const char *state, struct resume *out,
    struct err *err)
{
	const char *text, *prune;
	struct value v;
	int there = state_read(a, state, name, &text, err);

	if (there <= 0)
		return there;
	if (json_read(a, (struct bytes){ text, strlen(text) },
	    arena_printf(a, "%s/%s", state, name), &v, err))
		return -1;
	prune = text_of(&v, "prune");
	*out = (struct resume){ text_of(&v, "site"), {
		value_strings(a, &v, "targets"), value_strings(a, &v, "excludes"),
		text_of(&v, "root"), prune && !strcmp(prune, "true"),
		value_strings(a, &v, "allows") } };
	if (!out->site || !out->options.root)
		return err_at(err, (struct pos){ 0 },
		    "'%s/%s' does not say which site to go on with; apply it yourself, which removes that file",
		    state, name);
	return 1;
}
