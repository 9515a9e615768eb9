/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * network.h - does something answer: TCP, TLS, HTTP and DNS, asked once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "job.h"

struct host;

enum probe_protocol { PROBE_TCP, PROBE_TLS, PROBE_HTTP, PROBE_DNS };

struct probing {
	enum probe_protocol protocol;
	/* host:port, [address]:port, or a URL for PROBE_HTTP */
	const char *target;
	/* TLS: the name to ask for and to verify; NULL: the target's host.
	   DNS: the name that is asked */
	const char *name;
	/* a file of PEM certificates to trust instead of the host's; or NULL */
	const char *authority;
	/* TLS, HTTP: accept any certificate */
	bool insecure;
	/* HTTP: the status that is healthy; 0 is any of 200 to 399 */
	int status;
	/* HTTP: text that the body must hold; NULL: any */
	const char *contains;
	/* DNS: "A", "SRV", ...; and the values that must be there, in
	   presentation form and in any order; empty: any */
	const char *type;
	struct strings expect;
	/* milliseconds, for the whole */
	int64_t timeout;
};

struct finding {
	bool healthy;
	/* what was seen, for people: "HTTP 502", "connection refused" */
	const char *detail;
};

/* -1 only when the question makes no sense; not answering is a finding */
int host_probe(struct job *, const struct host *, const struct probing *,
    struct finding *);
/* the same, from the machine that plumb runs on */
int network_probe(struct job *, const struct probing *, struct finding *);
