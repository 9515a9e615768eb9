/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memory.c - a machine in memory for tests: its files, and the count of what
 * was changed.
 */
#include "memory.h"

#include <stdlib.h>
#include <string.h>

#include "../resources/host/accounts.h"
#include "../resources/host/digest.h"
#include "../resources/host/packages.h"
#include "memory_inside.h"

/* --- changes --- */

bool memory_change(struct memory *m)
{
	scoped_memory *held = memory_lock(m);

	(void)held;
	if (m->changes >= m->stop_at)
		return false;
	m->changes++;
	return m->changes != m->fail_at;
}

static int change(struct job *job, struct memory *m, const char *what,
    const char *path)
{
	if (memory_change(m))
		return 0;
	return job_fail(job, "cannot %s '%s': it was made to fail", what, path);
}

/* the directory that a change of `path` happens in must be there */
static int directory_above(struct job *job, struct memory *m,
    const char *what, const char *path)
{
	const char *real = node_path(m, path);
	const struct node *n = real ?
	    node_find(m, path_above(m->arena, real)) : NULL;

	if (n && n->entry.type == ENTRY_DIRECTORY)
		return 0;
	return job_fail(job, "cannot %s '%s': %s", what, path,
	    n ? "Not a directory" : "No such file or directory");
}

/* --- looking --- */

static int look(struct job *job, void *context, const char *path,
    struct entry *out)
{
	scoped_memory *m = memory_lock(context);
	const struct node *n = node_find(m, path);

	(void)job;
	*out = n ? n->entry : (struct entry){ .type = ENTRY_ABSENT };
	return 0;
}

static int read_file(struct job *job, void *context, const char *path,
    size_t limit, struct file_read *out)
{
	scoped_memory *m = memory_lock(context);
	const struct node *n = node_find(m, path);
	size_t size;

	*out = (struct file_read){
		.content = { "", 0 },
		.entry = n ? n->entry : (struct entry){ .type = ENTRY_ABSENT },
	};
	if (!n || n->entry.type != ENTRY_FILE)
		return 0;
	size = limit && limit < n->content.size ? limit : n->content.size;
	out->content.data = arena_copy(job->arena, n->content.data, size);
	out->content.size = size;
	return 0;
}

static int digest(struct job *job, void *context, const char *path,
    unsigned char *out)
{
	scoped_memory *m = memory_lock(context);
	const struct node *n = node_find(m, path);

	if (!n || n->entry.type != ENTRY_FILE)
		return job_fail(job, "cannot read '%s': it is not a regular file",
		    path);
	digest_bytes(n->content.data, n->content.size, out);
	return 0;
}

static int read_link(struct job *job, void *context, const char *path,
    const char **out)
{
	scoped_memory *m = memory_lock(context);
	const struct node *n = node_find(m, path);

	*out = n && n->entry.type == ENTRY_LINK ?
	    arena_string(job->arena, n->target) : NULL;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static int list(struct job *job, void *context, const char *path,
    struct strings *out)
{
	scoped_memory *m = memory_lock(context);
	const struct node *directory = node_find(m, path), *n = NULL;
	size_t index = 0, capacity = 0;

	*out = (struct strings){ 0 };
	if (!directory)
		return 0;
	if (directory->entry.type != ENTRY_DIRECTORY)
		return job_fail(job, "cannot list '%s': Not a directory", path);
	while ((n = node_next(m, &index, n)))
		if (n->path[1] && strcmp(path_above(m->arena, n->path),
		    directory->path) == 0)
			arena_push(job->arena, out->item, out->count, capacity,
			    arena_string(job->arena,
			        strrchr(n->path, '/') + 1));
	if (out->count)
		qsort(out->item, out->count, sizeof(*out->item), by_name);
	return 0;
}

static bool has_systemd(void *context)
{
	(void)context;
	return true;
}

static int probe(struct job *job, void *context, const struct probing *asked,
    struct finding *out)
{
	scoped_memory *m = memory_lock(context);
	const struct memory_finding *f = m->findings;

	(void)job;
	while (f && strcmp(f->target, asked->target) != 0)
		f = f->next;
	*out = f ? f->finding : (struct finding){ false, "nothing answers" };
	return 0;
}

/* --- changing --- */

static int stage(struct job *job, void *context, const char *path,
    const struct file_write *w, const char **staged)
{
	scoped_memory *m = memory_lock(context);
	struct node *n;

	if (directory_above(job, m, "write", path) < 0 ||
	    change(job, m, "write", path) < 0)
		return -1;
	*staged = memory_join(job->arena, path_above(job->arena, path),
	    arena_printf(job->arena, ".%s.plumb-new", strrchr(path, '/') + 1));
	n = node_put(m, *staged, ENTRY_FILE, w->access.mode);
	n->entry.uid = w->access.uid;
	n->entry.gid = w->access.gid;
	n->entry.size = n->content.size = w->content.size;
	n->content.data = arena_copy(m->arena, w->content.data,
	    w->content.size);
	return 0;
}

/* `from` in the place of `path` */
static int put(struct job *job, struct memory *m, const char *from,
    const char *path)
{
	const struct node *n = node_find(m, from), *there = node_find(m, path);
	struct node *to;

	if (!n)
		return job_fail(job, "cannot write '%s': '%s' is gone", path,
		    from);
	if (there && there->entry.type == ENTRY_DIRECTORY)
		return job_fail(job, "cannot write '%s': a directory is there; remove it first",
		    path);
	to = node_put(m, path, n->entry.type, 0);
	to->entry = n->entry;
	to->content = n->content;
	to->target = n->target;
	node_remove(m, from);
	return 0;
}

static int commit(struct job *job, void *context, const char *staged,
    const char *path)
{
	scoped_memory *m = memory_lock(context);

	if (change(job, m, "write", path) < 0)
		return -1;
	return put(job, m, staged, path);
}

static int poke(struct job *job, void *context, const char *path,
    struct bytes value)
{
	scoped_memory *m = memory_lock(context);
	const struct node *n = node_find(m, path);

	if (!n || n->entry.type != ENTRY_FILE)
		return job_fail(job, "cannot write '%s': %s", path,
		    n ? "it is not a file" : "No such file or directory");
	if (change(job, m, "write", path) < 0)
		return -1;
	node_write(m, path, arena_copy(m->arena, value.data, value.size));
	return 0;
}

static int make_directory(struct job *job, void *context, const char *path,
    const struct access *want)
{
	scoped_memory *m = memory_lock(context);
	struct node *n;

	if (node_find(m, path))
		return job_fail(job, "cannot make '%s': File exists", path);
	if (directory_above(job, m, "make", path) < 0 ||
	    change(job, m, "make", path) < 0)
		return -1;
	n = node_put(m, path, ENTRY_DIRECTORY, want->mode);
	n->entry.uid = want->uid;
	n->entry.gid = want->gid;
	return 0;
}

static int make_link(struct job *job, void *context, const char *target,
    const char *path)
{
	scoped_memory *m = memory_lock(context);
	const struct node *there = node_find(m, path);

	if (there && there->entry.type == ENTRY_DIRECTORY)
		return job_fail(job, "cannot write '%s': a directory is there; remove it first",
		    path);
	if (directory_above(job, m, "make", path) < 0 ||
	    change(job, m, "make", path) < 0)
		return -1;
	node_put(m, path, ENTRY_LINK, 0777)->target =
	    arena_string(m->arena, target);
	return 0;
}

static int set_access(struct job *job, void *context, const char *path,
    const struct access *want)
{
	scoped_memory *m = memory_lock(context);
	struct node *n = node_find(m, path);
	struct entry now;

	if (!n)
		return job_fail(job, "cannot change '%s': No such file or directory",
		    path);
	now = n->entry;
	if (want->mode >= 0 && now.type != ENTRY_LINK)
		now.mode = want->mode;
	if (want->uid != (uid_t)-1)
		now.uid = want->uid;
	if (want->gid != (gid_t)-1)
		now.gid = want->gid;
	if (now.mode == n->entry.mode && now.uid == n->entry.uid &&
	    now.gid == n->entry.gid)
		return 0;
	if (change(job, m, "change", path) < 0)
		return -1;
	n->entry = now;
	return 0;
}

static int remove_node(struct job *job, void *context, const char *path)
{
	scoped_memory *m = memory_lock(context);
	const struct node *gone = node_find(m, path), *n = NULL;
	size_t index = 0;

	if (!gone)
		return 0;
	while ((n = node_next(m, &index, n)))
		if (n->path[1] && strcmp(path_above(m->arena, n->path),
		    gone->path) == 0)
			return job_fail(job, "cannot remove '%s': Directory not empty",
			    path);
	if (change(job, m, "remove", path) < 0)
		return -1;
	node_remove(m, path);
	return 0;
}

/* --- for tests --- */

static const struct machine machine = {
	.look = look, .read = read_file, .digest = digest,
	.read_link = read_link, .list = list, .unit = memory_unit,
	.has_systemd = has_systemd, .probe = probe, .stage = stage,
	.commit = commit, .poke = poke, .make_directory = make_directory,
	.symlink = make_link, .set_access = set_access, .unlink = remove_node,
	.unit_act = memory_unit_act, .run = memory_run,
};

void memory_host(struct memory *m, struct host *out)
{
	*out = (struct host){
		.name = "localhost",
		.machine = &machine,
		.context = m,
		.accounts = accounts_open(m->outer),
		.packages = packages_open(m->outer),
	};
}

size_t memory_changes(struct memory *m)
{
	scoped_memory *held = memory_lock(m);

	return held->changes;
}

void memory_fail_at(struct memory *m, size_t number)
{
	scoped_memory *held = memory_lock(m);

	held->fail_at = number;
}

void memory_stop_at(struct memory *m, size_t number)
{
	scoped_memory *held = memory_lock(m);

	held->stop_at = number;
}
