/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * process.c - programs run on the real machine: what they are given, what
 * comes back, and how they end.
 */
#include "../../resources/host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../resources/host/machine.h"

struct world {
	struct arena *arena;
	struct err err;
	struct job job;
	struct host host;
	atomic_bool stop;
};

static int setup(void **state)
{
	struct arena *a = arena_open();
	struct world *w = arena_new(a, struct world);

	w->arena = a;
	w->err = err_new(a);
	w->job = (struct job){ .arena = a, .err = &w->err,
		.address = "command:x", .stop = &w->stop };
	assert_int_equal(host_open(a, "/", &w->host, &w->err), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	host_close(&w->host);
	arena_close(w->arena);
	return 0;
}

static void assert_said(const struct world *w, const char *part)
{
	const char *said = w->err.last ? w->err.last->text : "";

	if (!strstr(said, part))
		fail_msg("'%s' is not in '%s'", part, said);
}

static struct process shell(struct world *w, const char *script)
{
	const char **argv = arena_array(w->arena, 4, sizeof(*argv));

	argv[0] = "sh";
	argv[1] = "-c";
	argv[2] = script;
	return (struct process){ .argv = argv };
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* poll until that process is gone, for two seconds at most */
static bool gone(pid_t pid)
{
	int i;

	for (i = 0; i < 200; i++) {
		if (kill(pid, 0) < 0 && errno == ESRCH)
			return true;
		usleep(10000);
	}
	return false;
}

static void output_and_status_come_back(void **state)
{
	struct world *w = *state;
	struct process p = shell(w, "echo out; echo err >&2; exit 3");
	struct outcome o;

	assert_int_equal(host_run(&w->job, &w->host, &p, &o), 0);
	assert_int_equal(o.status, 3);
	assert_string_equal(o.out.data, "out\n");
	assert_string_equal(o.complaint.data, "err\n");
	assert_false(o.truncated);
	assert_int_equal(host_run_well(&w->job, &w->host, &p, &o), -1);
	assert_said(w, "'sh' failed with status 3:\nerr");
	p = shell(w, "kill -9 $$");
	assert_int_equal(host_run(&w->job, &w->host, &p, &o), 0);
	assert_int_equal(o.status, 128 + SIGKILL);
}

static void input_is_given_whole(void **state)
{
	struct world *w = *state;
	size_t size = 3 << 20;
	char *text = arena_alloc(w->arena, size + 1);
	struct process p = shell(w, "wc -c");
	struct outcome o;

	memset(text, 'x', size);
	p.input = (struct bytes){ text, size };
	assert_int_equal(host_run(&w->job, &w->host, &p, &o), 0);
	assert_string_equal(o.out.data, "3145728\n");
	/* while it writes as much back */
	p = shell(w, "cat");
	p.input = (struct bytes){ text, size };
	p.limit = size;
	assert_int_equal(host_run(&w->job, &w->host, &p, &o), 0);
	assert_int_equal(o.out.size, size);
	/* without any there is the end at once */
	p = shell(w, "cat");
	assert_int_equal(host_run(&w->job, &w->host, &p, &o), 0);
	assert_int_equal(o.out.size, 0);
}

static void who_does_not_read_its_input_is_not_wrong(void **state)
{
	struct world *w = *state;
	size_t size = 1 << 20;
	struct process p = shell(w, "exec <&-; echo well");
	struct outcome o;

	p.input = (struct bytes){ arena_alloc(w->arena, size), size };
	assert_int_equal(host_run_well(&w->job, &w->host, &p, &o), 0);
	assert_string_equal(o.out.data, "well\n");
}

static void output_over_the_limit_is_dropped(void **state)
{
	struct world *w = *state;
	struct process p = shell(w, "head -c 10000000 /dev/zero | tr '\\0' y");
	struct outcome o;

	p.limit = 1000;
	assert_int_equal(host_run_well(&w->job, &w->host, &p, &o), 0);
	assert_int_equal(o.out.size, 1000);
	assert_int_equal(strlen(o.out.data), 1000);
	assert_true(o.truncated);
	p.limit = 0;
	assert_int_equal(host_run_well(&w->job, &w->host, &p, &o), 0);
	assert_int_equal(o.out.size, 1 << 20);
}

static void what_takes_too_long_is_ended_with_its_group(void **state)
{
	struct world *w = *state;
	struct process p = shell(w,
	    "sleep 60 & echo $!; echo half-way >&2; wait");
	int64_t start = now();
	struct outcome o;

	p.timeout = 200;
	assert_int_equal(host_run(&w->job, &w->host, &p, &o), -1);
	assert_said(w, "'sh' was ended because it took longer than 200 ms; it said last:\nhalf-way");
	assert_true(now() - start < 1500);
	assert_true(atoi(o.out.data) > 1);
	assert_true(gone(atoi(o.out.data)));
}

static void who_does_not_listen_is_killed(void **state)
{
	struct world *w = *state;
	struct process p = shell(w, "trap '' TERM; while :; do sleep 1; done");
	int64_t start = now();
	struct outcome o;

	p.timeout = 100;
	assert_int_equal(host_run(&w->job, &w->host, &p, &o), -1);
	assert_int_equal(o.status, 128 + SIGKILL);
	assert_true(now() - start >= 2000);
	assert_true(now() - start < 4000);
}

static void *stop_soon(void *context)
{
	struct world *w = context;

	usleep(150000);
	w->stop = true;
	return NULL;
}

static void it_ends_when_asked_to_stop(void **state)
{
	struct world *w = *state;
	struct process p = shell(w, "sleep 60");
	int64_t start = now();
	struct outcome o;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, stop_soon, w), 0);
	assert_int_equal(host_run(&w->job, &w->host, &p, &o), -1);
	pthread_join(thread, NULL);
	assert_said(w, "because plumb was asked to stop");
	assert_true(now() - start < 1500);
}

static void a_child_left_behind_is_not_waited_for(void **state)
{
	struct world *w = *state;
	struct process p = shell(w, "sleep 60 & echo $!");
	int64_t start = now();
	struct outcome o;

	assert_int_equal(host_run_well(&w->job, &w->host, &p, &o), 0);
	assert_true(now() - start < 1000);
	/* it goes on: it may be a daemon */
	assert_int_equal(kill(atoi(o.out.data), SIGKILL), 0);
}

static void a_child_that_never_stops_writing_does_not_hold_us(void **state)
{
	struct world *w = *state;
	struct process p = shell(w, "yes & echo $! >&2");
	int64_t start = now();
	struct outcome o;

	assert_int_equal(host_run_well(&w->job, &w->host, &p, &o), 0);
	assert_true(now() - start < 1500);
	kill(atoi(o.complaint.data), SIGKILL);
}

static void what_is_not_installed_is_said(void **state)
{
	struct world *w = *state;
	struct process p = {
		.argv = (const char *const[]){ "no-such-program", NULL },
	};
	struct outcome o;

	assert_int_equal(host_run(&w->job, &w->host, &p, &o), -1);
	assert_said(w, "cannot run 'no-such-program': there is no such program in /usr/local/sbin:");
	assert_said(w, "is it installed?");
	p.argv = (const char *const[]){ "/no/such/program", NULL };
	assert_int_equal(host_run(&w->job, &w->host, &p, &o), -1);
	assert_said(w, "cannot run '/no/such/program': there is no such program");
	p.argv = (const char *const[]){ "/etc/passwd", NULL };
	assert_int_equal(host_run(&w->job, &w->host, &p, &o), -1);
	assert_said(w, "cannot run '/etc/passwd': Permission denied");
	p = shell(w, "true");
	p.directory = "/no/such/directory";
	assert_int_equal(host_run(&w->job, &w->host, &p, &o), -1);
	assert_said(w, "cannot run a program in '/no/such/directory': No such");
	p.directory = NULL;
	p.user = "no-such-user";
	assert_int_equal(host_run(&w->job, &w->host, &p, &o), -1);
	assert_said(w, "as 'no-such-user': there is no such user");
}

static void its_environment_is_clean(void **state)
{
	struct world *w = *state;
	struct process p = shell(w, "env | sort | grep -v ^_=");
	struct outcome o;

	setenv("SECRET", "s", 1);
	p.environment = (const char *const[]){ "A=b", NULL };
	assert_int_equal(host_run_well(&w->job, &w->host, &p, &o), 0);
	assert_string_equal(o.out.data,
	    "A=b\nHOME=/root\nLC_ALL=C.UTF-8\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nPWD=/\n");
	p = shell(w, "echo $HOME; pwd");
	p.environment = (const char *const[]){ "HOME=/x", NULL };
	p.directory = "/usr/share";
	assert_int_equal(host_run_well(&w->job, &w->host, &p, &o), 0);
	assert_string_equal(o.out.data, "/x\n/usr/share\n");
}

static void its_umask_is_the_usual_one(void **state)
{
	struct world *w = *state;
	struct process p = shell(w, "umask");
	struct outcome o;

	umask(077);
	assert_int_equal(host_run_well(&w->job, &w->host, &p, &o), 0);
	assert_int_equal(umask(022), 077);
	assert_string_equal(o.out.data, "0022\n");
}

static void its_descriptors_and_signals_are_clean(void **state)
{
	struct world *w = *state;
	struct process p = shell(w,
	    "ls /proc/self/fd | wc -l; grep -E 'SigBlk|SigIgn' /proc/self/status | grep -v '0000000.80000000$' | grep -v '0000000000000000$'; ps -o pgid= -p $$ | tr -d ' ' | grep -qx $$ && echo group");
	sigset_t usr, before;
	struct outcome o;
	int leak = dup(0);

	sigemptyset(&usr);
	sigaddset(&usr, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &usr, &before);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(host_run_well(&w->job, &w->host, &p, &o), 0);
	signal(SIGPIPE, SIG_DFL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(leak);
	/* 0, 1, 2, the one that ls reads by; 32, 33 are the C library's */
	assert_string_equal(o.out.data, "4\ngroup\n");
}

static void another_user_is_only_that(void **state)
{
	struct world *w = *state;
	struct process p = shell(w,
	    "id -u; id -g; id -G; echo $HOME; grep CapEff /proc/self/status");
	struct outcome o;

	p.user = "nobody";
	assert_int_equal(host_run_well(&w->job, &w->host, &p, &o), 0);
	assert_string_equal(o.out.data,
	    "65534\n65534\n65534\n/nonexistent\nCapEff:\t0000000000000000\n");
	p.user = "root";
	assert_int_equal(host_run_well(&w->job, &w->host, &p, &o), 0);
	assert_memory_equal(o.out.data, "0\n0\n", 4);
}

static void closed_standard_streams_do_no_harm(void **state)
{
	struct world *w = *state;
	struct process p = shell(w, "cat; echo err >&2");
	int kept[3], i, result;
	struct outcome o;

	p.input = (struct bytes){ "through", 7 };
	fflush(NULL);
	for (i = 0; i < 3; i++) {
		kept[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
		close(i);
	}
	result = host_run_well(&w->job, &w->host, &p, &o);
	for (i = 0; i < 3; i++) {
		dup2(kept[i], i);
		close(kept[i]);
	}
	assert_int_equal(result, 0);
	assert_string_equal(o.out.data, "through");
	assert_string_equal(o.complaint.data, "err\n");
}

static void no_descriptor_is_left_open(void **state)
{
	struct world *w = *state;
	struct process p = shell(w, "cat"), none = {
		.argv = (const char *const[]){ "/no/such", NULL },
	};
	struct outcome o;
	int before = dup(0), after, i;

	close(before);
	p.input = (struct bytes){ "x", 1 };
	for (i = 0; i < 3; i++) {
		host_run(&w->job, &w->host, &p, &o);
		host_run(&w->job, &w->host, &none, &o);
	}
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
}

static void *run_many(void *context)
{
	struct world *shared = context;
	struct arena *a = arena_open();
	struct err err = err_new(a);
	struct world w = *shared;
	struct process p;
	struct outcome o;
	size_t wrong = 0;
	int i;

	w.arena = a;
	w.job.arena = a;
	w.job.err = &err;
	for (i = 0; i < 20; i++) {
		p = shell(&w, "cat; exit 7");
		p.input = (struct bytes){ "mine", 4 };
		wrong += host_run(&w.job, &w.host, &p, &o) < 0 ||
		    o.status != 7 || strcmp(o.out.data, "mine") != 0;
	}
	arena_close(a);
	return wrong ? context : NULL;
}

static void many_threads_may_run_programs(void **state)
{
	pthread_t thread[8];
	void *wrong;
	int i;

	for (i = 0; i < 8; i++)
		assert_int_equal(
		    pthread_create(&thread[i], NULL, run_many, *state), 0);
	for (i = 0; i < 8; i++) {
		pthread_join(thread[i], &wrong);
		assert_null(wrong);
	}
}

/* a root that holds a shell and what it needs */
static void below_a_root_its_programs_run(void **state)
{
	struct world *w = *state;
	char root[] = "/tmp/plumb-root-XXXXXX";
	const char *clean, *fill;
	struct host host;
	struct process p;
	struct outcome o;

	assert_non_null(mkdtemp(root));
	fill = arena_printf(w->arena,
	    "cd %s && chmod 755 . && mkdir -p etc srv usr/bin && ln -s usr/bin bin && "
	    "for f in sh env setpriv; do f=$(command -v $f); "
	    "cp $f usr/bin; ldd $f | grep -o '/[^ ]*' | "
	    "while read l; do mkdir -p .${l%%/*}; cp $l .$l; done; done; "
	    "echo anna:x:1234:1234::/srv:/bin/sh > etc/passwd; "
	    "echo anna:x:1234: > etc/group; echo mark > etc/mark; mkdir -p usr/local/bin; "
	    "ln -s /bin/sh usr/local/bin/shell; chmod 2777 usr/local/bin",
	    root);
	p = shell(w, fill);
	if (host_run_well(&w->job, &w->host, &p, &o) < 0)
		fail_msg("%s", w->err.last->text);
	assert_int_equal(host_open(w->arena, root, &host, &w->err), 0);
	p = shell(w, "pwd; read m < /etc/mark; echo $m $HOME");
	p.directory = "/srv";
	p.user = "anna";
	if (host_run_well(&w->job, &host, &p, &o) < 0)
		fail_msg("%s", w->err.last->text);
	assert_string_equal(o.out.data, "/srv\nmark /srv\n");
	/* a link in a directory that others may write */
	p.argv = (const char *const[]){ "shell", "-c", "echo run", NULL };
	assert_int_equal(host_run_well(&w->job, &host, &p, &o), 0);
	assert_string_equal(o.out.data, "run\n");
	p.argv = (const char *const[]){ "wc", NULL };
	assert_int_equal(host_run(&w->job, &host, &p, &o), -1);
	assert_said(w, "'wc': there is no such program");
	assert_false(host_has_systemd(&host));
	host_close(&host);
	clean = arena_printf(w->arena, "rm -r %s", root);
	p = shell(w, clean);
	assert_int_equal(host_run_well(&w->job, &w->host, &p, &o), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(output_and_status_come_back),
		TEST(input_is_given_whole),
		TEST(who_does_not_read_its_input_is_not_wrong),
		TEST(output_over_the_limit_is_dropped),
		TEST(what_takes_too_long_is_ended_with_its_group),
		TEST(who_does_not_listen_is_killed),
		TEST(it_ends_when_asked_to_stop),
		TEST(a_child_left_behind_is_not_waited_for),
		TEST(a_child_that_never_stops_writing_does_not_hold_us),
		TEST(what_is_not_installed_is_said),
		TEST(its_environment_is_clean),
		TEST(its_umask_is_the_usual_one),
		TEST(its_descriptors_and_signals_are_clean),
		TEST(another_user_is_only_that),
		TEST(closed_standard_streams_do_no_harm),
		TEST(no_descriptor_is_left_open),
		TEST(many_threads_may_run_programs),
		TEST(below_a_root_its_programs_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
