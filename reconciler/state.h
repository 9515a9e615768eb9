/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * state.h - the directory that plumb keeps its own things in.
 */
#pragma once

#include "../specs/err.h"

struct arena;

/*
 * Make it, and what is missing above it, 0700; refuse one that belongs to
 * somebody else or that others can write: who can write there can make the
 * journal say anything.
 */
int state_make(const char *state, struct err *);
/*
 * A small file in it, which is written whole and durably or not at all.
 * Reading: 1, ended by NUL; 0: there is none; -1. Removing what is not there is
 * nothing.
 */
int state_write(const char *state, const char *name, const char *text,
    struct err *);
int state_read(struct arena *, const char *state, const char *name,
    const char **text, struct err *);
int state_remove(const char *state, const char *name, struct err *);
/* the same check of one that is there; 1: there is none, which is fine */
int state_check(const char *state, struct err *);
