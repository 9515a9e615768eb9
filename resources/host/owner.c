/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * owner.c - who owns what is there, as specs say it: a name or a number.
 */
#include "owner.h"

#include "accounts.h"

int host_owner(struct job *job, const struct host *host, uid_t uid,
    const char *wanted, const char **out)
{
	uid_t meant;
	int found = 0;

	*out = wanted;
	if (wanted && (found = host_find_uid(job, host, wanted, &meant)) < 0)
		return -1;
	if (found && meant == uid)
		return 0;
	if ((found = host_user_name(job, host, uid, out)) < 0)
		return -1;
	if (!found)
		*out = arena_printf(job->arena, "%u", uid);
	return 0;
}

int host_owner_group(struct job *job, const struct host *host, gid_t gid,
    const char *wanted, const char **out)
{
	gid_t meant;
	int found = 0;

	*out = wanted;
	if (wanted && (found = host_find_gid(job, host, wanted, &meant)) < 0)
		return -1;
	if (found && meant == gid)
		return 0;
	if ((found = host_group_name(job, host, gid, out)) < 0)
		return -1;
	if (!found)
		*out = arena_printf(job->arena, "%u", gid);
	return 0;
}

static int missing(struct job *job, const char *what, const char *name)
{
	return job_fail(job, "there is no %s '%s' on this host; declare it under %ss", what, name, what);
}

int host_owner_ids(struct job *job, const struct host *host,
    const char *const wanted[2], uid_t *uid, gid_t *gid)
{
	int found;

	*uid = (uid_t)-1;
	*gid = (gid_t)-1;
	if (wanted[0]) {
		found = host_find_uid(job, host, wanted[0], uid);
		if (found <= 0)
			return found ? -1 : missing(job, "user", wanted[0]);
	}
	if (wanted[1]) {
		found = host_find_gid(job, host, wanted[1], gid);
		if (found <= 0)
			return found ? -1 : missing(job, "group", wanted[1]);
	}
	return 0;
}
