/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * survey.c - people and units; and all that was found, each once.
 */
#include "survey.h"

#include <string.h>

#include "../resources/host/host.h"
#include "../resources/host/passwd.h"

enum {
	/* people's numbers (Debian policy, section 9.2.2) */
	PEOPLE_FIRST = 1000,
	PEOPLE_LAST = 59999,
	OUTPUT = 8 << 20,
};

void survey_leave_out(struct survey *s, const char *why, const char *name)
{
	struct arena *a = s->job->arena;
	struct left_out new = { .why = why };
	size_t i;

	for (i = 0; i < s->left_count && strcmp(s->left[i].why, why); i++)
		;
	if (i == s->left_count)
		arena_push(a, s->left, s->left_count, s->left_capacity, new);
	arena_push(a, s->left[i].names.item, s->left[i].names.count,
	    s->left[i].capacity, name);
}

/* a service goes by the name that people say */
static const char *address_of(const struct survey *s, const char *kind,
    const char *name)
{
	size_t size = strlen(name), end = strlen(".service");

	if (!strcmp(kind, "service") && size > end &&
	    !strcmp(name + size - end, ".service"))
		size -= end;
	return arena_printf(s->job->arena, "%s:%.*s", kind, (int)size, name);
}

bool survey_has(const struct survey *s, const char *kind, const char *name)
{
	return lookup_find(&s->lookup, NAMED(s->item),
	    address_of(s, kind, name)) != LOOKUP_NONE;
}

void survey_add(struct survey *s, const char *kind, const char *name,
    const char *otherwise)
{
	struct candidate c = { address_of(s, kind, name), otherwise };

	if (survey_has(s, kind, name))
		return;
	arena_push(s->job->arena, s->item, s->count, s->capacity, c);
	lookup_add(s->job->arena, &s->lookup, NAMED(s->item), s->count - 1);
}

/* --- people --- */

static bool is_person(uint32_t number)
{
	return number >= PEOPLE_FIRST && number <= PEOPLE_LAST;
}

static bool is_login_shell(const char *shell)
{
	static const char *const others[] = { "", "nologin", "false", "sync" };
	const char *name = strrchr(shell, '/');
	size_t i;

	name = name ? name + 1 : shell;
	for (i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (!strcmp(name, others[i]))
			return false;
	return true;
}

static int survey_people(struct survey *s)
{
	struct arena *a = s->job->arena;
	struct account_group group;
	struct account user;
	struct file_read file;

	if (host_read(s->job, s->host, "/etc/passwd", 0, &file) < 0)
		return -1;
	while (passwd_next(a, &file.content, &user))
		if (is_person(user.uid) ||
		    (user.uid && is_login_shell(user.shell)))
			survey_add(s, "user", user.name, NULL);
		else
			survey_leave_out(s, "users of the system that nobody logs in as, and root",
			    user.name);
	if (host_read(s->job, s->host, "/etc/group", 0, &file) < 0)
		return -1;
	while (group_next(a, &file.content, &group))
		if (is_person(group.gid))
			survey_add(s, "group", group.name, NULL);
		else
			survey_leave_out(s, "groups of the system", group.name);
	return 0;
}

/* --- units --- */

/*
 * What packages' scripts enabled. On a Debian that, and not the preset, is how
 * a unit is where nobody has decided anything (deb-systemd-helper(1p)).
 */
static int read_enabled(struct survey *s, struct strings *out)
{
	const char *folder = "/var/lib/systemd/deb-systemd-helper-enabled";
	struct strings folders, names;
	size_t i, j, capacity = 0;
	const char *path;
	struct entry e;

	*out = (struct strings){ 0 };
	if (host_look(s->job, s->host, folder, &e) < 0)
		return -1;
	if (e.type != ENTRY_DIRECTORY)
		return 0;
	if (host_list(s->job, s->host, folder, &folders) < 0)
		return -1;
	for (i = 0; i < folders.count; i++) {
		path = arena_printf(s->job->arena, "%s/%s", folder,
		    folders.item[i]);
		if (host_look(s->job, s->host, path, &e) < 0)
			return -1;
		if (e.type != ENTRY_DIRECTORY)
			continue;
		if (host_list(s->job, s->host, path, &names) < 0)
			return -1;
		for (j = 0; j < names.count; j++)
			arena_push(s->job->arena, out->item, out->count,
			    capacity, names.item[j]);
	}
	return 0;
}

/* nobody decided that it is on or off */
static bool is_usual(const char *unit, bool enabled, bool preset,
    const struct strings *by_packages)
{
	/* systemd's own package enables these by their preset */
	static const char *const by_systemd[] = { "remote-fs.target",
		"systemd-pstore.service", "systemd-timesyncd.service" };
	bool usual = strings_hold(by_packages, unit);
	size_t i;

	if (!by_packages->count)
		return enabled == preset;
	for (i = 0; preset && i < sizeof(by_systemd) / sizeof(*by_systemd);
	    i++)
		usual |= !strcmp(by_systemd[i], unit);
	return enabled == usual;
}

/* "UNIT STATE PRESET" */
static void take_unit(struct survey *s, char *line,
    const struct strings *by_packages)
{
	char *rest, *unit = strtok_r(line, " ", &rest);
	const char *state = strtok_r(NULL, " ", &rest);
	const char *preset = strtok_r(NULL, " ", &rest);
	bool enabled;

	if (!unit || !state || strstr(unit, "@."))
		return;
	enabled = !strcmp(state, "enabled");
	if (!enabled && strcmp(state, "disabled"))
		return;
	if (survey_has(s, "unit", unit) || !is_usual(unit, enabled,
	    preset && !strcmp(preset, "enabled"), by_packages))
		survey_add(s, "service", unit, NULL);
	else
		survey_leave_out(s, "units that are on or off as packages made them",
		    unit);
}

static int survey_units(struct survey *s)
{
	static const char *const argv[] = { "systemctl", "list-unit-files",
		"--no-legend", "--no-pager", "--plain", "--full", NULL };
	static const char *const environment[] = { "SYSTEMD_OFFLINE=1", NULL };
	struct process p = { .argv = argv, .limit = OUTPUT };
	struct strings by_packages;
	struct outcome said;
	char *line, *rest;
	int there = host_has_program(s->job, s->host, "systemctl");

	if (there <= 0)
		return there;
	if (read_enabled(s, &by_packages) < 0)
		return -1;
	if (!host_has_systemd(s->host))
		p.environment = environment;
	if (host_ask(s->job, s->host, &p, &said) < 0)
		return -1;
	if (said.status || said.truncated)
		return job_fail(s->job, "systemctl cannot list the units: %s",
		    outcome_last(s->job->arena, &said));
	line = strtok_r(arena_copy(s->job->arena, said.out.data,
	    said.out.size), "\n", &rest);
	for (; line; line = strtok_r(NULL, "\n", &rest))
		take_unit(s, line, &by_packages);
	return 0;
}

int survey_make(struct survey *s)
{
	struct shipped shipped;

	return survey_packages(s, &shipped) || survey_people(s) ||
	    survey_etc(s, &shipped) || survey_units(s) ? -1 : 0;
}
