#include "api/body.h"
#include "api/campaigns.h"
#include "api/routes.h"
#include "lib/base/clock.h"

#define LATE_US (60 * INT64_C(1000000)) /* "now", said by a slow clock */

static void
campaign_start(struct request *q)
{
	struct body b = body_open(q);

	if (body_close(&b) && campaign_hold(q, "draft scheduled", "started") &&
	    campaign_is_alone(q, "started") && campaign_is_ready(q, true) &&
	    request_run(q, Q_CAMPAIGN_SCHEDULE,
		DB_ARGS(db_int(q->id), db_null())) != NULL)
		campaign_reply(q, 202, q->id);
}

static void
campaign_schedule(struct request *q)
{
	struct body b = body_open(q);
	int64_t at = body_time(&b, "at", BODY_REQUIRED);

	if (at != INT64_MIN && at < clock_wall_us() - LATE_US)
		body_complain(&b, "at", "is in the past");
	if (body_close(&b) &&
	    campaign_hold(q, "draft scheduled", "scheduled") &&
	    campaign_is_alone(q, "scheduled") && campaign_is_ready(q, true) &&
	    request_run(q, Q_CAMPAIGN_SCHEDULE,
		DB_ARGS(db_int(q->id), db_time(at))) != NULL)
		campaign_reply(q, 200, q->id);
}

/* Those that need nothing but the right status. */
static void
act(struct request *q, const char *allowed, const char *what, enum query query)
{
	struct body b = body_open(q);

	if (body_close(&b) && campaign_hold(q, allowed, what) &&
	    request_run(q, query, DB_ARGS(db_int(q->id))) != NULL)
		campaign_reply(q, 200, q->id);
}

static void
campaign_pause(struct request *q)
{
	act(q, "scheduled running", "paused", Q_CAMPAIGN_PAUSE);
}

/* It goes on as a whole, and to the groups of recipients that it is paused
 * for; a running one only has such. */
static void
campaign_resume(struct request *q)
{
	struct body b = body_open(q);
	const struct db_result *ended;

	if (!body_close(&b) || !campaign_hold(q, "paused running", "resumed"))
		return;
	ended = request_one(q, Q_CAMPAIGN_PAUSES_END, DB_ARGS(db_int(q->id)));
	if (ended == NULL)
		return;
	if (db_get_int(ended, 0, 0) == 0 &&
	    !campaign_hold(q, "paused", "resumed"))
		return;
	if (request_run(q, Q_RETRY_UNPAUSE, DB_ARGS(db_int(q->id))) != NULL &&
	    request_run(q, Q_CAMPAIGN_RESUME, DB_ARGS(db_int(q->id))) != NULL)
		campaign_reply(q, 200, q->id);
}

static void
campaign_cancel(struct request *q)
{
	act(q, "scheduled running paused", "cancelled", Q_CAMPAIGN_CANCEL);
}

const struct route campaign_action_routes[] = {
    {METHOD_POST, "/v1/campaigns/{id}/start", campaign_start, ACCESS_WRITE,
	PAYLOAD_JSON_OPTIONAL, NULL, NULL},
    {METHOD_POST, "/v1/campaigns/{id}/schedule", campaign_schedule,
	ACCESS_WRITE, PAYLOAD_JSON, NULL, NULL},
    {METHOD_POST, "/v1/campaigns/{id}/pause", campaign_pause, ACCESS_WRITE,
	PAYLOAD_JSON_OPTIONAL, NULL, NULL},
    {METHOD_POST, "/v1/campaigns/{id}/resume", campaign_resume, ACCESS_WRITE,
	PAYLOAD_JSON_OPTIONAL, NULL, NULL},
    {METHOD_POST, "/v1/campaigns/{id}/cancel", campaign_cancel, ACCESS_WRITE,
	PAYLOAD_JSON_OPTIONAL, NULL, NULL},
    {0},
};
