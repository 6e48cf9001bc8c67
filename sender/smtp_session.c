#include "lib/base/base.h"

#include "sender/smtp_session.h"

#include "sender/smtp_exchange.h"
#include "sender/smtp_opening.h"
#include "sender/smtp_transaction.h"

#include <assert.h>

#define OUT_KEPT_MAX (256U << 10) /* memory that an empty out may hold */

typedef enum smtp_event reply_fn(struct smtp_session *s,
    struct smtp_transaction *t);

static reply_fn on_quit;

static reply_fn *const on_reply[SMTP_STEP__COUNT] = {
    [SMTP_STEP_GREETING] = smtp_opening_on_greeting,
    [SMTP_STEP_EHLO] = smtp_opening_on_ehlo,
    [SMTP_STEP_HELO] = smtp_opening_on_helo,
    [SMTP_STEP_STARTTLS] = smtp_opening_on_starttls,
    [SMTP_STEP_AUTH] = smtp_opening_on_auth,
    [SMTP_STEP_MAIL] = smtp_transaction_on_mail,
    [SMTP_STEP_RCPT] = smtp_transaction_on_rcpt,
    [SMTP_STEP_DATA] = smtp_transaction_on_data,
    [SMTP_STEP_BODY] = smtp_transaction_on_body,
    [SMTP_STEP_LONE_DOT] = smtp_transaction_on_lone_dot,
    [SMTP_STEP_RSET] = smtp_transaction_on_rset,
    [SMTP_STEP_QUIT] = on_quit,
};

void
smtp_session_init(struct smtp_session *s,
    const struct smtp_session_params *params)
{
	memset(s, 0, sizeof(*s));
	s->params = *params;
	s->secured = params->tls == CONN_TLS_IMPLICIT;
	buf_init(&s->out, SMTP_SESSION_OUT_MAX);
	smtp_exchange_expect(s, SMTP_STEP_GREETING, NULL);
}

void
smtp_session_release(struct smtp_session *s)
{
	sasl_free(s->sasl);
	s->sasl = NULL;
	buf_wipe(&s->out);
}

static enum smtp_event
on_quit(struct smtp_session *s, struct smtp_transaction *none)
{
	const struct err fine = {FAIL_NONE, ""};

	(void)none;
	return smtp_exchange_over(s, PHASE_CONNECT, &fine);
}

/* 421 may answer any command, or none (RFC 5321, 3.8). */
static enum smtp_event
server_leaves(struct smtp_session *s)
{
	enum phase phase = PHASE_CONNECT;
	struct smtp_pending p;

	if (s->pending_count > 0) {
		p = smtp_exchange_answered(s);
		if (p.step == SMTP_STEP_QUIT)
			return on_quit(s, NULL);
		phase = smtp_step_phase(p.step);
		if (p.transaction != NULL)
			smtp_transaction_refuse(s, p.transaction, phase);
	}
	return smtp_exchange_refused(s, phase, FAIL_IO,
	    "the server closes the connection");
}

static enum smtp_event
take_reply(struct smtp_session *s)
{
	struct smtp_pending p;

	s->replies++;
	if (s->reply.code == 421)
		return server_leaves(s);
	if (s->pending_count == 0)
		return smtp_exchange_broken(s, PHASE_CONNECT,
		    "reply to nothing");
	p = smtp_exchange_answered(s);
	return on_reply[p.step](s, p.transaction);
}

static enum smtp_event
take_line(struct smtp_session *s, struct str line)
{
	enum smtp_event event;
	struct err err;

	switch (smtp_reply_feed(&s->reply, line, &err)) {
	case SMTP_REPLY_BAD:
		smtp_reply_reset(&s->reply);
		smtp_session_fail(s, &err);
		return SMTP_OVER;
	case SMTP_REPLY_MORE:
	case SMTP_REPLY_DONE: break;
	}
	if (s->reply.lines > 1 && smtp_session_awaits(s) == SMTP_STEP_EHLO)
		smtp_capabilities_add(&s->capabilities, str_from(line, 4));
	if (line.n > 3 && line.p[3] == '-')
		return SMTP_WAIT;
	event = take_reply(s);
	smtp_reply_reset(&s->reply);
	return event;
}

/* Whatever comes between the reply to STARTTLS and the handshake was not
 * said by the server that we are about to verify (S-041). */
static enum smtp_event
injected(struct smtp_session *s)
{
	struct err err;

	err_set(&err, FAIL_TLS, "bytes between STARTTLS and the handshake");
	return smtp_exchange_over(s, PHASE_CONNECT, &err);
}

static enum smtp_event
endless_line(struct smtp_session *s)
{
	struct err err;

	err_set(&err, FAIL_LIMIT, "reply line too long");
	smtp_session_fail(s, &err);
	return SMTP_OVER;
}

enum smtp_event
smtp_session_feed(struct smtp_session *s, struct str *data)
{
	enum smtp_event event = SMTP_WAIT;
	struct str line;
	size_t n;

	assert(s->stage != SMTP_STAGE_OVER);
	if (s->stage == SMTP_STAGE_TLS && data->n > 0)
		return injected(s);
	while (
	    event == SMTP_WAIT && (n = str_chr(*data, '\n')) != STR_NOWHERE) {
		line = str_sub(*data, 0, n);
		*data = str_from(*data, n + 1);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		event = take_line(s, line);
	}
	if (event == SMTP_START_TLS && data->n > 0)
		return injected(s);
	if (event == SMTP_WAIT && data->n > SMTP_REPLY_LINE_MAX)
		return endless_line(s);
	return event;
}

void
smtp_session_secured(struct smtp_session *s)
{
	assert(s->stage == SMTP_STAGE_TLS);
	s->secured = true;
	(void)smtp_opening_ehlo(s);
}

int
smtp_session_busy(const struct smtp_session *s)
{
	return (s->current != NULL) + (s->following != NULL);
}

enum smtp_event
smtp_session_login(struct smtp_session *s)
{
	assert(s->stage == SMTP_STAGE_LOGIN);
	return smtp_opening_auth(s);
}

int
smtp_session_room(const struct smtp_session *s)
{
	int most = s->capabilities.pipelining ? SMTP_SESSION_MESSAGES_MAX : 1;

	return s->stage == SMTP_STAGE_READY ? most - smtp_session_busy(s) : 0;
}

void
smtp_session_written(struct smtp_session *s)
{
	if (s->stage == SMTP_STAGE_AUTH || s->out.cap > OUT_KEPT_MAX)
		buf_wipe(&s->out);
	else
		buf_reset(&s->out);
	s->dot_end = 0;
}

void
smtp_session_dot_unsent(struct smtp_session *s)
{
	if (s->current != NULL)
		s->current->dot_sent = false;
}

struct smtp_message *
smtp_session_held(const struct smtp_session *s)
{
	return s->go_ahead ? s->current->message : NULL;
}

void
smtp_session_quit(struct smtp_session *s)
{
	const struct err fine = {FAIL_NONE, ""};

	if (s->stage == SMTP_STAGE_READY) {
		s->stage = SMTP_STAGE_QUIT;
		smtp_transaction_proceed(s);
	} else if (s->stage < SMTP_STAGE_READY) {
		(void)smtp_exchange_over(s, PHASE_CONNECT, &fine);
	}
}

enum smtp_step
smtp_session_awaits(const struct smtp_session *s)
{
	return s->pending_count > 0 ? s->pending[0].step : SMTP_STEP__COUNT;
}

void
smtp_session_fail(struct smtp_session *s, const struct err *err)
{
	enum smtp_step step = smtp_session_awaits(s);
	enum phase phase = s->go_ahead ? PHASE_DATA : PHASE_CONNECT;
	struct err told = *err;

	if (s->stage == SMTP_STAGE_OVER)
		return;
	if (told.kind == FAIL_NONE)
		err_set(&told, FAIL_IO, "the server closed the connection");
	if (s->stage == SMTP_STAGE_TLS && told.kind == FAIL_PROTOCOL)
		told.kind = FAIL_TLS; /* bytes before the handshake (S-041) */
	if (step == SMTP_STEP_QUIT) {
		told.kind = FAIL_NONE; /* its reply changes nothing (S-046) */
	} else if (step != SMTP_STEP__COUNT) {
		phase = smtp_step_phase(step);
		s->blamed = s->pending[0].transaction;
		err_wrap(&told, "%s", smtp_step_doing(step));
	}
	smtp_reply_reset(&s->reply);
	(void)smtp_exchange_over(s, phase, &told);
}
