/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rooted.c - the real machine below a temporary root, for tests.
 */
#include "rooted.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

const char *rooted_at(const struct rooted *w, const char *path)
{
	return arena_printf(w->arena, "%s%s", w->root, path);
}

int rooted_open(void **state)
{
	struct arena *a = arena_open();
	struct rooted *w = arena_new(a, struct rooted);

	w->arena = a;
	w->err = err_new(a);
	w->job = (struct job){ .arena = a, .err = &w->err,
		.address = "file:x" };
	strcpy(w->root, "/tmp/plumb-files-XXXXXX");
	assert_non_null(mkdtemp(w->root));
	assert_int_equal(host_open(a, w->root, &w->host, &w->err), 0);
	*state = w;
	return 0;
}

static void remove_below(int above, const char *name)
{
	int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	const struct dirent *e;
	DIR *d;

	if (fd < 0) {
		unlinkat(above, name, 0);
		return;
	}
	d = fdopendir(fd);
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			remove_below(fd, e->d_name);
	closedir(d);
	unlinkat(above, name, AT_REMOVEDIR);
}

int rooted_close(void **state)
{
	struct rooted *w = *state;

	host_close(&w->host);
	remove_below(AT_FDCWD, w->root);
	arena_close(w->arena);
	return 0;
}

static const char *said(const struct rooted *w)
{
	return w->err.last ? w->err.last->text : "";
}

void rooted_said(const struct rooted *w, const char *part)
{
	if (!strstr(said(w), part))
		fail_msg("'%s' is not in '%s'", part, said(w));
}

int rooted_put(struct rooted *w, const char *path, const char *text, int mode)
{
	struct file_write f = { { text, strlen(text) },
		{ mode, geteuid(), getegid() } };

	return host_write(&w->job, &w->host, path, &f);
}

const char *rooted_get(struct rooted *w, const char *path, struct entry *e)
{
	struct file_read file;

	assert_int_equal(host_read(&w->job, &w->host, path, 0, &file), 0);
	*e = file.entry;
	return file.content.data;
}

size_t rooted_count(struct rooted *w, const char *path)
{
	struct strings s;

	assert_int_equal(host_list(&w->job, &w->host, path, &s), 0);
	return s.count;
}

void rooted_give(const struct rooted *w, const char *path, uid_t owner)
{
	assert_int_equal(lchown(rooted_at(w, path), owner, owner), 0);
}

void rooted_lead(const struct rooted *w, const char *path, const char *target)
{
	assert_int_equal(symlink(target, rooted_at(w, path)), 0);
}
