/*
 * claim.h - takes leases and due retries for this worker.
 *
 * Claiming and reading are two round trips: the first makes the lease ours,
 * the second settles what its holder before left open (lease_take_over),
 * raises the watermark and reads the recipients.  Both are asked for ahead
 * of need.
 */
#ifndef SENDER_CLAIM_H
#define SENDER_CLAIM_H

#include "sender/mailing.h"

/* Takes what the mailings can use; cheap when there is nothing. */
void claim_more(struct worker *w);

#endif
