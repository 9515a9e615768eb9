/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * link.c - a symbolic link, and where it points to.
 *
 * What it points to need not exist. A link is replaced in one step, so nobody
 * ever finds none there.
 */
#include <string.h>

#include "resource.h"

struct link {
	const char *path;
	const char *target;
	int force;
};

static const struct attribute attributes[] = {
	ATTRIBUTE(link, path, PATH, NULL, "where it is",
	    .flags = ATTRIBUTE_NAME),
	ATTRIBUTE(link, target, STRING, NULL,
	    "what it points to; a relative one starts at the link's directory",
	    .choices = "../sites-available/www",
	    .flags = ATTRIBUTE_REQUIRED),
	ATTRIBUTE(link, force, BOOL, "false",
	    "put it in the place of a file, and remove a file that is in its place",
	    .flags = ATTRIBUTE_INPUT),
	{ 0 },
};

static int observe(struct job *job, const struct host *host,
    const void *desired, void *observed)
{
	const struct link *want = desired;
	struct link *is = observed;
	struct entry entry;

	if (host_look(job, host, want->path, &entry) < 0)
		return -1;
	if (entry.type == ENTRY_ABSENT)
		return 0;
	is->path = want->path;
	is->force = want->force;
	is->target = NULL;
	if (entry.type == ENTRY_LINK)
		return host_read_link(job, host, want->path, &is->target) < 0 ?
		    -1 : 1;
	if (entry.type == ENTRY_DIRECTORY)
		return job_fail(job, "'%s' is a directory, not a link; remove it first, or declare it under directories",
		    want->path);
	if (want->force != 1)
		return job_fail(job, "'%s' is a file, not a link; remove it first, or say 'force: true'",
		    want->path);
	return 1;
}

static int apply(struct job *job, struct host *host, const void *desired,
    const void *observed)
{
	const struct link *want = desired;

	(void)observed;
	return host_symlink(job, host, want->target, want->path);
}

static int remove_link(struct job *job, struct host *host, const void *observed)
{
	return host_unlink(job, host, ((const struct link *)observed)->path);
}

static int check(struct job *job, const void *desired)
{
	const struct link *want = desired;

	if (want->target && !*want->target)
		return job_fail(job, "'target' must name something");
	return 0;
}

/* one path from another: words after slashes, without . and .. */
static const char *follow(struct arena *arena, const char *from,
    const char *target)
{
	char *path = arena_printf(arena, "%s/%s", from, target);
	const char *next = path;
	size_t length, size = 0;

	for (; *next; next += length) {
		next += strspn(next, "/");
		length = strcspn(next, "/");
		if (length == 2 && strncmp(next, "..", 2) == 0) {
			while (size && path[--size] != '/')
				;
		} else if (length && !(length == 1 && *next == '.')) {
			path[size++] = '/';
			memmove(path + size, next, length);
			size += length;
		}
	}
	path[size] = '\0';
	return size ? path : "/";
}

static int requires(struct job *job, const void *desired)
{
	const struct link *want = desired;
	const char *reason = "it points to that", *from = "", *target;

	job_owns(job, "path", want->path);
	job_requires_path(job, want->path, "it is in that directory");
	if (!want->target)
		return 0;
	if (want->target[0] != '/')
		from = arena_printf(job->arena, "%s/..", want->path);
	target = follow(job->arena, from, want->target);
	job_requires(job, "file", target, reason);
	job_requires(job, "directory", target, reason);
	return 0;
}

const struct kind kind_link = {
	.name = "link",
	.section = "links",
	.about = "a symbolic link, and where it points to",
	.attributes = attributes,
	.size = sizeof(struct link),
	.observe = observe,
	.apply = apply,
	.remove = remove_link,
	.check = check,
	.requires = requires,
};
