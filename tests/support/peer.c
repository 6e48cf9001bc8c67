#include "tests/support/peer.h"

#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "tests/support/certs.h"

#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

struct peer {
	int fd, port;
	SSL_CTX *ctx;
	const char *revoked_by;
	const char *cert;
	peer_fn *serve;
	void *arg;
	int served;
	pthread_t thread;
};

static X509 *
read_cert(const char *name)
{
	FILE *f = fopen(certs_pem(name), "r");
	X509 *cert = f != NULL ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;

	if (cert == NULL)
		die("test: certificate %s", name);
	fclose(f);
	return cert;
}

static EVP_PKEY *
read_key(const char *name)
{
	FILE *f = fopen(certs_key(name), "r");
	EVP_PKEY *key =
	    f != NULL ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;

	if (key == NULL)
		die("test: key %s", name);
	fclose(f);
	return key;
}

static OCSP_RESPONSE *
revoked(const char *name, const char *by)
{
	X509 *cert = read_cert(name), *issuer = read_cert(by);
	EVP_PKEY *key = read_key(by);
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(NULL, cert, issuer);
	ASN1_TIME *then = X509_gmtime_adj(NULL, -60);
	ASN1_TIME *next = X509_gmtime_adj(NULL, 3600);
	OCSP_RESPONSE *response;

	OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_REVOKED,
	    OCSP_REVOKED_STATUS_KEYCOMPROMISE, then, then, next);
	OCSP_basic_sign(basic, issuer, key, EVP_sha256(), NULL, 0);
	response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	ASN1_TIME_free(then);
	ASN1_TIME_free(next);
	OCSP_CERTID_free(id);
	OCSP_BASICRESP_free(basic);
	EVP_PKEY_free(key);
	X509_free(issuer);
	X509_free(cert);
	return response;
}

static int
staple(SSL *ssl, void *arg)
{
	struct peer *p = arg;
	OCSP_RESPONSE *response = revoked(p->cert, p->revoked_by);
	unsigned char *der = NULL;
	int n = i2d_OCSP_RESPONSE(response, &der);

	OCSP_RESPONSE_free(response);
	SSL_set_tlsext_status_ocsp_resp(ssl, der, n);
	return SSL_TLSEXT_ERR_OK;
}

static void
set_tls(struct peer *p, const struct peer_tls *tls)
{
	p->ctx = SSL_CTX_new(TLS_server_method());
	p->cert = tls->cert;
	p->revoked_by = tls->revoked_by;
	SSL_CTX_set_security_level(p->ctx, 0);
	if (tls->max_version != 0) {
		SSL_CTX_set_min_proto_version(p->ctx, 0);
		SSL_CTX_set_max_proto_version(p->ctx, tls->max_version);
	}
	if (SSL_CTX_use_certificate_file(p->ctx, certs_pem(tls->cert),
		SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_use_PrivateKey_file(p->ctx, certs_key(tls->cert),
		SSL_FILETYPE_PEM) != 1)
		die("test: server certificate %s", tls->cert);
	if (tls->revoked_by != NULL) {
		SSL_CTX_set_tlsext_status_cb(p->ctx, staple);
		SSL_CTX_set_tlsext_status_arg(p->ctx, p);
	}
}

static int
listen_on_loopback(int backlog, int *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, n) != 0 ||
	    listen(fd, backlog) != 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) != 0)
		die("test: listen");
	*port = ntohs(at.sin_port);
	return fd;
}

static void
serve_one(struct peer *p, int fd)
{
	struct timeval wait = {.tv_sec = PEER_WAIT_S};
	struct peer_conn pc = {fd, NULL, p};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	p->serve(&pc, p->arg);
	p->served++;
	if (pc.ssl != NULL) {
		if (SSL_is_init_finished(pc.ssl))
			SSL_shutdown(pc.ssl);
		SSL_free(pc.ssl);
	}
	if (pc.fd >= 0)
		close(pc.fd);
	ERR_clear_error();
}

static void *
run(void *arg)
{
	struct peer *p = arg;
	int fd;

	while ((fd = accept(p->fd, NULL, NULL)) >= 0)
		serve_one(p, fd);
	return NULL;
}

struct peer *
peer_start(const struct peer_tls *tls, peer_fn *serve, void *arg)
{
	struct peer *p = NEW(struct peer);

	signal(SIGPIPE, SIG_IGN);
	p->serve = serve;
	p->arg = arg;
	if (tls != NULL && tls->cert != NULL)
		set_tls(p, tls);
	p->fd = listen_on_loopback(64, &p->port);
	if (pthread_create(&p->thread, NULL, run, p) != 0)
		die("test: thread");
	return p;
}

int
peer_port(const struct peer *p)
{
	return p->port;
}

int
peer_served(const struct peer *p)
{
	return p->served;
}

void
peer_stop(struct peer *p)
{
	shutdown(p->fd, SHUT_RDWR);
	pthread_join(p->thread, NULL);
}

void
peer_free(struct peer *p)
{
	close(p->fd);
	SSL_CTX_free(p->ctx);
	free(p);
}

bool
peer_tls(struct peer_conn *pc)
{
	pc->ssl = SSL_new(pc->peer->ctx);
	SSL_set_fd(pc->ssl, pc->fd);
	return SSL_accept(pc->ssl) == 1;
}

bool
peer_say(struct peer_conn *pc, const void *p, size_t n)
{
	const char *at = p;
	ssize_t r;

	while (n > 0) {
		r = pc->ssl != NULL ? SSL_write(pc->ssl, at, (int)n)
				    : send(pc->fd, at, n, MSG_NOSIGNAL);
		if (r <= 0)
			return false;
		at += r;
		n -= (size_t)r;
	}
	return true;
}

size_t
peer_hear(struct peer_conn *pc, char *p, size_t n)
{
	ssize_t r = pc->ssl != NULL ? SSL_read(pc->ssl, p, (int)n)
				    : recv(pc->fd, p, n, 0);

	return r > 0 ? (size_t)r : 0;
}

bool
peer_line(struct peer_conn *pc, char *p, size_t n)
{
	size_t at = 0;

	while (at + 1 < n && peer_hear(pc, p + at, 1) == 1)
		if (p[at++] == '\n') {
			p[at] = '\0';
			return true;
		}
	p[at] = '\0';
	return false;
}

void
peer_reset(struct peer_conn *pc)
{
	struct linger none = {.l_onoff = 1, .l_linger = 0};

	setsockopt(pc->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close(pc->fd);
	pc->fd = -1;
}

void
peer_hole_open(struct peer_hole *hole)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	size_t i;

	hole->fd = listen_on_loopback(0, &hole->port);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	at.sin_port = htons((uint16_t)hole->port);
	for (i = 0; i < ARRAY_LEN(hole->filler); i++) {
		hole->filler[i] =
		    socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		/* Those after the first wait for ever, as they are to. */
		if (connect(hole->filler[i], (struct sockaddr *)&at,
			sizeof(at)) == 0)
			continue;
	}
}

void
peer_hole_close(struct peer_hole *hole)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(hole->filler); i++)
		close(hole->filler[i]);
	close(hole->fd);
}
