#include "api/body.h"
#include "api/contacts.h"
#include "api/export.h"
#include "api/filter.h"
#include "api/page.h"
#include "api/problem.h"
#include "api/routes.h"

#define NAME_MAX_BYTES 200
#define FORM_TEXT_MAX  1000
#define OPT_IN         "single double"

static void
reply_list(struct request *q, int status, int64_t id)
{
	const struct db_result *row =
	    request_one(q, Q_LIST_DOCUMENT, DB_ARGS(db_int(id)));

	if (row == NULL)
		return;
	reply_row(q, status, row);
	if (status == 201)
		reply_header(q, "Location", "/v1/lists/%lld", (long long)id);
}

struct wish {
	struct str name, opt_in, tracking, form_text; /* STR_NONE: as it is */
	struct db_arg is_public, forms;
	struct db_arg confirmation; /* the campaign, or none */
	bool says_confirmation;
};

/* What a mail that asks for a confirmation cannot do without. */
static void
check_confirmation(struct body *b, int64_t campaign)
{
	static const char *const faults[] = {
	    "is no draft any more: take one that is not sent itself",
	    "has no account to be sent through",
	    "has no template with a link to {{ confirm_url }}",
	};
	const struct db_result *r =
	    request_run(b->q, Q_CONFIRMATION_MODEL, DB_ARGS(db_int(campaign)));
	size_t i;

	if (r == NULL)
		return;
	if (db_rows(r) == 0)
		body_complain(b, "confirmation_campaign_id",
		    "there is no campaign %lld", (long long)campaign);
	for (i = 0; db_rows(r) > 0 && i < ARRAY_LEN(faults); i++)
		if (!db_get_bool(r, 0, (int)i))
			body_complain(b, "confirmation_campaign_id", "%s",
			    faults[i]);
}

static struct db_arg
read_bool(struct body *b, const char *field)
{
	bool is_given = body_has(b, field);
	bool value = body_bool(b, field, 0, false);

	return is_given ? db_bool(value) : db_null();
}

/* false: answered. */
static bool
read_wish(struct request *q, struct wish *w, unsigned name)
{
	struct body b = body_open(q);
	int64_t campaign;

	w->name = body_text(&b, "name", BODY_LINE | BODY_FILLED | name,
	    NAME_MAX_BYTES);
	w->opt_in = body_choice(&b, "opt_in", 0, OPT_IN, NULL);
	w->is_public = read_bool(&b, "public");
	w->tracking = body_choice(&b, "tracking", 0, TRACKING_MODES, NULL);
	w->forms = read_bool(&b, "forms");
	w->form_text = body_text(&b, "form_text", BODY_LINE, FORM_TEXT_MAX);
	campaign = body_int(&b, "confirmation_campaign_id", BODY_NULL, 1,
	    INT64_MAX, 0);
	w->confirmation = db_int_or_null(campaign, campaign != 0);
	w->says_confirmation =
	    campaign != 0 || body_is_null(&b, "confirmation_campaign_id");
	if (campaign != 0)
		check_confirmation(&b, campaign);
	return body_close(&b) && q->reply.status == 0;
}

static void
list_create(struct request *q)
{
	const struct db_result *row;
	struct wish w;

	if (!read_wish(q, &w, BODY_REQUIRED))
		return;
	row = request_one(q, Q_LIST_INSERT,
	    DB_ARGS(db_text(w.name), db_text_or_null(w.opt_in), w.is_public,
		db_text_or_null(w.tracking), w.forms,
		db_text_or_null(w.form_text), w.confirmation));
	if (row != NULL)
		reply_list(q, 201, db_get_int(row, 0, 0));
}

static void
list_index(struct request *q)
{
	const struct db_result *rows;
	struct page page;

	if (!page_read(q, &page))
		return;
	rows = request_run(q, Q_LIST_PAGE,
	    DB_ARGS(db_int(page.after), db_int(page_fetch(&page))));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

static void
list_show(struct request *q)
{
	reply_list(q, 200, q->id);
}

static void
list_change(struct request *q)
{
	struct wish w;

	if (read_wish(q, &w, 0) &&
	    request_one(q, Q_LIST_UPDATE,
		DB_ARGS(db_int(q->id), db_text_or_null(w.name),
		    db_text_or_null(w.opt_in), w.is_public,
		    db_text_or_null(w.tracking), w.forms,
		    db_text_or_null(w.form_text), w.confirmation,
		    db_bool(w.says_confirmation))) != NULL)
		reply_list(q, 200, q->id);
}

static void
list_remove(struct request *q)
{
	const struct db_result *uses =
	    request_one(q, Q_LIST_USES, DB_ARGS(db_int(q->id)));

	if (uses == NULL)
		return;
	if (db_get_bool(uses, 0, 0))
		problem(q, 409, "the list is used by a campaign");
	else if (db_get_bool(uses, 0, 1))
		problem(q, 409, "an import into the list is under way");
	else if (request_run(q, Q_LIST_DELETE, DB_ARGS(db_int(q->id))) != NULL)
		reply_empty(q, 204);
}

static bool
read_details(struct request *q, bool *out)
{
	struct str word = STR_NONE;

	if (!filter_choice(q, "details", "true false", &word))
		return false;
	*out = !str_eq(word, STR("false"));
	return true;
}

static void
list_export(struct request *q)
{
	static const struct export_kind kinds[] = {
	    {Q_CONTACT_EXPORT_PLAIN, "email name", "list"},
	    {Q_CONTACT_EXPORT, "email name status joined_at", "list"}};
	const struct db_result *names = NULL;
	enum export_format format;
	bool details;

	if (!export_format_read(q, &format) || !read_details(q, &details) ||
	    request_one(q, Q_LIST_EXISTS, DB_ARGS(db_int(q->id))) == NULL)
		return;
	if (format == EXPORT_CSV)
		names = request_run(q, Q_CONTACT_ATTRIBUTE_NAMES,
		    DB_ARGS(db_int(q->id), db_int(EXPORT_COLUMNS_MAX + 1)));
	if (q->reply.status == 0)
		export_reply(q, &kinds[details], q->id, format, names);
}

const struct route list_routes[] = {
    {METHOD_POST, "/v1/lists", list_create, ACCESS_WRITE, PAYLOAD_JSON, NULL,
	NULL},
    {METHOD_GET, "/v1/lists", list_index, ACCESS_READ, PAYLOAD_NONE,
	"limit cursor", NULL},
    {METHOD_GET, "/v1/lists/{id}", list_show, ACCESS_READ, PAYLOAD_NONE, NULL,
	NULL},
    {METHOD_GET, "/v1/lists/{id}/export", list_export, ACCESS_READ,
	PAYLOAD_NONE, "format details", NULL},
    {METHOD_PATCH, "/v1/lists/{id}", list_change, ACCESS_WRITE, PAYLOAD_JSON,
	NULL, NULL},
    {METHOD_DELETE, "/v1/lists/{id}", list_remove, ACCESS_WRITE, PAYLOAD_NONE,
	NULL, NULL},
    {0},
};
