/*
 * pulse.h - what has changed in the database, asked a few times a second.
 *
 * Suppressions that were committed since the last time (S-074), which
 * campaigns run and have something to take, and which accounts are active.
 */
#ifndef SENDER_PULSE_H
#define SENDER_PULSE_H

#include "sender/worker.h"

/* With more campaigns than places, one of which nothing began for that long
 * gives its place to others; so many at once. */
#define PULSE_STILL_MS  3000
#define PULSE_STILL_MAX 8

void pulse_tick(struct worker *w);

/* How old our view of suppressions is; INT64_MAX before the first answer. */
int64_t pulse_age_ms(const struct worker *w);

#endif
