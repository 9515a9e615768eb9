/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * age.h - secrets, by age(1): who may read them is decided by ssh keys.
 *
 * Plaintext goes through pipes only: it is in no file, argument vector,
 * environment or error text. It is held in the job's arena, which is ordinary
 * memory.
 */
#pragma once

#include "host.h"

enum { AGE_LIMIT = 1 << 20 };

/*
 * The private keys that may open a secret here, of those that exist, in the
 * order they are tried: $PLUMB_IDENTITY alone where it is set, else the
 * operator's ~/.config/plumb/identity and ~/.ssh/id_ed25519, else the host's
 * /etc/ssh/ssh_host_ed25519_key. May be none.
 */
int age_identities(struct job *, const struct host *, struct strings *out);
/* something encrypted, and how errors call it: "the secret 'tsig'" */
struct sealed {
	const char *what;
	struct bytes data;
};

/*
 * What it holds, at most AGE_LIMIT bytes and ended by NUL, opened by any of
 * these files.
 */
int age_decrypt(struct job *, const struct host *, const struct sealed *,
    const struct strings *identities, struct bytes *out);
/*
 * Readable by all of these: "ssh-ed25519 AAAA...", "ssh-rsa AAAA..." or
 * "age1...". As text (armor), so that it is friendly to git.
 */
int age_encrypt(struct job *, const struct host *, struct bytes plaintext,
    const struct strings *recipients, struct bytes *out);
