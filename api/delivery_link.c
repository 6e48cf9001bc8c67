#include "api/delivery_link.h"

#include "api/link_pace.h"
#include "api/public_page.h"
#include "lib/base/clock.h"
#include "lib/mail/token.h"

#define RETRY_AFTER_S 60

static bool
may_ask(struct request *q, uint32_t cost)
{
	struct peer source = request_peer(q);

	return link_pace_take(q->api->link_pace, &source, clock_wall_us(),
	    cost);
}

enum delivery_link
delivery_link_open(struct request *q, int64_t *delivery)
{
	struct token t;

	if (!may_ask(q, LINK_PACE_KNOWN))
		return LINK_UNKNOWN;
	if (!token_open(&t, &q->api->keyring, q->params[0])) {
		may_ask(q, LINK_PACE_UNKNOWN);
		return LINK_UNKNOWN;
	}
	*delivery = t.delivery;
	return (t.delivery & UINT32_MAX) == 0 ? LINK_TEST : LINK_DELIVERY;
}

void
delivery_link_unknown(struct request *q)
{
	bool may = may_ask(q, 0);

	public_page(q, may ? 404 : 429, "unknown_link.html", NULL, 0);
	if (!may)
		reply_header(q, "Retry-After", "%d", RETRY_AFTER_S);
}
