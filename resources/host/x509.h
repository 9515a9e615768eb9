/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * x509.h - certificates and the connections they prove: OpenSSL's door.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "digest.h"
#include "job.h"

struct handshake {
	/* the name or address to ask for, and to find in the certificate */
	const char *name;
	/* a file of PEM certificates to trust instead of the host's; or NULL */
	const char *authority;
	/* accept any certificate */
	bool insecure;
	/* see connection.h */
	int64_t deadline;
};

struct served {
	/* "TLSv1.3" */
	const char *version;
	/* SHA-256 of the server's certificate */
	unsigned char fingerprint[DIGEST];
	/* seconds since 1970 */
	int64_t not_after;
};

/*
 * A TLS handshake on a connected socket that does not block, and nothing after
 * it. 1: done, and the certificate is good; 0: not, and why is in `complaint`,
 * in the words of findings (NULL: the deadline). `served` is filled in as soon
 * as there is a certificate, good or not (`version` is NULL without one).
 */
int x509_handshake(struct job *, int fd, const struct handshake *,
    struct served *, const char **complaint);
