#include "api/body.h"
#include "api/filter.h"
#include "api/inbound_raw.h"
#include "api/page.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/tasks.h"
#include "lib/base/json_write.h"

#define CLASSES                                                          \
	"bounce delay dsn_success complaint mdn unsubscribe auto_reply " \
	"challenge reply other unparsed"
#define TYPES "hard soft block"

#define DOCUMENT 0 /* column of inbound_document */

struct narrowed {
	struct str class, attributed;
	int64_t mailbox, delivery, since_us;
};

static bool
narrow(struct request *q, struct narrowed *n)
{
	*n = (struct narrowed){.since_us = INT64_MIN};
	return filter_choice(q, "class", CLASSES, &n->class) &&
	       request_query_id(q, "mailbox_id", &n->mailbox) &&
	       request_query_id(q, "delivery_id", &n->delivery) &&
	       filter_choice(q, "attributed", "true false", &n->attributed) &&
	       filter_time(q, "since", &n->since_us);
}

static void
inbound_index(struct request *q)
{
	const struct db_result *rows;
	struct narrowed n;
	struct page page;

	if (!narrow(q, &n) || !page_read(q, &page))
		return;
	rows = request_run(q, Q_INBOUND_PAGE,
	    DB_ARGS(db_int(page.after), db_int(page_fetch(&page)),
		db_text_or_null(n.class),
		db_int_or_null(n.mailbox, n.mailbox != 0),
		db_int_or_null(n.delivery, n.delivery != 0),
		db_text_or_null(n.attributed), db_time(n.since_us)));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

/* The statement's document, and in it the message as it came: for whom may
 * see everything, as far as it is text. */
static void
inbound_show(struct request *q)
{
	const struct db_result *row =
	    request_one(q, Q_INBOUND_DOCUMENT, DB_ARGS(db_int(q->id)));
	struct json_write j;
	struct str document, raw = STR_NONE;
	struct buf out;

	if (row == NULL)
		return;
	if (q->access == ACCESS_ADMIN)
		raw = inbound_raw_open(q, row, 0);
	document = str_trim(db_get_text(row, 0, DOCUMENT));
	buf_init(&out, REPLY_MAX);
	buf_str(&out, str_sub(document, 0, document.n - 1));
	buf_str(&out, STR(",\"raw\":"));
	json_write_init(&j, &out);
	if (raw.p != NULL)
		json_write_text(&j, raw);
	else
		json_write_null(&j);
	buf_str(&out, STR("}"));
	reply_document(q, 200, arena_dup(&q->arena, buf_view(&out)));
	buf_release(&out);
}

static bool
delivery_exists(struct request *q, int64_t delivery)
{
	const struct db_result *r;

	if (delivery == 0)
		return true;
	r = request_run(q, Q_INBOUND_DELIVERY, DB_ARGS(db_int(delivery)));
	if (r != NULL && db_rows(r) == 0)
		problem_field(q, "delivery_id", "there is no delivery %lld",
		    (long long)delivery);
	return r != NULL && db_rows(r) > 0;
}

/* Without a class it is for the classifier to say; the rest of what people
 * say goes with one. */
static void
inbound_reclassify(struct request *q)
{
	struct body b = body_open(q);
	struct str class = body_choice(&b, "class", 0, CLASSES, NULL);
	int64_t delivery =
	    body_int(&b, "delivery_id", BODY_NULL, 1, INT64_MAX, 0);
	struct str type = body_choice(&b, "type", 0, TYPES, NULL);

	if (class.p == NULL && delivery != 0)
		body_complain(&b, "delivery_id", "needs a class");
	if (type.p != NULL && !str_eq(class, STR("bounce")))
		body_complain(&b, "type", "is of a bounce");
	if (body_close(&b) && delivery_exists(q, delivery))
		task_reclassify(q,
		    DB_ARGS(db_int(q->id), db_text_or_null(class),
			db_int_or_null(delivery, delivery != 0),
			db_text_or_null(type),
			db_int_or_null(q->key_id, q->key_id != 0),
			db_int_or_null(q->user_id, q->user_id != 0)));
}

const struct route inbound_routes[] = {
    {METHOD_GET, "/v1/inbound", inbound_index, ACCESS_READ, PAYLOAD_NONE,
	"limit cursor class mailbox_id delivery_id attributed since", NULL},
    {METHOD_GET, "/v1/inbound/{id}", inbound_show, ACCESS_READ, PAYLOAD_NONE,
	NULL, NULL},
    {METHOD_POST, "/v1/inbound/{id}/reclassify", inbound_reclassify,
	ACCESS_WRITE, PAYLOAD_JSON_OPTIONAL, NULL, NULL},
    {0},
};
