/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * keep.c - the bytes from before, so that they can be put back.
 *
 * Those of all that is announced together share their syncs.
 */
#include "../specs/member.h"
#include "apply.h"
#include "objects.h"
#include "past.h"

/* what `row` held and will no longer hold; NULL: nothing, or it is secret */
static const struct content *content_gone(const struct task *t,
    const struct attribute *row)
{
	const struct resource *r = t->resource;
	uint64_t bit = UINT64_C(1) << (row - r->kind->attributes);
	bool all = t->action == ACTION_REMOVE || t->action == ACTION_REPLACE;

	if (type_storage(row->type) != AS_CONTENT ||
	    row_is_alias(r->kind->attributes, row) ||
	    resource_hides(r, row) || !(all || (t->differ & bit)))
		return NULL;
	return MEMBER_OF(struct content *, row, r->observed);
}

/* 1: there are bytes to keep; what was too large to be held is read now */
static int bytes_of(struct task *t, struct arena *scratch,
    const struct content *c, struct bytes *out)
{
	const char *path = past_path(t->resource->kind, t->resource->observed);
	struct job job = t->job;
	struct file_read file;

	if (!c || c->size > PAST_KEPT || (!c->data && !path))
		return 0;
	*out = (struct bytes){ c->data, c->size };
	if (c->data)
		return 1;
	job.arena = scratch;
	if (host_read(&job, t->applier->host, path, PAST_KEPT, &file)) {
		t->fate = FATE_FAILED;
		return 0;
	}
	*out = file.content;
	return 1;
}

int keep_bytes(struct task *const *tasks, struct journal_act *acts, size_t n,
    struct err *err)
{
	scoped_arena *scratch = arena_open();
	struct object *objects = NULL, object = { 0 };
	size_t *whose = NULL, count = 0, room = 0, owners = 0, owned = 0, i;
	const struct attribute *row;

	for (i = 0; i < n; i++)
		for (row = tasks[i]->resource->kind->attributes; row->name &&
		    tasks[i]->resource->observed; row++) {
			if (!bytes_of(tasks[i], scratch, content_gone(tasks[i],
			    row), &object.bytes))
				continue;
			arena_push(scratch, objects, count, room, object);
			arena_push(scratch, whose, owners, owned, i);
		}
	if (count && objects_put(tasks[0]->applier->state, objects, count,
	    err))
		return -1;
	for (i = 0; i < count; i++) {
		struct strings *kept = &acts[whose[i]].objects;

		kept->item = arena_array(tasks[whose[i]]->arena, 1,
		    sizeof(*kept->item));
		kept->item[0] = arena_string(tasks[whose[i]]->arena,
		    objects[i].digest);
		kept->count = 1;
	}
	return 0;
}
