/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memory_shell.c - the machine in memory: how its programs are run, a small
 * shell, and the little programs that tests and examples use in it.
 */
#include <stdlib.h>
#include <string.h>

#include "memory_inside.h"

enum { WORDS_MAX = 64 };

static const struct builtin *const tables[] = { account_programs,
	group_programs, package_programs, shell_programs };

int complain(struct run *r, int status, const char *fmt, ...)
{
	va_list ap;

	text_addf(&r->complaint, "%s: ", r->argv[0]);
	va_start(ap, fmt);
	text_vaddf(&r->complaint, fmt, ap);
	va_end(ap);
	text_add_char(&r->complaint, '\n');
	return status;
}

bool run_changes(struct run *r)
{
	if (memory_change(r->memory))
		return true;
	complain(r, 1, "it was made to fail");
	return false;
}

const char *run_path(const struct run *r, const char *path)
{
	return path[0] == '/' ? path :
	    memory_join(r->memory->arena, r->directory, path);
}

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int run_words(struct run *r)
{
	const struct builtin *b;
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		for (b = tables[i]; b->name; b++)
			if (strcmp(b->name, base(r->argv[0])) == 0)
				return b->run(r);
	return complain(r, 127, "not found");
}

/* --- the little programs --- */

static int true_program(struct run *r)
{
	(void)r;
	return 0;
}

static int false_program(struct run *r)
{
	(void)r;
	return 1;
}

static int echo_program(struct run *r)
{
	size_t i;

	for (i = 1; i < r->argc; i++)
		text_addf(&r->out, "%s%s", i > 1 ? " " : "", r->argv[i]);
	text_add_char(&r->out, '\n');
	return 0;
}

static int cat_program(struct run *r)
{
	size_t i;

	if (r->argc == 1)
		text_add(&r->out, r->input);
	for (i = 1; i < r->argc; i++) {
		if (!node_find(r->memory, run_path(r, r->argv[i])))
			return complain(r, 1, "%s: No such file or directory",
			    r->argv[i]);
		text_add(&r->out,
		    node_text(r->memory, run_path(r, r->argv[i])));
	}
	return 0;
}

/* a file of root's, where its directory is there */
static int file_write(struct run *r, const char *name, const char *text)
{
	const char *path = run_path(r, name);

	if (!node_find(r->memory, path_above(r->memory->arena, path)))
		return complain(r, 1, "%s: No such file or directory", name);
	if (!run_changes(r))
		return 1;
	node_write(r->memory, path, text);
	return 0;
}

static int touch_program(struct run *r)
{
	int status = 0;
	size_t i;

	for (i = 1; i < r->argc && !status; i++)
		status = file_write(r, r->argv[i],
		    node_text(r->memory, run_path(r, r->argv[i])));
	return status;
}

static int rm_program(struct run *r)
{
	size_t i;

	for (i = 1; i < r->argc; i++) {
		if (r->argv[i][0] == '-' ||
		    !node_find(r->memory, run_path(r, r->argv[i])))
			continue;
		if (!run_changes(r))
			return 1;
		node_remove(r->memory, run_path(r, r->argv[i]));
	}
	return 0;
}

static int mkdir_program(struct run *r)
{
	const char *path = run_path(r, r->argv[r->argc - 1]);

	if (node_find(r->memory, path))
		return r->argc > 2 ? 0 : complain(r, 1, "File exists");
	if (!run_changes(r))
		return 1;
	memory_directory(r->memory, path);
	return 0;
}

static int mv_program(struct run *r)
{
	const char *from, *text;

	if (r->argc != 3)
		return complain(r, 1, "two names are needed");
	from = run_path(r, r->argv[1]);
	if (!node_find(r->memory, from))
		return complain(r, 1, "%s: No such file or directory",
		    r->argv[1]);
	text = node_text(r->memory, from);
	if (file_write(r, r->argv[2], text) != 0)
		return 1;
	node_remove(r->memory, from);
	return 0;
}

static int by_text(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* sort -o OUT IN */
static int sort_program(struct run *r)
{
	const char **line = NULL;
	size_t count = 0, capacity = 0, i;
	struct text sorted = text_new(r->memory->arena);
	char *rest, *end;

	if (r->argc != 4 || strcmp(r->argv[1], "-o") != 0 ||
	    !node_find(r->memory, run_path(r, r->argv[3])))
		return complain(r, 2, "cannot read: No such file or directory");
	rest = arena_string(r->memory->arena,
	    node_text(r->memory, run_path(r, r->argv[3])));
	for (; *rest; rest = end + 1) {
		end = strchr(rest, '\n');
		arena_push(r->memory->arena, line, count, capacity, rest);
		if (!end)
			break;
		*end = '\0';
	}
	if (count)
		qsort(line, count, sizeof(*line), by_text);
	for (i = 0; i < count; i++)
		text_addf(&sorted, "%s\n", line[i]);
	return file_write(r, r->argv[2], text_string(&sorted));
}

/* wc -l of the standard input or of files */
static int wc_program(struct run *r)
{
	const char *text = r->argc > 2 ?
	    node_text(r->memory, run_path(r, r->argv[2])) : r->input;
	size_t lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	text_addf(&r->out, "%zu\n", lines);
	return 0;
}

static int dd_program(struct run *r)
{
	size_t i;

	for (i = 1; i < r->argc; i++)
		if (strncmp(r->argv[i], "of=", 3) == 0)
			return file_write(r, r->argv[i] + 3,
			    "thirty-two bytes that are random");
	return complain(r, 1, "of= is needed");
}

static bool is_type(const struct run *r, char letter, const char *name)
{
	const struct node *n = node_find(r->memory, run_path(r, name));

	switch (letter) {
	case 'f':
		return n && n->entry.type == ENTRY_FILE;
	case 'd':
		return n && n->entry.type == ENTRY_DIRECTORY;
	case 'L':
		return n && n->entry.type == ENTRY_LINK;
	case 's':
		return n && n->entry.size > 0;
	case 'x':
		return n && n->entry.mode & 0111;
	default:
		return n != NULL;
	}
}

static int test_program(struct run *r)
{
	size_t end = r->argc - (strcmp(r->argv[0], "[") == 0);
	bool not = end > 1 && strcmp(r->argv[1], "!") == 0;
	const char *const *w = r->argv + 1 + not;
	size_t n = end - 1 - not;
	const struct node *a, *b;
	bool is;

	if (n == 2 && w[0][0] == '-' && strchr("defLsx", w[0][1])) {
		is = is_type(r, w[0][1], w[1]);
	} else if (n == 3 && strcmp(w[1], "=") == 0) {
		is = strcmp(w[0], w[2]) == 0;
	} else if (n == 3 && strcmp(w[1], "-nt") == 0) {
		a = node_find(r->memory, run_path(r, w[0]));
		b = node_find(r->memory, run_path(r, w[2]));
		is = a && (!b || a->serial > b->serial);
	} else {
		return complain(r, 2, "the machine in memory has no such test");
	}
	return is == not;
}

/* --- the shell --- */

static int redirect(struct run *r, char way, const char *name,
    const char **to)
{
	if (way == '>') {
		*to = name;
		return 0;
	}
	if (!node_find(r->memory, run_path(r, name)))
		return complain(r, 1, "%s: No such file or directory", name);
	r->input = node_text(r->memory, run_path(r, name));
	return 0;
}

/* words with blanks between, and < and > before a name */
static int simple_command(struct run *outer, char *line)
{
	const char *words[WORDS_MAX + 1] = { NULL }, *to = NULL;
	struct run r = *outer;
	char *word, *state = NULL;
	size_t n = 0;
	int status = 0;

	r.argv = words;
	words[0] = "sh";
	for (word = strtok_r(line, " \t", &state); word && !status;
	    word = strtok_r(NULL, " \t", &state)) {
		char way = *word == '<' || *word == '>' ? *word : 0;

		if (way && !*++word)
			word = strtok_r(NULL, " \t", &state);
		if (way && word)
			status = redirect(&r, way, word, &to);
		else if (word && n < WORDS_MAX)
			words[n++] = word;
	}
	r.argc = n;
	if (to)
		r.out = text_new(r.memory->arena);
	if (!status && n)
		status = run_words(&r);
	outer->complaint = r.complaint;
	if (to && !status)
		return file_write(outer, to, text_string(&r.out));
	if (!to)
		outer->out = r.out;
	return status;
}

/* what is parted by line feeds, ; and &&; quotes are not known */
static int script(struct run *r, const char *text)
{
	char *rest = arena_string(r->memory->arena, text), *end;
	int status = 0;
	bool skip = false, and;

	for (; *rest; rest = end) {
		rest += strspn(rest, "; \t\n");
		end = rest + strcspn(rest, ";&\n");
		and = end[0] == '&' && end[1] == '&';
		if (*end == '&')
			*end++ = '\0';
		if (*end)
			*end++ = '\0';
		if (!skip && strncmp(rest, "exit", 4) == 0)
			return atoi(rest + 4);
		if (!skip && *rest)
			status = simple_command(r, rest);
		skip = and && status;
	}
	return status;
}

static int sh_program(struct run *r)
{
	if (r->argc < 3 || strcmp(r->argv[1], "-c") != 0)
		return complain(r, 2, "the machine in memory has only sh -c");
	return script(r, strcmp(r->argv[2], "eval \"$(cat)\"") == 0 ?
	    r->input : r->argv[2]);
}

const struct builtin shell_programs[] = {
	{ "true", true_program },
	{ "false", false_program },
	{ "echo", echo_program },
	{ "cat", cat_program },
	{ "touch", touch_program },
	{ "rm", rm_program },
	{ "mkdir", mkdir_program },
	{ "mv", mv_program },
	{ "sort", sort_program },
	{ "wc", wc_program },
	{ "dd", dd_program },
	{ "test", test_program },
	{ "[", test_program },
	{ "sh", sh_program },
	{ NULL, NULL },
};

/* --- */

static const struct memory_program *program_find(const struct memory *m,
    const char *name)
{
	const struct memory_program *p = m->programs;

	while (p && strcmp(p->name, name) != 0 &&
	    strcmp(p->name, base(name)) != 0)
		p = p->next;
	return p;
}

static bool has_user(struct memory *m, const char *name)
{
	const char *at = node_text(m, "/etc/passwd");
	size_t size = strlen(name);

	for (; at && *at; at = strchr(at, '\n'), at = at ? at + 1 : at)
		if (strncmp(at, name, size) == 0 && at[size] == ':')
			return true;
	return false;
}

static struct bytes bytes_of(struct arena *a, struct text *t)
{
	return (struct bytes){ arena_string(a, text_string(t)), t->size };
}

int memory_run(struct job *job, void *context, const struct process *p,
    struct outcome *out)
{
	scoped_memory *m = memory_lock(context);
	const struct memory_program *own = program_find(m, p->argv[0]);
	struct run r = { .memory = m, .argv = p->argv };

	if (p->user && !has_user(m, p->user))
		return job_fail(job, "cannot run a program as '%s': there is no such user",
		    p->user);
	r.directory = p->directory ? p->directory : "/";
	if (!node_find(m, r.directory))
		return job_fail(job, "cannot run a program in '%s': No such file or directory",
		    r.directory);
	*out = (struct outcome){ .out = { "", 0 }, .complaint = { "", 0 } };
	if (own && own->run(m, p, out) < 0)
		return job_fail(job, "cannot run '%s': it was made to fail",
		    p->argv[0]);
	if (own)
		return 0;
	while (p->argv[r.argc])
		r.argc++;
	r.input = arena_copy(m->arena, p->input.data, p->input.size);
	r.out = text_new(m->arena);
	r.complaint = text_new(m->arena);
	out->status = run_words(&r);
	if (out->status == 127)
		return job_fail(job, "cannot run '%s': there is no such program in memory: is it installed?",
		    p->argv[0]);
	out->out = bytes_of(job->arena, &r.out);
	out->complaint = bytes_of(job->arena, &r.complaint);
	return 0;
}
