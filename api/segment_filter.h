/*
 * segment_filter.h - the language in which people say whom they mean.
 *
 * A filter is a tree of objects, each of which has one of these words:
 *
 *   {"all": [f, ...]}  {"any": [f, ...]}  {"not": f}
 *   {"field": "email" | "domain" | "name", "op": TEXT, "value": "..."}
 *   {"field": "created_at" | "updated_at", "op": ORDER, "value": MOMENT}
 *   {"field": "status", "op": "=" | "!=", "value": "active" | "suppressed" |
 *                                   "unsubscribed" | "bounced" | "complained"}
 *   {"attribute": NAME, "op": ..., "value": ..., "type": "date"}
 *   {"tag": NAME}
 *   {"list": ID, "state": "subscribed" | "unconfirmed" | "unsubscribed" | "any", WINDOW}
 *   {"event": "sent" | "opened" | "clicked" | "replied" | "bounced" |
 *             "complained" | "unsubscribed" | "bought", "at_least": N, WINDOW,
 *    "campaign": ID, "link": URL, "type": "hard" | "soft" | "block",
 *    "amount": N, "currency": "EUR"}
 *   {"rfm": "recency" | "frequency" | "monetary", "op": ..., "value": 1..5,
 *    "currency": "EUR", WINDOW}
 *   {"cohort": {"salt": TEXT, "from": PERCENT, "to": PERCENT}}
 *   {"segment": ID}
 *
 * ORDER is < <= > >=, TEXT is ORDER and = != contains starts_with in.  An
 * attribute is compared as what its value is: a string by TEXT, a number by
 * ORDER = != in, a boolean by = !=, and a day, "2026-11-01" with "type":
 * "date", by ORDER = !=; "exists" has no value.  The value of `in` is an
 * array.  A MOMENT is RFC 3339, or {"days": -30}: from now on; a day may be
 * that, too.  WINDOW is any of "within_days", "from", "to" (before it).
 *
 * segment_filter_check tells everything that is wrong, each by its JSON
 * pointer.  What it lets through compiles without an error (migration
 * 0016_segments).  It knows nothing of what exists in the database: the
 * numbers that a filter names are gathered for whoever does.
 */
#ifndef API_SEGMENT_FILTER_H
#define API_SEGMENT_FILTER_H

#include "lib/base/str.h"

#include <jansson.h>

#define SEGMENT_DEPTH_MAX      10 /* of a filter */
#define SEGMENT_CONDITIONS_MAX 100
#define SEGMENT_VALUES_MAX     1000 /* of `in`, all of a filter's together */
#define SEGMENT_TEXT_MAX       1000 /* bytes of a value */
#define SEGMENT_NAME_MAX       200  /* bytes of an attribute's or tag's name */
#define SEGMENT_DAYS_MAX       36600
#define SEGMENT_TIMES_MAX      10000
#define SEGMENT_AMOUNT_MAX     INT64_C(1000000000000000)
#define SEGMENT_CAMPAIGN_MAX   2147483646
#define SEGMENT_NEST_MAX       5  /* segments in segments */
#define SEGMENT_NEEDS_MAX      20 /* segments that one needs, all in all */

/* `pointer` is relative to the filter: "", "/all/0/op". */
typedef void segment_complain(void *arg, const char *pointer,
    const char *detail);

/* Numbers that stand in it, repeated as they are there. */
struct segment_names {
	int64_t segments[SEGMENT_CONDITIONS_MAX], lists[SEGMENT_CONDITIONS_MAX],
	    campaigns[SEGMENT_CONDITIONS_MAX];
	size_t segment_count, list_count, campaign_count;
};

/* false: there were complaints. */
bool segment_filter_check(json_t *filter, struct segment_names *names,
    segment_complain *complain, void *arg) MUST_USE;

#endif
