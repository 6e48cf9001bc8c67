/*
 * hold.h - keeps what this worker holds in the database: leases and retries.
 *
 * They are renewed in good time; one that was lost is marked, and no dot
 * leaves for it any more.  When the answer to a claim was lost, the database
 * may say that we hold something that we do not know: what we do know is
 * then told, and the rest is free again.
 */
#ifndef SENDER_HOLD_H
#define SENDER_HOLD_H

#include "sender/lease.h"

struct worker;

/* Until when dots may leave under what was asked for then (monotonic). */
int64_t hold_good_until(const struct worker *w, int64_t asked_ms);

/* Somebody else has that lease now, to whom all that might have been sent is
 * uncertain.  What was not is told: it is attempted again, unless somebody
 * has done so. */
void hold_lost(struct lease *l);
void hold_unsent(struct recipient *r);
/* The same of a retry that was lost. */
void hold_unsent_retry(struct recipient *r);

/* Renews, forgets: a few times a second. */
void hold_tick(struct worker *w);

#endif
