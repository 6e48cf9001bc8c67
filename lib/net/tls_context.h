/*
 * tls_context.h - what TLS connections of a loop share: authorities and
 * sessions.  Private to lib/net/tls*.c.
 *
 * One context a ca_file, as long as the file stays the same; a changed file
 * gives a new context, without the sessions that the old one vouched for.
 * At most TLS_PARTIES_MAX parties are remembered, the least recently used
 * one goes first, each with TLS_SESSIONS_MAX sessions at most.
 */
#ifndef NET_TLS_CONTEXT_H
#define NET_TLS_CONTEXT_H

#include "lib/base/err.h"

#define TLS_PARTIES_MAX  256
#define TLS_SESSIONS_MAX 8

struct loop;
struct ssl_ctx_st;
struct ssl_session_st;
struct tls_context;

/* One reference, given back by tls_context_unref. */
struct tls_context *tls_context_get(struct loop *loop, const char *ca_file,
    struct err *err) MUST_USE;
void tls_context_unref(struct tls_context *c);

struct ssl_ctx_st *tls_context_ssl(const struct tls_context *c);

/* Takes the session over. */
void tls_context_keep(struct tls_context *c, const char *party,
    struct ssl_session_st *session);
/* The newest one that is still good, now the caller's; or NULL. */
struct ssl_session_st *tls_context_resume(struct tls_context *c,
    const char *party) MUST_USE;

/* Set as SSL_CTX callbacks by tls.c and tls_staple.c. */
struct ssl_st;
int tls_new_session(struct ssl_st *ssl, struct ssl_session_st *session);
int tls_check_staple(struct ssl_st *ssl, void *arg);

/* The newest error of OpenSSL's queue in words. */
const char *tls_reason(void);

#endif
