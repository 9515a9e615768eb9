/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * policy_check.c - what the policy does not allow of all that is declared.
 *
 * Kinds say themselves which paths and units they own, and which users they
 * need: the same words from which the graph's edges follow. A path is judged as
 * it is written and as it is once links on the way to it are followed, so that
 * no link leads out of what is allowed.
 */
#include <fnmatch.h>
#include <string.h>

#include "../specs/member.h"
#include "../specs/spec.h"
#include "graph.h"
#include "policy.h"

enum { LINKS_MOST = 40 };

struct checker {
	const struct policy_check *with;
	const struct policy *policy;
	struct refusals *out;
	struct job job;
	/* whose turn it is, and what it is changed below itself */
	const struct resource *resource;
	bool below;
	/* the directory that was resolved last, and what it is */
	const char *last, *resolved;
	int failed;
};

/* "must not be touched": plumb's and the kernel's own */
static const char *const reserved[] = { POLICY_DIRECTORY, "/proc", "/sys",
	"/dev", NULL };

static bool is_below(const char *path, const char *above)
{
	size_t size = strlen(above);

	if (size == 1)
		return true;
	return !strncmp(path, above, size) &&
	    (!path[size] || path[size] == '/');
}

static bool has(const struct strings *s, const char *word)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		if (!strcmp(s->item[i], word))
			return true;
	return false;
}

/* --- refusing --- */

/* the place of an entry of one of its lists, or of the list */
static struct pos rule_pos(const struct policy *p, const char *key,
    const char *entry)
{
	const struct value *v = value_find(&p->map, key);
	uint32_t i;

	for (i = 0; entry && v->type == VALUE_LIST && i < v->count; i++)
		if (value_is_text(&v->items[i]) &&
		    !strcmp(v->items[i].text, entry))
			return v->items[i].pos;
	for (i = 0; i < p->map.count; i++)
		if (!strcmp(p->map.pairs[i].key, key))
			return pair_pos(&p->map, &p->map.pairs[i]);
	return v->pos;
}

static void refuse(struct checker *c, const char *key, const char *entry,
    const char *text)
{
	struct refusal *one = refusal_add(c->out, "policy", c->resource, "%s",
	    text);

	if (key)
		one->rule_pos = rule_pos(c->policy, key, entry);
	one->remedy = key ? "only root can widen the policy, on this machine" :
	    "no policy and no option changes that";
}

/* a name that is not in the list `key` */
static void refuse_name(struct checker *c, const char *key, const char *what,
    const char *name)
{
	refuse(c, key, NULL, arena_printf(c->out->arena,
	    "%s: the policy of this machine does not list %s '%s' in '%s'",
	    c->resource->address, what, name, key));
}

/* --- paths --- */

/* a component that is not . or .. is put behind `done` */
static const char *step(struct arena *a, const char *done, const char *name,
    size_t size)
{
	const char *end;

	if (size == 1 && name[0] == '.')
		return done;
	if (size == 2 && !strncmp(name, "..", 2)) {
		end = strrchr(done, '/');
		return end ? arena_copy(a, done, (size_t)(end - done)) : done;
	}
	return arena_printf(a, "%s/%.*s", done, (int)size, name);
}

/* a directory with all links followed; NULL after an error was said */
static const char *follow(struct checker *c, const char *directory)
{
	struct arena *a = c->job.arena;
	const char *left = directory, *done = "", *next, *target;
	struct entry entry;
	int links = 0;
	size_t size;

	for (;;) {
		left += strspn(left, "/");
		size = strcspn(left, "/");
		if (!size)
			return *done ? done : "/";
		next = step(a, done, left, size);
		left += size;
		if (host_look(&c->job, c->with->host, *next ? next : "/",
		    &entry))
			return NULL;
		if (entry.type != ENTRY_LINK) {
			done = next;
			continue;
		}
		if (++links > LINKS_MOST || host_read_link(&c->job,
		    c->with->host, next, &target)) {
			if (links > LINKS_MOST)
				job_fail(&c->job, "too many links lead to '%s'",
				    directory);
			return NULL;
		}
		left = arena_printf(a, "%s/%s", target, left);
		if (*target == '/')
			done = "";
	}
}

static const char *resolve(struct checker *c, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *directory = arena_copy(c->job.arena, path,
	    (size_t)(slash - path));

	if (!c->last || strcmp(c->last, directory)) {
		c->last = directory;
		c->resolved = follow(c, directory);
	}
	if (!c->resolved)
		return NULL;
	return arena_printf(c->job.arena, "%s%s", strcmp(c->resolved, "/") ?
	    c->resolved : "", slash);
}

static bool is_reserved(const struct checker *c, const char *path,
    const char *taken)
{
	if (!taken || (!is_below(path, taken) &&
	    !(c->below && is_below(taken, path))))
		return false;
	/* settings of the kernel are what that kind is for */
	return strcmp(c->resource->kind->name, "sysctl") ||
	    !is_below(path, "/proc/sys");
}

static void check_reserved(struct checker *c, const char *path)
{
	const char *taken = c->with->state;
	size_t i;

	for (i = 0; !is_reserved(c, path, taken); i++)
		if (!(taken = reserved[i]))
			return;
	refuse(c, NULL, NULL, arena_printf(c->out->arena,
	    is_below(path, taken) ?
	    "%s: no site may change '%s', which is %s's own" :
	    "%s: it changes all that is below it, but no site may change '%s', which is %s's own",
	    c->resource->address, taken, taken == c->with->state ||
	    taken == reserved[0] ? "plumb" : "the kernel"));
}

static void check_path(struct checker *c, const char *path, const char *via)
{
	const struct policy *p = c->policy;
	const char *seen = via ? arena_printf(c->out->arena,
	    "'%s', which is '%s' once links are followed,", via, path) :
	    arena_printf(c->out->arena, "'%s'", path);
	size_t i;

	check_reserved(c, path);
	for (i = 0; p->deny_paths && i < p->deny_paths->count; i++) {
		const char *denied = p->deny_paths->item[i];

		if (!is_below(path, denied) &&
		    !(c->below && is_below(denied, path)))
			continue;
		refuse(c, "deny_paths", denied, arena_printf(c->out->arena,
		    is_below(path, denied) ?
		    "%s: the policy of this machine denies %s" :
		    "%s: it changes all that is below %s, and the policy of this machine denies some of that",
		    c->resource->address, seen));
		return;
	}
	for (i = 0; p->paths && i < p->paths->count; i++)
		if (is_below(path, p->paths->item[i]))
			return;
	if (p->paths)
		refuse(c, "paths", NULL, arena_printf(c->out->arena,
		    "%s: %s is below none of the paths that the policy of this machine lists",
		    c->resource->address, seen));
}

static void own_path(struct checker *c, const char *path)
{
	size_t before = c->out->count;
	const char *real;

	check_path(c, path, NULL);
	if (c->out->count > before || (!c->policy->paths &&
	    !c->policy->deny_paths))
		return;
	real = resolve(c, path);
	if (!real)
		c->failed = -1;
	else if (strcmp(real, path))
		check_path(c, real, path);
}

/* --- what kinds say of themselves --- */

static void check_unit(struct checker *c, const char *name)
{
	const struct strings *units = c->policy->units;
	const char *service;
	size_t i;

	for (i = 0; units && i < units->count; i++) {
		service = arena_printf(c->job.arena, "%s.service",
		    units->item[i]);
		if (!fnmatch(units->item[i], name, 0) ||
		    !fnmatch(service, name, 0))
			return;
	}
	if (units)
		refuse_name(c, "units", "unit", name);
}

static void on_owns(void *context, const char *what, const char *name)
{
	struct checker *c = context;

	if (!strcmp(what, "path"))
		own_path(c, name);
	else if (!strcmp(what, "unit"))
		check_unit(c, name);
}

static void on_requires(void *context, const char *kind, const char *name,
    const char *reason)
{
	struct checker *c = context;
	const struct policy *p = c->policy;

	(void)reason;
	if (!strcmp(kind, "user") && p->users && !has(p->users, name))
		refuse_name(c, "users", "user", name);
	if (!strcmp(kind, "zone") && p->zones && !has(p->zones, name))
		refuse_name(c, "zones", "zone", name);
}

/* --- what its table says --- */

/* what it is called there, which may be another name than in the site */
static const char *own_name(const struct resource *r)
{
	const struct attribute *row;
	const char *name;

	for (row = r->kind->attributes; row->name; row++)
		if ((row->flags & ATTRIBUTE_NAME) &&
		    type_storage(row->type) == AS_TEXT) {
			name = MEMBER_OF(char *, row, r->desired);
			return name ? name : r->name;
		}
	return r->name;
}

static void check_rows(struct checker *c)
{
	const struct resource *r = c->resource;
	const struct attribute *row;

	c->below = false;
	for (row = r->kind->attributes; row->name; row++) {
		if ((row->flags & ATTRIBUTE_BELOW) &&
		    MEMBER_OF(int, row, r->desired) == 1)
			c->below = true;
		if ((row->flags & ATTRIBUTE_RUNS) && !c->policy->commands &&
		    r->reading.given & UINT64_C(1) <<
		    (row - r->kind->attributes))
			refuse(c, "commands", NULL, arena_printf(
			    c->out->arena,
			    "%s: the policy of this machine lets sites run no commands, and '%s' is one",
			    r->address, row->name));
	}
}

static void check_kind(struct checker *c)
{
	const struct policy *p = c->policy;
	const struct resource *r = c->resource;
	const char *kind = r->kind->name, *name = own_name(r);

	if (p->kinds && !has(p->kinds, kind))
		refuse_name(c, "kinds", "the kind", kind);
	if (p->users && !strcmp(kind, "user") && !has(p->users, name))
		refuse_name(c, "users", "user", name);
	if (p->zones && !strcmp(kind, "zone") && !has(p->zones, name))
		refuse_name(c, "zones", "zone", name);
	if (!strcmp(kind, "unit"))
		check_unit(c, name);
}

/* the first declared path below it, or NULL */
static const char *first_below(struct arena *a, const struct graph *g,
    const char *path)
{
	size_t low = 0, high = g->paths.count, middle;

	path = arena_printf(a, "%s/", path);
	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcmp(g->paths.item[middle], path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < g->paths.count && !strncmp(g->paths.item[low], path,
	    strlen(path)) ? g->paths.item[low] : NULL;
}

/* a link that this run would make, and something else would go through */
static void check_link(struct checker *c)
{
	const struct resource *r = c->resource;
	const char *below;

	if (strcmp(r->kind->name, "link") || (!c->policy->paths &&
	    !c->policy->deny_paths) || r->common.ensure == ENSURE_ABSENT)
		return;
	below = first_below(c->job.arena, c->with->graph, own_name(r));
	if (below)
		refuse(c, c->policy->paths ? "paths" : "deny_paths", NULL,
		    arena_printf(c->out->arena,
		    "%s: '%s' would go through this link, past what the policy of this machine says of paths",
		    r->address, below));
}

/* whether any declared path is reserved, or has something reserved below */
static bool comes_close(const struct policy_check *with)
{
	const struct strings *paths = &with->graph->paths;
	const char *taken = with->state;
	size_t i, n = 0;

	for (; taken || !n; taken = reserved[n++])
		for (i = 0; taken && i < paths->count; i++)
			if (is_below(paths->item[i], taken) ||
			    is_below(taken, paths->item[i]))
				return true;
	return false;
}

static int check_one(struct checker *c, const struct resource *r,
    struct err *err)
{
	struct hooks hooks = { .context = c, .requires = on_requires,
		.owns = on_owns };

	c->resource = r;
	c->job = (struct job){ .arena = c->out->arena, .err = err,
		.address = r->address, .hooks = &hooks,
		.pos = r->declaration->pos };
	check_rows(c);
	check_kind(c);
	check_link(c);
	if (r->kind->requires && r->kind->requires(&c->job, r->desired))
		c->failed = -1;
	return c->failed;
}

int policy_refusals_of(const struct policy_check *with,
    const struct resource *r, struct refusals *out, struct err *err)
{
	struct checker c = { .with = with, .policy = with->policy,
		.out = out };

	return check_one(&c, r, err);
}

int policy_refusals(const struct policy_check *with, struct refusals *out,
    struct err *err)
{
	struct checker c = { .with = with, .policy = with->policy,
		.out = out };
	const struct graph *g = with->graph;
	size_t i;

	if (!with->policy->source && !comes_close(with))
		return 0;
	for (i = 0; i < g->count; i++)
		check_one(&c, &g->resources[i], err);
	return c.failed;
}
