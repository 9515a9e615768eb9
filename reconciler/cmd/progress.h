/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * progress.h - one line on a terminal that says what is going on.
 *
 * It shows once something takes longer than a second, is drawn at most ten
 * times a second, and is gone when it is closed. Where standard error is no
 * terminal nothing is drawn. All may be called from any thread.
 */
#pragma once

#include <stddef.h>

struct invocation;
struct progress;

/* `verb` begins the line: "applying"; it must outlive the progress */
struct progress *progress_open(struct invocation *, const char *verb);
/*
 * "applying 12/40 package:nginx: waiting for apt's lock 3 s": `text` is what
 * is being done, or NULL, and is copied; the seconds are since it last changed.
 */
void progress_set(struct progress *, size_t done, size_t total,
    const char *text);
/* a whole line on standard error, above the progress; without a line feed */
void progress_line(struct progress *, const char *line);
/* take it off the screen, before something else is printed there */
void progress_hide(struct progress *);
void progress_close(struct progress *);
