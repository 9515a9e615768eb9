/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sysctl.c - a setting of the running kernel, and that it lasts.
 *
 * It is there when its file is. The kernel hears of a value first, since it is
 * the one to refuse it; a value that it took is then kept for the next start. A
 * tree without /proc/sys runs no kernel, and only its file is looked at.
 */
#include <string.h>

#include "resource.h"

#define LIVE "/proc/sys"

struct sysctl {
	const char *name;
	const char *value;
	int persistent;
	const char *file;
};

static const struct attribute attributes[] = {
	ATTRIBUTE(sysctl, name, STRING, NULL,
	    "the setting; where a part of it holds a dot, with slashes between parts",
	    .flags = ATTRIBUTE_NAME),
	ATTRIBUTE(sysctl, value, STRING, NULL,
	    "what it is set to; any blanks between numbers are alike",
	    .flags = ATTRIBUTE_REQUIRED),
	ATTRIBUTE(sysctl, persistent, BOOL, "true",
	    "whether its file sets it anew when the machine starts"),
	ATTRIBUTE(sysctl, file, PATH, NULL,
	    "that file; not given: /etc/sysctl.d/60-plumb-NAME.conf",
	    .flags = ATTRIBUTE_INPUT),
	{ 0 },
};

/* the first separator tells which of . and / is one; see sysctl.d(5) */
static const char *live_path(struct arena *arena, const char *name)
{
	char *path = arena_printf(arena, LIVE "/%s", name), *c;

	c = path + strlen(LIVE "/");
	if (c[strcspn(c, "./")] == '/')
		return path;
	for (; *c; c++)
		*c = *c == '.' ? '/' : *c == '/' ? '.' : *c;
	return path;
}

static const char *usual_path(struct arena *arena, const char *name)
{
	char *path = arena_printf(arena, "/etc/sysctl.d/60-plumb-%s.conf",
	    name), *c;

	for (c = path + strlen("/etc/sysctl.d/"); (c = strchr(c, '/'));)
		*c = '.';
	return path;
}

static const char *writes(struct job *job, const char *name)
{
	return usual_path(job->arena, name);
}

static const char *file_path(struct arena *arena, const struct sysctl *want)
{
	return want->file ? want->file : usual_path(arena, want->name);
}

static const char *file_text(struct arena *arena, const struct sysctl *want)
{
	return arena_printf(arena, "# by plumb: sysctl:%s\n%s = %s\n",
	    want->name, want->name, want->value);
}

/* the kernel puts tabs where people put blanks */
static const char *in_single_blanks(struct arena *arena, const char *value)
{
	struct text text = text_new(arena);
	size_t size;

	for (; *(value += strspn(value, " \t\n")); value += size) {
		size = strcspn(value, " \t\n");
		if (text.size)
			text_add_char(&text, ' ');
		text_add_bytes(&text, value, size);
	}
	return text_string(&text);
}

/* the value as desired where it means the same; NULL: there is no setting */
static int observe_live(struct job *job, const struct host *host,
    const struct sysctl *want, const char **out)
{
	struct file_read file;
	struct entry entry;
	const char *live;

	*out = want->value;
	if (host_look(job, host, LIVE, &entry) < 0)
		return -1;
	if (entry.type == ENTRY_ABSENT)
		return 0;
	if (host_read(job, host, live_path(job->arena, want->name), 0,
	    &file) < 0)
		return -1;
	*out = NULL;
	if (file.entry.type != ENTRY_FILE)
		return 0;
	*out = live = in_single_blanks(job->arena, file.content.data);
	if (want->value && strcmp(live, in_single_blanks(job->arena,
	    want->value)) == 0)
		*out = want->value;
	return 0;
}

static int observe(struct job *job, const struct host *host,
    const void *desired, void *observed)
{
	const struct sysctl *want = desired;
	struct sysctl *is = observed;
	const char *text;
	struct file_read file;

	is->name = want->name;
	is->file = file_path(job->arena, want);
	if (host_read(job, host, is->file, 0, &file) < 0 ||
	    observe_live(job, host, want, &is->value) < 0)
		return -1;
	if (file.entry.type == ENTRY_ABSENT) {
		is->persistent = 0;
		return !want->persistent && is->value;
	}
	text = want->value ? file_text(job->arena, want) : "";
	is->persistent = !want->persistent ||
	    strcmp(file.content.data, text) == 0;
	return 1;
}

static int set_live(struct job *job, struct host *host,
    const struct sysctl *want)
{
	struct bytes value = { want->value, strlen(want->value) };
	const char *now;

	if (observe_live(job, host, want, &now) < 0)
		return -1;
	if (!now)
		return job_fail(job, "this kernel has no setting '%s'; is there a module to load first?", want->name);
	if (now == want->value)
		return 0;
	return host_poke(job, host, live_path(job->arena, want->name), value);
}

static int apply(struct job *job, struct host *host, const void *desired,
    const void *observed)
{
	const struct sysctl *want = desired, *is = observed;
	const char *path = file_path(job->arena, want);
	const char *text = file_text(job->arena, want);
	struct file_write write = {
		.content = { text, strlen(text) },
		.access = { 0644, (uid_t)-1, (gid_t)-1 },
	};

	if (set_live(job, host, want) < 0)
		return -1;
	if (!want->persistent)
		return host_unlink(job, host, path);
	if (is && is->persistent)
		return 0;
	return host_write(job, host, path, &write);
}

static int remove_sysctl(struct job *job, struct host *host,
    const void *observed)
{
	return host_unlink(job, host, ((const struct sysctl *)observed)->file);
}

/* what its file says, or else what the kernel does */
static int adopt(struct job *job, const struct host *host, void *desired)
{
	struct sysctl *s = desired;
	const struct sysctl empty = { .name = s->name, .value = "" };
	const char *path = file_path(job->arena, s);
	const char *text = file_text(job->arena, &empty);
	size_t size = strlen(text) - 1;
	struct file_read file;

	if (host_read(job, host, path, 0, &file) < 0)
		return -1;
	if (file.entry.type == ENTRY_ABSENT) {
		s->persistent = 0;
		return observe_live(job, host, s, &s->value) < 0 ? -1 :
		    s->value != NULL;
	}
	s->value = file.content.data + size;
	if (strncmp(file.content.data, text, size) != 0 ||
	    s->value[strcspn(s->value, "\n")] != '\n' ||
	    strchr(s->value, '\n')[1])
		return job_fail(job, "'%s' is not as plumb writes it; adopt it as file:%s",
		    path, path);
	s->value = arena_copy(job->arena, s->value, strlen(s->value) - 1);
	return 1;
}

static int check(struct job *job, const void *desired)
{
	const struct sysctl *want = desired;
	const char *path = live_path(job->arena, want->name);
	int result = 0;

	if (!*want->name || strstr(path, "//") || strstr(path, "/./") ||
	    strstr(path, "/../") || strpbrk(path, " \t\n=#"))
		result = job_fail(job, "'%s' cannot be the name of a kernel setting; net.ipv4.ip_forward is one", want->name);
	if (want->value && strpbrk(want->value, "\n"))
		result = job_fail(job, "'value' must be one line");
	return result;
}

static int requires(struct job *job, const void *desired)
{
	const struct sysctl *want = desired;
	const char *path = file_path(job->arena, want);

	job_owns(job, "path", live_path(job->arena, want->name));
	job_owns(job, "path", path);
	job_requires_path(job, path, "its file is in that directory");
	return 0;
}

const struct kind kind_sysctl = {
	.name = "sysctl",
	.section = "sysctls",
	.about = "a setting of the running kernel, and that it lasts",
	.attributes = attributes,
	.size = sizeof(struct sysctl),
	.observe = observe,
	.apply = apply,
	.remove = remove_sysctl,
	.adopt = adopt,
	.check = check,
	.requires = requires,
	.writes = writes,
};
