/*
 * peer.h - the other side of a connection: a server on loopback, in a thread
 * of the test program, that serves one connection after the other as a
 * function says, with blocking calls that give up after PEER_WAIT_S.
 */
#ifndef TESTS_SUPPORT_PEER_H
#define TESTS_SUPPORT_PEER_H

#include "lib/base/str.h"

#define PEER_WAIT_S 10

struct peer;
struct ssl_st;

struct peer_conn {
	int fd;
	struct ssl_st *ssl; /* after peer_tls */
	struct peer *peer;
};

struct peer_tls {
	const char *cert; /* name in certs.h; NULL: this peer has no TLS */
	int max_version;  /* as TLS1_2_VERSION; 0: the newest */
	const char *revoked_by; /* staple "revoked", signed by this one */
};

typedef void peer_fn(struct peer_conn *pc, void *arg);

struct peer *peer_start(const struct peer_tls *tls, peer_fn *serve, void *arg);
int peer_port(const struct peer *p);
int peer_served(const struct peer *p); /* connections, after peer_stop */
void peer_stop(struct peer *p);        /* waits until the last is served */
void peer_free(struct peer *p);        /* after peer_stop */

/* False when the client does not accept the handshake. */
bool peer_tls(struct peer_conn *pc) MUST_USE;
bool peer_say(struct peer_conn *pc, const void *p, size_t n);
#define PEER_SAY(pc, text) peer_say((pc), (text), sizeof(text) - 1)
/* Bytes read, 0 at the end or when the time is over. */
size_t peer_hear(struct peer_conn *pc, char *p, size_t n);
/* Reads up to and with '\n', NUL-terminates; false at the end. */
bool peer_line(struct peer_conn *pc, char *p, size_t n);
/* Closes with a TCP reset. */
void peer_reset(struct peer_conn *pc);

/* A listening socket whose queue is full: it answers no SYN. */
struct peer_hole {
	int fd, filler[8];
	int port;
};
void peer_hole_open(struct peer_hole *hole);
void peer_hole_close(struct peer_hole *hole);

#endif
