/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * machine.c - the machine that plumb runs on, or a tree below another root.
 */
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accounts.h"
#include "disks.h"
#include "files.h"
#include "network.h"
#include "packages.h"
#include "program.h"
#include "systemd.h"
#include "tree.h"

/* the context; those of files.h and program.h are given the tree alone */
struct real {
	struct tree tree;
	struct systemd *systemd;
};

static int unit(struct job *job, void *context, const char *name,
    struct unit *out)
{
	const struct real *r = context;

	return systemd_unit(job, r->systemd, name, out);
}

static int unit_act(struct job *job, void *context, enum unit_act act,
    const char *name, int64_t timeout)
{
	const struct real *r = context;

	return systemd_unit_act(job, r->systemd, act, name, timeout);
}

static bool runs_systemd(void *context)
{
	const struct real *r = context;

	return systemd_running(r->systemd);
}

/* below a root nothing runs: what systemd would say is of another machine */
static int no_unit(struct job *job, void *context, const char *name,
    struct unit *out)
{
	const struct real *r = context;

	(void)out;
	return job_fail(job, "cannot ask systemd about '%s': nothing runs below the root '%s'",
	    name, r->tree.path);
}

static int no_unit_act(struct job *job, void *context, enum unit_act act,
    const char *name, int64_t timeout)
{
	const struct real *r = context;

	(void)act;
	(void)timeout;
	return job_fail(job, "cannot ask systemd to act on '%s': nothing runs below the root '%s'",
	    name, r->tree.path);
}

static bool no_systemd(void *context)
{
	(void)context;
	return false;
}

static int probe(struct job *job, void *context, const struct probing *asked,
    struct finding *out)
{
	(void)context;
	return network_probe(job, asked, out);
}

static void real_close(void *context)
{
	struct real *r = context;

	systemd_close(r->systemd);
	close(r->tree.root);
}

#define MACHINE(what_units, what_acts, what_runs)                              \
	{                                                                      \
		.look = files_look, .read = files_read,                        \
		.digest = files_digest, .read_link = files_read_link,          \
		.list = files_list, .unit = what_units,                        \
		.has_systemd = what_runs, .probe = probe,                      \
		.stage = files_stage, .commit = files_commit,                  \
		.poke = files_poke, .make_directory = files_mkdir,             \
		.symlink = files_symlink, .set_access = files_set_access,      \
		.unlink = files_unlink, .unit_act = what_acts,                 \
		.run = process_run, .sync = disks_sync, .close = real_close,   \
	}

static const struct machine here = MACHINE(unit, unit_act, runs_systemd);
static const struct machine below = MACHINE(no_unit, no_unit_act, no_systemd);

static void freep(char **p)
{
	free(*p);
}

static int refuse(struct err *err, const char *root, const char *hint)
{
	return err_at(err, (struct pos){ 0 }, "cannot use '%s' as root: %s%s",
	    root, strerror(errno), hint);
}

int host_open(struct arena *a, const char *root, struct host *out,
    struct err *err)
{
	struct real *r = arena_new(a, struct real);
	__attribute__((cleanup(freep))) char *path = realpath(root, NULL);
	scoped_descriptor fd = -1;
	scoped_descriptor probed = -1;
	struct stat st;

	if (!path)
		return refuse(err, root, "");
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return refuse(err, root, "");
	r->tree = (struct tree){ fd, arena_string(a, path), st.st_uid };
	probed = tree_open(&r->tree, "/", O_PATH);
	if (probed < 0)
		return refuse(err, root, " (openat2 needs Linux 5.6, and a container that allows it)");
	fd = -1;
	r->systemd = systemd_open(a, r->tree.path);
	*out = (struct host){
		.name = "localhost",
		.machine = strcmp(path, "/") == 0 ? &here : &below,
		.context = r,
		.accounts = accounts_open(a),
		.packages = packages_open(a),
	};
	return 0;
}
