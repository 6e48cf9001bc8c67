/* What a campaign's report is made of, as files (T-020). */
#include "api/export.h"
#include "api/routes.h"

static void
reply_file(struct request *q, const struct export_kind *kind)
{
	enum export_format format;

	if (export_format_read(q, &format) &&
	    request_one(q, Q_DELIVERY_CAMPAIGN, DB_ARGS(db_int(q->id))) != NULL)
		export_reply(q, kind, q->id, format, NULL);
}

static void
delivery_export(struct request *q)
{
	static const struct export_kind kind = {Q_DELIVERY_EXPORT,
	    "delivery_id contact_id list_id outcomes", "deliveries"};

	reply_file(q, &kind);
}

static void
event_export(struct request *q)
{
	static const struct export_kind kind = {Q_EVENT_EXPORT,
	    "id kind at delivery_id contact_id list_id type category status "
	    "source verdict data",
	    "events"};

	reply_file(q, &kind);
}

static void
conversion_export(struct request *q)
{
	static const struct export_kind kind = {Q_CONVERSION_EXPORT,
	    "id source order_id refund_of type contact_id at amount currency "
	    "delivery_id clicked_at",
	    "conversions"};

	reply_file(q, &kind);
}

const struct route campaign_export_routes[] = {
    {METHOD_GET, "/v1/campaigns/{id}/deliveries/export", delivery_export,
	ACCESS_READ, PAYLOAD_NONE, "format", NULL},
    {METHOD_GET, "/v1/campaigns/{id}/events/export", event_export, ACCESS_READ,
	PAYLOAD_NONE, "format", NULL},
    {METHOD_GET, "/v1/campaigns/{id}/conversions/export", conversion_export,
	ACCESS_READ, PAYLOAD_NONE, "format", NULL},
    {0},
};
