/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memory.c - the machine in memory that other tests stand on.
 */
#include "../memory.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../resources/host/accounts.h"
#include "../../resources/host/packages.h"

struct world {
	struct arena *arena;
	struct err err;
	struct job job;
	struct memory *memory;
	struct host host;
};

static int setup(void **state)
{
	struct arena *a = arena_open();
	struct world *w = arena_new(a, struct world);

	w->arena = a;
	w->err = err_new(a);
	w->job = (struct job){ .arena = a, .err = &w->err,
		.address = "file:x" };
	w->memory = memory_new(a);
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

static void assert_said(const struct world *w, const char *part)
{
	const char *said = w->err.last ? w->err.last->text : "";

	if (!strstr(said, part))
		fail_msg("'%s' is not in '%s'", part, said);
}

static int put(struct world *w, const char *path, const char *text)
{
	struct file_write f = { { text, strlen(text) }, { 0640, 0, 4 } };

	return host_write(&w->job, &w->host, path, &f);
}

/* words with blanks between; the status, or -1 */
static int run(struct world *w, const char *line, const char **said)
{
	char *rest = arena_string(w->arena, line), *state = NULL;
	const char *words[32] = { NULL };
	struct process p = { .argv = words };
	struct outcome out;
	size_t n = 0;

	while ((words[n] = strtok_r(n ? NULL : rest, " ", &state)))
		n++;
	if (host_run(&w->job, &w->host, &p, &out) < 0)
		return -1;
	if (said)
		*said = out.status ? out.complaint.data : out.out.data;
	host_forget_accounts(&w->host);
	host_forget_packages(&w->host);
	return out.status;
}

static void files_are_written_and_found(void **state)
{
	struct world *w = *state;
	struct strings names;
	struct file_read file;

	assert_int_equal(put(w, "/etc/motd", "hello"), 0);
	assert_int_equal(memory_changes(w->memory), 2);
	assert_int_equal(
	    host_read(&w->job, &w->host, "/etc/motd", 0, &file), 0);
	assert_string_equal(file.content.data, "hello");
	assert_int_equal(file.entry.mode, 0640);
	assert_int_equal(file.entry.gid, 4);
	assert_int_equal(put(w, "/no/where", ""), -1);
	assert_said(w, "No such file or directory");
	assert_int_equal(put(w, "/etc", ""), -1);
	assert_int_equal(host_mkdir(&w->job, &w->host, "/d",
	    &(struct access){ 0700, 1, 2 }), 0);
	assert_int_equal(host_mkdir(&w->job, &w->host, "/d",
	    &(struct access){ 0700, 1, 2 }), -1);
	assert_int_equal(
	    host_symlink(&w->job, &w->host, "d", "/link"), 0);
	assert_int_equal(put(w, "/link/f", "through"), 0);
	assert_string_equal(memory_text(w->memory, "/d/f"), "through");
	assert_int_equal(host_list(&w->job, &w->host, "/d", &names), 0);
	assert_int_equal(names.count, 1);
	assert_string_equal(names.item[0], "f");
	assert_int_equal(host_unlink(&w->job, &w->host, "/d"), -1);
	assert_int_equal(host_unlink(&w->job, &w->host, "/d/f"), 0);
	assert_int_equal(host_unlink(&w->job, &w->host, "/d"), 0);
	assert_int_equal(host_unlink(&w->job, &w->host, "/d"), 0);
}

static void any_change_can_be_made_to_fail(void **state)
{
	struct world *w = *state;
	struct entry e;

	memory_fail_at(w->memory, 2);
	assert_int_equal(put(w, "/etc/motd", "1"), -1);
	assert_said(w, "it was made to fail");
	assert_null(memory_text(w->memory, "/etc/motd"));
	assert_int_equal(put(w, "/etc/motd", "2"), 0);
	memory_stop_at(w->memory, 5);
	assert_int_equal(put(w, "/etc/motd", "3"), -1);
	assert_int_equal(put(w, "/etc/motd", "4"), -1);
	assert_int_equal(run(w, "groupadd zoo", NULL), 1);
	assert_int_equal(host_unit_act(&w->job, &w->host, UNIT_DAEMON_RELOAD,
	    "", 0), -1);
	assert_string_equal(memory_text(w->memory, "/etc/motd"), "2");
	assert_int_equal(memory_changes(w->memory), 5);
	host_look(&w->job, &w->host, "/etc/.motd.plumb-new", &e);
	assert_int_equal(e.type, ENTRY_FILE);
	memory_stop_at(w->memory, SIZE_MAX);
	assert_int_equal(put(w, "/etc/motd", "5"), 0);
	host_look(&w->job, &w->host, "/etc/.motd.plumb-new", &e);
	assert_int_equal(e.type, ENTRY_ABSENT);
}

static void accounts_are_made_and_changed(void **state)
{
	struct world *w = *state;
	struct account u;
	struct strings in;
	struct entry e;
	const char *said;

	assert_int_equal(run(w, "groupadd -g 300 zoo", NULL), 0);
	assert_int_equal(run(w, "groupadd zoo", &said), 9);
	assert_string_equal(said, "groupadd: group 'zoo' already exists\n");
	assert_int_equal(
	    run(w, "useradd -G zoo,adm -s /bin/bash -m anna", NULL), 0);
	assert_int_equal(host_user(&w->job, &w->host, "anna", &u), 1);
	assert_int_equal(u.uid, 1000);
	assert_int_equal(u.gid, 1000);
	assert_int_equal(u.locked, 1);
	assert_string_equal(u.home, "/home/anna");
	assert_string_equal(u.shell, "/bin/bash");
	host_look(&w->job, &w->host, "/home/anna", &e);
	assert_int_equal(e.uid, 1000);
	host_user_groups(&w->job, &w->host, "anna", &in);
	assert_int_equal(in.count, 2);
	assert_int_equal(run(w, "usermod -u 1234 -G zoo -c Anna anna", NULL),
	    0);
	host_user(&w->job, &w->host, "anna", &u);
	assert_int_equal(u.uid, 1234);
	assert_string_equal(u.comment, "Anna");
	host_user_groups(&w->job, &w->host, "anna", &in);
	assert_int_equal(in.count, 1);
	assert_int_equal(run(w, "usermod -U anna", NULL), 1);
	assert_int_equal(run(w, "gpasswd -M root zoo", NULL), 0);
	assert_int_equal(run(w, "gpasswd -M nobody-there zoo", NULL), 3);
	assert_int_equal(run(w, "groupdel anna", NULL), 8);
	assert_int_equal(run(w, "userdel -r anna", NULL), 0);
	assert_int_equal(run(w, "userdel anna", NULL), 6);
	assert_int_equal(host_user(&w->job, &w->host, "anna", &u), 0);
	assert_null(strstr(memory_text(w->memory, "/etc/group"), "anna"));
	host_look(&w->job, &w->host, "/home/anna", &e);
	assert_int_equal(e.type, ENTRY_ABSENT);
	assert_int_equal(run(w, "useradd -r -M daemon2", NULL), 0);
	host_user(&w->job, &w->host, "daemon2", &u);
	assert_int_equal(u.uid, 999);
}

static void archive(struct world *w)
{
	static const struct memory_package packages[] = {
		{ "web", "1.0", "libweb", "web.service", "/etc/web.conf" },
		{ "web", "1.1", "libweb", "web.service", "/etc/web.conf" },
		{ "libweb", "1.0", NULL, NULL, NULL },
	};
	size_t i;

	for (i = 0; i < 3; i++)
		memory_archive(w->memory, &packages[i]);
}

static void packages_come_and_go_with_what_they_need(void **state)
{
	struct world *w = *state;
	struct package_change change = { .name = "web", .version = "1.0",
		.hold = -1, .recommends = -1 };
	struct package_foresight f;
	struct installed is;
	struct unit u;

	archive(w);
	assert_int_equal(host_packages_foresee(&w->job, &w->host, &change, 1,
	    &f), 0);
	assert_int_equal(f.also_installed.count, 1);
	assert_string_equal(f.also_installed.item[0], "libweb 1.0");
	assert_int_equal(memory_changes(w->memory), 0);
	assert_int_equal(host_packages_change(&w->job, &w->host, &change, 1,
	    1000), 0);
	assert_int_equal(memory_changes(w->memory), 1);
	assert_int_equal(host_package(&w->job, &w->host, "libweb", &is), 1);
	assert_int_equal(host_package(&w->job, &w->host, "web", &is), 1);
	assert_string_equal(is.version, "1.0");
	host_unit(&w->job, &w->host, "web.service", &u);
	assert_string_equal(u.active, "active");
	assert_string_equal(u.file_state, "enabled");
	change.version = "1.1";
	change.hold = 1;
	assert_int_equal(host_packages_change(&w->job, &w->host, &change, 1,
	    1000), 0);
	assert_int_equal(host_package(&w->job, &w->host, "web", &is), 1);
	assert_string_equal(is.version, "1.1");
	assert_true(is.held);
	change = (struct package_change){ .name = "libweb", .remove = true,
		.hold = -1, .recommends = -1 };
	assert_int_equal(run(w, "apt-get install libweb-", NULL), 100);
	assert_int_equal(run(w, "apt-mark unhold web", NULL), 0);
	assert_int_equal(host_packages_change(&w->job, &w->host, &change, 1,
	    1000), 0);
	assert_int_equal(host_package(&w->job, &w->host, "web", &is), 0);
	assert_true(is.leftover);
	assert_non_null(memory_text(w->memory, "/etc/web.conf"));
	host_unit(&w->job, &w->host, "web.service", &u);
	assert_string_equal(u.load, "not-found");
	assert_int_equal(run(w, "apt-get purge web", NULL), 0);
	assert_null(memory_text(w->memory, "/etc/web.conf"));
	assert_int_equal(run(w, "apt-get install no-such", NULL), 100);
}

static int act(struct world *w, enum unit_act what)
{
	return host_unit_act(&w->job, &w->host, what, "a.service", 1000);
}

static void units_are_known_as_systemd_knows_them(void **state)
{
	struct world *w = *state;
	struct unit u;

	assert_int_equal(host_unit(&w->job, &w->host, "a.service", &u), 0);
	assert_string_equal(u.load, "not-found");
	assert_string_equal(u.file_state, "");
	assert_int_equal(act(w, UNIT_START), -1);
	put(w, "/etc/systemd/system/a.service",
	    "[Service]\nExecStart=/bin/a\n[Install]\n");
	host_unit(&w->job, &w->host, "a.service", &u);
	assert_string_equal(u.load, "loaded");
	assert_string_equal(u.file_state, "disabled");
	assert_false(u.needs_daemon_reload);
	assert_int_equal(act(w, UNIT_ENABLE), 0);
	assert_int_equal(act(w, UNIT_START), 0);
	host_unit(&w->job, &w->host, "a.service", &u);
	assert_string_equal(u.active, "active");
	assert_string_equal(u.sub, "running");
	assert_string_equal(u.file_state, "enabled");
	assert_true(u.active_since > 0);
	assert_int_equal(act(w, UNIT_RELOAD), -1);
	put(w, "/etc/systemd/system/a.service",
	    "[Service]\nExecStart=/bin/false\n[Install]\n");
	host_unit(&w->job, &w->host, "a.service", &u);
	assert_true(u.needs_daemon_reload);
	assert_int_equal(host_unit_act(&w->job, &w->host, UNIT_DAEMON_RELOAD,
	    "", 0), 0);
	assert_int_equal(act(w, UNIT_RESTART), -1);
	host_unit(&w->job, &w->host, "a.service", &u);
	assert_false(u.needs_daemon_reload);
	assert_string_equal(u.active, "failed");
	assert_string_equal(u.result, "exit-code");
	assert_int_equal(act(w, UNIT_MASK), -1);
	host_unlink(&w->job, &w->host, "/etc/systemd/system/a.service");
	assert_int_equal(act(w, UNIT_MASK), 0);
	host_unit(&w->job, &w->host, "a.service", &u);
	assert_string_equal(u.load, "masked");
	assert_string_equal(u.file_state, "masked");
	assert_int_equal(act(w, UNIT_UNMASK), 0);
}

static int counted(struct memory *m, const struct process *p,
    struct outcome *out)
{
	if (!memory_change(m))
		return -1;
	memory_put(m, "/var/lib/ran", p->argv[1]);
	out->status = 4;
	return 0;
}

static void a_test_may_bring_programs(void **state)
{
	struct world *w = *state;
	struct process p = {
		.argv = (const char *const[]){ "sh", "-c",
		    "echo one > /tmp/a && touch /tmp/b; false && touch /tmp/c; exit 3",
		    NULL },
	};
	struct outcome out;
	struct entry e;

	assert_int_equal(run(w, "no-such-program", NULL), -1);
	assert_said(w, "there is no such program in memory");
	assert_int_equal(host_has_program(&w->job, &w->host, "counted"), 0);
	memory_program(w->memory, "counted", counted);
	assert_int_equal(host_has_program(&w->job, &w->host, "counted"), 1);
	assert_int_equal(run(w, "/usr/bin/counted word", NULL), 4);
	assert_string_equal(memory_text(w->memory, "/var/lib/ran"), "word");
	assert_int_equal(host_run(&w->job, &w->host, &p, &out), 0);
	assert_int_equal(out.status, 3);
	assert_string_equal(memory_text(w->memory, "/tmp/a"), "one\n");
	assert_non_null(memory_text(w->memory, "/tmp/b"));
	assert_null(memory_text(w->memory, "/tmp/c"));
	assert_int_equal(run(w, "test -d /etc", NULL), 0);
	assert_int_equal(run(w, "test ! -d /etc", NULL), 1);
	host_look(&w->job, &w->host, "/bin/sh", &e);
	assert_int_equal(e.mode, 0755);
}

static void probes_and_settings_answer_as_told(void **state)
{
	struct world *w = *state;
	struct probing asked = { .target = "localhost:22" };
	struct finding f;
	const char *said;

	assert_int_equal(host_probe(&w->job, &w->host, &asked, &f), 0);
	assert_false(f.healthy);
	memory_probe(w->memory, "localhost:22", true, "connected");
	host_probe(&w->job, &w->host, &asked, &f);
	assert_true(f.healthy);
	memory_put(w->memory, "/proc/sys/net/ipv4/ip_forward", "0\n");
	assert_int_equal(run(w, "sysctl -w net.ipv4.ip_forward=1", NULL), 0);
	assert_int_equal(run(w, "sysctl -n net.ipv4.ip_forward", &said), 0);
	assert_string_equal(said, "1\n");
	assert_int_equal(run(w, "sysctl -n no.such", NULL), 255);
	assert_int_equal(host_poke(&w->job, &w->host, "/proc/sys/no",
	    (struct bytes){ "1", 1 }), -1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(files_are_written_and_found),
		TEST(any_change_can_be_made_to_fail),
		TEST(accounts_are_made_and_changed),
		TEST(packages_come_and_go_with_what_they_need),
		TEST(units_are_known_as_systemd_knows_them),
		TEST(a_test_may_bring_programs),
		TEST(probes_and_settings_answer_as_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
