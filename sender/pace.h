/*
 * pace.h - how fast an account's server is as a whole: what is slow there.
 *
 * Learnt from what each message took.  Times are monotonic milliseconds.
 */
#ifndef SENDER_PACE_H
#define SENDER_PACE_H

#include "lib/base/base.h"

#define PACE_SLOW_MS         2000  /* nothing faster is slow, */
#define PACE_SLOW_MAX_MS     10000 /* slower than this is, */
#define PACE_TIMES           20    /* or so many times the usual, */
#define PACE_TIMES_LEAST     4     /* if it is at least so many times */
#define PACE_PATIENCE_MAX_MS 600000

struct pace {
	int connections;   /* that it may have */
	int64_t usual_ms;  /* about the median of what a message takes */
	const void *mover; /* the lane that got a reply last, */
	int64_t moved_ms;  /* when, */
	int64_t others_ms; /* and when another one had got one before */
	int doubt;         /* lanes blamed while nobody moved */
};

/* A message of that lane was answered. */
void pace_learn(struct pace *p, const void *lane, int64_t took_ms, int64_t now);
/* The shortest of all lanes' patience. */
int64_t pace_patience_ms(const struct pace *p);
/* A lane was blamed while nobody moved: everybody gets more patience. */
void pace_doubt(struct pace *p);
/* When another lane got a reply last. */
int64_t pace_of_others(const struct pace *p, const void *lane);

#endif
