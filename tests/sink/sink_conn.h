/*
 * sink_conn.h - one connection of a sink: a non-blocking socket, TLS on it or
 * not, and the session behind it.
 *
 * Closing is done so that the last reply arrives: our half is shut, and what
 * the client still says is read and forgotten until it closes too.  What was
 * read stands in memory that all connections of a thread share; a connection
 * keeps only what its session did not eat.
 */
#ifndef TESTS_SINK_CONN_H
#define TESTS_SINK_CONN_H

#include "tests/sink/sink_session.h"

#define SINK_READ_MAX ((size_t)128 << 10) /* octets at once */
#define SINK_LEFT_MAX (2 * SINK_READ_MAX) /* not eaten yet */
#define SINK_SCRATCH  (SINK_LEFT_MAX + SINK_READ_MAX)

struct ssl_st;
struct ssl_ctx_st;

/* What a thread lends to its connections. */
struct sink_host {
	struct sink_shared *shared;
	struct sink_record record;
	struct ssl_ctx_st *tls;
	char *scratch; /* SINK_SCRATCH octets */
};

struct sink_conn {
	int fd; /* owned */
	struct sink_host *host;
	struct ssl_st *ssl;
	bool handshake; /* under way */
	bool want_write;
	bool shut; /* our half is closed */
	bool gone; /* to be freed */
	bool touched;
	int watched; /* events that epoll looks for; -1: not in it yet */
	int64_t read_due_ms, write_due_ms; /* of a pace; 0: now */
	struct sink_cut in_cut, out_cut;
	struct buf in; /* not eaten yet */
	struct sink_session session;
	struct sink_conn *prev, *next;  /* all of a thread */
	struct sink_conn *next_touched; /* those with work this turn */
};

struct sink_conn *sink_conn_new(int fd, struct sink_host *host);
void sink_conn_free(struct sink_conn *c);

/* Reads what there is and lets the session eat it. */
void sink_conn_read(struct sink_conn *c);
/* Goes on with what stood behind a delay. */
void sink_conn_resume(struct sink_conn *c);
/* Writes what the session said; sets want_write or gone. */
void sink_conn_flush(struct sink_conn *c);

/* The events to wait for, and when it goes on without one; SINK_NEVER. */
unsigned sink_conn_events(const struct sink_conn *c);
int64_t sink_conn_due_ms(const struct sink_conn *c);

#endif
