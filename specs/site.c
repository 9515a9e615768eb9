/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * site.c - a site's directory: found, walked, read.
 *
 * Files are opened below the site's own directory by openat2(2), so that
 * neither a name nor a link in a repository reaches outside it.
 */
#include "site.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arena.h"
#include "names.h"
#include "value.h"

enum { SOURCES = 20000, FOLDERS_DEEP = 32 };

struct kept {
	const char *path;
	const struct source *source;
	const struct kept *next;
};

struct site {
	struct arena *arena;
	const char *path;
	int fd;
	const struct source **sources;
	size_t count, capacity;
	/* files that were asked for by name, by hash of their path */
	const struct kept *files[256];
	pthread_mutex_t lock;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static void close_directory(DIR **d)
{
	if (*d)
		closedir(*d);
}

static int open_below(int fd, const char *path, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, fd, path, &how, sizeof(how));
}

/* the directory at or above `path` that holds a plumb.yaml; "" if none does */
static const char *find_root(struct arena *a, const char *path)
{
	char real[PATH_MAX];
	struct stat there;
	const char *p = path;
	char *slash;

	if (!realpath(path, real))
		return path;
	for (;;) {
		if (!stat(arena_printf(a, "%s/plumb.yaml", p), &there))
			return p;
		slash = strrchr(real, '/');
		if (!slash || slash == real)
			return "";
		*slash = '\0';
		p = arena_string(a, real);
	}
}

struct site *site_open(struct arena *a, const char *path, struct err *e)
{
	struct site *s = arena_new(a, struct site);
	struct pos none = { 0 };

	s->arena = a;
	s->path = find_root(a, path);
	pthread_mutex_init(&s->lock, NULL);
	if (!*s->path) {
		err_at(e, none,
		    "there is no plumb.yaml in '%s' or above it (`plumb init` makes a site)",
		    path);
		return NULL;
	}
	s->fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->fd < 0) {
		err_at(e, none, "cannot open the site '%s': %s", path,
		    strerror(errno));
		return NULL;
	}
	return s;
}

void site_close(struct site *s)
{
	if (s)
		close(s->fd);
}

const char *site_path(const struct site *s)
{
	return s->path;
}

/* as shown to the user */
static struct source *source_new(struct site *s, const char *name)
{
	struct source *source = arena_new(s->arena, struct source);
	size_t n = strlen(s->path);

	source->path = !strcmp(s->path, ".") ? arena_string(s->arena, name) :
	    arena_printf(s->arena, "%s%s%s", s->path,
	    s->path[n - 1] == '/' ? "" : "/", name);
	return source;
}

static int read_all(struct site *s, int fd, size_t size, struct source *out)
{
	char *text = arena_array(s->arena, size + 1, 1);
	size_t done = 0;
	ssize_t n = 1;

	while (done < size && n > 0) {
		n = read(fd, text + done, size - done);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			done += (size_t)n;
	}
	out->text = text;
	out->size = done;
	return n < 0 ? -1 : 0;
}

/* a file that is asked for */
struct wanted {
	/* within its folder */
	const char *name;
	struct source *source;
	struct err *err;
	/* the place that asks, or none */
	struct pos pos;
};

static const struct source *load(struct site *s, int base,
    const struct wanted *w)
{
	__attribute__((cleanup(close_fd))) int fd =
	    open_below(base, w->name, O_RDONLY);
	struct source *source = w->source;
	struct pos at = w->pos.source ? w->pos
	    : (struct pos){ source, 0, 0, 0 };
	struct err *e = w->err;
	struct stat st;

	if (fd < 0 && (errno == EXDEV || errno == ELOOP))
		return err_at(e, at, "'%s' leads out of the site's directory",
		    w->name), NULL;
	if (fd < 0 && errno == ENOENT && w->pos.source)
		return err_at(e, at, "there is no file '%s'", source->path),
		    NULL;
	if (fd < 0 || fstat(fd, &st))
		return err_at(e, at, "cannot read '%s': %s", source->path,
		    strerror(errno)), NULL;
	if (!S_ISREG(st.st_mode))
		return err_at(e, at, "'%s' is not a regular file",
		    source->path), NULL;
	if (st.st_size > VALUE_FILE)
		return err_at(e, at, "'%s' is larger than %d MiB",
		    source->path, VALUE_FILE >> 20), NULL;
	if (read_all(s, fd, (size_t)st.st_size, source))
		return err_at(e, at, "cannot read '%s': %s", source->path,
		    strerror(errno)), NULL;
	return source;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_yaml(const char *name)
{
	size_t n = strlen(name);

	return n > 5 && !strcmp(name + n - 5, ".yaml");
}

/* a directory among the site's own that holds no specs */
static bool is_left_out(const char *path)
{
	return !strcmp(path, "files") || !strcmp(path, "templates");
}

/* names in a directory, sorted */
static int names_in(struct site *s, const char *path, const char ***out,
    size_t *count)
{
	__attribute__((cleanup(close_directory))) DIR *d = NULL;
	const char **names = NULL;
	size_t n = 0, capacity = 0;
	struct dirent *entry;
	int fd = open_below(s->fd, path, O_RDONLY | O_DIRECTORY);

	if (fd < 0)
		return -1;
	d = fdopendir(fd);
	if (!d)
		return close(fd), -1;
	while (errno = 0, (entry = readdir(d)) != NULL)
		if (entry->d_name[0] != '.')
			arena_push(s->arena, names, n, capacity,
			    arena_string(s->arena, entry->d_name));
	if (errno)
		return -1;
	if (n)
		qsort(names, n, sizeof(*names), compare);
	*out = names;
	*count = n;
	return 0;
}

static bool is_directory(const struct site *s, const char *path)
{
	struct stat st;

	return !fstatat(s->fd, path, &st, AT_SYMLINK_NOFOLLOW) &&
	    S_ISDIR(st.st_mode);
}

static int walk(struct site *s, const char *folder, int depth, struct err *e)
{
	const char **names, *path;
	size_t count, i;
	int failed = 0;

	if (depth == FOLDERS_DEEP)
		return err_at(e, (struct pos){ source_new(s, folder), 0, 0,
		    0 }, "this directory is more than %d levels deep",
		    FOLDERS_DEEP);
	if (names_in(s, *folder ? folder : ".", &names, &count))
		return err_at(e, (struct pos){ source_new(s, folder), 0, 0,
		    0 }, "cannot read this directory: %s", strerror(errno));
	for (i = 0; i < count; i++) {
		path = *folder ? arena_printf(s->arena, "%s/%s", folder,
		    names[i]) : names[i];
		if (is_directory(s, path)) {
			if (!is_left_out(path))
				failed |= walk(s, path, depth + 1, e);
			continue;
		}
		if (!is_yaml(path))
			continue;
		if (s->count == SOURCES)
			return err_at(e, (struct pos){ 0 },
			    "the site '%s' has more than %d files", s->path,
			    SOURCES);
		const struct wanted w = { path, source_new(s, path), e,
			{ 0 } };
		if (!load(s, s->fd, &w))
			failed = -1;
		else
			arena_push(s->arena, s->sources, s->count,
			    s->capacity, w.source);
	}
	return failed;
}

int site_sources(struct site *s, const struct source ***out, size_t *count,
    struct err *e)
{
	int failed = walk(s, "", 0, e);

	*out = s->sources;
	*count = s->count;
	return failed ? -1 : 0;
}

int site_names(struct site *s, const char *folder, struct strings *out)
{
	int rc;

	*out = (struct strings){ 0 };
	pthread_mutex_lock(&s->lock);
	rc = names_in(s, folder, &out->item, &out->count);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

static const struct source *file_load(struct site *s, const char *folder,
    const struct wanted *w)
{
	__attribute__((cleanup(close_fd))) int base = -1;

	if (!*w->name || *w->name == '/')
		return err_at(w->err, w->pos,
		    "'%s' must be a path within the site's %s/", w->name,
		    *folder ? folder : "."), NULL;
	base = open_below(s->fd, *folder ? folder : ".", O_RDONLY |
	    O_DIRECTORY);
	if (base < 0)
		return err_at(w->err, w->pos, "the site has no directory '%s'",
		    folder), NULL;
	return load(s, base, w);
}

const struct source *site_file(struct site *s, const char *folder,
    const char *name, struct err *e, struct pos pos)
{
	struct wanted w = { .name = name, .err = e, .pos = pos };
	const struct source *loaded;
	const struct kept **slot, *k;
	struct kept *keep;

	pthread_mutex_lock(&s->lock);
	w.source = source_new(s, arena_printf(s->arena, "%s%s%s", folder,
	    *folder ? "/" : "", name));
	slot = &s->files[hash_bytes(w.source->path, strlen(w.source->path)) %
	    256];
	for (k = *slot; k && strcmp(k->path, w.source->path); k = k->next)
		;
	loaded = k ? k->source : file_load(s, folder, &w);
	if (loaded && !k) {
		keep = arena_new(s->arena, struct kept);
		*keep = (struct kept){ w.source->path, loaded, *slot };
		*slot = keep;
	}
	pthread_mutex_unlock(&s->lock);
	return loaded;
}
