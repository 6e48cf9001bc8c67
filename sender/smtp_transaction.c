#include "lib/base/base.h"

#include "sender/smtp_transaction.h"

#include "sender/smtp_body.h"
#include "sender/smtp_command.h"
#include "sender/smtp_exchange.h"

#include <assert.h>

static bool
has_smtputf8(const struct smtp_session *s)
{
	return s->capabilities.smtputf8 && s->capabilities.eight_bit;
}

/* Says no in the server's place, in the words that it would use. */
static bool
refuse_locally(struct smtp_session *s, struct smtp_message *m, int code,
    struct status status, const char *text)
{
	struct smtp_result *r = &s->result;

	r->message = m;
	r->accepted = r->begun = r->dot_sent = false;
	r->local = true;
	r->phase = PHASE_MAIL;
	r->err.kind = FAIL_NONE;
	r->err.text[0] = '\0';
	smtp_reply_make(&r->reply, code, status, text);
	return false;
}

static bool
admit(struct smtp_session *s, struct smtp_message *m)
{
	const struct smtp_capabilities *c = &s->capabilities;
	size_t max = SMTP_SESSION_MESSAGE_MAX;

	if (c->size && c->size_max > 0 && c->size_max < max)
		max = c->size_max;
	if (!smtp_command_path_ok(m->from, m->needs_smtputf8))
		return refuse_locally(s, m, 553, (struct status){5, 1, 7},
		    "5.1.7 envelope sender is no address that can be sent");
	if (!smtp_command_path_ok(m->to, m->needs_smtputf8))
		return refuse_locally(s, m, 553, (struct status){5, 1, 3},
		    "5.1.3 recipient is no address that can be sent");
	if (m->needs_smtputf8 && !has_smtputf8(s))
		return refuse_locally(s, m, 550, (struct status){5, 6, 7},
		    "5.6.7 the server does not offer SMTPUTF8");
	if (m->eight_bit && !c->eight_bit)
		return refuse_locally(s, m, 550, (struct status){5, 6, 3},
		    "5.6.3 the server does not offer 8BITMIME");
	if (m->data.n > max)
		return refuse_locally(s, m, 552, (struct status){5, 3, 4},
		    "5.3.4 message larger than the server takes");
	return true;
}

/* The paths were checked when the message was taken. */
static void
say_mail(struct smtp_session *s, struct smtp_transaction *t)
{
	struct smtp_message *m = t->message;
	const struct smtp_command_mail mail = {
	    .from = m->from,
	    .with_size = s->capabilities.size,
	    .size = (int64_t)m->data.n,
	    .eight_bit = m->eight_bit || m->needs_smtputf8,
	    .smtputf8 = m->needs_smtputf8,
	    .dsn = s->capabilities.dsn,
	    .envid = m->envid,
	};

	if (!smtp_command_mail(&s->out, &mail, NULL))
		BUG("a message with a bad sender was taken");
	t->said = true;
	smtp_exchange_expect(s, SMTP_STEP_MAIL, t);
}

static void
say_rcpt(struct smtp_session *s, struct smtp_transaction *t)
{
	const struct smtp_command_rcpt rcpt = {
	    .to = t->message->to,
	    .smtputf8 = t->message->needs_smtputf8,
	    .dsn = s->capabilities.dsn,
	};

	if (!smtp_command_rcpt(&s->out, &rcpt, NULL))
		BUG("a message with a bad recipient was taken");
	smtp_exchange_expect(s, SMTP_STEP_RCPT, t);
}

static void
say_data(struct smtp_session *s, struct smtp_transaction *t)
{
	smtp_command_data(&s->out);
	smtp_exchange_expect(s, SMTP_STEP_DATA, t);
}

static void
say_rset(struct smtp_session *s)
{
	smtp_command_rset(&s->out);
	smtp_exchange_expect(s, SMTP_STEP_RSET, NULL);
}

static void
say_envelope(struct smtp_session *s, struct smtp_transaction *t)
{
	say_mail(s, t);
	if (!s->capabilities.pipelining)
		return;
	say_rcpt(s, t);
	say_data(s, t);
}

void
smtp_transaction_proceed(struct smtp_session *s)
{
	bool pipelining = s->capabilities.pipelining;
	struct smtp_transaction *t = s->current;

	if (t != NULL && t->begun && !t->said &&
	    (pipelining || s->pending_count == 0))
		say_envelope(s, t);
	if (t != NULL && t->dot_sent && pipelining && s->following != NULL &&
	    s->following->begun && !s->following->said)
		say_envelope(s, s->following);
	if (s->stage == SMTP_STAGE_QUIT && t == NULL && s->pending_count == 0) {
		smtp_command_quit(&s->out);
		smtp_exchange_expect(s, SMTP_STEP_QUIT, NULL);
	}
}

void
smtp_transaction_refuse(struct smtp_session *s, struct smtp_transaction *t,
    enum phase phase)
{
	if (t->refused)
		return;
	t->refused = true;
	t->phase = phase;
	smtp_reply_copy(&t->refusal, &s->reply);
}

/* Fills the result's frame and frees the transaction. */
static struct smtp_result *
finish(struct smtp_session *s, struct smtp_transaction *t, enum phase phase)
{
	struct smtp_result *r = &s->result;

	assert(t == s->current);
	r->message = t->message;
	r->accepted = false;
	r->begun = t->said;
	r->dot_sent = t->dot_sent;
	r->local = false;
	r->phase = phase;
	r->err.kind = FAIL_NONE;
	r->err.text[0] = '\0';
	smtp_reply_reset(&r->reply);
	t->message = NULL;
	s->current = s->following;
	s->following = NULL;
	return r;
}

static enum smtp_event
finish_refused(struct smtp_session *s, struct smtp_transaction *t)
{
	struct smtp_result *r = finish(s, t, t->phase);

	smtp_reply_copy(&r->reply, &t->refusal);
	return SMTP_RESULT;
}

enum smtp_event
smtp_transaction_on_mail(struct smtp_session *s, struct smtp_transaction *t)
{
	int class = smtp_reply_class(&s->reply);

	if (class == 3)
		return smtp_exchange_broken(s, PHASE_MAIL, "reply to MAIL");
	if (class != 2)
		smtp_transaction_refuse(s, t, PHASE_MAIL);
	if (s->capabilities.pipelining)
		return SMTP_WAIT;
	if (!t->refused) {
		say_rcpt(s, t);
		return SMTP_WAIT;
	}
	finish_refused(s, t);
	smtp_transaction_proceed(s);
	return SMTP_RESULT;
}

enum smtp_event
smtp_transaction_on_rcpt(struct smtp_session *s, struct smtp_transaction *t)
{
	int class = smtp_reply_class(&s->reply);

	if (class == 3)
		return smtp_exchange_broken(s, PHASE_RCPT, "reply to RCPT");
	if (class != 2)
		smtp_transaction_refuse(s, t, PHASE_RCPT);
	if (s->capabilities.pipelining)
		return SMTP_WAIT;
	if (!t->refused) {
		say_data(s, t);
		return SMTP_WAIT;
	}
	finish_refused(s, t);
	say_rset(s);
	smtp_transaction_proceed(s);
	return SMTP_RESULT;
}

enum smtp_event
smtp_transaction_on_data(struct smtp_session *s, struct smtp_transaction *t)
{
	int class = smtp_reply_class(&s->reply);

	if (class == 2)
		return smtp_exchange_broken(s, PHASE_DATA, "reply to DATA");
	if (class == 3 && !t->refused) {
		s->go_ahead = true;
		return SMTP_GO_AHEAD;
	}
	smtp_transaction_refuse(s, t, PHASE_DATA);
	finish_refused(s, t);
	if (class == 3) {
		smtp_body_write_none(&s->out);
		smtp_exchange_expect(s, SMTP_STEP_LONE_DOT, NULL);
	} else {
		say_rset(s);
	}
	smtp_transaction_proceed(s);
	return SMTP_RESULT;
}

enum smtp_event
smtp_transaction_on_body(struct smtp_session *s, struct smtp_transaction *t)
{
	int class = smtp_reply_class(&s->reply);
	struct smtp_result *r;

	if (class == 3)
		return smtp_exchange_broken(s, PHASE_DATA,
		    "reply to the final dot");
	r = finish(s, t, PHASE_DATA);
	r->accepted = class == 2;
	smtp_reply_copy(&r->reply, &s->reply);
	smtp_transaction_proceed(s);
	return SMTP_RESULT;
}

/* Nobody was to get it, so it does not matter what became of it. */
enum smtp_event
smtp_transaction_on_lone_dot(struct smtp_session *s,
    struct smtp_transaction *none)
{
	(void)none;
	smtp_transaction_proceed(s);
	return SMTP_WAIT;
}

enum smtp_event
smtp_transaction_on_rset(struct smtp_session *s, struct smtp_transaction *none)
{
	(void)none;
	if (smtp_reply_class(&s->reply) != 2)
		return smtp_exchange_broken(s, PHASE_MAIL, "reply to RSET");
	smtp_transaction_proceed(s);
	return SMTP_WAIT;
}

bool
smtp_session_take(struct smtp_session *s, struct smtp_message *m)
{
	struct smtp_transaction *t = &s->slots[s->slots[0].message != NULL];

	assert(smtp_session_room(s) > 0 && t->message == NULL);
	if (!admit(s, m))
		return false;
	t->message = m;
	t->begun = t->said = t->dot_sent = t->refused = false;
	if (s->current == NULL)
		s->current = t;
	else
		s->following = t;
	return true;
}

bool
smtp_session_send(struct smtp_session *s, struct smtp_message *m)
{
	if (!smtp_session_take(s, m))
		return false;
	if (s->following != NULL)
		s->following->begun = true;
	else
		s->current->begun = true;
	smtp_transaction_proceed(s);
	return true;
}

/* Asked again with every body: it may have been held for long. */
static struct smtp_transaction *
next_to_begin(const struct smtp_session *s)
{
	struct smtp_transaction *t = s->current, *after = s->following;

	if (t == NULL || !t->begun)
		return t;
	if (after != NULL && !after->said && s->capabilities.pipelining &&
	    (s->go_ahead || t->dot_sent))
		return after;
	return NULL;
}

struct smtp_message *
smtp_session_next(const struct smtp_session *s)
{
	const struct smtp_transaction *t = next_to_begin(s);

	return t != NULL ? t->message : NULL;
}

void
smtp_session_begin(struct smtp_session *s)
{
	next_to_begin(s)->begun = true;
	smtp_transaction_proceed(s);
}

void
smtp_session_withdraw(struct smtp_session *s)
{
	struct smtp_result *r = &s->result;
	struct smtp_transaction *t = next_to_begin(s);

	*r = (struct smtp_result){.message = t->message, .phase = PHASE_MAIL};
	err_set(&r->err, FAIL_CONFLICT, "held back by its owner");
	t->message = NULL;
	if (t == s->current)
		s->current = s->following;
	s->following = NULL;
}

static void
write_body(struct buf *out, struct smtp_message *m)
{
	if (m->bytes == NULL) {
		smtp_body_write(out, m->data);
		return;
	}
	smtp_body_move(out, m->bytes);
	m->data = STR_NONE;
}

void
smtp_session_body(struct smtp_session *s)
{
	struct smtp_transaction *t = s->current;

	assert(s->go_ahead && t != NULL);
	s->go_ahead = false;
	write_body(&s->out, t->message);
	assert(!s->out.full);
	t->dot_sent = true;
	s->dot_end = s->out.n;
	smtp_exchange_expect(s, SMTP_STEP_BODY, t);
	smtp_transaction_proceed(s);
}

bool
smtp_session_left(struct smtp_session *s)
{
	struct smtp_transaction *t = s->current;

	assert(s->stage == SMTP_STAGE_OVER);
	if (t == NULL)
		return false;
	if (t->refused) {
		finish_refused(s, t);
		return true;
	}
	finish(s, t, t->dot_sent ? PHASE_DATA : s->end.phase);
	s->result.err = s->end.err;
	/* what one message waited for in vain says nothing of the other */
	if (s->end.err.kind == FAIL_TIMEOUT && t != s->blamed)
		s->result.err.kind = FAIL_IO;
	return true;
}
