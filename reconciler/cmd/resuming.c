/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * resuming.c - runs that a reboot cuts in two, as apply sees them.
 *
 * A saved plan is not gone on with by itself: what is left of it rests on other
 * ground than what was reviewed.
 */
#include "resuming.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "../../resources/host/reboot.h"
#include "../../specs/site.h"
#include "../resume.h"

static const char unit_name[] = "plumb-resume.service";
/* what the unit looks at */
static const char unit_state[] = "/var/lib/plumb";

static int refuse_others(struct invocation *in)
{
	static const unsigned decided = OPTION_TARGET | OPTION_EXCLUDE |
	    OPTION_PRUNE | OPTION_ROOT;
	const struct option_row *row;

	for (row = option_rows; row->bit; row++)
		if (row->bit & decided & in->options.given)
			return err_at(&in->err, (struct pos){ 0 },
			    "'%s' does not go with '--resume', which goes on with what was begun",
			    row->value.name);
	if (in->arguments.count)
		return err_at(&in->err, (struct pos){ 0 },
		    "'--resume' knows its site: leave out '%s'",
		    in->arguments.item[0]);
	return 0;
}

int resuming_read(struct invocation *in)
{
	struct options *o = &in->options;
	struct resume resume;
	int there;

	if (!o->resume)
		return 0;
	if (refuse_others(in))
		return -1;
	there = resume_read(in->arena, o->state, &resume, &in->err);
	if (there < 0)
		return -1;
	if (!there) {
		say(in, "There is nothing to go on with.\n");
		return 1;
	}
	in->arguments.item = arena_array(in->arena, 1, sizeof(char *));
	in->arguments.item[0] = resume.site;
	in->arguments.count = 1;
	o->targets = resume.options.targets;
	o->excludes = resume.options.excludes;
	o->root = resume.options.root;
	o->prune = resume.options.prune;
	o->allows = resume.options.allows;
	o->yes = 1;
	return 0;
}

int resuming_begin(struct running *x, struct invocation *in)
{
	const struct options *o = &in->options;
	struct resume resume = { .options = { o->targets, o->excludes,
		o->root, o->prune, o->allows } };
	char site[PATH_MAX];

	if (!x->run.plan.count || x->run.applier.saved || strcmp(o->root, "/"))
		return EXIT_DONE;
	resume.site = realpath(site_path(x->run.site), site);
	if (!resume.site)
		return EXIT_DONE; /* nobody will find it again */
	return resume_arm(in->arena, o->state, &resume, &in->err) ?
	    EXIT_UNABLE : EXIT_DONE;
}

/* the unit that would go on at boot: installed and enabled, and looks here */
static bool goes_on_by_itself(struct running *x, struct invocation *in)
{
	struct err nowhere = err_new(in->arena);
	struct job job = { .arena = in->arena, .err = &nowhere };
	struct unit unit;

	return !strcmp(in->options.state, unit_state) &&
	    host_has_systemd(&x->run.host) &&
	    !host_unit(&job, &x->run.host, unit_name, &unit) &&
	    !strcmp(unit.file_state, "enabled");
}

static void say_how(struct running *x, struct invocation *in)
{
	if (x->run.applier.saved)
		mention(in, "plumb: something waits for a reboot; plan again after it\n");
	else if (goes_on_by_itself(x, in))
		mention(in, arena_printf(in->arena,
		    "plumb: something waits for a reboot; %s goes on after it\n",
		    unit_name));
	else
		mention(in, arena_printf(in->arena,
		    "plumb: something waits for a reboot; then 'plumb apply --resume' goes on, which %s does at boot where it is enabled\n",
		    unit_name));
}

int resuming_end(struct running *x, struct invocation *in, int code)
{
	struct job job = { .arena = in->arena, .err = &in->err };
	bool stays = code == EXIT_REBOOT || (code == EXIT_INTERRUPTED &&
	    !strcmp(in->options.root, "/") &&
	    host_is_going_down(&job, &x->run.host));

	if (code == EXIT_REBOOT)
		say_how(x, in);
	if (!stays && resume_disarm(in->options.state, &in->err))
		return code ? code : EXIT_UNABLE;
	return code;
}
