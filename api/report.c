#include "api/filter.h"
#include "api/page.h"
#include "api/routes.h"

/* What the sender recorded and what came back, added up when asked. */
static void
report_show(struct request *q)
{
	const struct db_result *row =
	    request_one(q, Q_REPORT_DOCUMENT, DB_ARGS(db_int(q->id)));

	if (row != NULL)
		reply_row(q, 200, row);
}

/* As `volley maintain` counted it last, by the hour or by the day. */
static void
timeseries_index(struct request *q)
{
	int64_t from = INT64_MIN, to = INT64_MIN;
	struct str by = STR("hour");
	const struct db_result *rows;
	struct page page;

	if (!filter_time(q, "from", &from) || !filter_time(q, "to", &to) ||
	    !filter_choice(q, "by", "hour day", &by) || !page_read(q, &page) ||
	    request_one(q, Q_DELIVERY_CAMPAIGN, DB_ARGS(db_int(q->id))) == NULL)
		return;
	rows = request_run(q,
	    str_eq(by, STR("day")) ? Q_TIMESERIES_DAYS : Q_TIMESERIES_PAGE,
	    DB_ARGS(db_int(page.after), db_int(page_fetch(&page)),
		db_int(q->id), db_time(from), db_time(to)));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

const struct route report_routes[] = {
    {METHOD_GET, "/v1/campaigns/{id}/report", report_show, ACCESS_READ,
	PAYLOAD_NONE, NULL, NULL},
    {METHOD_GET, "/v1/campaigns/{id}/timeseries", timeseries_index, ACCESS_READ,
	PAYLOAD_NONE, "limit cursor from to by", NULL},
    {0},
};
