/*
 * byte_budget.h - how much of a mailbox is read in a day: services
 * lock out who downloads too much, and its people with him.
 *
 *   byte_budget_visit -> byte_budget_count, as it comes
 *   -> byte_budget_is_over -> away for BYTE_BUDGET_PAUSE_MS, then a little more
 *   ... until the day ends (UTC)
 *
 * Who has spent it reads BYTE_BUDGET_CRUMB a visit, message by message, so
 * that nothing waits for ever and a flood costs little.  What was spent is
 * worth writing down once it grew by BYTE_BUDGET_SAVE.
 *
 * No clock, no I/O, owns nothing.
 */
#ifndef BOUNCE_BYTE_BUDGET_H
#define BOUNCE_BYTE_BUDGET_H

#include "lib/base/base.h"

#define BYTE_BUDGET_PAUSE_MS 1800000
#define BYTE_BUDGET_CRUMB    (1 << 20)
#define BYTE_BUDGET_SAVE     (1 << 20)

struct byte_budget {
	int64_t per_day;
	int64_t day; /* days since 1970, UTC, that `used` is of */
	int64_t used, saved;
	int64_t visit; /* what came by the present connection */
	int64_t crumb; /* of it, since the budget was spent */
};

void byte_budget_visit(struct byte_budget *b); /* another connection */
/* It has received so much since it began. */
void byte_budget_count(struct byte_budget *b, uint64_t received,
    int64_t now_us);
bool byte_budget_is_spent(const struct byte_budget *b);
bool byte_budget_is_over(const struct byte_budget *b); /* for this visit */
/* Is it worth writing down?  It counts as written then. */
bool byte_budget_save(struct byte_budget *b);

#endif
