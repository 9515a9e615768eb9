/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * servers.h - small servers on loopback, for tests of what asks them.
 */
#pragma once

#include <pthread.h>

#include "../resources/host/network.h"

/* a thread of the test that serves a socket until it is shut down */
struct server {
	int fd;
	int port;
	pthread_t thread;
};

/* a socket of that type at that port; 0: any, filled in */
int listen_on(int type, int *port);
/* `serve` is given the server */
void server_start(struct server *, int type, void *(*serve)(void *));
void server_stop(struct server *);

/* what a probe finds, after "+ " or "- "; or the error as text */
const char *see(struct arena *, struct probing, const char *target, ...)
    __attribute__((format(printf, 3, 4)));
