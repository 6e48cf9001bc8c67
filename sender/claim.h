/*
 * claim.h - takes leases for this worker, renews them, gives them up.
 *
 * Claiming and reading are two round trips: the first makes the lease ours,
 * the second settles what its holder before left open (lease_take_over),
 * raises the watermark and reads the recipients.  Both are asked for ahead
 * of need.
 *
 * When the answer to a claim is lost, the database may say that we hold
 * something that we do not know: what we do know is then told, and the rest
 * is free again.
 */
#ifndef SENDER_CLAIM_H
#define SENDER_CLAIM_H

#include "sender/mailing.h"

/* Takes what the mailings can use; cheap when there is nothing. */
void claim_more(struct worker *w);
/* Renews, forgets: a few times a second. */
void claim_tick(struct worker *w);
/* The holder before us is dead: what it had is free now. */
void claim_inherit(struct worker *w, const char *before);

#endif
