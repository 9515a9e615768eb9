/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memory_units.c - the machine in memory: systemd.
 *
 * What it knows of a unit's files is what it read when it was first asked, or
 * at the last daemon-reload. A service whose ExecStart= is /bin/false does not
 * start.
 */
#include <string.h>

#include "memory_inside.h"

#define ETC "/etc/systemd/system"
#define WANTS ETC "/multi-user.target.wants"

static const char *const places[] = { ETC, "/run/systemd/system",
	"/usr/lib/systemd/system", NULL };

/* the file that says what the unit is; NULL */
static const struct node *fragment(struct memory *m, const char *name)
{
	const struct node *n;
	size_t i;

	for (i = 0; places[i]; i++)
		if ((n = node_find(m, memory_join(m->arena, places[i], name))))
			return n;
	return NULL;
}

/* of the last change to any of its files; 0: it has none */
static uint64_t files_serial(struct memory *m, const char *name)
{
	const struct node *n = fragment(m, name);
	const char *below = arena_printf(m->arena, ETC "/%s.d/", name);
	uint64_t sum = n ? n->serial : 0;
	size_t index = 0;

	for (n = NULL; (n = node_next(m, &index, n));)
		if (strncmp(n->path, below, strlen(below)) == 0)
			sum += n->serial;
	return sum;
}

static bool is_masked(const struct node *n)
{
	return n && n->entry.type == ENTRY_LINK &&
	    strcmp(n->target, "/dev/null") == 0;
}

static void unit_read(struct memory *m, struct memory_unit *u)
{
	const struct node *n = fragment(m, u->name);

	u->serial = files_serial(m, u->name);
	u->fragment = n ? n->path : "";
	u->text = n && n->entry.type == ENTRY_FILE ? n->content.data : "";
}

static struct memory_unit *unit_find(struct memory *m, const char *name)
{
	struct memory_unit *u = m->units;

	while (u && strcmp(u->name, name) != 0)
		u = u->next;
	if (!u) {
		u = arena_new(m->arena, struct memory_unit);
		u->next = m->units;
		u->name = arena_string(m->arena, name);
		u->active = "inactive";
		u->result = "success";
		m->units = u;
	}
	/* what was not found is looked for each time */
	if (!u->serial)
		unit_read(m, u);
	return u;
}

static const char *wants(struct memory *m, const char *name)
{
	return memory_join(m->arena, WANTS, name);
}

static const char *file_state(struct memory *m, const char *name)
{
	const struct node *n = fragment(m, name);

	if (!n)
		return "";
	if (is_masked(n))
		return "masked";
	if (node_find(m, wants(m, name)))
		return "enabled";
	return n->entry.type == ENTRY_FILE &&
	    strstr(n->content.data, "[Install]") ? "disabled" : "static";
}

static const char *sub_state(const struct memory_unit *u)
{
	const char *suffix = strrchr(u->name, '.');

	if (strcmp(u->active, "active") != 0)
		return strcmp(u->active, "failed") == 0 ? "failed" : "dead";
	if (suffix && strcmp(suffix, ".timer") == 0)
		return "waiting";
	if (suffix && strcmp(suffix, ".socket") == 0)
		return "listening";
	return "running";
}

int memory_unit(struct job *job, void *context, const char *name,
    struct unit *out)
{
	scoped_memory *m = memory_lock(context);
	const struct memory_unit *u = unit_find(m, name);

	*out = (struct unit){
		.load = is_masked(node_find(m, u->fragment[0] ? u->fragment :
		    "/")) ? "masked" : u->serial ? "loaded" : "not-found",
		.active = u->active,
		.sub = sub_state(u),
		.file_state = file_state(m, name),
		.result = u->result,
		.fragment = arena_string(job->arena, u->fragment),
		.can_reload = strstr(u->text, "ExecReload") != NULL,
		.needs_daemon_reload = u->serial &&
		    u->serial != files_serial(m, name),
		.active_since = strcmp(u->active, "active") == 0 ? u->since :
		                                                   0,
	};
	return 0;
}

static int refuse(struct job *job, const char *name, const char *why)
{
	return job_fail(job, "systemd refused to act on '%s': %s", name, why);
}

static int start(struct job *job, struct memory *m, struct memory_unit *u)
{
	if (!u->serial)
		return refuse(job, u->name, "unit not found");
	if (is_masked(fragment(m, u->name)))
		return refuse(job, u->name, "unit is masked");
	if (strstr(u->text, "ExecStart=/bin/false")) {
		u->active = "failed";
		u->result = "exit-code";
		return refuse(job, u->name, "it failed to start");
	}
	u->active = "active";
	u->result = "success";
	u->since = ++m->serial;
	return 0;
}

static int reload(struct job *job, struct memory_unit *u)
{
	if (strcmp(u->active, "active") != 0)
		return refuse(job, u->name, "it is not active");
	if (!strstr(u->text, "ExecReload"))
		return refuse(job, u->name, "it cannot be reloaded");
	return 0;
}

static void link_put(struct memory *m, const char *path, const char *target)
{
	memory_directory(m, path_above(m->arena, path));
	node_put(m, path, ENTRY_LINK, 0777)->target = target;
}

static int enable(struct job *job, struct memory *m, const char *name)
{
	const struct node *n = fragment(m, name);

	if (!n)
		return refuse(job, name, "unit file does not exist");
	if (is_masked(n))
		return refuse(job, name, "unit file is masked");
	if (n->entry.type == ENTRY_FILE &&
	    strstr(n->content.data, "[Install]"))
		link_put(m, wants(m, name), n->path);
	return 0;
}

static int mask(struct job *job, struct memory *m, struct memory_unit *u)
{
	const char *path = memory_join(m->arena, ETC, u->name);
	const struct node *n = node_find(m, path);

	if (n && n->entry.type == ENTRY_FILE)
		return refuse(job, u->name, "its file is in " ETC);
	link_put(m, path, "/dev/null");
	unit_read(m, u);
	return 0;
}

static int unmask(struct memory *m, struct memory_unit *u)
{
	const char *path = memory_join(m->arena, ETC, u->name);

	if (is_masked(node_find(m, path)))
		node_remove(m, path);
	unit_read(m, u);
	return 0;
}

static int daemon_reload(struct memory *m)
{
	struct memory_unit *u;

	for (u = m->units; u; u = u->next)
		unit_read(m, u);
	return 0;
}

int memory_unit_act(struct job *job, void *context, enum unit_act act,
    const char *name, int64_t timeout)
{
	scoped_memory *m = memory_lock(context);
	struct memory_unit *u;

	(void)timeout;
	if (!memory_change(m))
		return refuse(job, name, "it was made to fail");
	if (act == UNIT_DAEMON_RELOAD)
		return daemon_reload(m);
	u = unit_find(m, name);
	switch (act) {
	case UNIT_START:
		return strcmp(u->active, "active") == 0 ? 0 : start(job, m, u);
	case UNIT_RESTART:
		return start(job, m, u);
	case UNIT_STOP:
		u->active = "inactive";
		return 0;
	case UNIT_RELOAD:
		return reload(job, u);
	case UNIT_ENABLE:
		return enable(job, m, name);
	case UNIT_DISABLE:
		node_remove(m, wants(m, name));
		return 0;
	case UNIT_MASK:
		return mask(job, m, u);
	default:
		return unmask(m, u);
	}
}

void unit_install(struct memory *m, const char *name)
{
	const char *path = memory_join(m->arena, "/usr/lib/systemd/system",
	    name);
	struct memory_unit *u;

	node_write(m, path,
	    "[Service]\nExecStart=/usr/sbin/daemon\nExecReload=/bin/kill\n"
	    "[Install]\nWantedBy=multi-user.target\n");
	u = unit_find(m, name);
	unit_read(m, u);
	if (is_masked(fragment(m, name)))
		return;
	link_put(m, wants(m, name), path);
	u->active = "active";
	u->since = ++m->serial;
}

void unit_purge(struct memory *m, const char *name)
{
	struct memory_unit *u = unit_find(m, name);

	node_remove(m, memory_join(m->arena, "/usr/lib/systemd/system", name));
	node_remove(m, wants(m, name));
	u->active = "inactive";
	unit_read(m, u);
}
