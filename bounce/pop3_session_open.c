/* From the greeting to the mailbox. */
#include "bounce/pop3_session_steps.h"

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
	    str_of(s->login.access.username));
	return pop3_send(s, POP3_STATE_USER, err);
}

/* With the initial response in the same line where it fits. */
static enum pop3_event
say_auth(struct pop3_session *s, struct err *err)
{
	struct pop3_command *c = pop3_begin(s, STR("AUTH"));
	struct mailbox_login *l = &s->login;

	pop3_command_word(c, str_of(sasl_wire_name(l->mechanism)));
	if (!mailbox_login_initial(l, err))
		return pop3_over(s);
	if (l->initial.n > 0 && pop3_command_initial(c, buf_view(&l->initial)))
		buf_wipe(&l->initial);
	return pop3_send(s, POP3_STATE_AUTH, err);
}

static enum pop3_event
log_in(struct pop3_session *s, struct err *err)
{
	bool may_user = !s->can.is_told || (s->can.features & POP3_CAN_USER);

	switch (
	    mailbox_login_begin(&s->login, s->can.mechanisms, may_user, err)) {
	case MAILBOX_BY_SASL: return say_auth(s, err);
	case MAILBOX_BY_PASSWORD: return say_user(s, err);
	case MAILBOX_NO_WAY: break;
	}
	return pop3_over(s);
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

enum pop3_event
pop3_challenge(struct pop3_session *s, struct err *err)
{
	if (mailbox_login_answer(&s->login, s->last.text, &s->out, err))
		return POP3_EVENT_NONE;
	return pop3_over(s);
}

/* A server that tells wrong passwords as such means something else when it
 * does not (RFC 3206, 4). */
static enum pop3_event
not_believed(struct pop3_session *s, struct err *err)
{
	bool tells = s->can.features & POP3_CAN_AUTH_CODE;
	enum pop3_event over =
	    pop3_refused(s, tells ? FAIL_BUSY : FAIL_AUTH, err);

	mailbox_login_refused(&s->login, err);
	return over;
}

enum pop3_event
pop3_on_auth(struct pop3_session *s, struct err *err)
{
	if (s->last.status != POP3_OK)
		return not_believed(s, err);
	if (!mailbox_login_proven(&s->login, err))
		return pop3_over(s);
	s->authenticated = true;
	return pop3_proceed(s, err);
}

enum pop3_event
pop3_on_user(struct pop3_session *s, struct err *err)
{
	if (s->last.status != POP3_OK)
		return not_believed(s, err);
	pop3_command_rest(pop3_begin(s, STR("PASS")),
	    str_of(s->login.access.password));
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
