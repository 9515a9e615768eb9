/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * saved_file.c - the bytes of a saved plan: sealed, written whole, and believed
 * only when the seal is ours.
 *
 *  (1) The first line is always the same but for the seal, so that a change of
 *      any bit of it is noticed as well.
 *  (2) The seal is checked on the bytes, before any of them is parsed.
 *  (3) Its key is made from the state directory's, so that no keyed digest of
 *      a value, which whoever writes a site may choose, is ever a seal.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../resources/host/digest.h"
#include "saved.h"
#include "whole.h"

enum { LARGEST = 1 << 30 };

static const char format[] = "{\"format\": \"plumb plan\", ";
static const char head[] =
    "{\"format\": \"plumb plan\", \"version\": 1, \"mac\": \"";
static const char tail[] = "\"}\n";

enum {
	HEAD = sizeof(head) - 1,
	SEAL = DIGEST_HEX - 1,
	TAIL = sizeof(tail) - 1,
	FIRST_LINE = HEAD + SEAL + TAIL,
};

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

static void seal(const unsigned char key[32], struct bytes body,
    char out[DIGEST_HEX])
{
	unsigned char own[DIGEST], code[DIGEST];

	digest_keyed(head, HEAD, key, 32, own);
	digest_keyed(own, DIGEST, body.data, body.size, code);
	explicit_bzero(own, sizeof(own));
	digest_hex(code, out);
}

/* as much as there is, at most `size`; -1: errno says why */
static ssize_t read_some(int fd, char *out, size_t size)
{
	size_t done = 0;
	ssize_t n = 1;

	while (done < size && n) {
		n = read(fd, out + done, size - done);
		if (n < 0 && errno != EINTR)
			return -1;
		done += n > 0 ? (size_t)n : 0;
	}
	return (ssize_t)done;
}

/* a regular file, and how it begins; 1: there is none of that name */
static int look(const char *path, struct stat *st, bool *is_plan,
    struct err *e)
{
	scoped_fd fd = -1;
	char begin[sizeof(format)] = "";

	*is_plan = false;
	if (stat(path, st))
		return errno == ENOENT ? 1 : fail(e, "look at", path);
	if (!S_ISREG(st->st_mode))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || read_some(fd, begin, sizeof(format) - 1) < 0)
		return fail(e, "read", path);
	*is_plan = !strcmp(begin, format);
	return 0;
}

int saved_file_is(const char *path, struct err *e)
{
	struct stat st;
	bool is_plan;
	int none = look(path, &st, &is_plan, e);

	if (none || !S_ISREG(st.st_mode))
		return none < 0 ? -1 : 0;
	if (is_plan)
		return 1;
	return err_at(e, (struct pos){ 0 },
	    "'%s' is not a saved plan (`plumb plan -o FILE` makes one)",
	    path);
}

int saved_file_writable(const char *path, struct err *e)
{
	struct stat st;
	bool is_plan;
	int none = look(path, &st, &is_plan, e);

	if (none)
		return none < 0 ? -1 : 0;
	if (!S_ISREG(st.st_mode))
		return err_at(e, (struct pos){ 0 },
		    "cannot save the plan as '%s': it must be a regular file",
		    path);
	if (st.st_size && !is_plan)
		return err_at(e, (struct pos){ 0 },
		    "'%s' is there already and is not a saved plan: it is left as it is; name another file",
		    path);
	return 0;
}

static int write_to(int fd, struct bytes body, const char *code)
{
	return write_whole(fd, (struct bytes){ head, HEAD }) ||
	    write_whole(fd, (struct bytes){ code, SEAL }) ||
	    write_whole(fd, (struct bytes){ tail, TAIL }) ||
	    write_whole(fd, body) || fsync(fd);
}

int saved_file_write(const char *path, struct bytes body,
    const unsigned char key[32], struct err *e)
{
	scoped_arena *a = arena_open();
	const char *folder = dirname(arena_string(a, path));
	char *fresh = arena_printf(a, "%s/.plumb-plan.XXXXXX", folder);
	scoped_fd directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	scoped_fd fd = -1;
	char code[DIGEST_HEX];
	int why;

	if (directory < 0)
		return fail(e, "save the plan in", folder);
	/* what was there may be another thing by now */
	if (saved_file_writable(path, e))
		return -1;
	fd = mkostemp(fresh, O_CLOEXEC);
	if (fd < 0)
		return fail(e, "save the plan in", folder);
	seal(key, body, code);
	if (!write_to(fd, body, code) && !rename(fresh, path))
		return fsync(directory) ? fail(e, "sync", folder) : 0;
	why = errno;
	unlink(fresh);
	errno = why;
	return fail(e, "save the plan as", path);
}

static int refuse(struct err *e, const char *path)
{
	return err_at(e, (struct pos){ 0 },
	    "the saved plan '%s' is damaged or was made on another machine, or with another --state or --root",
	    path);
}

/* whether the first line is one of ours, and its seal the right one */
static bool is_whole(struct bytes text, const unsigned char *key)
{
	struct bytes body = { text.data + FIRST_LINE, text.size - FIRST_LINE };
	char code[DIGEST_HEX];

	if (text.size < FIRST_LINE || memcmp(text.data, head, HEAD) ||
	    memcmp(text.data + HEAD + SEAL, tail, TAIL))
		return false;
	if (!key)
		return true;
	seal(key, body, code);
	return digest_equal(text.data + HEAD, code, SEAL);
}

int saved_file_read(struct arena *a, const char *path,
    const unsigned char key[32], struct bytes *body, struct err *e)
{
	scoped_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY |
	    O_NONBLOCK);
	struct stat st;
	char *text;
	ssize_t size;

	if (fd < 0 || fstat(fd, &st))
		return fail(e, "read", path);
	if (st.st_size > LARGEST)
		return err_at(e, (struct pos){ 0 },
		    "the saved plan '%s' is larger than %d MiB", path,
		    LARGEST >> 20);
	text = arena_array(a, (size_t)st.st_size + 1, 1);
	size = read_some(fd, text, (size_t)st.st_size);
	if (size < 0)
		return fail(e, "read", path);
	if (!is_whole((struct bytes){ text, (size_t)size }, key))
		return refuse(e, path);
	*body = (struct bytes){ text + FIRST_LINE, (size_t)size - FIRST_LINE };
	return 0;
}
