/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * write.c - the least that durable files can cost: a temporary file, 200 bytes,
 * fsync, rename for each path on standard input; as many at a time as the first
 * argument says.
 */
#include <assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *work(void *unused)
{
	char path[4096], temporary[4100], content[200];

	(void)unused;
	memset(content, 'x', sizeof content);
	while (fgets(path, sizeof path, stdin)) {
		path[strcspn(path, "\n")] = '\0';
		snprintf(temporary, sizeof temporary, "%s.new", path);
		int file = open(temporary,
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		assert(file >= 0);
		assert(write(file, content, sizeof content) ==
		    (ssize_t)sizeof content);
		assert(fsync(file) == 0 && close(file) == 0);
		assert(rename(temporary, path) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread[64];
	int count = argc > 1 ? atoi(argv[1]) : 1;

	assert(count > 0 && count <= 64);
	for (int i = 0; i < count; i++)
		assert(!pthread_create(&thread[i], NULL, work, NULL));
	for (int i = 0; i < count; i++)
		assert(!pthread_join(thread[i], NULL));
	return 0;
}
