/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * systemd.c - units looked at over systemd's D-Bus interface,
 * org.freedesktop.systemd1(5). Nothing is remembered between two looks.
 */
#include "systemd_bus.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PRIVATE "unix:path=/run/systemd/private"

enum {
	/* microseconds */
	LOOK_TIMEOUT = 30 * 1000 * 1000,
};

struct systemd {
	bool here;
	pthread_mutex_t lock;
	/* for looking; under the lock; NULL until it is needed */
	sd_bus *bus;
};

/* what systemd refuses, in words; its own words follow */
static const struct {
	const char *error;
	const char *hint;
} refusals[] = {
	{ SYSTEMD ".NoSuchUnit",
	  "there is no such unit; is its package installed?" },
	{ SYSTEMD ".LoadFailed", "its unit file cannot be loaded" },
	{ SYSTEMD ".BadUnitSetting", "its unit file has a mistake" },
	{ SYSTEMD ".UnitMasked",
	  "it is masked; 'masked: false' would allow it" },
	{ SYSTEMD ".OnlyByDependency",
	  "it may be started and stopped by other units only" },
	{ SYSTEMD ".JobTypeNotApplicable", "its type of unit cannot do that" },
	{ SYSTEMD ".TransactionIsDestructive",
	  "a job under way asks for the opposite" },
	{ SYSTEMD ".ShuttingDown", "the host is shutting down" },
	{ SD_BUS_ERROR_ACCESS_DENIED, "not allowed; plumb must run as root" },
	{ SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
	  "not allowed; plumb must run as root" },
	{ SD_BUS_ERROR_NO_REPLY, "systemd did not answer in time" },
	{ SD_BUS_ERROR_TIMEOUT, "systemd did not answer in time" },
};

int systemd_refused(struct job *job, const char *verb, const char *name,
    const sd_bus_error *e, int r)
{
	const char *space = *name ? " " : "";
	const char *words = e->message ? e->message : strerror(-r);
	size_t i;

	for (i = 0; e->name && i < sizeof(refusals) / sizeof(*refusals); i++)
		if (!strcmp(e->name, refusals[i].error))
			return job_fail(job, "cannot %s%s%s: %s (%s)", verb,
			    space, name, refusals[i].hint, words);
	return job_fail(job, "cannot %s%s%s: %s", verb, space, name, words);
}

/*
 * Root talks to systemd directly, as systemctl(1) does: that works without
 * D-Bus's daemon and while it is being upgraded.
 */
int systemd_connect(sd_bus **out)
{
	scoped_bus *bus = NULL;
	int r;

	if (geteuid())
		return sd_bus_open_system(out);
	if ((r = sd_bus_new(&bus)) < 0 ||
	    (r = sd_bus_set_address(bus, PRIVATE)) < 0)
		return r;
	if ((r = sd_bus_start(bus)) == -ENOENT)
		return sd_bus_open_system(out);
	if (r < 0)
		return r;
	*out = bus;
	bus = NULL;
	return 0;
}

/* --- looking --- */

/* the interface that has a Result for this type of unit, or NULL */
static const char *result_interface(const char *name)
{
	static const char *const types[][2] = {
		{ ".service", SYSTEMD ".Service" },
		{ ".socket", SYSTEMD ".Socket" },
		{ ".timer", SYSTEMD ".Timer" },
		{ ".mount", SYSTEMD ".Mount" },
		{ ".automount", SYSTEMD ".Automount" },
		{ ".swap", SYSTEMD ".Swap" },
		{ ".path", SYSTEMD ".Path" },
		{ ".scope", SYSTEMD ".Scope" },
	};
	const char *dot = strrchr(name, '.');
	size_t i;

	for (i = 0; dot && i < sizeof(types) / sizeof(*types); i++)
		if (!strcmp(dot, types[i][0]))
			return types[i][1];
	return NULL;
}

/* a text property by its path, interface and name; it lives in `arena` */
static int text_property(struct arena *arena, sd_bus *bus,
    const char *const where[3], const char **out, sd_bus_error *e)
{
	scoped_message *reply = NULL;
	const char *text = "";
	int r = sd_bus_get_property(bus, SYSTEMD, where[0], where[1], where[2],
	    e, &reply, "s");

	if (r < 0 || (r = sd_bus_message_read(reply, "s", &text)) < 0)
		return r;
	*out = arena_string(arena, text);
	return 0;
}

/* the value of one property of org.freedesktop.systemd1.Unit */
static int read_property(struct arena *arena, sd_bus_message *m,
    struct unit *u)
{
	const struct {
		const char *name;
		const char **text;
		bool *truth;
	} wanted[] = {
		{ "LoadState", &u->load, NULL },
		{ "ActiveState", &u->active, NULL },
		{ "SubState", &u->sub, NULL },
		{ "FragmentPath", &u->fragment, NULL },
		{ "CanReload", NULL, &u->can_reload },
		{ "NeedDaemonReload", NULL, &u->needs_daemon_reload },
	};
	const char *key, *text;
	int r = sd_bus_message_read(m, "s", &key), truth;
	size_t i;

	for (i = 0; r >= 0 && i < sizeof(wanted) / sizeof(*wanted); i++) {
		if (strcmp(key, wanted[i].name))
			continue;
		if (wanted[i].truth) {
			r = sd_bus_message_read(m, "v", "b", &truth);
			*wanted[i].truth = r >= 0 && truth;
		} else {
			r = sd_bus_message_read(m, "v", "s", &text);
			*wanted[i].text = r < 0 ? "" :
			    arena_string(arena, text);
		}
		return r;
	}
	if (r >= 0 && !strcmp(key, "ActiveEnterTimestamp"))
		return sd_bus_message_read(m, "v", "t", &u->active_since);
	return r < 0 ? r : sd_bus_message_skip(m, "v");
}

static int read_properties(struct arena *arena, sd_bus *bus, const char *path,
    struct unit *u, sd_bus_error *e)
{
	scoped_message *reply = NULL;
	int r = sd_bus_call_method(bus, SYSTEMD, path,
	    "org.freedesktop.DBus.Properties", "GetAll", e, &reply, "s",
	    SYSTEMD ".Unit");

	if (r >= 0)
		r = sd_bus_message_enter_container(reply, 'a', "{sv}");
	while (r >= 0 &&
	    (r = sd_bus_message_enter_container(reply, 'e', "sv")) > 0) {
		r = read_property(arena, reply, u);
		if (r >= 0)
			r = sd_bus_message_exit_container(reply);
	}
	return r < 0 ? r : 0;
}

/* from the disk: the property of that name is kept until a daemon-reload */
static int read_file_state(struct arena *arena, sd_bus *bus, const char *name,
    struct unit *u, sd_bus_error *e)
{
	scoped_message *reply = NULL;
	const char *text;
	int r = sd_bus_call_method(bus, SYSTEMD, MANAGER_PATH, MANAGER,
	    "GetUnitFileState", e, &reply, "s", name);

	if (r == -ENOENT) { /* a unit without a file: a mount, a device */
		sd_bus_error_free(e);
		return 0;
	}
	if (r < 0 || (r = sd_bus_message_read(reply, "s", &text)) < 0)
		return r;
	u->file_state = arena_string(arena, text);
	return 0;
}

/* LoadUnit rather than GetUnit: systemd forgets units that do nothing */
int systemd_load(sd_bus *bus, const char *name, const char **path,
    sd_bus_message **reply, sd_bus_error *e)
{
	int r = sd_bus_call_method(bus, SYSTEMD, MANAGER_PATH, MANAGER,
	    "LoadUnit", e, reply, "s", name);

	return r < 0 ? r : sd_bus_message_read(*reply, "o", path);
}

int systemd_read(struct arena *arena, sd_bus *bus, const char *name,
    struct unit *u, sd_bus_error *e)
{
	scoped_message *reply = NULL;
	const char *path, *interface = result_interface(name);
	int r;

	*u = (struct unit){ .load = "", .active = "", .sub = "",
		.file_state = "", .result = "", .fragment = "" };
	if ((r = systemd_load(bus, name, &path, &reply, e)) < 0)
		return r;
	if ((r = read_properties(arena, bus, path, u, e)) < 0)
		return r;
	if (strcmp(u->active, "active") && strcmp(u->active, "reloading"))
		u->active_since = 0;
	if (!strcmp(u->load, "not-found"))
		return 0;
	if ((r = read_file_state(arena, bus, name, u, e)) < 0)
		return r;
	if (!interface)
		return 0;
	return text_property(arena, bus,
	    (const char *const[]){ path, interface, "Result" }, &u->result, e);
}

void systemd_pause(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 50 * 1000 * 1000 }, NULL);
}

bool systemd_is_broken(int r)
{
	return r == -ECONNRESET || r == -ENOTCONN || r == -EPIPE ||
	    r == -ESHUTDOWN || r == -ECONNREFUSED;
}

static void unlock(pthread_mutex_t **lock)
{
	pthread_mutex_unlock(*lock);
}

int systemd_unit(struct job *job, void *context, const char *name,
    struct unit *out)
{
	struct systemd *s = context;
	scoped_error e = SD_BUS_ERROR_NULL;
	pthread_mutex_t *locked __attribute__((cleanup(unlock))) = &s->lock;
	int r = -ENOTCONN, tries;

	pthread_mutex_lock(locked);
	if (!systemd_running(s))
		return job_fail(job, "this host does not run systemd, so "
		    "%s cannot be looked at", name);
	for (tries = 0; systemd_is_broken(r) && tries < RECONNECTS; tries++) {
		sd_bus_error_free(&e);
		if (tries)
			systemd_pause();
		if (!s->bus && (r = systemd_connect(&s->bus)) < 0)
			continue;
		sd_bus_set_method_call_timeout(s->bus, LOOK_TIMEOUT);
		r = systemd_read(job->arena, s->bus, name, out, &e);
		if (systemd_is_broken(r))
			s->bus = sd_bus_close_unref(s->bus);
	}
	return r < 0 ? systemd_refused(job, "look at", name, &e, r) : 0;
}

bool systemd_running(void *context)
{
	const struct systemd *s = context;

	return s->here && sd_booted() > 0;
}

struct systemd *systemd_open(struct arena *arena, const char *root)
{
	struct systemd *s = arena_new(arena, struct systemd);

	s->here = !strcmp(root, "/");
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

void systemd_close(struct systemd *s)
{
	if (!s)
		return;
	sd_bus_close_unref(s->bus);
	pthread_mutex_destroy(&s->lock);
}
