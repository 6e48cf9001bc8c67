/*
 * mailbox_login.h - how a session logs in, IMAP's or POP3's: the mechanism
 * that both sides know, its words, and whether the server may be believed.
 *
 *   _begin -> [_initial] -> _answer* -> _proven | _refused
 *
 * No I/O and no commands: those are the protocol's.  What it says is secret,
 * and wiped once it is said.
 */
#ifndef BOUNCE_MAILBOX_LOGIN_H
#define BOUNCE_MAILBOX_LOGIN_H

#include "bounce/mailbox_access.h"

#define MAILBOX_ANSWER_MAX (48U << 10) /* a line of an exchange */

enum mailbox_way {
	MAILBOX_NO_WAY = 0,  /* err says why */
	MAILBOX_BY_SASL,     /* `mechanism` */
	MAILBOX_BY_PASSWORD, /* by the protocol's own command */
};

struct mailbox_login {
	const char *protocol;         /* of error texts: "imap" */
	struct mailbox_access access; /* texts are the owner's, must last */
	enum sasl_mechanism mechanism;
	struct sasl *sasl;  /* NULL: no exchange was begun */
	struct buf initial; /* what is said first, until it is said: wipe it */
};

void mailbox_login_init(struct mailbox_login *l, const char *protocol,
    const struct mailbox_access *access);
void mailbox_login_release(struct mailbox_login *l);

/* By password only where nothing else fits and that is offered too. */
enum mailbox_way mailbox_login_begin(struct mailbox_login *l, unsigned offered,
    bool password_offered, struct err *err) MUST_USE;
/* Fills `initial` where the client speaks first. */
bool mailbox_login_initial(struct mailbox_login *l, struct err *err) MUST_USE;
/* Answers a challenge, both in base64, a line of `out`; the first one with
 * `initial`, if that was not said. */
bool mailbox_login_answer(struct mailbox_login *l, struct str challenge,
    struct buf *out, struct err *err) MUST_USE;
/* The server says yes: FAIL_AUTH where it did not prove that it knows us. */
bool mailbox_login_proven(const struct mailbox_login *l,
    struct err *err) MUST_USE;
/* It said no: what it told of that besides stands before the text. */
void mailbox_login_refused(const struct mailbox_login *l, struct err *err);

#endif
