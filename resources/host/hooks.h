/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hooks.h - what kinds may tell the engine, and ask it; nothing happens where
 * it does not listen.
 */
#pragma once

#include "job.h"

/*
 * An edge by itself: this one needs KIND:NAME first, if that is declared.
 * `reason` completes "because ...": "it is in that directory".
 */
void job_requires(struct job *, const char *kind, const char *name,
    const char *reason);
/* a path below that directory: the nearest declared file system entry above */
void job_requires_path(struct job *, const char *path, const char *reason);
/* this one is a path, port or name that nobody else may declare */
void job_owns(struct job *, const char *what, const char *name);
/* a line under the resource in the plan: "also installs: libfoo" */
void job_note(struct job *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* the change also removes `lost` of the `there` things that it holds */
void job_loses(struct job *, size_t lost, size_t there);
/* for progress on a terminal: what it waits for now */
void job_progress(struct job *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* the host needs a reboot before what depends on this can go on */
void job_needs_reboot(struct job *, const char *why);
/*
 * Whether some resource declares that path or something below it; true where
 * the engine does not say, so that nothing is removed by mistake.
 */
bool job_declared(struct job *, const char *path);

struct hooks {
	void *context;
	void (*requires)(void *, const char *kind, const char *name,
	    const char *reason);
	void (*requires_path)(void *, const char *path, const char *reason);
	void (*owns)(void *, const char *what, const char *name);
	void (*note)(void *, const char *text);
	void (*loses)(void *, size_t lost, size_t there);
	void (*progress)(void *, const char *text);
	void (*needs_reboot)(void *, const char *why);
	bool (*declared)(void *, const char *path);
};
