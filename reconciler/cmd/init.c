/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * init.c - the first files of a new site, which a plan accepts as they are.
 *
 * Nothing that is there is ever written over: each file is created or the
 * command stops.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"

#ifndef PREFIX
#define PREFIX "/usr/local"
#endif

static const char plumb_yaml[] =
    "# yaml-language-server: $schema=" PREFIX "/share/plumb/plumb.schema.json\n"
    "#\n"
    "# The root of a site. plumb reads every *.yaml at and below this directory,\n"
    "# except in files/ and templates/, as if it were one file.\n"
    "#\n"
    "#   plumb explain          the kinds of resources there are\n"
    "#   plumb explain file     all that can be said of one of them\n"
    "#   plumb plan             what would change; changes nothing\n"
    "#   plumb apply            make it so\n"
    "\n"
    "site: %s\n"
    "\n"
    "# Names for values. ${...} is an expression in Lua; here and in templates.\n"
    "variables:\n"
    "  contact: root@localhost\n"
    "\n"
    "# Each resource is a name and its attributes. What is not said is left alone.\n"
    "files:\n"
    "  # a first resource that harms nobody: change it, then delete it\n"
    "  /tmp/plumb-%s.txt:\n"
    "    template: welcome.txt\n"
    "    mode: 0644\n"
    "\n"
    "# More, once the lines are yours:\n"
    "#\n"
    "# packages: [nginx]\n"
    "#\n"
    "# services:\n"
    "#   nginx:\n"
    "#     state: running\n"
    "#     enabled: true\n"
    "#     requires: package:nginx\n";

static const char welcome_txt[] =
    "This machine belongs to the site '${site}'.\n"
    "Ask ${contact} before you change what plumb keeps.\n";

static const char gitignore[] =
    "# saved plans say what is on a machine\n"
    "*.plan\n";

static int fail(struct invocation *in, const char *path)
{
	return err_at(&in->err, (struct pos){ 0 }, "cannot create '%s': %s",
	    path, strerror(errno));
}

/* a site is for others to read, as git makes its files; not so its journal */
static int make_directory(struct invocation *in, const char *path)
{
	if (mkdir(path, 0777) == 0 || errno == EEXIST)
		return 0;
	return fail(in, path);
}

static void descriptor_done(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* `keep`: it may be there already */
static int make_file(struct invocation *in, const char *path,
    const char *text, bool keep)
{
	__attribute__((cleanup(descriptor_done))) int fd = open(path,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	size_t left = strlen(text);
	ssize_t n;

	if (fd < 0)
		return keep && errno == EEXIST ? 0 : fail(in, path);
	for (; left; text += n, left -= (size_t)n)
		if ((n = write(fd, text, left)) < 0)
			return fail(in, path);
	return 0;
}

/* the directory's own name, as far as it can be the name of a site */
static const char *site_name(struct invocation *in, const char *directory)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	char path[PATH_MAX], *name, *p;

	if (!realpath(directory, path))
		return "site";
	name = arena_string(in->arena, strrchr(path, '/') + 1);
	for (p = name; *p; p++) {
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
		else if (!strchr(allowed, *p))
			*p = '-';
	}
	name += strspn(name, "-0123456789");
	return *name ? name : "site";
}

static int make_site(struct invocation *in, const char *directory)
{
	struct arena *a = in->arena;
	const char *name, *text;

	if (make_directory(in, directory) < 0)
		return -1;
	name = site_name(in, directory);
	text = arena_printf(a, plumb_yaml, name, name);
	if (make_directory(in, arena_printf(a, "%s/files", directory)) < 0 ||
	    make_directory(in, arena_printf(a, "%s/templates", directory)) < 0)
		return -1;
	if (make_file(in, arena_printf(a, "%s/templates/welcome.txt",
	    directory), welcome_txt, true) < 0)
		return -1;
	if (make_file(in, arena_printf(a, "%s/.gitignore", directory),
	    gitignore, true) < 0)
		return -1;
	/* last, so that what was stopped half-way can be started again */
	return make_file(in, arena_printf(a, "%s/plumb.yaml", directory), text,
	    false);
}

static int run(struct invocation *in)
{
	const char *directory = argument(in, 0, ".");
	const char *root = arena_printf(in->arena, "%s/plumb.yaml", directory);
	mode_t mask;
	int failed;

	if (access(root, F_OK) == 0) {
		err_at(&in->err, (struct pos){ 0 },
		    "'%s' is there already: this is a site, and nothing was changed",
		    root);
		return EXIT_UNABLE;
	}
	mask = umask(022);
	failed = make_site(in, directory);
	umask(mask);
	if (failed)
		return EXIT_UNABLE;
	sayf(in, "A site is in %s. Next:\n\n", directory);
	if (strcmp(directory, ".") != 0)
		sayf(in, "  cd %s\n", directory);
	say(in, "  git init              keep its history\n"
	    "  $EDITOR plumb.yaml    say what the machine shall be\n"
	    "  plumb plan            see what would change\n"
	    "  plumb apply           make it so\n");
	return EXIT_DONE;
}

const struct command cmd_init = {
	.name = "init",
	.arguments = "[DIR]",
	.about = "write the first files of a new site",
	.details = "Makes DIR (default: here) a site: plumb.yaml with comments, files/, templates/ and .gitignore. Files that are there already are left as they are, and where there is a plumb.yaml nothing is done.",
	.most = 1,
	.run = run,
};
