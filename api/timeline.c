/*
 * What a contact did and what was done to it, newest first: from the ledger,
 * the events, the consent log and the conversions (db/queries/timeline.sql).
 */
#include "api/page.h"
#include "api/problem.h"
#include "api/routes.h"
#include "lib/mail/address.h"

static void
timeline_index(struct request *q)
{
	const struct db_result *rows, *contact;
	struct address address;
	struct page page;
	struct err err;

	if (!address_parse(&address, q->params[0], &err)) {
		problem(q, 404, "this is no mail address: %s", err.text);
		return;
	}
	if (!page_read(q, &page))
		return;
	contact = request_one(q, Q_CONTACT_ID,
	    DB_ARGS(db_text(address_key(&address))));
	if (contact == NULL)
		return;
	rows = request_run(q, Q_TIMELINE,
	    DB_ARGS(db_int(db_get_int(contact, 0, 0)), db_int(page.after),
		db_int(page_fetch(&page))));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

const struct route timeline_routes[] = {
    {METHOD_GET, "/v1/contacts/{email}/timeline", timeline_index, ACCESS_READ,
	PAYLOAD_NONE, "limit cursor", NULL},
    {0},
};
