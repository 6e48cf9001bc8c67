#include "api/body.h"
#include "api/campaigns.h"
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

/* {"delivery_ids":[...]} or {"all":true}, as an argument that is NULL for
 * all. */
static bool
read_choice(struct request *q, struct db_arg *chosen)
{
	struct body b = body_open(q);
	bool all = body_bool(&b, "all", 0, false);
	const int64_t *ids;
	size_t n;

	ids = body_ids(&b, "delivery_ids", BODY_FILLED, &n);
	if (all == body_has(&b, "delivery_ids"))
		body_complain(&b, "delivery_ids",
		    "either this or \"all\": true is required");
	*chosen = all ? db_null() : db_int_array(ids, n);
	return body_close(&b);
}

static void
reply_count(struct request *q, const char *name, int64_t n)
{
	reply_json(q, 202, json_pack("{s:I}", name, (json_int_t)n));
}

static void
delivery_retry(struct request *q)
{
	const struct db_result *r;
	struct db_arg chosen;

	if (!read_choice(q, &chosen) ||
	    !campaign_hold(q, "running paused", "retried"))
		return;
	r = request_run(q, Q_DELIVERY_RETRY, DB_ARGS(db_int(q->id), chosen));
	if (r != NULL)
		reply_count(q, "retried", db_affected(r));
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
	problem(q, 409, "the campaign's time is over (expires_at)");
	return false;
}

/* A finished campaign is put to work again by the scheduler, which looks for
 * deliveries that are to be retried. */
static void
delivery_release(struct request *q)
{
	const struct db_result *r;
	struct db_arg chosen;

	if (!read_choice(q, &chosen) ||
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
