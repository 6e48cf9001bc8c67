/*
 * oauth_token.h - the access token of one account or mailbox, shared by all
 * processes through the table oauth.
 *
 *   ask -> [another asks the endpoint: look again] -> GOOD, LATER or NEVER
 *       -> [we are to ask it] -> store the answer -> look again
 *
 * Of all workers and pollers on a database one asks the token endpoint, the
 * others wait for what it stores.  A refresh token that came anew is
 * stored before the access token is used.  An endpoint that does not answer
 * is asked again after a pause that the row keeps; the old token is good for
 * as long as it lasts.
 */
#ifndef DB_OAUTH_TOKEN_H
#define DB_OAUTH_TOKEN_H

#include "db/link.h"
#include "lib/base/keyring.h"

#define OAUTH_TOKEN_HOLD_S       40   /* the endpoint's 20 s, and ours */
#define OAUTH_TOKEN_LOOK_MS      200  /* while another asks */
#define OAUTH_TOKEN_AGAIN_MS     500  /* while the database is away */
#define OAUTH_TOKEN_LAST_MS      2000 /* a token that expires sooner is none */
#define OAUTH_TOKEN_IDENTITY_MAX 96

struct oauth_token;

/* All borrowed. */
struct oauth_token_params {
	struct loop *loop;
	struct db_link *link;
	const struct keyring *ring;
	const char *owner;         /* "smtp_account", "mailbox": the table */
	int64_t id;                /* of its row */
	const char *holder;        /* this process; copied */
	struct oauth_token **left; /* its place when it was left */
};

enum oauth_token_state {
	OAUTH_TOKEN_GOOD = 0,
	OAUTH_TOKEN_LATER, /* the endpoint does not answer */
	OAUTH_TOKEN_NEVER, /* a person has to give another grant */
};

struct oauth_token_news {
	enum oauth_token_state state;
	struct str text;   /* GOOD: the token, valid during the callback */
	int64_t serial;    /* GOOD: of the token */
	int64_t left_ms;   /* GOOD: until it expires */
	int64_t renew_ms;  /* GOOD: then ask again */
	int64_t retry_ms;  /* LATER: then ask again */
	const char *error; /* LATER, NEVER: fit to show */
};

/* Once an ask; from the loop. */
typedef void oauth_token_fn(const struct oauth_token_news *news, void *arg);

struct oauth_token *oauth_token_new(const struct oauth_token_params *params,
    oauth_token_fn *fn, void *arg);
/* The link is gone already, or nothing is under way on it. */
void oauth_token_free(struct oauth_token *t);
/* No callback any more; what is under way is finished first, and until then
 * it is in the list `left`.  NULL is fine; also inside the callback. */
void oauth_token_leave(struct oauth_token *t);
/* As oauth_token_free, of all that are in such a list. */
void oauth_token_free_left(struct oauth_token **left);

/* refused: the serial of a token that a server did not take; 0: none.  While
 * an answer is awaited another ask changes nothing. */
void oauth_token_ask(struct oauth_token *t, int64_t refused);
/* The endpoint may have given a token that is not stored yet: not the
 * moment to end the process. */
bool oauth_token_is_refreshing(const struct oauth_token *t);

/* What a secret is sealed as: "oauth:smtp_account:7:refresh_token". */
struct str oauth_token_identity(char out[OAUTH_TOKEN_IDENTITY_MAX],
    const char *owner, int64_t id, const char *column);

#endif
