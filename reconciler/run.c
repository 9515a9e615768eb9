/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run.c - one run, stage by stage.
 *
 * What is used by several threads (site, host, evaluator, journal) has an arena
 * and a lock of its own.
 */
#include "run.h"

#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../resources/host/digest.h"
#include "../resources/host/facts.h"
#include "../resources/host/git.h"
#include "../resources/host/machine.h"
#include "../specs/expression.h"
#include "../specs/maker.h"
#include "../specs/site.h"
#include "drift.h"
#include "exit.h"
#include "leftovers.h"
#include "objects.h"
#include "observe.h"
#include "outside.h"
#include "selection.h"

/* --- 1. read what is desired --- */

/* the state directory as the host sees it; NULL: it cannot */
static const char *state_within(const struct run *r)
{
	size_t size = strlen(r->root);

	if (!strcmp(r->root, "/"))
		return r->state;
	if (strncmp(r->state, r->root, size) || r->state[size] != '/')
		return NULL;
	return r->state + size;
}

int run_open_host(struct run *r)
{
	struct job job = { .arena = r->arena, .err = r->err,
		.address = "the policy" };

	if (host_open(arena_child(r->arena), r->root, &r->host, r->err))
		return -1;
	r->host_is_open = true;
	r->host.name = "localhost";
	r->check = (struct policy_check){ &r->policy, &r->graph, &r->host,
		state_within(r) };
	return policy_read(&job, &r->host, r->root, &r->policy);
}

static int read_facts(struct run *r)
{
	struct job job = { .arena = r->arena, .err = r->err,
		.address = "the facts of this host" };

	return run_open_host(r) || host_facts(&job, &r->host, &r->facts);
}

static const char *absolute(struct arena *a, const char *path)
{
	char real[PATH_MAX];

	return realpath(path, real) ? arena_string(a, real) : path;
}

int run_connect(struct run *r)
{
	r->graph = (struct graph){ .arena = r->arena };
	if (graph_resolve(&r->graph, &r->reader, &r->spec))
		return -1;
	if (graph_connect(&r->graph, r->err))
		return -1;
	return graph_sort(&r->graph, r->err);
}

int run_load(struct run *r)
{
	struct spec_options options = { kind_sections(r->arena), &r->facts };

	r->graph.arena = r->arena;
	r->site = site_open(arena_child(r->arena), r->path, r->err);
	if (!r->site || read_facts(r))
		return -1;
	r->where = absolute(r->arena, site_path(r->site));
	r->evaluator = evaluator_open(arena_child(r->arena),
	    outside_new(r));
	r->reader = (struct reader){ .arena = r->arena, .err = r->err,
		.evaluator = r->evaluator, .site = r->site };
	if (spec_load(&r->reader, &options, &r->spec)) {
		/* what could be read may hold further mistakes */
		graph_resolve(&r->graph, &r->reader, &r->spec);
		return -1;
	}
	return run_connect(r);
}

/* --- 2. learn what earlier runs left --- */

int run_recall(struct run *r, enum journal_mode mode)
{
	if (journal_open(arena_child(r->arena), r->state, mode, &r->journal,
	    r->err))
		return -1;
	r->recall.arena = arena_child(r->arena);
	r->recall.journal = r->journal;
	if (journal_refreshes(r->arena, r->journal, &r->refreshes, r->err) ||
	    journal_open_acts(r->arena, r->journal, &r->open, r->err))
		return -1;
	if (strcmp(r->root, "/"))
		return 0; /* it is not that tree which is booted */
	r->reboots.arena = r->arena;
	r->reboots.host = &r->host;
	return reboots_read(&r->reboots, r->journal, r->err);
}

/* --- 3. look; 4. work out the difference --- */

static void on_look(void *context, size_t done, size_t total)
{
	struct run *r = context;

	if (r->progress)
		r->progress(r->context, done, total);
}

int run_plan(struct run *r)
{
	struct observer observer = { .host = &r->host, .graph = &r->graph,
		.jobs = r->jobs, .stop = r->stop_hard, .progress = on_look,
		.context = r };
	struct planner planner = { .host = &r->host, .reader = &r->reader,
		.recall = &r->recall,
		.refreshes = &r->refreshes, .reboots = &r->reboots,
		.targets = r->targets };
	struct selection selection = { &r->graph, r->targets, r->excludes };
	size_t unknown;

	if (prune_find(r) || selection_make(&selection, &planner.selected,
	    r->err))
		return -1;
	observer.selected = planner.selected;
	observe_all(&observer, r->err, &unknown);
	if (r->stop && *r->stop)
		return 0;
	if (reboots_recover(&r->reboots, &r->graph, &r->open, r->err))
		return -1;
	r->plan.arena = r->arena;
	r->plan.graph = &r->graph;
	plan_make(&r->plan, &planner, r->err);
	return 0;
}

/* --- 6. do it --- */

const char *run_user(struct arena *a)
{
	const struct passwd *p = getpwuid(getuid());

	return p ? arena_string(a, p->pw_name) :
	    arena_printf(a, "uid %u", getuid());
}

static bool is_as_desired(const struct run *r, const struct resource *x)
{
	enum fate fate = r->applier.fates[graph_number(&r->graph, x)];
	uint64_t differ;

	return (fate == FATE_SAME || fate == FATE_ALREADY) &&
	    (x->sight == PRESENT || x->sight == ABSENT) &&
	    resource_differs(x, &differ) == ACTION_NONE;
}

/* what is as desired without our doing is from now on what a run left */
static int adopt_unchanged(struct run *r)
{
	struct graph *g = &r->graph;
	const unsigned char *key = journal_key(r->journal);
	struct journal_outcome o;
	const struct journal_state *s;
	size_t i;

	if (recall_all(&r->recall, r->err))
		return -1;
	for (i = 0; i < g->count; i++) {
		struct resource *x = &g->resources[i];

		if (!is_as_desired(r, x) ||
		    x->declaration->origin != ORIGIN_SPEC)
			continue;
		s = journal_states_find(&r->recall.states, x->address);
		o = (struct journal_outcome){ .address = x->address,
			.outcome = "adopted", .keep = STATE_LEFT,
			.protect = x->common.protect == 1 };
		o.desired = describe_desired(r->arena, x, key);
		if (s && !strcmp(s->desired, o.desired) &&
		    s->protect == o.protect)
			continue;
		o.after = describe(r->arena, x, x->observed, key);
		o.pos = pos_text(r->arena, x->declaration->pos);
		if (journal_done(r->journal, &o, 1, r->err))
			return -1;
	}
	return 0;
}

/*
 * What a killed run of this site may have made, and the site declares no more:
 * from now on it is known, so that it can be pruned.
 */
static int keep_in_sight(struct run *r, const struct journal_act *act,
    struct journal_outcome *o)
{
	struct journal_run run;
	unsigned char digest[DIGEST];
	char *hex;
	int found;

	if (strcmp(act->action, "create") != 0 || act->before || !act->desired)
		return 0;
	found = journal_run_find(r->arena, r->journal, act->run, &run, r->err);
	if (found <= 0 || strcmp(run.site, r->where) != 0)
		return found < 0 ? -1 : 0;
	hex = arena_alloc(r->arena, DIGEST_HEX);
	digest_bytes(act->desired, strlen(act->desired), digest);
	digest_hex(digest, hex);
	o->keep = STATE_LEFT;
	o->after = act->desired;
	o->desired = hex;
	return 0;
}

/* acts that an earlier run announced and never closed: looked at, and so */
static int close_open_acts(struct run *r)
{
	struct journal_outcome o;
	struct resource *x;
	struct err nowhere = err_new(r->arena);
	size_t i;

	for (i = 0; i < r->open.count; i++) {
		x = graph_find_address(&r->graph, r->open.item[i].address,
		    &nowhere, (struct pos){ 0 });
		/* without a site it is not known what is declared */
		if (x ? !is_as_desired(r, x) : !r->site)
			continue;
		o = (struct journal_outcome){ .act = r->open.item[i].act,
			.address = r->open.item[i].address,
			.outcome = x ? "already" : "forgotten" };
		if (!x && keep_in_sight(r, &r->open.item[i], &o))
			return -1;
		if (journal_done(r->journal, &o, 1, r->err))
			return -1;
	}
	return 0;
}

int run_result(const struct run *r)
{
	const struct applier *a = &r->applier;

	if (r->stop && *r->stop)
		return EXIT_INTERRUPTED;
	if (a->failed > a->stale || r->plan.unknown || r->plan.flap_count)
		return EXIT_FAILED;
	if (a->stale)
		return EXIT_STALE;
	if (a->held)
		return EXIT_REBOOT;
	return EXIT_DONE;
}

int run_apply(struct run *r, const char *command)
{
	const struct revision *revision = r->site ? git_revision(r->arena,
	    r->where) : NULL;
	struct journal_run row = { .site = r->where,
		.command = command, .user = run_user(r->arena),
		.host = r->host.name,
		.revision = revision ? revision->id : NULL };
	struct applier *a = &r->applier;
	int failed;

	if (journal_run_begin(r->journal, &row, &r->number, r->err))
		return -1;
	a->arena = r->arena;
	a->graph = &r->graph;
	a->plan = &r->plan;
	a->host = &r->host;
	a->journal = r->journal;
	a->state = r->state;
	a->reader = &r->reader;
	a->policy = &r->check;
	a->jobs = r->jobs;
	a->stop = r->stop;
	a->stop_hard = r->stop_hard;
	a->reboots = &r->reboots;
	leftovers_remove(r->arena, &r->host, &r->open);
	failed = objects_clean(r->state, r->err) ||
	    drift_record(r->arena, r->journal, &r->plan, r->err) ||
	    reboots_record(&r->reboots, r->journal, r->err) ||
	    apply_plan(a, r->err) ? -1 : 0;
	if (!failed)
		failed = adopt_unchanged(r) | close_open_acts(r) |
		    prune_forget(r);
	return journal_run_end(r->journal, run_result(r), &a->counts,
	    r->err) | failed;
}

void run_close(struct run *r)
{
	journal_close(r->journal);
	if (r->evaluator)
		evaluator_close(r->evaluator);
	if (r->host_is_open)
		host_close(&r->host);
	site_close(r->site);
}
