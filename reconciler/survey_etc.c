/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * survey_etc.c - which of the files in /etc somebody wrote: those of packages
 * that were changed, and those that belong to no package and that no program
 * keeps for itself.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "../resources/host/host.h"
#include "survey.h"

#define UNITS "/etc/systemd/system/"

enum { LARGE = 1 << 20, DEEPEST = 32, READ_BY_OTHERS = 0004 };

#define OWN "files of /etc that are this machine's own"
#define ACCOUNTS "files of /etc that hold accounts, which are users and groups"
#define KEPT "entries of /etc that programs keep up to date"
#define COPIES "copies in /etc that editors, packages and git left"

/* patterns of fnmatch(3), where * stands for slashes as well */
static const struct rule {
	const char *pattern, *why;
} rules[] = {
	{ "/etc/hostname", OWN }, { "/etc/machine-id", OWN },
	{ "/etc/machine-info", OWN }, { "/etc/hostid", OWN },
	{ "/etc/adjtime", OWN }, { "/etc/resolv.conf", OWN },
	{ "/etc/ssh/ssh_host_*", OWN }, { "/etc/iscsi/initiatorname.iscsi", OWN },
	{ "/etc/nvme/host*", OWN }, { "/etc/popularity-contest.conf", OWN },

	{ "/etc/passwd", ACCOUNTS }, { "/etc/passwd-", ACCOUNTS },
	{ "/etc/group", ACCOUNTS }, { "/etc/group-", ACCOUNTS },
	{ "/etc/shadow", ACCOUNTS }, { "/etc/shadow-", ACCOUNTS },
	{ "/etc/gshadow", ACCOUNTS }, { "/etc/gshadow-", ACCOUNTS },
	{ "/etc/subuid*", ACCOUNTS }, { "/etc/subgid*", ACCOUNTS },
	{ "/etc/security/opasswd*", ACCOUNTS },

	{ "/etc/.pwd.lock", KEPT }, { "/etc/mtab", KEPT },
	{ "/etc/ld.so.cache", KEPT }, { "/etc/alternatives", KEPT },
	{ "/etc/shells", KEPT }, { "/etc/rc[0-9S].d/*", KEPT },
	{ "/etc/runit/runsvdir/*", KEPT }, { "/etc/ssl/certs", KEPT },
	{ "/etc/ssl/private", KEPT }, { "/etc/ca-certificates.conf", KEPT },
	{ "/etc/ca-certificates/update.d/*", KEPT },
	{ "/etc/pam.d/common-*", KEPT }, { "/etc/mailcap", KEPT },
	{ "/etc/udev/hwdb.bin", KEPT }, { "/etc/apparmor.d/cache*", KEPT },
	{ "/etc/apparmor.d/local", KEPT }, { "/etc/dpkg/origins/*", KEPT },
	{ "/etc/xml*", KEPT }, { "/etc/sgml*", KEPT }, { "/etc/.java", KEPT },
	{ "/etc/fonts/conf.d/*", KEPT }, { "/etc/console-setup/cached_*", KEPT },
	{ "/etc/lvm/archive", KEPT }, { "/etc/lvm/backup", KEPT },
	{ "/etc/lvm/cache", KEPT }, { "/etc/blkid*", KEPT },
	{ "/etc/apt/trusted.gpg~", KEPT }, { "/etc/aliases.db", KEPT },
	{ "/etc/dictionaries-common/*", KEPT }, { "/etc/emacs*", KEPT },
	{ "/etc/cups/subscriptions.conf*", KEPT }, { "/etc/rmt", KEPT },
	{ "/etc/network/run", KEPT }, { "/etc/rc.d", KEPT },
	{ "/etc/apt/apt.conf.d/01autoremove*", KEPT },
	{ "/etc/systemd/user/*", KEPT }, { "/etc/default/grub.d/*", KEPT },
	{ "/etc/network/interfaces.d/.keep", KEPT },

	{ "*~", COPIES }, { "*.dpkg-*", COPIES }, { "*.ucf-*", COPIES },
	{ "*/.*.sw?", COPIES }, { "*/.git", COPIES }, { "/etc/.etckeeper", COPIES },
	{ "/etc/.gitignore", COPIES },
};

/* what packages' scripts copy, without telling dpkg */
static const struct copy {
	const char *path, *from;
} copies[] = {
	{ "/etc/profile", "/usr/share/base-files/profile" },
	{ "/etc/motd", "/usr/share/base-files/motd" },
	{ "/etc/nsswitch.conf", "/usr/share/libc-bin/nsswitch.conf" },
	{ "/etc/adduser.conf", "/usr/share/adduser/adduser.conf" },
	{ "/etc/debconf.conf", "/usr/share/debconf/debconf.conf" },
	{ "/etc/rsyslog.conf", "/usr/share/rsyslog/rsyslog.conf" },
};

/* read by root and its group alone, and yet no place for secrets */
static const char *const open_paths[] = { "/etc/sudoers", "/etc/sudoers.d/*",
	"/etc/ufw/*.rules", "/etc/at.deny", "/etc/cron.allow", "/etc/cron.deny" };

struct walk {
	struct survey *survey;
	const struct shipped *shipped;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool has(const struct strings *s, const char *text)
{
	return s->count && bsearch(&text, s->item, s->count, sizeof(*s->item),
	    by_text);
}

static const char *rule_for(const char *path)
{
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (!fnmatch(rules[i].pattern, path, 0))
			return rules[i].why;
	return NULL;
}

static bool may_be_secret(const char *path, const struct entry *e)
{
	size_t i;

	for (i = 0; i < sizeof(open_paths) / sizeof(*open_paths); i++)
		if (!fnmatch(open_paths[i], path, 0))
			return false;
	return !(e->mode & READ_BY_OTHERS);
}

/* 1, 0, -1: it is as the package's script made it */
static int is_copy(struct survey *s, const char *path)
{
	struct file_read is, was;
	size_t i;

	for (i = 0; i < sizeof(copies) / sizeof(*copies); i++) {
		if (strcmp(copies[i].path, path))
			continue;
		if (host_read(s->job, s->host, path, LARGE, &is) < 0 ||
		    host_read(s->job, s->host, copies[i].from, LARGE,
		    &was) < 0)
			return -1;
		return was.entry.type == ENTRY_FILE &&
		    is.content.size == was.content.size &&
		    !memcmp(is.content.data, was.content.data,
		    is.content.size);
	}
	return 0;
}

/* --- files that are something else --- */

static bool ends_with(const char *text, const char *end)
{
	size_t size = strlen(text), n = strlen(end);

	return size > n && !strcmp(text + size - n, end);
}

/* a unit of somebody's own, or a drop-in: its name; or NULL */
static const char *unit_name(const char *path)
{
	const char *name = path + strlen(UNITS), *slash;

	if (strncmp(path, UNITS, strlen(UNITS)))
		return NULL;
	slash = strchr(name, '/');
	if (!slash)
		return strchr(name, '.') ? name : NULL;
	return slash - name > 2 && !strncmp(slash - 2, ".d/", 3) &&
	    ends_with(slash, ".conf") ? name : NULL;
}

/* plumb's own: the setting's name; NULL: it is not; -1 */
static int sysctl_name(struct survey *s, const char *path, const char **out)
{
	static const char mark[] = "# by plumb: sysctl:";
	struct file_read file;
	const char *text;

	*out = NULL;
	if (fnmatch("/etc/sysctl.d/60-plumb-*.conf", path, 0))
		return 0;
	if (host_read(s->job, s->host, path, LARGE, &file) < 0)
		return -1;
	text = file.content.data;
	if (!strncmp(text, mark, strlen(mark)))
		*out = arena_copy(s->job->arena, text + strlen(mark),
		    strcspn(text + strlen(mark), "\n"));
	return 0;
}

static int add_file(struct survey *s, const char *path)
{
	const char *name, *file = arena_printf(s->job->arena, "file:%s", path);

	if (sysctl_name(s, path, &name) < 0)
		return -1;
	if (name)
		survey_add(s, "sysctl", name, file);
	else if ((name = unit_name(path)))
		survey_add(s, "unit", name, file);
	else
		survey_add(s, "file", path, NULL);
	return 0;
}

/* --- the walk --- */

static int visit_file(struct walk *w, const char *path, const struct entry *e)
{
	struct survey *s = w->survey;
	bool owned = has(&w->shipped->owned, path);
	int copy;

	if (owned && !has(&w->shipped->changed, path))
		return 0;
	if (has(&w->shipped->pristine, path)) {
		survey_leave_out(s, "files of /etc that are as packages made them",
		    path);
		return 0;
	}
	if ((copy = is_copy(s, path)) < 0)
		return -1;
	if (copy)
		survey_leave_out(s, "files of /etc that are as packages made them",
		    path);
	else if (may_be_secret(path, e))
		survey_leave_out(s, "files of /etc that not everybody may read, which can hold secrets (adopt them by name)",
		    path);
	else if (e->size > LARGE)
		survey_leave_out(s, "files of /etc over 1 MiB (adopt them by name)",
		    path);
	else
		return add_file(s, path);
	return 0;
}

/* systemd's links say what is enabled and masked */
static int visit_link(struct walk *w, const char *path)
{
	struct survey *s = w->survey;
	const char *target, *name = strrchr(path, '/') + 1;

	if (has(&w->shipped->owned, path))
		return 0;
	if (strncmp(path, UNITS, strlen(UNITS))) {
		survey_add(s, "link", path, NULL);
		return 0;
	}
	if (host_read_link(s->job, s->host, path, &target) < 0)
		return -1;
	if (!strcmp(target, "/dev/null") && !strchr(path + strlen(UNITS), '/'))
		survey_add(s, "service", name, NULL);
	else if (strchr(name, '@') && !strstr(name, "@.") &&
	    strcmp(name, "getty@tty1.service"))
		survey_add(s, "service", name, NULL);
	else
		survey_leave_out(s, "links by which systemd knows what is enabled",
		    path);
	return 0;
}

static int walk(struct walk *w, const char *directory, int depth);

/* those in which units are enabled or changed come with what is in them */
static int visit_directory(struct walk *w, const char *path, int depth)
{
	struct survey *s = w->survey;
	struct strings names;

	if (!has(&w->shipped->owned, path) &&
	    strncmp(path, UNITS, strlen(UNITS))) {
		if (host_list(s->job, s->host, path, &names) < 0)
			return -1;
		if (!names.count) {
			survey_leave_out(s, "empty directories of /etc", path);
			return 0;
		}
		survey_add(s, "directory", path, NULL);
	}
	return walk(w, path, depth + 1);
}

static int visit(struct walk *w, const char *path, int depth)
{
	const char *why = has(&w->shipped->changed, path) ? NULL :
	    rule_for(path);
	struct entry e;

	if (host_look(w->survey->job, w->survey->host, path, &e) < 0)
		return -1;
	if (why) {
		if (e.type == ENTRY_DIRECTORY ||
		    !has(&w->shipped->owned, path))
			survey_leave_out(w->survey, why, path);
		return 0;
	}
	switch (e.type) {
	case ENTRY_FILE:
		return visit_file(w, path, &e);
	case ENTRY_LINK:
		return visit_link(w, path);
	case ENTRY_DIRECTORY:
		return visit_directory(w, path, depth);
	case ENTRY_OTHER:
		survey_leave_out(w->survey, "devices, pipes and sockets in /etc",
		    path);
		break;
	case ENTRY_ABSENT:
		break;
	}
	return 0;
}

static int walk(struct walk *w, const char *directory, int depth)
{
	struct survey *s = w->survey;
	struct strings names;
	size_t i;

	if (depth > DEEPEST)
		return job_fail(s->job, "'%s' is more than %d directories deep",
		    directory, DEEPEST);
	if (host_list(s->job, s->host, directory, &names) < 0)
		return -1;
	for (i = 0; i < names.count; i++)
		if (visit(w, arena_printf(s->job->arena, "%s/%s", directory,
		    names.item[i]), depth))
			return -1;
	return 0;
}

int survey_etc(struct survey *s, const struct shipped *shipped)
{
	struct walk w = { s, shipped };
	struct entry e;

	if (host_look(s->job, s->host, "/etc", &e) < 0)
		return -1;
	return e.type == ENTRY_DIRECTORY ? walk(&w, "/etc", 0) : 0;
}
