/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * service.c - a unit of systemd: whether it runs now, and whether at boot.
 *
 * Absent is a unit that neither runs nor is enabled; so a service of which
 * nothing is said but its name shall run, now and at boot.
 *
 *  (1) What counts is what the unit is afterwards, not that a job was done.
 *  (2) systemd reads changed unit files before it starts or reloads anything.
 *  (3) Where no systemd runs (an image below --root), only what is kept in
 *      links can be seen and changed: enabled, disabled, masked.
 */
#include <string.h>

#include "host/hooks.h"
#include "resource.h"

enum { STOPPED, RUNNING };
enum { REFRESH_AUTO, REFRESH_RELOAD, REFRESH_RESTART, REFRESH_NONE };

/* milliseconds: as long as systemd itself waits, and some more */
enum { TIMEOUT = 100 * 1000 };

struct service {
	const char *name;
	int state;
	int enabled;
	int masked;
	int on_refresh;
	int reloadable;
};

static const struct attribute attributes[] = {
	ATTRIBUTE(service, name, STRING, NULL,
	    "the unit: nginx, fstrim.timer, getty@tty2; without a suffix it is a service",
	    .flags = ATTRIBUTE_NAME),
	ATTRIBUTE(service, state, CHOICE, NULL,
	    "whether it runs now; not given: as it is, but where nothing is given at all it runs, now and at boot",
	    .choices = "stopped|running"),
	ATTRIBUTE(service, enabled, BOOL, NULL,
	    "whether it starts at boot; not given: as it is"),
	ATTRIBUTE(service, masked, BOOL, NULL,
	    "whether nothing at all may start it; not given: as it is"),
	ATTRIBUTE(service, on_refresh, CHOICE, "auto",
	    "what to do when something it depends on has changed; auto: reload if it can, else restart",
	    .choices = "auto|reload|restart|none", .flags = ATTRIBUTE_INPUT),
	ATTRIBUTE(service, reloadable, BOOL, NULL,
	    "whether it can read its configuration while it runs",
	    .flags = ATTRIBUTE_OUTPUT),
	{ 0 },
};

static const char *full_name(struct job *job, const char *name)
{
	static const char *const types[] = { ".service", ".timer", ".socket",
		".path", ".target", ".mount", ".automount", ".swap",
		".slice", ".scope" };
	const char *dot = strrchr(name, '.');
	size_t i;

	for (i = 0; dot && i < sizeof(types) / sizeof(*types); i++)
		if (strcmp(dot, types[i]) == 0)
			return name;
	return arena_printf(job->arena, "%s.service", name);
}

static int64_t timeout_of(const struct job *job)
{
	return job->timeout ? job->timeout : TIMEOUT;
}

static bool is_running(const struct unit *u)
{
	return strcmp(u->active, "active") == 0 ||
	    strcmp(u->active, "reloading") == 0;
}

static bool is_masked(const struct unit *u)
{
	return strcmp(u->load, "masked") == 0 ||
	    strncmp(u->file_state, "masked", 6) == 0;
}

/* a service of which nothing is said but its name */
static void complete(void *desired)
{
	struct service *want = desired;

	if (want->state != UNSET || want->enabled != UNSET ||
	    want->masked != UNSET)
		return;
	want->state = RUNNING;
	want->enabled = 1;
}

/* at boot; what a generator made or a unit that stands for others is */
static bool is_enabled(const struct unit *u)
{
	static const char *const states[] = { "enabled", "alias", "generated",
		"indirect" };
	size_t i;

	for (i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (strcmp(u->file_state, states[i]) == 0)
			return true;
	return false;
}

/* in a tree in which no systemd runs, systemctl(1) sees and makes the links */
static struct process offline(struct job *job, const char *verb,
    const char *name)
{
	static const char *const environment[] = { "SYSTEMD_OFFLINE=1", NULL };
	const char **argv = arena_array(job->arena, 4, sizeof(*argv));

	argv[0] = "systemctl";
	argv[1] = verb;
	argv[2] = name;
	return (struct process){ .argv = argv, .environment = environment };
}

static int look_offline(struct job *job, const struct host *host,
    const char *name, struct unit *u)
{
	const struct process p = offline(job, "is-enabled", name);
	struct outcome said;

	if (host_ask(job, host, &p, &said) < 0)
		return -1;
	*u = (struct unit){ .load = "", .active = "", .sub = "",
		.result = "", .fragment = "" };
	u->file_state = arena_copy(job->arena, said.out.data,
	    said.out.size ? strcspn(said.out.data, "\n") : 0);
	if (!*u->file_state && said.status &&
	    !strstr(outcome_last(job->arena, &said), "No such file"))
		return job_fail(job, "cannot learn whether %s is enabled: %s",
		    name, outcome_last(job->arena, &said));
	return 0;
}

static int look(struct job *job, const struct host *host, const char *name,
    struct unit *u)
{
	if (!host_has_systemd(host))
		return look_offline(job, host, name, u);
	return host_unit(job, host, name, u);
}

/* (3): in an image that nothing runs in, what is wanted to run will, at boot */
static int assume_state(struct job *job, const struct host *host,
    const struct service *want, struct service *is)
{
	struct entry process;
	struct unit u;

	if (want->state == UNSET || host_has_systemd(host))
		return 0;
	if (host_look(job, host, "/proc/self", &process) < 0)
		return -1;
	if (process.type != ENTRY_ABSENT)
		return host_unit(job, host, full_name(job, want->name), &u);
	job_note(job, "nothing runs in this tree, so 'state' is left for its first boot");
	is->state = want->state;
	return 0;
}

static int observe(struct job *job, const struct host *host,
    const void *desired, void *observed)
{
	const struct service *want = desired;
	struct service *is = observed;
	struct unit u;

	if (look(job, host, full_name(job, want->name), &u) < 0)
		return -1;
	is->name = want->name;
	is->state = is_running(&u) ? RUNNING : STOPPED;
	is->enabled = is_enabled(&u);
	is->masked = is_masked(&u);
	is->reloadable = u.can_reload;
	if (assume_state(job, host, want, is) < 0)
		return -1;
	return is->enabled || is->state == RUNNING || want->enabled == 0 ||
	    want->state == STOPPED || want->masked != UNSET;
}

/* --- acting --- */

/* one act on a unit; the links of one can be changed without a systemd */
static int act(struct job *job, struct host *host, enum unit_act what,
    const char *name)
{
	static const char *const words[] = { [UNIT_ENABLE] = "enable",
		[UNIT_DISABLE] = "disable", [UNIT_MASK] = "mask",
		[UNIT_UNMASK] = "unmask" };
	static const char *const doing[] = { [UNIT_START] = "starting",
		[UNIT_STOP] = "stopping", [UNIT_RESTART] = "restarting",
		[UNIT_RELOAD] = "reloading" };
	struct process p;
	struct outcome said;

	if (host_has_systemd(host)) {
		if (what <= UNIT_RELOAD)
			job_progress(job, "%s %s", doing[what], name);
		return host_unit_act(job, host, what, name, timeout_of(job));
	}
	if (what < UNIT_ENABLE || what > UNIT_UNMASK)
		return 0;
	p = offline(job, words[what], name);
	return host_run_well(job, host, &p, &said);
}

/* (2) */
static int reread(struct job *job, struct host *host, const struct unit *u)
{
	return u->needs_daemon_reload ?
	    act(job, host, UNIT_DAEMON_RELOAD, "") : 0;
}

static int apply(struct job *job, struct host *host, const void *desired,
    const void *observed)
{
	const struct service *want = desired;
	const char *name = full_name(job, want->name);
	struct unit u;

	(void)observed;
	if (look(job, host, name, &u) < 0 || reread(job, host, &u) < 0)
		return -1;
	if (want->masked == 0 && is_masked(&u) &&
	    act(job, host, UNIT_UNMASK, name) < 0)
		return -1;
	if (want->enabled != UNSET && want->enabled != is_enabled(&u) &&
	    act(job, host, want->enabled ? UNIT_ENABLE : UNIT_DISABLE,
	    name) < 0)
		return -1;
	if (want->state == RUNNING && !is_running(&u) &&
	    act(job, host, UNIT_START, name) < 0)
		return -1;
	if (want->state == STOPPED && strcmp(u.active, "inactive") != 0 &&
	    strcmp(u.active, "failed") != 0 &&
	    act(job, host, UNIT_STOP, name) < 0)
		return -1;
	return want->masked == 1 && !is_masked(&u) ?
	    act(job, host, UNIT_MASK, name) : 0;
}

static int remove_service(struct job *job, struct host *host,
    const void *observed)
{
	const struct service *is = observed;
	const struct service gone = { .name = is->name, .state = STOPPED,
		.enabled = is->enabled == 1 ? 0 : UNSET, .masked = UNSET };

	return apply(job, host, &gone, is);
}

/* --- refreshing --- */

static const char *refresh_how(const void *desired, const void *observed)
{
	const struct service *want = desired, *is = observed;

	if (!is || is->state != RUNNING || want->state == STOPPED ||
	    want->masked == 1 || want->on_refresh == REFRESH_NONE)
		return NULL;
	if (want->on_refresh == REFRESH_AUTO)
		return is->reloadable == 1 ? "reload" : "restart";
	return want->on_refresh == REFRESH_RELOAD ? "reload" : "restart";
}

static int refresh(struct job *job, struct host *host, const void *desired,
    const void *observed)
{
	const struct service *want = desired;
	const char *name = full_name(job, want->name);
	const char *how = refresh_how(desired, observed);
	struct unit u;

	if (!how || !host_has_systemd(host))
		return 0;
	if (host_unit(job, host, name, &u) < 0)
		return -1;
	if (!is_running(&u))
		return 0;
	if (reread(job, host, &u) < 0)
		return -1;
	/* a new unit file is more than a reload can bring */
	if (u.needs_daemon_reload && want->on_refresh == REFRESH_AUTO)
		how = "restart";
	return act(job, host, strcmp(how, "reload") == 0 ? UNIT_RELOAD :
	    UNIT_RESTART, name);
}

/* --- */

/* an enabled one that does not run may be waiting for its time, or be done */
static int adopt(struct job *job, const struct host *host, void *desired)
{
	struct service *s = desired;
	struct unit u;
	bool live = host_has_systemd(host);

	if (look(job, host, full_name(job, s->name), &u) < 0)
		return -1;
	if (live ? strcmp(u.load, "not-found") == 0 : !*u.file_state)
		return 0;
	if (is_masked(&u)) {
		s->masked = 1;
		return 1;
	}
	if (!live || strcmp(u.file_state, "enabled") == 0 ||
	    strcmp(u.file_state, "disabled") == 0)
		s->enabled = is_enabled(&u);
	if (live && is_running(&u))
		s->state = RUNNING;
	else if (live && s->enabled != 1)
		s->state = STOPPED;
	return 1;
}

/* systemd.unit(5) */
static int check(struct job *job, const void *desired)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789:_.\\@-";
	const struct service *want = desired;
	int result = 0;

	if (!*want->name || strchr(".@-", *want->name) ||
	    want->name[strspn(want->name, letters)])
		result = job_fail(job, "'%s' cannot be the name of a unit; letters, digits and : _ . @ - make one",
		    want->name);
	if (strstr(full_name(job, want->name), "@."))
		result = job_fail(job, "'%s' is a template; name an instance of it, as %sNAME",
		    want->name, arena_copy(job->arena, want->name,
		    strcspn(want->name, "@") + 1));
	if (want->masked == 1 && want->state == RUNNING)
		result = job_fail(job, "what is masked cannot run; say 'state: stopped', or leave out 'masked'");
	if (want->masked == 1 && want->enabled == 1)
		result = job_fail(job, "what is masked cannot be enabled; leave out one of them");
	return result;
}

/*
 * nginx@a.service: its own unit file, its template, the package nginx; a timer
 * or socket what it starts as well
 */
static int requires(struct job *job, const void *desired)
{
	const struct service *want = desired;
	const char *name = full_name(job, want->name);
	const char *dot = strrchr(name, '.');
	size_t stem = strcspn(name, "@.");

	job_owns(job, "unit", name);
	job_requires(job, "unit", name, "that is its unit file");
	if (name[stem] == '@')
		job_requires(job, "unit", arena_printf(job->arena, "%.*s@%s",
		    (int)stem, name, dot), "that is its unit file");
	if (strcmp(dot, ".service") != 0)
		job_requires(job, "unit", arena_printf(job->arena,
		    "%.*s.service", (int)(dot - name), name),
		    "that is what it starts");
	job_requires(job, "package", arena_copy(job->arena, name, stem),
	    "that package brings it");
	return 0;
}

const struct kind kind_service = {
	.name = "service",
	.section = "services",
	.about = "a service of systemd, or another of its units",
	.attributes = attributes,
	.size = sizeof(struct service),
	.flags = KIND_UNSURE,
	.verb = "start",
	.done = "started",
	.observe = observe,
	.apply = apply,
	.remove = remove_service,
	.adopt = adopt,
	.complete = complete,
	.check = check,
	.requires = requires,
	.refresh = refresh,
	.refresh_how = refresh_how,
};
