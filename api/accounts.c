#include "api/limits.h"
#include "api/login.h"
#include "api/page.h"
#include "api/routes.h"
#include "api/warmup.h"

#define OWNER               "smtp_account" /* of its grant */
#define CONNECTIONS_MAX     1000
#define CONNECTIONS_DEFAULT 10

/* What a person says of it. */
enum feature { FEATURE_AS_FOUND = 0, FEATURE_OFF, FEATURE_ON };

struct account {
	struct login login;
	int64_t max_connections;
	struct limits limits;
	struct warmups warmups;
	bool eight_bit;
	enum feature verp, one_click;
};

static void
reply_account(struct request *q, int status, int64_t id)
{
	const struct db_result *row = request_one(q, Q_ACCOUNT_DOCUMENTS,
	    DB_ARGS(db_int(id - 1), db_int(id), db_int(1)));

	if (row == NULL)
		return;
	reply_document(q, status, db_get_text(row, 0, 1));
	if (status == 201)
		reply_header(q, "Location", "/v1/accounts/%lld", (long long)id);
}

static void
read_feature(struct body *b, const char *field, enum feature *f)
{
	bool on = body_bool(b, field, BODY_NULL, *f == FEATURE_ON);

	if (body_has(b, field))
		*f = on ? FEATURE_ON : FEATURE_OFF;
	else if (body_is_null(b, field))
		*f = FEATURE_AS_FOUND;
}

static struct db_arg
feature_arg(enum feature f)
{
	return f == FEATURE_AS_FOUND ? db_null() : db_bool(f == FEATURE_ON);
}

static enum feature
load_feature(const struct db_result *r, int col)
{
	if (db_is_null(r, 0, col))
		return FEATURE_AS_FOUND;
	return db_get_bool(r, 0, col) ? FEATURE_ON : FEATURE_OFF;
}

static bool
read_account(struct request *q, struct account *a, bool fresh)
{
	struct body b = body_open(q);
	const struct provider *p;

	p = login_read(&b, LOGIN_SMTP, &a->login, fresh);
	if (p != NULL)
		a->limits = (struct limits){p->per_second, p->per_minute,
		    p->per_hour, p->per_day};
	if (p != NULL && p->max_connections > 0)
		a->max_connections = p->max_connections;
	a->max_connections = body_int(&b, "max_connections", 0, 1,
	    CONNECTIONS_MAX, a->max_connections);
	limits_read(&b, &a->limits);
	warmups_read(&b, &a->warmups);
	a->eight_bit = body_bool(&b, "eight_bit", 0, a->eight_bit);
	read_feature(&b, "verp", &a->verp);
	read_feature(&b, "one_click", &a->one_click);
	return body_close(&b);
}

static const struct db_result *
write_account(struct request *q, enum query query, const struct account *a,
    int64_t id)
{
	const struct login *l = &a->login;
	struct db_arg args[] = {db_int(id), db_text(l->name), db_text(l->host),
	    db_int(l->port), db_text(l->tls), db_text(l->auth),
	    db_text(l->username), login_secret(q, l, "smtp_account", id),
	    db_text(l->ca_file), db_int(a->max_connections),
	    limit_arg(a->limits.per_second), limit_arg(a->limits.per_minute),
	    limit_arg(a->limits.per_hour), limit_arg(a->limits.per_day),
	    db_text(l->provider), db_bool(a->eight_bit), feature_arg(a->verp),
	    feature_arg(a->one_click),
	    db_bool(a->warmups.says_whole || a->warmups.says_groups),
	    login_replaces_secret(l)};
	size_t count = ARRAY_LEN(args);

	if (query == Q_ACCOUNT_INSERT)
		count -= 2; /* there is nothing to replace */
	return request_run(q, query, (struct db_args){count, args});
}

static void
account_create(struct request *q)
{
	struct account a = {.max_connections = CONNECTIONS_DEFAULT};
	const struct db_result *row;
	int64_t id;

	if (!read_account(q, &a, true))
		return;
	row = request_one(q, Q_ACCOUNT_NEXT_ID, DB_NO_ARGS);
	if (row == NULL)
		return;
	id = db_get_int(row, 0, 0);
	if (write_account(q, Q_ACCOUNT_INSERT, &a, id) != NULL &&
	    grant_write(q, OWNER, id, &a.login.grant) &&
	    warmups_write(q, &a.warmups, id))
		reply_account(q, 201, id);
}

static void
account_index(struct request *q)
{
	const struct db_result *rows;
	struct page page;

	if (!page_read(q, &page))
		return;
	rows = request_run(q, Q_ACCOUNT_DOCUMENTS,
	    DB_ARGS(db_int(page.after), db_int(INT64_MAX),
		db_int(page_fetch(&page))));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

static void
account_show(struct request *q)
{
	reply_account(q, 200, q->id);
}

static bool
load_account(struct request *q, struct account *a)
{
	const struct db_result *r =
	    request_one(q, Q_ACCOUNT_HELD, DB_ARGS(db_int(q->id)));
	struct grant grant;

	if (r == NULL || !grant_load(q, OWNER, q->id, &grant))
		return false;
	*a = (struct account){
	    .login =
		{
		    .name = db_get_text(r, 0, 0),
		    .host = db_get_text(r, 0, 1),
		    .port = db_get_int(r, 0, 2),
		    .tls = db_get_text(r, 0, 3),
		    .auth = db_get_text(r, 0, 4),
		    .username = db_get_text(r, 0, 5),
		    .has_secret = db_get_bool(r, 0, 6),
		    .ca_file = db_get_text(r, 0, 7),
		    .grant = grant,
		    .provider = db_get_text(r, 0, 13),
		},
	    .max_connections = db_get_int(r, 0, 8),
	    .limits = limits_load(r, 9),
	    .eight_bit = db_get_bool(r, 0, 14),
	    .verp = load_feature(r, 15),
	    .one_click = load_feature(r, 16),
	};
	return true;
}

static void
account_change(struct request *q)
{
	struct account a;

	if (load_account(q, &a) && read_account(q, &a, false) &&
	    write_account(q, Q_ACCOUNT_UPDATE, &a, q->id) != NULL &&
	    grant_write(q, OWNER, q->id, &a.login.grant) &&
	    warmups_write(q, &a.warmups, q->id))
		reply_account(q, 200, q->id);
}

static void
account_remove(struct request *q)
{
	if (request_one(q, Q_ACCOUNT_DELETE, DB_ARGS(db_int(q->id))) != NULL)
		reply_empty(q, 204);
}

static void
set_state(struct request *q, const char *state)
{
	struct body b = body_open(q);

	if (body_close(&b) &&
	    request_one(q, Q_ACCOUNT_SET_STATE,
		DB_ARGS(db_int(q->id), db_cstr(state))) != NULL &&
	    request_run(q, Q_OAUTH_AGAIN,
		DB_ARGS(db_cstr(OWNER), db_int(q->id))) != NULL)
		reply_account(q, 200, q->id);
}

static void
account_pause(struct request *q)
{
	set_state(q, "paused");
}

static void
account_resume(struct request *q)
{
	set_state(q, "active");
}

const struct route account_routes[] = {
    {METHOD_POST, "/v1/accounts", account_create, ACCESS_ADMIN, PAYLOAD_JSON,
	NULL, NULL},
    {METHOD_GET, "/v1/accounts", account_index, ACCESS_READ, PAYLOAD_NONE,
	"limit cursor", NULL},
    {METHOD_GET, "/v1/accounts/{id}", account_show, ACCESS_READ, PAYLOAD_NONE,
	NULL, NULL},
    {METHOD_PATCH, "/v1/accounts/{id}", account_change, ACCESS_ADMIN,
	PAYLOAD_JSON, NULL, NULL},
    {METHOD_DELETE, "/v1/accounts/{id}", account_remove, ACCESS_ADMIN,
	PAYLOAD_NONE, NULL, NULL},
    {METHOD_POST, "/v1/accounts/{id}/pause", account_pause, ACCESS_WRITE,
	PAYLOAD_JSON_OPTIONAL, NULL, NULL},
    {METHOD_POST, "/v1/accounts/{id}/resume", account_resume, ACCESS_WRITE,
	PAYLOAD_JSON_OPTIONAL, NULL, NULL},
    {0},
};
