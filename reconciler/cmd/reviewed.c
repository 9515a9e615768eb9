/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reviewed.c - plans in files: saved by plan, shown by show, done by apply.
 */
#include "reviewed.h"

#include <string.h>

#include "../../resources/host/git.h"
#include "../../specs/maker.h"
#include "../../specs/print.h"
#include "moment.h"

static const struct pos nowhere;

/* --- plan --- */

int reviewed_prepare(struct running *x, struct invocation *in)
{
	const char *state = in->options.state;
	unsigned char key[32];
	int there, rc = EXIT_DONE;

	if (saved_file_writable(in->options.output, &in->err))
		return EXIT_UNABLE;
	there = journal_key_look(state, key, &in->err);
	explicit_bzero(key, sizeof(key));
	if (there > 0)
		return EXIT_DONE;
	if (!there)
		rc = running_lock(x, in);
	if (!there && !rc && journal_key_make(state, &in->err))
		rc = EXIT_UNABLE;
	lock_release(x->lock);
	x->lock = NULL;
	if (there < 0 || rc == EXIT_UNABLE) {
		err_note(&in->err, nowhere,
		    "a saved plan is sealed with a key that is kept in '%s' (--state), so that only this machine applies it",
		    state);
		return EXIT_UNABLE;
	}
	return rc;
}

int reviewed_save(struct running *x, struct invocation *in)
{
	const struct options *o = &in->options;
	const struct saved_options options = { o->targets, o->excludes,
		o->root, o->prune, o->allows };

	if (saved_write(&x->run, &options, o->output, &in->err))
		return EXIT_UNABLE;
	mention(in, arena_printf(in->arena,
	    "plumb: saved; 'plumb apply %s' does this and nothing else\n",
	    o->output));
	return EXIT_DONE;
}

/* --- apply --- */

/* what a plan was made with cannot be said again */
static int check_options(struct invocation *in, const char *path,
    const struct saved *s)
{
	static const unsigned decided = OPTION_TARGET | OPTION_EXCLUDE |
	    OPTION_PRUNE | OPTION_ALLOW;
	const struct option_row *row;
	int rc = EXIT_DONE;

	for (row = option_rows; row->bit; row++) {
		if (!(row->bit & decided & in->options.given))
			continue;
		err_at(&in->err, nowhere,
		    "'%s' does not go with a saved plan: '%s' holds what is done, and no more",
		    row->value.name, path);
		rc = EXIT_UNABLE;
	}
	if ((in->options.given & OPTION_ROOT) &&
	    strcmp(in->options.root, s->options.root)) {
		err_at(&in->err, nowhere,
		    "the saved plan '%s' is for the tree below '%s', not '%s'",
		    path, s->options.root, in->options.root);
		rc = EXIT_UNABLE;
	}
	return rc;
}

int reviewed_read(struct invocation *in, const char *word, struct saved *s)
{
	struct options *o = &in->options;
	unsigned char key[32];
	int there = saved_file_is(word, &in->err);

	*s = (struct saved){ 0 };
	if (there <= 0)
		return there ? EXIT_UNABLE : EXIT_DONE;
	there = journal_key_look(o->state, key, &in->err);
	if (!there)
		err_at(&in->err, nowhere,
		    "the saved plan '%s' was made on another machine, or with another --state or --root: there is no key in '%s'",
		    word, o->state);
	if (there <= 0)
		return EXIT_UNABLE;
	there = saved_read(in->arena, word, key, s, &in->err);
	explicit_bzero(key, sizeof(key));
	if (there)
		return EXIT_UNABLE;
	if (check_options(in, word, s))
		return EXIT_UNABLE;
	o->targets = s->options.targets;
	o->excludes = s->options.excludes;
	o->root = s->options.root;
	o->prune = s->options.prune;
	o->allows = s->options.allows;
	return EXIT_DONE;
}

static void say_moved(struct invocation *in, const struct moved *moved)
{
	struct map_maker m = { .arena = in->arena };
	struct value v;

	err_at(&in->err, nowhere, "%s: %s", moved->what, moved->how);
	if (!in->options.json)
		return;
	map_add_text(&m, "type", "moved");
	map_add_text(&m, "address", moved->what);
	map_add_text(&m, "how", moved->how);
	v = map_done(&m);
	say_json(in, &v);
}

static const char *revision_text(struct arena *a, const struct saved *s)
{
	return !s->revision ? "" : arena_printf(a, " at %.12s%s", s->revision,
	    s->dirty ? " and what was not committed" : "");
}

/* the same files may be of another revision, which is worth a word */
static void mention_revision(struct invocation *in, const struct saved *s)
{
	const struct revision *now = git_revision(in->arena, s->site);

	if (now && now->id && s->revision && strcmp(now->id, s->revision))
		mention(in, arena_printf(in->arena,
		    "plumb: the site is at revision %.12s now, and its files are those of the plan's %.12s\n",
		    now->id, s->revision));
}

int reviewed_check(struct running *x, struct invocation *in,
    const struct saved *s)
{
	struct moved *moved;
	size_t count = saved_compare(in->arena, s, &x->run, &moved), i;

	for (i = 0; i < count; i++)
		say_moved(in, &moved[i]);
	if (count) {
		err_at(&in->err, nowhere,
		    "nothing was changed: the saved plan of %s is stale%s",
		    moment_text(in->arena, s->at), s->count &&
		    !x->run.plan.count ? ", and nothing is left to do" :
		    "; plan again, and review that");
		return EXIT_STALE;
	}
	mention_revision(in, s);
	x->run.applier.saved = s;
	return EXIT_DONE;
}

/* --- show --- */

static void show_origin(struct text *t, const struct saved *s)
{
	const struct saved_options *o = &s->options;
	size_t i;

	text_addf(t, "Plan of %s, made by plumb %s%s%s\n  site %s%s\n",
	    moment_text(t->arena, s->at), s->plumb, *s->host ? " on " : "",
	    s->host, s->site, revision_text(t->arena, s));
	if (strcmp(o->root, "/"))
		text_addf(t, "  --root %s\n", o->root);
	for (i = 0; i < o->targets->count; i++)
		text_addf(t, "  --target %s\n", o->targets->item[i]);
	for (i = 0; i < o->excludes->count; i++)
		text_addf(t, "  --exclude %s\n", o->excludes->item[i]);
	for (i = 0; i < o->allows->count; i++)
		text_addf(t, "  --allow %s\n", o->allows->item[i]);
	if (o->prune)
		text_add(t, "  --prune\n");
	text_addf(t, "Whether it still fits is not known: apply looks.\n\n%s",
	    s->text);
}

int reviewed_show(struct invocation *in, const char *path)
{
	struct text all = text_new(in->arena), shown = text_new(in->arena);
	struct err why = err_new(in->arena);
	struct saved s;
	unsigned char key[32];
	int there = journal_key_look(in->options.state, key, &why), rc;

	rc = saved_read(in->arena, path, there > 0 ? key : NULL, &s,
	    &in->err);
	explicit_bzero(key, sizeof(key));
	if (rc)
		return EXIT_UNABLE;
	show_origin(&all, &s);
	/* nobody may have checked what it says */
	print_escaped_lines(&shown, text_string(&all), all.size);
	say(in, text_string(&shown));
	if (there <= 0)
		mention(in, arena_printf(in->arena,
		    "plumb: its integrity was not checked: %s\n",
		    why.first ? why.first->text : arena_printf(in->arena,
		    "there is no key in '%s' (--state)", in->options.state)));
	return EXIT_DONE;
}
