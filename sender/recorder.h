/*
 * recorder.h - brings outcomes into the database, one batch at a time.
 *
 * While a batch is under way the next one gathers, so batches are as large
 * as the database is slow.  With each goes how far the leases may reach: a
 * watermark moves only in the transaction that records what is behind it.
 * A batch that fails is sent again until it is in; meanwhile no message is
 * started (never one that cannot be recorded), and what was started is
 * bounded by the window.
 *
 * It has a connection of its own, which outcomes need for themselves and
 * where they do not wait behind the reading of leases.  All that changes
 * leases and retries that this worker holds goes through it, in order.
 */
#ifndef SENDER_RECORDER_H
#define SENDER_RECORDER_H

#include "lib/net/loop.h"
#include "sender/outcome_batch.h"

#define RECORDER_LINGER_MS  250  /* an outcome waits for others at most */
#define RECORDER_STALL_MS   3000 /* a batch unanswered that long: stop */
#define RECORDER_REPEAT_MS  200
#define RECORDER_REPEAT_MAX 5000

struct worker;

struct recorder {
	struct worker *worker;
	struct db_link *link;
	struct loop_timer *timer;
	struct outcome_batch *gathering;
	struct outcome_batch *flying; /* NULL: none under way */
	int64_t oldest_ms;            /* of what is gathering */
	int64_t flown_ms;     /* when the one under way was first sent */
	int failures;         /* of it, in a row */
	int64_t repeat_at_ms; /* it waits to be sent again; 0: no */
};

void recorder_init(struct recorder *r, struct worker *w, const char *conninfo);
void recorder_release(struct recorder *r);

/* The row's recipient is settled by that; texts are copied. */
void recorder_add(struct recorder *r, struct recipient *who,
    struct outcome_row *row);
/* It was not attempted and is to come back after that time, or when its
 * campaign goes on to its group (pauses.h); it is settled here. */
void recorder_aside(struct recorder *r, struct recipient *who,
    int64_t delay_ms);
void recorder_keep(struct recorder *r, struct recipient *who);
/* Something has changed: looks at the end of the turn whether to write. */
void recorder_poke(struct recorder *r);

/* Outcomes cannot be recorded now: start nothing. */
bool recorder_stalled(const struct recorder *r);
bool recorder_is_idle(const struct recorder *r);

#endif
