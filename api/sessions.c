#include "api/login_attempt.h"
#include "api/page.h"
#include "api/password_gate.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/session.h"
#include "api/stranger.h"
#include "lib/mail/address.h"

#define EMAIL_MAX_BYTES 1000
#define AGENT_MAX_BYTES 200

/* An account that may be logged in to; id 0: nobody's. */
struct account {
	int64_t id;
	struct str hash;  /* of its password */
	struct str newer; /* the same by today's parameters; p NULL: it is */
};

struct credentials {
	struct str key; /* of the address, or what stands for one */
	struct str password;
};

/* The session's document and its token. */
static void
reply_session(struct request *q, int status, int64_t id, const char *token)
{
	const struct db_result *row =
	    request_one(q, Q_SESSION_DOCUMENT, DB_ARGS(db_int(id)));
	struct str json;

	if (row == NULL)
		return;
	json = db_get_text(row, 0, 0);
	reply_document(q, status,
	    arena_printf(&q->arena, "%.*s,\"csrf_token\":\"%s\"}",
		STR_ARG(str_sub(json, 0, json.n - 1)), token));
}

/* What is no address is nobody's, and takes as long. */
static bool
read_credentials(struct request *q, struct credentials *c)
{
	struct body b = body_open(q);
	struct str email =
	    body_text(&b, "email", BODY_REQUIRED | BODY_LINE, EMAIL_MAX_BYTES);
	struct address address;

	c->password = body_text(&b, "password", BODY_REQUIRED, PASSWORD_MAX);
	if (!body_close(&b))
		return false;
	c->key = email;
	if (address_parse(&address, email, NULL))
		c->key = arena_dup(&q->arena, address_key(&address));
	return true;
}

static bool
find_account(struct request *q, struct str key, struct account *found)
{
	const struct db_result *r =
	    request_run(q, Q_USER_BY_ADDRESS, DB_ARGS(db_text(key)));

	*found = (struct account){0};
	if (r != NULL && db_rows(r) > 0 && db_get_bool(r, 0, 2))
		*found = (struct account){.id = db_get_int(r, 0, 0),
		    .hash = db_get_text(r, 0, 1)};
	return r != NULL;
}

/* Its browser, as far as it is text. */
static struct db_arg
agent_arg(const struct request *q)
{
	struct str agent = request_header(q, "User-Agent");

	return agent.n > 0 && str_is_utf8(agent) && !str_has_control(agent)
		   ? db_text(str_fit(agent, AGENT_MAX_BYTES))
		   : db_null();
}

static void
refuse(struct request *q)
{
	stranger_refuse(q, "no user has this address and password");
}

/* Now that the password is at hand. */
static bool
freshen(struct request *q, struct account *a, struct str password)
{
	if (!password_is_stale(arena_cstr(&q->arena, a->hash)))
		return true;
	a->newer = password_make(q, password);
	return a->newer.p != NULL;
}

static bool
keep_newer(struct request *q, const struct account *a)
{
	return a->newer.p == NULL ||
	       request_run(q, Q_USER_REHASH,
		   DB_ARGS(db_int(a->id), db_text(a->hash),
		       db_text(a->newer))) != NULL;
}

static void
open_session(struct request *q, const struct account *a)
{
	struct peer peer = request_peer(q);
	const struct db_result *r;
	struct session s;

	session_make(&s);
	r = request_run(q, Q_SESSION_INSERT,
	    DB_ARGS(db_int(a->id), db_text(a->hash),
		db_bytes((struct str){(const char *)s.hash, SHA256_SIZE}),
		db_int(SESSION_LIFE_S),
		db_text_or_null(peer_network(&peer, &q->arena)), agent_arg(q)));
	if (r != NULL && db_rows(r) == 0) {
		refuse(q);
	} else if (r != NULL &&
		   request_run(q, Q_SESSION_TIDY,
		       DB_ARGS(db_int(a->id), db_int(SESSION_MAX),
			   db_int(SESSION_IDLE_S))) != NULL &&
		   keep_newer(q, a)) {
		q->user_id = a->id;
		reply_session(q, 201, db_get_int(r, 0, 0), s.token);
		if (q->reply.status == 201)
			session_set_cookie(q, &s);
	}
	explicit_bzero(&s, sizeof(s));
}

/* Another site's page is not to log somebody in. */
static void
session_create(struct request *q)
{
	struct login_attempt attempt;
	struct credentials c;
	struct account a;
	bool fits;

	if (request_header(q, "Origin").p != NULL && session_is_foreign(q)) {
		problem(q, 403, "the Origin is not base_url's");
		return;
	}
	if (!read_credentials(q, &c) ||
	    !login_attempt_begin(q, c.key, &attempt) ||
	    !find_account(q, c.key, &a) ||
	    !password_compare(q, a.hash, c.password, &fits))
		return;
	if (!fits) {
		refuse(q);
		return;
	}
	if (freshen(q, &a, c.password) && login_attempt_right(q, &attempt))
		open_session(q, &a);
}

/* false: answered; keys have no session. */
static bool
has_session(struct request *q)
{
	if (q->session_id == 0)
		problem(q, 403, "this is asked with a session, not with a key");
	return q->session_id != 0;
}

static void
session_show(struct request *q)
{
	struct session s;

	if (!has_session(q))
		return;
	if (!session_read(q, &s))
		BUG("a session without its cookie");
	reply_session(q, 200, q->session_id, s.token);
	explicit_bzero(&s, sizeof(s));
}

static void
session_end(struct request *q)
{
	if (!has_session(q) ||
	    request_run(q, Q_SESSION_DELETE,
		DB_ARGS(db_int(q->session_id), db_null())) == NULL)
		return;
	reply_empty(q, 204);
	session_drop_cookie(q);
}

/* The old one is asked for: whoever finds a browser open cannot keep it, nor
 * try for long what it is. */
static bool
knows_password(struct request *q, struct str password)
{
	struct login_attempt attempt;
	const struct db_result *r;
	bool fits;

	if (!login_attempt_begin(q,
		arena_printf(&q->arena, "%lld", (long long)q->user_id),
		&attempt))
		return false;
	r = request_one(q, Q_USER_PASSWORD, DB_ARGS(db_int(q->user_id)));
	if (r == NULL ||
	    !password_compare(q, db_get_text(r, 0, 0), password, &fits))
		return false;
	if (!fits)
		problem_field(q, "current_password", "is another one");
	return fits && login_attempt_right(q, &attempt);
}

static void
password_change(struct request *q)
{
	struct body b = body_open(q);
	struct str now =
	    body_text(&b, "current_password", BODY_REQUIRED, PASSWORD_MAX);
	struct str wish = password_read(&b, "password", BODY_REQUIRED);
	struct str hash;

	if (!body_close(&b) || !has_session(q) || !knows_password(q, now))
		return;
	hash = password_make(q, wish);
	if (hash.p == NULL ||
	    request_one(q, Q_USER_UPDATE,
		DB_ARGS(db_int(q->user_id), db_null(), db_null(), db_text(hash),
		    db_null())) == NULL)
		return;
	reply_empty(q, 204);
	session_drop_cookie(q);
}

/* Whose sessions one may see and end: administrators everybody's, others
 * their own, keys of others nobody's. */
static struct db_arg
visible(const struct request *q)
{
	return db_int_or_null(q->user_id, q->access < ACCESS_ADMIN);
}

static void
session_index(struct request *q)
{
	const struct db_result *rows;
	struct page page;

	if (!page_read(q, &page))
		return;
	rows = request_run(q, Q_SESSION_PAGE,
	    DB_ARGS(db_int(page.after), db_int(page_fetch(&page)), visible(q),
		db_int(SESSION_IDLE_S)));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

static void
session_remove(struct request *q)
{
	if (request_one(q, Q_SESSION_DELETE,
		DB_ARGS(db_int(q->id), visible(q))) != NULL)
		reply_empty(q, 204);
}

const struct route session_routes[] = {
    {METHOD_POST, "/v1/session", session_create, ACCESS_NONE, PAYLOAD_JSON,
	NULL, NULL},
    {METHOD_GET, "/v1/session", session_show, ACCESS_READ, PAYLOAD_NONE, NULL,
	NULL},
    {METHOD_DELETE, "/v1/session", session_end, ACCESS_READ, PAYLOAD_NONE, NULL,
	NULL},
    {METHOD_POST, "/v1/session/password", password_change, ACCESS_READ,
	PAYLOAD_JSON, NULL, NULL},
    {METHOD_GET, "/v1/sessions", session_index, ACCESS_READ, PAYLOAD_NONE,
	"limit cursor", NULL},
    {METHOD_DELETE, "/v1/sessions/{id}", session_remove, ACCESS_READ,
	PAYLOAD_NONE, NULL, NULL},
    {0},
};
