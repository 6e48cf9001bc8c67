/*
 * tls.h - the client side of TLS on a connected, non-blocking socket.
 *
 * Always verified: chain, validity, name (subjectAltName only, RFC 9525) or
 * IP address, and the revocation status if the server staples one; TLS 1.2
 * at least, keys of 112 bits of security at least.  Without a ca_file the
 * system's authorities count, with one only what stands in it.
 *
 * Authorities are read once per ca_file and again when the file has changed.
 * Sessions are kept per loop and resumed when `session` is the same text:
 * whoever may not share them must differ in it.  TLS 1.3 tickets are used
 * once.  Does not own the socket.  No function blocks.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "lib/net/wire.h"

struct loop;
struct tls;

struct tls_params {
	const char *host;    /* name or address that the certificate is for */
	const char *ca_file; /* NULL or "": the system's */
	const char *session; /* who may resume it; NULL: nobody */
};

/* NULL and err when the ca_file cannot be used. */
struct tls *tls_new(struct loop *loop, int fd, const struct tls_params *params,
    struct err *err) MUST_USE;
void tls_free(struct tls *t); /* NULL is fine */

enum wire_io tls_handshake(struct tls *t, struct err *err) MUST_USE;
enum wire_io tls_read(struct tls *t, char *p, size_t n, size_t *got,
    struct err *err) MUST_USE;
enum wire_io tls_write(struct tls *t, const char *p, size_t n, size_t *sent,
    struct err *err) MUST_USE;
bool tls_has_more(const struct tls *t); /* read, but not given out yet */
void tls_close(struct tls *t);          /* says goodbye, if it can at once */

/* "TLSv1.3" or "TLSv1.3 resumed"; "" before the handshake is done. */
const char *tls_describe(const struct tls *t);

#endif
