/*
 * Everything that is known of a person, for themselves (GDPR art. 15, 20):
 * one JSON object.  Messages that they wrote, or that came about them, stand
 * in it as they came, in base64.
 */
#include "api/inbound_raw.h"
#include "api/problem.h"
#include "api/routes.h"
#include "lib/base/encode.h"
#include "lib/base/json_write.h"
#include "lib/mail/address.h"

static void
write_raw(struct json_write *j, struct str raw)
{
	struct buf text;

	json_write_key(j, "raw");
	if (raw.p == NULL) {
		json_write_null(j);
		return;
	}
	buf_init(&text, REPLY_MAX);
	base64_encode(&text, raw);
	json_write_text(j, buf_view(&text));
	buf_release(&text);
}

static void
write_inbound(struct request *q, struct json_write *j,
    const struct db_result *rows)
{
	int row;

	json_write_key(j, "inbound");
	json_write_open(j, '[');
	for (row = 0; row < db_rows(rows); row++) {
		json_write_open(j, '{');
		json_write_key(j, "message");
		json_write_raw(j, db_get_text(rows, row, 0));
		write_raw(j, inbound_raw_open(q, rows, row));
		json_write_close(j, '}');
	}
	json_write_close(j, ']');
}

static void
reply_person(struct request *q, struct str document,
    const struct db_result *inbound)
{
	struct json_write j;
	struct buf out;

	buf_init(&out, REPLY_MAX);
	json_write_init(&j, &out);
	json_write_open(&j, '{');
	json_write_key(&j, "person");
	json_write_raw(&j, document);
	write_inbound(q, &j, inbound);
	json_write_close(&j, '}');
	if (out.full)
		problem(q, 413, "it is more than %u bytes", REPLY_MAX);
	else
		reply_document(q, 200, arena_dup(&q->arena, buf_view(&out)));
	buf_release(&out);
}

static void
person_export(struct request *q)
{
	const struct db_result *row, *document, *inbound;
	struct address address;
	struct db_arg id;
	struct err err;

	if (!address_parse(&address, q->params[0], &err)) {
		problem(q, 404, "this is no mail address: %s", err.text);
		return;
	}
	row = request_one(q, Q_CONTACT_ID,
	    DB_ARGS(db_text(address_key(&address))));
	if (row == NULL)
		return;
	id = db_int(db_get_int(row, 0, 0));
	document = request_one(q, Q_PERSON_DOCUMENT, DB_ARGS(id));
	if (document == NULL)
		return;
	inbound = request_run(q, Q_PERSON_INBOUND, DB_ARGS(id));
	if (inbound != NULL)
		reply_person(q, db_get_text(document, 0, 0), inbound);
}

const struct route person_export_routes[] = {
    {METHOD_GET, "/v1/contacts/{email}/export", person_export, ACCESS_ADMIN,
	PAYLOAD_NONE, NULL, NULL},
    {0},
};
