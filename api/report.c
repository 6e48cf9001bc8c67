#include "api/request.h"
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

const struct route report_routes[] = {
    {METHOD_GET, "/v1/campaigns/{id}/report", report_show, ACCESS_READ,
	PAYLOAD_NONE, NULL, NULL},
    {0},
};
