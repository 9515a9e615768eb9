/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * swap.c - UID DIRECTORY: as that user, exchange each NAME in it with
 * NAME.other until it is killed: as fast as it goes, and with pauses in either
 * state, so that some of what is attacked comes far before it is hit.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <signal.h>
#include <unistd.h>

enum { MOST = 64 };

static int names_read(const char *path, char names[MOST][NAME_MAX + 1])
{
	DIR *d = opendir(path);
	const struct dirent *e;
	int n = 0;

	while (d && n < MOST && (e = readdir(d))) {
		size_t size = strlen(e->d_name);

		if (size < 7 || strcmp(e->d_name + size - 6, ".other") != 0)
			continue;
		memcpy(names[n], e->d_name, size - 6);
		names[n++][size - 6] = '\0';
	}
	if (d)
		closedir(d);
	return n;
}

int main(int argc, char **argv)
{
	char names[MOST][NAME_MAX + 1], other[NAME_MAX + 8];
	uid_t uid = argc == 3 ? (uid_t)atoi(argv[1]) : 0;
	int n, i;

	if (!uid || setresgid(uid, uid, uid) || setresuid(uid, uid, uid) ||
	    chdir(argv[2]) || (n = names_read(".", names)) == 0)
		return 1;
	/* which another user would undo */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0;; i = (i + 1) % n) {
		snprintf(other, sizeof(other), "%s.other", names[i]);
		renameat2(AT_FDCWD, names[i], AT_FDCWD, other,
		    RENAME_EXCHANGE);
		if (random() % 16 == 0)
			usleep((useconds_t)(random() % 3000));
	}
}
