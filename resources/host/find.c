/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * find.c - whether a program is there, before it is run.
 */
#include <string.h>

#include "host.h"

static int is_there(struct job *job, const struct host *host, const char *path)
{
	struct entry entry;

	if (host_look(job, host, path, &entry) < 0)
		return -1;
	return entry.type == ENTRY_LINK || entry.type == ENTRY_FILE;
}

int host_has_program(struct job *job, const struct host *host,
    const char *name)
{
	/* where host_run() searches */
	static const char *const folders[] = { "/usr/local/sbin",
		"/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin" };
	int found = 0;
	size_t i;

	if (strchr(name, '/'))
		return is_there(job, host, name);
	for (i = 0; !found && i < sizeof(folders) / sizeof(*folders); i++)
		found = is_there(job, host,
		    arena_printf(job->arena, "%s/%s", folders[i], name));
	return found;
}
