/*
 * What was bought, as shops tell it: one conversion, or a batch of which all
 * are taken or none.  Said again it is the same one (T-012); whom it is
 * credited to, the database finds (migration 0014_conversions).
 */
#include "api/body.h"
#include "api/currency.h"
#include "api/filter.h"
#include "api/page.h"
#include "api/problem.h"
#include "api/routes.h"
#include "lib/base/clock.h"
#include "lib/mail/address.h"
#include "lib/mail/token.h"

#define SOURCE_MAX 100              /* bytes */
#define ORDER_MAX  200              /* bytes */
#define TYPE_MAX   100              /* bytes */
#define AMOUNT_MAX 1000000000000000 /* smallest units */
/* Clocks of others may be wrong by so much. */
#define AHEAD_MAX_US (24 * INT64_C(3600000000))

/* One array a column, an entry a conversion. */
struct batch {
	size_t n;
	struct body *rows;
	struct str *sources, *orders, *refunds, *keys, *currencies, *types;
	int64_t *deliveries, *amounts, *times;
};

static void
batch_init(struct batch *t, struct arena *a, struct body *rows, size_t n)
{
	*t = (struct batch){
	    .n = n,
	    .rows = rows,
	    .sources = ARENA_ARRAY(a, struct str, n),
	    .orders = ARENA_ARRAY(a, struct str, n),
	    .refunds = ARENA_ARRAY(a, struct str, n),
	    .keys = ARENA_ARRAY(a, struct str, n),
	    .currencies = ARENA_ARRAY(a, struct str, n),
	    .types = ARENA_ARRAY(a, struct str, n),
	    .deliveries = ARENA_ARRAY(a, int64_t, n),
	    .amounts = ARENA_ARRAY(a, int64_t, n),
	    .times = ARENA_ARRAY(a, int64_t, n),
	};
}

/* By address, by the token of a link that led there, or by its click id. */
static void
read_person(struct body *b, struct str *key, int64_t *delivery)
{
	const struct keyring *ring = &b->q->api->keyring;
	struct str email = body_address(b, "email", 0);
	struct str token = body_text(b, "token", BODY_FILLED, TOKEN_LEN);
	struct str click = body_text(b, "click_id", BODY_FILLED, TOKEN_LEN);
	struct address address;
	struct token t = {0};

	*key = STR_NONE;
	if (body_has(b, "email") + body_has(b, "token") +
		body_has(b, "click_id") !=
	    1)
		body_complain(b, "email",
		    "give one of email, token and click_id");
	else if (token.p != NULL && !token_open(&t, ring, token))
		body_complain(b, "token", "is none of ours");
	else if (click.p != NULL && !token_open_click(&t, ring, click))
		body_complain(b, "click_id", "is none of ours");
	*delivery = t.delivery;
	if (email.p == NULL)
		return;
	if (!address_parse(&address, email, NULL))
		BUG("an address that was taken is refused");
	*key = arena_dup(&b->q->arena, address_key(&address));
}

static void
read_row(struct batch *t, size_t i)
{
	struct body *b = &t->rows[i];

	t->sources[i] =
	    body_text(b, "source", BODY_REQUIRED | BODY_LINE, SOURCE_MAX);
	t->orders[i] =
	    body_text(b, "order_id", BODY_REQUIRED | BODY_LINE, ORDER_MAX);
	t->refunds[i] = body_text(b, "refund_of",
	    BODY_NULL | BODY_FILLED | BODY_LINE, ORDER_MAX);
	t->amounts[i] =
	    body_int(b, "amount", BODY_REQUIRED, -AMOUNT_MAX, AMOUNT_MAX, 0);
	t->currencies[i] = body_text(b, "currency", BODY_REQUIRED, 3);
	t->types[i] = body_text(b, "type", BODY_LINE, TYPE_MAX);
	if (t->types[i].p == NULL)
		t->types[i] = STR("");
	t->times[i] = body_time(b, "at", BODY_NULL);
	read_person(b, &t->keys[i], &t->deliveries[i]);
	if (t->currencies[i].p != NULL && !currency_exists(t->currencies[i]))
		body_complain(b, "currency",
		    "is no code of ISO 4217, like EUR");
	if (t->refunds[i].p != NULL && t->amounts[i] >= 0)
		body_complain(b, "amount", "of a refund is negative");
	if (t->times[i] != INT64_MIN &&
	    t->times[i] > clock_wall_us() + AHEAD_MAX_US)
		body_complain(b, "at", "has not come yet");
}

/* Either the fields of one, or "conversions"; false: answered. */
static bool
read_batch(struct request *q, struct batch *t, bool *single)
{
	struct body *b = ARENA_ARRAY(&q->arena, struct body, 1);
	struct body *rows;
	size_t i, n;

	*b = body_open(q);
	*single = json_object_get(b->object, "conversions") == NULL;
	if (*single) {
		batch_init(t, &q->arena, b, 1);
		read_row(t, 0);
		return body_close(b);
	}
	rows = body_objects(b, "conversions", BODY_REQUIRED, &n);
	batch_init(t, &q->arena, rows, n);
	for (i = 0; i < n; i++) {
		read_row(t, i);
		body_end(&rows[i], b);
	}
	return body_close(b);
}

/* NULL: answered. */
static const struct db_result *
take(struct request *q, const struct batch *t)
{
	if (request_run(q, Q_HIT_LOCK, DB_NO_ARGS) == NULL)
		return NULL;
	return request_run(q, Q_CONVERSION_TAKE,
	    DB_ARGS(db_text_array(t->sources, t->n),
		db_text_array(t->orders, t->n), db_text_array(t->refunds, t->n),
		db_text_array(t->keys, t->n), db_int_array(t->deliveries, t->n),
		db_int_array(t->amounts, t->n),
		db_text_array(t->currencies, t->n),
		db_time_array(t->times, t->n), db_text_array(t->types, t->n),
		db_int_or_null(q->key_id, q->key_id != 0)));
}

static const char *
person_field(const struct body *b)
{
	return body_has(b, "email")   ? "email"
	       : body_has(b, "token") ? "token"
				      : "click_id";
}

/* What the database knows better; false: answered. */
static bool
is_taken(const struct batch *t, const struct db_result *taken)
{
	bool ok = true;
	size_t i;

	for (i = 0; i < t->n; i++) {
		bool known = db_get_bool(taken, (int)i, 0);
		bool same = db_get_bool(taken, (int)i, 1);

		if (!known)
			body_complain(&t->rows[i], person_field(&t->rows[i]),
			    "stands for no contact");
		else if (!same)
			body_complain(&t->rows[i], "order_id",
			    "was told before, and otherwise");
		ok = ok && known && same;
	}
	return ok;
}

static void
reply_conversion(struct request *q, int status, int64_t id)
{
	const struct db_result *row = request_one(q, Q_CONVERSION_DOCUMENTS,
	    DB_ARGS(db_int(id - 1), db_int(id), db_int(1), db_null(), db_null(),
		db_null(), db_null()));

	if (row == NULL)
		return;
	reply_document(q, status, db_get_text(row, 0, 1));
	if (status == 201)
		reply_header(q, "Location", "/v1/conversions/%lld",
		    (long long)id);
}

static void
conversion_create(struct request *q)
{
	const struct db_result *taken;
	struct batch t;
	json_int_t created = 0;
	bool single;
	size_t i;

	if (!read_batch(q, &t, &single))
		return;
	taken = take(q, &t);
	if (taken == NULL || !is_taken(&t, taken))
		return;
	for (i = 0; i < t.n; i++)
		created += db_get_bool(taken, (int)i, 2);
	if (single)
		reply_conversion(q, created > 0 ? 201 : 200,
		    db_get_int(taken, 0, 3));
	else
		reply_json(q, 200,
		    json_pack("{s:I, s:I}", "created", created, "known",
			(json_int_t)t.n - created));
}

static void
conversion_index(struct request *q)
{
	struct str key = STR_NONE;
	const struct db_result *rows;
	struct page page;
	int64_t campaign = 0;

	if (!filter_address(q, "email", &key) ||
	    !request_query_id(q, "campaign_id", &campaign) ||
	    !page_read(q, &page))
		return;
	rows = request_run(q, Q_CONVERSION_DOCUMENTS,
	    DB_ARGS(db_int(page.after), db_int(INT64_MAX),
		db_int(page_fetch(&page)), db_text_or_null(key),
		db_int_or_null(campaign, campaign != 0),
		db_text_or_null(request_query(q, "source")),
		db_text_or_null(request_query(q, "order_id"))));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

static void
conversion_show(struct request *q)
{
	reply_conversion(q, 200, q->id);
}

const struct route conversion_routes[] = {
    {METHOD_POST, "/v1/conversions", conversion_create, ACCESS_WRITE,
	PAYLOAD_JSON, NULL, NULL},
    {METHOD_GET, "/v1/conversions", conversion_index, ACCESS_READ, PAYLOAD_NONE,
	"limit cursor email campaign_id source order_id", NULL},
    {METHOD_GET, "/v1/conversions/{id}", conversion_show, ACCESS_READ,
	PAYLOAD_NONE, NULL, NULL},
    {0},
};
