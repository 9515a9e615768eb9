/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * servers.c - small servers on loopback, for tests of what asks them.
 */
#include "servers.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

/* after those that it needs */
#include <cmocka.h>

int listen_on(int type, int *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	address.sin_port = htons((uint16_t)*port);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 8), 0);
	getsockname(fd, (struct sockaddr *)&address, &size);
	*port = ntohs(address.sin_port);
	return fd;
}

void server_start(struct server *s, int type, void *(*serve)(void *))
{
	s->port = 0;
	s->fd = listen_on(type, &s->port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

void server_stop(struct server *s)
{
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
}

const char *see(struct arena *a, struct probing p, const char *target, ...)
{
	struct err err = err_new(a);
	struct job job = { .arena = a, .err = &err, .address = "probe:it" };
	struct finding f;
	va_list ap;

	va_start(ap, target);
	p.target = arena_vprintf(a, target, ap);
	va_end(ap);
	p.timeout = p.timeout ? p.timeout : 5000;
	if (network_probe(&job, &p, &f) < 0)
		return err.first->text;
	return arena_printf(a, "%s %s", f.healthy ? "+" : "-", f.detail);
}
