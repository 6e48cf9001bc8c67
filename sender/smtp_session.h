/*
 * smtp_session.h - the client side of one SMTP conversation, without I/O.
 *
 * The session eats what the server says and fills `out` with what to say;
 * whoever owns the socket moves both and owns time.
 *
 *   GREETING -> HELLO -> [TLS -> HELLO] -> [AUTH] -> READY -> QUIT -> OVER
 *   any of them -> OVER
 *
 * Commands that are sent are remembered in order and each reply answers the
 * oldest; a reply to nothing is a protocol error.  After any protocol error,
 * timeout or 421 the session is OVER and its connection is not used again
 * (S-032, S-044).
 *
 * Messages.  Where PIPELINING is offered the session takes two: one under
 * way and the next one, whose MAIL, RCPT and DATA leave in the same write as
 * the final dot of the first:
 *
 *   C: MAIL 1 RCPT 1 DATA 1 | S: 250 250 354
 *   C: body 1 . MAIL 2 RCPT 2 DATA 2 | S: 250(1) 250 250 354 | C: body 2 . ...
 *
 * Every reply is checked.  A refused recipient whose DATA was accepted all
 * the same gets a lone dot and counts as refused whatever that dot's reply
 * is; a refused DATA is followed by RSET (RFC 2920, 3.1; S-033).  A refused
 * dot says nothing about the next message, whose commands have a transaction
 * of their own.  Elsewhere each command waits for its reply, and the session
 * takes one message.
 *
 * Secrets: credentials leave only under TLS, or where the caller said that
 * the peer is on this host.  Memory: params and messages are the caller's
 * and must outlive the session / their result.
 */
#ifndef SENDER_SMTP_SESSION_H
#define SENDER_SMTP_SESSION_H

#include "lib/mail/diagnosis.h"
#include "lib/mail/sasl.h"
#include "lib/net/conn.h"
#include "sender/smtp_capabilities.h"
#include "sender/smtp_reply.h"
#include "sender/smtp_step.h"

#define SMTP_SESSION_MESSAGE_MAX  (16U << 20)
#define SMTP_SESSION_OUT_MAX      (48U << 20) /* stuffed, with envelopes */
#define SMTP_SESSION_PENDING_MAX  8
#define SMTP_SESSION_MESSAGES_MAX 2
#define SMTP_SESSION_AUTH_ROUNDS  8 /* challenges, then we give up */

/* What is to be sent to one recipient (S-020).  All borrowed. */
struct smtp_message {
	struct str from, to; /* envelope, as on the wire */
	struct str data;     /* RFC 5322 bytes, CRLF, not dot-stuffed */
	struct buf *bytes;   /* what data is a view of: emptied, and data with
			      * it, when the body is written; or NULL */
	bool needs_smtputf8; /* a non-ASCII local part or header */
	bool eight_bit;      /* data has bytes over 127 */
	struct str envid;    /* for DSN, where it is offered; may be empty */
	int losses;          /* connections that ended under it, dot unsent:
	                        * counted by the pool, kept over hand-backs */
	int64_t took_ms;     /* of a connection's time: told by the pool */
	void *owner;         /* the owner's own, untouched */
	struct smtp_message *next; /* the pool's */
};

/* How a message ended, as far as the wire is concerned; what follows from
 * it is decided in verdict.h. */
struct smtp_result {
	struct smtp_message *message;
	bool accepted; /* 2xx to the final dot; reply.text names the queue */
	bool begun;    /* MAIL was handed to the connection */
	bool dot_sent; /* its final dot was handed to the connection */
	bool local;    /* refused by us before MAIL; reply is our own */
	enum phase phase;
	struct smtp_reply reply; /* code 0: none; then err says why */
	struct err err;          /* FAIL_NONE when the reply decided */
};

/* Why a session is over. */
struct smtp_end {
	enum phase phase;
	struct smtp_reply reply; /* the reply that ended it; code 0: none */
	struct err err; /* FAIL_NONE: after QUIT, nothing to complain of */
};

struct smtp_session_params {
	const char *helo;
	enum conn_tls tls;
	bool local_peer; /* on this host: credentials may go without TLS */
	enum sasl_mechanism mechanism;
	const char *username; /* NULL or "": no AUTH */
	bool ask_login;       /* stops in SMTP_STAGE_LOGIN before AUTH */
	const char *password;
	const char *host;
	int port;
};

enum smtp_stage {
	SMTP_STAGE_GREETING = 0,
	SMTP_STAGE_HELLO, /* EHLO, HELO or STARTTLS awaits its reply */
	SMTP_STAGE_TLS,   /* the handshake is the caller's turn */
	SMTP_STAGE_LOGIN, /* AUTH is next: smtp_session_login() */
	SMTP_STAGE_AUTH,
	SMTP_STAGE_READY, /* takes messages */
	SMTP_STAGE_QUIT,  /* takes none; QUIT is or will be sent */
	SMTP_STAGE_OVER,
	SMTP_STAGE__COUNT
};

enum smtp_event {
	SMTP_WAIT = 0,  /* every whole line is eaten */
	SMTP_START_TLS, /* do the handshake, then smtp_session_secured() */
	SMTP_READY,     /* smtp_session_send() from now on; once */
	SMTP_GO_AHEAD,  /* 354: smtp_session_body(), now or later */
	SMTP_RESULT,    /* `result` is filled */
	SMTP_OVER,      /* `end` is filled; smtp_session_left() for the rest */
};

/* One message on its way. */
struct smtp_transaction {
	struct smtp_message *message; /* NULL: free */
	bool begun;                   /* MAIL may be sent */
	bool said;                    /* it was */
	bool dot_sent;                /* body and dot were written to out */
	bool refused; /* `refusal` decides; what follows is its consequence */
	enum phase phase; /* of the refusal */
	struct smtp_reply refusal;
};

struct smtp_pending {
	enum smtp_step step;
	struct smtp_transaction *transaction; /* NULL: of no message */
};

struct smtp_session {
	struct smtp_session_params params;
	enum smtp_stage stage;
	bool secured;
	bool go_ahead; /* 354 came, the body has not been asked for */
	struct smtp_capabilities capabilities;
	struct sasl *sasl;
	int auth_rounds;
	bool auth_cancelled;
	struct smtp_reply reply; /* being assembled */
	struct smtp_pending pending[SMTP_SESSION_PENDING_MAX];
	int pending_count;
	uint64_t replies; /* complete ones, in all */
	struct smtp_transaction slots[SMTP_SESSION_MESSAGES_MAX];
	struct smtp_transaction *current, *following; /* in slots, or NULL */
	struct smtp_transaction *blamed; /* whose reply did not come in time */
	struct buf out; /* to be sent; smtp_session_written() empties it */
	size_t dot_end; /* where in out a final dot ends; 0: there is none */
	struct smtp_result result; /* of the last SMTP_RESULT */
	struct smtp_end end;       /* of SMTP_OVER */
};

void smtp_session_init(struct smtp_session *s,
    const struct smtp_session_params *params);
void smtp_session_release(struct smtp_session *s);

/* Eats whole lines from the front of *data until something happens; call
 * again until SMTP_WAIT.  What is left of *data then is an unfinished line. */
enum smtp_event smtp_session_feed(struct smtp_session *s,
    struct str *data) MUST_USE;

/* The handshake that SMTP_START_TLS asked for is done and verified. */
void smtp_session_secured(struct smtp_session *s);

/* In SMTP_STAGE_LOGIN: says AUTH.  As smtp_session_feed. */
enum smtp_event smtp_session_login(struct smtp_session *s) MUST_USE;

/* How many messages it takes now: 0..2. */
int smtp_session_room(const struct smtp_session *s);
/* Messages that have no result yet. */
int smtp_session_busy(const struct smtp_session *s);
/* Takes a message (room > 0).  False: refused by us before MAIL, because of
 * SIZE (S-034), SMTPUTF8 (S-024), 8BITMIME or its addresses;
 * `result` is filled. */
bool smtp_session_send(struct smtp_session *s, struct smtp_message *m) MUST_USE;

/* The same, but its MAIL waits for the caller's word. */
bool smtp_session_take(struct smtp_session *s, struct smtp_message *m) MUST_USE;
/* The message whose MAIL would be written next, now or with the body that is
 * held; NULL: none. */
struct smtp_message *smtp_session_next(const struct smtp_session *s);
/* That one may begin.  Or it is taken back: `result` says so. */
void smtp_session_begin(struct smtp_session *s);
void smtp_session_withdraw(struct smtp_session *s);

/* `out` was handed to the connection: empties it. */
void smtp_session_written(struct smtp_session *s);

/* The message that waits for smtp_session_body, or NULL. */
struct smtp_message *smtp_session_held(const struct smtp_session *s);
/* Writes body and final dot, and what can go with them. */
void smtp_session_body(struct smtp_session *s);

/* The final dot of the message under way is known not to have left. */
void smtp_session_dot_unsent(struct smtp_session *s);

/* Ends it in order once nothing is under way. */
void smtp_session_quit(struct smtp_session *s);
/* The connection died, timed out, or is to be given up. */
void smtp_session_fail(struct smtp_session *s, const struct err *err);
/* After SMTP_OVER: fills `result` for a message that has none; false when
 * there is no more. */
bool smtp_session_left(struct smtp_session *s) MUST_USE;

/* The oldest command without a reply; SMTP_STEP__COUNT when there is none. */
enum smtp_step smtp_session_awaits(const struct smtp_session *s);

#endif
