/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * adopt_site.c - new files for a site: one of YAML, and those below files/ that
 * hold what is too much for it.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../specs/maker.h"
#include "../specs/member.h"
#include "../specs/yaml_text.h"
#include "adopt.h"
#include "whole.h"

enum {
	/* bytes that are written into the YAML; longer text is a file */
	INLINE_MOST = 4096,
	LINE_MOST = 200,
	/* of names that are tried */
	NAMES = 1000,
};

/* --- the files --- */

static int fail(struct adoption *x, const char *doing, const char *path)
{
	return err_at(x->err, (struct pos){ 0 }, "cannot %s '%s': %s", doing,
	    path, strerror(errno));
}

static const char *in_site(const struct adoption *x, const char *name)
{
	return arena_printf(x->arena, "%s/%s", x->site, name);
}

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 || errno != ENOENT;
}

static void made(struct adoption *x, const char *path)
{
	arena_push(x->arena, x->made.item, x->made.count, x->capacity, path);
}

/* a link could lead out of the site */
static int make_directory(struct adoption *x, const char *path)
{
	struct stat st;

	if (mkdir(path, 0755) == 0) {
		made(x, path);
		return 0;
	}
	if (errno != EEXIST || lstat(path, &st))
		return fail(x, "make", path);
	if (S_ISDIR(st.st_mode))
		return 0;
	errno = ENOTDIR;
	return fail(x, "make", path);
}

/* all directories above a file of the site */
static int make_above(struct adoption *x, const char *name)
{
	const char *slash;

	for (slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/'))
		if (make_directory(x, in_site(x, arena_copy(x->arena, name,
		    (size_t)(slash - name)))))
			return -1;
	return 0;
}

static void close_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
#define scoped_fd __attribute__((cleanup(close_fd))) int

/* (3) */
static int make_file(struct adoption *x, const char *name, struct bytes b,
    mode_t mode)
{
	const char *path = in_site(x, name);
	size_t above = (size_t)(strrchr(path, '/') - path);
	const char *folder = arena_copy(x->arena, path, above);
	char *new = arena_printf(x->arena, "%s/.adopt.XXXXXX", folder);
	scoped_fd fd = -1;
	scoped_fd directory = -1;

	if (make_above(x, name))
		return -1;
	fd = mkostemp(new, O_CLOEXEC);
	directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || directory < 0)
		return fail(x, "write", path);
	if (write_whole(fd, b) || fchmod(fd, mode) || fsync(fd) ||
	    renameat2(AT_FDCWD, new, AT_FDCWD, path, RENAME_NOREPLACE)) {
		fail(x, "write", path);
		unlink(new);
		return -1;
	}
	made(x, path);
	return fsync(directory) ? fail(x, "write", path) : 0;
}

void adoption_take_back(struct adoption *x)
{
	while (x->made.count)
		remove(x->made.item[--x->made.count]);
}

/* the first of NAME, NAME-2, NAME-3 ... that is free; NULL after an error */
static const char *free_name(struct adoption *x, const char *name,
    const char *suffix)
{
	const char *tried;
	int i;

	for (i = 1; i < NAMES; i++) {
		tried = i == 1 ? arena_printf(x->arena, "%s%s", name, suffix) :
		    arena_printf(x->arena, "%s-%d%s", name, i, suffix);
		if (!exists(in_site(x, tried)))
			return tried;
	}
	errno = EEXIST;
	fail(x, "write", in_site(x, name));
	return NULL;
}

/* `path` with its directory's links followed; NULL after an error */
static const char *real_path(struct adoption *x, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	char real[PATH_MAX];

	if (!realpath(slash == path ? "/" : slash ? arena_copy(x->arena, path,
	    (size_t)(slash - path)) : ".", real)) {
		fail(x, "write", path);
		return NULL;
	}
	return arena_printf(x->arena, "%s/%s", strcmp(real, "/") ? real : "",
	    name);
}

/* whether plumb reads it: see site_sources() */
static bool is_read(const char *name)
{
	size_t size = strlen(name);

	return size > 5 && !strcmp(name + size - 5, ".yaml") &&
	    *name != '.' && !strstr(name, "/.") &&
	    strncmp(name, "files/", 6) && strncmp(name, "templates/", 10);
}

int adoption_name(struct adoption *x, const char *path)
{
	const char *real = real_path(x, path);
	char site[PATH_MAX];
	size_t size;

	if (!real)
		return -1;
	if (!realpath(x->site, site))
		return fail(x, "read", x->site);
	size = strlen(site);
	if (strncmp(real, site, size) || real[size] != '/' ||
	    !is_read(real + size + 1))
		return err_at(x->err, (struct pos){ 0 },
		    "'%s' must be a file NAME.yaml that the site '%s' reads: in it, and not in files/ or templates/",
		    path, x->site);
	if (exists(real))
		return err_at(x->err, (struct pos){ 0 },
		    "'%s' is there already, and is not written over", path);
	x->file = real + size + 1;
	return 0;
}

/* --- what is in them --- */

/* ${ is an expression, $${ is not */
static const char *as_literal(struct arena *a, const char *text)
{
	struct text t = text_new(a);
	const char *found;

	for (; (found = strstr(text, "${")); text = found + 2) {
		text_add_bytes(&t, text, (size_t)(found - text));
		text_add(&t, "$${");
	}
	text_add(&t, text);
	return text_string(&t);
}

static struct value literal(struct arena *a, const struct value *v)
{
	struct value out = *v, *items;
	struct pair *pairs;
	uint32_t i;

	if (v->type == VALUE_TEXT && memmem(v->text, v->count, "${", 2)) {
		out.text = as_literal(a, v->text);
		out.count = (uint32_t)strlen(out.text);
	} else if (v->type == VALUE_LIST) {
		out.items = items = arena_array(a, v->count, sizeof(*items));
		for (i = 0; i < v->count; i++)
			items[i] = literal(a, &v->items[i]);
	} else if (v->type == VALUE_MAP) {
		out.pairs = pairs = arena_array(a, v->count, sizeof(*pairs));
		for (i = 0; i < v->count; i++) {
			pairs[i] = v->pairs[i];
			pairs[i].key = as_literal(a, v->pairs[i].key);
			pairs[i].value = literal(a, &v->pairs[i].value);
		}
	}
	return out;
}

/* a line, or lines that can be a block */
static bool fits_inside(struct arena *a, const struct value *v)
{
	if (v->count > INLINE_MOST || !yaml_can_say(v))
		return false;
	if (v->count <= LINE_MOST && !strchr(v->text, '\n'))
		return true;
	return v->text[strspn(v->text, "\n")] ? *yaml_text(a, v) == '|' :
	    v->count <= LINE_MOST;
}

/* the row by which the same is said as a file below files/; or NULL */
static const struct attribute *source_row(const struct kind *kind,
    const char *name)
{
	const struct attribute *row = attribute_find(kind->attributes, name);
	const struct attribute *other;

	if (!row || row->type != TYPE_CONTENT)
		return NULL;
	for (other = kind->attributes; other->name; other++)
		if (other->offset == row->offset &&
		    other->type == TYPE_SOURCE)
			return other;
	return NULL;
}

static int write_source(struct adoption *x, const struct adopted *r,
    const struct value *content, const char **out)
{
	const char *name = *r->name == '/' ? r->name + 1 :
	    arena_printf(x->arena, "%s/%s", r->kind->section, r->name);

	name = free_name(x, arena_printf(x->arena, "files/%s", name), "");
	if (!name || make_file(x, name, (struct bytes){ content->text,
	    content->count }, r->restricted ? 0600 : 0644))
		return -1;
	*out = name + strlen("files/");
	return 0;
}

static int make_body(struct adoption *x, const struct adopted *r,
    struct value *out)
{
	struct map_maker m = { .arena = x->arena };
	const struct attribute *source;
	const char *name;
	uint32_t i;

	for (i = 0; i < r->body.count; i++) {
		const struct pair *p = &r->body.pairs[i];

		source = source_row(r->kind, p->key);
		if (source && (r->restricted ||
		    !fits_inside(x->arena, &p->value))) {
			if (write_source(x, r, &p->value, &name))
				return -1;
			map_add_text(&m, source->name,
			    as_literal(x->arena, name));
			continue;
		}
		if (!yaml_can_say(&p->value))
			return err_at(x->err, (struct pos){ 0 },
			    "'%s' of %s is not text in UTF-8", p->key,
			    r->address);
		map_add(&m, p->key, literal(x->arena, &p->value));
	}
	*out = m.count ? map_done(&m) : value_plain((struct pos){ 0 }, "");
	return 0;
}

/* one section; `*from` becomes the first that is of another kind */
static int add_section(struct adoption *x, size_t *from, struct text *t)
{
	const struct kind *kind = x->list->item[*from].kind;
	struct map_maker entries = { .arena = x->arena };
	struct map_maker section = { .arena = x->arena };
	struct value body;
	size_t i;

	for (i = *from; i < x->list->count && x->list->item[i].kind == kind;
	    i++) {
		const struct adopted *r = &x->list->item[i];

		if (make_body(x, r, &body))
			return -1;
		map_add(&entries, as_literal(x->arena, r->name), body);
	}
	*from = i;
	map_add(&section, kind->section, map_done(&entries));
	body = map_done(&section);
	text_add_char(t, '\n');
	text_add(t, yaml_text(x->arena, &body));
	return 0;
}

static int write_site(struct adoption *x)
{
	struct text t = text_new(x->arena);
	size_t i = 0;

	text_add(&t, x->about);
	while (i < x->list->count)
		if (add_section(x, &i, &t))
			return -1;
	/* last, so that whoever reads it finds the rest */
	return make_file(x, x->file, (struct bytes){ t.data, t.size },
	    0644);
}

int adoption_write(struct adoption *x)
{
	mode_t mask;
	int failed;

	assert(x->list->count);
	if (!x->file)
		x->file = free_name(x, "adopted", ".yaml");
	if (!x->file)
		return -1;
	mask = umask(022);
	failed = write_site(x);
	umask(mask);
	if (failed)
		adoption_take_back(x);
	return failed;
}
