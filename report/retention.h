/*
 * retention.h - what has been kept long enough goes.
 *
 * Some rows a transaction, so that nobody waits for long.  Counts in the
 * schema `report` stay.
 */
#ifndef REPORT_RETENTION_H
#define REPORT_RETENTION_H

#include "db/db.h"

#define RETENTION_EVENT_DAYS   730 /* 24 months */
#define RETENTION_HIT_DAYS     30
#define RETENTION_RAW_DAYS     30
#define RETENTION_REJECT_DAYS  90
#define RETENTION_PENDING_DAYS 30
#define RETENTION_TASK_DAYS    14
#define RETENTION_DAYS_MAX     36500

struct retention {
	int64_t event_days;
	int64_t hit_days;
	int64_t raw_days;     /* messages of the way back, as they came */
	int64_t reject_days;  /* rows that imports could not use */
	int64_t pending_days; /* who signed up and never confirmed */
};

/* How many rows went, hits: weeks. */
struct retention_gone {
	int64_t raw; /* messages of the way back, as they came */
	int64_t events, hit_weeks, tasks, rejects, pending;
};

bool retention_run(struct db *db, const struct retention *keep,
    struct retention_gone *gone, struct err *err) MUST_USE;

#endif
