/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * age.c - secrets, by age(1): who may read them is decided by ssh keys.
 *
 * What age says of something that it cannot read may quote it, and it could be
 * a secret that somebody forgot to encrypt: only the kind of failure is told.
 */
#include "age.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { AGE_TIME = 20 * 1000 };

/* a word before each of the strings, as in `-i FILE -i FILE` */
static const char *const *arguments(struct arena *arena,
    const char *const first[2], const char *option,
    const struct strings *strings)
{
	const char **argv = arena_array(arena, 2 * strings->count + 4,
	    sizeof(*argv));
	size_t n = 0, i;

	argv[n++] = "age";
	argv[n++] = first[0];
	if (first[1])
		argv[n++] = first[1];
	for (i = 0; i < strings->count; i++) {
		argv[n++] = option;
		argv[n++] = strings->item[i];
	}
	return argv;
}

static int run_age(struct job *job, const struct host *host,
    const char *const *argv, struct bytes input, struct outcome *out)
{
	const struct process process = { .argv = argv, .input = input,
		.timeout = AGE_TIME, .limit = 2 * AGE_LIMIT };
	int found = host_has_program(job, host, "age");

	*out = (struct outcome){ 0 };
	if (!found)
		return job_fail(job, "secrets are kept by age(1), and it is not installed: apt-get install age");
	return found < 0 ? -1 : host_ask(job, host, &process, out);
}

static const char *listed(struct arena *arena, const struct strings *strings)
{
	struct text t = text_new(arena);
	size_t i;

	for (i = 0; i < strings->count; i++)
		text_addf(&t, "%s%s", i ? ", " : "", strings->item[i]);
	return text_string(&t);
}

/* `said` ends with NUL */
static int refused(struct job *job, const struct sealed *sealed,
    const struct strings *identities, const char *said)
{
	const char *keys = listed(job->arena, identities);

	if (strstr(said, "no identity matched"))
		return job_fail(job, "%s is not encrypted to any key that was tried (%s); set it again where it can be read",
		    sealed->what, keys);
	if (strstr(said, "passphrase"))
		return job_fail(job, "%s cannot be decrypted: the key has a passphrase; use one without, or name another in PLUMB_IDENTITY (tried %s)",
		    sealed->what, keys);
	if (strstr(said, "failed to open file"))
		return job_fail(job, "%s cannot be decrypted: a key cannot be read (tried %s)",
		    sealed->what, keys);
	if (strstr(said, "malformed") || strstr(said, "unknown identity"))
		return job_fail(job, "%s cannot be decrypted: a key is not a private key of age or ssh (tried %s)",
		    sealed->what, keys);
	return job_fail(job, "%s is not encrypted by age, or damaged",
	    sealed->what);
}

static const char *text_of(struct arena *arena, struct bytes b)
{
	return arena_copy(arena, b.data, b.size);
}

int age_decrypt(struct job *job, const struct host *host,
    const struct sealed *sealed, const struct strings *identities,
    struct bytes *out)
{
	static const char *const first[] = { "-d", NULL };
	struct outcome outcome;

	if (!identities->count)
		return job_fail(job, "%s cannot be decrypted: there is no key here; name one in PLUMB_IDENTITY",
		    sealed->what);
	if (run_age(job, host, arguments(job->arena, first, "-i", identities),
	    sealed->data, &outcome) < 0)
		return -1;
	if (outcome.status != 0)
		return refused(job, sealed, identities,
		    text_of(job->arena, outcome.complaint));
	if (outcome.truncated || outcome.out.size > AGE_LIMIT)
		return job_fail(job, "%s is larger than 1 MiB", sealed->what);
	out->data = text_of(job->arena, outcome.out);
	out->size = outcome.out.size;
	return 0;
}

int age_encrypt(struct job *job, const struct host *host,
    struct bytes plaintext, const struct strings *recipients,
    struct bytes *out)
{
	static const char *const first[] = { "-e", "-a" };
	struct outcome outcome;
	size_t i;

	if (!recipients->count)
		return job_fail(job, "a secret needs at least one key that may read it");
	for (i = 0; i < recipients->count; i++)
		if (strncmp(recipients->item[i], "ssh-", 4) != 0 &&
		    strncmp(recipients->item[i], "age1", 4) != 0)
			return job_fail(job, "'%s' is not a public key: expected ssh-ed25519, ssh-rsa or age1...",
			    recipients->item[i]);
	if (plaintext.size > AGE_LIMIT)
		return job_fail(job, "a secret may be 1 MiB at most");
	if (run_age(job, host, arguments(job->arena, first, "-r", recipients),
	    plaintext, &outcome) < 0)
		return -1;
	if (outcome.status != 0 || outcome.truncated)
		return job_fail(job, "age cannot encrypt to these keys:\n%s",
		    outcome_last(job->arena, &outcome));
	out->data = text_of(job->arena, outcome.out);
	out->size = outcome.out.size;
	return 0;
}

static int add_if_there(struct job *job, const struct host *host,
    const char *path, struct strings *out)
{
	struct entry entry;

	if (host_look(job, host, path, &entry) < 0)
		return -1;
	if (entry.type == ENTRY_FILE || entry.type == ENTRY_LINK)
		out->item[out->count++] = path;
	return 0;
}

int age_identities(struct job *job, const struct host *host,
    struct strings *out)
{
	const char *given = getenv("PLUMB_IDENTITY"), *home = getenv("HOME");

	out->count = 0;
	out->item = arena_array(job->arena, 4, sizeof(*out->item));
	if (given && *given) {
		if (add_if_there(job, host, given, out) < 0)
			return -1;
		return out->count ? 0 : job_fail(job, "PLUMB_IDENTITY names '%s', and there is no such file",
		    given);
	}
	if (home && home[0] == '/' && (add_if_there(job, host,
	    arena_printf(job->arena, "%s/.config/plumb/identity", home),
	    out) < 0 || add_if_there(job, host,
	    arena_printf(job->arena, "%s/.ssh/id_ed25519", home), out) < 0))
		return -1;
	/* nobody else may read it, and age stops at a key it cannot read */
	return geteuid() != 0 ? 0 :
	    add_if_there(job, host, "/etc/ssh/ssh_host_ed25519_key", out);
}
