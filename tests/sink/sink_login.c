#include "lib/base/base.h"

#include "tests/sink/sink_login.h"

#include "lib/base/err.h"

#include <gsasl.h>

#define USER_MAX 1000

static const char *const names[SINK_MECHANISM__COUNT] = {
    [SINK_AUTH_PLAIN] = "PLAIN",
    [SINK_AUTH_LOGIN] = "LOGIN",
    [SINK_AUTH_SCRAM_SHA_256] = "SCRAM-SHA-256",
    [SINK_AUTH_XOAUTH2] = "XOAUTH2",
    [SINK_AUTH_OAUTHBEARER] = "OAUTHBEARER",
};

const char *
sink_login_mechanism(const struct sink_login *l)
{
	return names[l->mechanism];
}

void
sink_login_init(struct sink_login *l, struct sink_tokens *tokens)
{
	memset(l, 0, sizeof(*l));
	l->tokens = tokens;
	buf_init(&l->user, USER_MAX);
}

static void
end_scram(struct sink_login *l)
{
	if (l->scram != NULL)
		gsasl_finish(l->scram);
	if (l->gsasl != NULL)
		gsasl_done(l->gsasl);
	l->scram = NULL;
	l->gsasl = NULL;
}

void
sink_login_release(struct sink_login *l)
{
	end_scram(l);
	buf_release(&l->user);
}

static void
start_scram(struct sink_login *l)
{
	const char *password = l->tokens->options->password;

	end_scram(l);
	if (gsasl_init(&l->gsasl) != GSASL_OK ||
	    gsasl_server_start(l->gsasl, names[l->mechanism], &l->scram) !=
		GSASL_OK)
		die("sink: SCRAM-SHA-256 is not there");
	gsasl_property_set(l->scram, GSASL_PASSWORD,
	    password != NULL ? password : "");
}

bool
sink_login_begin(struct sink_login *l, struct str name, struct buf *challenge)
{
	struct str offered = str_of(l->tokens->options->mechanisms), word;
	int m, found = -1;

	while (str_cut(&offered, ' ', &word))
		for (m = 0; m < SINK_MECHANISM__COUNT; m++)
			if (str_eq_nocase(word, name) &&
			    str_eq_nocase(name, str_of(names[m])))
				found = m;
	if (found < 0)
		return false;
	l->mechanism = (enum sink_mechanism)found;
	l->named = l->refused = l->verified = false;
	buf_reset(&l->user);
	if (l->mechanism == SINK_AUTH_LOGIN)
		buf_puts(challenge, "Username:");
	if (l->mechanism == SINK_AUTH_SCRAM_SHA_256)
		start_scram(l);
	return true;
}

static enum sink_answer
judge(const struct sink_login *l, struct str password)
{
	const struct sink_options *o = l->tokens->options;
	bool good =
	    (o->user == NULL || str_eq(buf_view(&l->user), str_of(o->user))) &&
	    (o->password == NULL || str_eq(password, str_of(o->password)));

	return good ? SINK_YES : SINK_NO;
}

/* authorization NUL user NUL password */
static enum sink_answer
take_plain(struct sink_login *l, struct str response)
{
	struct str as = STR_NONE, user = STR_NONE;

	(void)str_cut(&response, '\0', &as);
	(void)str_cut(&response, '\0', &user);
	buf_str(&l->user, user);
	return judge(l, response);
}

static enum sink_answer
take_login(struct sink_login *l, struct str response, struct buf *challenge)
{
	if (l->named)
		return judge(l, response);
	l->named = true;
	buf_str(&l->user, response);
	buf_puts(challenge, "Password:");
	return SINK_ASKS;
}

static enum sink_answer
take_scram(struct sink_login *l, struct str response, struct buf *challenge)
{
	const char *user;
	char *out = NULL;
	size_t n = 0;
	int code;

	if (l->verified) /* it has seen our proof */
		return SINK_YES;
	code = gsasl_step(l->scram, response.n > 0 ? response.p : "",
	    response.n, &out, &n);
	buf_add(challenge, out, n);
	gsasl_free(out);
	if (code == GSASL_NEEDS_MORE)
		return SINK_ASKS;
	user = gsasl_property_fast(l->scram, GSASL_AUTHID);
	buf_puts(&l->user, user != NULL ? user : "");
	if (code != GSASL_OK ||
	    (l->tokens->options->user != NULL &&
		!str_eq(buf_view(&l->user), str_of(l->tokens->options->user))))
		return SINK_NO;
	l->verified = true;
	return SINK_ASKS;
}

/* The value of a field that begins so; fields stand between octets 1. */
static struct str
field(struct str message, struct str name)
{
	struct str part;

	while (str_cut(&message, '\1', &part))
		if (str_starts_nocase(part, name))
			return str_from(part, name.n);
	return STR_NONE;
}

static enum sink_answer
take_token(struct sink_login *l, struct str response, struct buf *challenge)
{
	const char *wanted = l->tokens->options->user;
	struct str token = field(response, STR("auth=Bearer ")), user;

	if (l->refused)
		return SINK_NO;
	if (l->mechanism == SINK_AUTH_XOAUTH2) {
		user = field(response, STR("user="));
	} else {
		user = field(response, STR("n,a="));
		user = str_sub(user, 0, str_chr(user, ','));
	}
	buf_str(&l->user, user);
	if (token.n > 0 && sink_tokens_good(l->tokens, token) &&
	    (wanted == NULL || str_eq(user, str_of(wanted))))
		return SINK_YES;
	l->refused = true;
	buf_puts(challenge, l->mechanism == SINK_AUTH_XOAUTH2
				? "{\"status\":\"401\",\"schemes\":\"bearer\","
				  "\"scope\":\"https://mail.example.com/\"}"
				: "{\"status\":\"invalid_token\","
				  "\"scope\":\"https://mail.example.com/\"}");
	return SINK_ASKS;
}

enum sink_answer
sink_login_take(struct sink_login *l, struct str response,
    struct buf *challenge)
{
	switch (l->mechanism) {
	case SINK_AUTH_PLAIN: return take_plain(l, response);
	case SINK_AUTH_LOGIN: return take_login(l, response, challenge);
	case SINK_AUTH_SCRAM_SHA_256: return take_scram(l, response, challenge);
	case SINK_AUTH_XOAUTH2:
	case SINK_AUTH_OAUTHBEARER: return take_token(l, response, challenge);
	case SINK_MECHANISM__COUNT: break;
	}
	return SINK_NO;
}
