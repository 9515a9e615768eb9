/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal_file.c - the files that the journal is made of, before SQLite sees
 * them: STATE/journal.db and STATE/key.
 *
 * journal.db is never opened and closed here once it exists: that would drop
 * the locks that SQLite has on it in this process (fcntl(2)).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal_rows.h"
#include "state.h"

static void descriptor_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
#define scoped_fd __attribute__((cleanup(descriptor_close))) int

static int fail(struct err *e, const char *doing, const char *path)
{
	return err_at(e, (struct pos){ 0 }, "cannot %s '%s': %s", doing, path,
	    strerror(errno));
}

/* a name that is there must be a file that only its owner can write */
static int look(const char *path, struct err *e)
{
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 1 : fail(e, "look at", path);
	if (!S_ISREG(st.st_mode))
		return err_at(e, (struct pos){ 0 },
		    "'%s' must be a regular file", path);
	if (st.st_mode & 022)
		return err_at(e, (struct pos){ 0 },
		    "'%s' can be written by others (mode %04o): nothing it says can be believed",
		    path, st.st_mode & 07777u);
	return 0;
}

static int sync_directory(const char *path, struct err *e)
{
	scoped_fd fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return fail(e, "open", path);
	return fsync(fd) ? fail(e, "sync", path) : 0;
}

static int make(const char *state, const char *path, struct err *e)
{
	scoped_fd fd = open(path,
	    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return fail(e, "make", path);
	return sync_directory(state, e);
}

static const char *uri_of(struct arena *a, const char *path, const char *more)
{
	struct text t = text_new(a);

	text_add(&t, *path == '/' ? "file://" : "file:");
	for (; *path; path++)
		if (strchr("%?#", *path))
			text_addf(&t, "%%%02X", (unsigned char)*path);
		else
			text_add_char(&t, *path);
	text_add(&t, more);
	return text_string(&t);
}

/*
 * Who writes keeps the -wal and -shm files, so reading finds them and makes
 * none. Where they are missing nobody has ever written here (a copy): nothing
 * changes while it is read.
 */
int journal_file(struct arena *a, const char *state, enum journal_mode mode,
    const char **uri, struct err *e)
{
	const char *path = arena_printf(a, "%s/journal.db", state);
	const char *wal = arena_printf(a, "%s-wal", path);
	const char *shm = arena_printf(a, "%s-shm", path);
	int there = mode == JOURNAL_WRITE ? state_make(state, e) :
	    state_check(state, e);

	if (!there)
		there = look(path, e);
	if (there < 0 || (there && mode == JOURNAL_READ))
		return there;
	if (there && make(state, path, e))
		return -1;
	*uri = uri_of(a, path, mode == JOURNAL_READ &&
	    (access(wal, F_OK) || access(shm, F_OK)) ? "?immutable=1" : "");
	return 0;
}

static int key_read(const char *path, unsigned char key[DIGEST],
    struct err *e)
{
	scoped_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return fail(e, "open", path);
	if (read(fd, key, DIGEST) != DIGEST)
		return err_at(e, (struct pos){ 0 },
		    "'%s' must hold %d bytes: restore it, or remove it and all sensitive values will look changed once",
		    path, DIGEST);
	return 0;
}

/* whole or not at all: linked to its name when it is on the disk */
static int key_write(const char *state, const char *path,
    const unsigned char key[DIGEST], struct err *e)
{
	scoped_arena *a = arena_open();
	const char *fresh = arena_printf(a, "%s.new", path);
	scoped_fd fd = -1;

	if (unlink(fresh) && errno != ENOENT)
		return fail(e, "remove", fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(e, "make", fresh);
	if (write(fd, key, DIGEST) != DIGEST || fsync(fd))
		return fail(e, "write", fresh);
	if (rename(fresh, path))
		return fail(e, "make", path);
	return sync_directory(state, e);
}

int key_open(const char *state, bool write, unsigned char key[DIGEST],
    struct err *e)
{
	scoped_arena *a = arena_open();
	const char *path = arena_printf(a, "%s/key", state);
	int there = look(path, e);

	if (there < 0)
		return -1;
	if (!there)
		return key_read(path, key, e);
	if (getrandom(key, DIGEST, 0) != DIGEST)
		return fail(e, "get random bytes for", path);
	return write ? key_write(state, path, key, e) : 0;
}

int journal_key_make(const char *state, struct err *e)
{
	unsigned char key[DIGEST];
	int rc = state_make(state, e) || key_open(state, true, key, e);

	explicit_bzero(key, sizeof(key));
	return rc ? -1 : 0;
}

int journal_key_look(const char *state, unsigned char key[DIGEST],
    struct err *e)
{
	scoped_arena *a = arena_open();
	const char *path = arena_printf(a, "%s/key", state);
	int none = state_check(state, e);

	if (!none)
		none = look(path, e);
	if (none)
		return none < 0 ? -1 : 0;
	return key_read(path, key, e) ? -1 : 1;
}
