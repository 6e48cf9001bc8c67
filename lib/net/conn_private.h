/*
 * conn_private.h - what conn.c (life) and conn_io.c (bytes) share.
 *
 *   DIALING -> [HANDSHAKE] -> OPEN -> [HANDSHAKE -> OPEN] -> CLOSED
 *
 * CLOSED from everywhere.  Work that must not happen inside a call of the
 * owner (failing, the handshake after STARTTLS, writing) is done at the end
 * of the turn.
 */
#ifndef NET_CONN_PRIVATE_H
#define NET_CONN_PRIVATE_H

#include "lib/base/buf.h"
#include "lib/net/conn.h"
#include "lib/net/dial.h"
#include "lib/net/wire.h"

enum conn_state { CONN_DIALING = 0, CONN_HANDSHAKE, CONN_OPEN, CONN_CLOSED };

struct conn {
	struct loop *loop;
	const struct conn_events *events;
	void *arg;
	char *host, *ca_file, *session;
	enum conn_tls mode;
	int64_t timeout_ms;
	int64_t deadline_ms; /* of the first connect */
	char name[DIAL_NAME_MAX];

	enum conn_state state;
	struct dial *dial;
	struct wire wire;
	struct loop_watch *watch;
	struct loop_timer *timer;
	char tls_text[32];
	struct buf in, out;
	size_t sent; /* bytes of `out` that the kernel has */

	struct err failure; /* to be told at the end of the turn */
	bool upgrade;       /* conn_starttls was called */
	bool shut;          /* conn_shut was called */
	bool said_goodbye;  /* all is flushed; only the peer's end is awaited */
	bool unread;        /* the last reading ended early */
	bool read_stuck;    /* reading waits until the socket is writable */
	bool write_stuck;   /* writing waits for the socket */
	bool turn_due;      /* end_of_turn will run */
	int depth;          /* callbacks under way */
	bool freed;         /* conn_free was called in one of them */
};

/* Runs conn_end_of_turn when the turn ends. */
void conn_want_turn(struct conn *c);

/* The end: the owner hears of it and nothing comes after. */
void conn_closed(struct conn *c, enum fail kind, const char *text);
/* With the reason that a function of wire.h or tls.h gave. */
void conn_failed(struct conn *c, const struct err *err, const char *doing);

/* Open, and nothing is decided that forbids using it. */
bool conn_usable(const struct conn *c);

void conn_read(struct conn *c); /* until it is empty, or for long enough */
void conn_flush(struct conn *c);

#endif
