/* From the greeting to the open mailbox. */
#include "bounce/imap_session_steps.h"

static enum imap_event
send_or_over(struct imap_session *s, enum imap_state state, struct err *err)
{
	return session_send(s, state, err) ? IMAP_EVENT_NONE : session_over(s);
}

static enum imap_event
ask_capability(struct imap_session *s, struct err *err)
{
	IMAP_WORD(session_begin(s), "CAPABILITY");
	return send_or_over(s, IMAP_STATE_CAPABILITY, err);
}

static enum imap_event
ask_starttls(struct imap_session *s, struct err *err)
{
	if (!(s->can.features & IMAP_CAN_STARTTLS)) {
		err_set(err, FAIL_TLS, "imap: the server offers no STARTTLS");
		return session_over(s);
	}
	IMAP_WORD(session_begin(s), "STARTTLS");
	return send_or_over(s, IMAP_STATE_STARTTLS, err);
}

static enum imap_event
say_login(struct imap_session *s, struct err *err)
{
	const struct mailbox_access *a = &s->params.access;
	struct imap_command *c = session_begin(s);

	IMAP_WORD(c, "LOGIN");
	imap_command_string(c, str_of(a->username));
	imap_command_string(c, str_of(a->password));
	return send_or_over(s, IMAP_STATE_LOGIN, err);
}

/* With the initial response in the same line where that is allowed. */
static enum imap_event
say_authenticate(struct imap_session *s, struct err *err)
{
	struct imap_command *c = session_begin(s);
	struct mailbox_login *l = &s->login;

	IMAP_WORD(c, "AUTHENTICATE");
	imap_command_word(c, str_of(sasl_wire_name(l->mechanism)));
	if (s->can.features & IMAP_CAN_SASL_IR) {
		if (!mailbox_login_initial(l, err))
			return session_over(s);
		if (l->initial.n > 0)
			imap_command_base64(c, buf_view(&l->initial));
		buf_wipe(&l->initial);
	}
	return send_or_over(s, IMAP_STATE_AUTHENTICATE, err);
}

static enum imap_event
log_in(struct imap_session *s, struct err *err)
{
	bool may_login = !(s->can.features & IMAP_CAN_NOT_LOGIN);

	s->can.known = false; /* more may be offered afterwards */
	switch (
	    mailbox_login_begin(&s->login, s->can.mechanisms, may_login, err)) {
	case MAILBOX_BY_SASL: return say_authenticate(s, err);
	case MAILBOX_BY_PASSWORD: return say_login(s, err);
	case MAILBOX_NO_WAY: break;
	}
	return session_over(s);
}

static void
id_field(struct imap_command *c, const char *name, const char *value)
{
	if (value == NULL || *value == '\0')
		return;
	imap_command_string(c, str_of(name));
	imap_command_string(c, str_of(value));
}

static enum imap_event
identify(struct imap_session *s, struct err *err)
{
	struct imap_command *c = session_begin(s);

	s->identified = true;
	IMAP_WORD(c, "ID");
	imap_command_open(c);
	id_field(c, "name", "Volley");
	id_field(c, "version", s->params.version);
	id_field(c, "contact", s->params.contact);
	imap_command_close(c);
	return send_or_over(s, IMAP_STATE_ID, err);
}

bool
session_examine(struct imap_session *s, struct str folder, struct err *err)
{
	struct imap_command *c = session_begin(s);

	if (s->params.writes)
		IMAP_WORD(c, "SELECT");
	else
		IMAP_WORD(c, "EXAMINE");
	imap_command_mailbox(c, folder);
	if (s->can.features & IMAP_CAN_CONDSTORE)
		IMAP_WORD(c, "(CONDSTORE)");
	return session_send(s, IMAP_STATE_SELECT, err);
}

enum imap_event
session_proceed(struct imap_session *s, struct err *err)
{
	struct str folder = str_of(s->params.folder);

	if (!s->can.known)
		return ask_capability(s, err);
	if (!s->secured)
		return ask_starttls(s, err);
	if (!s->authenticated)
		return log_in(s, err);
	if (!s->identified && (s->can.features & IMAP_CAN_ID))
		return identify(s, err);
	if (!session_examine(s, folder.n > 0 ? folder : STR("INBOX"), err))
		return session_over(s);
	return IMAP_EVENT_NONE;
}

enum imap_event
session_greet(struct imap_session *s, struct err *err)
{
	const struct imap_response *r = &s->response;

	if (r->kind != IMAP_RESPONSE_STATUS || r->tag.n > 0 ||
	    (r->status != IMAP_OK && r->status != IMAP_PREAUTH)) {
		err_set(err, FAIL_PROTOCOL, "imap: this is no greeting");
		return session_over(s);
	}
	if (r->status == IMAP_PREAUTH && !s->secured) {
		err_set(err, FAIL_TLS,
		    "imap: PREAUTH greeting, which would rule out STARTTLS");
		return session_over(s);
	}
	s->authenticated = r->status == IMAP_PREAUTH;
	return session_proceed(s, err);
}

enum imap_event
on_capability(struct imap_session *s, struct err *err)
{
	if (s->response.status != IMAP_OK)
		return session_refused(s, FAIL_PROTOCOL, err);
	if (!s->can.known) {
		err_set(err, FAIL_PROTOCOL, "imap: CAPABILITY without answer");
		return session_over(s);
	}
	return session_proceed(s, err);
}

enum imap_event
on_starttls(struct imap_session *s, struct err *err)
{
	if (s->response.status != IMAP_OK)
		return session_refused(s, FAIL_TLS, err);
	s->can = (struct imap_capability){.known = false};
	s->state = IMAP_STATE_HANDSHAKE;
	return IMAP_EVENT_STARTTLS;
}

bool
imap_session_secured(struct imap_session *s, struct err *err)
{
	if (s->state != IMAP_STATE_HANDSHAKE)
		return err_set(err, FAIL_PROTOCOL, "imap: TLS unasked for");
	s->secured = true;
	return session_proceed(s, err) == IMAP_EVENT_NONE;
}

enum imap_event
session_challenge(struct imap_session *s, struct err *err)
{
	if (mailbox_login_answer(&s->login, s->response.text, &s->out, err))
		return IMAP_EVENT_NONE;
	return session_over(s);
}

static enum imap_event
not_believed(struct imap_session *s, struct err *err)
{
	enum fail kind =
	    s->response.status == IMAP_NO ? FAIL_AUTH : FAIL_PROTOCOL;
	enum imap_event over = session_refused(s, kind, err);

	mailbox_login_refused(&s->login, err);
	return over;
}

enum imap_event
on_login(struct imap_session *s, struct err *err)
{
	if (s->response.status != IMAP_OK)
		return not_believed(s, err);
	if (!mailbox_login_proven(&s->login, err))
		return session_over(s);
	mailbox_login_release(&s->login);
	s->authenticated = true;
	return session_proceed(s, err);
}

/* Nobody needs its answer. */
enum imap_event
on_id(struct imap_session *s, struct err *err)
{
	return session_proceed(s, err);
}

enum imap_event
on_select(struct imap_session *s, struct err *err)
{
	if (s->response.status != IMAP_OK)
		return s->opened ? session_declined(s, FAIL_MISSING, err)
				 : session_refused(s, FAIL_MISSING, err);
	if (s->mailbox.uidvalidity == 0) {
		err_set(err, FAIL_PROTOCOL,
		    "imap: mailbox without UIDVALIDITY");
		return session_over(s);
	}
	s->opened = true;
	s->state = IMAP_STATE_READY;
	return IMAP_EVENT_READY;
}
