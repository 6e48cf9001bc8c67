/*
 * delivery_choice.h - which deliveries of a campaign are to be attempted
 * again.
 *
 *   {"all":true}  {"delivery_ids":[...]}       these
 *   {"category":["blocked"],"status":"5.7.*"}  for what they failed
 *   {"all":true,"state":["failed","expired"]}  in these states
 *
 * Without a state those that are deferred are meant, or, when a reason is
 * given, those that failed for it.
 */
#ifndef API_DELIVERY_CHOICE_H
#define API_DELIVERY_CHOICE_H

#include "api/body.h"

/* As arguments: NULL is all, or any. */
struct delivery_choice {
	struct db_arg ids, scopes, categories;
	struct db_arg status; /* a pattern for LIKE */
	bool deferred, failed, expired;
	int64_t prolong_s; /* 0: the campaign's time stays */
};

/* false: answered. */
bool delivery_choice_read(struct request *q,
    struct delivery_choice *c) MUST_USE;
/* "delivery_ids" or "all" alone; a reason chooses as well. */
struct db_arg delivery_choice_ids(struct body *b, bool has_reason);

#endif
