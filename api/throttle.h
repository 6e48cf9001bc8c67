/*
 * throttle.h - how often somebody may do something: a bucket each, which
 * every turn fills a little and time empties evenly.
 *
 * Of this process alone, and bounded: THROTTLE_BUCKETS are remembered, of
 * 16 bytes each; when there are more, those that are closest to empty are
 * forgotten.  Whose bucket it is stays a keyed hash.  Thread-safe.
 */
#ifndef API_THROTTLE_H
#define API_THROTTLE_H

#include "lib/base/str.h"

#define THROTTLE_BUCKETS 32768

struct throttle;

/* So many turns a minute, and as many at once; 0: no limit. */
struct throttle_rate {
	const char *what; /* buckets of one kind are not those of another */
	int64_t a_minute;
};

/* What is left after a turn. */
struct throttle_state {
	int64_t limit;   /* a minute; 0: there is none */
	int64_t left;    /* turns at once */
	int64_t empty_s; /* until the bucket is empty */
	int64_t wait_s;  /* until the next turn, when this one is refused */
};

struct throttle *throttle_new(void);
void throttle_free(struct throttle *t);

/* Takes a turn; false: there is none now, and none is taken. */
bool throttle_take(struct throttle *t, struct throttle_rate rate,
    struct str who, struct throttle_state *out) MUST_USE;
/* Whether there is one; takes none. */
bool throttle_look(struct throttle *t, struct throttle_rate rate,
    struct str who, struct throttle_state *out) MUST_USE;

#endif
