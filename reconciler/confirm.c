/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * confirm.c - a run that is undone unless somebody who can still get in says
 * that it is fine.
 */
#include "confirm.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../resources/host/reboot.h"
#include "../resources/host/session.h"
#include "../specs/json.h"
#include "../specs/maker.h"
#include "state.h"

static const char name[] = "confirm";

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* the first until the run has ended, then the second */
static const char *unit_of(struct arena *a, int64_t run, bool ended)
{
	return arena_printf(a, "plumb-undo-%lld%s", (long long)run,
	    ended ? "-ended" : "");
}

/* --- the file --- */

static const char *text_of(const struct value *map, const char *key)
{
	const struct value *v = value_find(map, key);

	return v && value_is_text(v) ? v->text : "";
}

static int64_t number_of(const struct value *map, const char *key)
{
	return strtoll(text_of(map, key), NULL, 10);
}

int confirm_read(struct arena *a, const char *state, struct confirmation *out,
    struct err *err)
{
	const char *text;
	struct value v;
	int there = state_read(a, state, name, &text, err);

	if (there <= 0)
		return there;
	if (json_read(a, (struct bytes){ text, strlen(text) },
	    arena_printf(a, "%s/%s", state, name), &v, err))
		return -1;
	*out = (struct confirmation){ .run = number_of(&v, "run"),
		.timeout = number_of(&v, "timeout"),
		.until = number_of(&v, "until"),
		.session = text_of(&v, "session"),
		.boot = text_of(&v, "boot") };
	return 1;
}

static int keep(struct job *job, const char *state,
    const struct confirmation *c)
{
	struct map_maker m = { .arena = job->arena };
	struct value v;

	map_add_int(&m, "version", 1);
	map_add_int(&m, "run", c->run);
	map_add_int(&m, "timeout", c->timeout);
	map_add_int(&m, "until", c->until);
	map_add_text(&m, "session", c->session);
	map_add_text(&m, "boot", c->boot);
	v = map_done(&m);
	return state_write(state, name, arena_printf(job->arena, "%s\n",
	    json_text(job->arena, &v)), job->err);
}

/* --- the timer --- */

static int run_well(struct job *job, struct host *host,
    const char *const *argv)
{
	const struct process process = { .argv = argv };
	struct outcome outcome;

	return host_run_well(job, host, &process, &outcome);
}

static int start_timer(struct job *job, struct host *host, const char *state,
    const struct confirmation *c, bool ended)
{
	struct arena *a = job->arena;
	char self[PATH_MAX];
	ssize_t size = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *run = arena_printf(a, "%lld", (long long)c->run);
	const char *const argv[] = { "systemd-run", "--quiet", "--collect",
		arena_printf(a, "--unit=%s", unit_of(a, c->run, ended)),
		arena_printf(a, "--description=Undo run %s of plumb, which nobody confirmed",
		    run),
		arena_printf(a, "--on-active=%lldms", (long long)c->timeout),
		"--timer-property=AccuracySec=100ms",
		"--", self, "undo", run, "--yes", "--no-input", "--state",
		state, "--lock-timeout", "1d", NULL };

	if (size < 0)
		return job_fail_errno(job, "cannot find out which program this is");
	self[size] = '\0';
	return run_well(job, host, argv);
}

/* what is not there is fine */
static int stop_unit(struct job *job, struct host *host, const char *unit)
{
	const char *const argv[] = { "systemctl", "stop", unit, NULL };
	struct unit u;

	if (host_unit(job, host, unit, &u) < 0)
		return -1;
	return !strcmp(u.load, "not-found") ? 0 : run_well(job, host, argv);
}

static int stop_timer(struct job *job, struct host *host, const char *unit)
{
	return stop_unit(job, host, arena_printf(job->arena, "%s.timer", unit));
}

/* and what it started, which may wait for the lock */
static int stop_both(struct job *job, struct host *host, const char *unit)
{
	return stop_timer(job, host, unit) || stop_unit(job, host,
	    arena_printf(job->arena, "%s.service", unit)) ? -1 : 0;
}

int confirm_arm(struct job *job, struct host *host, const char *state,
    struct confirmation *c)
{
	bool ended = c->until != 0;

	if (!host_has_systemd(host))
		return job_fail(job, "'--confirm-timeout' needs systemd, which undoes the run when nobody confirms it, and it does not run here");
	if (!ended) {
		c->session = host_session(job, host);
		c->boot = "";
		if (host_boot(job, host, &c->boot) < 0)
			return -1;
	}
	c->until = now() + c->timeout * 1000;
	if (keep(job, state, c))
		return -1;
	if (start_timer(job, host, state, c, ended)) {
		if (!ended)
			state_remove(state, name, job->err);
		return -1;
	}
	return ended ? stop_both(job, host, unit_of(job->arena, c->run,
	    false)) : 0;
}

int confirm_disarm(struct job *job, struct host *host, const char *state,
    int64_t run)
{
	if (stop_both(job, host, unit_of(job->arena, run, false)) ||
	    stop_both(job, host, unit_of(job->arena, run, true)))
		return -1;
	return state_remove(state, name, job->err);
}

int confirm_undone(struct job *job, struct host *host, const char *state,
    int64_t run)
{
	struct confirmation c;
	int there = confirm_read(job->arena, state, &c, job->err);

	if (there <= 0 || c.run != run)
		return there < 0 ? -1 : 0;
	if (host_has_systemd(host) &&
	    (stop_timer(job, host, unit_of(job->arena, run, false)) ||
	    stop_timer(job, host, unit_of(job->arena, run, true))))
		return -1;
	return state_remove(state, name, job->err);
}

bool confirm_is_late(const struct confirmation *c)
{
	return c->until < now();
}

bool confirm_is_lost(struct job *job, const struct host *host,
    const struct confirmation *c)
{
	const char *boot;

	return host_boot(job, host, &boot) > 0 && strcmp(boot, c->boot);
}
