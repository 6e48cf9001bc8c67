/*
 * relay.h - an SMTP account as one worker uses it: its row, its pool of
 * connections, its meter.
 *
 *           +-> HALTING -> OFF <-+        OFF: paused by us or a person
 *   OFF -> LOGIN <-> OPEN         |      LOGIN: see relay_login.h; passed over
 *           ^-> RESTING <-+       |             by accounts without a login
 *           +---------------------+    RESTING: nobody answers; the pool was
 *                                               given up for a while
 *
 * A change of the row makes a new pool; the old one drains beside it.  The
 * state in the database rules: HALTING lasts until ours is written there,
 * and who sets the row active again opens the relay.
 *
 * Relays live as long as the worker, so that nothing that was learnt about a
 * server is forgotten between two leases.
 */
#ifndef SENDER_RELAY_H
#define SENDER_RELAY_H

#include "sender/lanes.h"
#include "sender/meter.h"
#include "sender/relay_login.h"
#include "sender/relay_row.h"
#include "sender/smtp_pool.h"

#define RELAY_REST_AFTER_MS 2500 /* a pool that waits longer is given up */
#define RELAY_REST_FIRST_MS 5000
#define RELAY_REST_MAX_MS   300000
#define RELAY_WHY_MAX       300

struct worker;
struct relay;

enum relay_state {
	RELAY_OFF = 0,
	RELAY_LOGIN, /* a token, or leave to log in, is awaited */
	RELAY_OPEN,
	RELAY_RESTING,
	RELAY_HALTING,
};
const char *relay_state_name(enum relay_state s);

/* A pool with its relay: callbacks of a drained one still know both. */
struct relay_pool {
	struct relay_pool *next; /* of the retired ones */
	struct relay *relay;
	struct smtp_pool *pool;
	bool drained;
};

struct relay {
	struct relay *next;
	struct worker *worker;
	struct relay_row row;
	enum relay_state state;
	struct relay_login login;
	struct relay_pool *pool; /* OPEN only */
	int share;               /* connections of this worker */
	int rests;               /* in a row */
	int64_t rest_until_ms;
	int64_t served; /* the mailing that got the last turn */
	struct meter meter;
	struct lanes lanes;
	char why[RELAY_WHY_MAX]; /* RESTING, HALTING: the trouble */
	int64_t resume_s;        /* HALTING: what to write, too */
	bool writing, loading;
};

/* Takes the row over (it is empty then): a new relay, or another version of
 * one that is known. */
struct relay *relay_put(struct worker *w, struct relay_row *row);
struct relay *relay_find(struct worker *w, int64_t id);
void relay_free(struct relay *r); /* its pools are gone */
void relay_reap_cancel(struct worker *w);

/* What the database says of it now. */
void relay_seen(struct relay *r, int64_t version, bool active);
/* Rest, wake, write what is to be written; a few times a second. */
void relay_tick(struct relay *r);
/* Stops using it and says so in its row; resume_s: 0, or after how many
 * seconds it is tried again by itself. */
void relay_halt(struct relay *r, const char *why, int64_t resume_s);
/* Gives its pool up for wait_ms at least; comes back by itself. */
void relay_rest(struct relay *r, int64_t wait_ms, const char *why);
/* LOGIN -> OPEN.  prove: a link is opened though there is no message. */
void relay_open(struct relay *r, bool prove);
bool relay_is_connected(const struct relay *r); /* somebody let us in */
/* Hands back what is queued, finishes the rest; for good when stopping. */
void relay_retire(struct relay *r);

bool relay_usable(const struct relay *r);
/* How many messages its connections take now; limits are for its meter. */
int relay_room(const struct relay *r);
void relay_submit(struct relay *r, struct smtp_message *m);

#endif
