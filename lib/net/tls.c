#include "lib/net/tls.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/net/tls_context.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

struct tls {
	SSL *ssl;
	struct tls_context *context;
	char *host;  /* without the dot that ends an absolute name */
	char *party; /* NULL: its sessions are not kept */
	bool broken; /* after a fatal error OpenSSL must be left alone */
	char describe[32];
};

static bool
is_address(const char *host)
{
	unsigned char in[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, in) == 1 ||
	       inet_pton(AF_INET6, host, in) == 1;
}

/* Whom the certificate has to name.  Addresses have no SNI (RFC 6066, 3). */
static bool
expect_host(struct tls *t, struct err *err)
{
	bool ok;

	SSL_set_hostflags(t->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
				      X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	if (is_address(t->host))
		ok = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(t->ssl),
			 t->host) == 1;
	else
		ok = t->host[0] != '\0' &&
		     SSL_set1_host(t->ssl, t->host) == 1 &&
		     SSL_set_tlsext_host_name(t->ssl, t->host) == 1;
	if (ok)
		return true;
	return err_set(err, FAIL_TLS, "tls: \"%s\" cannot be verified",
	    t->host);
}

static void
offer_session(struct tls *t)
{
	SSL_SESSION *s;

	if (t->party == NULL)
		return;
	s = tls_context_resume(t->context, t->party);
	if (s == NULL)
		return;
	SSL_set_session(t->ssl, s);
	SSL_SESSION_free(s);
}

struct tls *
tls_new(struct loop *loop, int fd, const struct tls_params *params,
    struct err *err)
{
	struct tls_context *context;
	struct tls *t;
	size_t n = strlen(params->host);

	context = tls_context_get(loop, params->ca_file, err);
	if (context == NULL)
		return NULL;
	t = NEW(struct tls);
	t->context = context;
	t->host = mem_strdup(params->host);
	if (n > 0 && t->host[n - 1] == '.')
		t->host[n - 1] = '\0';
	if (params->session != NULL)
		t->party = mem_strdup(params->session);
	t->ssl = SSL_new(tls_context_ssl(context));
	if (t->ssl == NULL || SSL_set_fd(t->ssl, fd) != 1)
		die("tls: %s", tls_reason());
	SSL_set_app_data(t->ssl, t);
	SSL_set_connect_state(t->ssl);
	if (!expect_host(t, err)) {
		tls_free(t);
		return NULL;
	}
	offer_session(t);
	return t;
}

/* OpenSSL forbids the resumption of a session whose connection ends without
 * a goodbye: that rule is for servers with a shared cache. */
void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	if (!t->broken)
		SSL_set_shutdown(t->ssl,
		    SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(t->ssl);
	tls_context_unref(t->context);
	free(t->host);
	free(t->party);
	free(t);
}

/* SSL_CTX callback: 1 means that the session is now ours. */
int
tls_new_session(SSL *ssl, SSL_SESSION *session)
{
	struct tls *t = SSL_get_app_data(ssl);

	if (t->party == NULL)
		return 0;
	tls_context_keep(t->context, t->party, session);
	return 1;
}

static enum wire_io
fail_protocol(struct tls *t, struct err *err)
{
	long verdict = SSL_get_verify_result(t->ssl);
	int reason = ERR_GET_REASON(ERR_peek_last_error());

	if (verdict != X509_V_OK)
		err_set(err, FAIL_TLS, "certificate verify failed: %s",
		    X509_verify_cert_error_string(verdict));
	else if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		err_set(err, FAIL_IO, "closed by the peer without a goodbye");
	else if (t->describe[0] != '\0') /* open; damaged on the way */
		err_set(err, FAIL_IO, "%s", tls_reason());
	else if (reason == SSL_R_WRONG_VERSION_NUMBER)
		err_set(err, FAIL_TLS, "the peer does not speak TLS (%s)",
		    tls_reason());
	else
		err_set(err, FAIL_TLS, "%s", tls_reason());
	return WIRE_FAILED;
}

/* Before every SSL_ function: what is left from another one would be taken
 * for its own.  To look is cheaper than to empty it. */
static void
forget_errors(void)
{
	if (ERR_peek_error() != 0)
		ERR_clear_error();
	errno = 0;
}

/* What an SSL_ function that did not succeed means; call it at once. */
static enum wire_io
outcome(struct tls *t, int ret, struct err *err)
{
	int error = errno, kind = SSL_get_error(t->ssl, ret);

	if (kind == SSL_ERROR_WANT_READ)
		return WIRE_WANT_READ;
	if (kind == SSL_ERROR_WANT_WRITE)
		return WIRE_WANT_WRITE;
	if (kind == SSL_ERROR_ZERO_RETURN)
		return WIRE_EOF;
	t->broken = true;
	if (kind == SSL_ERROR_SSL)
		return fail_protocol(t, err);
	wire_fail(err, error);
	return WIRE_FAILED;
}

enum wire_io
tls_handshake(struct tls *t, struct err *err)
{
	int r;

	forget_errors();
	r = SSL_do_handshake(t->ssl);
	if (r != 1)
		return outcome(t, r, err);
	snprintf(t->describe, sizeof(t->describe), "%s%s",
	    SSL_get_version(t->ssl),
	    SSL_session_reused(t->ssl) ? " resumed" : "");
	return WIRE_DONE;
}

enum wire_io
tls_read(struct tls *t, char *p, size_t n, size_t *got, struct err *err)
{
	int r;

	forget_errors();
	r = SSL_read_ex(t->ssl, p, n, got);
	return r == 1 ? WIRE_DONE : outcome(t, r, err);
}

enum wire_io
tls_write(struct tls *t, const char *p, size_t n, size_t *sent, struct err *err)
{
	int r;

	forget_errors();
	r = SSL_write_ex(t->ssl, p, n, sent);
	return r == 1 ? WIRE_DONE : outcome(t, r, err);
}

bool
tls_has_more(const struct tls *t)
{
	return SSL_has_pending(t->ssl) == 1;
}

void
tls_close(struct tls *t)
{
	if (t->broken || !SSL_is_init_finished(t->ssl))
		return;
	ERR_clear_error();
	if (SSL_shutdown(t->ssl) < 0)
		ERR_clear_error();
}

const char *
tls_describe(const struct tls *t)
{
	return t->describe;
}
