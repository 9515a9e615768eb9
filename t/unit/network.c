/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * network.c - does something answer: TCP, HTTP and TLS, against servers on
 * loopback that are threads of this test, and openssl(1).
 */
#include "../../resources/host/network.h"

#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../resources/host/connection.h"
#include "../servers.h"

static void an_open_port_is_healthy(void **state)
{
	scoped_arena *a = arena_open();
	int port = 0, fd = listen_on(SOCK_STREAM, &port);

	(void)state;
	assert_string_equal(see(a, (struct probing){ 0 }, "127.0.0.1:%d", port),
	    "+ it takes connections");
	close(fd);
	assert_string_equal(see(a, (struct probing){ 0 }, "127.0.0.1:%d", port),
	    "- connection refused");
	assert_string_equal(see(a, (struct probing){ 0 }, "[::1]:%d", port),
	    "- connection refused");
}

static void a_name_without_an_address_is_a_finding(void **state)
{
	scoped_arena *a = arena_open();

	(void)state;
	assert_non_null(strstr(see(a, (struct probing){ 0 },
	    "no-such-name.invalid:80"),
	    "- the name 'no-such-name.invalid' has no address"));
}

static void a_target_that_makes_no_sense_is_an_error(void **state)
{
	scoped_arena *a = arena_open();
	static const char *const targets[] = { "localhost", "localhost:0",
		"localhost:", ":80", "[::1:80", "[x]:80", "a b:80", "::1:80",
		"localhost:65536", "http://x:80", "[]:1", "" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(targets) / sizeof(*targets); i++)
		assert_non_null(strstr(see(a, (struct probing){ 0 }, "%s",
		    targets[i]), "is not a place to connect to"));
	assert_non_null(strstr(see(a, (struct probing){
	    .protocol = PROBE_HTTP }, "ftp://127.0.0.1:%d/", 1),
	    "is not a URL of http or https"));
	assert_non_null(strstr(see(a, (struct probing){
	    .protocol = PROBE_HTTP }, "file:///etc/passwd"),
	    "is not a URL of http or https"));
}

static void who_says_nothing_is_not_waited_for_longer(void **state)
{
	scoped_arena *a = arena_open();
	int port = 0, fd = listen_on(SOCK_STREAM, &port);
	int64_t start = clock_now();

	(void)state;
	assert_string_equal(see(a, (struct probing){ .protocol = PROBE_TLS,
	    .timeout = 200 }, "127.0.0.1:%d", port),
	    "- no answer within 200 ms");
	assert_string_equal(see(a, (struct probing){ .protocol = PROBE_HTTP,
	    .timeout = 200 }, "http://127.0.0.1:%d/", port),
	    "- no answer within 200 ms");
	assert_in_range(clock_now() - start, 400, 2000);
	close(fd);
}

static void a_wait_ends_when_asked_to(void **state)
{
	scoped_arena *a = arena_open();
	int port = 0, fd = listen_on(SOCK_STREAM, &port);
	struct err err = err_new(a);
	atomic_bool stop = true;
	struct job job = { .arena = a, .err = &err, .address = "probe:it",
		.stop = &stop };
	struct probing p = { .protocol = PROBE_TLS, .timeout = 60000,
		.target = arena_printf(a, "127.0.0.1:%d", port) };
	struct finding f;
	int64_t start = clock_now();

	(void)state;
	assert_int_equal(network_probe(&job, &p, &f), 0);
	assert_false(f.healthy);
	p.protocol = PROBE_HTTP;
	p.target = arena_printf(a, "http://127.0.0.1:%d/", port);
	assert_int_equal(network_probe(&job, &p, &f), 0);
	assert_false(f.healthy);
	assert_in_range(clock_now() - start, 0, 5000);
	close(fd);
}

/* --- HTTP --- */

static const char *reply_to(const char *request)
{
	if (strstr(request, "GET /bad"))
		return "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n";
	if (strstr(request, "GET /away"))
		return "HTTP/1.1 302 Found\r\nLocation: /bad\r\nContent-Length: 0\r\n\r\n";
	if (strstr(request, "GET /nothing"))
		return "";
	return "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nhello, world";
}

static void *serve_http(void *context)
{
	const struct server *s = context;
	char request[1024];
	const char *reply;
	ssize_t n;
	int fd;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		n = recv(fd, request, sizeof(request) - 1, 0);
		request[n > 0 ? n : 0] = '\0';
		reply = reply_to(request);
		send(fd, reply, strlen(reply), MSG_NOSIGNAL);
		close(fd);
	}
	return NULL;
}

static void http_is_judged_by_status_and_body(void **state)
{
	scoped_arena *a = arena_open();
	struct probing p = { .protocol = PROBE_HTTP };
	struct server s;

	(void)state;
	server_start(&s, SOCK_STREAM, serve_http);
	assert_string_equal(see(a, p, "http://127.0.0.1:%d/", s.port),
	    "+ HTTP 200");
	assert_string_equal(see(a, p, "http://127.0.0.1:%d/bad", s.port),
	    "- HTTP 502 instead of 2xx or 3xx");
	assert_string_equal(see(a, p, "http://127.0.0.1:%d/away", s.port),
	    "+ HTTP 302");
	assert_string_equal(see(a, p, "http://127.0.0.1:%d/nothing", s.port),
	    "- it closed the connection without an answer");
	p.status = 204;
	assert_string_equal(see(a, p, "http://127.0.0.1:%d/", s.port),
	    "- HTTP 200 instead of 204");
	p.status = 0;
	p.contains = "world";
	assert_string_equal(see(a, p, "http://127.0.0.1:%d/", s.port),
	    "+ HTTP 200");
	p.contains = "moon";
	assert_string_equal(see(a, p, "http://127.0.0.1:%d/", s.port),
	    "- HTTP 200, but 'moon' is not in its 12 bytes");
	p.contains = NULL;
	assert_string_equal(see(a, p, "https://127.0.0.1:%d/", s.port),
	    "- TLS failed: wrong version number");
	server_stop(&s);
	assert_string_equal(see(a, p, "http://127.0.0.1:%d/", s.port),
	    "- connection refused");
}

static void tls_to_what_does_not_speak_it_fails(void **state)
{
	scoped_arena *a = arena_open();
	struct server s;

	(void)state;
	server_start(&s, SOCK_STREAM, serve_http);
	assert_string_equal(see(a, (struct probing){ .protocol = PROBE_TLS },
	    "127.0.0.1:%d", s.port), "- TLS failed: wrong version number");
	server_stop(&s);
}

static void *ask_often(void *context)
{
	const struct server *s = context;
	const struct probing http = { .protocol = PROBE_HTTP };
	size_t healthy = 0;
	int i;

	for (i = 0; i < 20; i++) {
		scoped_arena *a = arena_open();

		healthy += see(a, http, "http://127.0.0.1:%d/", s->port)[0] ==
		    '+';
		healthy += see(a, (struct probing){ .protocol = PROBE_TLS },
		    "127.0.0.1:%d", s->port)[0] == '-';
	}
	return healthy == 40 ? NULL : context;
}

static void several_threads_may_ask_at_once(void **state)
{
	pthread_t threads[8];
	struct server s;
	void *wrong;
	size_t i;

	(void)state;
	server_start(&s, SOCK_STREAM, serve_http);
	for (i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, ask_often, &s);
	for (i = 0; i < 8; i++) {
		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	server_stop(&s);
}

/* --- TLS --- */

static char folder[] = "/tmp/plumb-network-XXXXXX";

__attribute__((format(printf, 1, 2))) static void shell(const char *fmt, ...)
{
	char command[2048];
	va_list ap;
	int status;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	status = system(command);
	assert_int_equal(status, 0);
}

/* a certificate by the test's own authority; `days` may be in the past */
static void certificate(const char *name, const char *names, const char *until)
{
	shell("cd %s && openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout %s.key -out %s.csr -subj /CN=%s 2>>log && "
	    "printf 'subjectAltName=%s\\n' >%s.ext && "
	    "openssl ca -batch -config ca.conf -in %s.csr -out %s.pem -startdate 20200101000000Z -enddate %s -extfile %s.ext -notext 2>>log",
	    folder, name, name, name, names, name, name, name, until, name);
}

static int make_certificates(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	shell("cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj '/CN=The Test Authority' -days 30 2>>log && "
	    ": >index && echo 01 >serial && printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index\\nserial=serial\\nnew_certs_dir=.\\ncertificate=ca.pem\\nprivate_key=ca.key\\ndefault_md=sha256\\npolicy=p\\n[p]\\ncommonName=supplied\\n' >ca.conf",
	    folder);
	certificate("good", "DNS:good.test,DNS:*.wild.test,IP:127.0.0.1",
	    "20491231000000Z");
	certificate("expired", "DNS:expired.test", "20200301000000Z");
	return 0;
}

static int remove_certificates(void **state)
{
	(void)state;
	shell("rm -r %s", folder);
	return 0;
}

/* openssl s_server with that certificate; says its port when it listens */
struct tls {
	pid_t pid;
	int port;
	FILE *says;
};

static struct tls serve_tls(const char *name)
{
	struct tls s = { 0 };
	char pem[128], key[128], line[256];
	int pipes[2];

	snprintf(pem, sizeof(pem), "%s/%s.pem", folder, name);
	snprintf(key, sizeof(key), "%s/%s.key", folder, name);
	assert_int_equal(pipe(pipes), 0);
	if (!(s.pid = fork())) {
		dup2(pipes[1], 1);
		dup2(pipes[1], 2);
		close(pipes[0]);
		execlp("openssl", "openssl", "s_server", "-accept",
		    "127.0.0.1:0", "-cert", pem, "-key", key, "-www",
		    NULL);
		_exit(127);
	}
	close(pipes[1]);
	s.says = fdopen(pipes[0], "r");
	while (!s.port && fgets(line, sizeof(line), s.says))
		sscanf(line, "ACCEPT 127.0.0.1:%d", &s.port);
	assert_int_not_equal(s.port, 0);
	return s;
}

static void end(struct tls s)
{
	kill(s.pid, SIGKILL);
	waitpid(s.pid, NULL, 0);
	fclose(s.says);
}

static void a_certificate_is_checked_for_name_and_authority(void **state)
{
	scoped_arena *a = arena_open();
	struct probing p = { .protocol = PROBE_TLS, .name = "good.test",
		.authority = arena_printf(a, "%s/ca.pem", folder) };
	struct tls s = serve_tls("good");

	(void)state;
	assert_non_null(strstr(see(a, p, "127.0.0.1:%d", s.port),
	    "+ TLSv1.3, its certificate is good for "));
	p.name = "sip.wild.test";
	assert_non_null(strstr(see(a, p, "127.0.0.1:%d", s.port), "+ TLSv1.3"));
	p.name = NULL;
	assert_non_null(strstr(see(a, p, "127.0.0.1:%d", s.port), "+ TLSv1.3"));
	p.name = "other.test";
	assert_string_equal(see(a, p, "127.0.0.1:%d", s.port),
	    "- certificate is for good.test, *.wild.test, 127.0.0.1, not other.test");
	p.insecure = true;
	assert_non_null(strstr(see(a, p, "127.0.0.1:%d", s.port), "+ TLSv1.3"));
	p.insecure = false;
	p.name = "good.test";
	p.authority = NULL;
	assert_string_equal(see(a, p, "127.0.0.1:%d", s.port),
	    "- certificate is by CN=The Test Authority, which is not trusted here");
	p.authority = "/nonexistent.pem";
	assert_non_null(strstr(see(a, p, "127.0.0.1:%d", s.port),
	    "- the authority '/nonexistent.pem' cannot be read"));
	p.protocol = PROBE_HTTP;
	p.authority = arena_printf(a, "%s/ca.pem", folder);
	assert_string_equal(see(a, p, "https://127.0.0.1:%d/", s.port),
	    "+ HTTP 200");
	p.authority = NULL;
	assert_non_null(strstr(see(a, p, "https://127.0.0.1:%d/", s.port),
	    "- SSL certificate problem: "));
	p.insecure = true;
	assert_string_equal(see(a, p, "https://127.0.0.1:%d/", s.port),
	    "+ HTTP 200");
	end(s);
}

static void an_expired_certificate_says_since_when(void **state)
{
	scoped_arena *a = arena_open();
	struct probing p = { .protocol = PROBE_TLS, .name = "expired.test",
		.authority = arena_printf(a, "%s/ca.pem", folder) };
	struct tls s = serve_tls("expired");
	int days = 0;

	(void)state;
	assert_int_equal(sscanf(see(a, p, "127.0.0.1:%d", s.port),
	    "- certificate expired %d days ago", &days), 1);
	assert_in_range(days, 2000, 20000);
	end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_open_port_is_healthy),
		cmocka_unit_test(a_name_without_an_address_is_a_finding),
		cmocka_unit_test(a_target_that_makes_no_sense_is_an_error),
		cmocka_unit_test(who_says_nothing_is_not_waited_for_longer),
		cmocka_unit_test(a_wait_ends_when_asked_to),
		cmocka_unit_test(http_is_judged_by_status_and_body),
		cmocka_unit_test(several_threads_may_ask_at_once),
		cmocka_unit_test(tls_to_what_does_not_speak_it_fails),
		cmocka_unit_test(
		    a_certificate_is_checked_for_name_and_authority),
		cmocka_unit_test(an_expired_certificate_says_since_when),
	};

	return cmocka_run_group_tests(tests, make_certificates,
	    remove_certificates);
}
