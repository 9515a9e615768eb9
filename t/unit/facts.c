/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * facts.c - what a machine is, read from trees made for it.
 */
#include "../../resources/host/facts.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../resources/host/machine.h"

struct fixture {
	struct arena *arena;
	struct err err;
	struct job job;
	struct host host;
	struct value facts;
	char root[32];
};

static void begin(struct fixture *f)
{
	*f = (struct fixture){ .arena = arena_open(),
		.root = "/tmp/plumb-facts-XXXXXX" };
	f->err = err_new(f->arena);
	f->job = (struct job){ .arena = f->arena, .err = &f->err,
		.address = "facts" };
	assert_non_null(mkdtemp(f->root));
}

static void put(struct fixture *f, const char *path, const char *text)
{
	char *full = arena_printf(f->arena, "%s%s", f->root, path);
	char *slash;
	FILE *file;

	for (slash = full + strlen(f->root) + 1; (slash = strchr(slash, '/'));
	    slash++) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
	file = fopen(full, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void read_facts(struct fixture *f, const char *root)
{
	if (host_open(f->arena, root, &f->host, &f->err) ||
	    host_facts(&f->job, &f->host, &f->facts))
		fail_msg("%s", err_text(f->arena, &f->err, 0));
}

static void end(struct fixture *f)
{
	if (f->host.machine)
		host_close(&f->host);
	assert_int_equal(system(arena_printf(f->arena, "rm -r %s", f->root)),
	    0);
	arena_close(f->arena);
}

/* a fact by its path: "os.version" */
static const struct value *fact(struct fixture *f, const char *path)
{
	const struct value *v = &f->facts;
	size_t size;

	for (; v && *path; path += size + (path[size] == '.')) {
		size = strcspn(path, ".");
		v = value_find(v, arena_copy(f->arena, path, size));
	}
	assert_non_null(v);
	return v;
}

static void is_text(struct fixture *f, const char *path, const char *text)
{
	assert_int_equal(fact(f, path)->type, VALUE_TEXT);
	assert_string_equal(fact(f, path)->text, text);
}

static void a_tree_says_what_system_it_holds(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	put(&f, "/usr/lib/os-release", "# about\nPRETTY_NAME=\"Debian "
	    "GNU/Linux 12 (bookworm)\"\nNAME=\"Debian\"\nVERSION_ID=\"12\"\n"
	    "VERSION_CODENAME='bookworm'\nID=debian\nQUOTED=\"\\\"\"\n");
	mkdir(arena_printf(f.arena, "%s/etc", f.root), 0755);
	assert_int_equal(symlink("../usr/lib/os-release",
	    arena_printf(f.arena, "%s/etc/os-release", f.root)), 0);
	put(&f, "/etc/hostname", "web1\n");
	put(&f, "/etc/hosts", "127.0.0.1 localhost\n::1 ip6.test web1x\n"
	    "10.7.0.11\tweb1.contoso.test web1 # first\n");
	read_facts(&f, f.root);
	is_text(&f, "name", "localhost");
	is_text(&f, "hostname", "web1");
	is_text(&f, "fqdn", "web1.contoso.test");
	is_text(&f, "os.id", "debian");
	is_text(&f, "os.codename", "bookworm");
	is_text(&f, "os.name", "Debian GNU/Linux 12 (bookworm)");
	assert_int_equal(value_core(fact(&f, "os.version")).type, CORE_INT);
	assert_int_equal(value_core(fact(&f, "os.version")).integer, 12);
	assert_int_equal(fact(&f, "addresses")->count, 0);
	is_text(&f, "systemd", "false");
	end(&f);
}

static void an_empty_tree_is_no_error(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	read_facts(&f, f.root);
	is_text(&f, "hostname", "");
	is_text(&f, "os.id", "linux");
	assert_int_equal(value_core(fact(&f, "os.version")).type, CORE_NULL);
	end(&f);
}

static void odd_quoting_is_read_as_the_shell_would(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	put(&f, "/etc/os-release", "ID=odd\nID=\"even\"\n"
	    "PRETTY_NAME=a\\ \"b \\\"c\\\"\"' \\d'\nVERSION_ID=22.04");
	read_facts(&f, f.root);
	is_text(&f, "os.id", "even");
	is_text(&f, "os.name", "a b \"c\" \\d");
	assert_int_equal(value_core(fact(&f, "os.version")).type, CORE_FLOAT);
	end(&f);
}

static void this_machine_is_known_at_once(void **state)
{
	struct timespec from, to;
	char name[256];
	struct fixture f;
	double best = 1e9, took;
	int i;

	(void)state;
	begin(&f);
	read_facts(&f, "/");
	assert_int_equal(gethostname(name, sizeof(name)), 0);
	is_text(&f, "hostname", name);
	assert_true(value_core(fact(&f, "cpus")).integer > 0);
	assert_true(value_core(fact(&f, "memory")).integer > 1 << 20);
	assert_true(strlen(fact(&f, "virtualization")->text) > 0);
	assert_true(strlen(fact(&f, "kernel.release")->text) > 0);
	for (i = 0; i < 20; i++) {
		clock_gettime(CLOCK_MONOTONIC, &from);
		assert_int_equal(host_facts(&f.job, &f.host, &f.facts), 0);
		clock_gettime(CLOCK_MONOTONIC, &to);
		took = (double)(to.tv_sec - from.tv_sec) * 1e3 +
		    (double)(to.tv_nsec - from.tv_nsec) / 1e6;
		best = took < best ? took : best;
	}
	print_message("# facts in %.3f ms\n", best);
	assert_true(best < 5);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_says_what_system_it_holds),
		cmocka_unit_test(an_empty_tree_is_no_error),
		cmocka_unit_test(odd_quoting_is_read_as_the_shell_would),
		cmocka_unit_test(this_machine_is_known_at_once),
	};

	return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
