/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * apt.c - packages foreseen and changed in one transaction by apt-get(8).
 *
 * What a killed dpkg left is finished first, else apt refuses everything.
 */
#include "apt.h"

#include <string.h>

#include "hooks.h"

enum {
	/* milliseconds: fetching lists, and installing */
	UPDATE_TIME = 10 * MINUTE,
	INSTALL_TIME = 120 * MINUTE,
};

/* --- foresight --- */

/* lists that grow */
struct foreseen {
	struct package_foresight *out;
	size_t installed, upgraded, removed;
};

/* the package that was asked to go this way, or NULL */
static const struct step *asked(const struct steps *t, const char *name,
    size_t size, bool remove)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		if (t->step[i].change->remove == remove &&
		    strlen(t->step[i].change->name) == size &&
		    !strncmp(t->step[i].change->name, name, size))
			return &t->step[i];
	return NULL;
}

/* one line of `apt-get -s`: "Inst name [old] (new ...)", "Remv name [old]" */
static void foresee_line(const struct steps *t, const char *line,
    struct foreseen *f)
{
	struct arena *arena = t->job->arena;
	struct package_foresight *out = f->out;
	bool removes = !strncmp(line, "Remv ", 5) || !strncmp(line, "Purg ", 5);
	const char *name = line + 5, *version, *text;
	const struct step *step;
	size_t size;

	if (!removes && strncmp(line, "Inst ", 5) != 0)
		return;
	size = strcspn(name, " \n");
	version = name + size;
	version += strcspn(version, removes ? "[\n" : "(\n");
	version += *version && *version != '\n';
	version = arena_copy(arena, version, strcspn(version, " ])\n"));
	if ((step = asked(t, name, size, removes))) {
		if (!removes)
			out->versions[step - t->step] = version;
		return;
	}
	text = arena_printf(arena, "%.*s %s", (int)size, name, version);
	if (removes)
		arena_push(arena, out->also_removed.item,
		    out->also_removed.count, f->removed, text);
	else if (!strncmp(name + size, " [", 2))
		arena_push(arena, out->also_upgraded.item,
		    out->also_upgraded.count, f->upgraded, text);
	else
		arena_push(arena, out->also_installed.item,
		    out->also_installed.count, f->installed, text);
}

int host_packages_foresee(struct job *job, const struct host *host,
    const struct package_change *changes, size_t count,
    struct package_foresight *out)
{
	struct steps t = { .job = job, .host = host };
	struct command c = apt_get(job->arena, 0);
	struct foreseen f = { .out = out };
	struct process p;
	struct outcome said;
	const char *line;

	*out = (struct package_foresight){
		.versions = arena_array(job->arena, count, sizeof(char *)),
	};
	if (steps_read(&t, changes, count) < 0)
		return -1;
	if (!steps_move(&t))
		return 0;
	command_say(&c, "-s");
	command_say(&c, "-o");
	command_say(&c, "Debug::NoLocking=true");
	if (steps_say(&t, &c) < 0)
		return -1;
	p = command_process(&c, 2 * MINUTE);
	if (host_ask(job, host, &p, &said) < 0)
		return -1;
	if (said.status) {
		out->problem = steps_complaint(&t, &said);
		return 0;
	}
	for (line = said.out.data; *line; line += *line == '\n') {
		foresee_line(&t, line, &f);
		line += strcspn(line, "\n");
	}
	return 0;
}

/* --- acting --- */

/* names of those that match, after some words; a status other than 0 is said */
static int run_on(struct job *job, struct host *host, struct command *c,
    const struct strings *names)
{
	struct process p;
	struct outcome said;
	size_t i;

	if (!names->count)
		return 0;
	for (i = 0; i < names->count; i++)
		command_say(c, names->item[i]);
	p = command_process(c, INSTALL_TIME);
	return host_run_well(job, host, &p, &said);
}

/* dpkg keeps what it has begun in numbered files, until it is done */
static int was_interrupted(struct job *job, const struct host *host)
{
	struct strings names;

	if (host_list(job, host, "/var/lib/dpkg/updates", &names) < 0)
		return -1;
	return names.count > 0;
}

/*
 * Finish what can be finished. Failing is no error here: the transaction may be
 * what mends it, and says why when it is not.
 */
static int mend(struct job *job, struct host *host)
{
	struct command c = command_new(job->arena, WORDS("dpkg",
	    "--force-confdef", "--force-confold", "--configure", "-a"));
	struct process p = command_process(&c, INSTALL_TIME);
	struct strings broken;
	struct outcome said;
	int interrupted = was_interrupted(job, host);

	if (interrupted < 0 || host_packages_broken(job, host, &broken) < 0)
		return -1;
	if (!interrupted && !broken.count)
		return 0;
	job_progress(job, "finishing what dpkg was stopped in: %s",
	    broken.count ? broken.item[0] : "its journal");
	if (host_run(job, host, &p, &said) < 0)
		return -1;
	host_forget_packages(host);
	return 0;
}

/* once with apt's lists as they are, then with new ones if that may help */
static int transact(const struct steps *t, struct host *host, int64_t timeout)
{
	struct command c = apt_get(t->job->arena, timeout);
	struct command update = apt_get(t->job->arena, timeout);
	struct outcome said, fetched = { 0 };
	struct process p, fetch;
	const char *old = "";

	if (steps_say(t, &c) < 0)
		return -1;
	command_say(&update, "update");
	p = command_process(&c, INSTALL_TIME);
	fetch = command_process(&update, UPDATE_TIME);
	job_progress(t->job, "apt-get is at work");
	if (host_run(t->job, host, &p, &said) < 0)
		return -1;
	if (said.status && steps_need_lists(&said)) {
		job_progress(t->job, "apt-get fetches its lists anew");
		if (host_run_well(t->job, host, &fetch, &fetched) < 0 ||
		    host_run(t->job, host, &p, &said) < 0)
			return -1;
		/* a list that cannot be had is only a warning to apt */
		if (fetched.complaint.size)
			old = outcome_last(t->job->arena, &fetched);
	}
	return !said.status ? 0 :
	    job_fail(t->job, "apt-get failed with status %d:\n%s%s%s",
	    said.status, steps_complaint(t, &said),
	    *old ? "\nwhen it fetched its lists:\n" : "", old);
}

/*
 * Those whose hold is to end (before) or to begin (after), which of those that
 * did not come, since the transaction failed, are those that had one before.
 */
static int set_holds(const struct steps *t, struct host *host, bool hold,
    bool failed)
{
	struct command c = command_new(t->job->arena,
	    WORDS("apt-mark", hold ? "hold" : "unhold"));
	struct strings names = { 0 };
	size_t i, capacity = 0;

	for (i = 0; i < t->count; i++) {
		const struct step *s = &t->step[i];
		bool moving = s->moves && s->is.held && !s->change->remove;

		if (hold ? s->change->hold == 1 && !s->change->remove &&
		    (moving || (!s->is.held && !failed)) :
		    s->is.held && (s->change->hold == 0 || s->moves))
			arena_push(c.arena, names.item, names.count, capacity,
			    s->change->name);
	}
	return run_on(t->job, host, &c, &names);
}

/* what is left of those that were to be purged */
static int purge(const struct steps *t, struct host *host, int64_t timeout)
{
	struct command c = apt_get(t->job->arena, timeout);
	struct strings names = { 0 };
	size_t i, capacity = 0;

	command_say(&c, "purge");
	for (i = 0; i < t->count; i++)
		if (t->step[i].change->purge && t->step[i].change->remove &&
		    (t->step[i].installed || t->step[i].is.leftover))
			arena_push(c.arena, names.item, names.count, capacity,
			    t->step[i].change->name);
	return run_on(t->job, host, &c, &names);
}

/* what dpkg does not even remove as it is; that this fails is said later */
static int complete(const struct steps *t, struct host *host, int64_t timeout)
{
	struct command c = apt_get(t->job->arena, timeout);
	struct process p;
	struct outcome said;
	size_t i, count;

	command_say(&c, "--reinstall");
	command_say(&c, "install");
	for (i = 0, count = c.count; i < t->count; i++)
		if (t->step[i].is.incomplete && t->step[i].change->remove)
			command_say(&c, t->step[i].change->name);
	if (c.count == count)
		return 0;
	p = command_process(&c, INSTALL_TIME);
	return host_run(t->job, host, &p, &said);
}

static int change_all(struct steps *t, struct host *host,
    const struct package_change *changes, size_t count, int64_t timeout)
{
	int result;

	/* 1. Finish what was begun. */
	if (mend(t->job, host) < 0)
		return -1;
	/* 2. See what differs. */
	if (steps_read(t, changes, count) < 0)
		return -1;
	if (complete(t, host, timeout) < 0)
		return -1;
	/* 3. Let go of what is held and shall move. */
	if (set_holds(t, host, false, false) < 0)
		return -1;
	/* 4. All of it at once. */
	result = steps_move(t) ? transact(t, host, timeout) : 0;
	/* 5. What a transaction cannot say for one package alone. */
	if (result == 0)
		result = purge(t, host, timeout);
	/* 6. Hold what is to be held, and what was, if nothing came of it. */
	return set_holds(t, host, true, result < 0) < 0 ? -1 : result;
}

int host_packages_change(struct job *job, struct host *host,
    const struct package_change *changes, size_t count, int64_t timeout)
{
	struct steps t = { .job = job, .host = host };
	int result;

	host_forget_packages(host);
	result = change_all(&t, host, changes, count, timeout);
	host_forget_packages(host);
	return result;
}
