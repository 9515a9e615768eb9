/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http.c - one HTTP request and its answer: libcurl's door.
 */
#include "http.h"

/* its checks of types call what they check by name */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "../../specs/print.h"
#include "connection.h"
#include "library.h"

/* of an answer's headers, together */
enum { HEADERS = 256 << 10 };

/* what comes in */
struct incoming {
	struct job *job;
	struct http_reply *reply;
	struct text body;
	size_t capacity;
	size_t header_bytes;
};

#define FUNCTIONS(f)                                                           \
	f(curl_easy_cleanup) f(curl_easy_getinfo) f(curl_easy_init)            \
	f(curl_easy_perform) f(curl_easy_setopt) f(curl_easy_strerror)         \
	f(curl_global_init) f(curl_slist_append) f(curl_slist_free_all)
static void start(const void *);
LIBRARY(curl, "libcurl", FUNCTIONS, .start = start)

static void start(const void *table)
{
	const struct curl *functions = table;

	if (functions->curl_global_init(CURL_GLOBAL_DEFAULT))
		abort();
}

#define set(easy, option, value)                                               \
	curl()->curl_easy_setopt(easy, option, value)

static void easy_close(CURL **easy)
{
	if (*easy)
		curl()->curl_easy_cleanup(*easy);
}

static void list_close(struct curl_slist **list)
{
	if (*list)
		curl()->curl_slist_free_all(*list);
}

static size_t receive_body(char *data, size_t one, size_t count, void *context)
{
	struct incoming *in = context;
	size_t size = one * count, room = HTTP_BODY - in->body.size;

	text_add_bytes(&in->body, data, size < room ? size : room);
	in->reply->truncated = size > room;
	return size > room ? 0 : size;
}

static size_t receive_header(char *data, size_t one, size_t count,
    void *context)
{
	struct incoming *in = context;
	struct strings *headers = &in->reply->headers;
	size_t size = one * count, length = size;

	if ((in->header_bytes += size) > HEADERS)
		return 0;
	/* a new answer begins: "100 Continue" came before */
	if (size > 5 && memcmp(data, "HTTP/", 5) == 0)
		headers->count = 0;
	while (length && strchr("\r\n", data[length - 1]))
		length--;
	if (length)
		arena_push(in->job->arena, headers->item, headers->count,
		    in->capacity, arena_copy(in->job->arena, data, length));
	return size;
}

static int keep_going(void *context, curl_off_t a, curl_off_t b, curl_off_t c,
    curl_off_t d)
{
	const struct incoming *in = context;

	(void)a, (void)b, (void)c, (void)d;
	return in->job->stop && *in->job->stop;
}

static struct curl_slist *header_list(const struct strings *headers)
{
	/* do not wait to be asked for the body */
	struct curl_slist *list = curl()->curl_slist_append(NULL, "Expect:");
	struct curl_slist *longer;
	size_t i;

	for (i = 0; list && i < headers->count; i++) {
		longer = curl()->curl_slist_append(list, headers->item[i]);
		if (!longer)
			abort();
		list = longer;
	}
	return list;
}

static void set_limits(CURL *easy, const struct http_request *request)
{
	set(easy, CURLOPT_NOSIGNAL, 1L);
	set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	set(easy, CURLOPT_FOLLOWLOCATION, 0L);
	set(easy, CURLOPT_NOPROXY, "*");
	set(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout);
	set(easy, CURLOPT_USERAGENT, "plumb/" VERSION);
	if (request->authority)
		set(easy, CURLOPT_CAINFO, request->authority);
	if (request->insecure) {
		set(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		set(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

static void set_handlers(CURL *easy, struct incoming *in, char *message)
{
	set(easy, CURLOPT_ERRORBUFFER, message);
	set(easy, CURLOPT_WRITEFUNCTION, receive_body);
	set(easy, CURLOPT_WRITEDATA, in);
	set(easy, CURLOPT_HEADERFUNCTION, receive_header);
	set(easy, CURLOPT_HEADERDATA, in);
	set(easy, CURLOPT_NOPROGRESS, 0L);
	set(easy, CURLOPT_XFERINFOFUNCTION, keep_going);
	set(easy, CURLOPT_XFERINFODATA, in);
}

static void set_request(CURL *easy, const struct http_request *request,
    struct curl_slist *headers)
{
	set(easy, CURLOPT_URL, request->url);
	set(easy, CURLOPT_HTTPHEADER, headers);
	if (request->body.size) {
		set(easy, CURLOPT_POST, 1L);
		set(easy, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)request->body.size);
		set(easy, CURLOPT_POSTFIELDS, request->body.data);
	}
	if (request->method && strcmp(request->method, "HEAD") == 0)
		set(easy, CURLOPT_NOBODY, 1L);
	else if (request->method)
		set(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

/* libcurl's sentence in the words of findings */
static const char *complaint(const struct incoming *in, CURL *easy,
    CURLcode code, const char *message, int64_t timeout)
{
	struct arena *arena = in->job->arena;
	struct text t = text_new(arena);
	const char *end;
	long number = 0;

	if (code == CURLE_ABORTED_BY_CALLBACK)
		return "asked to stop while waiting";
	if (code == CURLE_OPERATION_TIMEDOUT)
		return arena_printf(arena, "no answer within %s",
		    print_duration(arena, timeout));
	curl()->curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
	if (code == CURLE_COULDNT_CONNECT && number &&
	    (message = connection_complaint(arena, (int)number)))
		return message;
	if (code == CURLE_GOT_NOTHING)
		return "it closed the connection without an answer";
	if (!message || !*message)
		message = curl()->curl_easy_strerror(code);
	/* "OpenSSL/3.0: error:0A00010B:SSL routines::wrong version number" */
	if (code == CURLE_SSL_CONNECT_ERROR && (end = strstr(message, "::"))) {
		text_add(&t, "TLS failed: ");
		message = end + 2;
	}
	print_escaped(&t, message, strlen(message));
	return text_string(&t);
}

int http_ask(struct job *job, const struct http_request *request,
    struct http_reply *reply)
{
	__attribute__((cleanup(easy_close))) CURL *easy = NULL;
	__attribute__((cleanup(list_close))) struct curl_slist *headers = NULL;
	struct incoming in = { .job = job, .reply = reply,
		.body = text_new(job->arena) };
	char message[CURL_ERROR_SIZE] = "";
	const char *why;
	CURLcode code;
	long status = 0;

	if ((why = library_load(&curl_library, job->arena)))
		return job_fail(job, "%s", why);
	*reply = (struct http_reply){ 0 };
	if (!(easy = curl()->curl_easy_init()))
		abort();
	headers = header_list(&request->headers);
	set_limits(easy, request);
	set_handlers(easy, &in, message);
	set_request(easy, request, headers);
	code = curl()->curl_easy_perform(easy);
	if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
		return job_fail(job, "'%s' is not a URL of http or https: %s",
		    request->url, message);
	curl()->curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	reply->status = (int)status;
	reply->body.data = text_string(&in.body);
	reply->body.size = in.body.size;
	if (code != CURLE_OK && !reply->truncated)
		reply->complaint = complaint(&in, easy, code, message,
		    request->timeout);
	return 0;
}

const char *http_header(const struct http_reply *reply, const char *name)
{
	size_t i, length = strlen(name);

	for (i = 0; i < reply->headers.count; i++) {
		const char *line = reply->headers.item[i];

		if (strncasecmp(line, name, length) == 0 &&
		    line[length] == ':')
			return line + length + 1 +
			    strspn(line + length + 1, " \t");
	}
	return NULL;
}
