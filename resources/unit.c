/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * unit.c - a unit file of systemd, or a drop-in that changes one.
 *
 * systemd reads it at once, and if it cannot, that is an error of the unit and
 * not of the service that would fail to start later.
 */
#include <string.h>

#include "resource.h"

#define DIRECTORY "/etc/systemd/system"

enum {
	/* milliseconds for systemd to read all unit files again */
	RELOAD_TIMEOUT = 90 * 1000,
	LARGE = 1 << 20,
};

struct unit_file {
	const char *name;
	const struct content *content;
	int mode;
	int loaded;
};

static const struct attribute attributes[] = {
	ATTRIBUTE(unit_file, name, STRING, NULL,
	    "NAME.service, NAME.timer, ...; NAME.service.d/NAME.conf is a drop-in",
	    .flags = ATTRIBUTE_NAME),
	ATTRIBUTE(unit_file, content, CONTENT, NULL, "what it holds"),
	ATTRIBUTE_AS(unit_file, source, content, SOURCE, NULL,
	    "the file below files/ that it is a copy of"),
	ATTRIBUTE_AS(unit_file, template, content, TEMPLATE, NULL,
	    "the file below templates/ that it is made from"),
	ATTRIBUTE(unit_file, mode, MODE, "0644", "who may do what with it"),
	ATTRIBUTE(unit_file, loaded, BOOL, "true",
	    "whether systemd has read it as it is now"),
	{ 0 },
};

static const char *writes(struct job *job, const char *name)
{
	return arena_printf(job->arena, DIRECTORY "/%s", name);
}

static const char *path_of(struct job *job, const struct unit_file *u)
{
	return writes(job, u->name);
}

/* a drop-in's directory, or NULL */
static const char *directory_of(struct job *job, const struct unit_file *u)
{
	const char *slash = strchr(u->name, '/');

	return slash ? arena_printf(job->arena, DIRECTORY "/%.*s",
	    (int)(slash - u->name), u->name) : NULL;
}

/* the unit that it makes or changes; NULL for a template, which is none */
static const char *unit_of(struct job *job, const struct unit_file *u)
{
	const char *slash = strchr(u->name, '/');
	size_t size = slash ? (size_t)(slash - u->name) - strlen(".d") :
	    strlen(u->name);

	return strstr(u->name, "@.") ? NULL :
	    arena_copy(job->arena, u->name, size);
}

/* a run may have ended between writing it and telling systemd */
static int observe_loaded(struct job *job, const struct host *host,
    struct unit_file *is)
{
	const char *name = unit_of(job, is);
	struct unit u;

	is->loaded = 1;
	if (!name || !host_has_systemd(host))
		return 0;
	if (host_unit(job, host, name, &u) < 0)
		return -1;
	is->loaded = !u.needs_daemon_reload;
	return 0;
}

static int observe(struct job *job, const struct host *host,
    const void *desired, void *observed)
{
	const struct unit_file *want = desired;
	struct unit_file *is = observed;
	struct content *content = arena_new(job->arena, struct content);
	struct file_read file;

	if (host_read(job, host, path_of(job, want), LARGE, &file) < 0)
		return -1;
	if (file.entry.type == ENTRY_ABSENT)
		return 0;
	if (file.entry.type == ENTRY_LINK)
		return job_fail(job, "'%s' is a symbolic link, not a file; a unit that is masked needs 'masked: false' in services first",
		    path_of(job, want));
	if (file.entry.type != ENTRY_FILE || file.entry.size > LARGE)
		return job_fail(job, "'%s' is not a unit file; remove it first",
		    path_of(job, want));
	content->data = file.content.data;
	content->size = file.content.size;
	is->name = want->name;
	is->content = content;
	is->mode = file.entry.mode;
	return observe_loaded(job, host, is) < 0 ? -1 : 1;
}

static int daemon_reload(struct job *job, struct host *host)
{
	if (!host_has_systemd(host))
		return 0;
	return host_unit_act(job, host, UNIT_DAEMON_RELOAD, "",
	    RELOAD_TIMEOUT);
}

/* what systemd makes of it, where it is a whole unit */
static int prove(struct job *job, const struct host *host,
    const struct unit_file *want)
{
	const char *name = unit_of(job, want);
	struct unit u;

	if (!name || strchr(want->name, '/') || !host_has_systemd(host))
		return 0;
	if (host_unit(job, host, name, &u) < 0)
		return -1;
	if (strcmp(u.load, "loaded") == 0 || strcmp(u.load, "masked") == 0)
		return 0;
	return job_fail(job, "systemd cannot use it (%s); 'systemd-analyze verify %s' says why",
	    u.load, path_of(job, want));
}

static int put(struct job *job, struct host *host,
    const struct unit_file *want)
{
	const char *directory = directory_of(job, want);
	const struct file_write write = {
		.content = { want->content->data, want->content->size },
		.access = { .mode = want->mode },
	};
	static const struct access shared = { .mode = 0755 };
	struct entry entry;

	if (directory) {
		if (host_look(job, host, directory, &entry) < 0)
			return -1;
		if (entry.type == ENTRY_ABSENT &&
		    host_mkdir(job, host, directory, &shared) < 0)
			return -1;
	}
	return host_write(job, host, path_of(job, want), &write);
}

static int apply(struct job *job, struct host *host, const void *desired,
    const void *observed)
{
	const struct unit_file *want = desired, *is = observed;
	bool same = is && is->mode == want->mode &&
	    content_equal(is->content, want->content);

	if ((!same && put(job, host, want) < 0) || daemon_reload(job, host) < 0)
		return -1;
	return prove(job, host, want);
}

/* links to what is gone would be left in the .wants of others */
static int disable(struct job *job, struct host *host,
    const struct unit_file *is)
{
	struct unit u;

	if (!host_has_systemd(host) || strchr(is->name, '/') ||
	    !unit_of(job, is))
		return 0;
	if (host_unit(job, host, is->name, &u) < 0)
		return -1;
	if (strcmp(u.file_state, "enabled") != 0)
		return 0;
	return host_unit_act(job, host, UNIT_DISABLE, is->name, RELOAD_TIMEOUT);
}

static int remove_unit(struct job *job, struct host *host, const void *observed)
{
	const struct unit_file *is = observed;
	const char *directory = directory_of(job, is);
	struct strings rest;

	if (disable(job, host, is) < 0 ||
	    host_unlink(job, host, path_of(job, is)) < 0)
		return -1;
	if (directory) {
		if (host_list(job, host, directory, &rest) < 0)
			return -1;
		if (!rest.count && host_unlink(job, host, directory) < 0)
			return -1;
	}
	return daemon_reload(job, host);
}

/* NAME.TYPE, or NAME.TYPE.d/NAME.conf */
static bool is_unit_name(struct job *job, const char *name)
{
	static const char *const types[] = { ".service", ".timer", ".socket",
		".path", ".target", ".mount", ".automount", ".swap",
		".slice" };
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789:_.\\@-";
	const char *slash = strchr(name, '/'), *dot;
	size_t size = slash ? (size_t)(slash - name) : strlen(name), i;

	if (strspn(name, letters) != size || *name == '.')
		return false;
	if (slash) {
		if (size < 3 || strncmp(slash - 2, ".d", 2) != 0 ||
		    slash[1] == '.' || strlen(slash) < 7 ||
		    strcmp(slash + strlen(slash) - 5, ".conf") != 0 ||
		    strspn(slash + 1, letters) != strlen(slash + 1))
			return false;
		size -= 2;
	}
	name = arena_copy(job->arena, name, size);
	dot = strrchr(name, '.');
	for (i = 0; dot && dot > name && i < sizeof(types) / sizeof(*types);
	    i++)
		if (strcmp(dot, types[i]) == 0)
			return true;
	return false;
}

static int check(struct job *job, const void *desired)
{
	const struct unit_file *want = desired;

	if (!is_unit_name(job, want->name))
		return job_fail(job, "'%s' is not the name of a unit file, as name.service and name.timer are, nor of a drop-in, as name.service.d/name.conf is",
		    want->name);
	if (want->loaded == 0)
		return job_fail(job, "'loaded: false' cannot be asked for");
	if (!want->content)
		return job_fail(job, "say what it holds: 'content', 'source' or 'template'");
	return 0;
}

static int requires(struct job *job, const void *desired)
{
	const char *path = path_of(job, desired);

	job_owns(job, "path", path);
	job_requires_path(job, path, "it is in that directory");
	return 0;
}

const struct kind kind_unit = {
	.name = "unit",
	.section = "units",
	.about = "a unit file of systemd, or a drop-in",
	.attributes = attributes,
	.size = sizeof(struct unit_file),
	.observe = observe,
	.apply = apply,
	.remove = remove_unit,
	.check = check,
	.requires = requires,
	.writes = writes,
};
