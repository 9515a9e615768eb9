/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * host.c - what kinds ask of a host, passed on to the machine it stands on.
 */
#include "host.h"

#include <limits.h>
#include <string.h>

#include "accounts.h"
#include "digest.h"
#include "machine.h"
#include "network.h"
#include "packages.h"

/* of what a program said, in an error */
enum { LAST_LINES = 6, LAST_SIZE = 800 };

int host_look(struct job *job, const struct host *h, const char *path,
    struct entry *out)
{
	return h->machine->look(job, h->context, path, out);
}

int host_read(struct job *job, const struct host *h, const char *path,
    size_t limit, struct file_read *out)
{
	return h->machine->read(job, h->context, path, limit, out);
}

int host_digest(struct job *job, const struct host *h, const char *path,
    unsigned char digest[32])
{
	return h->machine->digest(job, h->context, path, digest);
}

int host_read_link(struct job *job, const struct host *h, const char *path,
    const char **out)
{
	return h->machine->read_link(job, h->context, path, out);
}

int host_list(struct job *job, const struct host *h, const char *path,
    struct strings *out)
{
	return h->machine->list(job, h->context, path, out);
}

const char *host_staged(struct arena *a, const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	int above = (int)(name - path);
	unsigned char digest[DIGEST];
	char hex[DIGEST_HEX];

	if (strlen(name) + strlen("..plumb-new") <= NAME_MAX)
		return arena_printf(a, "%.*s.%s.plumb-new", above, path, name);
	digest_bytes(name, strlen(name), digest);
	digest_hex(digest, hex);
	return arena_printf(a, "%.*s.%s.plumb-new", above, path, hex);
}

int host_stage(struct job *job, struct host *h, const char *path,
    const struct file_write *w, const char **staged)
{
	return h->machine->stage(job, h->context, path, w, staged);
}

int host_commit(struct job *job, struct host *h, const char *staged,
    const char *path)
{
	return h->machine->commit(job, h->context, staged, path);
}

int host_write(struct job *job, struct host *h, const char *path,
    const struct file_write *w)
{
	const char *staged;

	if (host_stage(job, h, path, w, &staged) < 0)
		return -1;
	return host_commit(job, h, staged, path);
}

int host_poke(struct job *job, struct host *h, const char *path,
    struct bytes value)
{
	return h->machine->poke(job, h->context, path, value);
}

int host_mkdir(struct job *job, struct host *h, const char *path,
    const struct access *access)
{
	return h->machine->make_directory(job, h->context, path, access);
}

int host_symlink(struct job *job, struct host *h, const char *target,
    const char *path)
{
	return h->machine->symlink(job, h->context, target, path);
}

int host_set_access(struct job *job, struct host *h, const char *path,
    const struct access *access)
{
	return h->machine->set_access(job, h->context, path, access);
}

int host_unlink(struct job *job, struct host *h, const char *path)
{
	return h->machine->unlink(job, h->context, path);
}

int host_unit(struct job *job, const struct host *h, const char *name,
    struct unit *out)
{
	return h->machine->unit(job, h->context, name, out);
}

/* `what` has written something without syncing it */
static int settle(struct job *job, const struct host *h, const char *what)
{
	if (!h->machine->sync || h->machine->sync() == 0)
		return 0;
	return job_fail_errno(job, "cannot write to the disk what '%s' did",
	    what);
}

int host_unit_act(struct job *job, struct host *h, enum unit_act act,
    const char *name, int64_t timeout)
{
	if (h->machine->unit_act(job, h->context, act, name, timeout) < 0)
		return -1;
	/* links in /etc */
	return act >= UNIT_ENABLE && act <= UNIT_UNMASK ?
	    settle(job, h, name) : 0;
}

bool host_has_systemd(const struct host *h)
{
	return h->machine->has_systemd(h->context);
}

int host_probe(struct job *job, const struct host *h,
    const struct probing *asked, struct finding *out)
{
	return h->machine->probe(job, h->context, asked, out);
}

int host_ask(struct job *job, const struct host *h, const struct process *p,
    struct outcome *out)
{
	return h->machine->run(job, h->context, p, out);
}

int host_run(struct job *job, struct host *h, const struct process *p,
    struct outcome *out)
{
	if (h->machine->run(job, h->context, p, out) < 0)
		return -1;
	return settle(job, h, p->argv[0]);
}

const char *outcome_last(struct arena *a, const struct outcome *out)
{
	struct bytes b = out->complaint.size ? out->complaint : out->out;
	size_t from, lines = 0;

	while (b.size && strchr(" \n\t\r", b.data[b.size - 1]))
		b.size--;
	for (from = b.size; from && b.size - from < LAST_SIZE; from--)
		if (b.data[from - 1] == '\n' && ++lines == LAST_LINES)
			break;
	return arena_copy(a, b.data ? b.data + from : "", b.size - from);
}

int host_run_well(struct job *job, struct host *h, const struct process *p,
    struct outcome *out)
{
	const char *last;

	if (host_run(job, h, p, out) < 0)
		return -1;
	if (out->status == 0)
		return 0;
	last = job->sensitive ? "what it said is withheld: it was given a secret"
	    : outcome_last(job->arena, out);
	if (out->status > 128)
		return job_fail(job, "'%s' was ended by signal %d (%s)%s%s",
		    p->argv[0], out->status - 128,
		    strsignal(out->status - 128), *last ? ":\n" : "", last);
	return job_fail(job, "'%s' failed with status %d%s%s", p->argv[0],
	    out->status, *last ? ":\n" : "", last);
}

void host_close(struct host *h)
{
	accounts_close(h->accounts);
	h->accounts = NULL;
	packages_close(h->packages);
	h->packages = NULL;
	if (h->machine->close)
		h->machine->close(h->context);
	h->machine = NULL;
}
