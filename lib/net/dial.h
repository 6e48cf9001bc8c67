/*
 * dial.h - a name and a port to a connected TCP socket.
 *
 * All addresses found are tried in turn, each with an equal share of the
 * time that is left.  The socket is non-blocking, with TCP_NODELAY and
 * keepalive probes (after 60 s of silence, every 15 s, 4 of them).  When no
 * address answers, the failure is the first one: the resolver puts the
 * address in front that should have worked.
 */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include "lib/net/loop.h"

struct dial;

/* The socket is the callee's, -1 on failure; called once, never from inside
 * dial_new. */
typedef void dial_fn(int fd, const struct err *err, void *arg);

struct dial *dial_new(struct loop *loop, const char *host, int port,
    int64_t timeout_ms, dial_fn *fn, void *arg);
void dial_free(struct dial *d); /* NULL is fine; also from the callback */

#define DIAL_NAME_MAX 320
/* "host:port", IPv6 addresses in brackets. */
void dial_name(char out[DIAL_NAME_MAX], const char *host, int port);

#endif
