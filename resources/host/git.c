/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git.c - which revision of its repository a site is at: libgit2's door.
 */
#include "git.h"

#include <errno.h>
#include <fcntl.h>
#include <git2.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../specs/arena.h"
#include "library.h"

#define FUNCTIONS(f)                                                           \
	f(git_commit_author) f(git_commit_free) f(git_commit_id)               \
	f(git_commit_lookup) f(git_commit_summary) f(git_error_last)           \
	f(git_ignore_path_is_ignored) f(git_libgit2_init)                      \
	f(git_oid_tostr) f(git_reference_free)                                 \
	f(git_reference_is_branch) f(git_reference_shorthand)                  \
	f(git_reference_target) f(git_repository_free)                         \
	f(git_repository_head) f(git_repository_open_ext)                      \
	f(git_repository_workdir) f(git_status_foreach_ext)                    \
	f(git_status_options_init)
static void start(const void *);
LIBRARY(git, "libgit2", FUNCTIONS, .start = start)

static void start(const void *table)
{
	const struct git *functions = table;

	if (functions->git_libgit2_init() < 0)
		abort();
}

static void repository_close(git_repository **repository)
{
	if (*repository)
		git()->git_repository_free(*repository);
}

static void reference_close(git_reference **reference)
{
	if (*reference)
		git()->git_reference_free(*reference);
}

static void commit_close(git_commit **commit)
{
	if (*commit)
		git()->git_commit_free(*commit);
}

static const char *unknown(struct arena *arena)
{
	const git_error *e = git()->git_error_last();
	const char *text = e && e->message ? e->message : "no reason given";

	/* libgit2 1.5 has no code for it, only the sentence */
	if (strstr(text, "safe.directory") || strstr(text, "not owned by"))
		return "the repository belongs to somebody else; git config --global --add safe.directory PATH trusts it";
	return arena_string(arena, text);
}

static int seen(const char *path, unsigned status, void *context)
{
	bool *dirty = context;

	(void)path;
	*dirty = status != GIT_STATUS_CURRENT && status != GIT_STATUS_IGNORED;
	return *dirty;
}

/* `within` is the site's directory in the work tree; "" is all of it */
static bool is_dirty(git_repository *repository, const char *within)
{
	char *spec[] = { strdupa(within) };
	git_status_options options;
	bool dirty = false;

	git()->git_status_options_init(&options, GIT_STATUS_OPTIONS_VERSION);
	options.flags = GIT_STATUS_OPT_INCLUDE_UNTRACKED |
	    GIT_STATUS_OPT_DISABLE_PATHSPEC_MATCH;
	if (*within)
		options.pathspec = (git_strarray){ spec, 1 };
	/* what cannot be looked at is not known to be clean */
	return git()->git_status_foreach_ext(repository, &options, seen,
	    &dirty) < 0 || dirty;
}

/* the path of `site` within the work tree, without slashes at its ends */
static const char *within(struct arena *arena, git_repository *repository,
    const char *site)
{
	const char *tree = git()->git_repository_workdir(repository);
	char root[PATH_MAX], path[PATH_MAX];
	size_t size;

	if (!tree || !realpath(tree, root) || !realpath(site, path))
		return NULL;
	size = strlen(root);
	if (strncmp(path, root, size) != 0 ||
	    (path[size] && path[size] != '/' && size > 1))
		return NULL;
	return arena_string(arena, path + size + (path[size] == '/'));
}

static int read_head(struct arena *arena, git_repository *repository,
    struct revision *out)
{
	__attribute__((cleanup(reference_close))) git_reference *head = NULL;
	__attribute__((cleanup(commit_close))) git_commit *commit = NULL;
	const git_signature *author;
	char id[GIT_OID_HEXSZ + 1];
	int result = git()->git_repository_head(&head, repository);

	if (result == GIT_EUNBORNBRANCH) {
		out->unknown = "nothing has been committed yet";
		return -1;
	}
	if (result < 0 || git()->git_commit_lookup(&commit, repository,
	    git()->git_reference_target(head)) < 0) {
		out->unknown = unknown(arena);
		return -1;
	}
	if (git()->git_reference_is_branch(head))
		out->branch = arena_string(arena,
		    git()->git_reference_shorthand(head));
	git()->git_oid_tostr(id, sizeof(id), git()->git_commit_id(commit));
	out->id = arena_string(arena, id);
	if ((author = git()->git_commit_author(commit)))
		out->author = arena_printf(arena, "%s <%s>", author->name,
		    author->email);
	out->subject = arena_string(arena,
	    git()->git_commit_summary(commit) ?: "");
	return 0;
}

/* not all of git's rules: only whether libgit2 is needed to know */
static bool is_in_repository(const char *site)
{
	char path[PATH_MAX + sizeof("/.git")], *end;

	if (!realpath(site, path))
		return true;
	for (end = path + strlen(path); end; end = strrchr(path, '/')) {
		strcpy(end, "/.git");
		if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
		    errno != ENOENT)
			return true;
		*end = '\0';
	}
	return false;
}

const struct revision *git_revision(struct arena *arena, const char *site)
{
	__attribute__((cleanup(repository_close))) git_repository *r = NULL;
	struct revision *out = arena_new(arena, struct revision);
	const char *path;
	int result, ignored = 0;

	if (!is_in_repository(site))
		return NULL;
	if ((out->unknown = library_load(&git_library, arena)))
		return out;
	result = git()->git_repository_open_ext(&r, site, 0, NULL);
	if (result == GIT_ENOTFOUND && !strstr(unknown(arena), "belongs"))
		return NULL;
	if (result < 0) {
		out->unknown = unknown(arena);
		return out;
	}
	path = within(arena, r, site);
	if (!path || (*path && git()->git_ignore_path_is_ignored(&ignored, r,
	    arena_printf(arena, "%s/", path)) == 0 && ignored))
		return NULL;
	if (read_head(arena, r, out) == 0)
		out->dirty = is_dirty(r, path);
	return out;
}
