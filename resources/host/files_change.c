/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * files_change.c - the files of the real machine, changed.
 *
 *  (1) A file is old or new and whole, at any instant and after any crash: new
 *      content is written beside it, synced, and renamed over it. A directory
 *      is there with its owner and mode, or is not there.
 *  (2) What is not finished has no wider mode and no other owner than it will
 *      have: it is made 0600, then the owner is given, then the mode.
 *  (3) After a directory was opened, only names in it are used, and only on
 *      descriptors; a link in the last place is replaced, never followed.
 *  (4) fsync(2) is asked once: after it failed, the kernel may have dropped
 *      what it could not write, and would say at the second time that all is
 *      well.
 */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tree.h"

enum { ATTRIBUTES_SIZE = 64 << 10 };

static int write_whole(int fd, struct bytes content)
{
	size_t done = 0;
	ssize_t n;

	while (done < content.size) {
		n = TEMP_FAILURE_RETRY(write(fd, content.data + done,
		    content.size - done));
		if (n < 0)
			return -1;
		done += (size_t)n;
	}
	return 0;
}

/* attributes beside mode and owner that a new content does not end */
static bool attribute_stays(const char *name)
{
	return strncmp(name, "user.", 5) == 0 ||
	    strcmp(name, "security.capability") == 0 ||
	    strcmp(name, "system.posix_acl_access") == 0;
}

/*
 * As far as it goes: nobody declared them. Not from a file of another owner,
 * who could have given himself access to what is written now.
 */
static void attributes_copy(struct arena *a, int above, const char *name,
    int to, uid_t owner)
{
	scoped_descriptor from = openat(above, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	ssize_t size, n;
	struct stat st;
	char *names, *value;
	const char *i;

	if (from < 0 || (size = flistxattr(from, NULL, 0)) <= 0 ||
	    fstat(from, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != owner)
		return;
	names = arena_alloc(a, (size_t)size);
	size = flistxattr(from, names, (size_t)size);
	for (i = names; size > 0 && i < names + size; i += strlen(i) + 1) {
		if (!attribute_stays(i))
			continue;
		value = arena_alloc(a, ATTRIBUTES_SIZE);
		n = fgetxattr(from, i, value, ATTRIBUTES_SIZE);
		if (n >= 0)
			(void)!fsetxattr(to, i, value, (size_t)n, 0);
	}
}

/* NULL, or what could not be done; errno says why */
static const char *stage_fill(struct arena *a, int above, const char *name,
    int fd, const struct file_write *w)
{
	if (write_whole(fd, w->content) < 0)
		return "write";
	if (fchown(fd, w->access.uid, w->access.gid) < 0)
		return "give an owner to";
	attributes_copy(a, above, name, fd,
	    w->access.uid == (uid_t)-1 ? geteuid() : w->access.uid);
	if (fchmod(fd, (mode_t)w->access.mode) < 0)
		return "set the mode of";
	if (fsync(fd) < 0)
		return "write to the disk";
	return NULL;
}

int files_stage(struct job *job, void *context, const char *path,
    const struct file_write *w, const char **staged)
{
	const struct tree *t = context;
	const char *name, *new, *failed;
	scoped_descriptor above = tree_open_above(t, path, &name);
	scoped_descriptor fd = -1;
	int saved;

	if (above < 0)
		return tree_fail_above(job, t, "write", path);
	*staged = host_staged(job->arena, path);
	new = strrchr(*staged, '/') + 1;
	if (unlinkat(above, new, 0) < 0 && errno != ENOENT)
		return tree_fail(job, t, "remove what is in the way at",
		    *staged);
	fd = openat(above, new,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return tree_fail(job, t, "write", path);
	failed = stage_fill(job->arena, above, name, fd, w);
	if (!failed && (saved = fd, fd = -1, close(saved)) == 0)
		return 0;
	saved = errno;
	(void)!unlinkat(above, new, 0);
	errno = saved;
	return tree_fail(job, t, failed ? failed : "write", path);
}

/* `from` in the place of `path`, whose directory is open */
static int put(struct job *job, const struct tree *t, int above,
    const char *from, const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	int saved;

	if (renameat(above, from, above, name) == 0)
		return fsync(above) == 0 ? 0 :
		    tree_fail(job, t, "write to the disk the directory of",
		        path);
	saved = errno;
	(void)!unlinkat(above, from, 0);
	errno = saved;
	if (errno == EISDIR)
		return job_fail(job, "cannot write '%s': a directory is there; remove it first",
		    path);
	return tree_fail(job, t, "write", path);
}

int files_commit(struct job *job, void *context, const char *staged,
    const char *path)
{
	const struct tree *t = context;
	const char *name;
	scoped_descriptor above = tree_open_above(t, path, &name);
	const char *from = strrchr(staged, '/') + 1;

	if (above < 0)
		return tree_fail_above(job, t, "write", path);
	return put(job, t, above, from, path);
}

int files_poke(struct job *job, void *context, const char *path,
    struct bytes value)
{
	const struct tree *t = context;
	scoped_descriptor fd = tree_open(t, path, O_WRONLY | O_NOCTTY);

	/* once: the kernel takes each write as a value of its own */
	if (fd < 0 || TEMP_FAILURE_RETRY(write(fd, value.data, value.size)) < 0)
		return tree_fail(job, t, "write", path);
	return 0;
}

/* NULL, or what could not be done to the directory just made; errno */
static const char *mkdir_fill(int above, const char *name,
    const struct access *want)
{
	scoped_descriptor fd = openat(above, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return "open";
	if (st.st_uid != geteuid()) {
		errno = EEXIST;
		return "make";
	}
	if (fchown(fd, want->uid, want->gid) < 0)
		return "give an owner to";
	if (fchmod(fd, (mode_t)want->mode) < 0)
		return "set the mode of";
	return fsync(fd) < 0 ? "write to the disk" : NULL;
}

/* what an earlier one that was killed left */
static int clear_way(int above, const char *name)
{
	if (unlinkat(above, name, 0) == 0 || errno == ENOENT)
		return 0;
	return errno == EISDIR || errno == EPERM ?
	    unlinkat(above, name, AT_REMOVEDIR) : -1;
}

/* into the place where nothing may be; not all file systems can tell */
static int move(int above, const char *from, const char *to)
{
	struct stat st;

	if (renameat2(above, from, above, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (fstatat(above, to, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? renameat(above, from, above, to) : -1;
	errno = EEXIST;
	return -1;
}

/*
 * Beside its place as well: found half done, with a mode that the site leaves
 * alone, it would never become as it should have been.
 */
int files_mkdir(struct job *job, void *context, const char *path,
    const struct access *want)
{
	const struct tree *t = context;
	const char *name, *failed, *staged = host_staged(job->arena, path);
	const char *new = strrchr(staged, '/') + 1;
	scoped_descriptor above = tree_open_above(t, path, &name);
	int saved;

	if (above < 0)
		return tree_fail_above(job, t, "make", path);
	if (clear_way(above, new) < 0)
		return tree_fail(job, t, "remove what is in the way at",
		    staged);
	if (mkdirat(above, new, 0700) < 0)
		return tree_fail(job, t, "make", path);
	failed = mkdir_fill(above, new, want);
	if (!failed && move(above, new, name) < 0)
		failed = "make";
	if (failed) {
		saved = errno;
		(void)!unlinkat(above, new, AT_REMOVEDIR);
		errno = saved;
		return tree_fail(job, t, failed, path);
	}
	if (fsync(above) < 0)
		return tree_fail(job, t, "write to the disk the directory of",
		    path);
	return 0;
}

int files_symlink(struct job *job, void *context, const char *target,
    const char *path)
{
	const struct tree *t = context;
	const char *name, *staged = host_staged(job->arena, path);
	const char *new = strrchr(staged, '/') + 1;
	scoped_descriptor above = tree_open_above(t, path, &name);

	if (above < 0)
		return tree_fail_above(job, t, "make", path);
	if (unlinkat(above, new, 0) < 0 && errno != ENOENT)
		return tree_fail(job, t, "remove what is in the way at",
		    staged);
	if (symlinkat(target, above, new) < 0)
		return tree_fail(job, t, "make", path);
	return put(job, t, above, new, path);
}

/* fchmodat2(2), of Linux 6.6, which the C library does not know yet */
enum { FCHMODAT2 = 452 };

/* what is there, opened by O_PATH */
struct target {
	int above;
	const char *name;
	int fd;
	struct stat st;
};

/* a descriptor that fchmod(2) and fsync(2) take, of the very same file */
static int target_open(const struct target *at)
{
	int fd = openat(at->above, at->name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == at->st.st_dev &&
	    st.st_ino == at->st.st_ino)
		return fd;
	if (fd >= 0)
		errno = EBUSY;
	descriptor_close(&fd);
	return -1;
}

static int mode_set_again(const struct target *at, mode_t mode)
{
	scoped_descriptor fd = target_open(at);

	return fd < 0 ? -1 : fchmod(fd, mode);
}

static int target_sync(const struct target *at)
{
	bool can = S_ISREG(at->st.st_mode) || S_ISDIR(at->st.st_mode);
	scoped_descriptor fd = can ? target_open(at) : -1;

	/* a link, or closed to us now */
	return fd < 0 ? syncfs(at->above) : fsync(fd);
}

static int mode_set(const struct target *at, mode_t mode)
{
	char link[32];
	long failed = syscall(FCHMODAT2, at->fd, "", mode, AT_EMPTY_PATH);

	/* EPERM: a container's filter that does not know it either */
	if (!failed || (errno != ENOSYS && errno != EPERM))
		return (int)failed;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", at->fd);
	failed = chmod(link, mode);
	/* closed to a user's process that cannot be dumped, as plumb is */
	if (!failed || (errno != EACCES && errno != ENOENT))
		return (int)failed;
	return mode_set_again(at, mode);
}

/* NULL, or what could not be done; errno says why */
static const char *owner_and_mode(const struct target *at,
    const struct access *want)
{
	const struct stat *st = &at->st;
	bool owner = (want->uid != (uid_t)-1 && want->uid != st->st_uid) ||
	    (want->gid != (gid_t)-1 && want->gid != st->st_gid);
	int now = (int)(st->st_mode & 07777), mode = want->mode;

	/* else the new owner may for a moment what the old one might */
	if (owner && mode >= 0 && (now & ~mode) && !S_ISLNK(st->st_mode) &&
	    mode_set(at, (mode_t)(now & mode)) < 0)
		return "set the mode of";
	if (owner && fchownat(at->fd, "", want->uid, want->gid,
	    AT_EMPTY_PATH) < 0)
		return "give an owner to";
	if (S_ISLNK(st->st_mode))
		return NULL;
	/* the kernel takes set-user-id away from a file with a new owner */
	if (mode < 0 && !(owner && now & (S_ISUID | S_ISGID)))
		return NULL;
	if (mode < 0)
		mode = now;
	else if (mode == now && !owner)
		return NULL;
	return mode_set(at, (mode_t)mode) < 0 ? "set the mode of" : NULL;
}

int files_set_access(struct job *job, void *context, const char *path,
    const struct access *want)
{
	const struct tree *t = context;
	const char *name = ".", *failed;
	scoped_descriptor above = strcmp(path, "/") == 0 ?
	    tree_open(t, path, O_RDONLY | O_DIRECTORY) :
	    tree_open_above(t, path, &name);
	scoped_descriptor fd = -1;
	struct target at = { .above = above, .name = name };
	struct stat directory;

	if (above < 0 || fstat(above, &directory) < 0 ||
	    (fd = openat(above, name, O_PATH | O_NOFOLLOW | O_CLOEXEC)) < 0 ||
	    fstat(fd, &at.st) < 0)
		return tree_fail(job, t, "change", path);
	at.fd = fd;
	/* else whoever owns the directory makes us give him any file */
	if (S_ISREG(at.st.st_mode) && at.st.st_nlink > 1 &&
	    !tree_trusts(t, &directory))
		return job_fail(job, "cannot change '%s': it has %ju names, and is in a directory that others than root may write",
		    path, (uintmax_t)at.st.st_nlink);
	failed = owner_and_mode(&at, want);
	if (!failed && target_sync(&at) < 0)
		failed = "write to the disk";
	return failed ? tree_fail(job, t, failed, path) : 0;
}

int files_unlink(struct job *job, void *context, const char *path)
{
	const struct tree *t = context;
	const char *name;
	scoped_descriptor above = tree_open_above(t, path, &name);
	struct stat st;
	int flags;

	if (above < 0 && tree_absent())
		return 0;
	if (above < 0)
		return tree_fail(job, t, "remove", path);
	if (fstatat(above, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 :
		    tree_fail(job, t, "remove", path);
	flags = S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0;
	if (unlinkat(above, name, flags) < 0)
		return errno == ENOENT ? 0 :
		    tree_fail(job, t, "remove", path);
	if (fsync(above) < 0)
		return tree_fail(job, t, "write to the disk the directory of",
		    path);
	return 0;
}
