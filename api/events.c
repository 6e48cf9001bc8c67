#include "api/filter.h"
#include "api/page.h"
#include "api/routes.h"

#define KINDS                                                             \
	"bounce complaint reply auto_reply unsubscribe resubscribe open " \
	"click conversion delay read_receipt suppression_removed alert"

static void
event_index(struct request *q)
{
	struct str kind = STR_NONE;
	const struct db_result *rows;
	struct page page;
	int64_t campaign = 0;

	if (!filter_choice(q, "kind", KINDS, &kind) ||
	    !request_query_id(q, "campaign_id", &campaign) ||
	    !page_read(q, &page))
		return;
	rows = request_run(q, Q_EVENT_PAGE,
	    DB_ARGS(db_int(page.after), db_int(page_fetch(&page)),
		db_text_or_null(kind),
		db_int_or_null(campaign, campaign != 0)));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

const struct route event_routes[] = {
    {METHOD_GET, "/v1/events", event_index, ACCESS_READ, PAYLOAD_NONE,
	"limit cursor kind campaign_id", NULL},
    {0},
};
