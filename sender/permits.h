/*
 * permits.h - how many messages the limits of an account allow now.
 *
 * Accounts without limits are not asked about.  The others have a bucket a
 * unit in the database, shared by all senders; permits are taken out in
 * small numbers, because those that lie in a worker are missing elsewhere,
 * and what is left after a moment is put back.
 */
#ifndef SENDER_PERMITS_H
#define SENDER_PERMITS_H

#include "sender/relay.h"

#define PERMITS_ASK_MAX    100
#define PERMITS_SECOND_MS  100  /* a permit of a second's limit lasts */
#define PERMITS_LASTING_MS 5000 /* others */
#define PERMITS_USE_MS     30   /* at least, after the answer */
/* Asked again when there was none. */
#define PERMITS_AGAIN_MS      40
#define PERMITS_AGAIN_LONG_MS 1000

/* INT_MAX for an account without limits. */
int permits_left(const struct relay *r);
void permits_use(struct relay *r);
/* Asks for as many as `want`, unless it is too early. */
void permits_ask(struct relay *r, int want);
/* Puts back what is too old, or all. */
void permits_expire(struct relay *r, bool all);

#endif
