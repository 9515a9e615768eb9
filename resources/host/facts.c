/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * facts.c - what a machine is, from its files and system calls: no program is
 * run, so that a plan of nothing costs nothing.
 *
 * Below a root that is not "/" the name and the operating system are the
 * tree's and there are no addresses; kernel, memory and processors are those
 * of the machine that it lies on.
 */
#include "facts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include "../../specs/maker.h"

enum { SMALL = 64 << 10 };

static const struct pos nowhere;

/* Debian's word for what this program was built for, so for its host */
#if defined(__x86_64__) && !defined(__ILP32__)
#define ARCHITECTURE "amd64"
#elif defined(__aarch64__)
#define ARCHITECTURE "arm64"
#elif defined(__i386__)
#define ARCHITECTURE "i386"
#elif defined(__ARM_PCS_VFP)
#define ARCHITECTURE "armhf"
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCHITECTURE "riscv64"
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define ARCHITECTURE "ppc64el"
#elif defined(__s390x__)
#define ARCHITECTURE "s390x"
#else
#define ARCHITECTURE "unknown"
#endif

/* a small file as text; NULL when it is not there */
static int text_read(struct job *job, const struct host *host,
    const char *path, const char **out)
{
	struct file_read file;

	*out = NULL;
	if (host_read(job, host, path, SMALL, &file) < 0)
		return -1;
	if (file.entry.type == ENTRY_FILE)
		*out = file.content.data;
	return 0;
}

/* the same for what need not be readable; never NULL */
static const char *text_try(struct job *job, const struct host *host,
    const char *path)
{
	struct err unheard = err_new(job->arena);
	struct job quiet = *job;
	const char *text;

	quiet.err = &unheard;
	return text_read(&quiet, host, path, &text) < 0 || !text ? "" : text;
}

static const char *first_line(struct arena *arena, const char *text)
{
	text += strspn(text, " \t\r\n");
	return arena_copy(arena, text, strcspn(text, " \t\r\n"));
}

/* --- the operating system, os-release(5) --- */

/* a value as the shell would read it: quotes gone, \ taken away */
static const char *unquote(struct arena *arena, const char *text)
{
	struct text t = text_new(arena);
	char quote = '\0';

	for (; *text && *text != '\n'; text++) {
		if (!quote && (*text == '"' || *text == '\''))
			quote = *text;
		else if (*text == quote)
			quote = '\0';
		else if (*text == '\\' && quote != '\'' && text[1] &&
		    text[1] != '\n')
			text_add_char(&t, *++text);
		else
			text_add_char(&t, *text);
	}
	return text_string(&t);
}

/* the last one counts; NULL when there is none */
static const char *assigned(struct arena *arena, const char *text,
    const char *name)
{
	size_t size = strlen(name);
	const char *found = NULL;

	for (; *text; text += *text == '\n') {
		if (!strncmp(text, name, size) && text[size] == '=')
			found = unquote(arena, text + size + 1);
		text += strcspn(text, "\n");
	}
	return found;
}

/* so that nobody asks for what is misspelt and goes on with nothing */
static struct value closed(struct map_maker *facts)
{
	struct value v = map_done(facts);

	v.flags |= VALUE_CLOSED;
	return v;
}

static int read_os(struct job *job, const struct host *host,
    struct map_maker *facts)
{
	struct map_maker os = { .arena = job->arena };
	const char *text, *version, *name;

	/* in /etc it is most often a link to the other */
	if (text_read(job, host, "/etc/os-release", &text) < 0 ||
	    (!text && text_read(job, host, "/usr/lib/os-release", &text) < 0))
		return -1;
	if (!text)
		text = "";
	version = assigned(job->arena, text, "VERSION_ID");
	name = assigned(job->arena, text, "PRETTY_NAME");
	if (!name)
		name = assigned(job->arena, text, "NAME");
	map_add_text(&os, "id", assigned(job->arena, text, "ID") ?: "linux");
	/* a number where it looks like one, to be compared with <; or null */
	map_add(&os, "version", value_plain(nowhere, version ?: ""));
	map_add_text(&os, "codename",
	    assigned(job->arena, text, "VERSION_CODENAME") ?: "");
	map_add_text(&os, "name", name ?: "Linux");
	map_add(facts, "os", closed(&os));
	return 0;
}

/* --- names --- */

static const char *hostname(struct job *job, const struct host *host,
    bool live)
{
	char name[256] = "";

	if (!live)
		return first_line(job->arena,
		    text_try(job, host, "/etc/hostname"));
	gethostname(name, sizeof(name) - 1);
	return arena_string(job->arena, name);
}

/* the name with a domain that hosts(5) gives to `name` */
static const char *full_name(struct job *job, const struct host *host,
    const char *name)
{
	const char *line = text_try(job, host, "/etc/hosts"), *word, *full;
	size_t size;

	if (strchr(name, '.'))
		return name;
	for (; *line; line += *line == '\n') {
		full = NULL;
		for (word = line; *word && !strchr("#\n", *word);
		    word += size) {
			word += strspn(word, " \t");
			size = strcspn(word, " \t\n#");
			if (word > line && !full && memchr(word, '.', size) &&
			    !memchr(word, ':', size))
				full = arena_copy(job->arena, word, size);
			if (size == strlen(name) && full &&
			    !strncmp(word, name, size))
				return full;
		}
		line += strcspn(line, "\n");
	}
	return name;
}

/* --- addresses --- */

/* as text; NULL for what no other host can use */
static const char *address_text(struct arena *arena, const struct ifaddrs *i)
{
	char text[INET6_ADDRSTRLEN];
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) ||
	    i->ifa_flags & IFF_LOOPBACK)
		return NULL;
	if (i->ifa_addr->sa_family == AF_INET) {
		memcpy(&v4, i->ifa_addr, sizeof(v4));
		if (ntohl(v4.sin_addr.s_addr) >> 16 == 0xa9fe)
			return NULL;
		inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
	} else if (i->ifa_addr->sa_family == AF_INET6) {
		memcpy(&v6, i->ifa_addr, sizeof(v6));
		if (IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr))
			return NULL;
		inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
	} else {
		return NULL;
	}
	return arena_string(arena, text);
}

static void close_addresses(struct ifaddrs **all)
{
	freeifaddrs(*all);
}

static int read_addresses(struct job *job, bool live, struct map_maker *facts)
{
	__attribute__((cleanup(close_addresses))) struct ifaddrs *all = NULL;
	struct list_maker list = { .arena = job->arena };
	const struct ifaddrs *i;
	const char *text;

	if (live && getifaddrs(&all) < 0)
		return job_fail_errno(job, "cannot list this host's addresses");
	for (i = all; i; i = i->ifa_next)
		if ((text = address_text(job->arena, i)))
			list_add(&list, value_text(nowhere, text));
	map_add(facts, "addresses", list_done(&list));
	return 0;
}

/* --- virtualization, in systemd-detect-virt(1)'s words --- */

/* what prefixes of what the firmware says mean; the first counts */
static const char *machine_of_firmware(const char *text)
{
	static const char *const vendors[][2] = {
		{ "KVM", "kvm" }, { "OpenStack", "kvm" },
		{ "KubeVirt", "kvm" }, { "Amazon EC2", "amazon" },
		{ "QEMU", "qemu" }, { "VMware", "vmware" },
		{ "VMW", "vmware" }, { "innotek GmbH", "oracle" },
		{ "VirtualBox", "oracle" }, { "Oracle Corporation", "oracle" },
		{ "Xen", "xen" }, { "Bochs", "bochs" },
		{ "Parallels", "parallels" }, { "BHYVE", "bhyve" },
		{ "Hyper-V", "microsoft" }, { "Apple Virtualization", "apple" },
		{ "Google Compute Engine", "google" },
	};
	size_t i;

	for (i = 0; i < sizeof(vendors) / sizeof(*vendors); i++)
		if (!strncmp(text, vendors[i][0], strlen(vendors[i][0])))
			return vendors[i][1];
	return NULL;
}

/* what the processor says of whoever runs it; NULL when nobody does */
static const char *machine_of_processor(void)
{
#if defined(__x86_64__) || defined(__i386__)
	static const char *const signatures[][2] = {
		{ "KVMKVMKVM", "kvm" }, { "Linux KVM Hv", "kvm" },
		{ "TCGTCGTCGTCG", "qemu" }, { "VMwareVMware", "vmware" },
		{ "Microsoft Hv", "microsoft" }, { "XenVMMXenVMM", "xen" },
		{ "bhyve bhyve ", "bhyve" }, { "ACRNACRNACRN", "acrn" },
	};
	unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
	char text[13] = "";
	size_t i;

	/* bit 31: there is a hypervisor, and it answers at 0x40000000 */
	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx >> 31))
		return NULL;
	__cpuid(0x40000000U, eax, ebx, ecx, edx);
	memcpy(text, &ebx, 4);
	memcpy(text + 4, &ecx, 4);
	memcpy(text + 8, &edx, 4);
	for (i = 0; i < sizeof(signatures) / sizeof(*signatures); i++)
		if (!strcmp(text, signatures[i][0]))
			return signatures[i][1];
	return "vm-other";
#else
	return NULL;
#endif
}

static const char *machine(struct job *job, const struct host *host)
{
	static const char *const files[] = { "product_name", "sys_vendor",
		"board_vendor", "bios_vendor", "product_version" };
	const char *firmware = NULL, *processor = machine_of_processor();
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(*files) && !firmware; i++)
		firmware = machine_of_firmware(text_try(job, host,
		    arena_printf(job->arena, "/sys/class/dmi/id/%s",
		    files[i])));
	/* qemu is the firmware of kvm, while clouds say more than "kvm" */
	if (firmware && (!processor || strcmp(firmware, "qemu") != 0))
		return firmware;
	return processor ?: "none";
}

/* the value of container= in the environment of process 1 */
static const char *container_of_init(struct job *job, const struct host *host)
{
	struct err unheard = err_new(job->arena);
	struct job quiet = *job;
	struct file_read file;
	struct bytes b;
	size_t i;

	quiet.err = &unheard;
	if (host_read(&quiet, host, "/proc/1/environ", SMALL, &file) < 0)
		return NULL;
	b = file.content;
	for (i = 0; i < b.size; i += strlen(b.data + i) + 1)
		if (!strncmp(b.data + i, "container=", 10) && b.data[i + 10])
			return first_line(job->arena, b.data + i + 10);
	return NULL;
}

static const char *virtualization(struct job *job, const struct host *host)
{
	static const char *const marks[][2] = {
		{ "/run/.containerenv", "podman" }, { "/.dockerenv", "docker" },
	};
	const char *text = text_try(job, host, "/run/systemd/container");
	struct entry entry;
	size_t i;

	if (*text)
		return first_line(job->arena, text);
	if ((text = container_of_init(job, host)))
		return text;
	for (i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (host_look(job, host, marks[i][0], &entry) == 0 &&
		    entry.type != ENTRY_ABSENT)
			return marks[i][1];
	return machine(job, host);
}

/* --- */

int host_facts(struct job *job, const struct host *host, struct value *out)
{
	struct map_maker facts = { .arena = job->arena };
	struct map_maker kernel = { .arena = job->arena };
	struct utsname u;
	struct sysinfo s;
	struct entry process;
	const char *name;
	bool live;

	if (host_look(job, host, "/proc/self", &process) < 0)
		return -1;
	live = process.type != ENTRY_ABSENT;
	name = hostname(job, host, live);
	map_add_text(&facts, "name", host->name);
	map_add_text(&facts, "hostname", name);
	map_add_text(&facts, "fqdn", full_name(job, host, name));
	if (read_os(job, host, &facts) < 0)
		return -1;
	if (uname(&u) < 0 || sysinfo(&s) < 0)
		return job_fail_errno(job, "cannot ask the kernel what it is");
	map_add_text(&kernel, "name", arena_string(job->arena, u.sysname));
	map_add_text(&kernel, "release", arena_string(job->arena, u.release));
	map_add(&facts, "kernel", closed(&kernel));
	map_add_text(&facts, "architecture", ARCHITECTURE);
	map_add_int(&facts, "memory", (int64_t)s.totalram * s.mem_unit);
	map_add_int(&facts, "cpus", sysconf(_SC_NPROCESSORS_ONLN));
	if (read_addresses(job, live, &facts) < 0)
		return -1;
	map_add_text(&facts, "virtualization", virtualization(job, host));
	map_add_bool(&facts, "systemd", host_has_systemd(host));
	*out = closed(&facts);
	return 0;
}
