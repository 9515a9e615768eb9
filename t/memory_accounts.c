/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memory_accounts.c - the machine in memory: useradd and its kin.
 */
#include <stdlib.h>
#include <string.h>

#include "memory_rows.h"

/* the user is in those of `list` and in no others */
static void members_set(struct memory *m, struct rows *groups,
    const char *list, const char *user)
{
	struct row *row;
	size_t i;

	for (i = 0; i < groups->count; i++) {
		row = &groups->row[i];
		row->field[3] = member_has(list, row->field[0]) ?
		    member_add(m->arena, row->field[3], user) :
		    member_remove(m->arena, row->field[3], user);
	}
}

static int user_check(struct run *r, const struct options *o,
    const struct rows *users, const struct rows *groups)
{
	const struct row *other = o->value['u'] ?
	    row_find(users, 2, o->value['u']) : NULL;

	if (other && strcmp(other->field[0], o->name) != 0)
		return complain(r, 4, "UID %s is not unique", o->value['u']);
	if (o->value['g'] && !group_find(groups, o->value['g']))
		return complain(r, 6, "group '%s' does not exist",
		    o->value['g']);
	return o->value['G'] ?
	    members_check(r, groups, o->value['G'], 6) : 0;
}

static void home_make(struct memory *m, const char *path, const char *uid,
    const char *gid)
{
	struct node *n;

	if (node_find(m, path))
		return;
	memory_directory(m, path);
	n = node_find(m, path);
	n->entry.mode = 0700;
	n->entry.uid = (uid_t)strtoul(uid, NULL, 10);
	n->entry.gid = (gid_t)strtoul(gid, NULL, 10);
}

static void user_add(struct memory *m, const struct options *o,
    struct rows *users, struct rows *groups)
{
	struct rows shadow = rows_read(m, SHADOW);
	const char *uid = or(o->value['u'], number_free(m, users, groups,
	    o->value['r']));
	const char *home = or(o->value['d'], arena_printf(m->arena,
	    "/home/%s", o->name));
	const char *gid = uid;

	if (o->value['g'])
		gid = group_find(groups, o->value['g'])->field[2];
	else if (row_find(groups, 2, uid))
		gid = number_free(m, groups, groups, o->value['r']);
	if (!o->value['g'])
		row_add(m, groups,
		    arena_printf(m->arena, "%s:x:%s:", o->name, gid));
	row_add(m, users, arena_printf(m->arena, "%s:x:%s:%s:%s:%s:%s",
	    o->name, uid, gid, or(o->value['c'], ""), home,
	    or(o->value['s'], "/bin/sh")));
	row_add(m, &shadow,
	    arena_printf(m->arena, "%s:!:19000:0:99999:7:::", o->name));
	if (o->value['G'])
		members_set(m, groups, o->value['G'], o->name);
	rows_write(m, PASSWD, users);
	rows_write(m, GROUP, groups);
	rows_write(m, SHADOW, &shadow);
	if (o->value['m'])
		home_make(m, home, uid, gid);
}

static int useradd(struct run *r)
{
	struct rows users = rows_read(r->memory, PASSWD);
	struct rows groups = rows_read(r->memory, GROUP);
	struct options o;
	int status = options_read(r, "u:g:G:d:s:c:rmMN", &o);

	if (status)
		return status;
	if (row_find(&users, 0, o.name))
		return complain(r, 9, "user '%s' already exists", o.name);
	if (!o.value['g'] && row_find(&groups, 0, o.name))
		return complain(r, 9, "group %s exists - if you want to add this user to that group, use -g.", o.name);
	status = user_check(r, &o, &users, &groups);
	if (status)
		return status;
	if (!run_changes(r))
		return 1;
	user_add(r->memory, &o, &users, &groups);
	return 0;
}

/* 0, or the status of a user who is not there */
static int lock(struct run *r, const char *name, bool locked)
{
	struct rows shadow = rows_read(r->memory, SHADOW);
	struct row *row = row_find(&shadow, 0, name);

	if (!row)
		return complain(r, 6, "user '%s' does not exist", name);
	if (locked && row->field[1][0] != '!')
		row->field[1] = arena_printf(r->memory->arena, "!%s",
		    row->field[1]);
	else if (!locked && row->field[1][0] == '!' && !row->field[1][1])
		return complain(r, 1, "unlocking the user's password would result in a passwordless account");
	else if (!locked && row->field[1][0] == '!')
		row->field[1]++;
	rows_write(r->memory, SHADOW, &shadow);
	return 0;
}

static int usermod(struct run *r)
{
	static const char letters[] = "ucds";
	static const int fields[] = { 2, 4, 5, 6 };
	struct memory *m = r->memory;
	struct rows users = rows_read(m, PASSWD);
	struct rows groups = rows_read(m, GROUP);
	struct options o;
	struct row *user;
	size_t i;
	int status = options_read(r, "u:g:G:d:s:c:LUm", &o);

	user = status ? NULL : row_find(&users, 0, o.name);
	if (!status && !user)
		status = complain(r, 6, "user '%s' does not exist", o.name);
	if (!status)
		status = user_check(r, &o, &users, &groups);
	if (status)
		return status;
	if (!run_changes(r))
		return 1;
	for (i = 0; letters[i]; i++)
		if (o.value[(int)letters[i]])
			user->field[fields[i]] = o.value[(int)letters[i]];
	if (o.value['g'])
		user->field[3] = group_find(&groups, o.value['g'])->field[2];
	if (o.value['G'])
		members_set(m, &groups, o.value['G'], o.name);
	rows_write(m, PASSWD, &users);
	rows_write(m, GROUP, &groups);
	return o.value['L'] || o.value['U'] ?
	    lock(r, o.name, o.value['L'] != NULL) : 0;
}

static void tree_remove(struct memory *m, const char *path)
{
	const char *below = arena_printf(m->arena, "%s/", path);
	const struct node *n = NULL, *next;
	size_t index = 0;

	for (n = node_next(m, &index, NULL); n; n = next) {
		next = node_next(m, &index, n);
		if (strncmp(n->path, below, strlen(below)) == 0)
			node_remove(m, n->path);
	}
	node_remove(m, path);
}

static int userdel(struct run *r)
{
	struct memory *m = r->memory;
	struct rows users = rows_read(m, PASSWD);
	struct rows groups = rows_read(m, GROUP);
	struct rows shadow = rows_read(m, SHADOW);
	struct row *user, *row;
	struct options o;
	int status = options_read(r, "rf", &o);

	if (status)
		return status;
	user = row_find(&users, 0, o.name);
	if (!user)
		return complain(r, 6, "user '%s' does not exist", o.name);
	if (!run_changes(r))
		return 1;
	user->gone = true;
	members_set(m, &groups, "", o.name);
	if ((row = row_find(&shadow, 0, o.name)))
		row->gone = true;
	row = row_find(&groups, 0, o.name);
	if (row && strcmp(row->field[2], user->field[3]) == 0 &&
	    !*row->field[3])
		row->gone = true;
	rows_write(m, PASSWD, &users);
	rows_write(m, GROUP, &groups);
	rows_write(m, SHADOW, &shadow);
	if (o.value['r'])
		tree_remove(m, user->field[5]);
	return 0;
}

/* chpasswd -e: NAME:HASH, one a line */
static int chpasswd(struct run *r)
{
	struct rows shadow = rows_read(r->memory, SHADOW);
	const char *line = r->input;
	struct row given, *row;
	size_t size;

	if (r->argc != 2 || strcmp(r->argv[1], "-e") != 0)
		return complain(r, 2, "the machine in memory has only -e");
	for (; *line; line += size + (line[size] == '\n')) {
		size = strcspn(line, "\n");
		row_read(r->memory->arena, line, size, &given);
		row = row_find(&shadow, 0, given.field[0]);
		if (!row)
			return complain(r, 1, "line 1: user '%s' does not exist",
			    given.field[0]);
		row->field[1] = given.field[1];
	}
	if (!run_changes(r))
		return 1;
	rows_write(r->memory, SHADOW, &shadow);
	return 0;
}

static int passwd(struct run *r)
{
	struct options o;
	int status = options_read(r, "lu", &o);

	if (status)
		return status;
	if (!run_changes(r))
		return 1;
	return lock(r, o.name, o.value['l'] != NULL);
}

const struct builtin account_programs[] = {
	{ "useradd", useradd },
	{ "usermod", usermod },
	{ "userdel", userdel },
	{ "chpasswd", chpasswd },
	{ "passwd", passwd },
	{ NULL, NULL },
};
