/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dns.c - questions to DNS servers: libknot's door.
 *
 * What comes in is believed only from the address that was asked (the socket
 * is connected), with the identifier and the question that were sent.
 */
#include "dns.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <libknot/libknot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "../../specs/print.h"
#include "connection.h"
#include "library.h"

#define FUNCTIONS(f)                                                           \
	f(knot_dname_from_str) f(knot_pkt_ext_rcode_name)                      \
	f(knot_pkt_free) f(knot_pkt_new) f(knot_pkt_parse)                     \
	f(knot_pkt_put_question) f(knot_rrset_txt_dump_data)                   \
	f(knot_rrtype_from_string) f(knot_rrtype_is_metatype)                  \
	f(KNOT_DUMP_STYLE_DEFAULT)
LIBRARY(knot, "libknot", FUNCTIONS)

enum {
	/* RFC 1035, section 4.2.1: there is no EDNS in the question */
	DATAGRAM = 512,
	MESSAGE = 65535,
	/* an answer that has not come by then may have been lost */
	AGAIN = 1000,
	/* as the system's resolver */
	SERVERS = 3,
};

/* the question on the wire, and where its answer goes */
struct query {
	struct job *job;
	uint8_t wire[DATAGRAM];
	size_t size;
	uint16_t type;
	struct dns_answer *answer;
};

static void packet_close(knot_pkt_t **packet)
{
	if (*packet)
		knot()->knot_pkt_free(*packet);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_values(struct arena *arena, const knot_rrset_t *set,
    struct strings *out)
{
	char text[4 * MESSAGE / 3 + 1024];
	struct strings more = { .count = out->count + set->rrs.count };
	uint16_t i;

	more.item = arena_array(arena, more.count + 1, sizeof(*more.item));
	if (out->count)
		memcpy(more.item, out->item, out->count * sizeof(*more.item));
	for (i = 0; i < set->rrs.count; i++)
		if (knot()->knot_rrset_txt_dump_data(set, i, text, sizeof(text),
		    knot()->KNOT_DUMP_STYLE_DEFAULT) >= 0)
			more.item[out->count++] = arena_string(arena, text);
	out->item = more.item;
}

/* the names in it may come back in another case */
static bool same_question(const struct query *q, const uint8_t *data,
    size_t size)
{
	size_t i;

	/* an error may come without the question */
	if (!knot_wire_get_qdcount(data))
		return knot_wire_get_rcode(data) != KNOT_RCODE_NOERROR;
	for (i = KNOT_WIRE_HEADER_SIZE; i < q->size; i++)
		if (i >= size || tolower(data[i]) != tolower(q->wire[i]))
			return false;
	return true;
}

/* 1: the answer; 0: not for this question, wait on; -1: cut short */
static int read_answer(struct query *q, uint8_t *data, size_t size)
{
	__attribute__((cleanup(packet_close))) knot_pkt_t *packet =
	    knot()->knot_pkt_new(data, (uint16_t)size, NULL);
	const knot_pktsection_t *section;
	struct strings *values = &q->answer->values;
	uint16_t i;

	if (!packet || size < KNOT_WIRE_HEADER_SIZE ||
	    memcmp(data, q->wire, 2) != 0 || !knot_wire_get_qr(data))
		return 0;
	if (!same_question(q, data, size))
		return 0;
	if (knot_wire_get_tc(data))
		return -1;
	if (knot()->knot_pkt_parse(packet, 0) != KNOT_EOK) {
		q->answer->complaint = "an answer that is not well-formed";
		return 1;
	}
	q->answer->complaint = NULL;
	q->answer->status = arena_string(q->job->arena,
	    knot()->knot_pkt_ext_rcode_name(packet));
	section = knot_pkt_section(packet, KNOT_ANSWER);
	for (i = 0; i < section->count; i++)
		if (knot_pkt_rr(section, i)->type == q->type)
			add_values(q->job->arena, knot_pkt_rr(section, i),
			    values);
	if (values->count)
		qsort(values->item, values->count, sizeof(*values->item),
		    by_text);
	return 1;
}

static int receive_whole(struct job *job, int fd, void *data, size_t size,
    int64_t deadline)
{
	ssize_t n;
	char *next = data;

	for (; size; next += n, size -= (size_t)n) {
		n = connection_receive(job, fd, next, size, deadline);
		if (n == 0)
			errno = ECONNRESET;
		if (n <= 0)
			return -1;
	}
	return 0;
}

/* RFC 1035, section 4.2.2: two bytes of length before each message */
static void ask_stream(struct query *q, const struct endpoint *server,
    int64_t deadline)
{
	int fd __attribute__((cleanup(connection_closep))) = -1;
	const char **complaint = &q->answer->complaint;
	uint8_t message[DATAGRAM + 2], prefix[2], *data;
	size_t size;

	fd = endpoint_connect(q->job, server, SOCK_STREAM, deadline, complaint);
	if (fd < 0)
		return;
	knot_wire_write_u16(message, (uint16_t)q->size);
	memcpy(message + 2, q->wire, q->size);
	if (connection_send(q->job, fd, (struct bytes){ (char *)message,
	    q->size + 2 }, deadline) < 0 ||
	    receive_whole(q->job, fd, prefix, 2, deadline) < 0) {
		*complaint = connection_complaint(q->job->arena, errno);
		return;
	}
	size = knot_wire_read_u16(prefix);
	data = arena_alloc(q->job->arena, size + 1);
	if (receive_whole(q->job, fd, data, size, deadline) < 0)
		*complaint = connection_complaint(q->job->arena, errno);
	else if (read_answer(q, data, size) != 1)
		*complaint = "an answer to another question";
}

/* send and wait; 1: settled, 0: not yet, -1: cut short, to be asked by TCP */
static int ask_datagram(struct query *q, int fd, int64_t deadline)
{
	uint8_t data[DATAGRAM];
	struct bytes question = { (const char *)q->wire, q->size };
	ssize_t n = connection_send(q->job, fd, question, deadline);
	int result = 0;

	while (n >= 0 && !result) {
		n = connection_receive(q->job, fd, data, sizeof(data),
		    deadline);
		if (n >= 0)
			result = read_answer(q, data, (size_t)n);
	}
	if (n >= 0)
		return result;
	q->answer->complaint = connection_complaint(q->job->arena, errno);
	if (q->answer->complaint || (q->job->stop && *q->job->stop))
		return 1;
	return 0;
}

static void ask_server(struct query *q, const struct endpoint *server,
    int64_t deadline)
{
	int fd __attribute__((cleanup(connection_closep))) =
	    endpoint_connect(q->job, server, SOCK_DGRAM, deadline,
	    &q->answer->complaint);
	int64_t now;
	int result = 0;

	while (fd >= 0 && !result && (now = clock_now()) < deadline)
		result = ask_datagram(q, fd,
		    now + AGAIN < deadline ? now + AGAIN : deadline);
	if (result < 0)
		ask_stream(q, server, deadline);
}

/* the servers of resolv.conf(5); that of this machine where it has none */
static size_t system_servers(struct arena *arena,
    struct endpoint servers[SERVERS])
{
	char line[256], address[64];
	size_t count = 0;
	FILE *f = fopen("/etc/resolv.conf", "re");

	while (f && count < SERVERS && fgets(line, sizeof(line), f))
		if (sscanf(line, " nameserver %63s", address) == 1)
			servers[count++] = (struct endpoint){
				arena_string(arena, address), "53" };
	if (f)
		fclose(f);
	if (!count)
		servers[count++] = (struct endpoint){ "127.0.0.1", "53" };
	return count;
}

static int make_question(struct query *q, const struct dns_question *from)
{
	__attribute__((cleanup(packet_close))) knot_pkt_t *packet =
	    knot()->knot_pkt_new(NULL, sizeof(q->wire), NULL);
	knot_dname_storage_t name;
	uint16_t identifier;

	if (!packet || getrandom(&identifier, sizeof(identifier), 0) < 0)
		abort();
	if (knot()->knot_rrtype_from_string(from->type, &q->type) < 0 ||
	    knot()->knot_rrtype_is_metatype(q->type))
		return job_fail(q->job, "there is no type '%s' of DNS records",
		    from->type);
	if (!knot()->knot_dname_from_str(name, from->name, sizeof(name)))
		return job_fail(q->job, "'%s' is not a name that DNS can hold",
		    from->name);
	knot_wire_set_id(packet->wire, identifier);
	knot_wire_set_rd(packet->wire);
	if (knot()->knot_pkt_put_question(packet, name, KNOT_CLASS_IN,
	    q->type) < 0)
		abort();
	q->size = packet->size;
	memcpy(q->wire, packet->wire, q->size);
	return 0;
}

int dns_ask(struct job *job, const struct dns_question *question,
    struct dns_answer *answer)
{
	struct query q = { .job = job, .answer = answer };
	struct endpoint servers[SERVERS];
	int64_t now = clock_now(), deadline = now + question->timeout;
	const char *why = library_load(&knot_library, job->arena);
	size_t count = 1, i;

	if (why)
		return job_fail(job, "%s", why);
	*answer = (struct dns_answer){ 0 };
	if (make_question(&q, question) < 0)
		return -1;
	if (!question->server)
		count = system_servers(job->arena, servers);
	else if (endpoint_read(job->arena, question->server, "53", servers) < 0)
		return job_fail(job, "'%s' is not a server: expected address, address:port or [address]:port",
		    question->server);
	for (i = 0; i < count && !answer->status; i++) {
		now = clock_now();
		ask_server(&q, &servers[i],
		    now + (deadline - now) / (int64_t)(count - i));
	}
	if (!answer->status && !answer->complaint)
		answer->complaint = arena_printf(job->arena,
		    "no answer within %s",
		    print_duration(job->arena, question->timeout));
	return 0;
}

static bool is_quoted(const char *wanted, const char *seen)
{
	size_t length = strlen(wanted);

	return strlen(seen) == length + 2 && seen[0] == '"' &&
	    memcmp(seen + 1, wanted, length) == 0 && seen[length + 1] == '"';
}

bool dns_value_matches(const char *type, const char *wanted, const char *seen)
{
	unsigned char a[16], b[16];
	size_t length = strlen(wanted);

	if (strcasecmp(type, "AAAA") == 0)
		return inet_pton(AF_INET6, wanted, a) == 1 &&
		    inet_pton(AF_INET6, seen, b) == 1 && !memcmp(a, b, 16);
	if (strcasecmp(type, "TXT") == 0 || strcasecmp(type, "CAA") == 0)
		return strcmp(wanted, seen) == 0 || is_quoted(wanted, seen);
	return strcasecmp(wanted, seen) == 0 ||
	    (strlen(seen) == length + 1 && seen[length] == '.' &&
	    strncasecmp(wanted, seen, length) == 0);
}
