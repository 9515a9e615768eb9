/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * library.c - libraries that are loaded when something first needs them.
 *
 *  (1) A library is loaded and started once, and never closed: threads of its
 *      own, and what it left with others, would outlive its code.
 *  (2) A table is complete, and its library started, before anyone has it; it
 *      never changes again.
 */
#include "library.h"

#include <assert.h>
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#include "../../specs/arena.h"

struct loaded {
	struct loaded *next;
	const struct library *library;
	void *table[];
};

/*
 * The only thing in plumb that changes and is in no function's frame, because
 * what is loaded belongs to the process and not to whoever asked first.
 */
static struct {
	pthread_mutex_t lock;
	struct arena *process;
	struct loaded *first;
} libraries = { .lock = PTHREAD_MUTEX_INITIALIZER };

static const struct loaded *find(const struct library *l)
{
	const struct loaded *i = libraries.first;

	while (i && i->library != l)
		i = i->next;
	return i;
}

static const struct library_file *file_of(const struct library *l)
{
	const struct library_file *f = library_files;

	while (f->name && strcmp(f->name, l->name) != 0)
		f++;
	assert(f->name);
	return f;
}

/* NULL, or why the table could not be filled */
static const char *fill(struct loaded *new, void *handle, struct arena *arena)
{
	const char *const *symbols = new->library->symbols;
	size_t i;

	for (i = 0; symbols[i]; i++)
		if (!(new->table[i] = dlsym(handle, symbols[i])))
			return arena_printf(arena, "'%s' is not the '%s' that plumb was built with: it has no %s",
			    file_of(new->library)->file, new->library->name,
			    symbols[i]);
	return NULL;
}

static const char *load(const struct library *l, struct arena *arena)
{
	const struct library_file *f = file_of(l);
	void *handle = dlopen(f->file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	struct loaded *new;
	const char *why;
	size_t n = 0;

	if (!handle)
		return arena_printf(arena, "cannot load '%s': %s; is the package '%s' installed?",
		    l->name, dlerror(), *f->package ? f->package : l->name);
	while (l->symbols[n])
		n++;
	if (!libraries.process)
		libraries.process = arena_open();
	new = arena_alloc(libraries.process,
	    sizeof(*new) + n * sizeof(*new->table));
	new->library = l;
	if ((why = fill(new, handle, arena)))
		return why;
	if (l->start)
		l->start(new->table);
	new->next = libraries.first;
	libraries.first = new;
	return NULL;
}

const char *library_load(const struct library *l, struct arena *arena)
{
	const char *why = NULL;

	pthread_mutex_lock(&libraries.lock);
	if (!find(l))
		why = load(l, arena);
	pthread_mutex_unlock(&libraries.lock);
	return why;
}

const void *library_table(const struct library *l)
{
	const struct loaded *found;

	pthread_mutex_lock(&libraries.lock);
	found = find(l);
	pthread_mutex_unlock(&libraries.lock);
	assert(found);
	return found->table;
}
