/*
 * Who is told of events: webhooks, their secrets, and how the telling goes.
 * `volley webhooks` does it (webhook_worker.h).
 */
#include "api/body.h"
#include "api/page.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/webhook_url.h"
#include "api/webhook_worker.h"
#include "lib/base/digest.h"
#include "lib/base/encode.h"
#include "lib/net/http.h"

#define NAME_MAX_BYTES 200
#define KIND_MAX       40
#define SEALED_MAX     500
#define SECRET_BYTES   32
#define KINDS                                                             \
	"bounce complaint reply auto_reply unsubscribe resubscribe open " \
	"click conversion delay read_receipt suppression_removed alert"

struct webhook {
	struct str name, url, state;
	const struct str *kinds;
	size_t kind_count;
	bool says_kinds;
};

static bool
is_kind(struct str s)
{
	struct str rest = STR(KINDS), one;

	while (str_cut(&rest, ' ', &one))
		if (str_eq(one, s))
			return true;
	return false;
}

static bool
read_webhook(struct request *q, struct webhook *w, bool fresh)
{
	unsigned needed = fresh ? BODY_REQUIRED : BODY_FILLED;
	struct body b = body_open(q);
	struct err err;
	size_t i;

	w->name = body_text(&b, "name", needed | BODY_LINE, NAME_MAX_BYTES);
	w->url = body_text(&b, "url", needed | BODY_LINE, HTTP_URL_MAX);
	w->kinds = body_texts(&b, "kinds", 0, KIND_MAX, &w->kind_count);
	w->says_kinds = fresh || body_has(&b, "kinds");
	if (!fresh)
		w->state = body_choice(&b, "state", 0, "active paused", NULL);
	if (w->url.p != NULL &&
	    !webhook_url_ok(w->url.p, q->api->settings->webhook_hosts, &err))
		body_complain(&b, "url", "%s", err.text);
	for (i = 0; i < w->kind_count; i++)
		if (!is_kind(w->kinds[i]))
			body_complain(&b, "kinds", "item %zu is none of: %s",
			    i + 1, KINDS);
	return body_close(&b);
}

/* "whs_" and 256 random bits, which is shown this once. */
static struct str
keep_secret(struct request *q, int64_t id)
{
	unsigned char bits[SECRET_BYTES];
	struct buf text, sealed;
	struct str secret;
	bool ok;

	random_bytes(bits, sizeof(bits));
	buf_init(&text, SEALED_MAX);
	buf_init(&sealed, SEALED_MAX);
	buf_puts(&text, WEBHOOK_SECRET_PREFIX);
	base32_encode(&text, (struct str){(const char *)bits, sizeof(bits)});
	secret = arena_dup(&q->arena, buf_view(&text));
	seal(&q->api->keyring,
	    arena_printf(&q->arena, WEBHOOK_IDENTITY, (long long)id), secret,
	    &sealed);
	ok = request_run(q, Q_WEBHOOK_KEEP_SECRET,
		 DB_ARGS(db_int(id), db_bytes(buf_view(&sealed)))) != NULL;
	buf_wipe(&text);
	buf_release(&sealed);
	explicit_bzero(bits, sizeof(bits));
	return ok ? secret : STR_NONE;
}

static void
reply_webhook(struct request *q, int64_t id)
{
	const struct db_result *row = request_one(q, Q_WEBHOOK_DOCUMENTS,
	    DB_ARGS(db_int(id - 1), db_int(id), db_int(1)));

	if (row != NULL)
		reply_document(q, 200, db_get_text(row, 0, 1));
}

static void
webhook_create(struct request *q)
{
	struct webhook w = {0};
	const struct db_result *r;
	struct str secret;
	int64_t id;

	if (!read_webhook(q, &w, true))
		return;
	r = request_one(q, Q_WEBHOOK_INSERT,
	    DB_ARGS(db_text(w.name), db_text(w.url),
		db_text_array(w.kinds, w.kind_count)));
	if (r == NULL)
		return;
	id = db_get_int(r, 0, 0);
	secret = keep_secret(q, id);
	if (secret.p == NULL)
		return;
	reply_json(q, 201,
	    json_pack("{s:I, s:s%}", "id", (json_int_t)id, "secret", secret.p,
		secret.n));
	reply_header(q, "Location", "/v1/webhooks/%lld", (long long)id);
}

static void
webhook_index(struct request *q)
{
	const struct db_result *rows;
	struct page page;

	if (!page_read(q, &page))
		return;
	rows = request_run(q, Q_WEBHOOK_DOCUMENTS,
	    DB_ARGS(db_int(page.after), db_int(INT64_MAX),
		db_int(page_fetch(&page))));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

static void
webhook_show(struct request *q)
{
	reply_webhook(q, q->id);
}

static void
webhook_change(struct request *q)
{
	struct webhook w = {0};

	if (!read_webhook(q, &w, false) ||
	    request_one(q, Q_WEBHOOK_UPDATE,
		DB_ARGS(db_int(q->id), db_text_or_null(w.name),
		    db_text_or_null(w.url),
		    w.says_kinds ? db_text_array(w.kinds, w.kind_count)
				 : db_null(),
		    db_text_or_null(w.state))) == NULL)
		return;
	reply_webhook(q, q->id);
}

static void
webhook_delete(struct request *q)
{
	if (request_one(q, Q_WEBHOOK_DELETE, DB_ARGS(db_int(q->id))) != NULL)
		reply_empty(q, 204);
}

static void
webhook_test(struct request *q)
{
	struct body b = body_open(q);

	if (body_close(&b) &&
	    request_one(q, Q_WEBHOOK_TEST, DB_ARGS(db_int(q->id))) != NULL)
		reply_json(q, 202, json_pack("{s:s}", "state", "queued"));
}

static void
webhook_attempts(struct request *q)
{
	const struct db_result *rows;
	struct page page;

	if (!page_read(q, &page) ||
	    request_one(q, Q_WEBHOOK_DOCUMENTS,
		DB_ARGS(db_int(q->id - 1), db_int(q->id), db_int(1))) == NULL)
		return;
	rows = request_run(q, Q_WEBHOOK_ATTEMPTS,
	    DB_ARGS(db_int(q->id), db_int(page.after),
		db_int(page_fetch(&page))));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

const struct route webhook_routes[] = {
    {METHOD_POST, "/v1/webhooks", webhook_create, ACCESS_ADMIN, PAYLOAD_JSON,
	NULL, NULL},
    {METHOD_GET, "/v1/webhooks", webhook_index, ACCESS_ADMIN, PAYLOAD_NONE,
	"limit cursor", NULL},
    {METHOD_GET, "/v1/webhooks/{id}", webhook_show, ACCESS_ADMIN, PAYLOAD_NONE,
	NULL, NULL},
    {METHOD_PATCH, "/v1/webhooks/{id}", webhook_change, ACCESS_ADMIN,
	PAYLOAD_JSON, NULL, NULL},
    {METHOD_DELETE, "/v1/webhooks/{id}", webhook_delete, ACCESS_ADMIN,
	PAYLOAD_NONE, NULL, NULL},
    {METHOD_POST, "/v1/webhooks/{id}/test", webhook_test, ACCESS_ADMIN,
	PAYLOAD_JSON_OPTIONAL, NULL, NULL},
    {METHOD_GET, "/v1/webhooks/{id}/deliveries", webhook_attempts, ACCESS_ADMIN,
	PAYLOAD_NONE, "limit cursor", NULL},
    {0},
};
