/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http.h - one HTTP request and its answer: libcurl's door.
 *
 * Only http and https; redirects are not followed, proxies of the environment
 * are not used, no signal is raised or caught.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "job.h"

enum { HTTP_BODY = 1 << 20 };

struct http_request {
	const char *url;
	/* NULL: GET, or POST where there is a body */
	const char *method;
	/* "Name: value" each */
	struct strings headers;
	struct bytes body;
	/* a file of PEM certificates to trust instead of the host's; or NULL */
	const char *authority;
	/* accept any certificate */
	bool insecure;
	/* milliseconds, for the whole */
	int64_t timeout;
};

struct http_reply {
	int status;
	/* "Name: value" each, of the last answer */
	struct strings headers;
	/* at most HTTP_BODY bytes, then `truncated`; ended by NUL */
	struct bytes body;
	bool truncated;
	/* why there is no answer: "connection refused"; NULL: there is one */
	const char *complaint;
};

/* 0, also when nothing answers; -1: the request makes no sense */
int http_ask(struct job *, const struct http_request *, struct http_reply *);
/* the value of a header, or NULL */
const char *http_header(const struct http_reply *, const char *name);
