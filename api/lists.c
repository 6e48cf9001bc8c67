#include "api/body.h"
#include "api/contacts.h"
#include "api/export.h"
#include "api/filter.h"
#include "api/page.h"
#include "api/problem.h"
#include "api/routes.h"

#define NAME_MAX_BYTES 200
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

static void
list_create(struct request *q)
{
	struct body b = body_open(q);
	struct str name =
	    body_text(&b, "name", BODY_REQUIRED | BODY_LINE, NAME_MAX_BYTES);
	struct str opt_in = body_choice(&b, "opt_in", 0, OPT_IN, "single");
	bool is_public = body_bool(&b, "public", 0, false);
	struct str tracking =
	    body_choice(&b, "tracking", 0, TRACKING_MODES, "individual");
	const struct db_result *row;

	if (!body_close(&b))
		return;
	row = request_one(q, Q_LIST_INSERT,
	    DB_ARGS(db_text(name), db_text(opt_in), db_bool(is_public),
		db_text(tracking)));
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
	struct body b = body_open(q);
	bool has_public = body_has(&b, "public");
	struct str name =
	    body_text(&b, "name", BODY_LINE | BODY_FILLED, NAME_MAX_BYTES);
	struct str opt_in = body_choice(&b, "opt_in", 0, OPT_IN, NULL);
	bool is_public = body_bool(&b, "public", 0, false);
	struct str tracking =
	    body_choice(&b, "tracking", 0, TRACKING_MODES, NULL);

	if (!body_close(&b))
		return;
	if (request_one(q, Q_LIST_UPDATE,
		DB_ARGS(db_int(q->id), db_text_or_null(name),
		    db_text_or_null(opt_in),
		    has_public ? db_bool(is_public) : db_null(),
		    db_text_or_null(tracking))) != NULL)
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
