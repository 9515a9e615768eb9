/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * program.c - how a program is started: which file, with what argument vector
 * and environment, as whom, and where.
 */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "passwd.h"

#define SEARCH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* an argument vector or environment that grows; NULL is not counted */
struct list {
	struct arena *arena;
	const char **item;
	size_t count;
	size_t capacity;
};

static void list_push(struct list *l, const char *s)
{
	arena_push(l->arena, l->item, l->count, l->capacity, s);
}

static bool executable(const struct tree *t, const char *path)
{
	scoped_descriptor fd = -1;
	char real[PATH_MAX];
	struct stat st;

	/* a link in a directory of others (/usr/local/bin may be the group
	   staff's) is no worse to run than a program there */
	if (tree_real(t, path, real) < 0)
		return errno == ELOOP;
	fd = tree_open(t, real, O_PATH);
	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_mode & 0111;
}

/* the file that a name stands for, or NULL after having said so */
static const char *file_find(struct job *job, const struct tree *t,
    const char *name)
{
	const char *next, *path;

	if (strchr(name, '/'))
		return name;
	for (next = SEARCH; *next; next += strspn(next, ":")) {
		path = arena_printf(job->arena, "%.*s/%s",
		    (int)strcspn(next, ":"), next, name);
		if (executable(t, path))
			return path;
		next += strcspn(next, ":");
	}
	job_fail(job, "cannot run '%s': there is no such program in %s%s%s: is it installed?",
	    name, SEARCH, t->path[1] ? " below " : "",
	    t->path[1] ? t->path : "");
	return NULL;
}

/* by name, or by `uid` where that is NULL; 1, 0, -1 */
static int user_find(struct job *job, struct tree *t, const char *name,
    uid_t uid, struct account *out)
{
	struct file_read file;

	if (files_read(job, t, "/etc/passwd", 0, &file) < 0)
		return -1;
	while (passwd_next(job->arena, &file.content, out))
		if (name ? strcmp(out->name, name) == 0 : out->uid == uid)
			return 1;
	return 0;
}

static int become(struct job *job, struct tree *t, const char *user,
    struct list *argv)
{
	struct account u;
	const char *setpriv;
	int found;

	found = user_find(job, t, user, 0, &u);
	if (found < 0)
		return -1;
	if (!found)
		return job_fail(job, "cannot run a program as '%s': there is no such user",
		    user);
	if (u.uid == geteuid())
		return 0;
	if (geteuid() != 0)
		return job_fail(job, "cannot run a program as '%s': plumb does not run as root",
		    user);
	setpriv = file_find(job, t, "setpriv");
	if (!setpriv)
		return -1;
	list_push(argv, setpriv);
	list_push(argv, arena_printf(job->arena, "--reuid=%s", user));
	list_push(argv, arena_printf(job->arena, "--regid=%u",
	    (unsigned)u.gid));
	list_push(argv, "--init-groups");
	list_push(argv, "--");
	return 0;
}

/* the words before the program's own: chroot and env, then setpriv */
static int prefix(struct job *job, struct tree *t,
    const struct process *p, struct list *argv)
{
	struct tree machine = { .root = -1, .path = "/" };
	const char *chroot_path, *env;

	if (strcmp(t->path, "/") != 0) {
		scoped_descriptor root = open("/",
		    O_PATH | O_DIRECTORY | O_CLOEXEC);

		machine.root = root;
		chroot_path = file_find(job, &machine, "chroot");
		env = file_find(job, t, "env");
		if (!chroot_path || !env)
			return -1;
		list_push(argv, chroot_path);
		list_push(argv, t->path);
		list_push(argv, env);
		list_push(argv, "-C");
		list_push(argv, p->directory ? p->directory : "/");
	}
	return p->user ? become(job, t, p->user, argv) : 0;
}

static bool has_name(const char *const *environment, const char *name)
{
	size_t size = strlen(name);

	for (; environment && *environment; environment++)
		if (strncmp(*environment, name, size) == 0 &&
		    (*environment)[size] == '=')
			return true;
	return false;
}

static int environment_make(struct job *job, struct tree *t,
    const struct process *p, const char *const **out)
{
	struct list l = { .arena = job->arena };
	struct account u = { .home = "/" };
	size_t i;

	if (user_find(job, t, p->user, geteuid(), &u) < 0)
		return -1;
	if (!has_name(p->environment, "PATH"))
		list_push(&l, "PATH=" SEARCH);
	if (!has_name(p->environment, "LC_ALL"))
		list_push(&l, "LC_ALL=C.UTF-8");
	if (!has_name(p->environment, "HOME"))
		list_push(&l, arena_printf(job->arena, "HOME=%s",
		    u.home && *u.home ? u.home : "/"));
	for (i = 0; p->environment && p->environment[i]; i++)
		list_push(&l, p->environment[i]);
	list_push(&l, NULL);
	*out = l.item;
	return 0;
}

int program_find(struct job *job, struct tree *t,
    const struct process *p, struct program *out)
{
	struct list argv = { .arena = job->arena };
	const char *file = file_find(job, t, p->argv[0]);
	struct entry there = { .type = ENTRY_DIRECTORY };
	char real[PATH_MAX];
	size_t i;

	if (!file)
		return -1;
	if (p->directory && tree_real(t, p->directory, real) < 0)
		return tree_fail(job, t, "run a program in", p->directory);
	if (p->directory && files_look(job, t, real, &there) < 0)
		return -1;
	if (there.type != ENTRY_DIRECTORY)
		return job_fail(job, "cannot run a program in '%s': it is not a directory",
		    p->directory);
	if (prefix(job, t, p, &argv) < 0 ||
	    environment_make(job, t, p, &out->environment) < 0)
		return -1;
	out->path = argv.count ? argv.item[0] : file;
	list_push(&argv, argv.count ? file : p->argv[0]);
	for (i = 1; p->argv[i]; i++)
		list_push(&argv, p->argv[i]);
	list_push(&argv, NULL);
	out->argv = argv.item;
	out->directory = p->directory && strcmp(t->path, "/") == 0 ?
	    p->directory : "/";
	return 0;
}

/* 0 or what posix_spawn(3) says; the C library only reads the vectors */
static int spawn(const struct program *p, const int fds[3],
    const posix_spawnattr_t *how, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	union {
		const char *const *from;
		char *const *to;
	} argv = { .from = p->argv }, environment = { .from = p->environment };
	int i, failed;

	failed = posix_spawn_file_actions_init(&actions);
	if (failed)
		return failed;
	for (i = 0; i < 3 && !failed; i++)
		failed = posix_spawn_file_actions_adddup2(&actions, fds[i], i);
	if (!failed)
		failed = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
	if (!failed)
		failed = posix_spawn_file_actions_addchdir_np(&actions,
		    p->directory);
	if (!failed)
		failed = posix_spawn(pid, p->path, &actions, how, argv.to,
		    environment.to);
	posix_spawn_file_actions_destroy(&actions);
	return failed;
}

/*
 * With the usual umask, whatever plumb's own is. posix_spawn(3) cannot set it,
 * and it belongs to all threads, so this one takes one of its own. Where a
 * container forbids that, others only make what has a mode of its own anyway.
 */
static int spawn_usual(const struct program *p, const int fds[3],
    const posix_spawnattr_t *how, pid_t *pid)
{
	mode_t before;
	int failed;

	(void)!unshare(CLONE_FS);
	before = umask(022);
	failed = spawn(p, fds, how, pid);
	umask(before);
	return failed;
}

pid_t program_start(struct job *job, const struct program *p, const char *name,
    const int fds[3])
{
	posix_spawnattr_t how;
	sigset_t all, none;
	int failed;
	pid_t pid;

	sigfillset(&all);
	sigemptyset(&none);
	failed = posix_spawnattr_init(&how);
	if (failed) {
		errno = failed;
		return job_fail_errno(job, "cannot run '%s'", name);
	}
	/* no terminal, so nothing can ask a question there and wait */
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSID |
	    POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigdefault(&how, &all);
	posix_spawnattr_setsigmask(&how, &none);
	failed = spawn_usual(p, fds, &how, &pid);
	posix_spawnattr_destroy(&how);
	if (!failed)
		return pid;
	if (failed == ENOENT)
		return job_fail(job, "cannot run '%s': there is no such program, or no interpreter for it: is it installed?",
		    name);
	errno = failed;
	return job_fail_errno(job, "cannot run '%s'", name);
}
