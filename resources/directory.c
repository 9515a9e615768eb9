/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * directory.c - a directory: who may do what in it, and whether it holds
 * anything that nobody declared.
 *
 * Links are never followed: what a link in it points to stays as it is.
 */
#include <fnmatch.h>
#include <string.h>

#include "host/accounts.h"
#include "host/owner.h"
#include "resource.h"

/* names that are shown, of those that are in the way */
enum { SHOWN = 5, DEEPEST = 200 };

struct directory {
	const char *path;
	int mode;
	const char *owner;
	const char *group;
	int recursive;
	int exclusive;
	const struct strings *keep;
	int force;
	/* only observed: names that nobody declared, of how many, and how many
	   entries below it have another owner */
	struct strings foreign;
	size_t held;
	size_t strays;
};

static const struct attribute attributes[] = {
	ATTRIBUTE(directory, path, PATH, NULL, "where it is",
	    .flags = ATTRIBUTE_NAME),
	ATTRIBUTE(directory, mode, MODE, NULL,
	    "who may do what in it; not given: left alone, 0755 for a new one"),
	ATTRIBUTE(directory, owner, STRING, NULL,
	    "the user who owns it, by name or number; not given: left alone"),
	ATTRIBUTE(directory, group, STRING, NULL,
	    "its group, by name or number; not given: left alone"),
	ATTRIBUTE(directory, recursive, BOOL, NULL,
	    "owner and group hold for everything below it as well",
	    .flags = ATTRIBUTE_BELOW),
	ATTRIBUTE(directory, exclusive, BOOL, NULL,
	    "it holds only what is declared; the rest is removed",
	    .flags = ATTRIBUTE_BELOW),
	ATTRIBUTE(directory, keep, SET, NULL,
	    "names that 'exclusive' leaves alone; * and ? stand for others",
	    .choices = "[\"*.local\", README]", .flags = ATTRIBUTE_INPUT),
	ATTRIBUTE(directory, force, BOOL, "false",
	    "when it shall be absent, remove what it holds as well",
	    .flags = ATTRIBUTE_INPUT | ATTRIBUTE_BELOW),
	{ 0 },
};

static const char *below(struct job *job, const char *path, const char *name)
{
	return arena_printf(job->arena, "%s/%s",
	    strcmp(path, "/") == 0 ? "" : path, name);
}

static bool kept(const struct directory *want, const char *name)
{
	size_t i;

	for (i = 0; want->keep && i < want->keep->count; i++)
		if (fnmatch(want->keep->item[i], name, 0) == 0)
			return true;
	return false;
}

/* the names in it that nobody declared */
static int find_foreign(struct job *job, const struct host *host,
    const struct directory *want, struct directory *is)
{
	struct strings *out = &is->foreign, names;
	size_t i;

	if (host_list(job, host, want->path, &names) < 0)
		return -1;
	is->held = names.count;
	out->count = 0;
	out->item = arena_array(job->arena, names.count + 1,
	    sizeof(*out->item));
	for (i = 0; i < names.count; i++)
		if (!kept(want, names.item[i]) &&
		    !job_declared(job, below(job, want->path, names.item[i])))
			out->item[out->count++] = names.item[i];
	return 0;
}

/* of everything below; what is not -1 must own it */
struct walk {
	struct job *job;
	const struct host *host;
	/* NULL: only look */
	struct host *change;
	uid_t uid;
	gid_t gid;
	size_t strays;
};

static int visit(struct walk *w, const char *path, const struct entry *entry)
{
	bool stray = (w->uid != (uid_t)-1 && w->uid != entry->uid) ||
	    (w->gid != (gid_t)-1 && w->gid != entry->gid);

	w->strays += stray;
	if (!stray || !w->change)
		return 0;
	return host_set_access(w->job, w->change, path,
	    &(struct access){ -1, w->uid, w->gid });
}

static int walk(struct walk *w, const char *path, int depth)
{
	struct strings names;
	struct entry entry;
	const char *name;
	size_t i;

	if (depth > DEEPEST)
		return job_fail(w->job, "'%s' is more than %d directories deep",
		    path, DEEPEST);
	if (host_list(w->job, w->host, path, &names) < 0)
		return -1;
	for (i = 0; i < names.count; i++) {
		name = below(w->job, path, names.item[i]);
		if (host_look(w->job, w->host, name, &entry) < 0)
			return -1;
		if (entry.type == ENTRY_ABSENT)
			continue;
		if (visit(w, name, &entry) < 0 || (entry.type ==
		    ENTRY_DIRECTORY && walk(w, name, depth + 1) < 0))
			return -1;
	}
	return 0;
}

static int remove_tree(struct job *job, struct host *host, const char *path,
    int depth)
{
	struct strings names;
	struct entry entry;
	size_t i;

	if (depth > DEEPEST)
		return job_fail(job, "'%s' is more than %d directories deep",
		    path, DEEPEST);
	if (host_look(job, host, path, &entry) < 0)
		return -1;
	if (entry.type == ENTRY_DIRECTORY) {
		if (host_list(job, host, path, &names) < 0)
			return -1;
		for (i = 0; i < names.count; i++)
			if (remove_tree(job, host,
			    below(job, path, names.item[i]), depth + 1) < 0)
				return -1;
	}
	return host_unlink(job, host, path);
}

static const char *listed(struct job *job, const struct strings *names)
{
	struct text t = text_new(job->arena);
	size_t i;

	for (i = 0; i < names->count && i < SHOWN; i++)
		text_addf(&t, "%s%s", i ? ", " : "", names->item[i]);
	if (names->count > SHOWN)
		text_addf(&t, " and %zu more", names->count - SHOWN);
	return text_string(&t);
}

static int observe_below(struct job *job, const struct host *host,
    const struct directory *want, struct directory *is)
{
	struct walk w = { .job = job, .host = host, .uid = (uid_t)-1,
		.gid = (gid_t)-1 };

	is->recursive = want->recursive;
	is->exclusive = want->exclusive;
	if (want->exclusive == 1) {
		if (find_foreign(job, host, want, is) < 0)
			return -1;
		is->exclusive = is->foreign.count == 0;
	}
	if (want->recursive != 1)
		return 0;
	/* who does not exist yet is -1 here; then the owner itself differs */
	if ((want->owner &&
	    host_find_uid(job, host, want->owner, &w.uid) < 0) ||
	    (want->group && host_find_gid(job, host, want->group, &w.gid) < 0))
		return -1;
	if (walk(&w, want->path, 0) < 0)
		return -1;
	is->strays = w.strays;
	is->recursive = w.strays == 0;
	return 0;
}

static int observe(struct job *job, const struct host *host,
    const void *desired, void *observed)
{
	const struct directory *want = desired;
	struct directory *is = observed;
	struct entry entry;

	if (host_look(job, host, want->path, &entry) < 0)
		return -1;
	if (entry.type == ENTRY_ABSENT)
		return 0;
	if (entry.type != ENTRY_DIRECTORY)
		return job_fail(job, "'%s' is a %s, not a directory; remove it first",
		    want->path, entry.type == ENTRY_LINK ? "link" : "file");
	is->path = want->path;
	is->mode = entry.mode;
	is->force = want->force;
	if (host_owner(job, host, entry.uid, want->owner, &is->owner) < 0 ||
	    host_owner_group(job, host, entry.gid, want->group, &is->group) < 0)
		return -1;
	return observe_below(job, host, want, is) < 0 ? -1 : 1;
}

static int apply_below(struct job *job, struct host *host,
    const struct directory *want, const uid_t uid, const gid_t gid)
{
	struct walk w = { .job = job, .host = host, .change = host,
		.uid = uid, .gid = gid };
	struct directory is = { 0 };
	size_t i;

	if (want->exclusive == 1 && find_foreign(job, host, want, &is) < 0)
		return -1;
	for (i = 0; i < is.foreign.count; i++)
		if (remove_tree(job, host,
		    below(job, want->path, is.foreign.item[i]), 0) < 0)
			return -1;
	return want->recursive == 1 ? walk(&w, want->path, 0) : 0;
}

static int apply(struct job *job, struct host *host, const void *desired,
    const void *observed)
{
	const struct directory *want = desired;
	const char *const owner[] = { want->owner, want->group };
	struct access access = { .mode = want->mode };

	if (host_owner_ids(job, host, owner, &access.uid, &access.gid) < 0)
		return -1;
	if (!observed && access.mode == UNSET)
		access.mode = 0755;
	if (!observed)
		return host_mkdir(job, host, want->path, &access);
	if (host_set_access(job, host, want->path, &access) < 0)
		return -1;
	return apply_below(job, host, want, access.uid, access.gid);
}

static int remove_directory(struct job *job, struct host *host,
    const void *observed)
{
	const struct directory *is = observed;
	struct strings names;

	if (is->force == 1)
		return remove_tree(job, host, is->path, 0);
	if (host_list(job, host, is->path, &names) < 0)
		return -1;
	if (names.count)
		return job_fail(job, "'%s' is not empty, it holds %s; remove that first, or say 'force: true'",
		    is->path, listed(job, &names));
	return host_unlink(job, host, is->path);
}

static int foresee(struct act *acts, size_t count, const struct host *host)
{
	const struct directory *is;
	size_t i;

	(void)host;
	for (i = 0; i < count; i++) {
		if (!(is = acts[i].observed))
			continue;
		if (!acts[i].desired && is->force == 1)
			job_note(acts[i].job, "with all that it holds");
		if (acts[i].desired && is->foreign.count)
			job_loses(acts[i].job, is->foreign.count, is->held);
		if (acts[i].desired && is->foreign.count)
			job_note(acts[i].job, "also removes: %s",
			    listed(acts[i].job, &is->foreign));
		if (acts[i].desired && is->strays)
			job_note(acts[i].job, "also changes the owner of %zu below it",
			    is->strays);
	}
	return 0;
}

static int check(struct job *job, const void *desired)
{
	const struct directory *want = desired;

	if (want->recursive == 1 && !want->owner && !want->group)
		return job_fail(job, "'recursive' needs an 'owner' or a 'group' to hold below it");
	if (want->keep && want->exclusive != 1)
		return job_fail(job, "'keep' says what 'exclusive: true' leaves alone, and that is not given");
	if (want->exclusive == 1 && strcmp(want->path, "/") == 0)
		return job_fail(job, "'exclusive' would remove the whole system");
	return 0;
}

static int requires(struct job *job, const void *desired)
{
	const struct directory *want = desired;

	job_owns(job, "path", want->path);
	job_requires_path(job, want->path, "it is in that directory");
	if (want->owner)
		job_requires(job, "user", want->owner, "owns it");
	if (want->group)
		job_requires(job, "group", want->group, "is its group");
	return 0;
}

const struct kind kind_directory = {
	.name = "directory",
	.section = "directories",
	.about = "a directory: who may do what in it, and what it holds",
	.attributes = attributes,
	.size = sizeof(struct directory),
	.observe = observe,
	.apply = apply,
	.remove = remove_directory,
	.check = check,
	.requires = requires,
	.foresee = foresee,
};
