/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reboot.c - which boot of a host this is, and who asks for the next one.
 */
#include "reboot.h"

#include <string.h>

enum { ID_LONGEST = 64, LIST_LONGEST = 1 << 20 };

int host_boot(struct job *job, const struct host *host, const char **id)
{
	struct file_read file;

	if (host_read(job, host, "/proc/sys/kernel/random/boot_id", ID_LONGEST,
	    &file) < 0)
		return -1;
	*id = arena_copy(job->arena, file.content.data,
	    strcspn(file.content.data, "\n"));
	return **id != '\0';
}

bool host_is_going_down(struct job *job, const struct host *host)
{
	static const char *const ask[] = { "systemctl", "is-system-running",
		NULL };
	const struct process process = { .argv = ask };
	struct err nowhere = err_new(job->arena);
	struct job quiet = { .arena = job->arena, .err = &nowhere };
	struct file_read first;
	struct outcome said;

	/* what systemd becomes at last answers nobody */
	if (!host_read(&quiet, host, "/proc/1/comm", ID_LONGEST, &first) &&
	    !strncmp(first.content.data, "systemd-shutdow", 15))
		return true;
	return !host_ask(&quiet, host, &process, &said) &&
	    !strncmp(said.out.data, "stopping", 8);
}

int host_asks_reboot(struct job *job, const struct host *host,
    struct strings *packages)
{
	size_t capacity = 0, size;
	struct entry asked;
	struct file_read list;
	const char *p;

	*packages = (struct strings){ 0 };
	if (host_look(job, host, "/run/reboot-required", &asked) < 0)
		return -1;
	if (asked.type == ENTRY_ABSENT)
		return 0;
	if (host_read(job, host, "/run/reboot-required.pkgs", LIST_LONGEST,
	    &list) < 0)
		return -1;
	for (p = list.content.data; *p; p += size + (p[size] != '\0')) {
		size = strcspn(p, "\n");
		if (size)
			arena_push(job->arena, packages->item, packages->count,
			    capacity, arena_copy(job->arena, p, size));
	}
	return 1;
}
