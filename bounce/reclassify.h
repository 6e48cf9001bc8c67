/*
 * reclassify.h - messages that are judged again, because a person says what
 * they are or wants to hear what the classifier says now.
 *
 * Runs tasks of kind reclassify, which the API queues, one at a time.  In one
 * transaction the message is judged, what followed from the old judgement is
 * taken back, and what follows from the new one happens as for a message that
 * has just come.  A judgement that is no other changes nothing.
 */
#ifndef BOUNCE_RECLASSIFY_H
#define BOUNCE_RECLASSIFY_H

#include "bounce/mailbox.h"

struct reclassify;

struct reclassify *reclassify_new(const struct mailbox_shared *shared);
/* Looks for queued tasks and runs them. */
void reclassify_poll(struct reclassify *r);
/* Together with the link to the database.  NULL is fine. */
void reclassify_free(struct reclassify *r);

#endif
