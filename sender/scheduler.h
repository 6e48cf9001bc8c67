/*
 * scheduler.h - the part of a sender that looks after campaigns as wholes:
 * starts those that are due, stops those that do harm (brake.h), finishes
 * those with nothing pending, expires what is too late, and settles what
 * vanished holders left behind: in their journals, as soon as they are dead
 * (replay.h), else when their time is over.
 *
 * In a database that is a copy of the one that senders knew nothing is done
 * at all, and workers find no work there, until somebody says that it is the
 * original now: volley migrate --adopt.
 *
 * Everything is one transaction each and may be done by any number of
 * schedulers at once; ending one at any moment is harmless, which is why
 * SIGTERM simply ends it.
 */
#ifndef SENDER_SCHEDULER_H
#define SENDER_SCHEDULER_H

#include "db/db.h"
#include "lib/base/settings.h"

#define SCHEDULER_TICK_MS   250
#define SCHEDULER_TIDY_MS   1000 /* finishing, expiring */
#define SCHEDULER_REOPEN_MS 5000
#define SCHEDULER_FORGET_MS 3600000 /* limits that are gone */

/* `volley run-due` is over when nothing is due within this time ... */
#define SCHEDULER_SOON_S 60
/* ... or when nothing has moved for so long: the next run goes on. */
#define SCHEDULER_STUCK_MS 120000
/* A run that finds another one at work waits that long for its end. */
#define SCHEDULER_YIELD_MS 3000

struct scheduler_params {
	const struct settings *settings;
	const char *conninfo;
	const char *instance; /* of the database */
	const char *name;     /* holder of leases that are expired */
	bool until_done;      /* run-due */
	bool show_progress;   /* a line on a terminal */
};

/* How far the campaigns are that can be moved. */
struct scheduler_work {
	int64_t scheduled; /* due, not yet started */
	int64_t campaigns;
	int64_t audience, done, deferred; /* of them; done: with an outcome */
	int64_t recorded;                 /* outcomes of the leases under way */
	int64_t unclosed; /* campaigns of which nothing is left to be done */
};
bool scheduler_look(struct db *db, struct scheduler_work *out,
    struct err *err) MUST_USE;

/* One round of everything, for tests and for the loop. */
bool scheduler_start_due(struct db *db, const struct scheduler_params *params,
    struct err *err) MUST_USE;
bool scheduler_tidy(struct db *db, const struct scheduler_params *params,
    struct err *err) MUST_USE;

/* Returns only with until_done; the exit status. */
int scheduler_run(const struct scheduler_params *params);

#endif
