/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * whole.c - write all of it, however often write(2) stops short.
 */
#include "whole.h"

#include <errno.h>
#include <unistd.h>

int write_whole(int fd, struct bytes b)
{
	ssize_t n;

	for (; b.size; b.data += n, b.size -= (size_t)n) {
		n = write(fd, b.data, b.size);
		if (n < 0 && errno != EINTR)
			return -1;
		if (n < 0)
			n = 0;
	}
	return 0;
}
