#include "api/consent.h"

#include "api/page.h"
#include "api/problem.h"
#include "api/routes.h"
#include "lib/mail/address.h"

bool
consent_say(struct request *q, const struct consent *c)
{
	struct peer peer = request_peer(q);
	struct str network = STR_NONE;

	if (q->key_id == 0 && q->user_id == 0)
		network = peer_network(&peer, &q->arena);
	return request_run(q, Q_CONSENT_SAY,
		   DB_ARGS(db_cstr(c->source), db_cstr(c->method),
		       db_text_or_null(c->basis), db_text_or_null(c->text),
		       network.n > 0 ? db_text(network) : db_null(),
		       db_int_or_null(q->key_id, q->key_id != 0))) != NULL;
}

/* A person of whom nothing is known is none. */
static bool
is_known(struct request *q, const struct db_result *rows,
    const struct page *page, const struct address *address)
{
	return db_rows(rows) > 0 || page->after > 0 ||
	       request_one(q, Q_CONTACT_ID,
		   DB_ARGS(db_text(address_key(address)))) != NULL;
}

static void
consent_index(struct request *q)
{
	const struct db_result *rows;
	struct address address;
	struct page page;
	struct err err;

	if (!address_parse(&address, q->params[0], &err)) {
		problem(q, 404, "this is no mail address: %s", err.text);
		return;
	}
	if (!page_read(q, &page))
		return;
	rows = request_run(q, Q_CONSENT_PAGE,
	    DB_ARGS(db_int(page.after), db_int(page_fetch(&page)),
		db_text(address_key(&address))));
	if (rows != NULL && is_known(q, rows, &page, &address))
		page_reply(q, &page, rows);
}

const struct route consent_routes[] = {
    {METHOD_GET, "/v1/contacts/{email}/consents", consent_index, ACCESS_READ,
	PAYLOAD_NONE, "limit cursor", NULL},
    {0},
};
