/*
 * sink_session.h - the server's side of one SMTP conversation, without I/O:
 * it eats what a client says and fills `out` with replies.
 *
 * It stops eating while it waits: for the handshake (start_tls), or until a
 * delayed reply is due (due_ms).  What a session did for all sessions of a
 * sink (counts, faults) is in the shared struct.
 */
#ifndef TESTS_SINK_SESSION_H
#define TESTS_SINK_SESSION_H

#include "lib/base/buf.h"
#include "tests/sink/sink_options.h"
#include "tests/sink/sink_record.h"

struct sink_shared {
	struct sink_options *options;
	atomic_long accepted;    /* messages */
	atomic_long connections; /* ever */
	atomic_long logins;      /* AUTH commands */
	atomic_long refused;     /* replies that a fault gave */
};

enum sink_end {
	SINK_STAYS = 0,
	SINK_CLOSES, /* when `out` is flushed, listening on */
	SINK_RESETS, /* at once, with a TCP reset */
};

enum sink_state {
	SINK_COMMANDS = 0,
	SINK_AUTH_PLAIN, /* a response is awaited */
	SINK_AUTH_USER,
	SINK_AUTH_PASSWORD,
	SINK_BODY,
};

struct sink_session {
	struct sink_shared *shared;
	struct sink_record *record;
	long id;
	enum sink_state state;
	enum sink_end end;
	bool tls;       /* under TLS now */
	bool start_tls; /* the handshake comes next */
	bool greeted, authenticated, has_mail;
	int64_t mail_us; /* when it came */
	int recipients, messages;
	int64_t due_ms; /* 0: no reply is delayed */
	struct buf out;
	struct buf late; /* the delayed reply */
	struct buf from, to, message_id, user;
	struct buf whole; /* the message, when it is to be dumped */
	bool in_header, dump;
	uint64_t bytes; /* of the message so far, unstuffed */
};

void sink_session_init(struct sink_session *s, struct sink_shared *shared,
    struct sink_record *record, bool tls);
void sink_session_release(struct sink_session *s);

/* The greeting; with implicit TLS, after the handshake. */
void sink_session_greet(struct sink_session *s);
/* Eats whole lines from the front; gives how many bytes. */
size_t sink_session_feed(struct sink_session *s, struct str data,
    int64_t now_ms);
/* The handshake that start_tls asked for is done. */
void sink_session_secured(struct sink_session *s);
/* The delayed reply is due. */
void sink_session_release_reply(struct sink_session *s);

#endif
