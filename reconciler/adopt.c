/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * adopt.c - one thing that is there, as a site would declare it.
 */
#include "adopt.h"

#include <fnmatch.h>
#include <string.h>

#include "../specs/maker.h"
#include "../specs/member.h"
#include "../specs/yaml_text.h"

enum { READ_BY_OTHERS = 0004 };

/* --- (2) --- */

static const char *const secret_paths[] = {
	"/etc/shadow*", "/etc/gshadow*", "/etc/security/opasswd*",
	"/etc/ssh/ssh_host_*_key", "/etc/krb5.keytab",
};

static const char *const secret_marks[] = {
	"PRIVATE KEY-----", "PRIVATE KEY BLOCK-----", "AGE-SECRET-KEY-1",
	"PuTTY-User-Key-File-", "\nPrivateKey",
};

static int refuse_secret(struct job *job, const char *why)
{
	return job_fail(job, "it is not adopted: %s; keep it with `plumb secret set NAME` and declare it by hand",
	    why);
}

static int check_path(struct job *job, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(secret_paths) / sizeof(*secret_paths); i++)
		if (!fnmatch(secret_paths[i], name, 0))
			return refuse_secret(job, "it holds secrets");
	return 0;
}

static int check_content(struct job *job, const struct content *c)
{
	size_t i;

	for (i = 0; i < sizeof(secret_marks) / sizeof(*secret_marks); i++)
		if (memmem(c->data, c->size, secret_marks[i],
		    strlen(secret_marks[i])))
			return refuse_secret(job, "it holds a private key");
	return 0;
}

/* --- from a kind's struct to attributes --- */

static int no_state(struct job *job, const struct kind *kind)
{
	return job_fail(job, "it is not adopted: %s has no state of its own on a host, it is only declared",
	    kind_phrase(job->arena, kind));
}

/* of which only the name is asked for, as for what shall be absent */
static int read_name(struct job *job, const struct kind *kind,
    const char *name, void *out)
{
	const struct form form = { kind->attributes,
		kind_phrase(job->arena, kind), name, common_words };
	const struct reader reader = { .arena = job->arena, .err = job->err };
	struct map_maker m = { .arena = job->arena };
	struct reading reading;
	struct value map;

	map_add_text(&m, "ensure", "absent");
	map = map_done(&m);
	return attributes_read(&reader, &form, &map, out, &reading);
}

/* what to declare, in place of what was asked for */
static int look(struct job *job, const struct host *host,
    const struct kind *kind, void *desired)
{
	void *observed;
	int found;

	if (kind->adopt)
		return kind->adopt(job, host, desired);
	observed = arena_alloc(job->arena, kind->size);
	attributes_clear(kind->attributes, observed);
	found = kind->observe(job, host, desired, observed);
	memcpy(desired, observed, kind->size);
	return found;
}

/* a default, a way to do it, and a secret are not worth saying */
static bool is_worth_saying(const struct kind *kind,
    const struct attribute *row, const void *initial, const void *is)
{
	unsigned never = ATTRIBUTE_OUTPUT | ATTRIBUTE_SENSITIVE;

	if (!kind->adopt)
		never |= ATTRIBUTE_INPUT;
	return !(row->flags & never) && attribute_given(row, is) &&
	    !row_is_alias(kind->attributes, row) &&
	    !attribute_equal(row, initial, is);
}

/* plain text where the attribute says what it means */
static struct value value_of(struct arena *a, const struct attribute *row,
    const void *is)
{
	const struct content *c;
	struct value v;

	if (type_storage(row->type) == AS_CONTENT) {
		c = MEMBER_OF(const struct content *, row, is);
		return value_bytes((struct pos){ 0 }, c->data, c->size);
	}
	v = attribute_value(a, row, is);
	if (row->type == TYPE_MODE)
		v.flags |= VALUE_PLAIN;
	return v;
}

/* content can be in a file of its own; what cannot be said is left out */
static bool can_be_read(struct job *job, const struct attribute *row,
    const struct value *v, void *scratch)
{
	struct err unheard = err_new(job->arena);
	const struct reader reader = { .arena = job->arena, .err = &unheard };

	return attribute_read(&reader, row, v, scratch) == 0 &&
	    (type_storage(row->type) == AS_CONTENT || yaml_can_say(v));
}

static int make_body(struct job *job, const void *initial, const void *is,
    struct adopted *out)
{
	const struct attribute *row;
	struct map_maker m = { .arena = job->arena };
	void *scratch = arena_alloc(job->arena, out->kind->size);
	struct value v;

	for (row = out->kind->attributes; row->name; row++) {
		if (!is_worth_saying(out->kind, row, initial, is))
			continue;
		if (type_storage(row->type) == AS_CONTENT) {
			const struct content *c = MEMBER_OF(
			    const struct content *, row, is);

			if (!c->data)
				return job_fail(job, "it is not adopted: it is too large");
			if (check_content(job, c))
				return -1;
		}
		if (row->type == TYPE_MODE)
			out->restricted = !(MEMBER_OF(int, row, is) &
			    READ_BY_OTHERS);
		v = value_of(job->arena, row, is);
		if (can_be_read(job, row, &v, scratch))
			map_add(&m, row->name, v);
	}
	out->body = map_done(&m);
	return 0;
}

/* --- (1) --- */

static const char *listed(struct arena *a, const struct attribute *table,
    uint64_t rows)
{
	const struct attribute *row;
	struct text t = text_new(a);

	for (row = table; row->name; row++)
		if (rows & UINT64_C(1) << (row - table))
			text_addf(&t, "%s'%s'", t.size ? ", " : "", row->name);
	return text_string(&t);
}

static int prove(struct job *job, const struct host *host,
    const struct adopted *x)
{
	const struct kind *kind = x->kind;
	const struct form form = { kind->attributes,
		kind_phrase(job->arena, kind), x->name, NULL };
	const struct reader reader = { .arena = job->arena, .err = job->err };
	void *desired = arena_alloc(job->arena, kind->size);
	void *observed = arena_alloc(job->arena, kind->size);
	struct reading reading;
	uint64_t differ;
	int found;

	if (attributes_read(&reader, &form, &x->body, desired, &reading))
		return -1;
	if (kind->complete)
		kind->complete(desired);
	if (kind->check && kind->check(job, desired))
		return -1;
	attributes_clear(kind->attributes, observed);
	found = kind->observe(job, host, desired, observed);
	if (found < 0)
		return -1;
	differ = found ? attributes_differ(kind->attributes, desired,
	    observed) : 0;
	if (!found || differ)
		return job_fail(job, "it is not adopted: it cannot be declared as it is now%s%s",
		    differ ? ", because of " : "",
		    listed(job->arena, kind->attributes, differ));
	return 1;
}

int adopt_look(struct job *job, const struct host *host,
    const struct kind *kind, const char *name, struct adopted *out)
{
	void *initial = arena_alloc(job->arena, kind->size);
	void *is = arena_alloc(job->arena, kind->size);
	struct value named;
	int found;

	*out = (struct adopted){ .kind = kind, .name = name,
		.address = job->address };
	if (kind->flags & KIND_STATELESS)
		return no_state(job, kind);
	named = value_text((struct pos){ 0 }, name);
	if (!yaml_can_say(&named))
		return job_fail(job, "its name is not text that can be declared");
	if (check_path(job, name) || read_name(job, kind, name, initial))
		return -1;
	memcpy(is, initial, kind->size);
	found = look(job, host, kind, is);
	if (found <= 0)
		return found;
	if (make_body(job, initial, is, out))
		return -1;
	return prove(job, host, out);
}
