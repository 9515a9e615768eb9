/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * refused.c - what a run is not to do: which rule, about what, where both are,
 * and how to go on.
 */
#include "../../specs/maker.h"
#include "../../specs/spec.h"
#include "../guard.h"
#include "running.h"

/* places that are shown of one refusal; the plan names them all */
enum { PLACES = 5 };

static void say_one(struct invocation *in, const struct refusal *one)
{
	struct pos nowhere = { 0 };
	bool single = one->count == 1;
	size_t i;

	err_at(&in->err, single ? one->resources[0]->declaration->pos :
	    nowhere, "refused: %s", one->text);
	if (one->rule_pos.source)
		err_note(&in->err, one->rule_pos, "by this rule");
	for (i = 0; !single && i < one->count && i < PLACES; i++)
		err_note(&in->err, one->resources[i]->declaration->pos, "%s",
		    one->resources[i]->address);
	if (one->count > PLACES)
		err_note(&in->err, nowhere, "and %zu more",
		    one->count - PLACES);
	err_note(&in->err, nowhere, "%s", one->remedy);
}

static void say_one_json(struct invocation *in, const struct refusal *one)
{
	struct map_maker m = { .arena = in->arena };
	struct list_maker addresses = { .arena = in->arena };
	struct list_maker places = { .arena = in->arena };
	struct value v;
	size_t i;

	for (i = 0; i < one->count; i++) {
		list_add(&addresses, value_text((struct pos){ 0 },
		    one->resources[i]->address));
		list_add(&places, pos_value(in->arena,
		    one->resources[i]->declaration->pos));
	}
	map_add_text(&m, "type", "refusal");
	map_add_text(&m, "rule", one->rule);
	map_add_text(&m, "text", one->text);
	map_add(&m, "rule_pos", pos_value(in->arena, one->rule_pos));
	map_add(&m, "addresses", list_done(&addresses));
	map_add(&m, "places", list_done(&places));
	map_add_text(&m, "remedy", one->remedy);
	v = map_done(&m);
	say_json(in, &v);
}

int running_refused(struct running *x, struct invocation *in)
{
	struct refusals all = { .arena = in->arena };
	size_t i;

	if (guard_refusals(&x->run, &all))
		return EXIT_UNABLE;
	/* refused before anything was planned, so nothing was said yet */
	if (all.count && in->options.json && !x->run.plan.graph)
		say_json_version(in, 1);
	for (i = 0; i < all.count; i++) {
		say_one(in, &all.item[i]);
		if (in->options.json)
			say_one_json(in, &all.item[i]);
	}
	return all.count ? EXIT_REFUSED : EXIT_DONE;
}
