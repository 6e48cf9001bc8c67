#include "api/login.h"

#include "lib/base/file.h"
#include "lib/mail/address.h"
#include "lib/net/loopback.h"

#include <arpa/inet.h>
#include <sys/stat.h>
#include <unistd.h>

#define TLS_MODES   "implicit starttls none"
#define AUTH_MODES  "auto plain login scram-sha-256 xoauth2 oauthbearer"
#define CA_FILE_MAX (4U << 20)
#define SEALED_MAX  ((size_t)2 * LOGIN_PASSWORD_MAX)

/* RFC 8314 for TLS from the start, RFC 6409, RFC 9051 and RFC 1939 else. */
static const struct {
	int implicit, starttls;
} ports[] = {
    [LOGIN_SMTP] = {465, 587},
    [LOGIN_IMAP] = {993, 143},
    [LOGIN_POP3] = {995, 110},
};

static bool
is_address(const char *host)
{
	struct in6_addr ip;

	return inet_pton(AF_INET, host, &ip) == 1 ||
	       inet_pton(AF_INET6, host, &ip) == 1;
}

static bool
takes_tokens(struct str auth)
{
	return str_eq(auth, STR("xoauth2")) || str_eq(auth, STR("oauthbearer"));
}

/* Of a text that a new row needs, and that stays when nothing is said. */
static unsigned
presence(bool is_there)
{
	return BODY_LINE | (is_there ? BODY_FILLED : BODY_REQUIRED);
}

static void
read_host(struct body *b, struct login *l)
{
	struct str given =
	    body_text(b, "host", presence(l->host.n > 0), LOGIN_HOST_MAX);
	char *host = arena_alloc(&b->q->arena, ADDRESS_DOMAIN_MAX + 1);
	struct err err;

	if (given.p == NULL)
		return;
	if (is_address(arena_cstr(&b->q->arena, given)))
		l->host = given;
	else if (domain_parse(host, given, &err))
		l->host = str_of(host);
	else
		body_complain(b, "host", "is no host name: %s", err.text);
}

static bool
usual_for_starttls(enum login_kind kind, int64_t port)
{
	return port == ports[kind].starttls || port == 25;
}

static void
read_way_in(struct body *b, enum login_kind kind, struct login *l)
{
	int64_t port = body_int(b, "port", 0, 1, 65535, 0);
	struct str tls = body_choice(b, "tls", 0, TLS_MODES, NULL);
	struct str auth = body_choice(b, "auth", 0, AUTH_MODES, NULL);

	if (port != 0)
		l->port = port;
	if (tls.p != NULL)
		l->tls = tls;
	else if (l->tls.n == 0)
		l->tls = usual_for_starttls(kind, port) ? STR("starttls")
							: STR("implicit");
	if (l->port == 0)
		l->port = str_eq(l->tls, STR("implicit"))
			      ? ports[kind].implicit
			      : ports[kind].starttls;
	if (auth.p != NULL)
		l->auth = auth;
	else if (l->auth.n == 0)
		l->auth = STR("auto");
	if (str_eq(l->tls, STR("none")) && l->host.n > 0 &&
	    !loopback_host(arena_cstr(&b->q->arena, l->host)))
		body_complain(b, "tls",
		    "none is for this host alone: 127.0.0.0/8, ::1, localhost");
}

static const struct provider_endpoint *
endpoint_of(const struct provider *p, enum login_kind kind)
{
	switch (kind) {
	case LOGIN_SMTP: return &p->smtp;
	case LOGIN_IMAP: return &p->imap;
	case LOGIN_POP3: break;
	}
	return &p->pop3;
}

/* Tokens by a grant, or a password: not both, and by a mechanism that takes
 * tokens. */
static void
read_grant(struct body *b, enum login_kind kind, struct login *l)
{
	const struct provider *p = provider_find(l->provider);

	grant_read(b, p, p != NULL ? endpoint_of(p, kind) : NULL, &l->grant);
	if (!l->grant.is_there)
		return;
	if (!body_has(b, "auth") && !takes_tokens(l->auth))
		l->auth = STR("xoauth2");
	else if (!takes_tokens(l->auth))
		body_complain(b, "auth", "has to be xoauth2 or oauthbearer");
	if (body_has(b, "password"))
		body_complain(b, "password", "does not go with oauth");
}

/* A mailbox has a login, an account may have one. */
static void
read_person(struct body *b, enum login_kind kind, struct login *l)
{
	bool needed = kind != LOGIN_SMTP;
	struct str username = body_text(b, "username",
	    needed ? presence(l->username.n > 0) : BODY_LINE,
	    LOGIN_USERNAME_MAX);
	bool secret;

	l->password = body_text(b, "password",
	    needed ? presence(l->has_secret || l->grant.is_there)
		   : BODY_LINE | BODY_FILLED | BODY_NULL,
	    LOGIN_PASSWORD_MAX);
	l->drops_secret =
	    body_is_null(b, "password") || l->grant.changes || l->grant.goes;
	if (username.p != NULL)
		l->username = username;
	secret = l->password.p != NULL || l->grant.is_there ||
		 (l->has_secret && !l->drops_secret);
	if (b->complaints > 0)
		return;
	if (l->username.n > 0 && !secret)
		body_complain(b, "password", "is required with a username");
	else if (l->username.n == 0 && secret)
		body_complain(b, "username", "is required with a password");
}

static bool
holds_certificates(const char *path)
{
	struct buf text;
	struct err err;
	bool ok;

	buf_init(&text, CA_FILE_MAX);
	ok = file_read(path, &text, &err) &&
	     str_find(buf_view(&text), STR("CERTIFICATE-----")) != STR_NOWHERE;
	buf_release(&text);
	return ok;
}

const char *
login_ca_fault(const char *path)
{
	struct stat st;

	if (path[0] != '/')
		return "must be an absolute path";
	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) ||
	    access(path, R_OK) != 0)
		return "is no file that can be read here";
	return holds_certificates(path) ? NULL : "holds no certificates (PEM)";
}

static void
read_ca_file(struct body *b, struct login *l)
{
	struct str path =
	    body_text(b, "ca_file", BODY_NULL | BODY_LINE, LOGIN_PATH_MAX);
	const char *fault = NULL;

	if (body_is_null(b, "ca_file"))
		path = STR("");
	if (path.p == NULL)
		return;
	l->ca_file = path;
	if (path.n > 0)
		fault = login_ca_fault(arena_cstr(&b->q->arena, path));
	if (fault != NULL)
		body_complain(b, "ca_file", "%s", fault);
}

static const struct provider *
read_provider(struct body *b, enum login_kind kind, struct login *l, bool fresh)
{
	struct str name =
	    body_choice(b, "provider", BODY_NULL, PROVIDER_NAMES, NULL);
	const struct provider_endpoint *wish;
	const struct provider *p;

	if (name.p != NULL || body_is_null(b, "provider"))
		l->provider = name;
	p = fresh ? provider_find(l->provider) : NULL;
	if (p == NULL)
		return NULL;
	wish = endpoint_of(p, kind);
	l->host = str_of(wish->host);
	l->tls = str_of(wish->tls);
	l->auth = str_of(wish->auth);
	if (!body_has(b, "tls"))
		l->port = wish->port;
	return p;
}

const struct provider *
login_read(struct body *b, enum login_kind kind, struct login *login,
    bool fresh)
{
	struct str before = login->host;
	const struct provider *p = read_provider(b, kind, login, fresh);
	struct str name =
	    body_text(b, "name", presence(!fresh), LOGIN_NAME_MAX);

	if (name.p != NULL)
		login->name = name;
	read_host(b, login);
	read_way_in(b, kind, login);
	read_grant(b, kind, login);
	read_person(b, kind, login);
	read_ca_file(b, login);
	if (!fresh && login->has_secret && login->password.p == NULL &&
	    !login->drops_secret && !str_eq(before, login->host))
		body_complain(b, "password",
		    "has to be given again for another host");
	if (!fresh && login->grant.is_there &&
	    login->grant.refresh_token.p == NULL &&
	    !str_eq(before, login->host))
		body_complain(b, "oauth",
		    "needs its refresh_token again for another host");
	return p;
}

struct db_arg
login_secret(struct request *q, const struct login *login, const char *table,
    int64_t id)
{
	struct str identity, sealed;
	struct buf out;

	if (login->password.p == NULL)
		return db_bytes(STR_NONE);
	identity = arena_printf(&q->arena, "%s:%lld", table, (long long)id);
	buf_init(&out, SEALED_MAX);
	seal(&q->api->keyring, identity, login->password, &out);
	sealed = arena_dup(&q->arena, buf_view(&out));
	buf_release(&out);
	return db_bytes(sealed);
}

struct db_arg
login_replaces_secret(const struct login *login)
{
	return db_bool(login->password.p != NULL || login->drops_secret);
}
