/*
 * sink_session.h - the server's side of one SMTP conversation, without I/O:
 * it eats what a client says and fills `out` with replies.
 *
 * It stops eating while it waits: for the handshake (start_tls), until a
 * delayed reply is due (due_ms), or for good (due_ms is SINK_NEVER).  Time is
 * the record's, as its owner told it.  What a session did for all sessions of
 * a sink (counts, faults) is in the shared struct.
 */
#ifndef TESTS_SINK_SESSION_H
#define TESTS_SINK_SESSION_H

#include "tests/sink/sink_body.h"
#include "tests/sink/sink_login.h"
#include "tests/sink/sink_record.h"

#include <stdatomic.h>

struct sink_shared {
	const struct sink_options *options;
	struct sink_rules *rules;
	struct sink_tokens tokens;
	atomic_long accepted;    /* messages */
	atomic_long connections; /* ever */
	atomic_long open;        /* connections now */
	atomic_long logins;      /* AUTH commands */
	atomic_long refused;     /* steps that a rule took the place of */
};

void sink_shared_init(struct sink_shared *s,
    const struct sink_options *options); /* or dies */
void sink_shared_release(struct sink_shared *s);

enum sink_end {
	SINK_STAYS = 0,
	SINK_CLOSES, /* when `out` is flushed, listening on */
	SINK_CUTS,   /* the same, and without TLS's goodbye */
	SINK_RESETS, /* when `out` is flushed, with a TCP reset */
};

enum sink_state { SINK_COMMANDS = 0, SINK_CREDENTIALS, SINK_TEXT };

/* Octets at a time, as long as the rules are not read again. */
struct sink_pace {
	long bytes; /* 0: as fast as it goes */
	int64_t ms;
	int generation; /* of the rules */
};

struct sink_session {
	struct sink_shared *shared;
	struct sink_record *record;
	long id;
	enum sink_state state;
	enum sink_end end;
	enum sink_act fault; /* that took a step's place last */
	bool tls;            /* under TLS now */
	bool start_tls;      /* the handshake comes next */
	bool greeted, authenticated, has_mail;
	int recipients, messages;
	int64_t mail_us;         /* when MAIL came */
	int64_t due_ms;          /* 0: no reply is delayed */
	int64_t delay_ms;        /* of what is said in this step */
	uint64_t received, sent; /* octets, kept by whoever moves them */
	long corrupt;            /* octets of nonsense below TLS are due */
	struct sink_pace reads, writes;
	struct buf out;
	struct buf late; /* what is delayed */
	struct buf from, to;
	struct buf unanswered; /* struct answer[], when `lost` is logged */
	struct sink_login login;
	struct sink_body body;
	struct sink_cut body_cut; /* by octets of the body */
};

/* `tls`: the session begins under it. */
void sink_session_init(struct sink_session *s, struct sink_shared *shared,
    struct sink_record *record, bool tls);
void sink_session_release(struct sink_session *s);

/* True when a rule took the place of this step. */
bool sink_session_fault(struct sink_session *s, enum sink_step step);
/* The greeting; with implicit TLS, after the handshake. */
void sink_session_greet(struct sink_session *s);
/* Eats whole lines from the front; gives how many bytes. */
size_t sink_session_feed(struct sink_session *s, struct str data);
/* The handshake that start_tls asked for is done. */
void sink_session_secured(struct sink_session *s);
/* The delayed reply is due. */
void sink_session_resume(struct sink_session *s);

/* Where this connection ends in one direction (SINK_IN, SINK_OUT). */
void sink_session_find_cut(struct sink_session *s, enum sink_step step,
    struct sink_cut *cut);
/* It has come to the cut, which is over then.  What waits to be sent does not
 * leave in the direction SINK_OUT. */
void sink_session_cut(struct sink_session *s, struct sink_cut *cut);

/* A reply or more; CRLF is added. */
void sink_session_reply(struct sink_session *s, const char *text);
/* For what is said next it is remembered that it answers this message. */
void sink_session_answers(struct sink_session *s, long number);

#endif
