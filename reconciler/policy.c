/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * policy.c - /etc/plumb/policy.yaml: read, and only if it can be trusted.
 *
 * Who can write it decides what root does here; so it counts only when nobody
 * but root can, and a run that cannot tell does nothing.
 */
#include "policy.h"

#include <string.h>
#include <unistd.h>

#include "kinds.h"

enum { POLICY_MOST = 1 << 20 };

const struct attribute policy_attributes[] = {
	ATTRIBUTE(policy, kinds, SET, NULL,
	    "only these kinds of resources may be declared",
	    .choices = "[file, directory, service]"),
	ATTRIBUTE(policy, paths, SET, NULL,
	    "only these paths, and what is below them",
	    .choices = "[/etc/nginx, /srv]"),
	ATTRIBUTE(policy, deny_paths, SET, NULL,
	    "never these paths, nor what is below them; goes before 'paths'",
	    .choices = "[/etc/shadow]"),
	ATTRIBUTE(policy, users, SET, NULL,
	    "only these users may be managed, own something or run something",
	    .choices = "[www-data]"),
	ATTRIBUTE(policy, units, SET, NULL,
	    "only these services and units; * and ? stand for others",
	    .choices = "[\"nginx*\"]"),
	ATTRIBUTE(policy, zones, SET, NULL,
	    "only these DNS zones", .choices = "[contoso.test]"),
	ATTRIBUTE(policy, commands, BOOL, "true",
	    "whether a site may name programs to run: commands, probes by command, checks of files"),
	{ 0 },
};

/* --- is it to be trusted --- */

static int check_owner(struct job *job, const char *what,
    const struct entry *e)
{
	if (e->uid && e->uid != geteuid())
		return job_fail(job,
		    "the policy is not trusted, so nothing is done: '%s' must belong to root, and it belongs to user %u",
		    what, e->uid);
	if (e->mode & 022)
		return job_fail(job,
		    "the policy is not trusted, so nothing is done: '%s' can be written by others than its owner (its mode is %04o)",
		    what, (unsigned)e->mode);
	return 0;
}

/* 1: there is none */
static int fetch(struct job *job, const struct host *host, const char *shown,
    struct file_read *file)
{
	const char *directory = arena_copy(job->arena, shown,
	    strlen(shown) - strlen(strrchr(POLICY_PATH, '/')));
	struct entry entry;

	if (host_look(job, host, POLICY_DIRECTORY, &entry))
		return -1;
	if (entry.type == ENTRY_ABSENT)
		return 1;
	if (entry.type != ENTRY_DIRECTORY)
		return job_fail(job, "'%s', where the policy is, must be a directory",
		    directory);
	if (check_owner(job, directory, &entry) ||
	    host_read(job, host, POLICY_PATH, POLICY_MOST, file))
		return -1;
	if (file->entry.type == ENTRY_ABSENT)
		return 1;
	if (file->entry.type != ENTRY_FILE)
		return job_fail(job, "the policy '%s' must be a regular file",
		    shown);
	if (file->content.size >= POLICY_MOST)
		return job_fail(job, "the policy '%s' is too large: 1 MiB is the most",
		    shown);
	return check_owner(job, shown, &file->entry);
}

/* --- does it make sense --- */

/* where an entry of one of its lists is */
static struct pos place_of(const struct policy *p, const char *key,
    const char *entry)
{
	const struct value *list = value_find(&p->map, key);
	uint32_t i;

	for (i = 0; list && list->type == VALUE_LIST && i < list->count; i++)
		if (value_is_text(&list->items[i]) &&
		    !strcmp(list->items[i].text, entry))
			return list->items[i].pos;
	return list ? list->pos : p->map.pos;
}

static bool is_plain_path(const char *path)
{
	size_t size = strlen(path);

	return path[0] == '/' && (size == 1 || path[size - 1] != '/') &&
	    !strstr(path, "//") && !strstr(path, "/./") &&
	    !strstr(path, "/../") && (size < 2 || strcmp(path + size - 2,
	    "/.")) && (size < 3 || strcmp(path + size - 3, "/.."));
}

static int check_paths(struct job *job, const struct policy *p,
    const char *key, const struct strings *paths)
{
	int failed = 0;
	size_t i;

	for (i = 0; paths && i < paths->count; i++)
		if (!is_plain_path(paths->item[i]))
			failed = err_at(job->err, place_of(p, key,
			    paths->item[i]),
			    "'%s' in '%s' must be an absolute path, without . .. // and a / at its end",
			    paths->item[i], key);
	return failed;
}

static int check_kinds(struct job *job, const struct policy *p)
{
	const char *near, *name;
	int failed = 0;
	size_t i;

	for (i = 0; p->kinds && i < p->kinds->count; i++) {
		name = p->kinds->item[i];
		if (kind_find(name))
			continue;
		near = nearest(name, kind_names(job->arena));
		failed = err_at(job->err, place_of(p, "kinds", name),
		    "there is no kind '%s'%s%s%s", name, near ?
		    " (did you mean '" : "", near ? near : "", near ?
		    "'?)" : "");
	}
	return failed;
}

int policy_read(struct job *job, const struct host *host, const char *root,
    struct policy *p)
{
	const char *shown = arena_printf(job->arena, "%s%s",
	    strcmp(root, "/") ? root : "", POLICY_PATH);
	struct reader reader = { .arena = job->arena, .err = job->err };
	struct form form = { policy_attributes, "the policy", NULL, NULL };
	struct source *source = arena_new(job->arena, struct source);
	struct file_read file;
	struct reading reading;
	int rc;

	*p = (struct policy){ .commands = 1 };
	rc = fetch(job, host, shown, &file);
	if (rc)
		return rc < 0 ? -1 : 0;
	*source = (struct source){ shown, file.content.data,
		file.content.size };
	if (value_read(job->arena, names_new(job->arena), source, &p->map,
	    job->err) || attributes_read(&reader, &form, &p->map, p, &reading))
		return -1;
	p->source = source;
	return check_kinds(job, p) | check_paths(job, p, "paths", p->paths) |
	    check_paths(job, p, "deny_paths", p->deny_paths);
}
