/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * package.c - a Debian package that shall be installed, or shall not.
 *
 * Packages of a run that are ready together are one transaction of apt-get(8),
 * so that a replacement and what it replaces change places at once.
 */
#include <string.h>

#include "host/packages.h"
#include "host/reboot.h"
#include "resource.h"

/*
 * Milliseconds that another apt may hold its lock, where `timeout` is unset.
 * What apt has begun is not stopped in the middle for the sake of a timeout.
 */
enum { LOCK_TIMEOUT = 5 * 60 * 1000 };

struct package {
	const char *name;
	const char *version;
	int hold;
	int configured;
	int recommends;
	int purge;
};

static const struct attribute attributes[] = {
	ATTRIBUTE(package, name, STRING, NULL,
	    "as apt knows it; name:i386 for another architecture",
	    .flags = ATTRIBUTE_NAME),
	ATTRIBUTE(package, version, STRING, NULL,
	    "exactly this one, older or newer than what is there; not given: any",
	    .choices = "1.22.1-9"),
	ATTRIBUTE(package, hold, BOOL, NULL,
	    "whether upgrades leave it alone; not given: as it is"),
	ATTRIBUTE(package, configured, BOOL, "true",
	    "whether dpkg has finished installing it"),
	ATTRIBUTE(package, recommends, BOOL, NULL,
	    "whether what it recommends is installed too; not given: as apt is configured",
	    .flags = ATTRIBUTE_INPUT),
	ATTRIBUTE(package, purge, BOOL, "false",
	    "when it shall be absent, its configuration goes too",
	    .flags = ATTRIBUTE_INPUT),
	{ 0 },
};

/* what is left of a removed one counts where that is to go as well */
static int observe(struct job *job, const struct host *host,
    const void *desired, void *observed)
{
	const struct package *want = desired;
	struct package *is = observed;
	struct installed there;
	int found = host_package(job, host, want->name, &there);

	if (found < 0 || (!found && !(there.leftover && want->purge == 1)))
		return found;
	is->name = want->name;
	is->version = there.version;
	is->hold = there.held;
	is->configured = found && !there.broken;
	/* remove() has no other way to know */
	is->purge = want->purge;
	return 1;
}

static struct package_change change_of(const struct act *act)
{
	const struct package *want = act->desired, *is = act->observed;

	if (!want)
		return (struct package_change){ .name = is->name,
			.remove = true, .purge = is->purge == 1, .hold = 0,
			.recommends = UNSET };
	return (struct package_change){ .name = want->name,
		.version = want->version, .hold = want->hold,
		.recommends = want->recommends };
}

static struct package_change *changes_of(const struct act *acts, size_t count)
{
	struct package_change *changes = arena_array(acts->job->arena, count,
	    sizeof(*changes));
	size_t i;

	for (i = 0; i < count; i++)
		changes[i] = change_of(&acts[i]);
	return changes;
}

/* it is as it shall be, whatever became of the others */
static bool is_settled(const struct act *act, const struct host *host)
{
	const struct package_change change = change_of(act);
	struct installed is;
	int found = host_package(act->job, host, change.name, &is);

	if (found < 0 || change.remove)
		return found == 0 && !(change.purge && is.leftover);
	return found && !is.broken && (!change.version ||
	    strcmp(change.version, is.version) == 0) &&
	    (change.hold == UNSET || change.hold == is.held);
}

/*
 * All at once; if that fails, one by one, so that a name that apt does not know
 * fails alone. Who else holds apt's lock is not asked again for each.
 */
static int change_alike(struct act *acts, size_t count, struct host *host)
{
	struct err unsaid = err_new(acts->job->arena);
	struct job quiet = *acts->job;
	const char *why;
	size_t i;
	int failed = 0;

	quiet.err = &unsaid;
	if (host_packages_change(&quiet, host, changes_of(acts, count), count,
	    quiet.timeout > 0 ? quiet.timeout : LOCK_TIMEOUT) == 0)
		return 0;
	why = err_text(quiet.arena, &unsaid, 0);
	if (count == 1 || strstr(why, "dpkg frontend lock") ||
	    (quiet.stop && *quiet.stop)) {
		err_move(acts->job->err, &unsaid);
		for (i = 1; i < count; i++)
			job_fail(acts[i].job, "not done, as one transaction with %s failed",
			    acts->job->address);
		for (i = 0; i < count; i++)
			acts[i].result = -1;
		return -1;
	}
	for (i = 0; i < count; i++)
		if (!is_settled(&acts[i], host))
			failed |= change_alike(&acts[i], 1, host);
	return failed;
}

/* in turn those that want what they recommend, those that do not, the rest */
static int apply_in_turn(struct act *acts, size_t count, struct host *host)
{
	struct act *alike = arena_array(acts->job->arena, count,
	    sizeof(*alike));
	size_t *whose = arena_array(acts->job->arena, count, sizeof(*whose));
	bool *done = arena_array(acts->job->arena, count, sizeof(*done));
	int recommends, failed = 0;
	size_t i, n;

	for (recommends = 1; recommends >= UNSET; recommends--) {
		for (i = n = 0; i < count; i++)
			if (!done[i] && acts[i].desired &&
			    change_of(&acts[i]).recommends == recommends)
				whose[n++] = i;
		/* what makes room goes with the first that need it */
		for (i = 0; i < count && (n || recommends == UNSET); i++)
			if (!done[i] && !acts[i].desired)
				whose[n++] = i;
		for (i = 0; i < n; i++) {
			done[whose[i]] = true;
			alike[i] = acts[whose[i]];
			alike[i].result = 0;
		}
		failed |= n ? change_alike(alike, n, host) : 0;
		for (i = 0; i < n; i++)
			acts[whose[i]].result = alike[i].result;
	}
	return failed;
}

/* --- whether it asks for a reboot --- */

static bool is_named(const struct strings *names, size_t from, const char *name)
{
	size_t i;

	for (i = from; i < names->count; i++)
		if (!strcmp(names->item[i], name))
			return true;
	return false;
}

/*
 * Packages add their names to the list. Where it was one that came along, it
 * is not known for which of those that were asked for.
 */
static void tell_reboot(struct act *acts, size_t count, size_t already,
    const struct strings *names)
{
	bool *told = arena_array(acts->job->arena, count, sizeof(*told));
	size_t i, known = 0;

	for (i = 0; i < count; i++) {
		told[i] = !acts[i].result && is_named(names, already,
		    change_of(&acts[i]).name);
		known += told[i];
	}
	for (i = 0; i < count; i++)
		if (told[i] || (!known && !acts[i].result))
			job_needs_reboot(acts[i].job, known ||
			    names->count == already ?
			    "the package asks for it" :
			    arena_printf(acts[i].job->arena,
			    "%s asks for it", names->item[already]));
}

static int apply_together(struct act *acts, size_t count, struct host *host)
{
	struct strings before, after;
	int asked = host_asks_reboot(acts->job, host, &before), asks, failed;

	failed = apply_in_turn(acts, count, host);
	asks = host_asks_reboot(acts->job, host, &after);
	if (asked < 0 || asks < 0)
		return -1;
	if (asks && (!asked || after.count > before.count))
		tell_reboot(acts, count, before.count, &after);
	return failed;
}

/* which of all packages asked for it may not be known */
static int leaves_reboot(struct job *job, const struct host *host,
    const void *desired)
{
	struct strings names;

	(void)desired;
	return host_asks_reboot(job, host, &names);
}

static int apply(struct job *job, struct host *host, const void *desired,
    const void *observed)
{
	struct act act = { job, desired, observed, 0 };

	return apply_together(&act, 1, host);
}

static int remove_package(struct job *job, struct host *host,
    const void *observed)
{
	struct act act = { job, NULL, observed, 0 };

	return apply_together(&act, 1, host);
}

static const char *group(struct job *job, const void *desired)
{
	(void)job;
	(void)desired;
	return "apt";
}

static void note(struct job *job, const char *what, const struct strings *names)
{
	struct text t = text_new(job->arena);
	size_t i;

	for (i = 0; i < names->count; i++)
		text_addf(&t, "%s%s", i ? ", " : "", names->item[i]);
	if (names->count)
		job_note(job, "%s: %s", what, text_string(&t));
}

/* several lines as one */
static const char *flat(struct job *job, const char *lines)
{
	struct text t = text_new(job->arena);

	for (; *lines; lines++)
		text_add(&t, *lines == '\n' ? "; " : (char[]){ *lines, 0 });
	return text_string(&t);
}

/* what comes along belongs to all of them, and is said once, with the first */
static int foresee(struct act *acts, size_t count, const struct host *host)
{
	struct package_change *changes = changes_of(acts, count);
	struct package_foresight f;
	size_t i;

	if (host_packages_foresee(acts->job, host, changes, count, &f) < 0)
		return -1;
	if (f.problem) {
		job_note(acts->job, "what else changes is not known yet: %s",
		    flat(acts->job, f.problem));
		return 0;
	}
	for (i = 0; i < count; i++)
		if (f.versions[i] && !changes[i].version)
			job_note(acts[i].job, "version %s", f.versions[i]);
	note(acts->job, "also installs", &f.also_installed);
	note(acts->job, "also upgrades", &f.also_upgraded);
	note(acts->job, "also removes", &f.also_removed);
	return 0;
}

/* any version: the next upgrade is not drift */
static int adopt(struct job *job, const struct host *host, void *desired)
{
	const struct package want = *(const struct package *)desired;
	struct package *package = desired;
	int found = observe(job, host, &want, package);

	if (found <= 0)
		return found;
	if (!package->configured)
		return job_fail(job, "dpkg has not finished installing it; 'dpkg --configure -a' does that");
	package->version = NULL;
	if (!package->hold)
		package->hold = UNSET;
	return found;
}

/* deb-control(5); nothing that apt-get would read as an option or a suffix */
static int check(struct job *job, const void *desired)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	static const char others[] = "abcdefghijklmnopqrstuvwxyz0123456789+-.";
	const struct package *want = desired;
	size_t size = strspn(want->name, others);
	const char *rest = want->name + size;
	int result = 0;

	if (!strchr(letters, *want->name) || size < 2 ||
	    strchr("+-", want->name[size - 1]) ||
	    (*rest && (*rest != ':' || !rest[1] ||
	    rest[1 + strspn(rest + 1, letters)])))
		result = job_fail(job, "'%s' cannot be the name of a package: small letters, digits, and + - . after the first",
		    want->name);
	if (want->version && (!*want->version ||
	    strspn(want->version, "ABCDEFGHIJKLMNOPQRSTUVWXYZ.+-~:"
	    "abcdefghijklmnopqrstuvwxyz0123456789") != strlen(want->version)))
		result = job_fail(job, "'%s' cannot be the version of a package; 'apt-cache policy %s' lists those there are",
		    want->version, want->name);
	if (want->configured == 0)
		result = job_fail(job, "'configured: false' cannot be asked for; to have it removed, say 'ensure: absent'");
	return result;
}

const struct kind kind_package = {
	.name = "package",
	.section = "packages",
	.about = "a Debian package",
	.attributes = attributes,
	.size = sizeof(struct package),
	.verb = "install",
	.done = "installed",
	.observe = observe,
	.apply = apply,
	.remove = remove_package,
	.adopt = adopt,
	.check = check,
	.group = group,
	.apply_together = apply_together,
	.foresee = foresee,
	.leaves_reboot = leaves_reboot,
};
