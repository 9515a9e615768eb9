/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reboot.c - which boot it is, who asks for the next one, and by which
 * connection somebody is here, as /proc and /run of a tree say it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../resources/host/reboot.h"
#include "../../resources/host/session.h"
#include "../rooted.h"

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, rooted_open, rooted_close)

static void put(struct rooted *r, const char *path, struct bytes content)
{
	char *at = arena_string(r->arena, rooted_at(r, path)), *slash;
	FILE *file;

	for (slash = strchr(at + 1, '/'); slash;
	    slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(at, 0755);
		*slash = '/';
	}
	file = fopen(at, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(content.data, 1, content.size, file),
	    content.size);
	assert_int_equal(fclose(file), 0);
}

static void put_text(struct rooted *r, const char *path, const char *text)
{
	put(r, path, (struct bytes){ text, strlen(text) });
}

static void put_process(struct rooted *r, int pid, int parent,
    struct bytes environment)
{
	put(r, arena_printf(r->arena, "/proc/%d/environ", pid), environment);
	/* a name may hold what looks like its end */
	put_text(r, arena_printf(r->arena, "/proc/%d/stat", pid),
	    arena_printf(r->arena, "%d (a) b 1) S %d 1 77 0\n", pid, parent));
}

#define BYTES(text) ((struct bytes){ text, sizeof(text) })

/* --- */

static void a_boot_is_told_by_its_id(void **state)
{
	struct rooted *r = *state;
	const char *id;

	put_text(r, "/proc/sys/kernel/random/boot_id", "1f-2a\n");
	assert_int_equal(host_boot(&r->job, &r->host, &id), 1);
	assert_string_equal(id, "1f-2a");
}

static void without_an_id_a_boot_cannot_be_told(void **state)
{
	struct rooted *r = *state;
	const char *id;

	assert_int_equal(host_boot(&r->job, &r->host, &id), 0);
}

static void nobody_asks_for_a_reboot_by_default(void **state)
{
	struct rooted *r = *state;
	struct strings names;

	/* a list alone is of an earlier time */
	put_text(r, "/run/reboot-required.pkgs", "linux\n");
	assert_int_equal(host_asks_reboot(&r->job, &r->host, &names), 0);
	assert_int_equal(names.count, 0);
}

static void each_package_that_asks_is_named(void **state)
{
	struct rooted *r = *state;
	struct strings names;

	put_text(r, "/run/reboot-required", "");
	assert_int_equal(host_asks_reboot(&r->job, &r->host, &names), 1);
	assert_int_equal(names.count, 0);
	put_text(r, "/run/reboot-required.pkgs", "linux\n\nlibc6\nlinux");
	assert_int_equal(host_asks_reboot(&r->job, &r->host, &names), 1);
	assert_int_equal(names.count, 3);
	assert_string_equal(names.item[1], "libc6");
	assert_string_equal(names.item[2], "linux");
}

static void ssh_is_known_by_its_connection(void **state)
{
	struct rooted *r = *state;

	put_process(r, getpid(), 1, BYTES("A=B\0SSH_CONNECTION=9 1 8 22"));
	assert_string_equal(host_session(&r->job, &r->host), "ssh 9 1 8 22");
}

static void ssh_is_known_below_sudo(void **state)
{
	struct rooted *r = *state;

	put_process(r, getpid(), 900, BYTES("SUDO_USER=anna"));
	put_process(r, 900, 901, BYTES("SSH_CONNECTION="));
	put_process(r, 901, 1, BYTES("HOME=/\0SSH_CONNECTION=9 2 8 22"));
	assert_string_equal(host_session(&r->job, &r->host), "ssh 9 2 8 22");
}

static void without_ssh_it_is_the_session_of_logind(void **state)
{
	struct rooted *r = *state;

	put_process(r, getpid(), 900, BYTES("A=B"));
	put_text(r, "/proc/self/sessionid", "12");
	put_text(r, "/proc/self/cgroup",
	    "0::/user.slice/user-0.slice/session-c3.scope/x\n");
	assert_string_equal(host_session(&r->job, &r->host),
	    "logind session-c3.scope");
}

static void without_logind_it_is_that_of_the_kernel(void **state)
{
	struct rooted *r = *state;

	put_process(r, getpid(), 900, BYTES("A=B"));
	put_text(r, "/proc/self/cgroup", "0::/system.slice/x.service\n");
	put_text(r, "/proc/self/sessionid", "12");
	assert_string_equal(host_session(&r->job, &r->host), "audit 12");
}

static void without_any_it_is_the_terminal(void **state)
{
	struct rooted *r = *state;

	put_process(r, getpid(), 900, BYTES("A=B"));
	put_text(r, "/proc/self/sessionid", "4294967295");
	assert_string_equal(host_session(&r->job, &r->host), "terminal 77");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_boot_is_told_by_its_id),
		TEST(without_an_id_a_boot_cannot_be_told),
		TEST(nobody_asks_for_a_reboot_by_default),
		TEST(each_package_that_asks_is_named),
		TEST(ssh_is_known_by_its_connection),
		TEST(ssh_is_known_below_sudo),
		TEST(without_ssh_it_is_the_session_of_logind),
		TEST(without_logind_it_is_that_of_the_kernel),
		TEST(without_any_it_is_the_terminal),
	};

	return cmocka_run_group_tests_name("reboot", tests, NULL, NULL);
}
