#include "lib/net/tls_context.h"

#include "lib/base/mem.h"
#include "lib/net/loop_private.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

/* Tells that a file is another one than last time. */
struct stamp {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

struct party {
	struct party *next;
	char *name;
	SSL_SESSION *sessions[TLS_SESSIONS_MAX]; /* the newest last */
	int count;
};

struct tls_context {
	struct tls_context *next;
	char *ca_file;
	struct stamp stamp;
	SSL_CTX *ssl;
	int refs;
	struct party *parties; /* the most recently used first */
	int party_count;
};

/* What a loop keeps: its contexts, one reference to each. */
struct shelf {
	struct tls_context *contexts;
};

static void *
shelf_new(void)
{
	return NEW(struct shelf);
}

static void
shelf_free(void *arg)
{
	struct shelf *shelf = arg;
	struct tls_context *c, *next;

	for (c = shelf->contexts; c != NULL; c = next) {
		next = c->next;
		tls_context_unref(c);
	}
	free(shelf);
}

const char *
tls_reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	return text != NULL ? text : "unknown reason";
}

/* Above what the system says of a file lies what libraries say of that. */
static const char *
file_reason(void)
{
	unsigned long first = ERR_peek_error();

	return ERR_SYSTEM_ERROR(first) ? strerror(ERR_GET_REASON(first))
				       : tls_reason();
}

static bool
load_authorities(SSL_CTX *ssl, const char *ca_file, struct err *err)
{
	ERR_clear_error();
	if (ca_file[0] == '\0') {
		if (SSL_CTX_set_default_verify_paths(ssl) == 1)
			return true;
		return err_set(err, FAIL_TLS, "tls: system authorities: %s",
		    tls_reason());
	}
	if (SSL_CTX_load_verify_file(ssl, ca_file) != 1)
		return err_set(err, FAIL_TLS, "tls: read ca_file %s: %s",
		    ca_file, file_reason());
	/* What the operator names is trusted also when it is no root. */
	X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ssl),
	    X509_V_FLAG_PARTIAL_CHAIN);
	return true;
}

/* As strong as the others, and with SHA-256 the cheapest handshake: what
 * every server has to know (RFC 8446, 9.1) comes first. */
#define SUITES                                           \
	"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:" \
	"TLS_CHACHA20_POLY1305_SHA256"

static SSL_CTX *
ssl_new(const char *ca_file, struct err *err)
{
	SSL_CTX *ssl = SSL_CTX_new(TLS_client_method());

	if (ssl == NULL || SSL_CTX_set_ciphersuites(ssl, SUITES) != 1)
		die("tls: %s", tls_reason());
	SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
	SSL_CTX_set_security_level(ssl, 2);
	SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(ssl, 1);
	SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_session_cache_mode(ssl,
	    SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ssl, tls_new_session);
	SSL_CTX_set_tlsext_status_cb(ssl, tls_check_staple);
	SSL_CTX_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp);
	if (load_authorities(ssl, ca_file, err))
		return ssl;
	SSL_CTX_free(ssl);
	return NULL;
}

static struct stamp
stamp_of(const char *path)
{
	struct stamp stamp = {0};
	struct stat st;

	if (path[0] != '\0' && stat(path, &st) == 0) {
		stamp.device = st.st_dev;
		stamp.inode = st.st_ino;
		stamp.size = st.st_size;
		stamp.changed = st.st_mtim;
	}
	return stamp;
}

static bool
stamp_eq(const struct stamp *a, const struct stamp *b)
{
	return a->device == b->device && a->inode == b->inode &&
	       a->size == b->size && a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

/* Where in the list the file's context is, or the end of the list. */
static struct tls_context **
find(struct shelf *shelf, const char *ca_file)
{
	struct tls_context **at = &shelf->contexts;

	while (*at != NULL && strcmp((*at)->ca_file, ca_file) != 0)
		at = &(*at)->next;
	return at;
}

struct tls_context *
tls_context_get(struct loop *loop, const char *ca_file, struct err *err)
{
	struct shelf *shelf = loop_keep(loop, shelf_new, shelf_free);
	const char *path = ca_file != NULL ? ca_file : "";
	struct tls_context **at = find(shelf, path), *c = *at;
	struct stamp stamp = stamp_of(path);
	SSL_CTX *ssl;

	if (c != NULL && stamp_eq(&c->stamp, &stamp)) {
		c->refs++;
		return c;
	}
	ssl = ssl_new(path, err);
	if (ssl == NULL)
		return NULL;
	if (c != NULL) {
		*at = c->next;
		tls_context_unref(c);
	}
	c = NEW(struct tls_context);
	c->ca_file = mem_strdup(path);
	c->stamp = stamp;
	c->ssl = ssl;
	c->refs = 2;
	c->next = shelf->contexts;
	return shelf->contexts = c;
}

static void
party_free(struct party *p)
{
	while (p->count > 0)
		SSL_SESSION_free(p->sessions[--p->count]);
	free(p->name);
	free(p);
}

void
tls_context_unref(struct tls_context *c)
{
	struct party *p, *next;

	if (--c->refs > 0)
		return;
	for (p = c->parties; p != NULL; p = next) {
		next = p->next;
		party_free(p);
	}
	SSL_CTX_free(c->ssl);
	free(c->ca_file);
	free(c);
}

struct ssl_ctx_st *
tls_context_ssl(const struct tls_context *c)
{
	return c->ssl;
}

/* Finds the party and moves it to the front. */
static struct party *
party_find(struct tls_context *c, const char *name)
{
	struct party **at, *p;

	for (at = &c->parties; *at != NULL; at = &(*at)->next) {
		p = *at;
		if (strcmp(p->name, name) != 0)
			continue;
		*at = p->next;
		p->next = c->parties;
		return c->parties = p;
	}
	return NULL;
}

static struct party *
party_new(struct tls_context *c, const char *name)
{
	struct party *p = NEW(struct party), **last;

	p->name = mem_strdup(name);
	p->next = c->parties;
	c->parties = p;
	if (++c->party_count <= TLS_PARTIES_MAX)
		return p;
	for (last = &p->next; (*last)->next != NULL;)
		last = &(*last)->next;
	party_free(*last);
	*last = NULL;
	c->party_count--;
	return p;
}

void
tls_context_keep(struct tls_context *c, const char *party,
    struct ssl_session_st *session)
{
	struct party *p = party_find(c, party);
	int i;

	if (p == NULL)
		p = party_new(c, party);
	if (p->count == TLS_SESSIONS_MAX) {
		SSL_SESSION_free(p->sessions[0]);
		p->count--;
		for (i = 0; i < p->count; i++)
			p->sessions[i] = p->sessions[i + 1];
	}
	p->sessions[p->count++] = session;
}

static bool
still_good(const SSL_SESSION *s)
{
	return SSL_SESSION_is_resumable(s) &&
	       SSL_SESSION_get_time(s) + SSL_SESSION_get_timeout(s) >
		   (long)time(NULL);
}

/* A TLS 1.3 ticket seen twice would link two connections (RFC 8446, C.4);
 * the session of TLS 1.2 stays and may be used again. */
struct ssl_session_st *
tls_context_resume(struct tls_context *c, const char *party)
{
	struct party *p = party_find(c, party);
	SSL_SESSION *s;

	while (p != NULL && p->count > 0) {
		s = p->sessions[p->count - 1];
		if (!still_good(s)) {
			SSL_SESSION_free(s);
			p->count--;
			continue;
		}
		if (SSL_SESSION_get_protocol_version(s) >= TLS1_3_VERSION)
			p->count--;
		else
			SSL_SESSION_up_ref(s);
		return s;
	}
	return NULL;
}
