/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * file.c - a file: what it holds, and who may do what with it.
 *
 * New content never shows half: it is written beside the file with its owner
 * and mode, made durable, tried by `check` if there is one, and renamed.
 */
#include <string.h>

#include "host/digest.h"
#include "host/owner.h"
#include "resource.h"

/* content above this is compared by digest, so that it need not be held */
enum { LARGE = 1 << 20 };

struct file {
	const char *path;
	const struct content *content;
	int mode;
	const char *owner;
	const char *group;
	const struct strings *check;
	int replace;
};

static const struct attribute attributes[] = {
	ATTRIBUTE(file, path, PATH, NULL, "where it is",
	    .flags = ATTRIBUTE_NAME),
	ATTRIBUTE(file, content, CONTENT, NULL,
	    "what it holds; not given: whatever is there, or nothing"),
	ATTRIBUTE_AS(file, source, content, SOURCE, NULL,
	    "the file below files/ that it is a copy of"),
	ATTRIBUTE_AS(file, template, content, TEMPLATE, NULL,
	    "the file below templates/ that it is made from"),
	ATTRIBUTE(file, mode, MODE, NULL,
	    "who may do what; not given: left alone, 0644 for a new file (0600 with a secret in it)"),
	ATTRIBUTE(file, owner, STRING, NULL,
	    "the user who owns it, by name or number; not given: left alone"),
	ATTRIBUTE(file, group, STRING, NULL,
	    "its group, by name or number; not given: left alone"),
	ATTRIBUTE(file, check, LIST, NULL,
	    "a program and its arguments that must accept new content, which it finds in $FILE, before it goes live",
	    .choices = "[visudo, -cf, $FILE]",
	    .flags = ATTRIBUTE_INPUT | ATTRIBUTE_RUNS),
	ATTRIBUTE(file, replace, BOOL, "true",
	    "false: create it if it is missing, then leave its content alone",
	    .flags = ATTRIBUTE_INPUT),
	{ 0 },
};

static int something_else(struct job *job, const struct file *want,
    enum entry_type type)
{
	if (type == ENTRY_DIRECTORY)
		return job_fail(job, "'%s' is a directory, not a file; remove it first, or declare it under directories", want->path);
	if (type == ENTRY_LINK)
		return job_fail(job, "'%s' is a symbolic link, not a file; remove it first, or declare it under links", want->path);
	return job_fail(job, "'%s' is a device, pipe or socket, not a file; remove it first", want->path);
}

static bool has_digest(const struct content *content,
    const unsigned char wanted[DIGEST])
{
	unsigned char digest[DIGEST];

	digest_bytes(content->data, content->size, digest);
	return memcmp(digest, wanted, DIGEST) == 0;
}

/* content that is as it shall be is held once; `data` may be only a size */
static int observe_content(struct job *job, const struct host *host,
    const struct file *want, struct bytes data, struct file *is)
{
	const struct content *wanted = want->content;
	struct content *content;

	is->content = wanted;
	if (!want->replace || (!wanted && !data.data))
		return 0;
	content = arena_new(job->arena, struct content);
	content->data = data.data;
	content->size = data.size;
	content->digested = !data.data;
	if (content->digested && host_digest(job, host, want->path,
	    content->digest) < 0)
		return -1;
	if (!wanted || !(content->digested ?
	    has_digest(wanted, content->digest) :
	    content_equal(wanted, content)))
		is->content = content;
	return 0;
}

static int observe(struct job *job, const struct host *host,
    const void *desired, void *observed)
{
	const struct file *want = desired;
	struct file *is = observed;
	struct file_read file;
	const struct entry *entry = &file.entry;

	if (host_read(job, host, want->path, LARGE, &file) < 0)
		return -1;
	if (entry->type == ENTRY_ABSENT)
		return 0;
	if (entry->type != ENTRY_FILE)
		return something_else(job, want, entry->type);
	if (entry->size > LARGE)
		file.content = (struct bytes){ NULL, entry->size };
	is->path = want->path;
	is->mode = entry->mode;
	if (observe_content(job, host, want, file.content, is) < 0 ||
	    host_owner(job, host, entry->uid, want->owner, &is->owner) < 0)
		return -1;
	if (host_owner_group(job, host, entry->gid, want->group,
	    &is->group) < 0)
		return -1;
	return 1;
}

static int try(struct job *job, struct host *host, const struct strings *check,
    const char *staged)
{
	const char **argv = arena_array(job->arena, check->count + 1,
	    sizeof(*argv));
	struct process process = { .argv = argv };
	struct outcome outcome;
	const char *word, *found;
	struct text text;
	size_t i;

	for (i = 0; i < check->count; i++) {
		text = text_new(job->arena);
		for (word = check->item[i]; (found = strstr(word, "$FILE"));
		    word = found + strlen("$FILE")) {
			text_add_bytes(&text, word, (size_t)(found - word));
			text_add(&text, staged);
		}
		text_add(&text, word);
		argv[i] = text_string(&text);
	}
	return host_run_well(job, host, &process, &outcome);
}

static int put(struct job *job, struct host *host, const struct file *want,
    const struct file_write *write)
{
	const char *staged;

	if (!want->check)
		return host_write(job, host, want->path, write);
	if (host_stage(job, host, want->path, write, &staged) < 0)
		return -1;
	if (try(job, host, want->check, staged) < 0) {
		host_unlink(job, host, staged);
		return -1;
	}
	return host_commit(job, host, staged, want->path);
}

static int apply(struct job *job, struct host *host, const void *desired,
    const void *observed)
{
	const struct file nothing = { .mode = job->sensitive ? 0600 : 0644 };
	const struct file *want = desired, *is = observed ? observed : &nothing;
	const char *const owner[] = {
		want->owner ? want->owner : is->owner,
		want->group ? want->group : is->group,
	};
	struct file_write write = {
		.access.mode = want->mode == UNSET ? is->mode : want->mode,
	};

	if (host_owner_ids(job, host, owner, &write.access.uid,
	    &write.access.gid) < 0)
		return -1;
	if (observed && (!want->content ||
	    content_equal(want->content, is->content)))
		return host_set_access(job, host, want->path, &write.access);
	if (want->content)
		write.content = (struct bytes){ want->content->data,
			want->content->size };
	return put(job, host, want, &write);
}

static int remove_file(struct job *job, struct host *host, const void *observed)
{
	return host_unlink(job, host, ((const struct file *)observed)->path);
}

/* all of a large one too */
static int adopt(struct job *job, const struct host *host, void *desired)
{
	const struct file want = *(const struct file *)desired;
	struct file *file = desired;
	struct content *content;
	struct file_read whole;
	int found = observe(job, host, &want, file);

	if (found <= 0 || file->content)
		return found;
	if (host_read(job, host, file->path, 0, &whole) < 0)
		return -1;
	content = arena_new(job->arena, struct content);
	content->data = whole.content.data;
	content->size = whole.content.size;
	file->content = content;
	return 1;
}

static int check(struct job *job, const void *desired)
{
	const struct file *want = desired;
	size_t i;

	if (want->check && !want->check->count)
		return job_fail(job, "'check' must name a program");
	for (i = 0; want->check && i < want->check->count; i++)
		if (strstr(want->check->item[i], "$FILE"))
			return 0;
	if (want->check)
		return job_fail(job, "'check' must name $FILE, where the new content is: the live file is still the old one");
	return 0;
}

static int requires(struct job *job, const void *desired)
{
	const struct file *want = desired;

	job_owns(job, "path", want->path);
	job_requires_path(job, want->path, "it is in that directory");
	if (want->owner)
		job_requires(job, "user", want->owner, "that user owns it");
	if (want->group)
		job_requires(job, "group", want->group, "that is its group");
	return 0;
}

const struct kind kind_file = {
	.name = "file",
	.section = "files",
	.about = "a file: what it holds, and who may do what with it",
	.attributes = attributes,
	.size = sizeof(struct file),
	.observe = observe,
	.apply = apply,
	.remove = remove_file,
	.adopt = adopt,
	.check = check,
	.requires = requires,
};
