/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plan_value.c - a plan for programs: one object a change, and a summary.
 */
#include "../specs/maker.h"
#include "../specs/member.h"
#include "../specs/spec.h"
#include "drift.h"

struct value pos_value(struct arena *a, struct pos pos)
{
	struct map_maker m = { .arena = a };

	if (!pos.source)
		return value_plain((struct pos){ 0 }, "null");
	map_add_text(&m, "file", pos.source->path);
	map_add_int(&m, "line", pos.line);
	map_add_int(&m, "column", pos.column);
	return map_done(&m);
}

static struct value strings_list(struct arena *a, const struct strings *s)
{
	struct list_maker l = { .arena = a };
	size_t i;

	for (i = 0; i < s->count; i++)
		list_add(&l, value_text((struct pos){ 0 }, s->item[i]));
	return list_done(&l);
}

static struct value one_attribute(struct arena *a, const struct change *c,
    const struct attribute *row)
{
	const struct resource *r = c->resource;
	uint64_t bit = UINT64_C(1) << (row - r->kind->attributes);
	struct map_maker m = { .arena = a };

	if (resource_hides(r, row)) {
		map_add_bool(&m, "sensitive", true);
		return map_done(&m);
	}
	map_add(&m, "old", r->observed ? attribute_value(a, row, r->observed)
	    : value_plain((struct pos){ 0 }, "null"));
	if (c->later & bit)
		map_add_bool(&m, "later", true);
	else
		map_add(&m, "new", attribute_value(a, row, r->desired));
	return map_done(&m);
}

static struct value attributes(struct arena *a, const struct change *c)
{
	const struct resource *r = c->resource;
	const struct attribute *table = r->kind->attributes, *row;
	struct map_maker m = { .arena = a };

	for (row = table; row->name; row++) {
		uint64_t bit = UINT64_C(1) << (row - table);

		if (row_is_alias(table, row) || (row->flags & ATTRIBUTE_OUTPUT))
			continue;
		if (c->action == ACTION_CREATE ? attribute_given(row,
		    r->desired) || (c->later & bit) :
		    ((c->differ | c->later) & bit) != 0)
			map_add(&m, row->name, one_attribute(a, c, row));
	}
	return map_done(&m);
}

static const char *action_name(enum action action)
{
	static const char *const names[] = { "none", "create", "update",
		"replace", "remove", "refresh", "unsure" };

	return names[action];
}

static struct value runs(struct arena *a, const struct journal_acts *acts)
{
	struct list_maker l = { .arena = a };
	size_t i = acts->count;

	while (i--)
		list_add(&l, value_plain((struct pos){ 0 }, arena_printf(a,
		    "%lld", (long long)acts->item[i].run)));
	return list_done(&l);
}

struct value change_value(struct arena *a, const struct change *c)
{
	struct map_maker m = { .arena = a };

	map_add_text(&m, "type", "change");
	map_add_text(&m, "address", c->resource->address);
	map_add_text(&m, "kind", c->resource->kind->name);
	map_add_text(&m, "name", c->resource->name);
	map_add_text(&m, "action", action_name(c->repairs ? ACTION_NONE :
	    c->action));
	map_add_text(&m, "cause", cause_name(c->cause));
	if (change_class(c))
		map_add_text(&m, "class", change_class(c));
	map_add(&m, "pos", pos_value(a, c->resource->declaration->pos));
	if (c->action != ACTION_REMOVE && c->action != ACTION_REFRESH &&
	    c->action != ACTION_UNSURE)
		map_add(&m, "attributes", attributes(a, c));
	if (c->refresh)
		map_add_text(&m, "refresh", c->refresh);
	if (c->because.count)
		map_add(&m, "because", strings_list(a, &c->because));
	if (c->owed)
		map_add_bool(&m, "owed", true);
	if (c->repairs)
		map_add(&m, "runs", runs(a, c->repairs));
	if (c->reboots)
		map_add_bool(&m, "reboot", true);
	if (c->waits)
		map_add_text(&m, "waits", c->waits->address);
	if (c->notes.count)
		map_add(&m, "notes", strings_list(a, &c->notes));
	return map_done(&m);
}

struct value plan_summary(struct arena *a, const struct plan *p)
{
	struct drift_counts n = drift_count(p);
	struct map_maker m = { .arena = a };

	map_add_text(&m, "type", "summary");
	map_add_int(&m, "create", (int64_t)p->to_create);
	map_add_int(&m, "update", (int64_t)p->to_update);
	map_add_int(&m, "remove", (int64_t)p->to_remove);
	map_add_int(&m, "refresh", (int64_t)p->to_refresh);
	map_add_int(&m, "wait", (int64_t)p->to_wait);
	map_add_int(&m, "run", (int64_t)p->to_run);
	map_add_int(&m, "unmet", (int64_t)p->unmet);
	map_add_int(&m, "unsure", (int64_t)p->to_see);
	map_add_int(&m, "unknown", (int64_t)p->unknown);
	map_add_int(&m, "left_out", (int64_t)p->left_out);
	map_add_int(&m, "unchanged", (int64_t)p->unchanged);
	map_add_int(&m, "corrective", (int64_t)n.corrective);
	map_add_int(&m, "intentional", (int64_t)n.intentional);
	map_add_int(&m, "flapping", (int64_t)n.flapping);
	if (p->orphans.ours.count)
		map_add(&m, p->orphans.prune ? "pruned" : "orphaned",
		    strings_list(a, &p->orphans.ours));
	if (p->orphans.theirs.count && p->orphans.prune)
		map_add(&m, "forgotten", strings_list(a, &p->orphans.theirs));
	return map_done(&m);
}
