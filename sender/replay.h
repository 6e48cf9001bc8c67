/*
 * replay.h - what dead senders left in their journals goes into the database.
 *
 *   outcome known            recorded, whoever else has spoken meanwhile
 *   intent without outcome   uncertain: held, or attempted again
 *   no record                never sent: pending, at once
 *
 * After that the leases and retries that the dead one held are free, and
 * nothing in them is in doubt.  Where others have taken them over before, and
 * have called uncertain what might have been sent, the journal settles it.
 *
 * A journal that does not tell all that was done gives what it has, and the
 * rest is left to the watermarks of the leases: one that is damaged, which
 * is kept for a person, and one that was written with policy `process`
 * before the system went down.  One that belongs to another database is left
 * alone.
 *
 * What the dead one had asked of the database last may be done after all
 * this: a moment later what is held in its name is freed once more.
 *
 * Whoever locks a journal replays it; replaying it again changes nothing, so
 * that dying over it is harmless.  Memory is bounded by a batch and by what
 * was under way at once.  Blocks until the database has taken it all, or
 * until the process is told to stop.
 */
#ifndef SENDER_REPLAY_H
#define SENDER_REPLAY_H

#include "lib/base/journal_owner.h"
#include "lib/base/settings.h"

#define REPLAY_BATCH     500 /* outcomes a transaction */
#define REPLAY_TEXTS_MAX ((size_t)1 << 20)
#define REPLAY_AGAIN_MS  500
#define REPLAY_AFTER_S   3 /* what a dead one had asked for may come late */
#define REPLAY_TOLD_MAX  32

struct replay {
	const struct settings *settings;
	const char *conninfo;
	const char *instance;           /* of the database */
	uint64_t told[REPLAY_TOLD_MAX]; /* journals that the log knows of */
	size_t told_count;
};

void replay_init(struct replay *r, const struct settings *settings,
    const char *conninfo, const char *instance);

/* All journals whose process is dead; cheap when there is none. */
void replay_orphans(struct replay *r);

#endif
