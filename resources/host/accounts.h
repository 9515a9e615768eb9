/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * accounts.h - users and groups of a host, from its own passwd and group
 * files (not from LDAP and the like, which nobody declares here).
 */
#pragma once

#include "host.h"

struct account {
	const char *name;
	uid_t uid;
	gid_t gid;
	const char *comment; /* gecos */
	const char *home;
	const char *shell;
	/* the password cannot be used: it starts with ! or *; unknown without
	   the right to read shadow: -1 */
	int locked;
};

struct account_group {
	const char *name;
	gid_t gid;
	struct strings members;
};

/* nothing read yet; for whoever makes a host. host_close() closes it */
struct accounts *accounts_open(struct arena *);
void accounts_close(struct accounts *);

/* 1: found, 0: there is none, -1: said why. Read once until accounts_forget */
int host_user(struct job *, const struct host *, const char *name,
    struct account *);
int host_group(struct job *, const struct host *, const char *name,
    struct account_group *);
/* supplementary groups of a user, sorted */
int host_user_groups(struct job *, const struct host *, const char *name,
    struct strings *);
/* by number; 0 when it has no name */
int host_user_name(struct job *, const struct host *, uid_t, const char **);
int host_group_name(struct job *, const struct host *, gid_t, const char **);
/* an owner as specs say it: a name or a number; 1, 0: no such, -1 */
int host_find_uid(struct job *, const struct host *, const char *, uid_t *);
int host_find_gid(struct job *, const struct host *, const char *, gid_t *);
/* something changed them: read again when next asked */
void host_forget_accounts(struct host *);
