/* From the greeting to the mailbox. */
#include "bounce/pop3_session_steps.h"

#include "lib/base/encode.h"

static enum pop3_event
ask_capa(struct pop3_session *s, struct err *err)
{
	s->can = (struct pop3_capability){.known = false};
	pop3_begin(s, STR("CAPA"));
	return pop3_send(s, POP3_STATE_CAPA, err);
}

/* A server of before 1998 does not tell what it can do. */
static enum pop3_event
ask_stls(struct pop3_session *s, struct err *err)
{
	if (s->can.is_told && !(s->can.features & POP3_CAN_STLS)) {
		err_set(err, FAIL_TLS, "pop3: the server offers no STLS");
		return pop3_over(s);
	}
	pop3_begin(s, STR("STLS"));
	return pop3_send(s, POP3_STATE_STLS, err);
}

static enum pop3_event
say_user(struct pop3_session *s, struct err *err)
{
	pop3_command_word(pop3_begin(s, STR("USER")),
	    str_of(s->params.username));
	return pop3_send(s, POP3_STATE_USER, err);
}

/* With the initial response in the same line where it fits. */
static enum pop3_event
say_auth(struct pop3_session *s, enum sasl_mechanism m, struct err *err)
{
	struct pop3_command *c = pop3_begin(s, STR("AUTH"));

	pop3_command_word(c, str_of(sasl_wire_name(m)));
	if (sasl_has_initial(s->sasl)) {
		buf_wipe(&s->scratch);
		if (!sasl_step(s->sasl, STR_NONE, &s->scratch, err))
			return pop3_over(s);
		s->initial_waits =
		    !pop3_command_initial(c, buf_view(&s->scratch));
		if (!s->initial_waits)
			buf_wipe(&s->scratch);
	}
	return pop3_send(s, POP3_STATE_AUTH, err);
}

/* USER and PASS only where nothing else fits and the server takes them. */
static enum pop3_event
log_in(struct pop3_session *s, struct err *err)
{
	enum sasl_mechanism want = s->params.auth, m = SASL_AUTO;
	bool may_user = (want == SASL_AUTO || want == SASL_LOGIN) &&
			(!s->can.is_told || (s->can.features & POP3_CAN_USER));

	if (!sasl_choose(want, s->can.mechanisms, &m, may_user ? NULL : err))
		return may_user ? say_user(s, err) : pop3_over(s);
	s->sasl = sasl_new(&(struct sasl_params){.mechanism = m,
	    .username = s->params.username,
	    .password = s->params.password,
	    .host = s->params.host,
	    .port = s->params.port});
	return say_auth(s, m, err);
}

enum pop3_event
pop3_proceed(struct pop3_session *s, struct err *err)
{
	if (!s->can.known)
		return ask_capa(s, err);
	if (!s->secured)
		return ask_stls(s, err);
	if (!s->authenticated)
		return log_in(s, err);
	if (!s->delay_known && (s->can.features & POP3_DELAY_BY_USER)) {
		s->delay_known = true;
		return ask_capa(s, err);
	}
	pop3_begin(s, STR("STAT"));
	return pop3_send(s, POP3_STATE_STAT, err);
}

enum pop3_event
pop3_on_capa(struct pop3_session *s, struct err *err)
{
	s->can.known = true;
	s->can.is_told = s->last.status == POP3_OK;
	return pop3_proceed(s, err);
}

enum pop3_event
pop3_on_stls(struct pop3_session *s, struct err *err)
{
	if (s->last.status != POP3_OK)
		return pop3_refused(s, FAIL_TLS, err);
	s->can = (struct pop3_capability){.known = false};
	s->state = POP3_STATE_HANDSHAKE;
	return POP3_EVENT_STLS;
}

bool
pop3_session_secured(struct pop3_session *s, struct err *err)
{
	if (s->state != POP3_STATE_HANDSHAKE)
		return err_set(err, FAIL_PROTOCOL, "pop3: TLS unasked for");
	s->secured = true;
	return pop3_proceed(s, err) == POP3_EVENT_NONE;
}

/* What did not fit into the line of AUTH is said when the server is ready. */
static bool
answer_challenge(struct pop3_session *s, struct buf *answer, struct err *err)
{
	if (s->initial_waits) {
		s->initial_waits = false;
		buf_str(answer, buf_view(&s->scratch));
		buf_wipe(&s->scratch);
		return true;
	}
	buf_wipe(&s->scratch);
	if (!base64_decode(&s->scratch, s->last.text))
		return err_set(err, FAIL_PROTOCOL,
		    "pop3: challenge is not base64");
	return sasl_step(s->sasl, buf_view(&s->scratch), answer, err);
}

enum pop3_event
pop3_challenge(struct pop3_session *s, struct err *err)
{
	struct buf answer;
	bool ok;

	buf_init(&answer, s->scratch.max);
	ok = answer_challenge(s, &answer, err) &&
	     pop3_command_answer(&s->out, buf_view(&answer), err);
	buf_wipe(&answer);
	return ok ? POP3_EVENT_NONE : pop3_over(s);
}

/* A server that tells wrong passwords as such means something else when it
 * does not (RFC 3206, 4). */
static enum pop3_event
not_believed(struct pop3_session *s, struct err *err)
{
	bool tells = s->can.features & POP3_CAN_AUTH_CODE;
	struct str detail = STR_NONE;
	enum pop3_event over;

	if (s->sasl != NULL)
		detail = sasl_detail(s->sasl);
	over = pop3_refused(s, tells ? FAIL_BUSY : FAIL_AUTH, err);
	if (detail.n > 0 && err->kind == FAIL_AUTH)
		err_wrap(err, "%.*s", STR_ARG(str_sub(detail, 0, 100)));
	return over;
}

enum pop3_event
pop3_on_auth(struct pop3_session *s, struct err *err)
{
	if (s->last.status != POP3_OK)
		return not_believed(s, err);
	if (!sasl_done(s->sasl)) {
		err_set(err, FAIL_AUTH,
		    "pop3: the server did not prove that it knows us");
		return pop3_over(s);
	}
	s->authenticated = true;
	return pop3_proceed(s, err);
}

enum pop3_event
pop3_on_user(struct pop3_session *s, struct err *err)
{
	if (s->last.status != POP3_OK)
		return not_believed(s, err);
	pop3_command_rest(pop3_begin(s, STR("PASS")),
	    str_of(s->params.password));
	return pop3_send(s, POP3_STATE_PASS, err);
}

enum pop3_event
pop3_on_pass(struct pop3_session *s, struct err *err)
{
	if (s->last.status != POP3_OK)
		return not_believed(s, err);
	s->authenticated = true;
	return pop3_proceed(s, err);
}

enum pop3_event
pop3_on_stat(struct pop3_session *s, struct err *err)
{
	uint64_t messages, bytes;

	if (s->last.status != POP3_OK)
		return pop3_refused(s, FAIL_REFUSED, err);
	if (!pop3_reply_numbers(s->last.text, &messages, &bytes)) {
		err_set(err, FAIL_PROTOCOL, "pop3: STAT without a count");
		return pop3_over(s);
	}
	if (messages > POP3_MESSAGES_MAX) {
		err_set(err, FAIL_LIMIT,
		    "pop3: a mailbox with more than %d messages",
		    POP3_MESSAGES_MAX);
		return pop3_over(s);
	}
	s->messages = (uint32_t)messages;
	s->state = POP3_STATE_READY;
	return POP3_EVENT_READY;
}
