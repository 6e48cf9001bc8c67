#include "api/session.h"

#include "api/problem.h"
#include "api/stranger.h"
#include "lib/base/encode.h"

#define ATTRIBUTES "Path=/; HttpOnly; SameSite=Strict"

static const char no_session[] =
    "an API key is needed, or a session that is not over";

static bool
is_secure(const struct request *q)
{
	return str_starts(str_of(q->api->settings->base_url), STR("https://"));
}

static const char *
cookie_name(const struct request *q)
{
	return is_secure(q) ? "__Host-volley_session" : "volley_session";
}

static void
write_base32(char out[SESSION_TEXT + 1], const unsigned char in[SHA256_SIZE])
{
	struct buf text;

	buf_init(&text, SESSION_TEXT);
	base32_encode(&text, (struct str){(const char *)in, SHA256_SIZE});
	memcpy(out, buf_cstr(&text), SESSION_TEXT + 1);
	buf_wipe(&text);
}

/* What follows from the text; the token does not give the text away. */
static void
derive(struct session *s)
{
	struct str text = {s->text, SESSION_TEXT};
	unsigned char mac[SHA256_SIZE];

	sha256(s->hash, text);
	hmac_sha256(mac, text, STR("volley csrf token"));
	write_base32(s->token, mac);
}

void
session_make(struct session *s)
{
	unsigned char secret[SHA256_SIZE];

	random_bytes(secret, sizeof(secret));
	write_base32(s->text, secret);
	explicit_bzero(secret, sizeof(secret));
	derive(s);
}

bool
session_read(const struct request *q, struct session *s)
{
	struct str cookies = request_header(q, "Cookie"), one, name;

	while (str_cut(&cookies, ';', &one)) {
		one = str_trim(one);
		if (!str_cut(&one, '=', &name) ||
		    !str_eq(name, str_of(cookie_name(q))) ||
		    one.n != SESSION_TEXT)
			continue;
		memcpy(s->text, one.p, SESSION_TEXT);
		s->text[SESSION_TEXT] = '\0';
		derive(s);
		return true;
	}
	return false;
}

/* "https://host:port" of base_url. */
static struct str
own_origin(const struct request *q)
{
	struct str url = str_of(q->api->settings->base_url);
	size_t host = str_find(url, STR("://")) + 3;
	size_t slash = str_chr(str_from(url, host), '/');

	return slash == STR_NOWHERE ? url : str_sub(url, 0, host + slash);
}

bool
session_is_foreign(const struct request *q)
{
	return !str_eq_nocase(request_header(q, "Origin"), own_origin(q));
}

static bool
check_forgery(struct request *q, const struct session *s)
{
	struct str token = request_header(q, "X-CSRF-Token");

	if (q->route->method == METHOD_GET)
		return true;
	if (session_is_foreign(q))
		problem(q, 403, "a change needs an Origin that is base_url's");
	else if (!equal_secret(token, (struct str){s->token, SESSION_TOKEN}))
		problem(q, 403,
		    "a change needs the session's token in X-CSRF-Token");
	return q->reply.status == 0;
}

static bool
find(struct request *q, const struct session *s)
{
	const struct db_result *r = request_run(q, Q_SESSION_FIND,
	    DB_ARGS(db_bytes((struct str){(const char *)s->hash, SHA256_SIZE}),
		db_int(SESSION_IDLE_S)));

	if (r == NULL || !request_commit(q))
		return false;
	if (db_rows(r) == 0) {
		stranger_refuse(q, no_session);
		return false;
	}
	q->session_id = db_get_int(r, 0, 0);
	q->user_id = db_get_int(r, 0, 1);
	if (!access_parse(db_get_text(r, 0, 2), &q->access))
		BUG("a role has no scope");
	return true;
}

bool
session_check(struct request *q)
{
	struct session s;
	bool ok;

	if (!session_read(q, &s)) {
		stranger_refuse(q, no_session);
		return false;
	}
	ok = stranger_may_ask(q) && find(q, &s);
	request_leave_db(q);
	ok = ok && check_forgery(q, &s);
	explicit_bzero(&s, sizeof(s));
	return ok;
}

void
session_set_cookie(struct request *q, const struct session *s)
{
	reply_header(q, "Set-Cookie", "%s=%s; Max-Age=%d; " ATTRIBUTES "%s",
	    cookie_name(q), s->text, SESSION_LIFE_S,
	    is_secure(q) ? "; Secure" : "");
}

void
session_drop_cookie(struct request *q)
{
	reply_header(q, "Set-Cookie", "%s=; Max-Age=0; " ATTRIBUTES "%s",
	    cookie_name(q), is_secure(q) ? "; Secure" : "");
}
