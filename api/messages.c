/*
 * Messages that programs send one by one: receipts, resets, notices.  Taken
 * is what has been committed; a sender gives it to the ledger, which sees to
 * the rest (db/migrations/0018_webhooks.sql).
 */
#include "api/body.h"
#include "api/filter.h"
#include "api/page.h"
#include "api/problem.h"
#include "api/routes.h"
#include "db/erase.h"
#include "lib/mail/address.h"
#include "lib/mail/header.h"
#include "lib/mail/token.h"

#define NAME_MAX_BYTES 200
#define DATA_MAX       (64U << 10)
#define ACCOUNTS_MAX   20
#define LOCAL_MAX      (ADDRESS_LOCAL_MAX - TOKEN_LEN - 1)

/* The same for all of one request. */
struct stream {
	int64_t template_id;
	struct str from_name, from_email, reply_to, return_path;
	const int64_t *accounts;
	size_t account_count;
};

/* One array a column, an entry a message. */
struct letters {
	size_t n;
	struct body *rows;
	struct str *emails, *keys, *names, *data;
};

static struct str
name_in(struct body *b)
{
	struct str name =
	    body_text(b, "name", BODY_NULL | BODY_LINE, NAME_MAX_BYTES);

	if (name.p != NULL && !header_text_ok(name))
		body_complain(b, "name", "does not fit a mail header");
	return name;
}

static struct str
or_nothing(struct str s)
{
	return s.p != NULL ? s : STR("");
}

/* A token is put behind the local part of the envelope's sender. */
static void
check_room(struct body *b, const char *field, struct str address)
{
	if (address.p != NULL && (str_rchr(address, '@') > LOCAL_MAX ||
				     address.n > ADDRESS_MAX - TOKEN_LEN - 1))
		body_complain(b, field,
		    "has no room for a token: at most %d bytes before the @",
		    LOCAL_MAX);
}

static void
read_stream(struct body *b, struct stream *s)
{
	struct body from;

	s->template_id =
	    body_int(b, "template_id", BODY_REQUIRED, 1, INT64_MAX, 0);
	from = body_object(b, "from", BODY_REQUIRED);
	s->from_name = or_nothing(name_in(&from));
	s->from_email = body_address(&from, "email", BODY_REQUIRED);
	body_end(&from, b);
	s->reply_to = or_nothing(body_address(b, "reply_to", BODY_NULL));
	s->return_path = body_address(b, "return_path", BODY_NULL);
	check_room(b, "return_path", s->return_path);
	s->return_path = or_nothing(s->return_path);
	s->accounts =
	    body_ids(b, "account_ids", BODY_REQUIRED, &s->account_count);
	if (s->account_count > ACCOUNTS_MAX)
		body_complain(b, "account_ids", "has more than %d",
		    ACCOUNTS_MAX);
}

static void
read_letter(struct letters *l, size_t i)
{
	struct body *b = &l->rows[i];
	struct body to = body_object(b, "to", BODY_REQUIRED);
	struct address address;

	l->names[i] = name_in(&to);
	l->emails[i] = body_address(&to, "email", BODY_REQUIRED);
	body_end(&to, b);
	l->data[i] = body_json(b, "data", 0, DATA_MAX);
	if (l->data[i].p == NULL)
		l->data[i] = STR("{}");
	if (l->emails[i].p == NULL)
		return;
	if (!address_parse(&address, l->emails[i], NULL))
		BUG("an address that was taken is refused");
	l->keys[i] = arena_dup(&b->q->arena, address_key(&address));
}

static void
letters_init(struct letters *l, struct arena *a, struct body *rows, size_t n)
{
	*l = (struct letters){
	    .n = n,
	    .rows = rows,
	    .emails = ARENA_ARRAY(a, struct str, n),
	    .keys = ARENA_ARRAY(a, struct str, n),
	    .names = ARENA_ARRAY(a, struct str, n),
	    .data = ARENA_ARRAY(a, struct str, n),
	};
}

/* Either "to" and "data" of one, or "messages"; false: answered. */
static bool
read_request(struct request *q, struct stream *s, struct letters *l,
    bool *single)
{
	struct body *b = ARENA_ARRAY(&q->arena, struct body, 1);
	struct body *rows;
	size_t i, n;

	*b = body_open(q);
	*single = json_object_get(b->object, "messages") == NULL;
	read_stream(b, s);
	if (*single) {
		letters_init(l, &q->arena, b, 1);
		read_letter(l, 0);
		return body_close(b);
	}
	rows = body_objects(b, "messages", BODY_REQUIRED, &n);
	letters_init(l, &q->arena, rows, n);
	for (i = 0; i < n; i++) {
		read_letter(l, i);
		body_end(&rows[i], b);
	}
	return body_close(b);
}

/* What the database knows better; false: answered. */
static bool
is_possible(struct request *q, const struct stream *s, const struct letters *l)
{
	const struct db_result *r = request_run(q, Q_CAMPAIGN_DANGLING,
	    DB_ARGS(db_int_array(NULL, 0), db_int_array(NULL, 0),
		db_int_array(s->accounts, s->account_count),
		db_int(s->template_id), db_int_array(NULL, 0)));
	const struct db_result *erased = NULL;
	int row;

	if (r != NULL)
		erased = request_run(q, Q_MESSAGE_ERASED,
		    DB_ARGS(db_text_array(l->keys, l->n),
			erase_inner(&q->api->keyring.person),
			erase_outer(&q->api->keyring.person)));
	if (erased == NULL)
		return false;
	for (row = 0; row < db_rows(r); row++)
		problem_field(q, db_get_text(r, row, 0).p,
		    "there is no %s %lld", db_get_text(r, row, 1).p,
		    (long long)db_get_int(r, row, 2));
	for (row = 0; row < db_rows(erased); row++)
		body_complain(&l->rows[db_get_int(erased, row, 0) - 1],
		    "to.email", "was erased, and is not written to");
	return db_rows(r) + db_rows(erased) == 0;
}

/* The ids in the order of the letters; NULL: answered. */
static const struct db_result *
put(struct request *q, const struct stream *s, const struct letters *l)
{
	struct db_arg keys = db_text_array(l->keys, l->n);
	const struct db_result *r = request_one(q, Q_MESSAGE_STREAM_FIND,
	    DB_ARGS(db_int(s->template_id), db_text(s->from_name),
		db_text(s->from_email), db_text(s->reply_to),
		db_text(s->return_path),
		db_int_array(s->accounts, s->account_count)));

	if (r == NULL || request_run(q, Q_MESSAGE_PEOPLE,
			     DB_ARGS(db_text_array(l->emails, l->n), keys,
				 db_text_array(l->names, l->n))) == NULL)
		return NULL;
	return request_run(q, Q_MESSAGE_PUT,
	    DB_ARGS(db_int(db_get_int(r, 0, 0)), keys,
		db_text_array(l->data, l->n)));
}

static json_t *
list_ids(const struct db_result *r)
{
	json_t *ids = json_array();
	int row;

	for (row = 0; row < db_rows(r); row++)
		json_array_append_new(ids, json_integer(db_get_int(r, row, 0)));
	return ids;
}

static void
message_create(struct request *q)
{
	const struct db_result *r;
	struct letters l;
	struct stream s;
	bool single;

	if (!read_request(q, &s, &l, &single) || !is_possible(q, &s, &l))
		return;
	r = put(q, &s, &l);
	if (r == NULL)
		return;
	if (!single) {
		reply_json(q, 202, json_pack("{s:o}", "ids", list_ids(r)));
		return;
	}
	reply_json(q, 202,
	    json_pack("{s:I, s:s}", "id", (json_int_t)db_get_int(r, 0, 0),
		"state", "queued"));
	reply_header(q, "Location", "/v1/messages/%lld",
	    (long long)db_get_int(r, 0, 0));
}

static void
message_index(struct request *q)
{
	struct str key = STR_NONE;
	const struct db_result *rows;
	struct page page;

	if (!filter_address(q, "email", &key) || !page_read(q, &page))
		return;
	rows = request_run(q, Q_MESSAGE_DOCUMENTS,
	    DB_ARGS(db_int(page.after), db_int(INT64_MAX),
		db_int(page_fetch(&page)), db_text_or_null(key)));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

static void
message_show(struct request *q)
{
	const struct db_result *row = request_one(q, Q_MESSAGE_DOCUMENTS,
	    DB_ARGS(db_int(q->id - 1), db_int(q->id), db_int(1), db_null()));

	if (row != NULL)
		reply_document(q, 200, db_get_text(row, 0, 1));
}

const struct route message_routes[] = {
    {METHOD_POST, "/v1/messages", message_create, ACCESS_WRITE, PAYLOAD_JSON,
	NULL, NULL},
    {METHOD_GET, "/v1/messages", message_index, ACCESS_READ, PAYLOAD_NONE,
	"limit cursor email", NULL},
    {METHOD_GET, "/v1/messages/{id}", message_show, ACCESS_READ, PAYLOAD_NONE,
	NULL, NULL},
    {0},
};
