/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hooks.c - what kinds may tell the engine, and ask it.
 */
#include "hooks.h"

void job_requires(struct job *job, const char *kind, const char *name,
    const char *reason)
{
	if (job->hooks && job->hooks->requires)
		job->hooks->requires(job->hooks->context, kind, name, reason);
}

void job_requires_path(struct job *job, const char *path, const char *reason)
{
	if (job->hooks && job->hooks->requires_path)
		job->hooks->requires_path(job->hooks->context, path, reason);
}

void job_owns(struct job *job, const char *what, const char *name)
{
	if (job->hooks && job->hooks->owns)
		job->hooks->owns(job->hooks->context, what, name);
}

void job_note(struct job *job, const char *fmt, ...)
{
	va_list ap;

	if (!job->hooks || !job->hooks->note)
		return;
	va_start(ap, fmt);
	job->hooks->note(job->hooks->context,
	    arena_vprintf(job->arena, fmt, ap));
	va_end(ap);
}

void job_loses(struct job *job, size_t lost, size_t there)
{
	if (job->hooks && job->hooks->loses)
		job->hooks->loses(job->hooks->context, lost, there);
}

void job_progress(struct job *job, const char *fmt, ...)
{
	va_list ap;

	if (!job->hooks || !job->hooks->progress)
		return;
	va_start(ap, fmt);
	job->hooks->progress(job->hooks->context,
	    arena_vprintf(job->arena, fmt, ap));
	va_end(ap);
}

void job_needs_reboot(struct job *job, const char *why)
{
	if (job->hooks && job->hooks->needs_reboot)
		job->hooks->needs_reboot(job->hooks->context, why);
}

bool job_declared(struct job *job, const char *path)
{
	return !job->hooks || !job->hooks->declared ||
	    job->hooks->declared(job->hooks->context, path);
}
