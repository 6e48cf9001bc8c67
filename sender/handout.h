/*
 * handout.h - recipients to connections, and verdicts back.
 *
 * Runs when a pool has room, recipients are ready or permits have come: each
 * account is asked how much it takes, and mailings that use it are served in
 * turns.  Nothing is started while outcomes cannot be recorded, while the
 * view of suppressions is old (S-074), or past a lease's end (fencing).
 */
#ifndef SENDER_HANDOUT_H
#define SENDER_HANDOUT_H

#include "sender/relay.h"

/* No suppression may be unseen for longer (S-074: 1 s). */
#define HANDOUT_BLIND_MS 900

/* At the end of the turn. */
void handout_soon(struct worker *w);
void handout_later(struct worker *w, int64_t after_ms);
void handout_cancel(struct worker *w);

/* For the pools: smtp_pool_events. */
void handout_verdict(const struct smtp_result *r, const struct verdict *v,
    void *arg);
bool handout_before_mail(struct smtp_message *m, void *arg);
enum smtp_dot handout_before_dot(struct smtp_message *m, void *arg);

/* Takes back all that is under way without waiting: what may have left is
 * uncertain. */
void handout_abandon(struct worker *w);

#endif
