/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * group.c - a group of the host's own files, by the shadow tools.
 *
 * Who is in it is said in one place: here, or by each user's `groups`.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "host/accounts.h"
#include "resource.h"

/* those below are the system's (Debian policy, section 9.2.2) */
enum { FIRST_GID = 1000 };

struct group {
	const char *name;
	int64_t gid;
	const struct strings *members;
	int system;
};

static const struct attribute attributes[] = {
	ATTRIBUTE(group, name, STRING, NULL, "its name",
	    .flags = ATTRIBUTE_NAME),
	ATTRIBUTE(group, gid, INT, NULL, "its number; not given: the next free"),
	ATTRIBUTE(group, members, SET, NULL,
	    "the users in it besides those whose primary group it is, and no more; not given: left alone",
	    .choices = "[anna, bert]"),
	ATTRIBUTE(group, system, BOOL, "false",
	    "whether a new one gets a number of the system's range",
	    .flags = ATTRIBUTE_INPUT),
	{ 0 },
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int observe(struct job *job, const struct host *host,
    const void *desired, void *observed)
{
	const struct group *want = desired;
	struct group *is = observed;
	struct strings *members = arena_new(job->arena, struct strings);
	struct account_group group;
	size_t i;
	int found;

	if ((found = host_group(job, host, want->name, &group)) <= 0)
		return found;
	members->item = arena_array(job->arena, group.members.count + 1,
	    sizeof(*members->item));
	for (i = 0; i < group.members.count; i++)
		members->item[i] = group.members.item[i];
	members->count = i;
	qsort(members->item, i, sizeof(*members->item), by_name);
	is->name = want->name;
	is->gid = group.gid;
	is->members = members;
	return 1;
}

static int run(struct job *job, struct host *host, const char *const *argv)
{
	struct process process = { .argv = argv };
	struct outcome outcome;
	int result = host_run_well(job, host, &process, &outcome);

	host_forget_accounts(host);
	return result;
}

static int create(struct job *job, struct host *host, const struct group *want)
{
	const char *argv[6] = { "groupadd" };
	size_t n = 1;

	if (want->system)
		argv[n++] = "-r";
	if (want->gid != UNSET) {
		argv[n++] = "-g";
		argv[n++] = arena_printf(job->arena, "%" PRId64, want->gid);
	}
	argv[n] = want->name;
	return run(job, host, argv);
}

static int change_gid(struct job *job, struct host *host,
    const struct group *want)
{
	const char *const argv[] = {
		"groupmod", "-g",
		arena_printf(job->arena, "%" PRId64, want->gid),
		want->name, NULL,
	};

	return run(job, host, argv);
}

static int set_members(struct job *job, struct host *host,
    const struct group *want)
{
	struct text names = text_new(job->arena);
	const char *argv[] = { "gpasswd", "-M", NULL, want->name, NULL };
	size_t i;

	for (i = 0; i < want->members->count; i++)
		text_addf(&names, "%s%s", i ? "," : "",
		    want->members->item[i]);
	argv[2] = text_string(&names);
	return run(job, host, argv);
}

static bool same(const struct strings *a, const struct strings *b)
{
	size_t i;

	for (i = 0; i < a->count && i < b->count; i++)
		if (strcmp(a->item[i], b->item[i]) != 0)
			return false;
	return a->count == b->count;
}

static int apply(struct job *job, struct host *host, const void *desired,
    const void *observed)
{
	static const struct strings nobody;
	const struct group *want = desired, *is = observed;

	if (!is && create(job, host, want) < 0)
		return -1;
	if (is && want->gid != UNSET && want->gid != is->gid &&
	    change_gid(job, host, want) < 0)
		return -1;
	if (want->members && !same(want->members, is ? is->members : &nobody))
		return set_members(job, host, want);
	return 0;
}

static int remove_group(struct job *job, struct host *host,
    const void *observed)
{
	const struct group *is = observed;
	const char *const argv[] = { "groupdel", is->name, NULL };

	return run(job, host, argv);
}

/* who is in it is left to what is said of users */
static int adopt(struct job *job, const struct host *host, void *desired)
{
	const struct group want = *(const struct group *)desired;
	struct group *group = desired;
	int found = observe(job, host, &want, group);

	group->members = NULL;
	group->system = found > 0 && group->gid < FIRST_GID;
	return found;
}

/* what would be read as an option or end a field is stopped here */
static int check(struct job *job, const void *desired)
{
	const struct group *want = desired;

	if (!*want->name || *want->name == '-' ||
	    strpbrk(want->name, ":,/ \t\n"))
		return job_fail(job, "'%s' cannot be the name of a group", want->name);
	return 0;
}

static int requires(struct job *job, const void *desired)
{
	const struct group *want = desired;
	size_t i;

	for (i = 0; want->members && i < want->members->count; i++)
		job_requires(job, "user", want->members->item[i],
		    "that user is in it");
	return 0;
}

const struct kind kind_group = {
	.name = "group",
	.section = "groups",
	.about = "a group of this host",
	.attributes = attributes,
	.size = sizeof(struct group),
	.observe = observe,
	.apply = apply,
	.remove = remove_group,
	.adopt = adopt,
	.check = check,
	.requires = requires,
};
