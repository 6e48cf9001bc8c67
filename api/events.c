#include "api/filter.h"
#include "api/page.h"
#include "api/routes.h"

#define KINDS                                                             \
	"bounce complaint reply auto_reply unsubscribe resubscribe open " \
	"click conversion delay read_receipt suppression_removed alert"
#define CLASSES                                                          \
	"bounce delay dsn_success complaint mdn unsubscribe auto_reply " \
	"challenge reply other unparsed"

/* A page of rows narrowed by one word and one id. */
static void
reply_page(struct request *q, enum query query, struct str word, int64_t id)
{
	const struct db_result *rows;
	struct page page;

	if (!page_read(q, &page))
		return;
	rows = request_run(q, query,
	    DB_ARGS(db_int(page.after), db_int(page_fetch(&page)),
		db_text_or_null(word), db_int_or_null(id, id != 0)));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

static void
event_index(struct request *q)
{
	struct str kind = STR_NONE;
	int64_t campaign = 0;

	if (filter_choice(q, "kind", KINDS, &kind) &&
	    request_query_id(q, "campaign_id", &campaign))
		reply_page(q, Q_EVENT_PAGE, kind, campaign);
}

static void
inbound_index(struct request *q)
{
	struct str class = STR_NONE;
	int64_t mailbox = 0;

	if (filter_choice(q, "class", CLASSES, &class) &&
	    request_query_id(q, "mailbox_id", &mailbox))
		reply_page(q, Q_INBOUND_PAGE, class, mailbox);
}

const struct route event_routes[] = {
    {METHOD_GET, "/v1/events", event_index, ACCESS_READ, PAYLOAD_NONE,
	"limit cursor kind campaign_id", NULL},
    {METHOD_GET, "/v1/inbound", inbound_index, ACCESS_READ, PAYLOAD_NONE,
	"limit cursor class mailbox_id", NULL},
    {0},
};
