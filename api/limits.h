/*
 * limits.h - how many messages a second, minute, hour and day, as fields of
 * accounts, of groups of recipients and of campaigns.
 */
#ifndef API_LIMITS_H
#define API_LIMITS_H

#include "api/body.h"

#define LIMIT_MAX 100000000

struct limits {
	int64_t per_second, per_minute, per_hour, per_day; /* 0: none */
};

/* Over what is held already; null takes a limit away. */
void limits_read(struct body *b, struct limits *l);
/* Four columns from `col` on, in the order of the struct. */
struct limits limits_load(const struct db_result *r, int col);
/* One of them as an argument, NULL when there is none. */
struct db_arg limit_arg(int64_t limit);

/* The group that somebody means: "gmail", and "gmail.com" is the same; else a
 * domain, in lower-case A-labels.  False: it is neither. */
bool limit_group(struct arena *a, struct str name, struct str *group) MUST_USE;

#endif
