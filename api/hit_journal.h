/*
 * hit_journal.h - hits are on the disk before they are answered, whatever
 * becomes of this process, the system or the database.
 *
 * A thread syncs the journal for all hits that wait (group commit) and then
 * tells each of them.  From time to time it turns to a new journal; the one
 * that it closed is nobody's then, and hit_loader.h brings it into the
 * database just as those of processes that died.
 *
 * A disk that does not take hits, or more than HIT_JOURNALS_MAX journals that
 * wait for the database: hits are no longer written down, which is logged and
 * counted, and people get where they wanted nevertheless.
 */
#ifndef API_HIT_JOURNAL_H
#define API_HIT_JOURNAL_H

#include "lib/base/err.h"
#include "lib/base/str.h"

#define HIT_JOURNAL_BYTES ((size_t)8 << 20) /* then it turns */
#define HIT_JOURNALS_MAX  128               /* 1 GiB of them */
#define HIT_JOURNAL_TYPE  1                 /* of its records: hit.h */

struct hit_journal;

/* In the journal's thread; short. */
typedef void hit_journal_fn(void *arg);

/* `instance` of the database; both are copied. */
bool hit_journal_start(struct hit_journal **out, const char *folder,
    const char *instance, struct err *err) MUST_USE;
/* Nobody writes any more; what is written stays for the loader. */
void hit_journal_stop(struct hit_journal *j);

/* True: fn is called once, when the record is on the disk or never will be.
 * False: it could not be written, and fn is not called. */
bool hit_journal_write(struct hit_journal *j, struct str record,
    hit_journal_fn *fn, void *arg) MUST_USE;

/* Asks for a turn and waits for one, at most that long, unless there was one
 * since `turns`, which is brought up to date; 0 at first.  Makes the journal
 * to turn to, so that no hit waits for that; without one it goes on with the
 * present journal while that has room.  For one thread. */
void hit_journal_await(struct hit_journal *j, uint64_t *turns, int64_t ms);

struct hit_journal_counts {
	uint64_t written, lost;
};
struct hit_journal_counts hit_journal_counts(struct hit_journal *j);

#endif
