/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * leftovers.c - what a killed run left beside the files that it wrote.
 *
 * An act is announced before its file is staged, so every file that a kill can
 * leave half done is of an act that is open.
 */
#include "leftovers.h"

#include <string.h>

#include "../resources/resource.h"
#include "../specs/json.h"
#include "kinds.h"

static const char *path_of(struct job *job, const struct kind *kind,
    const char *described)
{
	const struct attribute *row;
	const struct value *path;
	struct value map;

	for (row = kind->attributes; row->name; row++)
		if (row->flags & ATTRIBUTE_NAME && row->type == TYPE_PATH)
			break;
	if (!row->name || json_read(job->arena, (struct bytes){ described,
	    strlen(described) }, "the journal", &map, job->err))
		return NULL;
	path = value_find(&map, row->name);
	return path && path->type == VALUE_TEXT ? path->text : NULL;
}

static void remove_one(struct job *job, struct host *host,
    const struct journal_act *act)
{
	size_t size = strcspn(act->address, ":");
	const struct kind *kind = kind_find_word(act->address, size);
	const char *path;

	if (!kind || !act->desired || !act->address[size])
		return;
	path = kind->writes ? kind->writes(job, act->address + size + 1) :
	    path_of(job, kind, act->desired);
	if (path && path[0] == '/')
		host_unlink(job, host, host_staged(job->arena, path));
}

void leftovers_remove(struct arena *a, struct host *host,
    const struct journal_acts *open)
{
	struct err nowhere = err_new(a);
	struct job job = { .arena = a, .err = &nowhere };
	size_t i;

	for (i = 0; i < open->count; i++)
		remove_one(&job, host, &open->item[i]);
}
