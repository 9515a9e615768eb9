/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lock.c - one run at a time for each state directory.
 *
 * The file is never removed: one that waits has it open. What it says may be of
 * a holder that was killed while the next has not written yet, so whoever
 * reads it looks again for a moment when that process is gone.
 */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "state.h"

enum { POLL_MS = 20, LOOKS = 10, LONGEST = 8192 };

struct lock {
	int fd;
};

static void descriptor_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
#define scoped_fd __attribute__((cleanup(descriptor_close))) int

static int64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int fail(struct err *e, const char *doing, const char *path)
{
	return err_at(e, (struct pos){ 0 }, "cannot %s '%s': %s", doing, path,
	    strerror(errno));
}

/* the rest of the line that begins with `name`, or "" */
static const char *line(struct arena *a, const char *text, const char *name)
{
	size_t size = strlen(name);

	for (; text && *text; text = strchr(text, '\n'), text += !!text)
		if (!strncmp(text, name, size) && text[size] == ' ')
			return arena_copy(a, text + size + 1,
			    strcspn(text + size + 1, "\n"));
	return "";
}

/* whether it is about a process that is there */
static bool holder_parse(struct arena *a, int fd, struct lock_holder *out)
{
	char *text = arena_alloc(a, LONGEST + 1);

	if (pread(fd, text, LONGEST, 0) < 0)
		*text = '\0';
	out->pid = strtoll(line(a, text, "pid"), NULL, 10);
	out->since = strtoll(line(a, text, "since"), NULL, 10);
	out->user = line(a, text, "user");
	out->host = line(a, text, "host");
	out->command = line(a, text, "command");
	return out->pid > 0 && out->pid <= INT32_MAX &&
	    (!kill((pid_t)out->pid, 0) || errno == EPERM);
}

static void holder_read(struct arena *a, int fd, struct lock_holder *out)
{
	struct timespec moment = { .tv_nsec = 5000000 };
	int i;

	for (i = 0; i < LOOKS && !holder_parse(a, fd, out); i++)
		nanosleep(&moment, NULL);
}

/* line feeds would look like further lines */
static void add_line(struct text *t, const char *name, const char *value)
{
	text_addf(t, "%s ", name);
	for (; value && *value; value++)
		text_add_char(t, *value == '\n' ? ' ' : *value);
	text_add_char(t, '\n');
}

/* only for people, so it need not be durable */
static int holder_write(struct arena *a, int fd, const char *path,
    struct lock_holder *self, struct err *e)
{
	struct text t = text_new(a);

	self->pid = getpid();
	self->since = now(CLOCK_REALTIME);
	text_addf(&t, "pid %" PRId64 "\nsince %" PRId64 "\n", self->pid,
	    self->since);
	add_line(&t, "user", self->user);
	add_line(&t, "host", self->host);
	add_line(&t, "command", self->command);
	if (t.size > LONGEST)
		t.size = LONGEST;
	if (pwrite(fd, text_string(&t), t.size, 0) != (ssize_t)t.size ||
	    ftruncate(fd, (off_t)t.size))
		return fail(e, "write", path);
	return 0;
}

/* 0: we have it, 1: another has it, -1 */
static int try(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (!fcntl(fd, F_OFD_SETLK, &whole))
		return 0;
	return errno == EAGAIN || errno == EACCES ? 1 : -1;
}

static int wait_for(int fd, int64_t timeout)
{
	struct timespec moment = { .tv_nsec = POLL_MS * 1000000 };
	int64_t end = now(CLOCK_MONOTONIC) + timeout * 1000;
	int taken;

	while ((taken = try(fd)) == 1 && now(CLOCK_MONOTONIC) < end)
		if (nanosleep(&moment, NULL))
			return 1;
	return taken;
}

int lock_take(struct arena *a, struct lock_try *t, struct lock **out,
    struct err *e)
{
	const char *path = arena_printf(a, "%s/lock", t->state);
	scoped_fd fd = -1;
	int taken;

	if (state_make(t->state, e))
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fail(e, "open", path);
	taken = wait_for(fd, t->timeout);
	if (taken < 0)
		return fail(e, "lock", path);
	if (taken) {
		holder_read(a, fd, &t->self);
		return 1;
	}
	if (holder_write(a, fd, path, &t->self, e))
		return -1;
	*out = arena_new(a, struct lock);
	(*out)->fd = fd;
	fd = -1;
	return 0;
}

void lock_release(struct lock *l)
{
	int unsaid;

	if (!l)
		return;
	/* so that nobody is shown as the holder who is not */
	unsaid = ftruncate(l->fd, 0);
	(void)unsaid;
	close(l->fd);
}

int lock_look(struct arena *a, const char *state, struct lock_holder *out,
    struct err *e)
{
	const char *path = arena_printf(a, "%s/lock", state);
	scoped_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fd < 0)
		return errno == ENOENT ? 0 : fail(e, "open", path);
	if (fcntl(fd, F_OFD_GETLK, &whole))
		return fail(e, "look at the lock", path);
	if (whole.l_type == F_UNLCK)
		return 0;
	holder_read(a, fd, out);
	return 1;
}
