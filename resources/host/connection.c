/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * connection.c - sockets with a deadline: where to, and waiting for them.
 */
#include "connection.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* how long a wait goes on before it sees that the job shall stop */
enum { SLICE = 100 };

int64_t clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool stopped(const struct job *job)
{
	return job->stop && *job->stop;
}

bool clock_sleep(struct job *job, int64_t milliseconds)
{
	int64_t end = clock_now() + milliseconds, left;

	while (!stopped(job) && (left = end - clock_now()) > 0)
		poll(NULL, 0, left < SLICE ? (int)left : SLICE);
	return !stopped(job);
}

static int port_read(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	long number = digits && digits < 6 ? strtol(text, NULL, 10) : 0;

	return !text[digits] && number > 0 && number < 65536 ? 0 : -1;
}

int endpoint_read(struct arena *arena, const char *target, const char *port,
    struct endpoint *out)
{
	const char *end = strchr(target, ']'), *rest;
	unsigned char address[16];

	out->port = port;
	if (port && inet_pton(AF_INET6, target, address) == 1) {
		out->host = arena_string(arena, target);
		return 0;
	}
	if (target[0] == '[' && end) {
		out->host = arena_copy(arena, target + 1,
		    (size_t)(end - target - 1));
		if (inet_pton(AF_INET6, out->host, address) != 1)
			return -1;
		rest = end + 1;
	} else {
		rest = target + strcspn(target, ":/[] \t");
		out->host = arena_copy(arena, target, (size_t)(rest - target));
	}
	if (*rest == ':')
		out->port = arena_string(arena, rest + 1);
	else if (*rest)
		return -1;
	if (!*out->host || !out->port)
		return -1;
	return port_read(out->port);
}

bool endpoint_is_address(const char *host)
{
	unsigned char address[16];

	return inet_pton(AF_INET, host, address) == 1 ||
	    inet_pton(AF_INET6, host, address) == 1;
}

void connection_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

const char *connection_complaint(struct arena *arena, int number)
{
	char *text = arena_string(arena, strerror(number));

	if (number == ETIMEDOUT)
		return NULL;
	text[0] = (char)tolower((unsigned char)text[0]);
	return text;
}

bool connection_wait(struct job *job, int fd, short events, int64_t deadline)
{
	struct pollfd wait = { .fd = fd, .events = events };
	int64_t left;

	while (!stopped(job) && (left = deadline - clock_now()) > 0)
		if (poll(&wait, 1, left < SLICE ? (int)left : SLICE) > 0)
			return true;
	return false;
}

int connection_send(struct job *job, int fd, struct bytes data,
    int64_t deadline)
{
	ssize_t n;

	while (data.size) {
		n = send(fd, data.data, data.size, MSG_NOSIGNAL);
		if (n >= 0) {
			data.data += n;
			data.size -= (size_t)n;
		} else if (errno == EAGAIN) {
			if (!connection_wait(job, fd, POLLOUT, deadline)) {
				errno = ETIMEDOUT;
				return -1;
			}
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

ssize_t connection_receive(struct job *job, int fd, void *data, size_t size,
    int64_t deadline)
{
	ssize_t n;

	for (;;) {
		n = recv(fd, data, size, 0);
		if (n >= 0)
			return n;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return -1;
		if (!connection_wait(job, fd, POLLIN, deadline)) {
			errno = ETIMEDOUT;
			return -1;
		}
	}
}

static int connect_socket(struct job *job, int fd,
    const struct addrinfo *address, int64_t deadline)
{
	int number = 0;
	socklen_t size = sizeof(number);

	if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return -1;
	if (!connection_wait(job, fd, POLLOUT, deadline))
		number = ETIMEDOUT;
	else
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &size);
	errno = number;
	return number ? -1 : 0;
}

/* a socket to one address, or -1 with errno */
static int connect_one(struct job *job, const struct addrinfo *address,
    int64_t deadline)
{
	int fd = socket(address->ai_family,
	    address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int number;

	if (fd < 0 || connect_socket(job, fd, address, deadline) == 0)
		return fd;
	number = errno;
	close(fd);
	errno = number;
	return -1;
}

static void addresses_close(struct addrinfo **addresses)
{
	if (*addresses)
		freeaddrinfo(*addresses);
}

int endpoint_connect(struct job *job, const struct endpoint *to, int type,
    int64_t deadline, const char **complaint)
{
	__attribute__((cleanup(addresses_close))) struct addrinfo *all = NULL;
	struct addrinfo hints = { .ai_socktype = type,
		.ai_flags = AI_NUMERICSERV };
	const struct addrinfo *one;
	int64_t left = 0, now, share;
	int result, fd;

	result = getaddrinfo(to->host, to->port, &hints, &all);
	if (result) {
		*complaint = arena_printf(job->arena,
		    "the name '%s' has no address: %s", to->host,
		    result == EAI_SYSTEM ? strerror(errno) :
		    gai_strerror(result));
		return -1;
	}
	for (one = all; one; one = one->ai_next)
		left++;
	*complaint = NULL;
	for (one = all; one && !stopped(job); one = one->ai_next, left--) {
		if ((now = clock_now()) >= deadline)
			return -1;
		share = (deadline - now) / left;
		fd = connect_one(job, one, now + (share ?: 1));
		if (fd >= 0)
			return fd;
		*complaint = connection_complaint(job->arena, errno);
	}
	return -1;
}
