/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trial.c - one kind by itself, for tests of what only that kind does.
 */
#include "trial.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* after those that it needs */
#include <cmocka.h>

static void on_note(void *context, const char *text)
{
	struct trial *t = context;

	text_addf(&t->notes, "%s\n", text);
}

static void on_progress(void *context, const char *text)
{
	struct trial *t = context;

	text_addf(&t->progress, "%s\n", text);
}

static bool on_declared(void *context, const char *path)
{
	const struct trial *t = context;

	return t->declared && strcmp(t->declared, path) == 0;
}

static void put(struct trial *t, const char *name, const char *text)
{
	FILE *f = fopen(trial_path(t, name), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

void trial_open(struct trial *t, const struct kind *kind, bool below)
{
	*t = (struct trial){ .kind = kind, .arena = arena_open() };
	strcpy(t->folder, "/tmp/plumb-trial-XXXXXX");
	assert_non_null(mkdtemp(t->folder));
	t->err = err_new(t->arena);
	t->notes = text_new(t->arena);
	t->progress = text_new(t->arena);
	t->hooks = (struct hooks){ .context = t, .note = on_note,
		.progress = on_progress, .declared = on_declared };
	t->job = (struct job){ .arena = t->arena, .err = &t->err,
		.address = "it", .hooks = &t->hooks };
	if (below) {
		assert_int_equal(mkdir(trial_path(t, "etc"), 0755), 0);
		put(t, "etc/passwd", "root:x:0:0:root:/root:/bin/sh\nanna:x:4201:4300::/:/bin/sh\n");
		put(t, "etc/group", "root:x:0:\neditors:x:4300:\n");
	}
	assert_int_equal(host_open(t->arena, below ? t->folder : "/", &t->host,
	    &t->err), 0);
}

void trial_close(struct trial *t)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", t->folder);
	assert_int_equal(system(command), 0);
	host_close(&t->host);
	arena_close(t->arena);
}

const char *trial_path(struct trial *t, const char *name)
{
	return arena_printf(t->arena, "%s/%s", t->folder, name);
}

const char *trial_said(struct trial *t)
{
	return t->err.last ? t->err.last->text : "";
}

const char *trial_want(struct trial *t, const char *name, const char *fmt, ...)
{
	const struct reader reader = { .arena = t->arena, .err = &t->err };
	struct source *source = arena_new(t->arena, struct source);
	const struct form form = { t->kind->attributes, t->kind->name, name,
		NULL };
	struct reading reading;
	struct value map;
	va_list ap;

	va_start(ap, fmt);
	source->text = arena_vprintf(t->arena, fmt, ap);
	va_end(ap);
	source->path = "it.yaml";
	source->size = strlen(source->text);
	t->desired = arena_alloc(t->arena, t->kind->size);
	if (value_read(t->arena, names_new(t->arena), source, &map, &t->err) ||
	    attributes_read(&reader, &form, &map, t->desired, &reading))
		return trial_said(t);
	if (t->kind->complete)
		t->kind->complete(t->desired);
	if (t->kind->check && t->kind->check(&t->job, t->desired))
		return trial_said(t);
	return NULL;
}

int trial_observe(struct trial *t)
{
	t->notes = text_new(t->arena);
	t->observed = arena_alloc(t->arena, t->kind->size);
	attributes_clear(t->kind->attributes, t->observed);
	return t->kind->observe(&t->job, &t->host, t->desired, t->observed);
}

int trial_apply(struct trial *t)
{
	int found = trial_observe(t);

	assert_in_range(found, 0, 1);
	return t->kind->apply(&t->job, &t->host, t->desired,
	    found ? t->observed : NULL);
}

int trial_remove(struct trial *t)
{
	assert_int_equal(trial_observe(t), 1);
	return t->kind->remove(&t->job, &t->host, t->observed);
}

void trial_foresee(struct trial *t)
{
	struct act act = { .job = &t->job, .desired = t->desired,
		.observed = t->observed };

	t->notes = text_new(t->arena);
	assert_int_equal(t->kind->foresee(&act, 1, &t->host), 0);
}

const char *trial_differ(struct trial *t)
{
	struct text out = text_new(t->arena);
	const struct attribute *row = t->kind->attributes;
	uint64_t differ = attributes_differ(row, t->desired, t->observed);
	size_t i;

	for (i = 0; row[i].name; i++)
		if (differ & UINT64_C(1) << i)
			text_addf(&out, "%s%s", out.size ? " " : "",
			    row[i].name);
	return text_string(&out);
}
