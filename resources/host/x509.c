/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * x509.c - certificates and the connections they prove: OpenSSL's door.
 *
 * OpenSSL never sees the socket: it reads and writes memory, and the bytes are
 * carried here, because its own writes would raise SIGPIPE. The certificate is
 * judged after the handshake, so that it can be told what is wrong with it.
 */
#include "x509.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "../../specs/print.h"
#include "connection.h"

/* names of a certificate that are shown */
enum { SHOWN = 4 };

static void context_close(SSL_CTX **context)
{
	SSL_CTX_free(*context);
}

static void session_close(SSL **session)
{
	SSL_free(*session);
}

static void names_close(GENERAL_NAMES **names)
{
	GENERAL_NAMES_free(*names);
}

static void bio_close(BIO **bio)
{
	BIO_free(*bio);
}

/* what OpenSSL says, with the thread's queue emptied */
static const char *reason(struct arena *arena)
{
	unsigned long number = ERR_peek_last_error();
	const char *text = number ? ERR_reason_error_string(number) : NULL;

	ERR_clear_error();
	return text ? arena_string(arena, text) : "unknown error";
}

/* what a server says of itself may hold anything */
static const char *safe(struct arena *arena, const void *data, size_t size)
{
	struct text t = text_new(arena);

	print_escaped(&t, data, size);
	return text_string(&t);
}

static int64_t seconds(const ASN1_TIME *time)
{
	struct tm tm;

	return ASN1_TIME_to_tm(time, &tm) ? (int64_t)timegm(&tm) : 0;
}

static const char *span(struct arena *arena, int64_t number)
{
	const char *unit = number < 7200 ? "minute" :
	    number < 2 * 86400 ? "hour" : "day";

	number /= number < 7200 ? 60 : number < 2 * 86400 ? 3600 : 86400;
	return arena_printf(arena, "%" PRId64 " %s%s", number, unit,
	    number == 1 ? "" : "s");
}

static const char *general_name(struct arena *arena, const GENERAL_NAME *name)
{
	const ASN1_OCTET_STRING *ip;
	char text[INET6_ADDRSTRLEN];

	if (name->type == GEN_DNS)
		return safe(arena, ASN1_STRING_get0_data(name->d.dNSName),
		    (size_t)ASN1_STRING_length(name->d.dNSName));
	if (name->type != GEN_IPADD)
		return NULL;
	ip = name->d.iPAddress;
	if (!inet_ntop(ASN1_STRING_length(ip) == 4 ? AF_INET : AF_INET6,
	    ASN1_STRING_get0_data(ip), text, sizeof(text)))
		return NULL;
	return arena_string(arena, text);
}

/* "a.test, b.test and 3 more" */
static const char *names_of(struct arena *arena, const X509 *certificate)
{
	__attribute__((cleanup(names_close))) GENERAL_NAMES *names =
	    X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	struct text t = text_new(arena);
	int i, count = names ? sk_GENERAL_NAME_num(names) : 0, shown = 0;
	const char *name;

	for (i = 0; i < count; i++) {
		name = general_name(arena, sk_GENERAL_NAME_value(names, i));
		if (name && shown++ < SHOWN)
			text_addf(&t, "%s%s", t.size ? ", " : "", name);
	}
	if (shown > SHOWN)
		text_addf(&t, " and %d more", shown - SHOWN);
	return shown ? text_string(&t) : "no name";
}

static const char *issuer_of(struct arena *arena, const X509 *certificate)
{
	__attribute__((cleanup(bio_close))) BIO *memory = BIO_new(BIO_s_mem());
	char *data = NULL;
	long size;

	X509_NAME_print_ex(memory, X509_get_issuer_name(certificate), 0,
	    XN_FLAG_RFC2253);
	size = BIO_get_mem_data(memory, &data);
	return size > 0 ? safe(arena, data, (size_t)size) : "somebody unnamed";
}

static const char *judge_time(struct arena *arena, const X509 *certificate,
    bool expired)
{
	int64_t from = seconds(X509_get0_notBefore(certificate));
	int64_t until = seconds(X509_get0_notAfter(certificate));
	int64_t now = (int64_t)time(NULL);

	if (expired && until < now)
		return arena_printf(arena, "certificate expired %s ago",
		    span(arena, now - until));
	if (expired)
		return "a certificate above the server's has expired";
	if (from > now)
		return arena_printf(arena, "certificate is valid only in %s",
		    span(arena, from - now));
	return "a certificate above the server's is not valid yet";
}

static const char *judge(struct arena *arena, const X509 *certificate,
    long result, const char *name)
{
	switch (result) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return judge_time(arena, certificate, true);
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return judge_time(arena, certificate, false);
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return arena_printf(arena, "certificate is for %s, not %s",
		    names_of(arena, certificate), name);
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return "certificate is signed by itself and not trusted";
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return arena_printf(arena, "certificate is by %s, which is not trusted here",
		    issuer_of(arena, certificate));
	default:
		return arena_printf(arena, "certificate is not good: %s",
		    X509_verify_cert_error_string(result));
	}
}

/* carry what OpenSSL wrote to the socket */
static int carry_out(struct job *job, SSL *session, int fd, int64_t deadline)
{
	char *data;
	long size = BIO_get_mem_data(SSL_get_wbio(session), &data);
	int result;

	if (size <= 0)
		return 0;
	result = connection_send(job, fd,
	    (struct bytes){ data, (size_t)size }, deadline);
	(void)BIO_reset(SSL_get_wbio(session));
	return result;
}

/* and what came to OpenSSL; false with why not */
static bool carry_in(struct job *job, SSL *session, int fd, int64_t deadline,
    const char **complaint)
{
	char data[4096];
	ssize_t n = connection_receive(job, fd, data, sizeof(data), deadline);

	if (n > 0 && BIO_write(SSL_get_rbio(session), data, (int)n) == n)
		return true;
	*complaint = n < 0 ? connection_complaint(job->arena, errno) :
	    "it closed the connection during the TLS handshake";
	return false;
}

static bool shake(struct job *job, SSL *session, int fd, int64_t deadline,
    const char **complaint)
{
	int result, wanted;

	for (;;) {
		ERR_clear_error();
		result = SSL_connect(session);
		wanted = SSL_get_error(session, result);
		if (carry_out(job, session, fd, deadline) < 0) {
			*complaint = connection_complaint(job->arena, errno);
			return false;
		}
		if (result == 1)
			return true;
		if (wanted != SSL_ERROR_WANT_READ) {
			*complaint = arena_printf(job->arena,
			    "TLS failed: %s", reason(job->arena));
			return false;
		}
		if (!carry_in(job, session, fd, deadline, complaint))
			return false;
	}
}

/* false: what was given cannot be used, and why */
static bool prepare(struct arena *arena, SSL_CTX *context, SSL *session,
    const struct handshake *how, const char **complaint)
{
	X509_VERIFY_PARAM *rules = SSL_get0_param(session);
	X509_STORE *trusted = SSL_CTX_get_cert_store(context);
	int good;

	if (how->authority)
		good = X509_STORE_load_file(trusted, how->authority);
	else
		good = X509_STORE_set_default_paths(trusted);
	if (!good && !how->insecure) {
		*complaint = arena_printf(arena, "the authority '%s' cannot be read: %s",
		    how->authority, reason(arena));
		return false;
	}
	if (endpoint_is_address(how->name))
		good = X509_VERIFY_PARAM_set1_ip_asc(rules, how->name);
	else
		good = X509_VERIFY_PARAM_set1_host(rules, how->name, 0) &&
		    SSL_set_tlsext_host_name(session,
		    arena_string(arena, how->name));
	if (!good)
		*complaint = arena_printf(arena, "'%s' cannot be the name of a certificate",
		    how->name);
	SSL_set_verify(session, SSL_VERIFY_NONE, NULL);
	SSL_set_bio(session, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	/* an empty memory is not the end of the stream */
	BIO_set_mem_eof_return(SSL_get_rbio(session), -1);
	return good;
}

int x509_handshake(struct job *job, int fd, const struct handshake *how,
    struct served *served, const char **complaint)
{
	__attribute__((cleanup(context_close))) SSL_CTX *context =
	    SSL_CTX_new(TLS_client_method());
	__attribute__((cleanup(session_close))) SSL *session =
	    context ? SSL_new(context) : NULL;
	const X509 *certificate;
	unsigned size;
	long result;

	served->version = NULL;
	*complaint = session ? NULL : reason(job->arena);
	if (!session || !prepare(job->arena, context, session, how, complaint))
		return 0;
	if (!shake(job, session, fd, how->deadline, complaint))
		return 0;
	certificate = SSL_get0_peer_certificate(session);
	if (!certificate) {
		*complaint = "it sent no certificate";
		return 0;
	}
	served->version = arena_string(job->arena, SSL_get_version(session));
	served->not_after = seconds(X509_get0_notAfter(certificate));
	X509_digest(certificate, EVP_sha256(), served->fingerprint, &size);
	result = SSL_get_verify_result(session);
	if (result == X509_V_OK || how->insecure)
		return 1;
	*complaint = judge(job->arena, certificate, result, how->name);
	return 0;
}
