/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * command.c - commands and probes, with real programs on this machine.
 */
#include <setjmp.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* after those that it needs */
#include <cmocka.h>

#include "../../resources/host/connection.h"
#include "../servers.h"
#include "../trial.h"

extern const struct kind kind_command, kind_probe;

static bool exists(struct trial *t, const char *name)
{
	return access(trial_path(t, name), F_OK) == 0;
}

static void one_without_guards_runs_every_time_and_says_so(void **state)
{
	scoped_trial t;

	(void)state;
	trial_open(&t, &kind_command, false);
	assert_null(trial_want(&t, "it", "{ run: [touch, %s/x] }", t.folder));
	assert_int_equal(trial_observe(&t), 0);
	trial_foresee(&t);
	assert_string_equal(text_string(&t.notes),
	    "runs every time: it has no creates, unless or only_if\n");
	assert_int_equal(trial_apply(&t), 0);
	assert_true(exists(&t, "x"));
	assert_int_equal(trial_observe(&t), 0);
}

static void guards_say_whether_it_runs(void **state)
{
	scoped_trial t;

	(void)state;
	trial_open(&t, &kind_command, false);
	assert_null(trial_want(&t, "it", "{ run: [touch, x], directory: %s, unless: [test, -e, x] }", t.folder));
	assert_int_equal(trial_observe(&t), 0);
	assert_int_equal(trial_apply(&t), 0);
	assert_int_equal(trial_observe(&t), 1);
	assert_string_equal(trial_differ(&t), "");
	assert_null(trial_want(&t, "it", "{ run: [rm, x], directory: %s, only_if: [test, -e, x] }", t.folder));
	assert_int_equal(trial_observe(&t), 0);
	assert_int_equal(trial_apply(&t), 0);
	assert_int_equal(trial_observe(&t), 1);
	assert_null(trial_want(&t, "it", "{ run: [true], unless: [no-such-program] }"));
	assert_int_equal(trial_observe(&t), 0);
	assert_null(trial_want(&t, "it", "{ run: [true], only_if: [no-such-program] }"));
	assert_int_equal(trial_observe(&t), 1);
	assert_null(trial_want(&t, "it", "{ run: [true], unless: ['true'], directory: %s/later }", t.folder));
	assert_int_equal(trial_observe(&t), 0);
	assert_null(trial_want(&t, "it", "{ run: [true], unless: ['true'], user: later }"));
	assert_int_equal(trial_observe(&t), 0);
	assert_null(trial_want(&t, "it", "{ run: [true], refresh_only: true }"));
	assert_int_equal(trial_observe(&t), 1);
}

static void what_it_creates_must_be_there_afterwards(void **state)
{
	scoped_trial t;

	(void)state;
	trial_open(&t, &kind_command, false);
	assert_null(trial_want(&t, "it", "{ run: [true], creates: %s/x }", t.folder));
	assert_int_equal(trial_apply(&t), -1);
	assert_string_equal(trial_said(&t), arena_printf(t.arena,
	    "it: it went well, but did not create '%s/x'", t.folder));
	assert_null(trial_want(&t, "it", "{ shell: 'echo >%s/x', creates: %s/x }", t.folder, t.folder));
	assert_int_equal(trial_apply(&t), 0);
	assert_int_equal(trial_observe(&t), 1);
}

static void a_failure_quotes_what_was_said_last(void **state)
{
	scoped_trial t;

	(void)state;
	trial_open(&t, &kind_command, false);
	assert_null(trial_want(&t, "it", "{ shell: 'echo one >&2; echo two >&2; exit 3' }"));
	assert_int_equal(trial_apply(&t), -1);
	assert_string_equal(trial_said(&t),
	    "it: the script ended with 3:\none\ntwo");
	assert_null(trial_want(&t, "it", "{ shell: exit 3, returns: [0, 3] }"));
	assert_int_equal(trial_apply(&t), 0);
	assert_null(trial_want(&t, "it", "{ run: ['true'], returns: [3] }"));
	assert_int_equal(trial_apply(&t), -1);
	assert_string_equal(trial_said(&t), "it: true ended with 0");
	assert_null(trial_want(&t, "it", "{ run: [no-such-program] }"));
	assert_int_equal(trial_apply(&t), -1);
	assert_non_null(strstr(trial_said(&t), "no-such-program"));
}

static void it_runs_without_a_shell_and_in_a_clean_environment(void **state)
{
	scoped_trial t;

	(void)state;
	trial_open(&t, &kind_command, false);
	setenv("LEAK", "x", 1);
	assert_null(trial_want(&t, "it", "{ run: [touch, '$HOME;*'], directory: %s }", t.folder));
	assert_int_equal(trial_apply(&t), 0);
	assert_true(exists(&t, "$HOME;*"));
	assert_null(trial_want(&t, "it", "{ shell: 'test -z \"$LEAK\" && test \"$A\" = \"b c\"', environment: { A: b c } }"));
	assert_int_equal(trial_apply(&t), 0);
	assert_null(trial_want(&t, "it", "{ run: [grep, -qx, hidden], input: hidden }"));
	assert_int_equal(trial_apply(&t), 0);
}

static void a_script_is_in_no_argument_vector(void **state)
{
	scoped_trial t;

	(void)state;
	trial_open(&t, &kind_command, false);
	assert_null(trial_want(&t, "it", "{ shell: \"secret=se''cret; ! tr '\\\\0' ' ' </proc/$$/cmdline | grep -q $secret; test $? = 0 && ! read -r line\" }"));
	assert_int_equal(trial_apply(&t), 0);
}

static void time_given_is_all_it_gets(void **state)
{
	scoped_trial t;
	int64_t start = clock_now();

	(void)state;
	trial_open(&t, &kind_command, false);
	assert_null(trial_want(&t, "it", "{ run: [sleep, 60] }"));
	t.job.timeout = 200;
	assert_int_equal(trial_apply(&t), -1);
	assert_in_range(clock_now() - start, 200, 30000);
}

static void commands_that_cannot_be_meant_are_refused(void **state)
{
	scoped_trial t;

	(void)state;
	trial_open(&t, &kind_command, false);
	assert_non_null(strstr(trial_want(&t, "it", "{ run: [a], shell: b }"),
	    "exactly one of 'run' and 'shell'"));
	assert_non_null(strstr(trial_want(&t, "it", "{ user: root }"),
	    "exactly one of 'run' and 'shell'"));
	assert_non_null(strstr(trial_want(&t, "it", "{ run: [] }"),
	    "must each name a program"));
	assert_non_null(strstr(trial_want(&t, "it", "{ shell: a, input: b }"),
	    "'input' goes only with 'run'"));
	assert_non_null(strstr(trial_want(&t, "it", "{ run: [a], returns: [256] }"),
	    "'256' is not an exit status"));
	assert_non_null(strstr(trial_want(&t, "it", "{ run: [a], refresh_only: true, creates: /x }"),
	    "'refresh_only' leaves nothing"));
}

static void a_probe_waits_until_it_is_answered(void **state)
{
	scoped_trial t;

	(void)state;
	trial_open(&t, &kind_probe, false);
	assert_null(trial_want(&t, "it", "{ command: [sh, -c, 'cd %s; echo x >>n; test $(wc -l <n) -ge 4 || { echo not yet; exit 7; }'], every: 10ms, within: 20s }", t.folder));
	assert_int_equal(trial_observe(&t), 0);
	assert_string_equal(text_string(&t.notes),
	    "now: it ended with 7: not yet\n");
	assert_int_equal(trial_apply(&t), 0);
	assert_string_equal(text_string(&t.progress),
	    "waiting for command sh: it ended with 7: not yet\n");
	assert_int_equal(trial_observe(&t), 1);
	assert_string_equal(trial_differ(&t), "");
}

static void a_probe_gives_up_with_what_it_saw_last(void **state)
{
	scoped_trial t;
	int port = 0, fd = listen_on(SOCK_STREAM, &port);

	(void)state;
	trial_open(&t, &kind_probe, false);
	assert_null(trial_want(&t, "it", "{ tcp: '127.0.0.1:%d', every: 10ms, within: 1s }", port));
	assert_int_equal(trial_observe(&t), 1);
	close(fd);
	assert_int_equal(trial_apply(&t), -1);
	assert_string_equal(trial_said(&t), arena_printf(t.arena,
	    "it: tcp 127.0.0.1:%d is not healthy after 1.0 s: connection refused",
	    port));
}

static void a_probe_stops_when_asked_to(void **state)
{
	scoped_trial t;
	atomic_bool stop = true;

	(void)state;
	trial_open(&t, &kind_probe, false);
	assert_null(trial_want(&t, "it", "{ command: ['false'], within: 1h }"));
	assert_int_equal(trial_observe(&t), 0);
	t.job.stop = &stop;
	assert_int_equal(t.kind->apply(&t.job, &t.host, t.desired, NULL), -1);
}

static void a_program_that_is_not_there_yet_is_no_error(void **state)
{
	scoped_trial t;

	(void)state;
	trial_open(&t, &kind_probe, false);
	assert_null(trial_want(&t, "it", "{ command: [no-such-program] }"));
	assert_int_equal(trial_observe(&t), 0);
	assert_string_equal(text_string(&t.notes),
	    "now: there is no such program here yet\n");
}

static void probes_that_cannot_be_meant_are_refused(void **state)
{
	scoped_trial t;

	(void)state;
	trial_open(&t, &kind_probe, false);
	assert_non_null(strstr(trial_want(&t, "it", "{}"),
	    "exactly one of tcp, tls, http, dns, command and unit; here are 0"));
	assert_non_null(strstr(trial_want(&t, "it", "{ tcp: 'a:1', unit: b }"),
	    "here are 2"));
	assert_non_null(strstr(trial_want(&t, "it", "{ tcp: a }"),
	    "'a' is not a place to connect to"));
	assert_non_null(strstr(trial_want(&t, "it", "{ http: 'ftp://a/' }"),
	    "'ftp://a/' is not a URL of http or https"));
	assert_non_null(strstr(trial_want(&t, "it", "{ tcp: 'a:1', contains: b }"),
	    "'contains' goes only with http"));
	assert_non_null(strstr(trial_want(&t, "it", "{ dns: a, server: 'b c' }"),
	    "'b c' is not a server"));
	assert_null(trial_want(&t, "it", "{ dns: a, type: SRV, server: '10.0.0.1:5353', expect: [b] }"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    one_without_guards_runs_every_time_and_says_so),
		cmocka_unit_test(guards_say_whether_it_runs),
		cmocka_unit_test(what_it_creates_must_be_there_afterwards),
		cmocka_unit_test(a_failure_quotes_what_was_said_last),
		cmocka_unit_test(
		    it_runs_without_a_shell_and_in_a_clean_environment),
		cmocka_unit_test(a_script_is_in_no_argument_vector),
		cmocka_unit_test(time_given_is_all_it_gets),
		cmocka_unit_test(commands_that_cannot_be_meant_are_refused),
		cmocka_unit_test(a_probe_waits_until_it_is_answered),
		cmocka_unit_test(a_probe_gives_up_with_what_it_saw_last),
		cmocka_unit_test(a_probe_stops_when_asked_to),
		cmocka_unit_test(a_program_that_is_not_there_yet_is_no_error),
		cmocka_unit_test(probes_that_cannot_be_meant_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
