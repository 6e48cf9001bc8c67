/*
 * sink_conn.h - one connection of a sink: a non-blocking socket, TLS on it or
 * not, and the session behind it.
 *
 * Closing is done so that the last reply arrives: our half is shut, and what
 * the client still says is read and forgotten until it closes too.
 */
#ifndef TESTS_SINK_CONN_H
#define TESTS_SINK_CONN_H

#include "tests/sink/sink_session.h"

struct ssl_st;
struct ssl_ctx_st;

struct sink_conn {
	int fd; /* owned */
	struct ssl_st *ssl;
	bool handshake; /* under way */
	bool want_write;
	int watched; /* events that epoll looks for; -1: not in it yet */
	bool shut;   /* our half is closed */
	bool gone;   /* to be freed */
	bool touched;
	struct buf in;
	struct sink_session session;
	struct sink_conn *prev, *next;  /* all of a thread */
	struct sink_conn *next_touched; /* those with work this turn */
};

struct sink_conn *sink_conn_new(int fd, struct sink_shared *shared,
    struct sink_record *record, struct ssl_ctx_st *tls);
void sink_conn_free(struct sink_conn *c);

/* Reads what there is and lets the session eat it. */
void sink_conn_read(struct sink_conn *c, struct ssl_ctx_st *tls,
    int64_t now_ms);
/* Goes on with what stood behind a delayed reply. */
void sink_conn_resume(struct sink_conn *c, int64_t now_ms);
/* Writes what the session said; sets want_write or gone. */
void sink_conn_flush(struct sink_conn *c);

#endif
