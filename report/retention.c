#include "report/retention.h"

#define BATCH      5000
#define ROUNDS_MAX 1000 /* of one run: the next one goes on */

/* Again and again until there is less than a batch. */
static bool
repeat(struct db *db,
    bool (*step)(struct db *, int64_t, int64_t *, struct err *), int64_t days,
    int64_t *total, struct err *err)
{
	int64_t n = BATCH;
	int round;

	for (round = 0; round < ROUNDS_MAX && n == BATCH; round++) {
		if (!step(db, days, &n, err))
			return false;
		*total += n;
	}
	return true;
}

static bool
affect(struct db *db, enum query q, struct db_args args, int64_t *n,
    struct err *err)
{
	struct db_result r;

	if (!db_run(db, q, args, &r, err))
		return false;
	*n = db_affected(&r);
	db_result_free(&r);
	return true;
}

static bool
purge_raw(struct db *db, int64_t days, int64_t *n, struct err *err)
{
	(void)days; /* each message has its own day */
	return affect(db, Q_INBOUND_PURGE, DB_ARGS(db_int(BATCH)), n, err);
}

static bool
forget_raw(struct db *db, int64_t days, int64_t *n, struct err *err)
{
	return affect(db, Q_RAW_FORGET, DB_ARGS(db_int(days), db_int(BATCH)), n,
	    err);
}

static bool
forget_rejects(struct db *db, int64_t days, int64_t *n, struct err *err)
{
	return affect(db, Q_REJECTS_FORGET,
	    DB_ARGS(db_int(days), db_int(BATCH)), n, err);
}

static bool
forget_events(struct db *db, int64_t days, int64_t *n, struct err *err)
{
	if (!db_begin(db, err))
		return false;
	if (db_run(db, Q_EVENTS_FORGET_BEGIN, DB_NO_ARGS, NULL, err) &&
	    affect(db, Q_EVENTS_FORGET, DB_ARGS(db_int(days), db_int(BATCH)), n,
		err) &&
	    db_commit(db, err))
		return true;
	db_rollback(db);
	return false;
}

static bool
forget_hits(struct db *db, int64_t days, int64_t *n, struct err *err)
{
	struct db_result r;

	if (!db_one(db, Q_HITS_FORGET, DB_ARGS(db_int(days)), &r, err))
		return false;
	*n = db_get_int(&r, 0, 0);
	db_result_free(&r);
	return true;
}

bool
retention_run(struct db *db, const struct retention *keep,
    struct retention_gone *gone, struct err *err)
{
	*gone = (struct retention_gone){0};
	return repeat(db, purge_raw, 0, &gone->raw, err) &&
	       forget_hits(db, keep->hit_days, &gone->hit_weeks, err) &&
	       repeat(db, forget_events, keep->event_days, &gone->events,
		   err) &&
	       repeat(db, forget_raw, keep->raw_days, &gone->raw, err) &&
	       repeat(db, forget_rejects, keep->reject_days, &gone->rejects,
		   err) &&
	       affect(db, Q_PENDING_FORGET,
		   DB_ARGS(db_int(keep->pending_days), db_int(BATCH)),
		   &gone->pending, err) &&
	       db_run(db, Q_SOURCES_FORGET, DB_NO_ARGS, NULL, err) &&
	       affect(db, Q_TASKS_FORGET, DB_ARGS(db_int(RETENTION_TASK_DAYS)),
		   &gone->tasks, err) &&
	       db_run(db, Q_IDEMPOTENCY_PURGE, DB_NO_ARGS, NULL, err);
}
