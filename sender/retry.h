/*
 * retry.h - when to try again: doubling with jitter (S-049).
 *
 * Attempt 1 failed -> about first, attempt 2 -> about twice that, ... up to
 * about max; each +-20 %, so that what failed together does not come back
 * together.
 */
#ifndef SENDER_RETRY_H
#define SENDER_RETRY_H

#include "lib/base/base.h"

#define RETRY_JITTER_PERCENT 20

/* `attempts` so far, at least 1.  Any unit.  random: any number, evenly
 * distributed. */
int64_t retry_delay(int attempts, int64_t first, int64_t max, uint32_t random);
/* The same with a random number of its own. */
int64_t retry_delay_random(int attempts, int64_t first, int64_t max);

/* A gate that shuts for ever longer while something fails: failures are
 * told with retry_fail, and only those met while it was open count, so that
 * several at once are one. */
struct retry {
	int failures; /* in a row */
	int64_t open_at_ms;
	int64_t first_ms, max_ms;
};
void retry_init(struct retry *r, int64_t first_ms, int64_t max_ms);
void retry_fail(struct retry *r, int64_t now_ms);
void retry_succeed(struct retry *r);
int64_t retry_wait_ms(const struct retry *r, int64_t now_ms); /* 0: open */

#endif
