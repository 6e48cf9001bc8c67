/*
 * imap_session_steps.h - what the files of the session share: the engine
 * (imap_session.c), the way to the open mailbox (imap_session_open.c), the
 * work there (imap_session_work.c) and what it changes
 * (imap_session_mark.c).  For them only.
 */
#ifndef BOUNCE_IMAP_SESSION_STEPS_H
#define BOUNCE_IMAP_SESSION_STEPS_H

#include "bounce/imap_session.h"

/* The tagged answer to the command of a state. */
typedef enum imap_event tagged_fn(struct imap_session *, struct err *);

tagged_fn on_capability, on_starttls, on_login, on_id, on_select;
tagged_fn on_list, on_search, on_fetch, on_noop, on_idle, on_done, on_logout;
tagged_fn on_marked, on_copied, on_deleted;

/* Begins a command in s->next; add its words, then send. */
struct imap_command *session_begin(struct imap_session *s);
/* False (FAIL_INPUT): it cannot be written; nothing is sent. */
bool session_send(struct imap_session *s, enum imap_state state,
    struct err *err) MUST_USE;

/* What waited for the end of IDLE becomes the present command. */
void session_launch(struct imap_session *s);

enum imap_event session_over(struct imap_session *s);
/* The server said no, and that ends the connection; FAIL_BUSY instead of
 * `kind` when it wants us to come later. */
enum imap_event session_refused(struct imap_session *s, enum fail kind,
    struct err *err);
/* It said no to a command of the owner, who may go on unless it was BAD or
 * the server wants us to come later. */
enum imap_event session_declined(struct imap_session *s, enum fail kind,
    struct err *err);
/* Does the server mean `not now`? (RFC 5530; R-018) */
bool session_wants_later(const struct imap_response *r);

/* The greeting, whatever it is. */
enum imap_event session_greet(struct imap_session *s, struct err *err);
/* `+` while logging in. */
enum imap_event session_challenge(struct imap_session *s, struct err *err);
/* What is to be said next on the way to the open mailbox. */
enum imap_event session_proceed(struct imap_session *s, struct err *err);
/* The `+` of IDLE. */
enum imap_event session_idling(struct imap_session *s);
bool session_examine(struct imap_session *s, struct str folder,
    struct err *err) MUST_USE;

#endif
