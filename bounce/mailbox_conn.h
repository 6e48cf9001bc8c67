/*
 * mailbox_conn.h - the connection under a link to a mailbox, whatever is
 * spoken on it: it carries bytes between server and session, holds the server
 * to the limits of that, and lets the owner free the link in any callback.
 *
 *   _init -> _start -> on_data ... -> on_over          _free -> destroy
 *
 * It is a part of its link, which has the session.  All that the loop calls
 * stands between _enter and _leave; the timers of the link do that themselves.
 * After on_over only destroy comes.
 */
#ifndef BOUNCE_MAILBOX_CONN_H
#define BOUNCE_MAILBOX_CONN_H

#include "bounce/mailbox_access.h"
#include "lib/base/err.h"

/* What the session waits for. */
struct mailbox_step {
	unsigned number;   /* another one: the clock starts anew */
	const char *doing; /* "logging in" */
	int64_t limit_ms;  /* 0: none */
	bool is_ours;      /* the limit is, not the server's: on_limit */
	bool is_last;      /* the server may close the connection */
};

struct mailbox_speech {
	const char *protocol; /* of error texts: "imap" */
	struct mailbox_step (*step)(void *link);
	/* Takes bytes up to the end of one event and deals with that. */
	size_t (*on_data)(struct str data, void *link);
	/* TLS stands, as mailbox_conn_starttls wanted it. */
	bool (*on_secured)(void *link, struct err *err);
	void (*on_limit)(void *link); /* of a step that is ours */
	/* The end of the turn, as mailbox_conn_defer wanted it. */
	void (*on_turn)(void *link);
	void (*on_over)(const struct err *err, void *link);
	void (*destroy)(void *link);
};

struct mailbox_conn {
	const struct mailbox_speech *speech;
	void *link;
	struct buf *out;   /* the session's: to be sent, */
	size_t *in_flight; /* and how much of that did not leave yet */

	struct loop *loop;
	struct conn *conn; /* NULL: not allowed, cut, or over */
	struct mailbox_access access;
	char *host, *username, *password, *ca_file; /* texts of that */
	int64_t timeout_ms; /* upper bound on the server's limits; 0: none */
	uint64_t bytes;     /* received */

	struct loop_timer *limit;
	unsigned limited;   /* the step that it was set for */
	struct err failure; /* for on_turn to tell */
	int depth;          /* callbacks of the loop under way */
	bool asked_tls, over, freed;
};

void mailbox_conn_init(struct mailbox_conn *c, struct loop *loop,
    const struct mailbox_access *access, int64_t timeout_s);
/* Where it is not allowed to connect: on_turn, `failure` FAIL_INPUT. */
void mailbox_conn_start(struct mailbox_conn *c,
    const struct mailbox_speech *speech, void *link, struct buf *out,
    size_t *in_flight);
void mailbox_conn_free(struct mailbox_conn *c);    /* at once, or on _leave */
void mailbox_conn_release(struct mailbox_conn *c); /* of destroy */

void mailbox_conn_enter(struct mailbox_conn *c);
void mailbox_conn_leave(struct mailbox_conn *c);

/* What the session has written leaves; the clock follows its step. */
void mailbox_conn_settle(struct mailbox_conn *c);
void mailbox_conn_restart(struct mailbox_conn *c); /* the clock */
void mailbox_conn_starttls(struct mailbox_conn *c);
void mailbox_conn_defer(struct mailbox_conn *c);
void mailbox_conn_cut(struct mailbox_conn *c); /* the link stays */
void mailbox_conn_end(struct mailbox_conn *c, const struct err *err);

const char *mailbox_conn_describe(const struct mailbox_conn *c);
const char *mailbox_conn_tls(const struct mailbox_conn *c);

#endif
