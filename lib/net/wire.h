/*
 * wire.h - a connected, non-blocking socket, in the clear or under TLS.
 *
 * The owner closes both.  Failures name the reason alone ("reset by peer"):
 * callers put in front what they were doing and with whom.
 */
#ifndef NET_WIRE_H
#define NET_WIRE_H

#include "lib/base/err.h"

enum wire_io {
	WIRE_DONE = 0,
	WIRE_WANT_READ, /* again when the socket is readable */
	WIRE_WANT_WRITE,
	WIRE_EOF,    /* the peer closed in order */
	WIRE_FAILED, /* err is set; nothing more can be done with it */
};

struct tls;

struct wire {
	int fd;          /* -1: none */
	struct tls *tls; /* NULL: in the clear */
};

enum wire_io wire_read(const struct wire *w, char *p, size_t n, size_t *got,
    struct err *err) MUST_USE;
enum wire_io wire_write(const struct wire *w, const char *p, size_t n,
    size_t *sent, struct err *err) MUST_USE;
/* Anything at hand, or possibly so, that the socket will not announce? */
bool wire_has_more(const struct wire *w, size_t asked, size_t got);
void wire_goodbye(const struct wire *w); /* we shall not write any more */
void wire_close(struct wire *w);

/* The kind and the words of an errno of the network. */
bool wire_fail(struct err *err, int error);

#endif
