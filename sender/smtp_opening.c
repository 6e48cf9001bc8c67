#include "lib/base/base.h"

#include "sender/smtp_opening.h"

#include "lib/base/encode.h"
#include "sender/smtp_command.h"
#include "sender/smtp_exchange.h"

#include <assert.h>

static bool
wants_auth(const struct smtp_session *s)
{
	return s->params.username != NULL && s->params.username[0] != '\0';
}

static bool
needs_tls(const struct smtp_session *s)
{
	return s->params.tls != CONN_TLS_NONE && !s->secured;
}

static enum smtp_event
ready(struct smtp_session *s)
{
	s->stage = SMTP_STAGE_READY;
	return SMTP_READY;
}

enum smtp_event
smtp_opening_ehlo(struct smtp_session *s)
{
	struct err err;

	smtp_capabilities_reset(&s->capabilities);
	s->stage = SMTP_STAGE_HELLO;
	if (!smtp_command_ehlo(&s->out, str_of(s->params.helo), &err))
		return smtp_exchange_over(s, PHASE_CONNECT, &err);
	smtp_exchange_expect(s, SMTP_STEP_EHLO, NULL);
	return SMTP_WAIT;
}

enum smtp_event
smtp_opening_on_greeting(struct smtp_session *s, struct smtp_transaction *none)
{
	(void)none;
	if (smtp_reply_class(&s->reply) != 2)
		return smtp_exchange_refused(s, PHASE_CONNECT, FAIL_REFUSED,
		    "refused by the greeting");
	return smtp_opening_ehlo(s);
}

/* The first step of the exchange; its buf is wiped whatever happens. */
static bool
say_auth(struct smtp_session *s, enum sasl_mechanism mechanism, struct err *err)
{
	struct buf initial;
	bool first = sasl_has_initial(s->sasl), ok = true;

	buf_init(&initial, SMTP_COMMAND_AUTH_MAX);
	if (first)
		ok = sasl_step(s->sasl, STR_NONE, &initial, err);
	ok = ok && smtp_command_auth(&s->out, sasl_wire_name(mechanism),
		       first ? &initial : NULL, err);
	buf_wipe(&initial);
	return ok;
}

enum smtp_event
smtp_opening_auth(struct smtp_session *s)
{
	struct sasl_params params = {
	    .username = s->params.username,
	    .password = s->params.password,
	    .host = s->params.host,
	    .port = s->params.port,
	};
	struct err err = {FAIL_NONE, ""};

	if (!s->secured && !s->params.local_peer) {
		err_set(&err, FAIL_TLS, "no credentials are sent without TLS");
		return smtp_exchange_over(s, PHASE_AUTH, &err);
	}
	if (!sasl_choose(s->params.mechanism, s->capabilities.auth,
		&params.mechanism, &err))
		return smtp_exchange_over(s, PHASE_AUTH, &err);
	s->sasl = sasl_new(&params);
	s->stage = SMTP_STAGE_AUTH;
	if (!say_auth(s, params.mechanism, &err)) {
		err.kind = FAIL_AUTH;
		return smtp_exchange_over(s, PHASE_AUTH, &err);
	}
	smtp_exchange_expect(s, SMTP_STEP_AUTH, NULL);
	return SMTP_WAIT;
}

/* Capabilities are known, or known to be none. */
static enum smtp_event
introduced(struct smtp_session *s)
{
	struct err err;

	if (needs_tls(s)) {
		if (!s->capabilities.starttls) {
			err_set(&err, FAIL_TLS,
			    "the server does not offer STARTTLS");
			return smtp_exchange_over(s, PHASE_CONNECT, &err);
		}
		smtp_command_starttls(&s->out);
		smtp_exchange_expect(s, SMTP_STEP_STARTTLS, NULL);
		return SMTP_WAIT;
	}
	if (!wants_auth(s))
		return ready(s);
	if (!s->params.ask_login)
		return smtp_opening_auth(s);
	s->stage = SMTP_STAGE_LOGIN;
	return SMTP_WAIT;
}

static enum smtp_event
try_helo(struct smtp_session *s)
{
	struct err err;

	if (!smtp_command_helo(&s->out, str_of(s->params.helo), &err))
		return smtp_exchange_over(s, PHASE_CONNECT, &err);
	smtp_exchange_expect(s, SMTP_STEP_HELO, NULL);
	return SMTP_WAIT;
}

enum smtp_event
smtp_opening_on_ehlo(struct smtp_session *s, struct smtp_transaction *none)
{
	int class = smtp_reply_class(&s->reply);

	(void)none;
	if (class == 2)
		return introduced(s);
	if (class == 5 && !needs_tls(s) && !wants_auth(s))
		return try_helo(s);
	return smtp_exchange_refused(s, PHASE_CONNECT,
	    needs_tls(s) && class == 5 ? FAIL_TLS : FAIL_REFUSED,
	    "EHLO refused");
}

enum smtp_event
smtp_opening_on_helo(struct smtp_session *s, struct smtp_transaction *none)
{
	(void)none;
	if (smtp_reply_class(&s->reply) != 2)
		return smtp_exchange_refused(s, PHASE_CONNECT, FAIL_REFUSED,
		    "HELO refused");
	smtp_capabilities_reset(&s->capabilities);
	return introduced(s);
}

enum smtp_event
smtp_opening_on_starttls(struct smtp_session *s, struct smtp_transaction *none)
{
	(void)none;
	if (smtp_reply_class(&s->reply) != 2)
		return smtp_exchange_refused(s, PHASE_CONNECT, FAIL_TLS,
		    "STARTTLS refused");
	s->stage = SMTP_STAGE_TLS;
	return SMTP_START_TLS;
}

/* Gives the exchange up in order; the final reply is not a yes any more. */
static enum smtp_event
cancel(struct smtp_session *s, const struct err *why)
{
	s->auth_cancelled = true;
	s->end.err = *why;
	s->end.err.kind = FAIL_AUTH;
	smtp_command_cancel(&s->out);
	smtp_exchange_expect(s, SMTP_STEP_AUTH, NULL);
	return SMTP_WAIT;
}

static bool
say_response(struct smtp_session *s, struct err *err)
{
	struct buf challenge, response;
	bool ok;

	buf_init(&challenge, SMTP_REPLY_TEXT_MAX);
	buf_init(&response, SMTP_COMMAND_AUTH_MAX);
	ok = base64_decode(&challenge, smtp_reply_text(&s->reply)) ||
	     err_set(err, FAIL_AUTH, "challenge is not base64");
	ok = ok && sasl_step(s->sasl, buf_view(&challenge), &response, err) &&
	     smtp_command_response(&s->out, buf_view(&response), err);
	buf_wipe(&challenge);
	buf_wipe(&response);
	return ok;
}

static enum smtp_event
answer_challenge(struct smtp_session *s)
{
	struct err err;

	if (s->auth_cancelled)
		return smtp_exchange_broken(s, PHASE_AUTH,
		    "challenge after the login was given up");
	if (++s->auth_rounds > SMTP_SESSION_AUTH_ROUNDS) {
		err_set(&err, FAIL_AUTH, "more than %d challenges",
		    SMTP_SESSION_AUTH_ROUNDS);
		return cancel(s, &err);
	}
	if (!say_response(s, &err))
		return cancel(s, &err);
	smtp_exchange_expect(s, SMTP_STEP_AUTH, NULL);
	return SMTP_WAIT;
}

/* What an OAuth server said before its 535 tells more than the 535. */
static enum smtp_event
login_refused(struct smtp_session *s)
{
	struct str detail = sasl_detail(s->sasl);
	char what[128] = "login refused";

	if (detail.n > 0 && detail.n < 80 && !str_has_control(detail))
		snprintf(what, sizeof(what), "login refused (%.*s)",
		    STR_ARG(detail));
	return smtp_exchange_refused(s, PHASE_AUTH, FAIL_AUTH, what);
}

enum smtp_event
smtp_opening_on_auth(struct smtp_session *s, struct smtp_transaction *none)
{
	int class = smtp_reply_class(&s->reply);
	struct err err;

	(void)none;
	if (class == 3)
		return answer_challenge(s);
	if (s->auth_cancelled) {
		err = s->end.err;
		return smtp_exchange_over(s, PHASE_AUTH, &err);
	}
	if (class != 2)
		return login_refused(s);
	if (!sasl_done(s->sasl)) {
		err_set(&err, FAIL_AUTH, "the server did not prove itself");
		return smtp_exchange_over(s, PHASE_AUTH, &err);
	}
	return ready(s);
}
