/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * naive.c - PATH TRIES: write a file as programs do that heard of symbolic
 * links: not following one in the last place. The control that must escape.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int i, fd;

	for (i = argc == 3 ? atoi(argv[2]) : 0; i > 0; i--) {
		fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW,
		    0600);
		if (fd < 0)
			continue;
		if (write(fd, "x", 1) != 1 || close(fd))
			return 1;
	}
	return 0;
}
