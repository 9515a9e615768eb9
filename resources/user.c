/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * user.c - a user of the host's own files, by the shadow tools.
 *
 * useradd(8) and usermod(8) call the same thing by the same letter, so that
 * creating is changing everything. A password hash goes through the standard
 * input of chpasswd(8), since any user can see the arguments of a process.
 */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "host/accounts.h"
#include "host/owner.h"
#include "resource.h"

/* those below are the system's (Debian policy, section 9.2.2) */
enum { FIRST_UID = 1000 };

struct user {
	const char *name;
	int64_t uid;
	const char *group;
	const struct strings *groups;
	const char *home;
	const char *shell;
	const char *comment;
	const char *password_hash;
	int locked;
	int system;
	int create_home;
	int remove_home;
};

static const struct attribute attributes[] = {
	ATTRIBUTE(user, name, STRING, NULL, "the login name",
	    .flags = ATTRIBUTE_NAME),
	ATTRIBUTE(user, uid, INT, NULL, "its number; not given: the next free"),
	ATTRIBUTE(user, group, STRING, NULL,
	    "the primary group; not given: one of the user's own name"),
	ATTRIBUTE(user, groups, SET, NULL,
	    "the other groups it is in, and no more; not given: left alone",
	    .choices = "[adm, sudo]"),
	ATTRIBUTE(user, home, PATH, NULL, "the home directory; not moved"),
	ATTRIBUTE(user, shell, PATH, NULL, "what runs at login"),
	ATTRIBUTE(user, comment, STRING, NULL, "who it is, in words"),
	ATTRIBUTE(user, password_hash, STRING, NULL,
	    "the password as crypt(5) keeps it", .flags = ATTRIBUTE_SENSITIVE),
	ATTRIBUTE(user, locked, BOOL, NULL,
	    "whether the password is unusable; ssh keys are another matter"),
	ATTRIBUTE(user, system, BOOL, "false",
	    "whether a new one gets a number of the system's range",
	    .flags = ATTRIBUTE_INPUT),
	ATTRIBUTE(user, create_home, BOOL, NULL,
	    "whether a new one gets a home directory; not given: unless system",
	    .flags = ATTRIBUTE_INPUT),
	ATTRIBUTE(user, remove_home, BOOL, "false",
	    "whether the home directory goes when the user goes",
	    .flags = ATTRIBUTE_INPUT),
	{ 0 },
};

/* the hash as /etc/shadow has it, without the mark of a locked account */
static int observe_hash(struct job *job, const struct host *host,
    const char *name, struct user *is)
{
	size_t size = strlen(name);
	const char *line, *next, *hash;
	struct file_read shadow;

	if (host_read(job, host, "/etc/shadow", 0, &shadow) < 0)
		return -1;
	for (line = shadow.content.data; line; line = next) {
		if ((next = strchr(line, '\n')))
			next++;
		if (strncmp(line, name, size) != 0 || line[size] != ':')
			continue;
		hash = line + size + 1;
		hash += *hash == '!';
		is->password_hash = arena_copy(job->arena, hash,
		    strcspn(hash, ":\n"));
		return 0;
	}
	is->password_hash = "";
	return 0;
}

static int observe(struct job *job, const struct host *host,
    const void *desired, void *observed)
{
	const struct user *want = desired;
	struct user *is = observed;
	struct strings *groups = arena_new(job->arena, struct strings);
	struct account account;
	int found;

	if ((found = host_user(job, host, want->name, &account)) <= 0)
		return found;
	is->name = want->name;
	is->uid = account.uid;
	is->home = account.home;
	is->shell = account.shell;
	is->comment = account.comment;
	is->locked = account.locked;
	is->groups = groups;
	/* remove() has no other way to know */
	is->remove_home = want->remove_home;
	if (host_user_groups(job, host, want->name, groups) < 0 ||
	    (want->password_hash &&
	    observe_hash(job, host, want->name, is) < 0))
		return -1;
	return host_owner_group(job, host, account.gid, want->group,
	    &is->group) < 0 ? -1 : 1;
}

struct command {
	const char *word[32];
	size_t count;
};

static void say(struct command *c, const char *word)
{
	assert(c->count < sizeof(c->word) / sizeof(*c->word) - 1);
	c->word[c->count++] = word;
}

/* an option where what is wanted differs from what is there */
static void say_change(struct command *c, const char *option,
    const char *wanted, const char *is)
{
	if (!wanted || (is && strcmp(wanted, is) == 0))
		return;
	say(c, option);
	say(c, wanted);
}

static const char *join(struct arena *arena, const struct strings *names)
{
	struct text text = text_new(arena);
	size_t i;

	for (i = 0; names && i < names->count; i++)
		text_addf(&text, "%s%s", i ? "," : "", names->item[i]);
	return names ? text_string(&text) : NULL;
}

static const char *number(struct arena *arena, int64_t n)
{
	return n == UNSET ? NULL : arena_printf(arena, "%" PRId64, n);
}

static void say_changes(struct job *job, struct command *c,
    const struct user *want, const struct user *is)
{
	say_change(c, "-u", number(job->arena, want->uid),
	    number(job->arena, is->uid));
	say_change(c, "-g", want->group, is->group);
	say_change(c, "-G", join(job->arena, want->groups),
	    join(job->arena, is->groups));
	say_change(c, "-d", want->home, is->home);
	say_change(c, "-s", want->shell, is->shell);
	say_change(c, "-c", want->comment, is->comment);
}

static int run(struct job *job, struct host *host, const struct command *c,
    const char *input)
{
	struct process process = {
		.argv = c->word,
		.input = { input, strlen(input) },
	};
	struct outcome outcome;
	int result = host_run_well(job, host, &process, &outcome);

	host_forget_accounts(host);
	return result;
}

static int create(struct job *job, struct host *host, const struct user *want)
{
	enum { SYSTEM_LAST = 999 }; /* SYS_UID_MAX, login.defs(5) */
	static const struct user nothing = { .uid = UNSET };
	struct command c = { { "useradd" }, 1 };
	struct account_group group;
	struct user own = *want;
	bool system = want->system || (want->uid != UNSET &&
	    want->uid <= SYSTEM_LAST);
	bool home = want->create_home == UNSET ? !system : want->create_home;
	int found;

	if (want->locked == 0 && !want->password_hash)
		return job_fail(job, "a new user without a password is locked; give it a 'password_hash', or leave out 'locked: false'");
	if ((found = host_group(job, host, want->name, &group)) < 0)
		return -1;
	/* the group of its own name, asked for by that name, comes with it */
	if (!found && want->group && strcmp(want->group, want->name) == 0) {
		own.group = NULL;
		say(&c, "-U");
	}
	say_changes(job, &c, &own, &nothing);
	/* useradd will not take a group that is there for its own */
	if (found && !want->group)
		say_change(&c, "-g", want->name, NULL);
	if (system)
		say(&c, "-r");
	say(&c, home ? "-m" : "-M");
	say(&c, want->name);
	return run(job, host, &c, "");
}

static int change(struct job *job, struct host *host, const struct user *want,
    const struct user *is, bool rehash)
{
	struct command c = { { "usermod" }, 1 };

	say_changes(job, &c, want, is);
	if (!rehash && want->locked != UNSET && want->locked != is->locked)
		say(&c, want->locked ? "-L" : "-U");
	if (c.count == 1)
		return 0;
	say(&c, want->name);
	return run(job, host, &c, "");
}

/* a new hash unlocks unless it has the mark; one never set is not locked */
static bool stays_locked(const struct user *want, const struct user *is)
{
	if (want->locked != UNSET)
		return want->locked;
	return is && is->locked == 1 && is->password_hash &&
	    *is->password_hash && *is->password_hash != '*';
}

static int apply(struct job *job, struct host *host, const void *desired,
    const void *observed)
{
	static const struct command c = { { "chpasswd", "-e" }, 2 };
	const struct user *want = desired, *is = observed;
	bool rehash = want->password_hash && (!is || !is->password_hash ||
	    strcmp(want->password_hash, is->password_hash) != 0);

	if ((is ? change(job, host, want, is, rehash) :
	    create(job, host, want)) < 0)
		return -1;
	return rehash ? run(job, host, &c, arena_printf(job->arena,
	    "%s:%s%s\n", want->name, stays_locked(want, is) ? "!" : "",
	    want->password_hash)) : 0;
}

static int remove_user(struct job *job, struct host *host, const void *observed)
{
	const struct user *is = observed;
	struct command c = { { "userdel" }, 1 };

	if (is->remove_home == 1)
		say(&c, "-r");
	say(&c, is->name);
	return run(job, host, &c, "");
}

/*
 * So that it could be made anew: one whose password can be used needs that for
 * it, and a password is not adopted.
 */
static int adopt(struct job *job, const struct host *host, void *desired)
{
	const struct user want = *(const struct user *)desired;
	struct user *user = desired;
	int found = observe(job, host, &want, user);

	if (found <= 0)
		return found;
	if (user->locked != 1)
		user->locked = UNSET;
	if (strcmp(user->group, user->name) == 0)
		user->group = NULL;
	user->system = user->uid < FIRST_UID;
	return found;
}

/* what would be read as an option or end a field is stopped here */
static int check(struct job *job, const void *desired)
{
	const struct user *want = desired;
	int result = 0;

	if (!*want->name || *want->name == '-' ||
	    strpbrk(want->name, ":,/ \t\n"))
		result = job_fail(job, "'%s' cannot be the name of a user", want->name);
	if (want->comment && strpbrk(want->comment, ":\n"))
		result = job_fail(job, "'comment' must be one line without ':'");
	if (want->password_hash && (!*want->password_hash ||
	    strpbrk(want->password_hash, ":\n!")))
		result = job_fail(job, "'password_hash' is not a hash as crypt(5) makes it; 'openssl passwd -6' prints one");
	return result;
}

static int requires(struct job *job, const void *desired)
{
	const struct user *want = desired;
	const char *reason = "it is in that group";
	size_t i;

	job_requires(job, "group", want->group ? want->group : want->name,
	    reason);
	for (i = 0; want->groups && i < want->groups->count; i++)
		job_requires(job, "group", want->groups->item[i], reason);
	if (want->home)
		job_requires_path(job, want->home, "its home is in there");
	return 0;
}

const struct kind kind_user = {
	.name = "user",
	.section = "users",
	.about = "a user of this host",
	.attributes = attributes,
	.size = sizeof(struct user),
	.observe = observe,
	.apply = apply,
	.remove = remove_user,
	.adopt = adopt,
	.check = check,
	.requires = requires,
};
