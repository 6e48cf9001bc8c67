/*
 * relay_login.h - what a relay needs before its pool may log in: an access
 * token, where the account has an OAuth grant, and leave to try.
 *
 *   begin -> [token] -> leave -> relay_open
 *                \          \-> another worker tries: ask again
 *                 \-> relay_rest: the token endpoint does not answer
 *                  \-> relay_halt: a person has to mend it
 *
 * Leave: of all workers on a database one tries a login that is not known to
 * be good, the others wait for what comes of it; so a wrong password costs
 * one attempt, and not more than RELAY_LOGIN_TRIES in ten minutes whatever
 * is restarted (S-048).  One that turns bad while it is known to be good costs
 * one attempt of each worker that logs in before it sees the account paused:
 * its pool has one login under way at a time (smtp_pool.h), and workers look a
 * few times a second (pulse.h).
 *
 * A token is renewed before it expires, without a new pool: logins from then
 * on use it.  One that a server does not take is renewed at once, and tried
 * once more; then the account is paused (S-039).
 */
#ifndef SENDER_RELAY_LOGIN_H
#define SENDER_RELAY_LOGIN_H

#include "db/oauth_token.h"
#include "lib/base/buf.h"
#include "sender/smtp_pool.h"

#define RELAY_LOGIN_TRIES     3  /* in ten minutes, without success */
#define RELAY_LOGIN_HOLD_S    30 /* leave to try; renewed while it is used */
#define RELAY_LOGIN_HOLD_MS   10000
#define RELAY_LOGIN_PROOF_MIN 15     /* a login is known to be good that long */
#define RELAY_LOGIN_PROOF_MS  300000 /* said again so often, while it is */
#define RELAY_LOGIN_LOOK_MS   250
#define RELAY_LOGIN_SOON_MS   25 /* at first, while another worker tries */

struct relay;

struct relay_login {
	struct oauth_token *token; /* NULL: the row's password is used */
	struct buf text;           /* the access token */
	int64_t serial;            /* of it */
	int64_t refused;           /* the serial that a server refused; 0 */
	int64_t good_until_ms, renew_ms;
	int64_t look_ms; /* leave is asked for, or renewed; proof is told */
	bool asking;     /* a batch is under way */
	int64_t asked_version; /* with the row's version of then */
	bool trying;           /* we have leave, and have not been let in */
	int64_t wait_ms;       /* for another worker's try; 0: not yet */
	struct loop_timer *look;
};

/* For a relay without a pool, in state LOGIN: ends in relay_open,
 * relay_rest or relay_halt, or goes on with the ticks. */
void relay_login_begin(struct relay *r);
bool relay_login_needed(const struct relay *r);
/* A few times a second, in states LOGIN and OPEN. */
void relay_login_tick(struct relay *r);

/* From the pool: a link was let in; or the login was refused for good.
 * True: worth another try, with another token. */
void relay_login_accepted(struct relay *r);
bool relay_login_refused(struct relay *r);
/* Its pool is given up, in that state: others may try. */
void relay_login_leave(struct relay *r, const struct smtp_pool_state *s);

/* What the pool is to log in with. */
const char *relay_login_password(const struct relay *r);
/* A token may have been given and is not stored yet. */
bool relay_login_is_refreshing(const struct relay *r);
/* Another row: what was known is not true any more. */
void relay_login_reset(struct relay *r);
void relay_login_release(struct relay *r); /* the link is gone */

#endif
