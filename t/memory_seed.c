/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memory_seed.c - the machine in memory: what it begins with, and what a test
 * puts there.
 */
#include <string.h>

#include "memory_inside.h"

static const char *const directories[] = {
	"/", "/etc", "/etc/systemd/system", "/home", "/opt", "/proc/sys",
	"/root", "/run", "/srv", "/tmp", "/usr/bin", "/usr/lib/systemd/system",
	"/usr/local/bin", "/usr/local/sbin", "/usr/sbin", "/usr/share",
	"/var/cache", "/var/lib", "/var/log", "/var/tmp",
	"/etc/apt/sources.list.d", "/etc/cron.d", "/etc/sysctl.d", NULL
};

static const char *const files[][2] = {
	{ "/etc/passwd",
	    "root:x:0:0:root:/root:/bin/bash\n"
	    "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
	    "www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n"
	    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n" },
	{ "/etc/group",
	    "root:x:0:\ndaemon:x:1:\nadm:x:4:\nsudo:x:27:\n"
	    "www-data:x:33:\nstaff:x:50:\nusers:x:100:\n"
	    "nogroup:x:65534:\n" },
	{ "/etc/shadow",
	    "root:*:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n"
	    "www-data:*:19000:0:99999:7:::\n"
	    "nobody:*:19000:0:99999:7:::\n" },
	{ "/etc/os-release",
	    "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"
	    "NAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\n"
	    "VERSION_CODENAME=bookworm\nID=debian\n" },
	{ "/etc/hostname", "memory\n" },
	{ "/proc/sys/net/ipv4/conf/lo/rp_filter", "0\n" },
	{ "/proc/sys/net/ipv4/ip_forward", "0\n" },
	{ "/proc/sys/net/ipv4/tcp_rmem", "4096\t87380\t6291456\n" },
	{ "/proc/sys/vm/swappiness", "60\n" },
	{ "/etc/hosts", "127.0.0.1 localhost\n127.0.1.1 memory\n" },
};

void memory_close(struct memory *m)
{
	arena_close(m->arena);
	pthread_mutex_destroy(&m->lock);
}

void memory_put(struct memory *m, const char *path, const char *text)
{
	scoped_memory *held = memory_lock(m);

	memory_directory(held, path_above(m->arena, path));
	node_write(held, path, text);
}

void memory_directory(struct memory *m, const char *path)
{
	scoped_memory *held = memory_lock(m);

	if (node_find(held, path))
		return;
	if (path[1])
		memory_directory(held, path_above(m->arena, path));
	node_put(held, path, ENTRY_DIRECTORY, 0755);
}

const char *memory_text(struct memory *m, const char *path)
{
	scoped_memory *held = memory_lock(m);

	return node_find(held, path) ? node_text(held, path) : NULL;
}

void memory_probe(struct memory *m, const char *target, bool healthy,
    const char *detail)
{
	scoped_memory *held = memory_lock(m);
	struct memory_finding *f = arena_new(held->arena,
	    struct memory_finding);

	*f = (struct memory_finding){ m->findings,
		arena_string(m->arena, target),
		{ healthy, arena_string(m->arena, detail) } };
	m->findings = f;
}

static struct memory_package *package_copy(struct arena *a,
    const struct memory_package *p)
{
	struct memory_package *copy = arena_new(a, struct memory_package);

	copy->name = arena_string(a, p->name);
	copy->version = arena_string(a, p->version);
	copy->depends = p->depends ? arena_string(a, p->depends) : NULL;
	copy->unit = p->unit ? arena_string(a, p->unit) : NULL;
	copy->configuration = p->configuration ?
	    arena_string(a, p->configuration) : NULL;
	return copy;
}

void memory_archive(struct memory *m, const struct memory_package *p)
{
	scoped_memory *held = memory_lock(m);
	struct archived *a = arena_new(held->arena, struct archived), **at;

	a->package = *package_copy(m->arena, p);
	/* the first that is added is the oldest, the last is preferred */
	for (at = &m->archive; *at; at = &(*at)->next)
		;
	*at = a;
}

void memory_install(struct memory *m, const struct memory_package *p)
{
	scoped_memory *held = memory_lock(m);

	package_install(held, package_copy(m->arena, p));
}

/* so that it is there for who looks before running it */
static void program_put(struct memory *m, const char *name)
{
	const char *path = *name == '/' ? name :
	    memory_join(m->arena, "/usr/bin", name);

	memory_put(m, path, "");
	node_find(m, path)->entry.mode = 0755;
}

static void programs_put(struct memory *m, const struct builtin *table)
{
	for (; table->name; table++)
		program_put(m, table->name);
}

void memory_program(struct memory *m, const char *name,
    int (*run)(struct memory *, const struct process *, struct outcome *))
{
	scoped_memory *held = memory_lock(m);
	struct memory_program *p = arena_new(held->arena,
	    struct memory_program);

	*p = (struct memory_program){ m->programs,
		arena_string(m->arena, name), run };
	m->programs = p;
	program_put(held, name);
}

struct memory *memory_new(struct arena *a)
{
	static const struct memory_package dpkg = { .name = "dpkg",
		.version = "1.21.22" };
	struct memory *m = arena_new(a, struct memory);
	pthread_mutexattr_t recursive;
	size_t i;

	pthread_mutexattr_init(&recursive);
	pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&m->lock, &recursive);
	pthread_mutexattr_destroy(&recursive);
	m->arena = arena_open();
	m->outer = a;
	m->stop_at = SIZE_MAX;
	for (i = 0; directories[i]; i++)
		memory_directory(m, directories[i]);
	node_put(m, "/bin", ENTRY_LINK, 0777)->target = "usr/bin";
	node_put(m, "/sbin", ENTRY_LINK, 0777)->target = "usr/sbin";
	node_put(m, "/lib", ENTRY_LINK, 0777)->target = "usr/lib";
	node_find(m, "/tmp")->entry.mode = 01777;
	for (i = 0; i < sizeof(files) / sizeof(*files); i++)
		memory_put(m, files[i][0], files[i][1]);
	node_find(m, "/etc/shadow")->entry.mode = 0640;
	programs_put(m, account_programs);
	programs_put(m, group_programs);
	programs_put(m, package_programs);
	programs_put(m, shell_programs);
	memory_install(m, &dpkg);
	return m;
}
