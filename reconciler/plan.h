/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plan.h - changes in an order that works; only data.
 */
#pragma once

#include "describe.h"
#include "graph.h"
#include "recall.h"
#include "reboot.h"

enum action {
	ACTION_NONE,
	ACTION_CREATE,
	ACTION_UPDATE,
	/* removed and made anew: an attribute cannot be changed in place */
	ACTION_REPLACE,
	ACTION_REMOVE,
	/* nothing differs, but something that notifies it changes */
	ACTION_REFRESH,
	/* whether it must change is known only once others have */
	ACTION_UNSURE,
};

enum cause {
	/* never done by plumb here */
	CAUSE_NEW,
	CAUSE_SPEC,
	/* the machine moved; the spec did not */
	CAUSE_DRIFT,
	/* drift that is left alone; and that a run asked for; see drift.h */
	CAUSE_FLAPPING,
	CAUSE_ASKED,
	CAUSE_REFRESH,
	/* a value that it uses will be another one */
	CAUSE_VALUE,
	/* it left nothing that would say that it was done: a command */
	CAUSE_AGAIN,
	/* it shall be as it was before a run */
	CAUSE_UNDO,
	/* the site created it, and no longer declares it */
	CAUSE_ORPHAN,
};

struct change {
	struct resource *resource;
	enum action action;
	enum cause cause;
	/* rows that differ, and rows whose new value is known only later */
	uint64_t differ, later;
	/* "reload", "restart", "run"; NULL: it is not refreshed */
	const char *refresh;
	/* who notifies it; what an uncertain change waits for */
	struct strings because;
	/* that refresh is owed by an earlier run */
	bool owed;
	/* lines that the kind adds */
	struct strings notes;
	/* of what it holds besides, it removes so many of so many */
	size_t also_lost, also_there;
	/* flapping: the repairs that were in vain, newest first */
	const struct journal_acts *repairs;
	/* it waits for the reboot that this needs; NULL */
	const struct reboot *waits;
	bool reboots; /* the host needs one after it, as the spec says */
};

/* what the site once declared, and no longer does; see prune.c */
struct orphans {
	/* not NULL: they are not removed, and why */
	const char *refusal;
	/* that plumb created; that were there before it; that have no state, or
	   are gone already */
	struct strings ours, theirs, gone;
	/* ours are removed, and the others forgotten */
	bool prune;
};

struct plan {
	struct arena *arena;
	struct graph *graph;
	struct change *changes;
	size_t count, capacity;
	/* by number of resource: index into changes plus one, or 0 */
	uint32_t *of;
	/* changes that are not made, and are in no other count */
	struct change *flaps;
	size_t flap_count, flap_capacity;
	/* resources that differ in nothing */
	size_t unchanged;
	/* resources that could not be looked at; that were not selected */
	size_t unknown, left_out;
	/* those that wait for a reboot are in the other counts too */
	size_t to_create, to_update, to_remove, to_refresh, to_see, to_wait;
	/* commands and the like, which are not things that are created */
	size_t to_run;
	/* requirements that do not hold */
	size_t unmet;
	struct orphans orphans;
};

/* what a plan is made from besides the graph */
struct planner {
	const struct host *host;
	const struct reader *reader;
	struct recall *recall;
	const struct journal_refreshes *refreshes;
	const struct reboots *reboots;
	/* NULL, or by number of resource: whether it may change */
	const bool *selected;
	/* what the run names */
	const struct strings *targets;
};

int plan_make(struct plan *, const struct planner *, struct err *);
/* NULL: it does not change */
struct change *plan_change(const struct plan *, const struct resource *);
/* whether it differs, and is left alone because it flaps */
bool plan_flaps(const struct plan *, const struct resource *);
/*
 * What a kind is to make of it: what is desired, with the attributes that are
 * ignored as they are now.
 */
const void *resource_wanted(struct arena *, const struct resource *);
/* what would change of one resource, as things are now */
enum action resource_differs(const struct resource *, uint64_t *differ);

/* a line more under it */
void change_note(struct arena *, struct change *, const char *text);
/* a requirement that does not hold: apply can only fail */
bool change_is_unmet(const struct change *);
const char *cause_name(enum cause);

/* for people: each change, then what is removed and restarted, then totals */
struct plan_style {
	bool color;
	/* all of a long content */
	bool verbose;
	int width;
};
void plan_text(struct text *, const struct plan *, const struct plan_style *);
/* only the changes */
void plan_changes_text(struct text *, const struct plan *,
    const struct plan_style *);
/* one change as an object; attributes that a secret flowed into are hidden */
struct value change_value(struct arena *, const struct change *);
struct value plan_summary(struct arena *, const struct plan *);
struct value pos_value(struct arena *, struct pos);
