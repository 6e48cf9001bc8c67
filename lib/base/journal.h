/*
 * journal.h - what a process did and must not forget, written down before it
 * goes on.
 *
 * Records are appended to segments (journal_segment.h), each gets a position
 * that only grows.  The owner says of every record when it is not needed any
 * more; segments of which nothing is needed are used again, in the order in
 * which they were written, so that a journal is as long as what is under way
 * and never has holes.
 *
 * Policy `process`: a record survives the end of the process as soon as
 * journal_append returns.  Policy `disk`: it survives the end of the system
 * once journal_synced has passed its position; syncing is done by a thread,
 * many records at a time.  A sync that failed is never tried again: what it
 * should have written may be gone, so that the journal is broken from then
 * on.
 *
 * The next segment is made before the present one is full: when there is no
 * room for it, journal_ready says so while there is still JOURNAL_RESERVE
 * left to write down how what was begun has ended.  One thread.
 */
#ifndef BASE_JOURNAL_H
#define BASE_JOURNAL_H

#include "lib/base/journal_owner.h"

#define JOURNAL_RESERVE    ((size_t)256 << 10)
#define JOURNAL_SPARES_MAX 1 /* segments kept to be used again */

struct journal;

struct journal_params {
	const char *journals; /* the folder of all of them */
	const char *holder, *instance;
	enum journal_policy policy;
};

/* All borrowed strings are copied. */
bool journal_open(struct journal **out, const struct journal_params *params,
    struct err *err) MUST_USE;
/* Closes it; its records stay, for whoever replays them.  NULL is fine. */
void journal_free(struct journal *j);
/* Nothing in it is needed: it is removed, and freed, also on failure. */
bool journal_remove(struct journal *j, struct err *err) MUST_USE;

/* There is room for what is begun now and for what comes of it.  False: for
 * what was begun before, at most.  Cheap while there is. */
bool journal_ready(struct journal *j, struct err *err) MUST_USE;
/* The record's position; 0 when there is no room. */
int64_t journal_append(struct journal *j, uint16_t type, struct str payload,
    struct err *err) MUST_USE;
/* That record is not needed any more.  0 is fine. */
void journal_done(struct journal *j, int64_t position);
/* Records that are still needed. */
size_t journal_needed(const struct journal *j);

enum journal_policy journal_policy(const struct journal *j);
/* All records before that position are on the disk. */
int64_t journal_synced(const struct journal *j);
bool journal_broken(const struct journal *j); /* a sync failed */

/* A sync of all that was appended until now, NULL when that needs none.
 * journal_sync_run may be called in another thread, journal_sync_end by the
 * journal's own and exactly once. */
struct journal_sync;
struct journal_sync *journal_sync_new(struct journal *j);
void journal_sync_run(struct journal_sync *y);
bool journal_sync_end(struct journal_sync *y, struct err *err) MUST_USE;

#endif
