/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plan_text.c - a plan for people: only what changes, what is lost by name, and
 * the totals last.
 */
#include <string.h>

#include "../specs/json.h"
#include "../specs/member.h"
#include "../specs/print.h"
#include "../specs/spec.h"
#include "drift.h"
#include "textdiff.h"

enum { DIFF_LINES = 40, CONTEXT = 3, VALUE_SHOWN = 200 };

struct writer {
	struct text *out;
	const struct plan *plan;
	const struct plan_style *style;
	struct arena *arena;
};

enum paint { PLAIN, GREEN, YELLOW, RED, CYAN, DIM };

static void paint(struct writer *w, enum paint color)
{
	static const char *const codes[] = { "\033[0m", "\033[32m",
		"\033[33m", "\033[31m", "\033[36m", "\033[2m" };

	if (w->style->color)
		text_add(w->out, codes[color]);
}

static void escaped(struct writer *w, const char *s)
{
	print_escaped(w->out, s, strlen(s));
}

const char *cause_name(enum cause cause)
{
	static const char *const names[] = {
		[CAUSE_NEW] = "new", [CAUSE_SPEC] = "spec changed",
		[CAUSE_DRIFT] = "drift", [CAUSE_FLAPPING] = "flapping",
		[CAUSE_ASKED] = "drift, asked for", [CAUSE_REFRESH] = "refresh",
		[CAUSE_VALUE] = "value changes", [CAUSE_AGAIN] = "every run",
		[CAUSE_UNDO] = "undo", [CAUSE_ORPHAN] = "no longer declared",
	};

	return names[cause];
}

static const char *sign(enum action action, enum paint *color)
{
	static const struct {
		const char *sign;
		enum paint color;
	} signs[] = {
		[ACTION_NONE] = { " ", PLAIN },
		[ACTION_CREATE] = { "+", GREEN },
		[ACTION_UPDATE] = { "~", YELLOW },
		[ACTION_REPLACE] = { "-/+", RED },
		[ACTION_REMOVE] = { "-", RED },
		[ACTION_REFRESH] = { ">", CYAN },
		[ACTION_UNSURE] = { "?", DIM },
	};

	*color = signs[action].color;
	return signs[action].sign;
}

static void names(struct writer *w, const struct strings *s, size_t most)
{
	size_t i;

	for (i = 0; i < s->count && i < most; i++) {
		text_add(w->out, i ? ", " : "");
		escaped(w, s->item[i]);
	}
	if (s->count > most)
		text_addf(w->out, " and %zu more", s->count - most);
}

static void header(struct writer *w, const struct change *c)
{
	const struct resource *r = c->resource;
	enum paint color;
	const char *mark = sign(c->action, &color);

	if (c->cause == CAUSE_FLAPPING || change_is_unmet(c))
		mark = "!";
	if (change_is_unmet(c))
		color = RED;
	paint(w, color);
	text_addf(w->out, "%-3s ", mark);
	escaped(w, r->address);
	paint(w, PLAIN);
	text_add(w->out, "  ");
	paint(w, DIM);
	if (r->kind->verb && c->action == ACTION_CREATE && !change_is_unmet(c))
		text_addf(w->out, "%s, ", r->kind->verb);
	if (change_is_unmet(c))
		text_add(w->out, "does not hold");
	else if (c->action == ACTION_REFRESH)
		text_addf(w->out, "%s", c->refresh);
	else if (c->action == ACTION_UNSURE)
		text_addf(w->out, "%s", r->kind->verb ? r->kind->verb : "see");
	else
		text_addf(w->out, "%s", cause_name(c->cause));
	text_add(w->out, "  ");
	escaped(w, pos_text(w->arena, r->declaration->pos));
	paint(w, PLAIN);
	text_add_char(w->out, '\n');
}

/* what is known of a member, on one line */
static void value(struct writer *w, const struct attribute *row,
    const void *base)
{
	struct value v;
	const char *text;
	size_t size, shown;

	if (!base || !attribute_given(row, base)) {
		text_add(w->out, "(none)");
		return;
	}
	v = attribute_value(w->arena, row, base);
	text = v.type == VALUE_TEXT ? v.text : json_text(w->arena, &v);
	if (v.type == VALUE_TEXT && !*text)
		text = "\"\"";
	size = strlen(text);
	shown = size < VALUE_SHOWN ? size : VALUE_SHOWN;
	/* no half of a character of UTF-8 */
	while (shown && shown < size && (text[shown] & 0xc0) == 0x80)
		shown--;
	print_escaped(w->out, text, shown);
	if (shown < size)
		text_add(w->out, "...");
}

/* lines of a diff, indented; at most DIFF_LINES unless all are asked for */
static void diff_lines(struct writer *w, const char *diff)
{
	size_t shown = 0, n;
	const char *end;

	for (; *diff; diff = end + (*end == '\n')) {
		end = strchrnul(diff, '\n');
		n = (size_t)(end - diff);
		if (shown++ >= DIFF_LINES && !w->style->verbose)
			continue;
		text_add(w->out, "      ");
		paint(w, *diff == '+' ? GREEN : *diff == '-' ? RED : DIM);
		print_escaped_lines(w->out, diff, n);
		paint(w, PLAIN);
		text_add_char(w->out, '\n');
	}
	if (shown > DIFF_LINES && !w->style->verbose)
		text_addf(w->out, "      ... %zu more lines (-v shows them)\n",
		    shown - DIFF_LINES);
}

static void sizes(struct writer *w, const struct content *c)
{
	if (c)
		text_addf(w->out, "%zu bytes", c->size);
	else
		text_add(w->out, "(none)");
}

static void content(struct writer *w, const struct attribute *row,
    const void *before, const void *after)
{
	const struct content *old = before ? MEMBER_OF(struct content *, row,
	    before) : NULL;
	const struct content *new = MEMBER_OF(struct content *, row, after);
	struct bytes nothing = { "", 0 };
	const char *diff = NULL;

	if ((!old || old->data) && new && new->data)
		diff = textdiff(w->arena, old ? (struct bytes){ old->data,
		    old->size } : nothing, (struct bytes){ new->data,
		    new->size }, CONTEXT);
	if (diff && *diff) {
		text_add(w->out, "\n");
		diff_lines(w, diff);
		return;
	}
	text_add_char(w->out, ' ');
	if (old || before) {
		sizes(w, old);
		text_add(w->out, " -> ");
	}
	sizes(w, new);
	text_add_char(w->out, '\n');
}

static void attribute(struct writer *w, const struct change *c,
    const struct attribute *row)
{
	const struct resource *r = c->resource;
	uint64_t bit = UINT64_C(1) << (row - r->kind->attributes);

	text_addf(w->out, "    %s:", row->name);
	if (resource_hides(r, row)) {
		text_add(w->out, " (sensitive)\n");
		return;
	}
	if (type_storage(row->type) == AS_CONTENT && !(c->later & bit)) {
		content(w, row, r->observed, r->desired);
		return;
	}
	text_add_char(w->out, ' ');
	if (r->observed) {
		value(w, row, r->observed);
		text_add(w->out, " -> ");
	}
	if (c->later & bit)
		text_add(w->out, "(known after apply)");
	else
		value(w, row, r->desired);
	text_add_char(w->out, '\n');
}

/* in the spec, by this row or another one of the same member */
static bool is_given(const struct resource *r, const struct attribute *row)
{
	const struct attribute *table = r->kind->attributes, *other;

	for (other = table; other->name; other++)
		if (other->offset == row->offset &&
		    (r->reading.given & UINT64_C(1) << (other - table)))
			return true;
	return false;
}

/* whether a row is worth a line */
static bool shows(const struct change *c, const struct attribute *row)
{
	const struct resource *r = c->resource;
	uint64_t bit = UINT64_C(1) << (row - r->kind->attributes);

	if (row_is_alias(r->kind->attributes, row))
		return false;
	if (c->action == ACTION_CREATE)
		return !(row->flags & (ATTRIBUTE_OUTPUT | ATTRIBUTE_NAME)) &&
		    is_given(r, row);
	return ((c->differ | c->later) & bit) != 0;
}

static void rows(struct writer *w, const struct change *c)
{
	const struct attribute *row;

	if (c->action == ACTION_REMOVE || c->action == ACTION_REFRESH ||
	    c->action == ACTION_UNSURE)
		return;
	for (row = c->resource->kind->attributes; row->name; row++)
		if (shows(c, row))
			attribute(w, c, row);
}

static void reasons(struct writer *w, const struct change *c)
{
	size_t i;

	if (c->action == ACTION_UNSURE) {
		text_add(w->out, "    depends on ");
		names(w, &c->because, 3);
		text_add_char(w->out, '\n');
	} else if (c->refresh) {
		text_addf(w->out, "    %s because ", c->refresh);
		if (c->because.count) {
			names(w, &c->because, 3);
			text_add(w->out, c->because.count == 1 ? " changes" :
			    " change");
		}
		text_addf(w->out, "%s%s\n", c->owed && c->because.count ?
		    ", and " : "", c->owed ? "an earlier run left it due" : "");
	}
	if (c->reboots)
		text_add(w->out, "    a reboot is needed after it\n");
	if (c->waits) {
		text_add(w->out, "    waits for ");
		if (c->waits->run)
			text_addf(w->out, "a reboot, since run %lld: ",
			    (long long)c->waits->run);
		else
			text_add(w->out, "the reboot that is needed after ");
		escaped(w, c->waits->address);
		text_add_char(w->out, '\n');
	}
	for (i = 0; i < c->notes.count; i++) {
		text_add(w->out, "    ");
		escaped(w, c->notes.item[i]);
		text_add_char(w->out, '\n');
	}
}

/* "Removes: ..." and "Refreshes: ..." by name */
static void losses(struct writer *w)
{
	const struct plan *p = w->plan;
	struct strings gone = { 0 }, again = { 0 };
	size_t i;

	gone.item = arena_array(w->arena, p->count, sizeof(*gone.item));
	again.item = arena_array(w->arena, p->count, sizeof(*again.item));
	for (i = 0; i < p->count; i++) {
		const struct change *c = &p->changes[i];

		if (c->action == ACTION_REMOVE || c->action == ACTION_REPLACE)
			gone.item[gone.count++] = c->resource->address;
		if (c->refresh)
			again.item[again.count++] = arena_printf(w->arena,
			    "%s (%s)", c->resource->address, c->refresh);
	}
	if (gone.count) {
		paint(w, RED);
		text_add(w->out, "Removes: ");
		names(w, &gone, SIZE_MAX);
		paint(w, PLAIN);
		text_add_char(w->out, '\n');
	}
	if (again.count) {
		text_add(w->out, "Refreshes: ");
		names(w, &again, SIZE_MAX);
		text_add_char(w->out, '\n');
	}
}

/* what the site no longer declares, and what becomes of that */
static void orphans(struct writer *w)
{
	const struct plan *p = w->plan;
	const struct orphans *o = &p->orphans;
	size_t i;

	if (o->ours.count && !o->prune) {
		text_add(w->out, "Orphaned: ");
		names(w, &o->ours, SIZE_MAX);
		text_addf(w->out, " (no longer declared; --prune removes %s)\n",
		    o->ours.count == 1 ? "it" : "them");
	}
	if (o->theirs.count && o->prune) {
		text_add(w->out, "Forgets: ");
		names(w, &o->theirs, SIZE_MAX);
		text_add(w->out, " (no longer declared, but there before plumb was)\n");
	}
	for (i = 0; o->ours.count && o->prune && i < p->graph->count; i++) {
		const struct resource *r = &p->graph->resources[i];

		if (!r->yields)
			continue;
		text_add(w->out, "Keeps: ");
		escaped(w, r->address);
		text_add(w->out, " (no longer declared, but ");
		escaped(w, r->yields);
		text_add(w->out, ")\n");
	}
}

static void changes(struct writer *w)
{
	size_t i;

	for (i = 0; i < w->plan->count; i++) {
		header(w, &w->plan->changes[i]);
		rows(w, &w->plan->changes[i]);
		reasons(w, &w->plan->changes[i]);
	}
	if (w->plan->count)
		text_add_char(w->out, '\n');
}

void plan_changes_text(struct text *out, const struct plan *p,
    const struct plan_style *style)
{
	struct writer w = { .out = out, .plan = p, .style = style,
		.arena = out->arena };

	changes(&w);
}

/* what is due to the machine, and not to the spec */
static void classes(struct writer *w)
{
	struct drift_counts n = drift_count(w->plan);

	if (n.corrective || n.flapping)
		text_addf(w->out, " Drift: %zu corrective, %zu flapping.",
		    n.corrective, n.flapping);
}

static bool is_undo(const struct plan *p)
{
	return p->graph->count && p->graph->resources[0].declaration->origin
	    == ORIGIN_UNDO;
}

void plan_text(struct text *out, const struct plan *p,
    const struct plan_style *style)
{
	struct writer w = { .out = out, .plan = p, .style = style,
		.arena = out->arena };

	changes(&w);
	losses(&w);
	orphans(&w);
	if (!p->count)
		text_add(out, p->unknown || p->left_out || p->flap_count ?
		    "Nothing is to be changed.\n" :
		    is_undo(p) ? "Everything is as it was before.\n" :
		    "Everything is as the site says.\n");
	text_addf(out, "Plan: %zu to create, %zu to update, %zu to remove, %zu to refresh; %zu unchanged.",
	    p->to_create, p->to_update, p->to_remove, p->to_refresh,
	    p->unchanged);
	if (p->to_run)
		text_addf(out, " %zu to run.", p->to_run);
	if (p->unmet)
		text_addf(out, " %zu %s not hold.", p->unmet, p->unmet == 1 ?
		    "requirement does" : "requirements do");
	classes(&w);
	if (p->to_wait)
		text_addf(out, " %zu to wait for a reboot.", p->to_wait);
	if (p->to_see)
		text_addf(out, " %zu known only during the run.", p->to_see);
	if (p->left_out)
		text_addf(out, " %zu left out.", p->left_out);
	if (p->unknown)
		text_addf(out, " %zu could not be looked at.", p->unknown);
	text_add_char(out, '\n');
}
