/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * packages.c - what is installed, as dpkg-query(1) says: asked once for all.
 *
 * What was read lives in an arena of its own until it is forgotten; what is
 * given out is copied.
 */
#include "packages.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* dpkg-query's output, in bytes; a package takes about 60 */
enum { OUTPUT = 32 << 20 };

struct row {
	/* without the architecture, where that is the host's own */
	char *name;
	const char *version;
	const char *architecture;
	/* dpkg's three letters: "ii ", "rc ", "hi ", "iFR" */
	const char *status;
};

struct rows {
	struct row *row;
	size_t count;
};

struct packages {
	pthread_mutex_t lock;
	/* NULL: not read */
	struct arena *arena;
	struct rows rows;
};

struct packages *packages_open(struct arena *arena)
{
	struct packages *p = arena_new(arena, struct packages);

	pthread_mutex_init(&p->lock, NULL);
	return p;
}

static void forget(struct packages *p)
{
	arena_close(p->arena);
	p->arena = NULL;
	p->rows = (struct rows){ 0 };
}

void packages_close(struct packages *p)
{
	if (!p)
		return;
	forget(p);
	pthread_mutex_destroy(&p->lock);
}

static void unlock(pthread_mutex_t **lock)
{
	if (*lock)
		pthread_mutex_unlock(*lock);
}

static pthread_mutex_t *lock(struct packages *p)
{
	if (!p)
		return NULL;
	pthread_mutex_lock(&p->lock);
	return &p->lock;
}
#define scoped_lock __attribute__((cleanup(unlock))) pthread_mutex_t

void host_forget_packages(struct host *host)
{
	scoped_lock *locked = lock(host->packages);

	if (host->packages)
		forget(host->packages);
	(void)locked;
}

/* --- reading --- */

static int by_name(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* up to the next tab or line feed, which becomes the end of the text */
static char *field(char **p)
{
	char *start = *p;

	*p += strcspn(*p, "\t\n");
	if (**p)
		*(*p)++ = '\0';
	return start;
}

static bool is_installed(const struct row *r)
{
	return strlen(r->status) >= 2 && strchr("iHUFWt", r->status[1]);
}

static bool is_broken(const struct row *r)
{
	return is_installed(r) &&
	    (r->status[1] != 'i' || r->status[2] == 'R');
}

/* "libc6:amd64" is "libc6" on amd64 */
static void strip_architecture(struct rows *rows)
{
	const char *own = NULL;
	size_t i;
	char *colon;

	for (i = 0; i < rows->count && !own; i++)
		if (!strcmp(rows->row[i].name, "dpkg"))
			own = rows->row[i].architecture;
	for (i = 0; own && i < rows->count; i++) {
		colon = rows->row[i].name + strcspn(rows->row[i].name, ":");
		if (*colon && !strcmp(colon + 1, own))
			*colon = '\0';
	}
}

static int rows_read(struct job *job, const struct host *host,
    struct arena *arena, struct rows *out)
{
	static const char *const argv[] = { "dpkg-query", "-W", "-f",
		"${binary:Package}\t${db:Status-Abbrev}\t${Version}\t"
		"${Architecture}\n", NULL };
	const struct process p = { .argv = argv, .limit = OUTPUT };
	struct outcome said;
	size_t capacity = 0;
	struct row row;
	char *text;

	if (host_ask(job, host, &p, &said) < 0)
		return -1;
	if (said.truncated)
		return job_fail(job, "dpkg-query says more than %d MiB",
		    OUTPUT >> 20);
	if (said.status && !(said.complaint.data &&
	    strstr(said.complaint.data, "no packages found matching")))
		return job_fail(job, "cannot learn what is installed, as "
		    "'dpkg-query' failed with status %d: %s", said.status,
		    outcome_last(job->arena, &said));
	text = arena_copy(arena, said.out.data, said.out.size);
	while (*text) {
		row.name = field(&text);
		row.status = field(&text);
		row.version = field(&text);
		row.architecture = field(&text);
		arena_push(arena, out->row, out->count, capacity, row);
	}
	strip_architecture(out);
	if (out->count)
		qsort(out->row, out->count, sizeof(*out->row), by_name);
	return 0;
}

/* all rows, under the lock; without a struct packages, in the job's arena */
static int rows_find(struct job *job, const struct host *host,
    struct rows *out)
{
	struct packages *p = host->packages;
	struct arena *arena;

	*out = (struct rows){ 0 };
	if (!p)
		return rows_read(job, host, job->arena, out);
	if (!p->arena) {
		arena = arena_open();
		if (rows_read(job, host, arena, &p->rows) < 0) {
			arena_close(arena);
			p->rows = (struct rows){ 0 };
			return -1;
		}
		p->arena = arena;
	}
	*out = p->rows;
	return 0;
}

/* --- */

int host_package(struct job *job, const struct host *host, const char *name,
    struct installed *out)
{
	scoped_lock *locked = lock(host->packages);
	struct row key = { .name = arena_string(job->arena, name) };
	const struct row *row = NULL;
	struct rows rows;

	(void)locked;
	*out = (struct installed){ 0 };
	if (rows_find(job, host, &rows) < 0)
		return -1;
	if (rows.count)
		row = bsearch(&key, rows.row, rows.count, sizeof(key), by_name);
	if (!row)
		return 0;
	out->leftover = row->status[0] && row->status[1] == 'c';
	out->held = row->status[0] == 'h';
	if (!is_installed(row))
		return 0;
	out->version = arena_string(job->arena, row->version);
	out->broken = is_broken(row);
	out->incomplete = out->broken && row->status[2] == 'R';
	return 1;
}

int host_packages_broken(struct job *job, const struct host *host,
    struct strings *out)
{
	scoped_lock *locked = lock(host->packages);
	size_t i, capacity = 0;
	struct rows rows;

	(void)locked;
	*out = (struct strings){ 0 };
	if (rows_find(job, host, &rows) < 0)
		return -1;
	for (i = 0; i < rows.count; i++)
		if (is_broken(&rows.row[i]))
			arena_push(job->arena, out->item, out->count, capacity,
			    arena_string(job->arena, rows.row[i].name));
	return 0;
}
