/*
 * campaign_whom.h - whom of those on its lists a campaign goes to.
 *
 *   "segment_ids": [3], "exclude_segment_ids": [4],
 *   "resend": {"campaign_id": 7, "to": "not_opened"},
 *   "frequency_cap": {"messages": 2, "days": 7}
 *
 * In any of the segments and in none of those excluded.  resend: only who was
 * sent that campaign and has not opened (or clicked in) it, not clicked or
 * not replied; not_sent: who was not sent it.  A cap of 0 messages is none;
 * without one the settings frequency_messages and frequency_days hold.
 *
 * Part of the draft: looked at when the audience is frozen.
 */
#ifndef API_CAMPAIGN_WHOM_H
#define API_CAMPAIGN_WHOM_H

#include "api/body.h"

#define WHOM_MESSAGES_MAX 1000
#define WHOM_DAYS_MAX     366

struct campaign_whom {
	const int64_t *segments, *excluded;
	size_t segment_count, excluded_count;
	int64_t resend_of; /* 0: whether they have had one or not */
	struct str resend_to;
	bool capped; /* has a cap of its own */
	int64_t messages, days;
};

/* Over what is held already. */
void campaign_whom_read(struct body *b, struct campaign_whom *w);
/* What it names is there; false: answered. */
bool campaign_whom_holds(struct request *q,
    const struct campaign_whom *w) MUST_USE;

/* The stored one of a campaign that is held, and writing it.  false:
 * answered. */
bool campaign_whom_load(struct request *q, struct campaign_whom *w,
    int64_t id) MUST_USE;
bool campaign_whom_write(struct request *q, const struct campaign_whom *w,
    int64_t id) MUST_USE;

#endif
