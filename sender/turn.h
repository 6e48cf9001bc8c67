/*
 * turn.h - whose turn it is: the next recipient for an account.
 *
 * First what is transactional, then those whose group has room again, then
 * campaigns in a circle, each
 * with one recipient at a time; within a campaign its accounts get what
 * their weights say.  A recipient whose group is busy, or that wants another
 * account, goes on a pile.  One whose group will be busy for long does not
 * wait here at all: it goes to the table of retries, unattempted, until the
 * group's turn, so that it takes no place in window or lease.
 *
 * A recipient is moved at most once before it is its turn: what this costs
 * does not grow with how many wait.
 */
#ifndef SENDER_TURN_H
#define SENDER_TURN_H

#include "sender/relay.h"

#define TURN_LANES_MAX    4    /* looked at for one recipient */
#define TURN_WAIT_MS      2000 /* in memory; who waits longer is put aside */
#define TURN_ASIDE_MIN_MS 1000
#define TURN_ASIDE_MAX_MS 3600000
#define TURN_ROUTE_MS     1000 /* an account is waited for that long */
#define TURN_AHEAD        8 /* messages that one may be ahead of the others */

struct recipient;

/* Not taken yet: lease_give or lease_settle does.  NULL: nobody. */
struct recipient *turn_next(struct worker *w, struct relay *r);

/* Looks after those that wait; a few times a second. */
void turn_tick(struct worker *w);

#endif
