#include "api/delivery_link.h"

#include "api/public_page.h"
#include "lib/mail/token.h"

enum delivery_link
delivery_link_open(struct request *q, int64_t *delivery)
{
	struct token t;

	if (!token_open(&t, &q->api->keyring, q->params[0]))
		return LINK_UNKNOWN;
	*delivery = t.delivery;
	return (t.delivery & UINT32_MAX) == 0 ? LINK_TEST : LINK_DELIVERY;
}

void
delivery_link_unknown(struct request *q)
{
	public_page(q, 404, "unknown_link.html", NULL, 0);
}
