/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * requirement.c - something that must hold before anything is done here.
 *
 * It changes nothing. Where it does not hold it fails with its message, and so
 * everything that requires it is left as it is.
 */
#include "resource.h"

struct requirement {
	int that;
	const char *message;
};

static const struct attribute attributes[] = {
	ATTRIBUTE(requirement, that, CONDITION, NULL,
	    "an expression that must be true",
	    .choices = "host.os.id == \"debian\" and host.os.version >= 12",
	    .flags = ATTRIBUTE_REQUIRED | ATTRIBUTE_INPUT),
	ATTRIBUTE(requirement, message, STRING, NULL,
	    "what to say when it is not, for whoever has to mend it",
	    .choices = "front ends need Debian 12 or newer",
	    .flags = ATTRIBUTE_REQUIRED | ATTRIBUTE_INPUT),
	{ 0 },
};

static int observe(struct job *job, const struct host *host,
    const void *desired, void *observed)
{
	const struct requirement *want = desired;

	(void)job;
	(void)host;
	*(struct requirement *)observed = *want;
	return want->that == 1;
}

static int apply(struct job *job, struct host *host, const void *desired,
    const void *observed)
{
	const struct requirement *want = desired;

	(void)host;
	(void)observed;
	return want->that == 1 ? 0 : job_fail(job, "%s", want->message);
}

static int remove_requirement(struct job *job, struct host *host,
    const void *observed)
{
	(void)job;
	(void)host;
	(void)observed;
	return 0;
}

const struct kind kind_requirement = {
	.name = "requirement",
	.section = "requirements",
	.about = "something that must hold before anything is done here",
	.attributes = attributes,
	.size = sizeof(struct requirement),
	.flags = KIND_STATELESS | KIND_JUDGES,
	.verb = "require",
	.done = "holds",
	.observe = observe,
	.apply = apply,
	.remove = remove_requirement,
};
