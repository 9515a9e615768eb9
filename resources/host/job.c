/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * job.c - one piece of work for one resource.
 */
#include "job.h"

#include <errno.h>
#include <string.h>

int job_fail(struct job *job, const char *fmt, ...)
{
	va_list ap;
	const char *text;

	va_start(ap, fmt);
	text = arena_vprintf(job->arena, fmt, ap);
	va_end(ap);
	return err_at(job->err, job->pos, "%s: %s", job->address, text);
}

int job_fail_errno(struct job *job, const char *fmt, ...)
{
	int number = errno;
	va_list ap;
	const char *text;

	va_start(ap, fmt);
	text = arena_vprintf(job->arena, fmt, ap);
	va_end(ap);
	return err_at(job->err, job->pos, "%s: %s: %s", job->address, text,
	    strerror(number));
}
