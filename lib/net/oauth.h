/*
 * oauth.h - one access token for a refresh token (RFC 6749, 6).
 *
 * Asks a token endpoint once, and reads what it answers, or how it refuses.
 * Who may ask, where tokens are kept and when the next one is due are
 * db/oauth_token.h's business.  Secrets are wiped with the request, stand in
 * no text of an err, and are never logged.
 */
#ifndef NET_OAUTH_H
#define NET_OAUTH_H

#include "lib/base/buf.h"
#include "lib/net/loop.h"

#define OAUTH_SECRET_MAX  8192  /* a token, a client's secret */
#define OAUTH_ANSWER_MAX  65536 /* of the endpoint */
#define OAUTH_TIMEOUT_MS  20000
#define OAUTH_EXPIRES_S   3600   /* where the endpoint does not say */
#define OAUTH_EXPIRES_MIN 10     /* else it would be asked without end */
#define OAUTH_EXPIRES_MAX 864000 /* nobody needs one for longer */

struct oauth;

/* Borrowed during the call.  client_secret and scope may be empty. */
struct oauth_grant {
	const char *token_url; /* http_url_ok */
	const char *ca_file;   /* "": the system's authorities */
	struct str client_id, client_secret, refresh_token, scope;
};

enum oauth_result {
	OAUTH_GRANTED = 0,
	OAUTH_LATER,  /* no answer, 5xx, 429: worth another try */
	OAUTH_REFUSED /* invalid_grant and the like: for a person */
};

struct oauth_answer {
	enum oauth_result result;
	struct str access_token;  /* valid during the callback */
	struct str refresh_token; /* a new one; empty: the old one stays */
	int64_t expires_s;
	int64_t retry_after_s; /* OAUTH_LATER: not before; 0: not said */
	struct err err;        /* unless granted */
};

/* Once, from the loop; oauth_free is allowed inside it. */
typedef void oauth_fn(const struct oauth_answer *answer, void *arg);

struct oauth *oauth_refresh(struct loop *loop, const struct oauth_grant *grant,
    oauth_fn *fn, void *arg);
void oauth_free(struct oauth *o); /* NULL is fine */

/* What an endpoint's answer means; for tests and fuzzers, too.  The texts
 * live in `texts`. */
void oauth_read(struct oauth_answer *out, int status, struct str body,
    struct buf *texts);

#endif
