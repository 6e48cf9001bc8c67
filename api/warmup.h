/*
 * warmup.h - how a new account, or a group of recipients' domains at one,
 * begins with few messages a day: field `warmup` for the whole account,
 * `group_warmups` by group.  db/migrations/0006_control.sql has the rule.
 *
 *   {"start_date":"2026-12-01","first_day":50,"factor":1.5,
 *    "until_per_day":10000}
 */
#ifndef API_WARMUP_H
#define API_WARMUP_H

#include "api/body.h"

#define WARMUP_GROUPS_MAX  40
#define WARMUP_FACTOR      1.5 /* when nothing is said */
#define WARMUP_FACTOR_MAX  10
#define WARMUP_PER_DAY_MAX 100000000

struct warmup {
	struct str group; /* "": the whole account */
	struct str start; /* ISO date; p == NULL: as it was, or today */
	int64_t first_day, until_per_day;
	double factor;
};

/* What a body says of an account's warm-ups. */
struct warmups {
	bool says_whole, says_groups;
	size_t count;
	struct warmup at[WARMUP_GROUPS_MAX + 1];
};

void warmups_read(struct body *b, struct warmups *w);
/* Puts what was said and takes away what was said to be null.  false:
 * answered. */
bool warmups_write(struct request *q, const struct warmups *w,
    int64_t account) MUST_USE;

#endif
