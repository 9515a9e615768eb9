/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memory_rows.c - the machine in memory: the lines of /etc/passwd and its kin.
 */
#include "memory_rows.h"

#include <string.h>

enum { NUMBERS_END = 60000, NUMBERS_BEGIN = 1000 };

void row_read(struct arena *a, const char *line, size_t size,
    struct row *out)
{
	char *rest = arena_copy(a, line, size);
	size_t n;

	*out = (struct row){ 0 };
	for (n = 0; rest && n < FIELDS; n++) {
		out->field[n] = rest;
		rest = strchr(rest, ':');
		if (rest)
			*rest++ = '\0';
	}
	for (; n < 4; n++)
		out->field[n] = "";
}

struct rows rows_read(struct memory *m, const char *path)
{
	const char *line = node_text(m, path);
	struct rows rows = { 0 };
	struct row row;
	size_t size;

	for (; *line; line += size + (line[size] == '\n')) {
		size = strcspn(line, "\n");
		row_read(m->arena, line, size, &row);
		arena_push(m->arena, rows.row, rows.count, rows.capacity, row);
	}
	return rows;
}

void rows_write(struct memory *m, const char *path,
    const struct rows *rows)
{
	struct text t = text_new(m->arena);
	size_t i, n;

	for (i = 0; i < rows->count; i++) {
		if (rows->row[i].gone)
			continue;
		for (n = 0; n < FIELDS && rows->row[i].field[n]; n++)
			text_addf(&t, "%s%s", n ? ":" : "",
			    rows->row[i].field[n]);
		text_add_char(&t, '\n');
	}
	node_write(m, path, text_string(&t));
}

struct row *row_find(const struct rows *rows, int field,
    const char *value)
{
	size_t i;

	for (i = 0; i < rows->count; i++)
		if (!rows->row[i].gone &&
		    strcmp(rows->row[i].field[field], value) == 0)
			return &rows->row[i];
	return NULL;
}

struct row *group_find(const struct rows *groups, const char *what)
{
	struct row *row = row_find(groups, 0, what);

	return row ? row : row_find(groups, 2, what);
}

void row_add(struct memory *m, struct rows *rows, const char *line)
{
	struct row row;

	row_read(m->arena, line, strlen(line), &row);
	arena_push(m->arena, rows->row, rows->count, rows->capacity, row);
}

const char *number_free(struct memory *m, const struct rows *a,
    const struct rows *b, bool system)
{
	int n = system ? NUMBERS_BEGIN - 1 : NUMBERS_BEGIN;
	const char *text;

	for (; n > 100 && n < NUMBERS_END; n += system ? -1 : 1) {
		text = arena_printf(m->arena, "%d", n);
		if (!row_find(a, 2, text) && !row_find(b, 2, text))
			break;
	}
	return arena_printf(m->arena, "%d", n);
}

int options_read(struct run *r, const char *letters,
    struct options *out)
{
	const char *at;
	size_t i;

	*out = (struct options){ 0 };
	for (i = 1; i < r->argc; i++) {
		if (r->argv[i][0] != '-' || !r->argv[i][1]) {
			out->name = r->argv[i];
			continue;
		}
		at = r->argv[i][2] ? NULL : strchr(letters, r->argv[i][1]);
		if (!at)
			return complain(r, 2, "unrecognized option '%s'",
			    r->argv[i]);
		out->value[(int)*at] = at[1] == ':' && i + 1 < r->argc ?
		    r->argv[++i] : "";
	}
	return out->name ? 0 : complain(r, 2, "a name is missing");
}

bool member_has(const char *list, const char *name)
{
	size_t size = strlen(name);

	for (; *list; list += strspn(list, ",")) {
		if (strcspn(list, ",") == size &&
		    strncmp(list, name, size) == 0)
			return true;
		list += strcspn(list, ",");
	}
	return false;
}

const char *member_remove(struct arena *a, const char *list,
    const char *name)
{
	struct text t = text_new(a);
	size_t size;

	for (; *list; list += size + (list[size] == ',')) {
		size = strcspn(list, ",");
		if (size == strlen(name) && strncmp(list, name, size) == 0)
			continue;
		text_addf(&t, "%s%.*s", t.size ? "," : "", (int)size, list);
	}
	return text_string(&t);
}

const char *member_add(struct arena *a, const char *list,
    const char *name)
{
	return member_has(list, name) ? list :
	    arena_printf(a, "%s%s%s", list, *list ? "," : "", name);
}

int members_check(struct run *r, const struct rows *in,
    const char *list, int status)
{
	char *rest = arena_string(r->memory->arena, list), *state = NULL;
	const char *word;

	for (word = strtok_r(rest, ",", &state); word;
	    word = strtok_r(NULL, ",", &state))
		if (!row_find(in, 0, word))
			return complain(r, status, "'%s' does not exist", word);
	return 0;
}

const char *or(const char *given, const char *otherwise)
{
	return given ? given : otherwise;
}
