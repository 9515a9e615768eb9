/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flapping.c - what is left alone because somebody else keeps changing it: what
 * each of the two writers sets, and when.
 */
#include "../drift.h"
#include "moment.h"
#include "running.h"

/* "run 2 (2026-11-21 04:39:00), run 4 (...)", the oldest first */
static const char *runs(struct arena *a, const struct journal_acts *acts,
    size_t most)
{
	struct text t = text_new(a);
	size_t i = acts->count < most ? acts->count : most;

	while (i--)
		text_addf(&t, "%srun %lld (%s)", t.size ? ", " : "",
		    (long long)acts->item[i].run,
		    moment_text(a, acts->item[i].at));
	return text_string(&t);
}

static void explain(struct arena *a, struct change *c)
{
	enum { LINES = 3, RUNS = 5 };

	c->notes.item = arena_array(a, LINES, sizeof(*c->notes.item));
	c->notes.count = LINES;
	c->notes.item[0] = arena_printf(a, "plumb set what is on the right in %s",
	    runs(a, c->repairs, RUNS));
	c->notes.item[1] = arena_printf(a, "somebody else set what is on the left before each of these, and again since %s",
	    moment_text(a, c->repairs->item[0].at));
	c->notes.item[2] = arena_printf(a, "left alone: stop the other writer, or change the spec, or apply with --target %s",
	    c->resource->address);
}

void running_show_flaps(struct running *x, struct invocation *in)
{
	const struct plan *p = &x->run.plan;
	const struct plan flaps = { .arena = p->arena, .graph = p->graph,
		.changes = p->flaps, .count = p->flap_count };
	struct plan_style style = { .color = in->color_out,
		.verbose = in->options.verbose, .width = in->width };
	struct text t = text_new(in->arena);
	struct value v;
	size_t i;

	for (i = 0; i < p->flap_count; i++) {
		explain(in->arena, &p->flaps[i]);
		v = change_value(in->arena, &p->flaps[i]);
		if (in->options.json)
			say_json(in, &v);
	}
	plan_changes_text(&t, &flaps, &style);
	if (!in->options.json)
		say(in, text_string(&t));
}
