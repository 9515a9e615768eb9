/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memory_rows.h - the machine in memory: the lines of /etc/passwd and its kin,
 * lists of members, and the options of the programs that change them.
 */
#pragma once

#include "memory_inside.h"

#define PASSWD "/etc/passwd"
#define GROUP "/etc/group"
#define SHADOW "/etc/shadow"

enum { FIELDS = 9 };

/* lines of a file, cut at colons */
struct rows {
	size_t count;
	size_t capacity;
	struct row {
		const char *field[FIELDS];
		bool gone;
	} *row;
};

/* by letter; "" for one without a value */
struct options {
	const char *value[128];
	const char *name;
};

void row_read(struct arena *, const char *line, size_t size, struct row *);
struct rows rows_read(struct memory *, const char *path);
void rows_write(struct memory *, const char *path, const struct rows *);
void row_add(struct memory *, struct rows *, const char *line);
/* by a name (field 0) or number (field 2); NULL */
struct row *row_find(const struct rows *, int field, const char *value);
/* by either; NULL */
struct row *group_find(const struct rows *groups, const char *what);
/* one that neither has */
const char *number_free(struct memory *, const struct rows *,
    const struct rows *, bool system);

/* letters before a colon take a value; 0, or what to exit with */
int options_read(struct run *, const char *letters, struct options *);
const char *or(const char *given, const char *otherwise);

/* lists of names with commas between */
bool member_has(const char *list, const char *name);
const char *member_remove(struct arena *, const char *list, const char *name);
const char *member_add(struct arena *, const char *list, const char *name);
/* 0, or what to exit with because one is missing, a user or a group */
int members_check(struct run *, const struct rows *in, const char *list,
    int status);
