/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * files.c - the files of the real machine, looked at.
 *
 * What a run costs when nothing differs is spent here: a look is open, fstat,
 * close, and a whole file costs one read more, because the buffer has room for
 * one byte over the size, so that a read that does not fill it was the last.
 */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "digest.h"
#include "tree.h"

enum {
	PIECE = 64 << 10,
	/* read whole without a limit: more is surely a mistake */
	WHOLE_MAX = 1 << 30,
	/* a FIFO must not block, a terminal must not become ours */
	READING = O_RDONLY | O_NONBLOCK | O_NOCTTY,
};

static void entry_fill(struct entry *e, const struct stat *st)
{
	e->type = S_ISREG(st->st_mode) ? ENTRY_FILE :
	    S_ISDIR(st->st_mode)       ? ENTRY_DIRECTORY :
	    S_ISLNK(st->st_mode)       ? ENTRY_LINK :
	                                 ENTRY_OTHER;
	e->mode = (int)(st->st_mode & 07777);
	e->uid = st->st_uid;
	e->gid = st->st_gid;
	e->size = (uint64_t)st->st_size;
}

int files_look(struct job *job, void *context, const char *path,
    struct entry *out)
{
	const struct tree *t = context;
	scoped_descriptor fd = tree_open(t, path, O_PATH);
	struct stat st;

	*out = (struct entry){ .type = ENTRY_ABSENT };
	if (fd < 0 && tree_absent())
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return tree_fail(job, t, "look at", path);
	entry_fill(out, &st);
	return 0;
}

/* at most `most` bytes: `size` of them if the file tells its size truly */
static int read_whole(int fd, struct arena *a, size_t size, size_t most,
    struct bytes *out)
{
	size_t room = (size && size < most ? size : most < PIECE ? most : PIECE)
	    + 1;
	char *data = arena_alloc(a, room + 1), *wider;
	size_t have = 0;
	ssize_t n;

	for (;;) {
		n = TEMP_FAILURE_RETRY(read(fd, data + have, room - have));
		if (n < 0)
			return -1;
		have += (size_t)n;
		if (n == 0 || have >= most || (size && have == size))
			break;
		if (have < room)
			continue;
		/* it grows, or is of a file system that tells no sizes */
		wider = arena_alloc(a, room * 2 + 1);
		memcpy(wider, data, have);
		data = wider;
		room *= 2;
	}
	out->size = have < most ? have : most;
	data[out->size] = '\0';
	out->data = data;
	return 0;
}

int files_read(struct job *job, void *context, const char *path, size_t limit,
    struct file_read *out)
{
	const struct tree *t = context;
	struct entry *entry = &out->entry;
	scoped_descriptor fd = tree_open(t, path, READING);
	size_t most = limit ? limit : WHOLE_MAX;
	struct stat st;

	out->content = (struct bytes){ "", 0 };
	/* links, sockets, devices without a driver */
	if (fd < 0 && (errno == ELOOP || errno == ENXIO || errno == ENODEV))
		return files_look(job, context, path, entry);
	*entry = (struct entry){ .type = ENTRY_ABSENT };
	if (fd < 0 && tree_absent())
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return tree_fail(job, t, "read", path);
	entry_fill(entry, &st);
	if (entry->type != ENTRY_FILE)
		return 0;
	if (!limit && entry->size > WHOLE_MAX)
		return job_fail(job, "cannot read '%s': it is larger than 1 GiB",
		    path);
	if (read_whole(fd, job->arena, entry->size, most, &out->content) < 0)
		return tree_fail(job, t, "read", path);
	return 0;
}

int files_digest(struct job *job, void *context, const char *path,
    unsigned char *digest)
{
	const struct tree *t = context;
	scoped_descriptor fd = tree_open(t, path, READING);
	char piece[PIECE];
	struct digester *d;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return tree_fail(job, t, "read", path);
	if (!S_ISREG(st.st_mode))
		return job_fail(job, "cannot read '%s': it is not a regular file",
		    path);
	d = digester_begin();
	while ((n = TEMP_FAILURE_RETRY(read(fd, piece, sizeof(piece)))) > 0)
		digester_add(d, piece, (size_t)n);
	digester_end(d, digest);
	return n < 0 ? tree_fail(job, t, "read", path) : 0;
}

int files_read_link(struct job *job, void *context, const char *path,
    const char **out)
{
	const struct tree *t = context;
	scoped_descriptor fd = tree_open(t, path, O_PATH);
	char target[PATH_MAX];
	struct stat st;
	ssize_t n;

	*out = NULL;
	if (fd < 0 && tree_absent())
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return tree_fail(job, t, "look at", path);
	if (!S_ISLNK(st.st_mode))
		return 0;
	n = readlinkat(fd, "", target, sizeof(target));
	if (n < 0)
		return tree_fail(job, t, "look at", path);
	*out = arena_copy(job->arena, target, (size_t)n);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static void directory_close(DIR **d)
{
	if (*d)
		closedir(*d);
}

int files_list(struct job *job, void *context, const char *path,
    struct strings *out)
{
	const struct tree *t = context;
	int fd = tree_open(t, path, O_RDONLY | O_DIRECTORY);
	__attribute__((cleanup(directory_close))) DIR *d = NULL;
	const struct dirent *e;
	size_t capacity = 0;

	*out = (struct strings){ 0 };
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd >= 0 && !(d = fdopendir(fd)))
		descriptor_close(&fd);
	if (!d)
		return tree_fail(job, t, "list", path);
	errno = 0;
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			arena_push(job->arena, out->item, out->count, capacity,
			    arena_string(job->arena, e->d_name));
	if (errno)
		return tree_fail(job, t, "list", path);
	if (out->count)
		qsort(out->item, out->count, sizeof(*out->item), by_name);
	return 0;
}
