#include "api/body.h"
#include "api/campaigns.h"
#include "api/delivery_choice.h"
#include "api/filter.h"
#include "api/page.h"
#include "api/problem.h"
#include "api/routes.h"

#define STATES "pending accepted deferred failed uncertain suppressed expired"

/* The ids of a page; their documents are made after the limit was applied. */
static const struct db_result *
find_ids(struct request *q, const struct page *page, struct str state)
{
	struct db_arg id = db_int(q->id), after = db_int(page->after);
	struct db_arg limit = db_int(page_fetch(page));

	if (state.p == NULL)
		return request_run(q, Q_DELIVERY_IDS,
		    DB_ARGS(id, after, limit));
	if (str_eq(state, STR("pending")))
		return request_run(q, Q_DELIVERY_IDS_PENDING,
		    DB_ARGS(id, after, limit));
	return request_run(q, Q_DELIVERY_IDS_IN_STATE,
	    DB_ARGS(id, after, limit, db_text(state)));
}

static void
delivery_index(struct request *q)
{
	struct str state = STR_NONE;
	const struct db_result *r;
	struct page page;
	int64_t *ids;
	int row;

	if (!filter_choice(q, "state", STATES, &state) ||
	    !page_read(q, &page) ||
	    request_one(q, Q_DELIVERY_CAMPAIGN, DB_ARGS(db_int(q->id))) == NULL)
		return;
	r = find_ids(q, &page, state);
	if (r == NULL)
		return;
	ids = ARENA_ARRAY(&q->arena, int64_t, (size_t)db_rows(r) + 1);
	for (row = 0; row < db_rows(r); row++)
		ids[row] = db_get_int(r, row, 0);
	r = request_run(q, Q_DELIVERY_DOCUMENTS,
	    DB_ARGS(db_int_array(ids, (size_t)db_rows(r))));
	if (r != NULL)
		page_reply(q, &page, r);
}

static void
reply_count(struct request *q, const char *name, int64_t n)
{
	reply_json(q, 202, json_pack("{s:I}", name, (json_int_t)n));
}

static bool
has_time_left(struct request *q)
{
	const struct db_result *r =
	    request_one(q, Q_DELIVERY_CAMPAIGN, DB_ARGS(db_int(q->id)));

	if (r == NULL)
		return false;
	if (!db_get_bool(r, 0, 1))
		return true;
	problem(q, 409,
	    "the campaign's time is over (expires_at): retry with "
	    "expires_after_s gives it more");
	return false;
}

static bool
prolong(struct request *q, int64_t seconds)
{
	return seconds == 0 ||
	       request_run(q, Q_CAMPAIGN_PROLONG,
		   DB_ARGS(db_int(q->id), db_int(seconds))) != NULL;
}

static bool
retry_deferred(struct request *q, const struct delivery_choice *c, int64_t *n)
{
	const struct db_result *r;

	if (!c->deferred)
		return true;
	r = request_run(q, Q_DELIVERY_RETRY,
	    DB_ARGS(db_int(q->id), c->ids, c->scopes, c->categories,
		c->status));
	if (r != NULL)
		*n += db_affected(r);
	return r != NULL;
}

static bool
retry_ended(struct request *q, const struct delivery_choice *c, int64_t *n)
{
	const struct db_result *r;
	struct str states[2];
	size_t count = 0;

	if (c->failed)
		states[count++] = STR("failed");
	if (c->expired)
		states[count++] = STR("expired");
	if (count == 0)
		return true;
	r = request_run(q, Q_DELIVERY_RETRY_ENDED,
	    DB_ARGS(db_int(q->id), c->ids, c->scopes, c->categories, c->status,
		db_text_array(states, count)));
	if (r != NULL)
		*n += db_affected(r);
	return r != NULL;
}

/* A finished campaign is put to work again by the scheduler, which looks for
 * deliveries that are to be retried. */
static void
delivery_retry(struct request *q)
{
	struct delivery_choice c;
	int64_t n = 0;

	if (delivery_choice_read(q, &c) &&
	    campaign_hold(q, "running paused finished", "retried") &&
	    prolong(q, c.prolong_s) && has_time_left(q) &&
	    retry_deferred(q, &c, &n) && retry_ended(q, &c, &n))
		reply_count(q, "retried", n);
}

static void
delivery_release(struct request *q)
{
	struct body b = body_open(q);
	struct db_arg chosen = delivery_choice_ids(&b, false);
	const struct db_result *r;

	if (!body_close(&b) ||
	    !campaign_hold(q, "running paused finished", "sent again") ||
	    !has_time_left(q))
		return;
	r = request_run(q, Q_DELIVERY_RELEASE, DB_ARGS(db_int(q->id), chosen));
	if (r != NULL)
		reply_count(q, "released", db_affected(r));
}

const struct route delivery_routes[] = {
    {METHOD_GET, "/v1/campaigns/{id}/deliveries", delivery_index, ACCESS_READ,
	PAYLOAD_NONE, "limit cursor state", NULL},
    {METHOD_POST, "/v1/campaigns/{id}/retry", delivery_retry, ACCESS_WRITE,
	PAYLOAD_JSON, NULL, NULL},
    {METHOD_POST, "/v1/campaigns/{id}/release", delivery_release, ACCESS_WRITE,
	PAYLOAD_JSON, NULL, NULL},
    {0},
};
