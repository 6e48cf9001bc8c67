#include "api/campaigns.h"

#include "api/campaign_draft.h"
#include "api/campaign_message.h"
#include "api/filter.h"
#include "api/page.h"
#include "api/problem.h"
#include "api/routes.h"
#include "lib/mail/address.h"
#include "lib/mail/header.h"

#define STATUSES "draft scheduled running paused finished cancelled"

void
campaign_reply(struct request *q, int status, int64_t id)
{
	const struct db_result *row =
	    request_one(q, Q_CAMPAIGN_DOCUMENT, DB_ARGS(db_int(id)));

	if (row == NULL)
		return;
	reply_row(q, status, row);
	if (status == 201)
		reply_header(q, "Location", "/v1/campaigns/%lld",
		    (long long)id);
}

bool
campaign_hold(struct request *q, const char *allowed, const char *what)
{
	const struct db_result *r =
	    request_one(q, Q_CAMPAIGN_HELD, DB_ARGS(db_int(q->id)));
	struct str rest = str_of(allowed), word, status;

	if (r == NULL)
		return false;
	status = db_get_text(r, 0, 0);
	while (str_cut(&rest, ' ', &word))
		if (str_eq(word, status))
			return true;
	problem(q, 409, "the campaign is %.*s and cannot be %s",
	    STR_ARG(status), what);
	return false;
}

bool
campaign_is_alone(struct request *q, const char *what)
{
	const struct db_result *r =
	    request_run(q, Q_EXPERIMENT_OF, DB_ARGS(db_int(q->id)));

	if (r == NULL || db_rows(r) == 0)
		return r != NULL;
	problem(q, 409, "the campaign is %s with its experiment, %lld", what,
	    (long long)db_get_int(r, 0, 0));
	return false;
}

static void
check_template(struct request *q, const struct db_result *r)
{
	if (!db_get_bool(r, 0, 2))
		problem_field(q, "template_id", "a template is required");
	else if (db_get_text(r, 0, 3).n == 0)
		problem_field(q, "template_id", "the template has no subject");
	else if (!db_get_bool(r, 0, 4))
		problem_field(q, "template_id",
		    "the template has neither html nor text");
	else if (db_get_bool(r, 0, 5))
		problem_field(q, "template_id",
		    "the template's layout does not exist");
}

/* A snippet may have gone since the template was kept. */
static void
check_message(struct request *q)
{
	struct campaign_message m;
	bool found;

	if (!campaign_message_load(q, q->id, &m, &found))
		return;
	if (m.error.part != NULL)
		problem_field(q, "template_id",
		    "the template has an error: %s, line %d, column %d: %s",
		    m.error.part, m.error.at.line, m.error.at.column,
		    m.error.at.text);
	message_free(m.message);
}

bool
campaign_is_ready(struct request *q, bool to_lists)
{
	const struct db_result *r =
	    request_one(q, Q_CAMPAIGN_READINESS, DB_ARGS(db_int(q->id)));
	struct address from;
	struct err err;

	if (r == NULL)
		return false;
	if (to_lists && !db_get_bool(r, 0, 0))
		problem_field(q, "list_ids", "at least one list is required");
	if (!db_get_bool(r, 0, 1))
		problem_field(q, "account_ids",
		    "at least one account is required");
	check_template(q, r);
	if (!header_text_ok(db_get_text(r, 0, 6)))
		problem_field(q, "from.name", "does not fit a mail header");
	if (!address_parse(&from, db_get_text(r, 0, 7), &err))
		problem_field(q, "from.email", "is no mail address: %s",
		    err.text);
	if (q->reply.status == 0)
		check_message(q);
	return q->reply.status == 0;
}

static void
campaign_create(struct request *q)
{
	struct campaign_draft d = campaign_draft_new();
	int64_t id;

	if (!campaign_draft_read(q, &d, true))
		return;
	id = campaign_draft_insert(q, &d);
	if (id != 0)
		campaign_reply(q, 201, id);
}

static void
campaign_index(struct request *q)
{
	struct str status = STR_NONE;
	const struct db_result *rows;
	struct page page;

	if (!filter_choice(q, "status", STATUSES, &status) ||
	    !page_read(q, &page))
		return;
	rows = request_run(q, Q_CAMPAIGN_PAGE,
	    DB_ARGS(db_int(page.after), db_int(page_fetch(&page)),
		db_text_or_null(status)));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

static void
campaign_show(struct request *q)
{
	campaign_reply(q, 200, q->id);
}

static void
campaign_change(struct request *q)
{
	struct campaign_draft d;
	const char *status = campaign_draft_load(q, &d);

	if (status == NULL)
		return;
	if (strcmp(status, "draft") != 0)
		campaign_control_change(q, status);
	else if (campaign_draft_read(q, &d, false) &&
		 campaign_draft_update(q, &d))
		campaign_reply(q, 200, q->id);
}

static void
campaign_remove(struct request *q)
{
	if (campaign_hold(q, "draft", "deleted") &&
	    campaign_is_alone(q, "deleted") &&
	    request_run(q, Q_CAMPAIGN_DELETE, DB_ARGS(db_int(q->id))) != NULL)
		reply_empty(q, 204);
}

const struct route campaign_routes[] = {
    {METHOD_POST, "/v1/campaigns", campaign_create, ACCESS_WRITE, PAYLOAD_JSON,
	NULL, NULL},
    {METHOD_GET, "/v1/campaigns", campaign_index, ACCESS_READ, PAYLOAD_NONE,
	"limit cursor status", NULL},
    {METHOD_GET, "/v1/campaigns/{id}", campaign_show, ACCESS_READ, PAYLOAD_NONE,
	NULL, NULL},
    {METHOD_PATCH, "/v1/campaigns/{id}", campaign_change, ACCESS_WRITE,
	PAYLOAD_JSON, NULL, NULL},
    {METHOD_DELETE, "/v1/campaigns/{id}", campaign_remove, ACCESS_WRITE,
	PAYLOAD_NONE, NULL, NULL},
    {0},
};
