#include "api/click_id.h"

#include "api/url.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/mail/token.h"

#include <stdatomic.h>

#define DAY_US INT64_C(86400000000)

/* A campaign's place is its number's: number * 2 + whether it wants ids. */
struct click_campaigns {
	_Atomic uint64_t at[CLICK_CAMPAIGNS];
};

struct click_campaigns *
click_campaigns_new(void)
{
	return NEW(struct click_campaigns);
}

void
click_campaigns_free(struct click_campaigns *c)
{
	free(c);
}

/* A draft may still change. */
static bool
ask(struct request *q, int64_t campaign, _Atomic uint64_t *place)
{
	const struct db_result *r;
	struct err err;
	bool wants;

	r = request_try(q, Q_CAMPAIGN_CLICK_IDS, DB_ARGS(db_int(campaign)),
	    &err);
	if (r == NULL) {
		request_leave_db(q); /* the link leads there nevertheless */
		return false;
	}
	if (db_rows(r) == 0)
		return false;
	wants = db_get_bool(r, 0, 0);
	if (db_get_bool(r, 0, 1))
		*place = (uint64_t)campaign << 1 | wants;
	return wants;
}

static bool
wants_ids(struct request *q, int64_t campaign)
{
	_Atomic uint64_t *place =
	    &q->api->click_campaigns->at[(uint64_t)campaign % CLICK_CAMPAIGNS];
	uint64_t known = *place;

	if (known >> 1 == (uint64_t)campaign)
		return known & 1;
	return ask(q, campaign, place);
}

struct str
click_id_add(struct request *q, int64_t delivery, struct str url)
{
	struct token t = {delivery, (int)(clock_wall_us() / DAY_US)};
	char id[TOKEN_LEN + 1];

	if (!wants_ids(q, delivery >> 32))
		return url;
	token_make_click(id, &q->api->keyring, &t);
	return url_with(&q->arena, url, CLICK_ID_PARAMETER, id);
}
