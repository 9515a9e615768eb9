/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memory_nodes.c - the machine in memory: what is at a path. All under the
 * lock.
 */
#include <assert.h>
#include <string.h>

#include "memory_inside.h"

enum { LINKS_MAX = 40 };

void memory_unlock(struct memory **m)
{
	pthread_mutex_unlock(&(*m)->lock);
}

struct memory *memory_lock(void *context)
{
	struct memory *m = context;

	pthread_mutex_lock(&m->lock);
	return m;
}

static struct node **bucket(struct memory *m, const char *path)
{
	size_t hash = 5381;

	for (; *path; path++)
		hash = hash * 33 + (unsigned char)*path;
	return &m->nodes[hash % BUCKETS];
}

/* by a path without links */
static struct node *node_at(struct memory *m, const char *path)
{
	struct node *n = *bucket(m, path);

	while (n && strcmp(n->path, path) != 0)
		n = n->next;
	return n;
}

const char *path_above(struct arena *a, const char *path)
{
	size_t size = (size_t)(strrchr(path, '/') - path);

	return size ? arena_copy(a, path, size) : "/";
}

const char *memory_join(struct arena *a, const char *above,
    const char *name)
{
	return arena_printf(a, "%s/%s", above[1] ? above : "", name);
}

/* `path` with all links above its last part followed; NULL in a circle */
static const char *resolve(struct memory *m, const char *path, int depth)
{
	const char *name = strrchr(path, '/') + 1, *above;
	const struct node *n;

	if (!path[1])
		return path;
	if (depth > LINKS_MAX)
		return NULL;
	above = resolve(m, path_above(m->arena, path), depth + 1);
	if (!above)
		return NULL;
	n = node_at(m, above);
	if (n && n->entry.type == ENTRY_LINK) {
		above = n->target[0] == '/' ? n->target : memory_join(m->arena,
		    path_above(m->arena, above), n->target);
		above = resolve(m, memory_join(m->arena, above, "x"), depth + 1);
		if (!above)
			return NULL;
		above = path_above(m->arena, above);
	}
	return memory_join(m->arena, above, name);
}

struct node *node_find(struct memory *m, const char *path)
{
	struct node *n = node_at(m, path);

	if (n)
		return n;
	path = resolve(m, path, 0);
	return path ? node_at(m, path) : NULL;
}

struct node *node_put(struct memory *m, const char *path, enum entry_type type,
    int mode)
{
	struct node *n = node_find(m, path);
	struct node **head;

	if (!n) {
		path = resolve(m, path, 0);
		assert(path);
		n = arena_new(m->arena, struct node);
		n->path = arena_string(m->arena, path);
		head = bucket(m, path);
		n->next = *head;
		*head = n;
	}
	n->entry = (struct entry){ .type = type, .mode = mode };
	n->content = (struct bytes){ "", 0 };
	n->target = NULL;
	n->serial = ++m->serial;
	return n;
}

void node_write(struct memory *m, const char *path, const char *text)
{
	struct node *n = node_find(m, path);

	if (!n)
		n = node_put(m, path, ENTRY_FILE, 0644);
	n->content.size = strlen(text);
	n->content.data = arena_string(m->arena, text);
	n->entry.size = n->content.size;
	n->serial = ++m->serial;
}

void node_remove(struct memory *m, const char *path)
{
	struct node *gone = node_find(m, path), **at;

	if (!gone)
		return;
	for (at = bucket(m, gone->path); *at != gone; at = &(*at)->next)
		;
	*at = gone->next;
	m->serial++;
}

const char *node_text(struct memory *m, const char *path)
{
	const struct node *n = node_find(m, path);

	return n && n->entry.type == ENTRY_FILE ? n->content.data : "";
}

const struct node *node_next(const struct memory *m, size_t *index,
    const struct node *last)
{
	const struct node *n = last ? last->next : m->nodes[*index];

	while (!n && ++*index < BUCKETS)
		n = m->nodes[*index];
	return n;
}

const char *node_path(struct memory *m, const char *path)
{
	return resolve(m, path, 0);
}
