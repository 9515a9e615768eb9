/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * disks.c - what a program wrote, on the disk.
 *
 * sync(2) would be simpler, but waits for file systems of other machines that
 * do not answer, and tells no errors.
 */
#include "disks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tree.h"

struct mounted {
	char *device; /* "254:0" */
	char *place;
	char *type;
	char *source;
};

static void file_close(FILE **f)
{
	if (*f)
		fclose(*f);
}

static void line_free(char **line)
{
	free(*line);
}

static char *word_next(char **rest)
{
	return strsep(rest, " \n");
}

/* a line of /proc/self/mountinfo, see proc(5) */
static bool mounted_parse(char *line, struct mounted *m)
{
	char *rest = line, *tail = strstr(line, " - ");

	if (!tail)
		return false;
	*tail = '\0';
	tail += strlen(" - ");
	word_next(&rest);
	word_next(&rest);
	m->device = word_next(&rest);
	word_next(&rest);
	m->place = word_next(&rest);
	m->type = word_next(&tail);
	m->source = word_next(&tail);
	return m->device && m->place && m->type && m->source;
}

static bool is_on_disk(const struct mounted *m)
{
	if (strncmp(m->type, "fuse", 4) == 0)
		return false;
	return strncmp(m->source, "/dev/", 5) == 0 ||
	    strcmp(m->type, "overlay") == 0 || strcmp(m->type, "zfs") == 0;
}

/* \040 and the like */
static void unescape(char *place)
{
	char *to = place;
	unsigned digits;

	for (; *place; *to++ = *place++)
		if (sscanf(place, "\\%3o", &digits) == 1) {
			place += 3;
			*place = (char)digits;
		}
	*to = '\0';
}

static int place_sync(char *place)
{
	scoped_descriptor fd = -1;

	unescape(place);
	fd = open(place, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	/* hidden below another mount, or a socket */
	return fd < 0 ? 0 : syncfs(fd);
}

int disks_sync(void)
{
	__attribute__((cleanup(file_close))) FILE *f =
	    fopen("/proc/self/mountinfo", "re");
	__attribute__((cleanup(line_free))) char *line = NULL;
	char last[32] = "";
	size_t capacity = 0;
	struct mounted m;

	if (!f) {
		sync();
		return 0;
	}
	while (getline(&line, &capacity, f) > 0) {
		if (!mounted_parse(line, &m) || !is_on_disk(&m) ||
		    strcmp(m.device, last) == 0)
			continue;
		snprintf(last, sizeof(last), "%s", m.device);
		if (place_sync(m.place) < 0)
			return -1;
	}
	return 0;
}
