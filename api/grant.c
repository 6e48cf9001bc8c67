#include "api/grant.h"

#include "api/login.h"
#include "db/oauth_token.h"
#include "lib/net/http.h"
#include "lib/net/oauth.h"

enum { COL_TOKEN_URL, COL_CA_FILE, COL_CLIENT_ID, COL_SCOPE, COL_HAS_SECRET };

#define SEALED_MAX ((size_t)2 * OAUTH_SECRET_MAX)

bool
grant_load(struct request *q, const char *owner, int64_t id, struct grant *g)
{
	const struct db_result *r =
	    request_run(q, Q_OAUTH_HELD, DB_ARGS(db_cstr(owner), db_int(id)));

	*g = (struct grant){0};
	if (r == NULL)
		return false;
	if (db_rows(r) == 0)
		return true;
	*g = (struct grant){
	    .is_there = true,
	    .token_url = db_get_text(r, 0, COL_TOKEN_URL),
	    .ca_file = db_get_text(r, 0, COL_CA_FILE),
	    .client_id = db_get_text(r, 0, COL_CLIENT_ID),
	    .scope = db_get_text(r, 0, COL_SCOPE),
	    .has_client_secret = db_get_bool(r, 0, COL_HAS_SECRET),
	};
	return true;
}

/* Of a text that a new grant needs, unless there is one already. */
static unsigned
presence(bool is_there)
{
	return BODY_LINE | (is_there ? BODY_FILLED : BODY_REQUIRED);
}

static void
read_token_url(struct body *b, struct grant *g)
{
	struct str url = body_text(b, "token_url", presence(g->token_url.n > 0),
	    HTTP_URL_MAX);
	struct err err;

	if (url.p == NULL)
		return;
	g->token_url = url;
	if (!http_url_ok(arena_cstr(&b->q->arena, url), &err))
		body_complain(b, "token_url", "%s", err.text);
}

static void
read_secrets(struct body *b, struct grant *g, bool fresh)
{
	g->client_secret = body_text(b, "client_secret",
	    BODY_LINE | BODY_FILLED | BODY_NULL, OAUTH_SECRET_MAX);
	g->drops_client_secret = body_is_null(b, "client_secret");
	g->refresh_token =
	    body_text(b, "refresh_token", presence(!fresh), OAUTH_SECRET_MAX);
}

static void
read_ca_file(struct body *b, struct grant *g)
{
	struct str path =
	    body_text(b, "ca_file", BODY_NULL | BODY_LINE, GRANT_TEXT_MAX);
	const char *fault = NULL;

	if (body_is_null(b, "ca_file"))
		g->ca_file = STR("");
	if (path.p == NULL)
		return;
	g->ca_file = path;
	if (path.n > 0)
		fault = login_ca_fault(arena_cstr(&b->q->arena, path));
	if (fault != NULL)
		body_complain(b, "ca_file", "%s", fault);
}

/* What is stored was meant for the endpoint of then. */
static void
check_followers(struct body *b, struct str before, const struct grant *g)
{
	if (str_eq(before, g->token_url))
		return;
	if (g->refresh_token.p == NULL)
		body_complain(b, "refresh_token",
		    "has to be given again for another token_url");
	if (g->has_client_secret && g->client_secret.p == NULL &&
	    !g->drops_client_secret)
		body_complain(b, "client_secret",
		    "has to be given again for another token_url");
}

static void
read_fields(struct body *b, struct grant *g)
{
	bool fresh = !g->is_there;
	struct str before = g->token_url, id, scope;

	read_token_url(b, g);
	id = body_text(b, "client_id", presence(!fresh), GRANT_TEXT_MAX);
	if (id.p != NULL)
		g->client_id = id;
	scope = body_text(b, "scope", BODY_LINE, GRANT_TEXT_MAX);
	if (scope.p != NULL)
		g->scope = scope;
	read_secrets(b, g, fresh);
	read_ca_file(b, g);
	if (!fresh)
		check_followers(b, before, g);
}

void
grant_read(struct body *b, const struct provider *p,
    const struct provider_endpoint *endpoint, struct grant *g)
{
	struct body inner = body_object(b, "oauth", BODY_NULL);

	g->goes = body_is_null(b, "oauth") && g->is_there;
	g->changes = body_has(b, "oauth");
	if (g->changes && !g->is_there && p != NULL && p->token_url != NULL) {
		g->token_url = str_of(p->token_url);
		g->scope = str_of(endpoint->scope);
	}
	read_fields(&inner, g);
	body_end(&inner, b);
	if (g->changes)
		g->is_there = true;
	else if (g->goes)
		g->is_there = false;
}

static struct db_arg
sealed(struct request *q, const char *owner, int64_t id, const char *column,
    struct str plain)
{
	char identity[OAUTH_TOKEN_IDENTITY_MAX];
	struct str text;
	struct buf out;

	if (plain.p == NULL)
		return db_null();
	buf_init(&out, SEALED_MAX);
	seal(&q->api->keyring,
	    oauth_token_identity(identity, owner, id, column), plain, &out);
	text = arena_dup(&q->arena, buf_view(&out));
	buf_release(&out);
	return db_bytes(text);
}

bool
grant_write(struct request *q, const char *owner, int64_t id,
    const struct grant *g)
{
	if (g->goes)
		return request_run(q, Q_OAUTH_REMOVE,
			   DB_ARGS(db_cstr(owner), db_int(id))) != NULL;
	if (!g->changes)
		return true;
	return request_run(q, Q_OAUTH_PUT,
		   DB_ARGS(db_cstr(owner), db_int(id), db_text(g->token_url),
		       db_text(g->ca_file), db_text(g->client_id),
		       db_text(g->scope),
		       sealed(q, owner, id, "client_secret", g->client_secret),
		       db_bool(g->client_secret.p != NULL ||
			       g->drops_client_secret),
		       sealed(q, owner, id, "refresh_token",
			   g->refresh_token))) != NULL;
}
