/*
 * mailbox_token.h - what a mailbox with an OAuth grant logs in with.
 *
 *   mailbox_token_ask -> connects, with the newest token in the row's password
 *                    \-> away for a while: the endpoint does not answer
 *                     \-> given up: a person has to give another grant
 *
 * Asked for before each connection: the token is renewed there when it is due
 * (oauth_token.h), a connection that stands needs none.  One that the server
 * does not take is renewed at once, and tried once more (S-039).
 */
#ifndef BOUNCE_MAILBOX_TOKEN_H
#define BOUNCE_MAILBOX_TOKEN_H

#include "db/oauth_token.h"
#include "lib/base/err.h"

struct mailbox;
struct mailbox_row;
struct mailbox_shared;

struct mailbox_token {
	struct oauth_token *token; /* NULL until the first ask */
	int64_t serial;            /* of the token in the row's password */
	int64_t refused;           /* the serial that the server refused; 0 */
};

/* For a mailbox, or for a test of one. */
struct oauth_token *mailbox_token_new(const struct mailbox_shared *shared,
    int64_t mailbox, oauth_token_fn *fn, void *arg);

void mailbox_token_ask(struct mailbox *m);
void mailbox_token_accepted(struct mailbox *m);
/* The connection ended so: is it worth another, with another token? */
bool mailbox_token_refused(struct mailbox *m, const struct err *why);
void mailbox_token_release(struct mailbox_token *t);

#endif
