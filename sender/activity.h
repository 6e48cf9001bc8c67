/*
 * activity.h - a worker tells about once a second what it is doing, for people
 * who look: `volley status`, GET /v1/campaigns/{id}.
 *
 * One row a worker, in a table that is not logged.  Nothing is decided by
 * it, and a row that cannot be written is not missed: the next one comes.
 */
#ifndef SENDER_ACTIVITY_H
#define SENDER_ACTIVITY_H

#include "lib/base/base.h"

#define ACTIVITY_TELL_MS   1000
#define ACTIVITY_BYTES_MAX (64U << 10) /* of each of its texts */

struct worker;

struct activity {
	int64_t told_ms; /* 0: never */
	bool telling;
};

/* When it is time; a few times a second. */
void activity_tick(struct worker *w);
/* Nobody is here any more. */
void activity_remove(struct worker *w);

#endif
