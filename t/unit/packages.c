/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * packages.c - what is made of dpkg's words, and what apt-get is told.
 *
 * The programs are played: what dpkg-query says is in /says/dpkg-query of the
 * machine in memory, and what was run is in /ran, a line each.
 */
#include "../../resources/host/packages.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../memory.h"

struct world {
	struct arena *arena;
	struct err err;
	struct job job;
	struct memory *memory;
	struct host host;
};

static void note_run(struct memory *m, const struct process *p)
{
	scoped_arena *scratch = arena_open();
	struct text all = text_new(scratch);
	const char *before = memory_text(m, "/ran");
	size_t i;

	text_add(&all, before ? before : "");
	for (i = 0; p->argv[i]; i++) {
		if (strcmp(p->argv[i], "-o") == 0 && p->argv[i + 1])
			i++;
		else
			text_addf(&all, "%s%s", i ? " " : "", p->argv[i]);
	}
	text_add(&all, "\n");
	memory_put(m, "/ran", text_string(&all));
}

static struct bytes said(struct memory *m, const char *path)
{
	const char *text = memory_text(m, path);

	return (struct bytes){ text ? text : "", text ? strlen(text) : 0 };
}

static int dpkg_query(struct memory *m, const struct process *p,
    struct outcome *out)
{
	(void)p;
	*out = (struct outcome){ .out = said(m, "/says/dpkg-query"),
		.complaint = said(m, "/says/complaint") };
	out->status = out->complaint.size ? 1 : 0;
	return 0;
}

/* knows no package before its lists are fetched, if /says/old is there */
static int apt_get(struct memory *m, const struct process *p,
    struct outcome *out)
{
	bool simulates = false, updates = false;
	size_t i;

	for (i = 0; p->argv[i]; i++) {
		simulates |= strcmp(p->argv[i], "-s") == 0;
		updates |= strcmp(p->argv[i], "update") == 0;
	}
	note_run(m, p);
	*out = (struct outcome){ .complaint = { "", 0 }, .out = { "", 0 } };
	if (simulates)
		out->out = said(m, "/says/apt-get");
	if (updates)
		memory_put(m, "/says/old", "");
	else if (said(m, "/says/old").size) {
		out->status = 100;
		out->complaint = said(m, "/says/old");
	}
	return 0;
}

static int noted(struct memory *m, const struct process *p,
    struct outcome *out)
{
	note_run(m, p);
	*out = (struct outcome){ .complaint = { "", 0 }, .out = { "", 0 } };
	return 0;
}

static int setup(void **state)
{
	struct arena *a = arena_open();
	struct world *w = arena_new(a, struct world);

	w->arena = a;
	w->err = err_new(a);
	w->job = (struct job){ .arena = a, .err = &w->err,
		.address = "package:x" };
	w->memory = memory_new(a);
	memory_directory(w->memory, "/says");
	memory_program(w->memory, "dpkg-query", dpkg_query);
	memory_program(w->memory, "apt-get", apt_get);
	memory_program(w->memory, "apt-mark", noted);
	memory_put(w->memory, "/says/dpkg-query",
	    "dpkg\tii \t1.21.22\tamd64\n"
	    "libc6:amd64\tii \t2.36-9\tamd64\n"
	    "libc6:i386\tii \t2.35-1\ti386\n"
	    "nginx\thi \t1.22.1-9\tamd64\n"
	    "curl\tii \t7.88.1-10\tamd64\n"
	    "telnet\trc \t0.17\tall\n"
	    "never\tun \t\t\n");
	memory_host(w->memory, &w->host);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	host_close(&w->host);
	memory_close(w->memory);
	arena_close(w->arena);
	return 0;
}

static struct installed find(struct world *w, const char *name, int expected)
{
	struct installed is;

	host_forget_packages(&w->host);
	assert_int_equal(host_package(&w->job, &w->host, name, &is), expected);
	return is;
}

static void change(struct world *w, const struct package_change *changes,
    size_t count, int expected)
{
	assert_int_equal(host_packages_change(&w->job, &w->host, changes,
	    count, 90000), expected);
}

static void ran(struct world *w, const char *lines)
{
	const char *text = memory_text(w->memory, "/ran");

	assert_string_equal(text ? text : "", lines);
}

static void versions_are_found_by_name(void **state)
{
	struct world *w = *state;

	assert_string_equal(find(w, "curl", 1).version, "7.88.1-10");
	assert_false(find(w, "curl", 1).held);
	assert_true(find(w, "nginx", 1).held);
	find(w, "no-such", 0);
	find(w, "never", 0);
}

static void the_hosts_own_architecture_needs_no_name(void **state)
{
	struct world *w = *state;

	assert_string_equal(find(w, "libc6", 1).version, "2.36-9");
	assert_string_equal(find(w, "libc6:i386", 1).version, "2.35-1");
}

static void a_removed_one_is_not_installed(void **state)
{
	struct world *w = *state;

	assert_true(find(*state, "telnet", 0).leftover);
	assert_false(find(w, "no-such", 0).leftover);
}

static void what_dpkg_did_not_finish_is_broken(void **state)
{
	struct world *w = *state;
	struct strings broken;

	memory_put(w->memory, "/says/dpkg-query", "a\tiU \t1\tall\n"
	    "b\tiF \t1\tall\nc\tiHR\t1\tall\nd\trHR\t1\tall\n"
	    "e\tit \t1\tall\nf\tii \t1\tall\n");
	assert_true(find(w, "a", 1).broken);
	assert_false(find(w, "a", 1).incomplete);
	assert_true(find(w, "c", 1).incomplete);
	assert_false(find(w, "f", 1).broken);
	assert_int_equal(host_packages_broken(&w->job, &w->host, &broken), 0);
	assert_int_equal(broken.count, 5);
}

static void a_failing_dpkg_is_unknown_and_not_empty(void **state)
{
	struct world *w = *state;

	memory_put(w->memory, "/says/dpkg-query", "");
	memory_put(w->memory, "/says/complaint", "dpkg-query: no packages "
	    "found matching *\n");
	find(w, "curl", 0);
	memory_put(w->memory, "/says/complaint",
	    "dpkg-query: error: parsing file '/var/lib/dpkg/status'\n");
	find(w, "curl", -1);
	assert_non_null(strstr(err_text(w->arena, &w->err, 0),
	    "cannot learn what is installed"));
}

static void only_what_has_to_change_is_named(void **state)
{
	static const struct package_change changes[] = {
		{ .name = "curl", .hold = -1, .recommends = -1 },
		{ .name = "dpkg", .version = "1.21.22", .hold = -1,
		  .recommends = -1 },
		{ .name = "tree", .hold = -1, .recommends = 0 },
		{ .name = "sl", .version = "5.02-1", .hold = -1,
		  .recommends = 0 },
		{ .name = "libc6:i386", .remove = true, .hold = 0 },
		{ .name = "no-such", .remove = true, .hold = 0 },
	};

	change(*state, changes, 2, 0);
	ran(*state, "");
	change(*state, changes, 6, 0);
	ran(*state, "apt-get -y -q --no-install-recommends install tree "
	    "sl=5.02-1 libc6:i386-\n");
}

static void an_older_version_has_to_be_asked_for_by_name(void **state)
{
	static const struct package_change newer = { .name = "curl",
		.version = "7.99", .hold = -1, .recommends = -1 };
	static const struct package_change older = { .name = "curl",
		.version = "7.80", .hold = -1, .recommends = -1 };

	change(*state, &newer, 1, 0);
	change(*state, &older, 1, 0);
	ran(*state, "apt-get -y -q install curl=7.99\n"
	    "apt-get -y -q --allow-downgrades install curl=7.80\n");
}

static void lists_are_fetched_when_a_package_is_unknown(void **state)
{
	static const struct package_change tree = { .name = "tree",
		.hold = -1, .recommends = -1 };
	struct world *w = *state;

	memory_put(w->memory, "/says/old",
	    "E: Unable to locate package tree\n");
	change(w, &tree, 1, 0);
	ran(w, "apt-get -y -q install tree\napt-get -y -q update\n"
	    "apt-get -y -q install tree\n");
}

static void other_failures_are_not_tried_again(void **state)
{
	static const struct package_change tree = { .name = "tree",
		.hold = -1, .recommends = -1 };
	struct world *w = *state;

	memory_put(w->memory, "/says/old", "E: You don't have enough free "
	    "space in /var/cache/apt/archives/.\n");
	change(w, &tree, 1, -1);
	ran(w, "apt-get -y -q install tree\n");
	assert_string_equal(err_text(w->arena, &w->err, 0), "plumb: package:x:"
	    " apt-get failed with status 100:\nE: You don't have enough free "
	    "space in /var/cache/apt/archives/.\n");
}

static void a_held_package_moves_only_when_told(void **state)
{
	struct package_change nginx = { .name = "nginx", .version = "1.30",
		.hold = -1, .recommends = -1 };
	struct world *w = *state;

	change(w, &nginx, 1, -1);
	ran(w, "");
	assert_non_null(strstr(err_text(w->arena, &w->err, 0),
	    "nginx is held at version 1.22.1-9; say"));
	nginx.hold = 1;
	change(w, &nginx, 1, 0);
	ran(w, "apt-mark unhold nginx\napt-get -y -q install nginx=1.30\n"
	    "apt-mark hold nginx\n");
}

static void a_hold_outlives_a_failed_transaction(void **state)
{
	static const struct package_change nginx = { .name = "nginx",
		.version = "1.30", .hold = 1, .recommends = -1 };
	struct world *w = *state;

	memory_put(w->memory, "/says/old", "E: no\n");
	change(w, &nginx, 1, -1);
	ran(w, "apt-mark unhold nginx\napt-get -y -q install nginx=1.30\n"
	    "apt-mark hold nginx\n");
}

static void purging_takes_what_an_earlier_removal_left(void **state)
{
	static const struct package_change changes[] = {
		{ .name = "telnet", .remove = true, .purge = true },
		{ .name = "curl", .remove = true, .hold = 0 },
	};

	change(*state, changes, 2, 0);
	ran(*state, "apt-get -y -q install curl-\n"
	    "apt-get -y -q purge telnet\n");
}

static void a_simulation_says_what_else_would_change(void **state)
{
	static const struct package_change changes[] = {
		{ .name = "web", .hold = -1, .recommends = -1 },
		{ .name = "curl", .remove = true, .hold = 0 },
	};
	struct package_foresight f;
	struct world *w = *state;

	memory_put(w->memory, "/says/apt-get", "Reading package lists...\n"
	    "Remv curl [7.88.1-10]\nRemv git [1:2.39.5-0] [libc6:i386 ]\n"
	    "Inst libc6 [2.36-9] (2.36-10 Debian:12.1/stable [amd64])\n"
	    "Inst libweb (1.0-2 Debian:12.1/stable [amd64])\n"
	    "Inst web (1.0+dfsg-3 Debian:12.1/stable [amd64])\n"
	    "Conf libweb (1.0-2 Debian:12.1/stable [amd64])\n");
	assert_int_equal(host_packages_foresee(&w->job, &w->host, changes, 2,
	    &f), 0);
	assert_null(f.problem);
	assert_int_equal(f.also_installed.count, 1);
	assert_string_equal(f.also_installed.item[0], "libweb 1.0-2");
	assert_int_equal(f.also_upgraded.count, 1);
	assert_string_equal(f.also_upgraded.item[0], "libc6 2.36-10");
	assert_int_equal(f.also_removed.count, 1);
	assert_string_equal(f.also_removed.item[0], "git 1:2.39.5-0");
	assert_string_equal(f.versions[0], "1.0+dfsg-3");
	assert_null(f.versions[1]);
	ran(w, "apt-get -y -q -s install web curl-\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(versions_are_found_by_name),
		TEST(the_hosts_own_architecture_needs_no_name),
		TEST(a_removed_one_is_not_installed),
		TEST(what_dpkg_did_not_finish_is_broken),
		TEST(a_failing_dpkg_is_unknown_and_not_empty),
		TEST(only_what_has_to_change_is_named),
		TEST(an_older_version_has_to_be_asked_for_by_name),
		TEST(lists_are_fetched_when_a_package_is_unknown),
		TEST(other_failures_are_not_tried_again),
		TEST(a_held_package_moves_only_when_told),
		TEST(a_hold_outlives_a_failed_transaction),
		TEST(purging_takes_what_an_earlier_removal_left),
		TEST(a_simulation_says_what_else_would_change),
	};

	return cmocka_run_group_tests_name("packages", tests, NULL, NULL);
}
