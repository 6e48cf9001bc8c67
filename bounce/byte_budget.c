#include "bounce/byte_budget.h"

#define DAY_US (24LL * 3600 * 1000000)

void
byte_budget_visit(struct byte_budget *b)
{
	b->visit = b->crumb = 0;
}

void
byte_budget_count(struct byte_budget *b, uint64_t received, int64_t now_us)
{
	int64_t day = now_us / DAY_US, all = (int64_t)received, fresh;

	if (day != b->day)
		*b = (struct byte_budget){.per_day = b->per_day,
		    .day = day,
		    .visit = b->visit};
	fresh = all - b->visit;
	b->visit = all;
	if (byte_budget_is_spent(b))
		b->crumb += fresh;
	b->used += fresh;
}

bool
byte_budget_is_spent(const struct byte_budget *b)
{
	return b->used >= b->per_day;
}

bool
byte_budget_is_over(const struct byte_budget *b)
{
	return byte_budget_is_spent(b) && b->crumb >= BYTE_BUDGET_CRUMB;
}

bool
byte_budget_save(struct byte_budget *b)
{
	if (b->used - b->saved < BYTE_BUDGET_SAVE)
		return false;
	b->saved = b->used;
	return true;
}
