/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conformance.c - every kind keeps the promises of resources/resource.h.
 *
 * Each kind's example is brought about on a machine in memory, undone, and
 * brought about again with each single change failing, and with the machine
 * standing still after each, in turn. A kind is here by having a file: there is
 * no list of kinds to forget one in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* after those that it needs */
#include <cmocka.h>

#include "../../reconciler/graph.h"
#include "../../specs/expression.h"
#include "../../specs/maker.h"
#include "../../specs/site.h"
#include "../../specs/spec.h"
#include "../memory.h"

enum {
	/* an example with more changes than this is no small site */
	CHANGES_MAX = 200,
};

/* a kind's example on a machine that nothing was done to yet */
struct trial {
	struct arena *arena;
	struct err err;
	struct site *site;
	struct evaluator *evaluator;
	struct memory *memory;
	struct host host;
	struct graph graph;
};

/* what an example may ask of the machine it is for */
static struct value facts(struct arena *arena)
{
	struct map_maker os = { .arena = arena }, host = { .arena = arena };

	map_add_text(&os, "id", "debian");
	map_add_int(&os, "version", 12);
	map_add_text(&host, "name", "localhost");
	map_add_text(&host, "architecture", "amd64");
	map_add(&host, "os", map_done(&os));
	return map_done(&host);
}

/* -1 after it was said in t->err */
static int load(struct trial *t, const char *path)
{
	struct value host = facts(t->arena);
	struct spec_options options = {
		.sections = kind_sections(t->arena),
		.host = &host,
	};
	struct spec *spec = arena_new(t->arena, struct spec);
	struct reader reader = {
		.arena = t->arena,
		.err = &t->err,
		.evaluator = t->evaluator,
	};

	t->graph.arena = t->arena;
	reader.site = t->site = site_open(t->arena, path, &t->err);
	if (!t->site || spec_load(&reader, &options, spec) < 0)
		return -1;
	if (graph_resolve(&t->graph, &reader, spec) < 0 ||
	    graph_connect(&t->graph, &t->err) < 0)
		return -1;
	return graph_sort(&t->graph, &t->err);
}

static struct job job_of(struct trial *t, const struct resource *r)
{
	return (struct job){
		.arena = t->arena,
		.err = &t->err,
		.address = r->address,
		.pos = r->declaration->pos,
	};
}

/* `out` is NULL when it is absent */
static int look(struct trial *t, const struct resource *r, void **out)
{
	struct job job = job_of(t, r);
	void *observed = arena_alloc(t->arena, r->kind->size);
	int found;

	attributes_clear(r->kind->attributes, observed);
	found = r->kind->observe(&job, &t->host, r->desired, observed);
	*out = found == 1 ? observed : NULL;
	return found < 0 ? -1 : 0;
}

static int change(struct trial *t, const struct resource *r, bool present,
    const void *observed)
{
	struct job job = job_of(t, r);
	struct act act = {
		.job = &job,
		.desired = present ? r->desired : NULL,
		.observed = observed,
	};

	if (r->kind->apply_together)
		return r->kind->apply_together(&act, 1, &t->host) < 0 ? -1 :
		    act.result;
	if (present)
		return r->kind->apply(&job, &t->host, r->desired, observed);
	return r->kind->remove(&job, &t->host, observed);
}

static bool is_as_desired(const struct resource *r, const void *observed)
{
	if (r->common.ensure == ENSURE_ABSENT)
		return !observed;
	return observed && !attributes_differ(r->kind->attributes, r->desired,
	    observed);
}

/* what the engine does, without its promises: only what differs is changed */
static int settle(struct trial *t)
{
	const struct resource *r;
	void *observed;
	size_t i;

	for (i = 0; i < t->graph.nodes; i++) {
		if (t->graph.order[i] >= t->graph.count)
			continue;
		r = &t->graph.resources[t->graph.order[i]];
		if (look(t, r, &observed) < 0)
			return -1;
		if (!is_as_desired(r, observed) &&
		    change(t, r, r->common.ensure == ENSURE_PRESENT,
		    observed) < 0)
			return -1;
	}
	return 0;
}

static int remove_all(struct trial *t)
{
	const struct resource *r;
	void *observed;
	size_t i = t->graph.nodes;

	while (i--) {
		if (t->graph.order[i] >= t->graph.count)
			continue;
		r = &t->graph.resources[t->graph.order[i]];
		if (look(t, r, &observed) < 0 ||
		    (observed && change(t, r, false, observed) < 0))
			return -1;
	}
	return 0;
}

static void stop(struct trial **t)
{
	evaluator_close((*t)->evaluator);
	site_close((*t)->site);
	host_close(&(*t)->host);
	memory_close((*t)->memory);
	arena_close((*t)->arena);
}
#define scoped_trial __attribute__((cleanup(stop))) struct trial

/* a package can be had, and has in it the service that is called like it */
static void archive(struct trial *t, const struct resource *package)
{
	const struct kind *service = kind_find("service");
	const struct value *version = value_find(package->declaration->body,
	    "version");
	struct memory_package p = {
		.name = package->name,
		.version = version ? version->text : "1.0-1",
	};

	if (service && graph_find(&t->graph, service, p.name))
		p.unit = arena_printf(t->arena, "%s.service", p.name);
	memory_archive(t->memory, &p);
}

/* its example, loaded, and a machine that nothing was done to */
static struct trial *start(const struct kind *kind)
{
	struct arena *arena = arena_open();
	struct trial *t = arena_new(arena, struct trial);
	size_t i;

	t->arena = arena;
	t->err = err_new(arena);
	t->memory = memory_new(arena);
	memory_host(t->memory, &t->host);
	memory_directory(t->memory, "/etc/default");
	memory_directory(t->memory, "/var/backups");
	t->evaluator = evaluator_open(arena, NULL);
	if (load(t, arena_printf(arena, "examples/%s", kind->name)) < 0)
		fail_msg("%s", err_text(arena, &t->err, 0));
	for (i = 0; i < t->graph.count; i++)
		if (!strcmp(t->graph.resources[i].kind->name, "package"))
			archive(t, &t->graph.resources[i]);
	return t;
}

static void must(struct trial *t, int result)
{
	if (result < 0)
		fail_msg("%s", err_text(t->arena, &t->err, 0));
}

static void must_be_as_desired(struct trial *t, const char *when)
{
	const struct resource *r;
	void *observed;
	size_t i;

	for (i = 0; i < t->graph.count; i++) {
		r = &t->graph.resources[i];
		must(t, look(t, r, &observed));
		if (!is_as_desired(r, observed))
			fail_msg("%s is not as desired %s", r->address, when);
	}
}

/* --- the promises, as they are numbered in resource.h --- */

static void is_in_its_own_example(void **state)
{
	const struct kind *kind = *state;
	scoped_trial *t = start(kind);
	size_t i, found = 0;

	for (i = 0; i < t->graph.count; i++)
		found += t->graph.resources[i].kind == kind;
	assert_int_not_equal(found, 0);
}

static void is_as_desired_once_applied(void **state)
{
	scoped_trial *t = start(*state);

	must(t, settle(t));
	must_be_as_desired(t, "after it was applied");
}

static void changes_nothing_when_applied_again(void **state)
{
	scoped_trial *t = start(*state);
	size_t changes;

	must(t, settle(t));
	changes = memory_changes(t->memory);
	must(t, settle(t));
	assert_int_equal(memory_changes(t->memory), changes);
}

static void is_absent_once_removed(void **state)
{
	const struct kind *kind = *state;
	scoped_trial *t = start(kind);
	const struct resource *r;
	size_t changes, i;
	void *observed, **before;

	/* nothing is left of it that could be removed */
	if (kind->flags & KIND_STATELESS)
		return;
	before = arena_array(t->arena, t->graph.count, sizeof(*before));
	for (i = 0; i < t->graph.count; i++)
		must(t, look(t, &t->graph.resources[i], &before[i]));
	must(t, settle(t));
	must(t, remove_all(t));
	for (i = 0; i < t->graph.count; i++) {
		r = &t->graph.resources[i];
		must(t, look(t, r, &observed));
		/* a service that shall be stopped is there when it is not */
		if (observed && !before[i])
			fail_msg("%s is there after it was removed",
			    r->address);
	}
	changes = memory_changes(t->memory);
	must(t, remove_all(t));
	assert_int_equal(memory_changes(t->memory), changes);
}

/* plumb is started once more on the same machine, where nothing fails now */
static void start_again(struct trial *t)
{
	memory_fail_at(t->memory, 0);
	memory_stop_at(t->memory, SIZE_MAX);
	host_close(&t->host);
	memory_host(t->memory, &t->host);
	t->err = err_new(t->arena);
}

/* false once there are fewer changes than `number` */
static bool recovers(const struct kind *kind, size_t number,
    void (*trouble)(struct memory *, size_t))
{
	scoped_trial *t = start(kind);

	trouble(t->memory, number);
	if (settle(t) == 0) {
		if (memory_changes(t->memory) > number)
			fail_msg("nothing was said when change %zu failed",
			    number);
		return false;
	}
	if (t->err.count != 1)
		fail_msg("this is not said once:\n%s", err_text(t->arena,
		    &t->err, 0));
	start_again(t);
	must(t, settle(t));
	must_be_as_desired(t, arena_printf(t->arena,
	    "when it is started again after change %zu", number));
	return true;
}

static void recovers_from_each_failure(void **state)
{
	size_t n = 1;

	while (recovers(*state, n, memory_fail_at))
		assert_in_range(n++, 1, CHANGES_MAX);
}

static void recovers_from_each_stop(void **state)
{
	size_t n = 0;

	while (recovers(*state, n, memory_stop_at))
		assert_in_range(n++, 0, CHANGES_MAX);
}

static const struct {
	const char *name;
	void (*run)(void **);
} promises[] = {
#define PROMISE(name) { #name, name }
	PROMISE(is_in_its_own_example),
	PROMISE(is_as_desired_once_applied),
	PROMISE(changes_nothing_when_applied_again),
	PROMISE(is_absent_once_removed),
	PROMISE(recovers_from_each_failure),
	PROMISE(recovers_from_each_stop),
};

enum { PROMISES = sizeof(promises) / sizeof(*promises) };

int main(void)
{
	scoped_arena *arena = arena_open();
	struct CMUnitTest *tests;
	size_t count = 0, i;
	const struct kind *const *kind;

	for (kind = kinds; *kind; kind++)
		count += PROMISES;
	tests = arena_array(arena, count, sizeof(*tests));
	for (i = 0; i < count; i++) {
		const struct kind *k = kinds[i / PROMISES];

		tests[i].name = arena_printf(arena, "%s %s",
		    kind_phrase(arena, k), promises[i % PROMISES].name);
		tests[i].test_func = promises[i % PROMISES].run;
		tests[i].initial_state = (void *)(uintptr_t)k;
	}
	return _cmocka_run_group_tests("conformance", tests, count, NULL,
	    NULL);
}
