/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * network.c - does something answer: TCP, TLS, HTTP and DNS, asked once.
 */
#include "network.h"

#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "../../specs/print.h"
#include "connection.h"
#include "dns.h"
#include "http.h"
#include "x509.h"

static int found(struct finding *out, bool healthy, const char *detail)
{
	out->healthy = healthy;
	out->detail = detail;
	return 0;
}

/* NULL is the deadline, or that the job shall stop */
static int not_found(struct job *job, const struct probing *p,
    const char *complaint, struct finding *out)
{
	if (!complaint && job->stop && *job->stop)
		complaint = "asked to stop while waiting";
	if (!complaint)
		complaint = arena_printf(job->arena, "no answer within %s",
		    print_duration(job->arena, p->timeout));
	return found(out, false, complaint);
}

static int probe_socket(struct job *job, const struct probing *p,
    struct finding *out)
{
	int fd __attribute__((cleanup(connection_closep))) = -1;
	struct handshake how = { .name = p->name, .authority = p->authority,
		.insecure = p->insecure,
		.deadline = clock_now() + p->timeout };
	struct served served = { 0 };
	struct endpoint to;
	const char *complaint;
	int64_t days;

	if (endpoint_read(job->arena, p->target, NULL, &to) < 0)
		return job_fail(job, "'%s' is not a place to connect to: expected host:port or [address]:port",
		    p->target);
	fd = endpoint_connect(job, &to, SOCK_STREAM, how.deadline, &complaint);
	if (fd < 0)
		return not_found(job, p, complaint, out);
	if (p->protocol == PROBE_TCP)
		return found(out, true, "it takes connections");
	if (!how.name)
		how.name = to.host;
	if (!x509_handshake(job, fd, &how, &served, &complaint))
		return not_found(job, p, complaint, out);
	days = (served.not_after - (int64_t)time(NULL)) / 86400;
	return found(out, true, arena_printf(job->arena,
	    "%s, its certificate is good for %d days", served.version,
	    (int)days));
}

static int probe_http(struct job *job, const struct probing *p,
    struct finding *out)
{
	const struct http_request request = { .url = p->target,
		.authority = p->authority, .insecure = p->insecure,
		.timeout = p->timeout };
	struct http_reply reply;
	const char *status;
	size_t length = p->contains ? strlen(p->contains) : 0;

	if (http_ask(job, &request, &reply) < 0)
		return -1;
	if (reply.complaint)
		return found(out, false, reply.complaint);
	status = arena_printf(job->arena, "HTTP %d", reply.status);
	if (p->status && reply.status != p->status)
		return found(out, false, arena_printf(job->arena,
		    "%s instead of %d", status, p->status));
	if (!p->status && (reply.status < 200 || reply.status > 399))
		return found(out, false, arena_printf(job->arena,
		    "%s instead of 2xx or 3xx", status));
	if (length && !memmem(reply.body.data, reply.body.size, p->contains,
	    length))
		return found(out, false, arena_printf(job->arena,
		    "%s, but '%s' is not in its %zu bytes%s", status,
		    p->contains, reply.body.size,
		    reply.truncated ? " (there are more)" : ""));
	return found(out, true, status);
}

static const char *listed(struct arena *arena, const struct strings *values)
{
	struct text t = text_new(arena);
	size_t i;

	for (i = 0; i < values->count; i++) {
		text_add(&t, i ? ", " : "");
		print_escaped(&t, values->item[i], strlen(values->item[i]));
	}
	return text_string(&t);
}

static bool answered(const char *type, const struct strings *values,
    const char *wanted)
{
	size_t i;

	for (i = 0; i < values->count; i++)
		if (dns_value_matches(type, wanted, values->item[i]))
			return true;
	return false;
}

static int probe_dns(struct job *job, const struct probing *p,
    struct finding *out)
{
	const struct dns_question question = { .name = p->name,
		.type = p->type ? p->type : "A", .server = p->target,
		.timeout = p->timeout };
	struct dns_answer answer;
	const char *values;
	size_t i;

	if (dns_ask(job, &question, &answer) < 0)
		return -1;
	if (answer.complaint)
		return not_found(job, p, answer.complaint, out);
	if (strcmp(answer.status, "NOERROR") != 0)
		return found(out, false, arena_printf(job->arena,
		    "the server says %s", answer.status));
	if (!answer.values.count)
		return found(out, false, arena_printf(job->arena,
		    "the name has no %s", question.type));
	values = arena_printf(job->arena, "%s is %s", question.type,
	    listed(job->arena, &answer.values));
	for (i = 0; i < p->expect.count; i++)
		if (!answered(question.type, &answer.values,
		    p->expect.item[i]))
			return found(out, false, arena_printf(job->arena,
			    "%s, expected %s", values,
			    listed(job->arena, &p->expect)));
	return found(out, true, values);
}

int network_probe(struct job *job, const struct probing *p,
    struct finding *out)
{
	*out = (struct finding){ 0 };
	switch (p->protocol) {
	case PROBE_TCP:
	case PROBE_TLS:
		return probe_socket(job, p, out);
	case PROBE_HTTP:
		return probe_http(job, p, out);
	case PROBE_DNS:
		return probe_dns(job, p, out);
	}
	return job_fail(job, "there is no such probe");
}
