/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * accounts.c - users and groups, read once and found by name and by number.
 *
 * What was read lives in an arena of its own until it is forgotten; what is
 * given out is copied, so forgetting pulls nothing from under another thread.
 */
#include "accounts.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "passwd.h"

/* something with a name and a number, to find it by either */
struct named {
	const char *name;
	uint32_t number;
	/* where it stands in the file: the first of equals counts */
	size_t index;
};

struct index {
	size_t count;
	struct named *by_name;
	struct named *by_number;
};

struct known {
	struct account *users;
	struct account_group *groups;
	struct index user;
	struct index group;
};

struct accounts {
	pthread_mutex_t lock;
	/* NULL: not read */
	struct arena *arena;
	struct known *known;
};

struct accounts *accounts_open(struct arena *a)
{
	struct accounts *s = arena_new(a, struct accounts);

	pthread_mutex_init(&s->lock, NULL);
	return s;
}

static void forget(struct accounts *s)
{
	arena_close(s->arena);
	s->arena = NULL;
	s->known = NULL;
}

void accounts_close(struct accounts *s)
{
	if (!s)
		return;
	forget(s);
	pthread_mutex_destroy(&s->lock);
}

void host_forget_accounts(struct host *h)
{
	pthread_mutex_lock(&h->accounts->lock);
	forget(h->accounts);
	pthread_mutex_unlock(&h->accounts->lock);
}

static int order(size_t a, size_t b)
{
	return a < b ? -1 : a > b;
}

static int by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	return c ? c : order(x->index, y->index);
}

static int by_number(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int c = order(x->number, y->number);

	return c ? c : order(x->index, y->index);
}

static void index_sort(struct arena *a, struct index *x)
{
	if (!x->count)
		return;
	x->by_number = arena_array(a, x->count, sizeof(*x->by_number));
	memcpy(x->by_number, x->by_name, x->count * sizeof(*x->by_number));
	qsort(x->by_name, x->count, sizeof(*x->by_name), by_name);
	qsort(x->by_number, x->count, sizeof(*x->by_number), by_number);
}

/* the first that is not below `key`, if it is the one; else NULL */
static const struct named *find(const struct index *x, const char *name,
    uint32_t number)
{
	const struct named *in = name ? x->by_name : x->by_number;
	size_t from = 0, to = x->count, middle;
	int c;

	while (from < to) {
		middle = from + (to - from) / 2;
		c = name ? strcmp(in[middle].name, name) :
		           order(in[middle].number, number);
		if (c < 0)
			from = middle + 1;
		else
			to = middle;
	}
	if (from == x->count || (name ? strcmp(in[from].name, name) != 0 :
	                                in[from].number != number))
		return NULL;
	return &in[from];
}

static void users_read(struct arena *a, struct bytes text, struct known *k)
{
	size_t capacity = 0, count = 0, names = 0;
	struct account u;

	while (passwd_next(a, &text, &u)) {
		struct named n = { u.name, u.uid, count };

		arena_push(a, k->users, count, capacity, u);
		arena_push(a, k->user.by_name, k->user.count, names, n);
	}
	index_sort(a, &k->user);
}

static void groups_read(struct arena *a, struct bytes text, struct known *k)
{
	size_t capacity = 0, count = 0, names = 0;
	struct account_group g;

	while (group_next(a, &text, &g)) {
		struct named n = { g.name, g.gid, count };

		arena_push(a, k->groups, count, capacity, g);
		arena_push(a, k->group.by_name, k->group.count, names, n);
	}
	index_sort(a, &k->group);
}

static void shadow_read(struct arena *a, struct bytes text, struct known *k)
{
	const struct named *n;
	const char *name;
	bool locked;

	while (shadow_next(a, &text, &name, &locked)) {
		n = find(&k->user, name, 0);
		if (n)
			k->users[n->index].locked = locked;
	}
}

/* under the lock; a machine without the files has no accounts */
static int read_all(struct job *job, const struct host *h)
{
	struct accounts *s = h->accounts;
	struct arena *a = arena_open();
	struct err unheard = err_new(a);
	struct job own = *job;
	struct known *k = arena_new(a, struct known);
	struct file_read users, groups, shadow;

	own.arena = a;
	if (host_read(&own, h, "/etc/passwd", 0, &users) < 0 ||
	    host_read(&own, h, "/etc/group", 0, &groups) < 0) {
		arena_close(a);
		return -1;
	}
	users_read(a, users.content, k);
	groups_read(a, groups.content, k);
	/* who may not read it may still know the rest */
	own.err = &unheard;
	if (host_read(&own, h, "/etc/shadow", 0, &shadow) == 0)
		shadow_read(a, shadow.content, k);
	s->arena = a;
	s->known = k;
	return 0;
}

/* what is known, with the lock held until accounts_done(); NULL: said why */
static const struct known *accounts_begin(struct job *job,
    const struct host *h)
{
	pthread_mutex_lock(&h->accounts->lock);
	if (h->accounts->known || read_all(job, h) == 0)
		return h->accounts->known;
	pthread_mutex_unlock(&h->accounts->lock);
	return NULL;
}

static void accounts_done(const struct host *h)
{
	pthread_mutex_unlock(&h->accounts->lock);
}

static struct account account_copy(struct arena *a, const struct account *u)
{
	struct account copy = *u;

	copy.name = arena_string(a, u->name);
	copy.comment = arena_string(a, u->comment);
	copy.home = arena_string(a, u->home);
	copy.shell = arena_string(a, u->shell);
	return copy;
}

static struct strings strings_copy(struct arena *a, const struct strings *s)
{
	struct strings copy = { .count = s->count };
	size_t i;

	copy.item = arena_array(a, s->count, sizeof(*copy.item));
	for (i = 0; i < s->count; i++)
		copy.item[i] = arena_string(a, s->item[i]);
	return copy;
}

int host_user(struct job *job, const struct host *h, const char *name,
    struct account *out)
{
	const struct known *k = accounts_begin(job, h);
	const struct named *n;

	if (!k)
		return -1;
	n = find(&k->user, name, 0);
	if (n)
		*out = account_copy(job->arena, &k->users[n->index]);
	accounts_done(h);
	return n != NULL;
}

int host_group(struct job *job, const struct host *h, const char *name,
    struct account_group *out)
{
	const struct known *k = accounts_begin(job, h);
	const struct account_group *g;
	const struct named *n;

	if (!k)
		return -1;
	n = find(&k->group, name, 0);
	if (n) {
		g = &k->groups[n->index];
		out->name = arena_string(job->arena, g->name);
		out->gid = g->gid;
		out->members = strings_copy(job->arena, &g->members);
	}
	accounts_done(h);
	return n != NULL;
}

static bool has(const struct strings *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		if (strcmp(s->item[i], name) == 0)
			return true;
	return false;
}

int host_user_groups(struct job *job, const struct host *h, const char *name,
    struct strings *out)
{
	const struct known *k = accounts_begin(job, h);
	size_t i, capacity = 0;
	const struct account_group *g;

	*out = (struct strings){ 0 };
	if (!k)
		return -1;
	/* in the order of names, so the outcome is sorted */
	for (i = 0; i < k->group.count; i++) {
		g = &k->groups[k->group.by_name[i].index];
		if (has(&g->members, name))
			arena_push(job->arena, out->item, out->count, capacity,
			    arena_string(job->arena, g->name));
	}
	accounts_done(h);
	return 1;
}

static int name_of(struct job *job, const struct host *h, bool group,
    uint32_t number, const char **out)
{
	const struct known *k = accounts_begin(job, h);
	const struct named *n;

	*out = NULL;
	if (!k)
		return -1;
	n = find(group ? &k->group : &k->user, NULL, number);
	if (n)
		*out = arena_string(job->arena, n->name);
	accounts_done(h);
	return n != NULL;
}

int host_user_name(struct job *job, const struct host *h, uid_t uid,
    const char **out)
{
	return name_of(job, h, false, uid, out);
}

int host_group_name(struct job *job, const struct host *h, gid_t gid,
    const char **out)
{
	return name_of(job, h, true, gid, out);
}

static int number_of(struct job *job, const struct host *h, bool group,
    const char *text, uint32_t *out)
{
	const struct known *k;
	const struct named *n;
	unsigned long long number;
	char *end;

	/* a name wins over a number, and root needs no file */
	if (strcmp(text, "root") == 0 || strcmp(text, "0") == 0) {
		*out = 0;
		return 1;
	}
	k = accounts_begin(job, h);
	if (!k)
		return -1;
	n = find(group ? &k->group : &k->user, text, 0);
	if (n)
		*out = n->number;
	accounts_done(h);
	if (n || *text < '0' || *text > '9')
		return n != NULL;
	number = strtoull(text, &end, 10);
	if (*end || number >= UINT32_MAX)
		return 0;
	*out = (uint32_t)number;
	return 1;
}

int host_find_uid(struct job *job, const struct host *h, const char *text,
    uid_t *out)
{
	return number_of(job, h, false, text, out);
}

int host_find_gid(struct job *job, const struct host *h, const char *text,
    gid_t *out)
{
	return number_of(job, h, true, text, out);
}
