#include "api/body.h"
#include "api/page.h"
#include "api/password_gate.h"
#include "api/problem.h"
#include "api/routes.h"
#include "lib/mail/address.h"

#define NAME_MAX_BYTES 200
#define ROLE_MAX_BYTES 40

static void
reply_user(struct request *q, int status, int64_t id)
{
	const struct db_result *row =
	    request_one(q, Q_USER_DOCUMENT, DB_ARGS(db_int(id)));

	if (row == NULL)
		return;
	reply_row(q, status, row);
	if (status == 201)
		reply_header(q, "Location", "/v1/users/%lld", (long long)id);
}

static void
user_create(struct request *q)
{
	struct body b = body_open(q);
	struct str email = body_address(&b, "email", BODY_REQUIRED);
	struct str name = body_text(&b, "name", BODY_LINE, NAME_MAX_BYTES);
	struct str role =
	    body_text(&b, "role", BODY_REQUIRED | BODY_LINE, ROLE_MAX_BYTES);
	struct str password = password_read(&b, "password", BODY_REQUIRED);
	const struct db_result *row;
	struct address address;
	struct str hash;

	if (!body_close(&b))
		return;
	if (!address_parse(&address, email, NULL))
		BUG("an address that was taken is refused");
	hash = password_make(q, password);
	if (hash.p == NULL)
		return;
	row = request_one(q, Q_USER_INSERT,
	    DB_ARGS(db_text(email), db_text(address_key(&address)),
		db_text(name), db_text(role), db_text(hash)));
	if (row != NULL)
		reply_user(q, 201, db_get_int(row, 0, 0));
}

static void
user_index(struct request *q)
{
	const struct db_result *rows;
	struct page page;

	if (!page_read(q, &page))
		return;
	rows = request_run(q, Q_USER_PAGE,
	    DB_ARGS(db_int(page.after), db_int(page_fetch(&page))));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

static void
user_show(struct request *q)
{
	reply_user(q, 200, q->id);
}

/* Nobody locks the last door from inside. */
static bool
is_oneself(struct request *q)
{
	if (q->user_id != q->id)
		return false;
	problem(q, 409,
	    "one's own role and access are changed by another administrator");
	return true;
}

static void
user_change(struct request *q)
{
	struct body b = body_open(q);
	struct str name = body_text(&b, "name", BODY_LINE, NAME_MAX_BYTES);
	struct str role =
	    body_text(&b, "role", BODY_LINE | BODY_FILLED, ROLE_MAX_BYTES);
	struct str password = password_read(&b, "password", BODY_FILLED);
	bool has_disabled = body_has(&b, "disabled");
	bool disabled = body_bool(&b, "disabled", 0, false);
	struct str hash = STR_NONE;

	if (!body_close(&b) ||
	    ((role.p != NULL || has_disabled) && is_oneself(q)))
		return;
	if (password.p != NULL) {
		hash = password_make(q, password);
		if (hash.p == NULL)
			return;
	}
	if (request_one(q, Q_USER_UPDATE,
		DB_ARGS(db_int(q->id), db_text_or_null(name),
		    db_text_or_null(role), db_text_or_null(hash),
		    has_disabled ? db_bool(disabled) : db_null())) != NULL)
		reply_user(q, 200, q->id);
}

static void
user_remove(struct request *q)
{
	if (!is_oneself(q) &&
	    request_one(q, Q_USER_DELETE, DB_ARGS(db_int(q->id))) != NULL)
		reply_empty(q, 204);
}

const struct route user_routes[] = {
    {METHOD_POST, "/v1/users", user_create, ACCESS_ADMIN, PAYLOAD_JSON, NULL,
	NULL},
    {METHOD_GET, "/v1/users", user_index, ACCESS_ADMIN, PAYLOAD_NONE,
	"limit cursor", NULL},
    {METHOD_GET, "/v1/users/{id}", user_show, ACCESS_ADMIN, PAYLOAD_NONE, NULL,
	NULL},
    {METHOD_PATCH, "/v1/users/{id}", user_change, ACCESS_ADMIN, PAYLOAD_JSON,
	NULL, NULL},
    {METHOD_DELETE, "/v1/users/{id}", user_remove, ACCESS_ADMIN, PAYLOAD_NONE,
	NULL, NULL},
    {0},
};
