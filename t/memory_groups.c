/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memory_groups.c - the machine in memory: groupadd and its kin.
 */
#include <string.h>

#include "memory_rows.h"

static int groupadd(struct run *r)
{
	struct rows groups = rows_read(r->memory, GROUP);
	struct rows users = rows_read(r->memory, PASSWD);
	struct options o;
	int status = options_read(r, "g:r", &o);

	if (status)
		return status;
	if (row_find(&groups, 0, o.name))
		return complain(r, 9, "group '%s' already exists", o.name);
	if (o.value['g'] && row_find(&groups, 2, o.value['g']))
		return complain(r, 4, "GID '%s' already exists",
		    o.value['g']);
	if (!run_changes(r))
		return 1;
	row_add(r->memory, &groups, arena_printf(r->memory->arena, "%s:x:%s:",
	    o.name, or(o.value['g'], number_free(r->memory, &groups, &users,
	        o.value['r']))));
	rows_write(r->memory, GROUP, &groups);
	return 0;
}

static int groupmod(struct run *r)
{
	struct rows groups = rows_read(r->memory, GROUP);
	struct rows users = rows_read(r->memory, PASSWD);
	struct options o;
	struct row *row;
	size_t i;
	int status = options_read(r, "g:n:", &o);

	if (status)
		return status;
	row = row_find(&groups, 0, o.name);
	if (!row)
		return complain(r, 6, "group '%s' does not exist", o.name);
	if (!run_changes(r))
		return 1;
	/* it takes the users along whose group it is */
	for (i = 0; o.value['g'] && i < users.count; i++)
		if (strcmp(users.row[i].field[3], row->field[2]) == 0)
			users.row[i].field[3] = o.value['g'];
	row->field[2] = or(o.value['g'], row->field[2]);
	row->field[0] = or(o.value['n'], row->field[0]);
	rows_write(r->memory, GROUP, &groups);
	rows_write(r->memory, PASSWD, &users);
	return 0;
}

static int groupdel(struct run *r)
{
	struct rows groups = rows_read(r->memory, GROUP);
	struct rows users = rows_read(r->memory, PASSWD);
	struct options o;
	struct row *row;
	int status = options_read(r, "f", &o);

	if (status)
		return status;
	row = row_find(&groups, 0, o.name);
	if (!row)
		return complain(r, 6, "group '%s' does not exist", o.name);
	if (row_find(&users, 3, row->field[2]))
		return complain(r, 8, "cannot remove the primary group of user '%s'",
		    row_find(&users, 3, row->field[2])->field[0]);
	if (!run_changes(r))
		return 1;
	row->gone = true;
	rows_write(r->memory, GROUP, &groups);
	return 0;
}

static int gpasswd(struct run *r)
{
	struct rows groups = rows_read(r->memory, GROUP);
	struct rows users = rows_read(r->memory, PASSWD);
	struct arena *a = r->memory->arena;
	struct options o;
	struct row *row;
	int status = options_read(r, "M:a:d:", &o);

	if (status)
		return status;
	row = row_find(&groups, 0, o.name);
	if (!row)
		return complain(r, 3, "group '%s' does not exist", o.name);
	status = members_check(r, &users, or(o.value['M'],
	    or(o.value['a'], "")), 3);
	if (status)
		return status;
	if (!run_changes(r))
		return 1;
	row->field[3] = or(o.value['M'], row->field[3]);
	if (o.value['a'])
		row->field[3] = member_add(a, row->field[3], o.value['a']);
	if (o.value['d'])
		row->field[3] = member_remove(a, row->field[3], o.value['d']);
	rows_write(r->memory, GROUP, &groups);
	return 0;
}

const struct builtin group_programs[] = {
	{ "groupadd", groupadd },
	{ "groupmod", groupmod },
	{ "groupdel", groupdel },
	{ "gpasswd", gpasswd },
	{ NULL, NULL },
};
