#include "lib/net/oauth.h"

#include "lib/base/mem.h"
#include "lib/net/http.h"

#include <jansson.h>
#include <math.h>

#define FORM_MAX        (64U << 10)
#define DESCRIPTION_MAX 200
#define WORD_MAX        64

struct oauth {
	struct http *http;
	oauth_fn *fn;
	void *arg;
	struct buf client_secret, refresh_token; /* not to be shown */
};

/* Errors that say "not now" (RFC 6749, 4.1.2.1; RFC 8628, 3.5). */
static bool
is_passing(const char *error)
{
	return strcmp(error, "temporarily_unavailable") == 0 ||
	       strcmp(error, "server_error") == 0 ||
	       strcmp(error, "slow_down") == 0;
}

static const char *
member(const json_t *answer, const char *name)
{
	const char *text = json_string_value(json_object_get(answer, name));

	return text != NULL ? text : "";
}

/* Their words on one line, without control bytes, cut short. */
static void
copy_words(char *out, size_t size, const char *words)
{
	size_t i;

	snprintf(out, size, "%s", words);
	for (i = 0; out[i] != '\0'; i++)
		if (out[i] < ' ' || out[i] > '~')
			out[i] = ' ';
}

/* A token is printable and without blanks (RFC 6750, 2.1), or it would not
 * get into a login. */
static bool
token_ok(const char *token)
{
	size_t n;

	for (n = 0; token[n] != '\0'; n++)
		if (token[n] <= ' ' || token[n] > '~' || n >= OAUTH_SECRET_MAX)
			return false;
	return n > 0;
}

static int64_t
read_lifetime(const json_t *answer)
{
	const json_t *v = json_object_get(answer, "expires_in");
	int64_t s = OAUTH_EXPIRES_S;

	/* Microsoft's first version wrote it as a text. */
	if (json_is_integer(v))
		s = json_integer_value(v);
	else if (json_is_real(v))
		s = (int64_t)fmin(fmax(json_real_value(v), 0),
		    OAUTH_EXPIRES_MAX);
	else if (json_is_string(v) &&
		 !str_to_i64(str_of(json_string_value(v)), &s))
		s = OAUTH_EXPIRES_S;
	if (s < OAUTH_EXPIRES_MIN)
		return OAUTH_EXPIRES_MIN;
	return s < OAUTH_EXPIRES_MAX ? s : OAUTH_EXPIRES_MAX;
}

static void
read_grant(struct oauth_answer *out, const json_t *answer, struct buf *texts)
{
	const char *access = member(answer, "access_token");
	const char *refresh = member(answer, "refresh_token");
	const char *type = member(answer, "token_type");
	size_t n = strlen(access);

	if (!token_ok(access) || (refresh[0] != '\0' && !token_ok(refresh))) {
		err_set(&out->err, FAIL_PROTOCOL,
		    "an answer without a token that can be used");
		return;
	}
	if (type[0] != '\0' && !str_eq_nocase(str_of(type), STR("bearer"))) {
		err_set(&out->err, FAIL_PROTOCOL,
		    "a token that is no bearer token");
		return;
	}
	buf_puts(texts, access);
	buf_puts(texts, refresh);
	out->result = OAUTH_GRANTED;
	out->access_token = str_sub(buf_view(texts), 0, n);
	out->refresh_token = str_from(buf_view(texts), n);
	out->expires_s = read_lifetime(answer);
}

static void
read_refusal(struct oauth_answer *out, int status, const json_t *answer)
{
	char words[DESCRIPTION_MAX], error[WORD_MAX];

	copy_words(error, sizeof(error), member(answer, "error"));
	copy_words(words, sizeof(words), member(answer, "error_description"));
	if (error[0] == '\0') {
		err_set(&out->err, FAIL_REFUSED, "status %d", status);
		return;
	}
	if (status < 500 && status != 429 && !is_passing(error))
		out->result = OAUTH_REFUSED;
	err_set(&out->err,
	    out->result == OAUTH_REFUSED ? FAIL_AUTH : FAIL_REFUSED, "%s%s%s",
	    error, words[0] != '\0' ? ": " : "", words);
}

void
oauth_read(struct oauth_answer *out, int status, struct str body,
    struct buf *texts)
{
	json_t *answer = json_loadb(body.n > 0 ? body.p : "", body.n, 0, NULL);

	*out = (struct oauth_answer){.result = OAUTH_LATER};
	if (status != 200)
		read_refusal(out, status, answer);
	else if (!json_is_object(answer))
		err_set(&out->err, FAIL_PROTOCOL, "an answer that is no JSON");
	else
		read_grant(out, answer, texts);
	json_decref(answer);
}

/* An endpoint that repeats what it was sent does not bring it into our
 * words. */
static void
hide(struct oauth *o, struct err *err)
{
	struct str said = str_of(err->text);

	if ((o->refresh_token.n > 0 &&
		str_find(said, buf_view(&o->refresh_token)) != STR_NOWHERE) ||
	    (o->client_secret.n > 0 &&
		str_find(said, buf_view(&o->client_secret)) != STR_NOWHERE))
		err_set(err, err->kind, "refused in words that hold a secret");
}

static void
on_answer(const struct http_answer *answer, const struct err *err, void *arg)
{
	struct oauth *o = arg;
	struct oauth_answer a = {.result = OAUTH_LATER};
	struct buf texts;

	buf_init(&texts, OAUTH_ANSWER_MAX);
	if (answer == NULL) {
		a.err = *err;
	} else {
		oauth_read(&a, answer->status, answer->body, &texts);
		a.retry_after_s = answer->retry_after_s;
	}
	hide(o, &a.err);
	o->fn(&a, o->arg);
	buf_wipe(&texts);
}

static void
keep(struct buf *b, struct str secret)
{
	buf_init(b, OAUTH_SECRET_MAX);
	buf_str(b, secret);
}

struct oauth *
oauth_refresh(struct loop *loop, const struct oauth_grant *grant, oauth_fn *fn,
    void *arg)
{
	struct oauth *o = NEW(struct oauth);
	struct http_params params = {
	    .url = grant->token_url,
	    .content_type = "application/x-www-form-urlencoded",
	    .ca_file = grant->ca_file,
	    .timeout_ms = OAUTH_TIMEOUT_MS,
	    .answer_max = OAUTH_ANSWER_MAX,
	};
	struct buf form;

	o->fn = fn;
	o->arg = arg;
	keep(&o->client_secret, grant->client_secret);
	keep(&o->refresh_token, grant->refresh_token);
	buf_init(&form, FORM_MAX);
	http_form_add(&form, "grant_type", STR("refresh_token"));
	http_form_add(&form, "refresh_token", grant->refresh_token);
	http_form_add(&form, "client_id", grant->client_id);
	if (grant->client_secret.n > 0)
		http_form_add(&form, "client_secret", grant->client_secret);
	if (grant->scope.n > 0)
		http_form_add(&form, "scope", grant->scope);
	params.body = buf_view(&form);
	o->http = http_post(loop, &params, on_answer, o);
	buf_wipe(&form);
	return o;
}

void
oauth_free(struct oauth *o)
{
	if (o == NULL)
		return;
	http_free(o->http);
	buf_wipe(&o->client_secret);
	buf_wipe(&o->refresh_token);
	free(o);
}
