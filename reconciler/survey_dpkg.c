/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * survey_dpkg.c - what dpkg and apt know: packages that somebody asked for, who
 * owns what in /etc, and which configuration was changed.
 */
#include <stdlib.h>
#include <string.h>

#include "../resources/host/host.h"
#include "survey.h"

enum { OUTPUT = 64 << 20 };

static const char every_debian[] = "packages that every Debian host has";

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool has(const struct strings *s, const char *text)
{
	return s->count && bsearch(&text, s->item, s->count, sizeof(*s->item),
	    by_text);
}

static void sort(struct strings *s)
{
	if (s->count)
		qsort(s->item, s->count, sizeof(*s->item), by_text);
}

/* a line without its end, cut off what is left; NULL at the end */
static char *next_line(struct arena *a, const char **rest)
{
	size_t size = strcspn(*rest, "\n");
	char *line;

	if (!**rest)
		return NULL;
	line = arena_copy(a, *rest, size);
	*rest += size + ((*rest)[size] == '\n');
	return line;
}

static int ask(struct survey *s, const struct process *p, struct outcome *said)
{
	if (host_ask(s->job, s->host, p, said) < 0)
		return -1;
	if (said->truncated)
		return job_fail(s->job, "%s says too much", p->argv[0]);
	return 0;
}

/* --- packages --- */

/* names that apt says were asked for */
static int read_manual(struct survey *s, struct strings *out)
{
	static const char *const argv[] = { "apt-mark", "showmanual", NULL };
	const struct process p = { .argv = argv, .limit = OUTPUT };
	struct outcome said;
	const char *rest;
	char *line;
	size_t capacity = 0;
	int there = host_has_program(s->job, s->host, "apt-mark");

	if (there <= 0)
		return there;
	if (ask(s, &p, &said) < 0)
		return -1;
	if (said.status)
		return job_fail(s->job, "apt-mark cannot say which packages were asked for: %s",
		    outcome_last(s->job->arena, &said));
	rest = said.out.data;
	while ((line = next_line(s->job->arena, &rest)))
		arena_push(s->job->arena, out->item, out->count, capacity,
		    line);
	sort(out);
	return 0;
}

/* "Pname\tpriority\tii ": a package, of which the rest are lines of its own */
static void take_package(struct survey *s, char *line,
    const struct strings *manual)
{
	char *priority = strchr(line, '\t'), *status;

	if (!priority)
		return;
	*priority++ = '\0';
	status = priority + strcspn(priority, "\t");
	if (*status)
		*status++ = '\0';
	if (strncmp(status, "ii", 2) && strncmp(status, "hi", 2))
		return;
	if (!has(manual, line))
		survey_leave_out(s, "packages that others brought", line);
	else if (!strcmp(priority, "required") && *status == 'i')
		survey_leave_out(s, every_debian, line);
	else
		survey_add(s, "package", line, NULL);
}

/* " /etc/path MD5[ obsolete]" as md5sum(1) wants to be asked about it */
static void take_conffile(struct text *sums, const char *line)
{
	const char *path = line + strspn(line, " "), *space, *sum;
	size_t size;

	space = strchr(path, ' ');
	if (*path != '/' || !space || strchr(path, '\\'))
		return;
	sum = space + 1;
	size = strspn(sum, "0123456789abcdef");
	if (size == 32 && !sum[size])
		text_addf(sums, "%.32s  %.*s\n", sum, (int)(space - path),
		    path);
}

static int read_packages(struct survey *s, struct text *sums)
{
	static const char *const argv[] = { "dpkg-query", "-W", "-f",
		"P${Package}\t${Priority}\t${db:Status-Abbrev}\n"
		"${Conffiles}\n", NULL };
	const struct process p = { .argv = argv, .limit = OUTPUT };
	struct strings manual = { 0 };
	struct outcome said;
	const char *rest;
	char *line;

	if (read_manual(s, &manual) < 0 || ask(s, &p, &said) < 0)
		return -1;
	rest = said.out.data;
	while ((line = next_line(s->job->arena, &rest)))
		if (*line == 'P')
			take_package(s, line + 1, &manual);
		else
			take_conffile(sums, line);
	return 0;
}

/* --- /etc --- */

/* "package, other: /etc/path", also of diversions */
static int read_owned(struct survey *s, struct strings *out)
{
	static const char *const argv[] = { "dpkg-query", "-S", "/etc/*",
		NULL };
	const struct process p = { .argv = argv, .limit = OUTPUT };
	struct outcome said;
	const char *rest, *path;
	char *line;
	size_t capacity = 0;

	if (ask(s, &p, &said) < 0)
		return -1;
	rest = said.out.data;
	while ((line = next_line(s->job->arena, &rest)))
		if ((path = strstr(line, ": /")))
			arena_push(s->job->arena, out->item, out->count,
			    capacity, path + 2);
	sort(out);
	return 0;
}

/* what ucf(1) put there, for packages whose scripts do that */
static int add_ucf(struct survey *s, struct text *sums)
{
	struct file_read file;
	const char *rest;
	char *line;

	if (host_read(s->job, s->host, "/var/lib/ucf/hashfile", 0, &file) < 0)
		return -1;
	rest = file.content.data;
	while ((line = next_line(s->job->arena, &rest)))
		if (strspn(line, "0123456789abcdef") == 32 &&
		    !strncmp(line + 32, "  /etc/", 7) && !strchr(line, '\\'))
			text_addf(sums, "%s\n", line);
	return 0;
}

/* "/etc/path: OK", "/etc/path: FAILED"; what is missing is complained of */
static int compare_sums(struct survey *s, struct text *sums,
    struct shipped *out)
{
	static const char *const argv[] = { "md5sum", "-c", "-", NULL };
	const struct process p = { .argv = argv, .limit = OUTPUT,
		.input = { text_string(sums), sums->size } };
	size_t changed = 0, pristine = 0;
	struct outcome said;
	const char *rest;
	char *line, *colon;

	if (!sums->size)
		return 0;
	if (ask(s, &p, &said) < 0)
		return -1;
	rest = said.out.data;
	while ((line = next_line(s->job->arena, &rest))) {
		colon = strrchr(line, ':');
		if (!colon)
			continue;
		*colon = '\0';
		if (!strcmp(colon + 1, " OK"))
			arena_push(s->job->arena, out->pristine.item,
			    out->pristine.count, pristine, line);
		else if (!strcmp(colon + 1, " FAILED"))
			arena_push(s->job->arena, out->changed.item,
			    out->changed.count, changed, line);
		else
			survey_leave_out(s, "configuration files that were removed",
			    line);
	}
	sort(&out->changed);
	sort(&out->pristine);
	return 0;
}

int survey_packages(struct survey *s, struct shipped *out)
{
	struct text sums = text_new(s->job->arena);
	int there = host_has_program(s->job, s->host, "dpkg-query");

	*out = (struct shipped){ 0 };
	if (there < 0)
		return -1;
	if (!there) {
		survey_leave_out(s, "all packages, as there is no dpkg-query",
		    "dpkg-query");
		return 0;
	}
	return read_packages(s, &sums) || read_owned(s, &out->owned) ||
	    add_ucf(s, &sums) || compare_sums(s, &sums, out) ? -1 : 0;
}
