/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * textdiff.c - what differs between two texts, by libgit2's diff of buffers.
 */
#include "textdiff.h"

#include <assert.h>
#include <git2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../resources/host/library.h"
#include "../specs/print.h"

#define FUNCTIONS(f)                                                           \
	f(git_diff_options_init) f(git_libgit2_init) f(git_patch_free)         \
	f(git_patch_from_buffers) f(git_patch_get_hunk)                        \
	f(git_patch_get_line_in_hunk) f(git_patch_num_hunks)
static void start(const void *);
LIBRARY(git, "libgit2", FUNCTIONS, .start = start)

static void patch_close(git_patch **patch)
{
	if (*patch)
		git()->git_patch_free(*patch);
}

static void start(const void *table)
{
	const struct git *functions = table;

	if (functions->git_libgit2_init() < 0)
		abort();
}

static bool is_text(struct bytes b)
{
	size_t i, n;

	if (b.size > TEXTDIFF_LIMIT || (b.size && memchr(b.data, 0, b.size)))
		return false;
	for (i = 0; i < b.size; i += n)
		if (!(n = utf8_length(b.data + i, b.size - i)))
			return false;
	return true;
}

/* the header is written anew: libgit2's ends with a guess at a function */
static void add_range(struct text *t, char sign, int start_line, int lines)
{
	text_addf(t, " %c%d", sign, start_line);
	if (lines != 1)
		text_addf(t, ",%d", lines);
}

static void add_hunk(struct text *t, git_patch *patch, size_t number)
{
	const git_diff_hunk *hunk;
	const git_diff_line *line;
	size_t lines, i;
	int result;

	result = git()->git_patch_get_hunk(&hunk, &lines, patch, number);
	assert(result == 0);
	text_add(t, "@@");
	add_range(t, '-', hunk->old_start, hunk->old_lines);
	add_range(t, '+', hunk->new_start, hunk->new_lines);
	text_add(t, " @@\n");
	for (i = 0; i < lines; i++) {
		result = git()->git_patch_get_line_in_hunk(&line, patch,
		    number, i);
		assert(result == 0);
		/* the others say that a line feed is missing at the end */
		if (line->origin == GIT_DIFF_LINE_CONTEXT ||
		    line->origin == GIT_DIFF_LINE_ADDITION ||
		    line->origin == GIT_DIFF_LINE_DELETION)
			text_add_char(t, line->origin);
		text_add_bytes(t, line->content, line->content_len);
	}
}

const char *textdiff(struct arena *arena, struct bytes before,
    struct bytes after, unsigned context)
{
	__attribute__((cleanup(patch_close))) git_patch *patch = NULL;
	git_diff_options options;
	struct text t = text_new(arena);
	const char *why;
	size_t i;

	if (!is_text(before) || !is_text(after))
		return NULL;
	if ((why = library_load(&git_library, arena)))
		return arena_printf(arena, "\\ No diff: %s\n", why);
	git()->git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	options.context_lines = context;
	options.flags = GIT_DIFF_FORCE_TEXT;
	/* libgit2 takes a NULL buffer for an absent file: it is an empty one */
	if (git()->git_patch_from_buffers(&patch,
	    before.size ? before.data : "", before.size, "a",
	    after.size ? after.data : "", after.size, "a", &options) < 0)
		return NULL;
	for (i = 0; i < git()->git_patch_num_hunks(patch); i++)
		add_hunk(&t, patch, i);
	return text_string(&t);
}
