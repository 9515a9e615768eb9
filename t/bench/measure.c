/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * measure.c - run a program and say what it took, on descriptor 3:
 * exit status, CPU seconds (user and system), wall seconds, peak KiB.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	struct timespec begun, ended;
	struct rusage usage;
	int status;

	assert(argc > 1 && fcntl(3, F_SETFD, FD_CLOEXEC) == 0);
	clock_gettime(CLOCK_MONOTONIC, &begun);
	/* vfork, as a child begins with the peak of who forked it */
	pid_t child = vfork();
	assert(child >= 0);
	if (!child) {
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	assert(wait4(child, &status, 0, &usage) == child);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	dprintf(3, "%d %f %f %ld\n",
	    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
	    seconds(usage.ru_utime) + seconds(usage.ru_stime),
	    (double)(ended.tv_sec - begun.tv_sec) +
	    (double)(ended.tv_nsec - begun.tv_nsec) / 1e9, usage.ru_maxrss);
	return 0;
}
