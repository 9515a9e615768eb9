/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * site.h - a directory that a user declares everything in, as files.
 */
#pragma once

#include "err.h"

struct arena;
struct bytes;
struct site;
struct strings;

/*
 * Open the site at or above `path`: the nearest directory that holds a
 * plumb.yaml. What is read from it lives in the arena.
 */
struct site *site_open(struct arena *, const char *path, struct err *);
void site_close(struct site *);
/* as the user named it */
const char *site_path(const struct site *);
/*
 * Every *.yaml below it in the order of paths, without files/, templates/ and
 * names that start with a dot. -1: none could be read, all was said.
 */
int site_sources(struct site *, const struct source ***out, size_t *count,
    struct err *);
/*
 * The names in one of its folders, sorted, without those that start with a dot.
 * -1: it cannot be read, and errno says why; nothing was said.
 */
int site_names(struct site *, const char *folder, struct strings *out);
/*
 * A file by its path within the site, read once and kept. `folder` is "files",
 * "templates", "secrets" or "" and stays its root: no .., no link that leaves it.
 */
const struct source *site_file(struct site *, const char *folder,
    const char *name, struct err *, struct pos);
