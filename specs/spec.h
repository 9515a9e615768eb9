/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spec.h - what a site declares: a flat list of desired resources.
 *
 * It knows no kind: a section is a word that its caller gave.
 */
#pragma once

#include "value.h"

struct reader;
struct scope;

/* how a resource came to be, from the inside out */
struct trail {
	const struct trail *outer;
	struct pos pos;
	/* "for_each element 'contoso.test'", "role 'web'" */
	const char *text;
};

/* who says that it shall be so */
enum origin {
	ORIGIN_SPEC,
	/* the journal: it was so before the run that is undone */
	ORIGIN_UNDO,
	/* the journal: the site created it, and no longer declares it */
	ORIGIN_ORPHAN,
};

/* one resource as declared, its expressions replaced */
struct declaration {
	/* plural, as written; interned */
	const char *section;
	const char *name;
	/* the place of its name */
	struct pos pos;
	/* always a map; something in it may be later */
	const struct value *body;
	/* the same before its expressions were replaced */
	const struct value *written;
	/* for templates */
	const struct scope *scope;
	const struct trail *trail;
	enum origin origin;
};

struct spec {
	/* the site's name */
	const char *name;
	struct names *names;
	struct declaration *declarations;
	size_t count;
	/* the files that it was read from, in the order of their paths */
	const struct source **sources;
	size_t source_count;
	/* prune: and the like: what plumb.yaml says of the site as a whole */
	bool prune;
};

/* what loading needs from its caller */
struct spec_options {
	/* the plurals that are resources; ends with NULL */
	const char *const *sections;
	/* facts of the host, as a map: `host` in expressions */
	const struct value *host;
};

/*
 * Read the site's files, merge them, expand for_each, drop what its when
 * leaves out. All mistakes are said, then -1.
 */
int spec_load(const struct reader *, const struct spec_options *,
    struct spec *out);
