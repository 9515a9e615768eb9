/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * objects.c - the bytes from before, by their digest.
 *
 *  (1) An object has its name only when its bytes are on the disk, so whatever
 *      has a name is whole.
 *  (2) What objects_put() returned for keeps its name after a power cut.
 *  (3) Bytes that do not match their name are never returned.
 *
 * Few are synced one by one; for many, syncfs(2) is asked once before they get
 * their names and once after. After a failed sync nothing is named.
 */
#include "objects.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "state.h"
#include "whole.h"

enum {
	/* from here on a syncfs is cheaper */
	MANY = 8,
	/* seconds: a name so young may not be on the disk yet */
	YOUNG = 60,
	/* "ab/" and the 62 other digits */
	NAME = 3 + 62 + 1,
	/* "new.THREAD.NUMBER" */
	FRESH = 48,
};

struct store {
	/* STATE/objects */
	int fd;
	const char *path;
	bool many;
	struct err *err;
};

/* one that is being put */
struct put {
	char name[NAME];
	/* its name until it is on the disk, of this thread's own */
	char fresh[FRESH];
	/* it is there under that name */
	bool written;
	/* its name is to be synced */
	bool young;
};

static void store_close(struct store *s)
{
	if (s->fd >= 0)
		close(s->fd);
}

static void descriptor_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
#define scoped_fd __attribute__((cleanup(descriptor_close))) int

static void listing_close(DIR **d)
{
	if (*d)
		closedir(*d);
}

static int fail(const struct store *s, const char *doing, const char *name)
{
	return err_at(s->err, (struct pos){ 0 }, "cannot %s '%s/%s': %s",
	    doing, s->path, name, strerror(errno));
}

static int store_open(struct arena *a, const char *state, struct store *s)
{
	s->path = arena_printf(a, "%s/objects", state);
	s->fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return s->fd < 0 ? -1 : 0;
}

static int sync_directory(const struct store *s, const char *name)
{
	scoped_fd fd = openat(s->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return fail(s, "open", name);
	return fsync(fd) ? fail(s, "sync", name) : 0;
}

static int store_make(struct arena *a, const char *state, struct store *s)
{
	if (!store_open(a, state, s))
		return 0;
	if (state_make(state, s->err))
		return -1;
	if (mkdir(s->path, 0700) && errno != EEXIST)
		return fail(s, "make", "");
	if (store_open(a, state, s))
		return fail(s, "open", "");
	return sync_directory(s, "..");
}

static void name_of(const char *digest, char name[NAME])
{
	snprintf(name, NAME, "%.2s/%.62s", digest, digest + 2);
}

static int make_directory(const struct store *s, const char *name)
{
	char directory[3] = { name[0], name[1], '\0' };

	if (!mkdirat(s->fd, directory, 0700))
		return s->many ? 0 : sync_directory(s, ".");
	return errno == EEXIST ? 0 : fail(s, "make", directory);
}

static int write_fresh(const struct store *s, struct bytes bytes,
    struct put *p)
{
	scoped_fd fd = -1;

	if (make_directory(s, p->name))
		return -1;
	if (unlinkat(s->fd, p->fresh, 0) && errno != ENOENT)
		return fail(s, "remove", p->fresh);
	fd = openat(s->fd, p->fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600);
	if (fd < 0)
		return fail(s, "make", p->fresh);
	p->written = true;
	if (write_whole(fd, bytes) || (!s->many && fsync(fd)))
		return fail(s, "write", p->fresh);
	return 0;
}

static int put_bytes(const struct store *s, struct object *o, struct put *p)
{
	unsigned char digest[DIGEST];
	struct stat st;

	digest_bytes(o->bytes.data, o->bytes.size, digest);
	digest_hex(digest, o->digest);
	name_of(o->digest, p->name);
	if (fstatat(s->fd, p->name, &st, AT_SYMLINK_NOFOLLOW)) {
		p->young = true;
		return errno == ENOENT ? write_fresh(s, o->bytes, p) :
		    fail(s, "look at", p->name);
	}
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != o->bytes.size)
		return err_at(s->err, (struct pos){ 0 },
		    "'%s/%s' is damaged: remove it", s->path, p->name);
	p->young = st.st_ctime > time(NULL) - YOUNG;
	return 0;
}

static int put_name(const struct store *s, struct put *p)
{
	char directory[3] = { p->name[0], p->name[1], '\0' };

	if (p->written && renameat(s->fd, p->fresh, s->fd, p->name))
		return fail(s, "name", p->name);
	p->written = false;
	return s->many || !p->young ? 0 : sync_directory(s, directory);
}

static int put_all(const struct store *s, struct object *o, struct put *p,
    size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		snprintf(p[i].fresh, FRESH, "new.%d.%zu", gettid(), i);
		if (put_bytes(s, &o[i], &p[i]))
			return -1;
	}
	if (s->many && syncfs(s->fd))
		return fail(s, "sync", "");
	for (i = 0; i < n; i++)
		if (put_name(s, &p[i]))
			return -1;
	if (s->many && syncfs(s->fd))
		return fail(s, "sync", "");
	return 0;
}

int objects_put(const char *state, struct object *o, size_t n, struct err *e)
{
	scoped_arena *a = arena_open();
	__attribute__((cleanup(store_close))) struct store s = {
		.fd = -1, .many = n >= MANY, .err = e,
	};
	struct put *p = arena_array(a, n, sizeof(*p));
	size_t i;

	if (store_make(a, state, &s))
		return -1;
	if (!put_all(&s, o, p, n))
		return 0;
	for (i = 0; i < n; i++)
		if (p[i].written)
			unlinkat(s.fd, p[i].fresh, 0);
	return -1;
}

static int read_all(const struct store *s, const char *name, int fd,
    struct text *t)
{
	char part[1 << 16];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))))
		if (n > 0)
			text_add_bytes(t, part, (size_t)n);
		else if (errno != EINTR)
			return fail(s, "read", name);
	return 0;
}

int objects_get(struct arena *a, const char *state, const char *digest,
    struct bytes *out, struct err *e)
{
	__attribute__((cleanup(store_close))) struct store s = {
		.fd = -1, .err = e,
	};
	struct text t = text_new(a);
	unsigned char found[DIGEST];
	char name[NAME], hex[DIGEST_HEX];
	scoped_fd fd = -1;

	if (strlen(digest) != DIGEST_HEX - 1 ||
	    strspn(digest, "0123456789abcdef") != DIGEST_HEX - 1)
		return err_at(e, (struct pos){ 0 }, "'%s' is not a digest",
		    digest);
	name_of(digest, name);
	if (store_open(a, state, &s))
		return errno == ENOENT ? 0 : fail(&s, "open", "");
	fd = openat(s.fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? 0 : fail(&s, "open", name);
	if (read_all(&s, name, fd, &t))
		return -1;
	*out = (struct bytes){ text_string(&t), t.size };
	digest_bytes(out->data, out->size, found);
	digest_hex(found, hex);
	if (strcmp(hex, digest))
		return err_at(e, (struct pos){ 0 },
		    "'%s/%s' is damaged: it does not match its name", s.path,
		    name);
	return 1;
}

int objects_clean(const char *state, struct err *e)
{
	scoped_arena *a = arena_open();
	__attribute__((cleanup(store_close))) struct store s = {
		.fd = -1, .err = e,
	};
	__attribute__((cleanup(listing_close))) DIR *d = NULL;
	struct dirent *entry;
	int again;

	if (store_open(a, state, &s))
		return errno == ENOENT ? 0 : fail(&s, "open", "");
	again = openat(s.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (again < 0 || !(d = fdopendir(again)))
		return fail(&s, "list", "");
	while ((entry = readdir(d)))
		if (!strncmp(entry->d_name, "new.", 4) &&
		    unlinkat(s.fd, entry->d_name, 0))
			return fail(&s, "remove", entry->d_name);
	return 0;
}
