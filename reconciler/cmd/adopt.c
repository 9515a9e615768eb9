/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * adopt.c - plumb adopt: declare what is there.
 *
 *  1. What was asked for, or is worth it, is looked at.
 *  2. New files are written into the site.
 *  3. The site is read and planned; unless nothing of it would change, the
 *     files are taken back.
 */
#include <string.h>
#include <sys/stat.h>

#include "../../specs/site.h"
#include "../../specs/spec.h"
#include "adopting.h"

/* how often what differs at once may be left out, with --all */
enum { ROUNDS = 3 };

static int refuse(struct adopting *g, const char *words)
{
	return err_at(&g->in->err, (struct pos){ 0 }, "%s", words);
}

/* --- the command line --- */

/* the last word may be the site: a name with a kind before a colon is not */
static bool is_address(const char *word)
{
	const char *colon = strchr(word, ':');
	struct stat there;

	return colon && (kind_find_word(word, (size_t)(colon - word)) ||
	    stat(word, &there) != 0);
}

static int read_words(struct adopting *g)
{
	const struct strings *words = &g->in->arguments;
	bool all = g->in->options.all;
	size_t n = words->count;

	g->site = ".";
	if (n && !is_address(words->item[n - 1]))
		g->site = words->item[--n];
	g->asked = (struct strings){ n, words->item };
	if (all && n)
		return refuse(g, arena_printf(g->in->arena,
		    "'--all' and '%s' exclude each other",
		    words->item[0]));
	if (!all && !n)
		return refuse(g, "'plumb adopt' needs what to adopt: KIND:NAME, or '--all'");
	return 0;
}

/* --- 1 --- */

static const struct kind *kind_of(struct adopting *g, const char *address)
{
	const char *colon = strchr(address, ':'), *word, *near;
	struct arena *a = g->in->arena;
	const struct kind *kind;

	if (!colon || !colon[1]) {
		refuse(g, arena_printf(a,
		    "'%s' must be KIND:NAME, like service:nginx", address));
		return NULL;
	}
	kind = kind_find_word(address, (size_t)(colon - address));
	if (kind)
		return kind;
	word = arena_copy(a, address, (size_t)(colon - address));
	near = nearest(word, kind_names(a));
	refuse(g, arena_printf(a, near ?
	    "there is no kind '%s' (did you mean '%s:%s'?)" :
	    "there is no kind '%s'", word, near, colon + 1));
	return NULL;
}

static bool is_taken(const struct adopting *g, const char *address)
{
	size_t i;

	for (i = 0; i < g->list.count; i++)
		if (!strcmp(g->list.item[i].address, address))
			return true;
	return false;
}

static int take(struct adopting *g, const char *address)
{
	const struct kind *kind = kind_of(g, address);
	const char *name = strchr(address, ':') + 1;
	struct err *e = &g->in->err;
	const struct resource *other;
	struct adopted x;
	int found;

	if (!kind)
		return -1;
	other = adopt_declared(&g->x.run.graph, kind, name);
	if (other)
		return err_at(e, other->declaration->pos,
		    "'%s' is declared already", other->address);
	g->job.address = address;
	found = adopt_look(&g->job, &g->x.run.host, kind, name, &x);
	if (found < 0)
		return -1;
	if (!found)
		return err_at(e, (struct pos){ 0 },
		    "'%s' is not there, so there is nothing to adopt", address);
	if (!is_taken(g, address))
		arena_push(g->in->arena, g->list.item, g->list.count,
		    g->list.capacity, x);
	return 0;
}

static int take_asked(struct adopting *g)
{
	int failed = 0;
	size_t i;

	for (i = 0; i < g->asked.count; i++)
		failed |= take(g, g->asked.item[i]);
	adopted_sort(&g->list);
	return failed;
}

static int look(struct adopting *g)
{
	g->job = (struct job){ .arena = g->in->arena, .err = &g->in->err,
		.address = "this host", .stop = &g->x.interrupts.hard };
	g->survey = (struct survey){ .job = &g->job,
		.host = &g->x.run.host };
	if (g->in->options.all)
		return adopt_all(&g->survey, &g->x.run.graph, &g->list);
	return take_asked(g);
}

/* --- 2 --- */

static int write_files(struct adopting *g)
{
	struct adoption *x = &g->adoption;
	const char *output = g->in->options.output;

	*x = (struct adoption){ .arena = g->in->arena, .err = &g->in->err,
		.site = arena_string(g->in->arena, site_path(g->x.run.site)),
		.about = adopting_about(g), .list = &g->list };
	if (output && adoption_name(x, output))
		return -1;
	return adoption_write(x);
}

/* --- 3 --- */

static const char *differences(struct arena *a, const struct change *c)
{
	const struct attribute *row = c->resource->kind->attributes;
	struct text t = text_new(a);
	uint64_t bit;

	for (bit = 1; row->name; row++, bit <<= 1)
		if ((c->differ | c->later) & bit)
			text_addf(&t, "%s'%s'", t.size ? ", " : " ", row->name);
	return text_string(&t);
}

/* what would change at once is left out, or refused; how many there were */
static size_t find_changes(struct adopting *g)
{
	struct adopted_list *l = &g->list;
	const struct plan *p = &g->x.run.plan;
	struct resource *r;
	struct change *c;
	const char *words;
	size_t i, kept = 0, count = l->count;

	for (i = 0; i < count; i++) {
		r = graph_find(&g->x.run.graph, l->item[i].kind,
		    l->item[i].name);
		c = r ? plan_change(p, r) : NULL;
		if (!c && r && r->sight != UNKNOWN) {
			l->item[kept++] = l->item[i];
			continue;
		}
		words = arena_printf(g->in->arena,
		    "%s is not adopted: a plan would change it again%s",
		    l->item[i].address, c ? differences(g->in->arena, c) : "");
		if (g->in->options.all)
			survey_leave_out(&g->survey,
			    "what does not stay as it is", words);
		else
			refuse(g, words);
	}
	l->count = kept;
	return count - kept;
}

static int plan(struct adopting *g)
{
	struct strings *targets = arena_new(g->in->arena, struct strings);
	size_t i, capacity = 0;

	for (i = 0; i < g->list.count; i++)
		arena_push(g->in->arena, targets->item, targets->count,
		    capacity, g->list.item[i].address);
	run_close(&g->x.run);
	running_renew(&g->x, g->in, g->adoption.site);
	g->x.run.targets = targets;
	return running_plan(&g->x, g->in, JOURNAL_READ);
}

/* EXIT_DONE, or what to end with; then nothing is left of it */
static int adopt(struct adopting *g)
{
	int round, rc;

	for (round = 0; g->list.count && round < ROUNDS; round++) {
		if (write_files(g))
			return EXIT_UNABLE;
		rc = plan(g);
		if (!rc && g->in->err.count == 0 && !find_changes(g))
			return EXIT_DONE;
		adoption_take_back(&g->adoption);
		if (rc || g->in->err.count)
			return rc ? rc : EXIT_UNABLE;
	}
	if (g->list.count)
		refuse(g, "what is there does not hold still, so nothing is adopted");
	return g->list.count ? EXIT_UNABLE : EXIT_DONE;
}

static int run(struct invocation *in)
{
	struct adopting g = { .in = in };
	int rc;

	if (read_words(&g))
		return EXIT_UNABLE;
	running_open(&g.x, in, g.site);
	rc = running_load(&g.x, in);
	if (!rc)
		rc = look(&g) ? EXIT_UNABLE : adopt(&g);
	running_close(&g.x);
	if (!rc)
		adopting_show(&g);
	else if (g.adoption.file)
		err_note(&in->err, (struct pos){ 0 }, "nothing was written");
	return rc;
}

const struct command cmd_adopt = {
	.name = "adopt",
	.arguments = "[KIND:NAME...] [SITE]",
	.about = "declare what is there, in new files of the site",
	.details = "Looks at each resource as it is and writes it into a new file of the site: adopted.yaml, or adopted-2.yaml and so on where that is there. Long or binary content goes into a file below files/. Files that are there already are never written to.\n\nThe site is read again then, and unless a plan would change nothing of what was adopted, the new files are taken back. Nothing is changed on the host.\n\nWith --all it takes what somebody decided on this machine: packages that were installed by request, configuration in /etc that is not as its package ships it or that belongs to no package, users and groups of people, and units that are on where their package leaves them off, or the other way round; and says what it left out and why, by name with -v.\n\nVersions of packages and passwords are not adopted, nor are secrets: a file that holds a private key is refused, and --all leaves out what not everybody may read.",
	.options = OPTION_ALL | OPTION_OUTPUT | OPTION_ROOT | OPTION_STATE |
	    OPTION_JSON,
	.most = 10000,
	.run = run,
};
