#include "lib/mail/sasl.h"

#include "lib/base/mem.h"

#include <assert.h>
#include <gsasl.h>

#define DETAIL_MAX 2048
/* A hostile server must not make us hash for minutes. */
#define ITERATIONS_MAX 1000000

/*
 * Where an exchange stands.
 *
 *   START --PLAIN, OAuth: initial response--> SENT --refusal--> REFUSED
 *   START --LOGIN: user name--> NAMED --password--> SENT
 *   START --SCRAM: client-first--> NAMED --client-final--> SENT
 *         --server's proof holds--> PROVED
 */
enum sasl_state {
	SASL_START = 0,
	SASL_NAMED,
	SASL_SENT,
	SASL_PROVED,
	SASL_REFUSED
};

struct sasl {
	enum sasl_mechanism mechanism;
	enum sasl_state state;
	char *username, *password, *host;
	int port;
	struct buf detail;      /* what the server said of a refusal */
	Gsasl *gsasl;           /* SCRAM only */
	Gsasl_session *session; /* SCRAM only */
};

struct sasl *
sasl_new(const struct sasl_params *params)
{
	struct sasl *s = NEW(struct sasl);

	assert(
	    params->mechanism > SASL_AUTO && params->mechanism < SASL__COUNT);
	s->mechanism = params->mechanism;
	s->username = mem_strdup(params->username);
	s->password = mem_strdup(params->password);
	s->host = mem_strdup(params->host != NULL ? params->host : "");
	s->port = params->port;
	buf_init(&s->detail, DETAIL_MAX);
	return s;
}

void
sasl_free(struct sasl *s)
{
	if (s == NULL)
		return;
	if (s->session != NULL)
		gsasl_finish(s->session);
	if (s->gsasl != NULL)
		gsasl_done(s->gsasl);
	explicit_bzero(s->password, strlen(s->password));
	free(s->username);
	free(s->password);
	free(s->host);
	buf_release(&s->detail);
	free(s);
}

bool
sasl_has_initial(const struct sasl *s)
{
	return s->mechanism != SASL_LOGIN;
}

bool
sasl_done(const struct sasl *s)
{
	if (s->mechanism == SASL_SCRAM_SHA_256)
		return s->state == SASL_PROVED;
	return s->state == SASL_SENT;
}

struct str
sasl_detail(const struct sasl *s)
{
	return buf_view(&s->detail);
}

static bool
unexpected(const struct sasl *s, struct err *err)
{
	return err_set(err, FAIL_PROTOCOL,
	    "authenticate by %s: the server asks for more than there is",
	    sasl_wire_name(s->mechanism));
}

static bool
plain_step(struct sasl *s, struct buf *response, struct err *err)
{
	if (s->state != SASL_START)
		return unexpected(s, err);
	buf_char(response, '\0');
	buf_puts(response, s->username);
	buf_char(response, '\0');
	buf_puts(response, s->password);
	s->state = SASL_SENT;
	return true;
}

/* The prompts' words are the server's taste; their order is not. */
static bool
login_step(struct sasl *s, struct buf *response, struct err *err)
{
	switch (s->state) {
	case SASL_START:
		buf_puts(response, s->username);
		s->state = SASL_NAMED;
		return true;
	case SASL_NAMED:
		buf_puts(response, s->password);
		s->state = SASL_SENT;
		return true;
	case SASL_SENT:
	case SASL_PROVED:
	case SASL_REFUSED:
	default: return unexpected(s, err);
	}
}

/* saslname of RFC 5801, 4: ',' and '=' would end the GS2 header. */
static void
put_saslname(struct buf *out, const char *name)
{
	for (; *name != '\0'; name++)
		if (*name == ',')
			buf_puts(out, "=2C");
		else if (*name == '=')
			buf_puts(out, "=3D");
		else
			buf_char(out, *name);
}

static void
put_oauth(const struct sasl *s, struct buf *out)
{
	if (s->mechanism == SASL_XOAUTH2) {
		buf_printf(out, "user=%s\001auth=Bearer %s\001\001",
		    s->username, s->password);
		return;
	}
	buf_puts(out, "n,a=");
	put_saslname(out, s->username);
	buf_printf(out, ",\001host=%s\001port=%d\001auth=Bearer %s\001\001",
	    s->host, s->port, s->password);
}

/* What a peer said, fit to be kept and shown. */
static void
keep_detail(struct sasl *s, struct str said)
{
	size_t i;

	buf_reset(&s->detail);
	buf_str(&s->detail, str_sub(said, 0, DETAIL_MAX));
	for (i = 0; i < s->detail.n; i++)
		if (s->detail.p[i] < ' ' || s->detail.p[i] > '~')
			s->detail.p[i] = '?';
}

/* A challenge after the token is a refusal in JSON; the exchange must still
 * be ended before the server says no: XOAUTH2 by an empty response,
 * OAUTHBEARER by one \001 (RFC 7628, 3.2.3). */
static bool
oauth_step(struct sasl *s, struct str challenge, struct buf *response,
    struct err *err)
{
	if (s->state == SASL_START) {
		if (str_has_control(str_of(s->username)) ||
		    str_has_control(str_of(s->password)))
			return err_set(err, FAIL_INPUT,
			    "a control byte in the user name or token");
		put_oauth(s, response);
		s->state = SASL_SENT;
		return true;
	}
	if (s->state != SASL_SENT)
		return unexpected(s, err);
	keep_detail(s, challenge);
	if (s->mechanism == SASL_OAUTHBEARER)
		buf_char(response, '\001');
	s->state = SASL_REFUSED;
	return true;
}

static bool
scram_fail(const struct sasl *s, int code, struct err *err)
{
	if (s->state == SASL_SENT)
		return err_set(err, FAIL_AUTH,
		    "authenticate by SCRAM-SHA-256: the server did not prove "
		    "that it knows the password (%s)",
		    gsasl_strerror_name(code));
	return err_set(err, FAIL_PROTOCOL, "authenticate by SCRAM-SHA-256: %s",
	    gsasl_strerror(code));
}

static bool
scram_open(struct sasl *s, struct err *err)
{
	int code = gsasl_init(&s->gsasl);

	if (code == GSASL_OK)
		code =
		    gsasl_client_start(s->gsasl, "SCRAM-SHA-256", &s->session);
	if (code == GSASL_OK)
		code =
		    gsasl_property_set(s->session, GSASL_AUTHID, s->username);
	if (code == GSASL_OK)
		code =
		    gsasl_property_set(s->session, GSASL_PASSWORD, s->password);
	return code == GSASL_OK || scram_fail(s, code, err);
}

/* server-first-message = "r=" nonce ",s=" salt ",i=" iteration-count */
static bool
iterations_ok(struct str challenge)
{
	struct str piece;
	uint64_t n;

	while (str_cut(&challenge, ',', &piece))
		if (str_starts(piece, STR("i=")))
			return str_to_u64(str_from(piece, 2), &n) &&
			       n <= ITERATIONS_MAX;
	return true; /* libgsasl knows what is missing */
}

static bool
scram_step(struct sasl *s, struct str challenge, struct buf *response,
    struct err *err)
{
	char *out = NULL;
	size_t n = 0;
	int code;

	if (s->state > SASL_SENT)
		return unexpected(s, err);
	if (s->state == SASL_START && !scram_open(s, err))
		return false;
	if (s->state == SASL_NAMED && !iterations_ok(challenge))
		return err_set(err, FAIL_PROTOCOL,
		    "authenticate by SCRAM-SHA-256: more than %d iterations",
		    ITERATIONS_MAX);
	code = gsasl_step(s->session, challenge.n > 0 ? challenge.p : "",
	    challenge.n, &out, &n);
	if (code != GSASL_OK && code != GSASL_NEEDS_MORE)
		return scram_fail(s, code, err);
	buf_add(response, out, n);
	gsasl_free(out);
	if (code == GSASL_OK)
		s->state = SASL_PROVED;
	else if (s->state == SASL_START)
		s->state = SASL_NAMED;
	else if (s->state == SASL_NAMED)
		s->state = SASL_SENT;
	else
		return unexpected(s, err);
	return true;
}

bool
sasl_step(struct sasl *s, struct str challenge, struct buf *response,
    struct err *err)
{
	switch (s->mechanism) {
	case SASL_PLAIN: return plain_step(s, response, err);
	case SASL_LOGIN: return login_step(s, response, err);
	case SASL_SCRAM_SHA_256: return scram_step(s, challenge, response, err);
	case SASL_XOAUTH2:
	case SASL_OAUTHBEARER: return oauth_step(s, challenge, response, err);
	case SASL_AUTO:
	case SASL__COUNT:
	default: break;
	}
	BUG("no SASL mechanism %d", (int)s->mechanism);
}
