/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * connection.h - sockets with a deadline: where to, and waiting for them.
 *
 * Deadlines are milliseconds of CLOCK_MONOTONIC. Everything returns early when
 * the job is asked to stop.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "job.h"

struct endpoint {
	/* a name or an address, without brackets */
	const char *host;
	const char *port;
};

/* now, on the clock of deadlines */
int64_t clock_now(void);
/* pause; false when the job was asked to stop */
bool clock_sleep(struct job *, int64_t milliseconds);

/*
 * host:port, [address]:port, or where `port` is not NULL also host, address
 * and [address]; -1 when it is none of that.
 */
int endpoint_read(struct arena *, const char *target, const char *port,
    struct endpoint *);
/* an address rather than a name */
bool endpoint_is_address(const char *host);
/*
 * A connected TCP or UDP socket (`type` is SOCK_STREAM or SOCK_DGRAM) that does
 * not block: all addresses are tried, each with its share of the time. -1 with
 * why in `complaint`, NULL for the deadline. Looking a name up blocks as long
 * as the system's resolver does.
 */
int endpoint_connect(struct job *, const struct endpoint *, int type,
    int64_t deadline, const char **complaint);
/* until `events` of poll(2) or an error; false at the deadline */
bool connection_wait(struct job *, int fd, short events, int64_t deadline);
/*
 * All of it, or -1 with errno (ETIMEDOUT at the deadline). The peer that went
 * away raises no signal.
 */
int connection_send(struct job *, int fd, struct bytes, int64_t deadline);
/* at least one byte; 0 at the end of the stream, -1 with errno */
ssize_t connection_receive(struct job *, int fd, void *data, size_t size,
    int64_t deadline);
/*
 * What errno says, in the words of findings: "connection refused"; NULL for
 * ETIMEDOUT, because only the caller knows how long it was willing to wait.
 */
const char *connection_complaint(struct arena *, int number);

/* for a cleanup attribute; -1 is fine */
void connection_closep(int *fd);
