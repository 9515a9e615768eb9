/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * systemd_act.c - units started, stopped, enabled: asked of systemd, waited
 * for, and proven.
 *
 *  (1) Whoever waits for a job listens before asking for it, and keeps what
 *      arrives before the reply: a fast job ends before its number is known.
 *  (2) That a job is done proves little: a unit whose condition does not hold
 *      is skipped, and that is "done" too. What counts is the unit's state.
 *  (3) Signals can be lost when systemd reloads or executes itself anew, so a
 *      job that is gone has ended, whether that was heard or not.
 */
#include "systemd_bus.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <time.h>

enum {
	/* microseconds */
	TICK = 50 * 1000,
	/* ticks in which what starts badly has failed */
	SOON = 5,
};

static const struct {
	const char *verb;
	const char *method;
} acts[] = {
	[UNIT_START] = { "start", "StartUnit" },
	[UNIT_STOP] = { "stop", "StopUnit" },
	[UNIT_RESTART] = { "restart", "RestartUnit" },
	[UNIT_RELOAD] = { "reload", "ReloadUnit" },
	[UNIT_ENABLE] = { "enable", "EnableUnitFiles" },
	[UNIT_DISABLE] = { "disable", "DisableUnitFiles" },
	[UNIT_MASK] = { "mask", "MaskUnitFiles" },
	[UNIT_UNMASK] = { "unmask", "UnmaskUnitFiles" },
	[UNIT_DAEMON_RELOAD] = { "read the unit files again", "Reload" },
};

static uint64_t clock_microseconds(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* one act, and the jobs that ended since its connection began to listen */
struct acting {
	struct job *job;
	sd_bus *bus;
	enum unit_act act;
	const char *name;
	/* microseconds: of CLOCK_REALTIME and CLOCK_MONOTONIC */
	uint64_t began, deadline;
	/* systemd's job */
	const char *path;
	struct ended {
		const char *path, *result;
		const struct ended *older;
	} *ended;
};

static int heard(sd_bus_message *m, void *context, sd_bus_error *e)
{
	struct acting *a = context;
	struct ended *n = arena_new(a->job->arena, struct ended);
	const char *path, *result;
	uint32_t id;

	(void)e;
	if (sd_bus_message_read(m, "uoss", &id, &path, NULL, &result) < 0)
		return 0;
	n->path = arena_string(a->job->arena, path);
	n->result = arena_string(a->job->arena, result);
	n->older = a->ended;
	a->ended = n;
	return 0;
}

/* a connection of its own that hears of every job that ends (1) */
static int listen_to_jobs(struct acting *a)
{
	int r = systemd_connect(&a->bus);

	if (r >= 0)
		r = sd_bus_match_signal(a->bus, NULL, SYSTEMD, MANAGER_PATH,
		    MANAGER, "JobRemoved", heard, a);
	if (r >= 0)
		r = sd_bus_call_method(a->bus, SYSTEMD, MANAGER_PATH, MANAGER,
		    "Subscribe", NULL, NULL, NULL);
	return r;
}

/* anew, as systemd was executed anew */
static int reconnect(struct acting *a)
{
	int r = -ENOTCONN, tries;

	for (tries = 0; systemd_is_broken(r) && tries < RECONNECTS; tries++) {
		a->bus = sd_bus_close_unref(a->bus);
		if (tries)
			systemd_pause();
		r = listen_to_jobs(a);
	}
	return r;
}

/* what became of the unit; always -1 */
static int ended_badly(struct acting *a, const struct unit *u,
    const char *happened)
{
	struct text t = text_new(a->job->arena);

	text_addf(&t, "cannot %s %s: %s; it is %s", acts[a->act].verb, a->name,
	    happened, *u->active ? u->active : "unknown");
	if (*u->sub && strcmp(u->sub, u->active))
		text_addf(&t, " (%s)", u->sub);
	if (*u->result && strcmp(u->result, "success"))
		text_addf(&t, ", its result is %s", u->result);
	systemd_quote_journal(&t, a->name, a->began);
	return job_fail(a->job, "%s", text_string(&t));
}

/* a job's result, systemd's words, as what happened; NULL when it is done */
static const char *result_text(const char *result)
{
	static const char *const texts[][2] = {
		{ "canceled", "the job was cancelled by another one" },
		{ "timeout", "it took longer than its unit file allows" },
		{ "failed", "it failed" },
		{ "dependency", "a unit that it requires failed" },
		{ "invalid", "that does not apply while it is in this state" },
		{ "assert", "an assertion (Assert...=) of its unit file does "
			"not hold" },
		{ "unsupported", "this host does not support such units" },
		{ "collected", "the unit is gone" },
		{ "once", "it may be started only once" },
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (!strcmp(result, texts[i][0]))
			return texts[i][1];
	return NULL;
}

/* systemd no longer knows the job (3) */
static bool job_is_gone(struct acting *a)
{
	scoped_error e = SD_BUS_ERROR_NULL;
	scoped_message *reply = NULL;

	return sd_bus_get_property(a->bus, SYSTEMD, a->path, SYSTEMD ".Job",
	    "State", &e, &reply, "s") < 0 &&
	    sd_bus_error_has_name(&e, SD_BUS_ERROR_UNKNOWN_OBJECT);
}

/* let time pass; -1: it is over or somebody wants an end, `why` says so */
static int wait_a_little(struct acting *a, const char **why)
{
	int r;

	if (a->job->stop && *a->job->stop) {
		*why = "interrupted";
		return -1;
	}
	if (clock_microseconds(CLOCK_MONOTONIC) >= a->deadline) {
		*why = "it did not happen in time";
		return -1;
	}
	r = sd_bus_wait(a->bus, TICK);
	while (r >= 0 && (r = sd_bus_process(a->bus, NULL)) > 0)
		;
	if (!systemd_is_broken(r))
		return 0;
	if (reconnect(a) >= 0)
		return 0;
	*why = "systemd does not answer";
	return -1;
}

/* `result` is NULL when the job is gone and nobody heard how */
static int wait_for_job(struct acting *a, const char **result,
    const char **why)
{
	const struct ended *n;
	int ticks = 0;

	*result = NULL;
	for (;;) {
		for (n = a->ended; n; n = n->older)
			if (!strcmp(n->path, a->path)) {
				*result = n->result;
				return 0;
			}
		if (++ticks % 20 == 0 && job_is_gone(a))
			return 0;
		if (wait_a_little(a, why))
			return -1;
	}
}

/* what a service's Type= is; "" for what is none */
static const char *type_of(struct acting *a)
{
	scoped_message *m = NULL, *reply = NULL;
	const char *path, *type;

	if (systemd_load(a->bus, a->name, &path, &m, NULL) < 0 ||
	    sd_bus_get_property(a->bus, SYSTEMD, path, SYSTEMD ".Service",
	    "Type", NULL, &reply, "s") < 0 ||
	    sd_bus_message_read(reply, "s", &type) < 0)
		return "";
	return arena_string(a->job->arena, type);
}

/* what does its work and is over: inactive is what it should be */
static bool is_brief(struct acting *a)
{
	scoped_message *m = NULL, *reply = NULL;
	const char *path;
	int stays;

	return !strcmp(type_of(a), "oneshot") &&
	    systemd_load(a->bus, a->name, &path, &m, NULL) >= 0 &&
	    sd_bus_get_property(a->bus, SYSTEMD, path, SYSTEMD ".Service",
	    "RemainAfterExit", NULL, &reply, "b") >= 0 &&
	    sd_bus_message_read(reply, "b", &stays) >= 0 && !stays;
}

/* systemd calls it started once it is forked: give it time to fail */
static bool may_fail_soon(struct acting *a)
{
	const char *type = type_of(a);

	return !strcmp(type, "simple") || !strcmp(type, "exec") ||
	    !strcmp(type, "idle");
}

/* until the unit is not on its way any more; `why` it is no good, or NULL */
static int settle(struct acting *a, struct unit *u, const char **why)
{
	scoped_error e = SD_BUS_ERROR_NULL;
	bool starts = a->act == UNIT_START || a->act == UNIT_RESTART;
	int r, ticks = 0, least = starts && may_fail_soon(a) ? SOON : 0;

	for (;; ticks++) {
		sd_bus_error_free(&e);
		r = systemd_read(a->job->arena, a->bus, a->name, u, &e);
		if (r < 0 && !systemd_is_broken(r))
			return systemd_refused(a->job, "look at", a->name,
			    &e, r);
		if (r >= 0 && !strcmp(u->sub, "auto-restart")) {
			*why = "it ended at once";
			return 0;
		}
		if (r >= 0 && strcmp(u->active, "activating") &&
		    strcmp(u->active, "reloading") &&
		    (ticks >= least || strcmp(u->active, "active")))
			return 0;
		if (wait_a_little(a, why) < 0)
			return r >= 0 ? 0 : job_fail(a->job,
			    "cannot %s %s: %s", acts[a->act].verb, a->name,
			    *why);
	}
}

/* (2): whether it is what was asked for */
static int prove(struct acting *a, const char *result)
{
	const char *failed = result ? result_text(result) : NULL, *why = NULL;
	struct unit u;

	if (settle(a, &u, &why) < 0)
		return -1;
	if (failed || why)
		return ended_badly(a, &u, failed ?: why);
	if (a->act != UNIT_START && a->act != UNIT_RESTART)
		return 0;
	if (!strcmp(u.active, "failed"))
		return ended_badly(a, &u, "it failed");
	if (!strcmp(u.active, "inactive") && !is_brief(a))
		return ended_badly(a, &u, "it ended at once, or a condition "
		    "in its unit file does not hold");
	return 0;
}

static uint64_t time_left(const struct acting *a)
{
	uint64_t now = clock_microseconds(CLOCK_MONOTONIC);

	return now < a->deadline ? a->deadline - now : 1;
}

/* an act that systemd may not have heard: asked for once more */
enum { UNHEARD = 1 };

/* start, stop, restart, reload */
static int run_job(struct acting *a)
{
	scoped_error e = SD_BUS_ERROR_NULL;
	scoped_message *reply = NULL;
	const char *verb = acts[a->act].verb, *path, *result, *why = NULL;
	struct unit u;
	int r;

	r = sd_bus_call_method(a->bus, SYSTEMD, MANAGER_PATH, MANAGER,
	    acts[a->act].method, &e, &reply, "ss", a->name, "replace");
	if (systemd_is_broken(r))
		return UNHEARD;
	if (r < 0)
		return systemd_refused(a->job, verb, a->name, &e, r);
	if ((r = sd_bus_message_read(reply, "o", &path)) < 0)
		return systemd_refused(a->job, verb, a->name, &e, r);
	a->path = path;
	if (!wait_for_job(a, &result, &why))
		return prove(a, result);
	if (!a->bus || systemd_read(a->job->arena, a->bus, a->name, &u, &e) < 0)
		return job_fail(a->job, "cannot %s %s: %s", verb, a->name, why);
	return ended_badly(a, &u, why);
}

static int daemon_reload(struct acting *a)
{
	scoped_error e = SD_BUS_ERROR_NULL;
	scoped_message *m = NULL;
	int r = sd_bus_message_new_method_call(a->bus, &m, SYSTEMD,
	    MANAGER_PATH, MANAGER, acts[UNIT_DAEMON_RELOAD].method);

	if (r >= 0)
		r = sd_bus_call(a->bus, m, time_left(a), &e, NULL);
	if (systemd_is_broken(r))
		return UNHEARD;
	if (r < 0)
		return systemd_refused(a->job, acts[UNIT_DAEMON_RELOAD].verb,
		    "", &e, r);
	return 0;
}

/* the links of unit files; what changed is read by systemd at once */
static int change_files(struct acting *a)
{
	scoped_error e = SD_BUS_ERROR_NULL;
	scoped_message *m = NULL, *reply = NULL;
	bool forces = a->act == UNIT_ENABLE || a->act == UNIT_MASK;
	int r, installs = 1, changed;

	r = sd_bus_message_new_method_call(a->bus, &m, SYSTEMD, MANAGER_PATH,
	    MANAGER, acts[a->act].method);
	if (r >= 0)
		r = sd_bus_message_append(m, "asb", 1, a->name, 0);
	if (r >= 0 && forces)
		r = sd_bus_message_append(m, "b", 0);
	if (r >= 0)
		r = sd_bus_call(a->bus, m, time_left(a), &e, &reply);
	if (systemd_is_broken(r))
		return UNHEARD;
	if (r >= 0 && a->act == UNIT_ENABLE)
		r = sd_bus_message_read(reply, "b", &installs);
	if (r >= 0)
		r = sd_bus_message_enter_container(reply, 'a', "(sss)");
	if (r < 0)
		return systemd_refused(a->job, acts[a->act].verb, a->name,
		    &e, r);
	changed = sd_bus_message_at_end(reply, 0) == 0;
	if (!installs && !changed)
		return job_fail(a->job, "cannot enable %s: its unit file has "
		    "no [Install] section, so it is started by what needs it "
		    "and not at boot; leave 'enabled' out", a->name);
	return changed ? daemon_reload(a) : 0;
}

static int act_once(struct acting *a)
{
	switch (a->act) {
	case UNIT_DAEMON_RELOAD:
		return daemon_reload(a);
	case UNIT_ENABLE:
	case UNIT_DISABLE:
	case UNIT_MASK:
	case UNIT_UNMASK:
		return change_files(a);
	default:
		return run_job(a);
	}
}

static void acting_close(struct acting *a)
{
	sd_bus_close_unref(a->bus);
}

int systemd_unit_act(struct job *job, void *context, enum unit_act act,
    const char *name, int64_t timeout)
{
	__attribute__((cleanup(acting_close))) struct acting a = {
		.job = job, .act = act, .name = name,
		.began = clock_microseconds(CLOCK_REALTIME),
		.deadline = clock_microseconds(CLOCK_MONOTONIC) +
		    (uint64_t)timeout * 1000,
	};
	int r;

	assert(timeout > 0);
	if (!systemd_running(context))
		return job_fail(job, "this host does not run systemd, so it "
		    "cannot %s %s", acts[act].verb, name);
	do {
		if ((r = reconnect(&a)) < 0)
			return job_fail(job, "cannot talk to systemd: %s",
			    strerror(-r));
		r = act_once(&a);
	} while (r == UNHEARD &&
	    clock_microseconds(CLOCK_MONOTONIC) < a.deadline);
	return r == UNHEARD ? job_fail(job, "cannot %s %s: systemd does not answer",
	    acts[act].verb, name) : r;
}
