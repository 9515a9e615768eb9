/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probe.c - something that must answer: a port, TLS, HTTP, DNS, a program, a
 * unit.
 *
 * It changes nothing. Looking asks once; applying asks until the answer is
 * good, so that what requires the probe begins only then.
 */
#include <string.h>

#include "../specs/print.h"
#include "host/connection.h"
#include "host/network.h"
#include "resource.h"

/* one question takes no longer, so that there is time to ask again */
enum { ONCE = 5000 };

struct probe {
	const char *tcp;
	const char *tls;
	const char *http;
	const char *dns;
	const struct strings *command;
	const char *unit;
	const char *name;
	const char *authority;
	int insecure;
	int64_t status;
	const char *contains;
	const char *type;
	const char *server;
	const struct strings *expect;
	int64_t every;
	int64_t within;
};

#define HOW .flags = ATTRIBUTE_INPUT
static const struct attribute attributes[] = {
	ATTRIBUTE(probe, tcp, STRING, NULL,
	    "takes connections there", .choices = "10.0.0.1:5060", HOW),
	ATTRIBUTE(probe, tls, STRING, NULL,
	    "speaks TLS there, with a certificate that is good for it",
	    .choices = "\"[2001:db8::1]:5061\"", HOW),
	ATTRIBUTE(probe, http, STRING, NULL,
	    "answers a GET of that URL; redirects are not followed",
	    .choices = "https://www.contoso.test/health", HOW),
	ATTRIBUTE(probe, dns, STRING, NULL,
	    "that name is answered", .choices = "sip.contoso.test", HOW),
	ATTRIBUTE(probe, command, LIST, NULL,
	    "that program, which must not change anything, ends with 0",
	    .choices = "[pg_isready, -q]",
	    .flags = ATTRIBUTE_INPUT | ATTRIBUTE_RUNS),
	ATTRIBUTE(probe, unit, STRING, NULL,
	    "that unit of systemd is active", .choices = "kamailio", HOW),
	ATTRIBUTE(probe, name, STRING, NULL,
	    "tls: the name to ask for and to find in the certificate; not given: the one before the port",
	    .choices = "pool1.contoso.test", HOW),
	ATTRIBUTE(probe, authority, PATH, NULL,
	    "tls, http: a file of certificates to trust instead of the host's",
	    HOW),
	ATTRIBUTE(probe, insecure, BOOL, "false",
	    "tls, http: accept any certificate", HOW),
	ATTRIBUTE(probe, status, INT, NULL,
	    "http: the status that is good; not given: 200 to 399", HOW),
	ATTRIBUTE(probe, contains, STRING, NULL,
	    "http: a text that must be in the first 1 MiB of the answer", HOW),
	ATTRIBUTE(probe, type, STRING, NULL,
	    "dns: the type to ask for; not given: A", .choices = "SRV", HOW),
	ATTRIBUTE(probe, server, STRING, NULL,
	    "dns: whom to ask, with a port if it is not 53; not given: the servers of the system",
	    .choices = "10.0.0.2", HOW),
	ATTRIBUTE(probe, expect, SET, NULL,
	    "dns: values that must be among the answer", .choices = "[10.0.0.1]",
	    HOW),
	ATTRIBUTE(probe, every, DURATION, "500ms",
	    "how long to wait before asking again", HOW),
	ATTRIBUTE(probe, within, DURATION, "30s",
	    "how long to go on asking before it is a failure", HOW),
	{ 0 },
};

/* what is asked, in words; the member that says it, or NULL */
static const char *target(const struct probe *p, const char **protocol)
{
	*protocol = p->tcp ? "tcp" : p->tls ? "tls" : p->http ? "http" :
	    p->dns ? "dns" : p->unit ? "unit" : "command";
	return p->tcp ? p->tcp : p->tls ? p->tls : p->http ? p->http :
	    p->dns ? p->dns : p->unit ? p->unit :
	    p->command && p->command->count ? p->command->item[0] : NULL;
}

static int ask_network(struct job *job, const struct host *host,
    const struct probe *p, int64_t timeout, struct finding *out)
{
	struct probing asked = {
		.protocol = p->tcp ? PROBE_TCP : p->tls ? PROBE_TLS :
		    p->http ? PROBE_HTTP : PROBE_DNS,
		.target = p->tcp ? p->tcp : p->tls ? p->tls :
		    p->http ? p->http : p->server,
		.name = p->dns ? p->dns : p->name,
		.authority = p->authority,
		.insecure = p->insecure == 1,
		.status = p->status > 0 ? (int)p->status : 0,
		.contains = p->contains,
		.type = p->type,
		.timeout = timeout,
	};

	if (p->expect)
		asked.expect = *p->expect;
	return host_probe(job, host, &asked, out);
}

/* the last line that says anything */
static const char *last_line(struct arena *arena, struct bytes text)
{
	size_t end = text.size, start;

	while (end && strchr(" \t\r\n", text.data[end - 1]))
		end--;
	for (start = end; start && text.data[start - 1] != '\n'; start--)
		;
	return arena_copy(arena, text.data + start, end - start);
}

static int ask_command(struct job *job, const struct host *host,
    const struct probe *p, int64_t timeout, struct finding *out)
{
	const char **argv = arena_array(job->arena, p->command->count + 1,
	    sizeof(*argv));
	struct process process = { .argv = argv, .timeout = timeout };
	struct outcome outcome;
	const char *line;
	int found = host_has_program(job, host, p->command->item[0]);

	if (found <= 0) {
		out->detail = "there is no such program here yet";
		return found;
	}
	memcpy(argv, p->command->item, p->command->count * sizeof(*argv));
	if (host_ask(job, host, &process, &outcome) < 0)
		return -1;
	line = last_line(job->arena, outcome.complaint.size ?
	    outcome.complaint : outcome.out);
	out->healthy = outcome.status == 0;
	out->detail = arena_printf(job->arena, "it ended with %d%s%s",
	    outcome.status, *line ? ": " : "", line);
	return 0;
}

static const char *unit_name(struct arena *arena, const char *name)
{
	return strchr(name, '.') ? name :
	    arena_printf(arena, "%s.service", name);
}

static int ask_unit(struct job *job, const struct host *host,
    const struct probe *p, struct finding *out)
{
	const char *name = unit_name(job->arena, p->unit);
	struct unit unit;

	if (!host_has_systemd(host)) {
		out->detail = "systemd does not run here";
		return 0;
	}
	if (host_unit(job, host, name, &unit) < 0)
		return -1;
	out->healthy = strcmp(unit.active, "active") == 0;
	out->detail = arena_printf(job->arena, "%s is %s", name,
	    strcmp(unit.load, "loaded") == 0 ? unit.active : unit.load);
	return 0;
}

static int ask(struct job *job, const struct host *host, const struct probe *p,
    int64_t timeout, struct finding *out)
{
	*out = (struct finding){ 0 };
	if (p->command)
		return ask_command(job, host, p, timeout, out);
	if (timeout > ONCE)
		timeout = ONCE;
	if (p->unit)
		return ask_unit(job, host, p, out);
	return ask_network(job, host, p, timeout, out);
}

/* what it takes to ask is given back, however often that is */
static int ask_again(struct job *job, const struct host *host,
    const struct probe *p, int64_t timeout, struct finding *out)
{
	scoped_arena *scratch = arena_open();
	struct job once = *job;

	once.arena = scratch;
	if (ask(&once, host, p, timeout, out) < 0)
		return -1;
	out->detail = arena_string(job->arena, out->detail);
	return 0;
}

static int observe(struct job *job, const struct host *host,
    const void *desired, void *observed)
{
	const struct probe *want = desired;
	struct finding finding;

	*(struct probe *)observed = *want;
	if (ask(job, host, want, want->within, &finding) < 0)
		return -1;
	if (!finding.healthy)
		job_note(job, "now: %s", finding.detail);
	return finding.healthy;
}

static int apply(struct job *job, struct host *host, const void *desired,
    const void *observed)
{
	const struct probe *want = desired;
	int64_t within = job->timeout ? job->timeout : want->within;
	int64_t end = clock_now() + within, left;
	const char *protocol, *what = target(want, &protocol);
	struct finding finding = { .detail = "it was not asked" };

	(void)observed;
	while ((left = end - clock_now()) > 0) {
		if (ask_again(job, host, want, left, &finding) < 0)
			return -1;
		if (finding.healthy)
			return 0;
		job_progress(job, "waiting for %s %s: %s", protocol, what,
		    finding.detail);
		left = end - clock_now();
		if (!clock_sleep(job, left < want->every ? left : want->every))
			return job_fail(job, "stopped while waiting for %s %s: %s",
			    protocol, what, finding.detail);
	}
	return job_fail(job, "%s %s is not healthy after %s: %s", protocol,
	    what, print_duration(job->arena, within), finding.detail);
}

static int remove_probe(struct job *job, struct host *host,
    const void *observed)
{
	(void)job;
	(void)host;
	(void)observed;
	return 0;
}

/* an attribute that would have no effect is a mistake */
static int check_extras(struct job *job, const struct probe *p)
{
	const struct {
		bool given, fits;
		const char *name, *with;
	} extras[] = {
		{ p->name, p->tls, "name", "tls" },
		{ p->authority, p->tls || p->http, "authority", "tls or http" },
		{ p->insecure == 1, p->tls || p->http, "insecure",
		    "tls or http" },
		{ p->status != UNSET, p->http, "status", "http" },
		{ p->contains, p->http, "contains", "http" },
		{ p->type, p->dns, "type", "dns" },
		{ p->server, p->dns, "server", "dns" },
		{ p->expect, p->dns, "expect", "dns" },
	};
	int failed = 0;
	size_t i;

	for (i = 0; i < sizeof(extras) / sizeof(*extras); i++)
		if (extras[i].given && !extras[i].fits)
			failed |= job_fail(job, "'%s' goes only with %s",
			    extras[i].name, extras[i].with);
	return failed;
}

static int check(struct job *job, const void *desired)
{
	const struct probe *p = desired;
	int ways = !!p->tcp + !!p->tls + !!p->http + !!p->dns + !!p->command +
	    !!p->unit;
	const char *address = p->tcp ? p->tcp : p->tls;
	struct endpoint endpoint;

	if (ways != 1)
		return job_fail(job, "a probe asks exactly one of tcp, tls, http, dns, command and unit; here are %d",
		    ways);
	if (p->command && !p->command->count)
		return job_fail(job, "'command' must name a program");
	if (address && endpoint_read(job->arena, address, NULL, &endpoint) < 0)
		return job_fail(job, "'%s' is not a place to connect to: expected host:port or [address]:port",
		    address);
	if (p->http && strncmp(p->http, "http://", 7) != 0 &&
	    strncmp(p->http, "https://", 8) != 0)
		return job_fail(job, "'%s' is not a URL of http or https",
		    p->http);
	if (p->server && endpoint_read(job->arena, p->server, "53",
	    &endpoint) < 0)
		return job_fail(job, "'%s' is not a server: expected address, address:port or [address]:port",
		    p->server);
	return check_extras(job, p);
}

static int requires(struct job *job, const void *desired)
{
	const struct probe *p = desired;
	const char *reason = "it asks that unit";

	if (p->authority)
		job_requires(job, "file", p->authority, "it trusts that file");
	if (p->unit) {
		job_requires(job, "service", p->unit, reason);
		job_requires(job, "service",
		    unit_name(job->arena, p->unit), reason);
	}
	return 0;
}

const struct kind kind_probe = {
	.name = "probe",
	.section = "probes",
	.about = "something that must answer: a port, TLS, HTTP, DNS, a program, a unit",
	.attributes = attributes,
	.size = sizeof(struct probe),
	.flags = KIND_SLOW | KIND_UNSURE | KIND_STATELESS,
	.verb = "wait for",
	.done = "answers",
	.observe = observe,
	.apply = apply,
	.remove = remove_probe,
	.check = check,
	.requires = requires,
};
