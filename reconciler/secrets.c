/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * secrets.c - the secrets of a site: who may read them, opening one, setting
 * one.
 */
#include "secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../resources/host/age.h"
#include "../resources/host/machine.h"
#include "../specs/site.h"
#include "whole.h"

enum { NAME_LONGEST = 200 };

static const char name_bytes[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

static int check_name(struct job *job, const char *name)
{
	size_t size = strlen(name);

	if (!size || size > NAME_LONGEST || *name == '.' ||
	    name[strspn(name, name_bytes)])
		return err_at(job->err, job->pos,
		    "'%s' cannot be the name of a secret: expected letters, digits, - _ and ., without a dot first",
		    name);
	job->address = arena_printf(job->arena, "secret '%s'", name);
	return 0;
}

/* without a folder there are none */
static int names(struct job *job, struct site *s, struct strings *out)
{
	if (!site_names(s, "secrets", out) || errno == ENOENT)
		return 0;
	return err_at(job->err, job->pos, "cannot read '%s/secrets': %s",
	    site_path(s), strerror(errno));
}

int secrets_list(struct job *job, struct site *s, struct strings *out)
{
	size_t i, n = 0, size;

	if (names(job, s, out))
		return -1;
	for (i = 0; i < out->count; i++) {
		size = strlen(out->item[i]);
		if (size > 4 && !strcmp(out->item[i] + size - 4, ".age"))
			out->item[n++] = arena_copy(job->arena, out->item[i],
			    size - 4);
	}
	out->count = n;
	return 0;
}

static int no_such(struct job *job, const struct strings *all,
    const char *name)
{
	const char **words = arena_array(job->arena, all->count + 1,
	    sizeof(*words));
	const char *near;

	if (all->count)
		memcpy(words, all->item, all->count * sizeof(*words));
	near = nearest(name, words);
	if (near)
		return err_at(job->err, job->pos,
		    "there is no secret '%s' (did you mean '%s'? `plumb secret set %s` makes a new one)",
		    name, near, name);
	return err_at(job->err, job->pos,
	    "there is no secret '%s' (`plumb secret set %s` makes it)", name,
	    name);
}

static int open_sealed(struct job *job, const struct host *machine,
    const struct source *file, struct bytes *out)
{
	const struct sealed sealed = { "it", { file->text, file->size } };
	struct strings identities;

	return age_identities(job, machine, &identities) ? -1 :
	    age_decrypt(job, machine, &sealed, &identities, out);
}

int secret_open(struct job *job, struct site *s, const char *name,
    struct bytes *out)
{
	const struct source *file;
	struct strings all;
	struct host machine;
	int rc;

	if (check_name(job, name) || secrets_list(job, s, &all))
		return -1;
	if (!strings_hold(&all, name))
		return no_such(job, &all, name);
	file = site_file(s, "secrets", arena_printf(job->arena, "%s.age",
	    name), job->err, job->pos);
	if (!file || host_open(arena_child(job->arena), "/", &machine,
	    job->err))
		return -1;
	rc = open_sealed(job, &machine, file, out);
	host_close(&machine);
	return rc;
}

/* as in age -R: one a line; empty lines and those with a # first say nothing */
static int read_recipients(struct job *job, struct site *s,
    struct strings *out)
{
	const char *path = site_path(s), *p, *line;
	const struct source *file;
	size_t capacity = 0, size;
	struct strings all;

	*out = (struct strings){ 0 };
	if (names(job, s, &all))
		return -1;
	if (!strings_hold(&all, "recipients"))
		return err_at(job->err, job->pos,
		    "there is no '%s/secrets/recipients', which lists the public keys that can read secrets, such as this host's and your own: mkdir -p %s/secrets; cat /etc/ssh/ssh_host_ed25519_key.pub ~/.ssh/id_ed25519.pub >> %s/secrets/recipients",
		    path, path, path);
	file = site_file(s, "secrets", "recipients", job->err, job->pos);
	if (!file)
		return -1;
	for (p = file->text; *p; p += size + (p[size] != '\0')) {
		size = strcspn(p, "\n");
		line = arena_copy(job->arena, p, size && p[size - 1] == '\r'
		    ? size - 1 : size);
		line += strspn(line, " \t");
		if (*line && *line != '#')
			arena_push(job->arena, out->item, out->count, capacity,
			    line);
	}
	return out->count ? 0 : err_at(job->err, job->pos,
	    "'%s' lists no key: a secret needs at least one that can read it",
	    file->path);
}

int secret_check(struct job *job, struct site *s, const char *name)
{
	struct strings keys;

	return check_name(job, name) || read_recipients(job, s, &keys) ? -1 : 0;
}

static void close_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* whoever is killed on the way leaves the old one */
static int replace(struct job *job, const char *folder, const char *name,
    struct bytes b)
{
	char *new = arena_printf(job->arena, "%s/.%s.XXXXXX", folder, name);
	__attribute__((cleanup(close_fd))) int fd = mkostemp(new, O_CLOEXEC);
	__attribute__((cleanup(close_fd))) int directory = open(folder,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || directory < 0)
		return job_fail_errno(job, "cannot write to '%s'", folder);
	if (write_whole(fd, b) || fsync(fd) ||
	    rename(new, arena_printf(job->arena, "%s/%s.age", folder, name)) ||
	    fsync(directory)) {
		job_fail_errno(job, "cannot write '%s/%s.age'", folder, name);
		unlink(new);
		return -1;
	}
	return 0;
}

int secret_set(struct job *job, struct site *s, const char *name,
    struct bytes value, size_t *recipients)
{
	struct strings keys;
	struct host machine;
	struct bytes sealed;
	int rc;

	if (check_name(job, name) || read_recipients(job, s, &keys) ||
	    host_open(arena_child(job->arena), "/", &machine, job->err))
		return -1;
	rc = age_encrypt(job, &machine, value, &keys, &sealed);
	host_close(&machine);
	if (rc)
		return -1;
	*recipients = keys.count;
	return replace(job, arena_printf(job->arena, "%s/secrets",
	    site_path(s)), name, sealed);
}
