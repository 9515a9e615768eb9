/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dns.c - questions to a DNS server that is a thread of this test, and answers
 * as short as this test needs them.
 */
#include "../../resources/host/dns.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* after those that it needs */
#include <cmocka.h>

#include "../servers.h"

/* by the first label: two A records, no such name, cut short, or silence */
static size_t dns_reply(unsigned char *m, size_t size, bool stream)
{
	static const unsigned char records[] = {
		0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 2,
		0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 1,
	};

	m[2] |= 0x80;
	if (memcmp(m + 13, "none", 4) == 0)
		m[3] = 3;
	else if (memcmp(m + 13, "wide", 4) == 0 && !stream)
		m[2] |= 2;
	else if (memcmp(m + 13, "mute", 4) == 0)
		return 0;
	else if (memcmp(m + 13, "bare", 4) != 0) {
		m[7] = 2;
		memcpy(m + size, records, sizeof(records));
		size += sizeof(records);
	}
	if (memcmp(m + 13, "liar", 4) == 0)
		m[0] ^= 1;
	return size;
}

static void *serve_dns(void *context)
{
	const struct server *s = context;
	struct sockaddr_in from;
	socklen_t length = sizeof(from);
	unsigned char m[1024];
	ssize_t n;
	size_t size;

	while ((n = recvfrom(s->fd, m, 512, 0, (struct sockaddr *)&from,
	    &length)) > 16) {
		if ((size = dns_reply(m, (size_t)n, false)))
			sendto(s->fd, m, size, 0, (struct sockaddr *)&from,
			    length);
	}
	return NULL;
}

static void *serve_dns_stream(void *context)
{
	const struct server *s = context;
	unsigned char m[1024];
	size_t size;
	ssize_t n;
	int fd;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		n = recv(fd, m, 512, 0);
		if (n > 18) {
			size = dns_reply(m + 2, (size_t)n - 2, true);
			m[0] = 0;
			m[1] = (unsigned char)size;
			/* a stream has no messages: in two pieces */
			send(fd, m, 1, MSG_NOSIGNAL);
			send(fd, m + 1, size + 1, MSG_NOSIGNAL);
		}
		close(fd);
	}
	return NULL;
}

static void dns_is_judged_by_its_values(void **state)
{
	scoped_arena *a = arena_open();
	const char *both[] = { "10.0.0.1", "10.0.0.2" }, *other[] = {
		"10.0.0.3" };
	struct probing p = { .protocol = PROBE_DNS, .name = "www.test",
		.type = "A" };
	struct server s, stream;

	(void)state;
	server_start(&s, SOCK_DGRAM, serve_dns);
	assert_string_equal(see(a, p, "127.0.0.1:%d", s.port),
	    "+ A is 10.0.0.1, 10.0.0.2");
	p.expect = (struct strings){ 2, both };
	assert_string_equal(see(a, p, "127.0.0.1:%d", s.port),
	    "+ A is 10.0.0.1, 10.0.0.2");
	p.expect = (struct strings){ 1, other };
	assert_string_equal(see(a, p, "127.0.0.1:%d", s.port),
	    "- A is 10.0.0.1, 10.0.0.2, expected 10.0.0.3");
	p.name = "none.test";
	assert_string_equal(see(a, p, "127.0.0.1:%d", s.port),
	    "- the server says NXDOMAIN");
	p.name = "bare.test.";
	assert_string_equal(see(a, p, "127.0.0.1:%d", s.port),
	    "- the name has no A");
	p.timeout = 300;
	p.name = "mute.test";
	assert_string_equal(see(a, p, "127.0.0.1:%d", s.port),
	    "- no answer within 300 ms");
	p.name = "liar.test";
	assert_string_equal(see(a, p, "127.0.0.1:%d", s.port),
	    "- no answer within 300 ms");
	p.timeout = 5000;
	p.expect.count = 0;
	p.name = "wide.test";
	assert_string_equal(see(a, p, "127.0.0.1:%d", s.port),
	    "- connection refused");
	stream.port = s.port;
	stream.fd = listen_on(SOCK_STREAM, &stream.port);
	pthread_create(&stream.thread, NULL, serve_dns_stream, &stream);
	assert_string_equal(see(a, p, "127.0.0.1:%d", s.port),
	    "+ A is 10.0.0.1, 10.0.0.2");
	server_stop(&stream);
	server_stop(&s);
	assert_string_equal(see(a, p, "127.0.0.1:%d", s.port),
	    "- connection refused");
}

static void a_question_that_makes_no_sense_is_an_error(void **state)
{
	scoped_arena *a = arena_open();
	struct probing p = { .protocol = PROBE_DNS, .name = "a..b" };

	(void)state;
	assert_non_null(strstr(see(a, p, "127.0.0.1:%d", 1),
	    "'a..b' is not a name that DNS can hold"));
	p.name = "a.test";
	p.type = "BANANA";
	assert_non_null(strstr(see(a, p, "127.0.0.1:%d", 1),
	    "there is no type 'BANANA' of DNS records"));
	p.type = "A";
	assert_non_null(strstr(see(a, p, "a b"), "is not a server"));
}

static void values_are_compared_as_dns_sees_them(void **state)
{
	(void)state;
	assert_true(dns_value_matches("A", "10.0.0.1", "10.0.0.1"));
	assert_false(dns_value_matches("A", "10.0.0.1", "10.0.0.10"));
	assert_true(dns_value_matches("aaaa", "2001:DB8:0::1", "2001:db8::1"));
	assert_false(dns_value_matches("AAAA", "10.0.0.1", "10.0.0.1"));
	assert_true(dns_value_matches("CNAME", "WWW.test", "www.test."));
	assert_true(dns_value_matches("SRV", "0 0 5061 pool1.test.",
	    "0 0 5061 Pool1.test."));
	assert_false(dns_value_matches("CNAME", "www", "www.test."));
	assert_true(dns_value_matches("TXT", "v=spf1 -all", "\"v=spf1 -all\""));
	assert_false(dns_value_matches("TXT", "V=spf1 -all",
	    "\"v=spf1 -all\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dns_is_judged_by_its_values),
		cmocka_unit_test(a_question_that_makes_no_sense_is_an_error),
		cmocka_unit_test(values_are_compared_as_dns_sees_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
