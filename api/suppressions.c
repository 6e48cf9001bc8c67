#include "api/body.h"
#include "api/consent.h"
#include "api/export.h"
#include "api/filter.h"
#include "api/page.h"
#include "api/problem.h"
#include "api/routes.h"
#include "db/erase.h"
#include "lib/mail/address.h"

#define REASONS "unsubscribe complaint hard_bounce soft_bounces manual erased"
/* What people may say: their own wish, or what another system knows. */
#define REASONS_TOLD "manual unsubscribe complaint hard_bounce"
#define NOTE_MAX     1000

struct wish {
	struct str key; /* of the address, or "@" and a domain */
	struct str reason, note;
	int64_t list; /* 0: everywhere */
};

static void
reply_suppression(struct request *q, int status, int64_t id)
{
	const struct db_result *row = request_one(q, Q_SUPPRESSION_DOCUMENTS,
	    DB_ARGS(db_int(id - 1), db_int(id), db_int(1), db_null(), db_null(),
		db_null(), db_null(), db_null()));

	if (row == NULL)
		return;
	reply_document(q, status, db_get_text(row, 0, 1));
	if (status == 201)
		reply_header(q, "Location", "/v1/suppressions/%lld",
		    (long long)id);
}

/* "@example.com", in the form in which addresses have it; a complaint when it
 * is none. */
static struct str
domain_key(struct body *b, struct str domain)
{
	struct str text = ARENA_JOIN(&b->q->arena, STR("x@"), domain);
	struct address address;
	struct err err;

	if (!address_parse(&address, text, &err)) {
		body_complain(b, "domain", "is no domain: %s", err.text);
		return STR_NONE;
	}
	return arena_dup(&b->q->arena, str_from(address_key(&address), 1));
}

/* Of an address, or of all of a domain. */
static struct str
read_key(struct body *b)
{
	struct str email = body_address(b, "email", 0);
	struct str domain =
	    body_text(b, "domain", BODY_LINE | BODY_FILLED, ADDRESS_MAX);
	struct address address;

	if (body_has(b, "email") == body_has(b, "domain"))
		body_complain(b, "email", "either this or domain is required");
	if (domain.n > 0)
		return domain_key(b, domain);
	if (email.n == 0)
		return STR_NONE;
	if (!address_parse(&address, email, NULL))
		BUG("an address that was taken is refused");
	return arena_dup(&b->q->arena, address_key(&address));
}

static bool
read_wish(struct request *q, struct wish *w)
{
	struct body b = body_open(q);

	w->key = read_key(&b);
	w->reason = body_choice(&b, "reason", 0, REASONS_TOLD, "manual");
	w->list = body_int(&b, "list_id", BODY_NULL, 1, INT64_MAX, 0);
	w->note = body_text(&b, "note", BODY_NULL, NOTE_MAX);
	return body_close(&b);
}

static struct str
evidence(struct request *q, const struct wish *w)
{
	bool by_key = q->key_id != 0;
	json_t *e = json_pack("{s:s, s:I, s:s*}", "source", "api",
	    by_key ? "api_key_id" : "user_id",
	    (json_int_t)(by_key ? q->key_id : q->user_id), "note", w->note.p);
	char *text = json_dumps(e, JSON_COMPACT);
	struct str out = arena_dup(&q->arena, str_of(text));

	free(text);
	json_decref(e);
	return out;
}

static bool
list_exists(struct request *q, int64_t list)
{
	const struct db_result *r;

	if (list == 0)
		return true;
	r = request_run(q, Q_SUPPRESSION_LIST_EXISTS, DB_ARGS(db_int(list)));
	if (r != NULL && db_rows(r) == 0)
		problem_field(q, "list_id", "there is no list %lld",
		    (long long)list);
	return r != NULL && db_rows(r) > 0;
}

/* Saying it again is no error: the first row stays as it was. */
static void
suppression_create(struct request *q)
{
	const struct db_result *r;
	struct db_arg list;
	struct wish w;
	int status = 201;

	if (!read_wish(q, &w) || !list_exists(q, w.list))
		return;
	list = db_int_or_null(w.list, w.list != 0);
	r = request_run(q, Q_SUPPRESSION_INSERT,
	    DB_ARGS(db_text(w.key), list, db_text(w.reason),
		db_text(evidence(q, &w))));
	if (r != NULL && db_rows(r) == 0) {
		status = 200;
		r = request_one(q, Q_SUPPRESSION_FIND,
		    DB_ARGS(db_text(w.key), list, db_text(w.reason)));
	}
	if (r != NULL)
		reply_suppression(q, status, db_get_int(r, 0, 0));
}

static void
suppression_index(struct request *q)
{
	struct str key = STR_NONE, reason = STR_NONE;
	const struct db_result *rows;
	struct page page;
	int64_t list = 0;

	if (!filter_address(q, "email", &key) ||
	    !request_query_id(q, "list_id", &list) ||
	    !filter_choice(q, "reason", REASONS, &reason) ||
	    !page_read(q, &page))
		return;
	rows = request_run(q, Q_SUPPRESSION_DOCUMENTS,
	    DB_ARGS(db_int(page.after), db_int(INT64_MAX),
		db_int(page_fetch(&page)), db_text_or_null(key),
		db_int_or_null(list, list != 0), db_text_or_null(reason),
		erase_inner(&q->api->keyring.person),
		erase_outer(&q->api->keyring.person)));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

static void
suppression_export(struct request *q)
{
	static const struct export_kind kind = {Q_SUPPRESSION_EXPORT,
	    "email list_id reason created_at", "suppressions"};
	enum export_format format;
	int64_t list = 0;

	if (export_format_read(q, &format) &&
	    request_query_id(q, "list_id", &list))
		export_reply(q, &kind, list, format, NULL);
}

static void
suppression_show(struct request *q)
{
	reply_suppression(q, 200, q->id);
}

static void
suppression_remove(struct request *q)
{
	const struct consent said = {.source = "api"};

	if (consent_say(q, &said) &&
	    request_one(q, Q_SUPPRESSION_DELETE,
		DB_ARGS(db_int(q->id),
		    db_int_or_null(q->key_id, q->key_id != 0),
		    db_int_or_null(q->user_id, q->user_id != 0))) != NULL)
		reply_empty(q, 204);
}

const struct route suppression_routes[] = {
    {METHOD_POST, "/v1/suppressions", suppression_create, ACCESS_WRITE,
	PAYLOAD_JSON, NULL, NULL},
    {METHOD_GET, "/v1/suppressions", suppression_index, ACCESS_READ,
	PAYLOAD_NONE, "limit cursor email list_id reason", NULL},
    {METHOD_GET, "/v1/suppressions/export", suppression_export, ACCESS_READ,
	PAYLOAD_NONE, "format list_id", NULL},
    {METHOD_GET, "/v1/suppressions/{id}", suppression_show, ACCESS_READ,
	PAYLOAD_NONE, NULL, NULL},
    {METHOD_DELETE, "/v1/suppressions/{id}", suppression_remove, ACCESS_WRITE,
	PAYLOAD_NONE, NULL, NULL},
    {0},
};
