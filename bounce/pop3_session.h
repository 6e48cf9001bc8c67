/*
 * pop3_session.h - the client side of one POP3 connection, without I/O.
 *
 * The session eats the server's bytes, fills `out` with what is to be sent
 * and tells its owner what happened, one event a call.  It reads no clock
 * and opens nothing, so that transcripts and fuzzers need no socket.  What is
 * deleted is the owner's choice, and is so for the server from QUIT on only.
 *
 * Trust: before TLS it says nothing but CAPA and STLS; bytes
 * after the +OK of STLS, or an answer to a command that has not wholly left
 * yet, end the connection.  What the server can do is asked again under TLS.
 *
 * Its memory: one line, one message (pop3_content.h), POP3_QUEUE_MAX commands.
 */
#ifndef BOUNCE_POP3_SESSION_H
#define BOUNCE_POP3_SESSION_H

#include "bounce/mailbox_login.h"
#include "bounce/pop3_command.h"
#include "bounce/pop3_content.h"
#include "bounce/pop3_reply.h"

#define POP3_LINE_MAX       8192 /* RFC 1939 says 512; some say more */
#define POP3_CAPA_LINES_MAX 100
#define POP3_MESSAGES_MAX   1000000 /* in a mailbox */
#define POP3_QUEUE_MAX      128     /* commands without an answer */
#define POP3_LINES          3000    /* what POP3_STATE_LINES asks for, */
#define POP3_PEEK_LINES     1000000 /* and what POP3_STATE_PEEK does */

/*
 * Legal paths ('*': only where the parameters and the server ask for it):
 *
 *   GREETING -> CAPA -> STLS* -> HANDSHAKE -> CAPA
 *            -> AUTH | USER -> PASS -> CAPA* -> STAT -> READY
 *   READY -> UIDL | LIST | TOP | LINES | PEEK | RETR | DELE | QUIT, any
 *            number of them in a row -> READY
 *   QUIT -> OVER          any -> OVER
 */
enum pop3_state {
	POP3_STATE_GREETING = 0,
	POP3_STATE_CAPA,
	POP3_STATE_STLS,
	POP3_STATE_HANDSHAKE, /* the owner is to start TLS */
	POP3_STATE_AUTH,
	POP3_STATE_USER,
	POP3_STATE_PASS,
	POP3_STATE_STAT,
	POP3_STATE_READY, /* no command is under way */
	POP3_STATE_UIDL,
	POP3_STATE_LIST,  /* of one message */
	POP3_STATE_TOP,   /* its header */
	POP3_STATE_LINES, /* and POP3_LINES lines of it */
	POP3_STATE_PEEK,  /* all of it, and it stays unread for others */
	POP3_STATE_RETR,
	POP3_STATE_DELE,
	POP3_STATE_QUIT,
	POP3_STATE_OVER,
	POP3_STATE__COUNT
};
const char *pop3_state_doing(enum pop3_state s); /* "logging in" */
/* How long the server may take for it; 0: as long as the owner lets it. */
int64_t pop3_state_timeout_ms(enum pop3_state s);

enum pop3_event {
	POP3_EVENT_NONE = 0, /* the bytes are used up */
	POP3_EVENT_STLS,     /* start TLS, then pop3_session_secured() */
	POP3_EVENT_READY,    /* logged in; `messages` is known */
	POP3_EVENT_KEY,      /* a line of UIDL: `number`, `key` */
	POP3_EVENT_SIZE,     /* of LIST: `number`, `size` */
	POP3_EVENT_MESSAGE, /* `number`, `content`, `is_body`; over if is_cut */
	POP3_EVENT_OVER,    /* close; err says why, FAIL_NONE after QUIT */
};

struct pop3_asked {
	enum pop3_state what;
	uint32_t number; /* of the message */
};

struct pop3_session {
	enum pop3_state state; /* what the next answer is to */
	struct pop3_capability can;
	uint32_t messages;  /* in the mailbox */
	unsigned answers;   /* how many came */
	bool secured;       /* under TLS (or allowed without) */
	bool authenticated; /* the server believes us, and we it */
	struct err refusal; /* the first -ERR since READY; FAIL_NONE: none */

	struct buf out;   /* to be sent; the owner takes it with buf_drop */
	size_t in_flight; /* taken, but not yet with the kernel: owner sets */

	/* Of the event. */
	uint32_t number;
	uint64_t size;
	struct str key;
	bool is_body, is_cut;
	struct pop3_content content;

	bool listing, reading;  /* lines, a message: until the dot */
	uint32_t lines;         /* of the listing, so far */
	struct pop3_reply last; /* the line at hand */
	struct pop3_asked queue[POP3_QUEUE_MAX];
	int queued, sent; /* the first `sent` of them were */
	bool delay_known; /* login_delay_s is this user's */
	struct pop3_command command;
	struct mailbox_login login;
	struct buf line;
};

/* The texts are the owner's and must last. */
void pop3_session_init(struct pop3_session *s,
    const struct mailbox_access *access);
void pop3_session_release(struct pop3_session *s);

/* Takes bytes up to the end of one event; call again with the rest until it
 * says POP3_EVENT_NONE and has used all.  The owner's commands are done when
 * the state is READY again.  With POP3_EVENT_OVER err says why (FAIL_AUTH,
 * FAIL_TLS, FAIL_PROTOCOL, FAIL_LIMIT, FAIL_REFUSED, FAIL_BUSY = later,
 * FAIL_MISSING = no such mailbox). */
enum pop3_event pop3_session_feed(struct pop3_session *s, struct str data,
    size_t *used, struct err *err) MUST_USE;

/* TLS stands; for CONN_TLS_STARTTLS only. */
bool pop3_session_secured(struct pop3_session *s, struct err *err) MUST_USE;

/* Asks for UIDL, LIST, TOP, LINES, PEEK, RETR, DELE or QUIT, after what was asked
 * for before; there has to be room. */
int pop3_session_room(const struct pop3_session *s);
void pop3_session_ask(struct pop3_session *s, enum pop3_state what,
    uint32_t number);

#endif
