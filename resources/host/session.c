/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session.c - by which connection somebody is here.
 *
 * sudo takes SSH_CONNECTION away from what it runs, so whoever started us is
 * asked as well, from us up to the first process.
 */
#include "session.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* processes above us; bytes of what /proc says of one */
enum { ABOVE = 64, SAID = 256 << 10 };

/* NULL where it cannot be read */
static const char *read_text(struct job *job, const struct host *host,
    const char *path, size_t *size)
{
	struct err unheard = err_new(job->arena);
	struct job quiet = *job;
	struct file_read file;

	quiet.err = &unheard;
	if (host_read(&quiet, host, path, SAID, &file) < 0 ||
	    !file.content.size)
		return NULL;
	*size = file.content.size;
	return file.content.data;
}

static const char *connection_of(struct job *job, const struct host *host,
    int pid)
{
	static const char name[] = "SSH_CONNECTION=";
	size_t size = 0, i;
	const char *text = read_text(job, host, arena_printf(job->arena,
	    "/proc/%d/environ", pid), &size);

	for (i = 0; text && i < size; i += strlen(text + i) + 1)
		if (!strncmp(text + i, name, sizeof(name) - 1) &&
		    text[i + sizeof(name) - 1])
			return text + i + sizeof(name) - 1;
	return NULL;
}

/* proc_pid_stat(5): what follows the name, which may hold anything */
static bool read_stat(struct job *job, const struct host *host, int pid,
    int *parent, int *session)
{
	size_t size;
	const char *text = read_text(job, host, arena_printf(job->arena,
	    "/proc/%d/stat", pid), &size);
	const char *end = text ? strrchr(text, ')') : NULL;

	return end && sscanf(end + 1, " %*c %d %*d %d", parent, session) == 2;
}

/* "session-3.scope" of systemd-logind(8); NULL: none */
static const char *scope_of(struct job *job, const struct host *host)
{
	size_t size;
	const char *text = read_text(job, host, "/proc/self/cgroup", &size);
	const char *at = text ? strstr(text, "/session-") : NULL;

	return at ? arena_copy(job->arena, at + 1, strcspn(at + 1, "/\n")) :
	    NULL;
}

/* the kernel's word for a process that nobody logged in for */
static const char *audit_of(struct job *job, const struct host *host)
{
	size_t size;
	const char *text = read_text(job, host, "/proc/self/sessionid", &size);

	return text && strcmp(text, "4294967295") ? text : NULL;
}

const char *host_session(struct job *job, const struct host *host)
{
	int pid = getpid(), parent, own = 0, leader = 0, i;
	const char *found;

	for (i = 0; i < ABOVE && pid > 0; i++, pid = parent) {
		found = connection_of(job, host, pid);
		if (found)
			return arena_printf(job->arena, "ssh %s", found);
		if (!read_stat(job, host, pid, &parent, i ? &leader : &own))
			break;
	}
	found = scope_of(job, host);
	if (found)
		return arena_printf(job->arena, "logind %s", found);
	found = audit_of(job, host);
	if (found)
		return arena_printf(job->arena, "audit %s", found);
	return arena_printf(job->arena, "terminal %d", own);
}
