/*
 * pop3_session_steps.h - what the two files of the session share: the engine
 * (pop3_session.c) and the way into the mailbox (pop3_session_open.c).  For
 * them only.
 */
#ifndef BOUNCE_POP3_SESSION_STEPS_H
#define BOUNCE_POP3_SESSION_STEPS_H

#include "bounce/pop3_session.h"

/* The whole answer to the command of a state; s->last is its first line. */
typedef enum pop3_event answer_fn(struct pop3_session *, struct err *);

answer_fn pop3_on_capa, pop3_on_stls, pop3_on_auth, pop3_on_user, pop3_on_pass,
    pop3_on_stat;

/* Begins a command; add to it, then send. */
struct pop3_command *pop3_begin(struct pop3_session *s, struct str verb);
/* POP3_EVENT_NONE, or OVER when it cannot be written. */
enum pop3_event pop3_send(struct pop3_session *s, enum pop3_state state,
    struct err *err);

enum pop3_event pop3_over(struct pop3_session *s);
/* The server said no, and that ends the connection; `kind` unless its code
 * says more. */
enum pop3_event pop3_refused(struct pop3_session *s, enum fail kind,
    struct err *err);

/* What is to be said next on the way into the mailbox. */
enum pop3_event pop3_proceed(struct pop3_session *s, struct err *err);
/* `+` while logging in. */
enum pop3_event pop3_challenge(struct pop3_session *s, struct err *err);

#endif
