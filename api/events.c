#include "api/feed.h"
#include "api/filter.h"
#include "api/routes.h"

#define KINDS                                                             \
	"bounce complaint reply auto_reply unsubscribe resubscribe open " \
	"click conversion delay read_receipt suppression_removed alert"

static void
event_index(struct request *q)
{
	struct str kind = STR_NONE;
	const struct db_result *rows;
	int64_t campaign = 0, contact = 0, since = INT64_MIN;
	struct feed feed;

	if (!filter_choice(q, "kind", KINDS, &kind) ||
	    !request_query_id(q, "campaign_id", &campaign) ||
	    !request_query_id(q, "contact_id", &contact) ||
	    !filter_time(q, "since", &since) || !feed_read(q, &feed))
		return;
	rows = request_run(q, Q_EVENT_FEED,
	    DB_ARGS(db_int(feed.transaction), db_int(feed.id),
		db_int(feed.limit), db_text_or_null(kind),
		db_int_or_null(campaign, campaign != 0),
		db_int_or_null(contact, contact != 0), db_time(since)));
	if (rows != NULL)
		feed_reply(q, rows);
}

const struct route event_routes[] = {
    {METHOD_GET, "/v1/events", event_index, ACCESS_READ, PAYLOAD_NONE,
	"limit cursor kind campaign_id contact_id since", NULL},
    {0},
};
