/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dns.h - questions to DNS servers: libknot's door.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "job.h"

struct dns_question {
	/* absolute, with or without its last dot */
	const char *name;
	/* "A", "SRV", "TYPE65"; any case */
	const char *type;
	/* address, address:port, [address]:port or a name; NULL: those of
	   /etc/resolv.conf, one after the other */
	const char *server;
	/* milliseconds, for the whole */
	int64_t timeout;
};

struct dns_answer {
	/* "NOERROR", "NXDOMAIN", ... */
	const char *status;
	/* of the asked type, aliases followed as far as the server did, in
	   presentation form (RFC 1035, section 5.1), sorted */
	struct strings values;
	/* why there is no answer: "connection refused"; NULL: there is one */
	const char *complaint;
};

/*
 * Over UDP, sent again each second, and over TCP where the answer is cut
 * short. 0, also when nothing answers; -1: the question makes no sense.
 */
int dns_ask(struct job *, const struct dns_question *, struct dns_answer *);
/*
 * Whether two values of a type are the same: names and numbers in any case,
 * the last dot of a name and the quotes of a text may be missing in `wanted`.
 */
bool dns_value_matches(const char *type, const char *wanted, const char *seen);
