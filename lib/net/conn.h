/*
 * conn.h - one outgoing TCP connection that may be, or become, TLS.
 *
 *   conn_new -> (lookup, connect, [handshake]) -> on_open -> on_data ...
 *            -> conn_starttls -> on_open again -> ... -> on_closed
 *
 * Verified TLS only: chain, host name (or IP) and SNI are always checked,
 * TLS 1.2 at least; there is no switch to accept a bad certificate.  Sessions
 * are resumed per (host, port, tls, ca_file, key).  Writes are gathered and
 * leave together at the end of the loop's turn; before on_open, and between
 * conn_starttls and the second on_open, they wait.  Bytes that arrive between
 * asking for STARTTLS and the handshake fail the connection (RFC 3207, 4.2;
 * CVE-2011-0411).
 *
 * Failures: FAIL_TLS certificate, handshake, or bytes before it, FAIL_IO no
 * address, refused, reset, unreachable, bytes that were damaged after the
 * handshake, closed without the goodbye of TLS, FAIL_TIMEOUT, FAIL_LIMIT one
 * of the two bounds below.
 *
 * The conn owns its socket and buffers.  No callback comes from inside a
 * function of this header.  After on_closed it does nothing more, and calls
 * have no effect; the owner calls conn_free, also from inside a callback.
 */
#ifndef NET_CONN_H
#define NET_CONN_H

#include "lib/base/buf.h"
#include "lib/net/loop.h"

#define CONN_WRITE_MAX (64U << 20) /* bytes waiting to leave, else it fails */
#define CONN_READ_MAX  (1U << 20)  /* bytes on_data leaves, else it fails */
#define CONN_SHUT_MS   5000        /* conn_shut: flush, goodbye, peer's end */

enum conn_tls {
	CONN_TLS_NONE = 0,
	CONN_TLS_IMPLICIT, /* handshake first */
	CONN_TLS_STARTTLS, /* plain until conn_starttls() */
};
const char *conn_tls_name(enum conn_tls tls);
bool conn_tls_parse(struct str name, enum conn_tls *out) MUST_USE;

struct conn_params {
	const char *host; /* name or address; copied */
	int port;
	enum conn_tls tls;
	const char *ca_file;     /* NULL or "": the system's */
	const char *session_key; /* who may share TLS sessions: the account;
				    NULL: none are kept */
	/* lookup, connect and implicit handshake together; STARTTLS anew */
	int64_t connect_timeout_ms;
};

struct conn_events {
	void (*on_open)(void *arg); /* ready, or now under TLS */
	/* Consume from the front; what is left comes again with more. */
	size_t (*on_data)(struct str data, void *arg);
	void (*on_drained)(void *arg); /* all written bytes left; may be NULL */
	/* Once; err->kind FAIL_NONE when the peer closed in order. */
	void (*on_closed)(const struct err *err, void *arg);
};

struct conn;

struct conn *conn_new(struct loop *loop, const struct conn_params *params,
    const struct conn_events *events, void *arg);
void conn_write(struct conn *c, struct str data);
/* The same, and empties `data`: its memory may be the conn's afterwards, and
 * the other way round, so that much is not copied. */
void conn_write_buf(struct conn *c, struct buf *data);
void conn_starttls(struct conn *c); /* only when all read bytes are consumed */
void conn_free(struct conn *c);     /* closes at once; NULL is fine */
/* Flush, then close; on_closed follows, on_data does not come any more.  One
 * that is not open yet closes without having said anything. */
void conn_shut(struct conn *c);

bool conn_is_tls(const struct conn *c);
/* Bytes not yet handed to the kernel; valid in on_closed as well, where they
 * are those that never left. */
size_t conn_pending(const struct conn *c);
const char *conn_describe(const struct conn *c);     /* "host:port" */
const char *conn_tls_describe(const struct conn *c); /* "TLSv1.3 resumed" */

#endif
