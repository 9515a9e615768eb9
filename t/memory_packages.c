/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memory_packages.c - the machine in memory: dpkg, apt and sysctl.
 */
#include <assert.h>
#include <string.h>

#include "memory_inside.h"

enum { NAMES_MAX = 64 };

/* what one apt-get is to do */
struct transaction {
	struct run *run;
	bool simulate;
	bool purge;
	bool held_too;
	/* those to be there, and those to go */
	const struct memory_package *install[NAMES_MAX];
	size_t installs;
	struct kept *remove[NAMES_MAX];
	size_t removes;
};

static struct kept *kept_find(const struct memory *m, const char *name)
{
	struct kept *k = m->packages;

	while (k && strcmp(k->package->name, name) != 0)
		k = k->next;
	return k;
}

/* that version, or the newest where it is NULL */
static const struct memory_package *archive_find(const struct memory *m,
    const char *name, const char *version)
{
	const struct memory_package *found = NULL;
	const struct archived *a;

	for (a = m->archive; a; a = a->next)
		if (strcmp(a->package.name, name) == 0 &&
		    (!version || strcmp(a->package.version, version) == 0))
			found = &a->package;
	return found;
}

void package_install(struct memory *m, const struct memory_package *p)
{
	struct kept *k = kept_find(m, p->name);
	bool fresh = !k || k->leftover;

	if (!k) {
		k = arena_new(m->arena, struct kept);
		k->next = m->packages;
		m->packages = k;
	}
	k->package = p;
	k->leftover = false;
	if (p->configuration && !node_find(m, p->configuration))
		memory_put(m, p->configuration, "# as the package has it\n");
	if (p->unit && fresh)
		unit_install(m, p->unit);
}

static void package_forget(struct memory *m, struct kept *gone)
{
	struct kept **at = &m->packages;

	while (*at != gone)
		at = &(*at)->next;
	*at = gone->next;
}

static void package_remove(struct memory *m, struct kept *k, bool purge)
{
	const struct memory_package *p = k->package;

	if (p->unit && !k->leftover)
		unit_purge(m, p->unit);
	k->held = false;
	k->leftover = p->configuration && !purge;
	if (k->leftover)
		return;
	if (p->configuration)
		node_remove(m, p->configuration);
	package_forget(m, k);
}

/* "a b" holds the word "b" */
static bool has_word(const char *words, const char *word)
{
	size_t size = strlen(word);

	while (words && *words) {
		words += strspn(words, " ");
		if (strcspn(words, " ") == size &&
		    strncmp(words, word, size) == 0)
			return true;
		words += strcspn(words, " ");
	}
	return false;
}

/* --- apt-get --- */

static int plan_install(struct transaction *t, const char *name,
    const char *version)
{
	struct memory *m = t->run->memory;
	const struct memory_package *p = archive_find(m, name, version);
	const struct kept *k = kept_find(m, name);
	char *rest, *word, *state = NULL;
	size_t i;

	if (!p && k && !k->leftover && !version)
		return 0;
	if (!p && version && archive_find(m, name, NULL))
		return complain(t->run, 100, "E: Version '%s' for '%s' was not found",
		    version, name);
	if (!p)
		return complain(t->run, 100, "E: Unable to locate package %s",
		    name);
	for (i = 0; i < t->installs; i++)
		if (strcmp(t->install[i]->name, name) == 0)
			return 0;
	if (k && !k->leftover && strcmp(k->package->version, p->version) == 0)
		return 0;
	if (k && k->held && !t->held_too)
		return complain(t->run, 100, "E: Held packages were changed and -y was used without --allow-change-held-packages.");
	rest = arena_string(m->arena, p->depends ? p->depends : "");
	for (word = strtok_r(rest, " ", &state); word;
	    word = strtok_r(NULL, " ", &state)) {
		k = kept_find(m, word);
		if ((!k || k->leftover) && plan_install(t, word, NULL) != 0)
			return 100;
	}
	assert(t->installs < NAMES_MAX);
	t->install[t->installs++] = p;
	return 0;
}

/* with all that depend on it */
static int plan_remove(struct transaction *t, const char *name)
{
	struct memory *m = t->run->memory;
	struct kept *k = kept_find(m, name), *other;
	size_t i;

	if (!k && !archive_find(m, name, NULL))
		return complain(t->run, 100, "E: Unable to locate package %s",
		    name);
	if (!k || (k->leftover && !t->purge))
		return 0;
	if (k->held && !t->held_too)
		return complain(t->run, 100, "E: Held packages were changed and -y was used without --allow-change-held-packages.");
	for (i = 0; i < t->removes; i++)
		if (t->remove[i] == k)
			return 0;
	assert(t->removes < NAMES_MAX);
	t->remove[t->removes++] = k;
	for (other = m->packages; other; other = other->next)
		if (!other->leftover &&
		    has_word(other->package->depends, name) &&
		    plan_remove(t, other->package->name) != 0)
			return 100;
	return 0;
}

static int transact(struct transaction *t)
{
	struct run *r = t->run;
	const struct kept *k;
	size_t i;

	if (!t->simulate && t->installs + t->removes && !run_changes(r))
		return 100;
	for (i = 0; i < t->removes; i++) {
		text_addf(&r->out, "%s %s [%s]\n", t->purge ? "Purg" : "Remv",
		    t->remove[i]->package->name,
		    t->remove[i]->package->version);
		if (!t->simulate)
			package_remove(r->memory, t->remove[i], t->purge);
	}
	for (i = 0; i < t->installs; i++) {
		k = kept_find(r->memory, t->install[i]->name);
		text_addf(&r->out, "Inst %s ", t->install[i]->name);
		if (k && !k->leftover)
			text_addf(&r->out, "[%s] ", k->package->version);
		text_addf(&r->out, "(%s Debian:12/stable [amd64])\n",
		    t->install[i]->version);
		if (!t->simulate)
			package_install(r->memory, t->install[i]);
	}
	return 0;
}

static int plan_word(struct transaction *t, const char *verb, const char *word)
{
	char *name = arena_string(t->run->memory->arena, word), *version;
	size_t size = strlen(name);

	if (strcmp(verb, "install") != 0)
		return plan_remove(t, name);
	if (size && name[size - 1] == '-') {
		name[size - 1] = '\0';
		return plan_remove(t, name);
	}
	version = strchr(name, '=');
	if (version)
		*version++ = '\0';
	return plan_install(t, name, version);
}

static int apt_get(struct run *r)
{
	struct transaction t = { .run = r };
	const char *verb = NULL, *word;
	size_t i;
	int status = 0;

	for (i = 1; i < r->argc && !status; i++) {
		word = r->argv[i];
		if (strcmp(word, "-o") == 0)
			i++;
		else if (strcmp(word, "-s") == 0)
			t.simulate = true;
		else if (strcmp(word, "--allow-change-held-packages") == 0)
			t.held_too = true;
		else if (strcmp(word, "--purge") == 0)
			t.purge = true;
		else if (*word != '-' && !verb)
			verb = word;
		else if (*word != '-')
			status = plan_word(&t, verb, word);
		t.purge |= verb && strcmp(verb, "purge") == 0;
	}
	if (!status && verb && (strcmp(verb, "install") == 0 || strcmp(verb,
	    "remove") == 0 || strcmp(verb, "purge") == 0))
		return transact(&t);
	if (status || (verb && strcmp(verb, "update") == 0))
		return status;
	return complain(r, 100, "E: Invalid operation %s", verb ? verb : "");
}

static int apt_mark(struct run *r)
{
	bool hold = r->argc > 1 && strcmp(r->argv[1], "hold") == 0;
	struct kept *k;
	size_t i;

	if (r->argc < 2 || (!hold && strcmp(r->argv[1], "unhold") != 0))
		return complain(r, 100, "E: Invalid operation");
	for (i = 2; i < r->argc; i++)
		if (!kept_find(r->memory, r->argv[i]))
			return complain(r, 100, "E: No packages found");
	if (!run_changes(r))
		return 100;
	for (i = 2; i < r->argc; i++) {
		k = kept_find(r->memory, r->argv[i]);
		k->held = hold;
	}
	return 0;
}

static int apt_cache(struct run *r)
{
	const struct archived *a;

	if (r->argc != 3 || strcmp(r->argv[1], "madison") != 0)
		return complain(r, 100, "E: Invalid operation");
	for (a = r->memory->archive; a; a = a->next)
		if (strcmp(a->package.name, r->argv[2]) == 0)
			text_addf(&r->out, "%10s | %10s | http://memory stable/main amd64 Packages\n",
			    a->package.name, a->package.version);
	return 0;
}

/* --- dpkg --- */

static const char *field(const struct kept *k, const char *name, size_t size)
{
	const struct {
		const char *name, *value;
	} known[] = {
		{ "binary:Package", k->package->name },
		{ "Package", k->package->name },
		{ "Version", k->package->version },
		{ "Architecture", "amd64" },
		{ "db:Status-Abbrev", k->leftover ? "rc " :
		    k->held ? "hi " : "ii " },
		{ "Status", k->leftover ? "deinstall ok config-files" :
		    "install ok installed" },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strlen(known[i].name) == size &&
		    strncmp(known[i].name, name, size) == 0)
			return known[i].value;
	return "";
}

static void show(struct run *r, const struct kept *k, const char *format)
{
	const char *end;

	while (*format) {
		if (strncmp(format, "${", 2) == 0 &&
		    (end = strchr(format, '}'))) {
			text_add(&r->out, field(k, format + 2,
			    (size_t)(end - format) - 2));
			format = end + 1;
		} else if (format[0] == '\\' && format[1]) {
			text_add_char(&r->out, format[1] == 'n' ? '\n' : '\t');
			format += 2;
		} else {
			text_add_char(&r->out, *format++);
		}
	}
}

static int dpkg_query(struct run *r)
{
	const char *format = "${Package}\t${Version}\n";
	const struct kept *k;
	size_t i = 1;
	int status = 0;

	for (; i < r->argc && r->argv[i][0] == '-'; i++)
		if (strcmp(r->argv[i], "-f") == 0 && i + 1 < r->argc)
			format = r->argv[++i];
	if (i == r->argc)
		for (k = r->memory->packages; k; k = k->next)
			show(r, k, format);
	for (; i < r->argc; i++) {
		k = kept_find(r->memory, r->argv[i]);
		if (k)
			show(r, k, format);
		else
			status = complain(r, 1, "no packages found matching %s",
			    r->argv[i]);
	}
	return status;
}

static int dpkg(struct run *r)
{
	int c;

	if (r->argc == 5 && strcmp(r->argv[1], "--compare-versions") == 0) {
		c = strverscmp(r->argv[2], r->argv[4]);
		return !(strcmp(r->argv[3], "lt") == 0 ? c < 0 :
		        strcmp(r->argv[3], "le") == 0  ? c <= 0 :
		        strcmp(r->argv[3], "eq") == 0  ? c == 0 :
		        strcmp(r->argv[3], "ge") == 0  ? c >= 0 : c > 0);
	}
	if (r->argc == 2 && strcmp(r->argv[1], "--print-architecture") == 0) {
		text_add(&r->out, "amd64\n");
		return 0;
	}
	/* nothing is ever left half done here */
	if (r->argc > 1 && strcmp(r->argv[r->argc - 1], "-a") == 0)
		return 0;
	return complain(r, 2, "the machine in memory has no such option");
}

/* --- sysctl --- */

static const char *setting(struct memory *m, const char *key)
{
	char *path = arena_printf(m->arena, "/proc/sys/%s", key), *p;

	for (p = path; *p; p++)
		if (*p == '.')
			*p = '/';
	return path;
}

/* sysctl -n KEY, sysctl -w KEY=VALUE */
static int sysctl(struct run *r)
{
	char *key = arena_string(r->memory->arena, r->argv[r->argc - 1]);
	char *value = strchr(key, '=');

	if (value)
		*value++ = '\0';
	if (!node_find(r->memory, setting(r->memory, key)))
		return complain(r, 255, "cannot stat %s: No such file or directory",
		    setting(r->memory, key));
	if (!value) {
		text_add(&r->out,
		    node_text(r->memory, setting(r->memory, key)));
		return 0;
	}
	if (!run_changes(r))
		return 1;
	node_write(r->memory, setting(r->memory, key),
	    arena_printf(r->memory->arena, "%s\n", value));
	return 0;
}

const struct builtin package_programs[] = {
	{ "apt-get", apt_get },
	{ "apt-mark", apt_mark },
	{ "apt-cache", apt_cache },
	{ "dpkg-query", dpkg_query },
	{ "dpkg", dpkg },
	{ "sysctl", sysctl },
	{ NULL, NULL },
};
