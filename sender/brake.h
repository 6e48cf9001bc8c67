/*
 * brake.h - stops a campaign that does harm.
 *
 * Addresses that do not exist, and people who complain, are what receivers
 * judge a sender by.  A running campaign is paused when the share of its
 * results that are hard bounces, or complaints, is above its limit: of all
 * since it started or was resumed, or of the recent ones, so that a bad part
 * of a list is noticed behind a good one.
 *
 * Above the limit means that chance is ruled out: the lower end of Wilson's
 * interval (95 %, both sides) has to be above it.  With 5 % allowed, 17 hard
 * bounces among 200 are enough, 120 among 2,000; with 0.3 %, 3 complaints
 * among 200, 11 among 2,000.
 *
 * Results are recipients that were reached and are not deferred; of leases
 * that are done also the few who were left out, or of whom nothing is known,
 * since counting them would cost more than they weigh.  A bounce counts for
 * the part of the audience that its recipient stands in, so one that comes
 * late is not laid to others.  After a resume only recipients count that
 * nobody had got to before.
 *
 * One statement a look, over rows of leases and of the bounces themselves;
 * recipients are counted in the leases under way, and nowhere else.
 */
#ifndef SENDER_BRAKE_H
#define SENDER_BRAKE_H

#include "db/db.h"

#define BRAKE_RECENT  10 /* times the minimum are the recent results */
#define BRAKE_Z       1.96
#define BRAKE_WHY_MAX 300

struct brake_count {
	int64_t results, hard, complaints;
};

struct brake_limit {
	double hard_percent, complaint_percent; /* 0: none */
	int64_t minimum;                        /* results */
};

/* The lower end of Wilson's interval for k of n, in percent. */
double brake_lower_percent(int64_t k, int64_t n);
/* Whether to stop; why says so for people. */
bool brake_is_due(const struct brake_count *count,
    const struct brake_limit *limit, char why[BRAKE_WHY_MAX]);

/* Looks at all running campaigns, and stops those that it has to. */
bool brake_look(struct db *db, struct err *err) MUST_USE;

#endif
