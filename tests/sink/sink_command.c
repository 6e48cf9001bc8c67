#include "lib/base/base.h"

#include "tests/sink/sink_command.h"

#include "lib/base/encode.h"
#include "lib/base/err.h"
#include "tests/sink/sink_transaction.h"

#define RESPONSE_MAX 16384

static const struct sink_options *
options(const struct sink_session *s)
{
	return s->shared->options;
}

/* AUTH is offered where it may be used. */
static void
on_ehlo(struct sink_session *s)
{
	const struct sink_options *o = options(s);
	bool wants_tls = o->tls == SINK_TLS_STARTTLS && !s->tls;

	sink_transaction_forget(s);
	s->greeted = true;
	buf_puts(&s->out, "250-sink.test\r\n");
	if (o->offer_pipelining)
		buf_puts(&s->out, "250-PIPELINING\r\n");
	if (o->offer_8bitmime)
		buf_puts(&s->out, "250-8BITMIME\r\n");
	if (o->offer_smtputf8)
		buf_puts(&s->out, "250-SMTPUTF8\r\n");
	if (o->offer_dsn)
		buf_puts(&s->out, "250-DSN\r\n");
	if (o->offer_size)
		buf_printf(&s->out, "250-SIZE %llu\r\n",
		    (unsigned long long)o->size_max);
	if (o->offer_auth && !wants_tls)
		buf_printf(&s->out, "250-AUTH %s\r\n", o->mechanisms);
	if (wants_tls)
		buf_puts(&s->out, "250-STARTTLS\r\n");
	sink_session_reply(s,
	    o->offer_enhanced ? "250 ENHANCEDSTATUSCODES" : "250 HELP");
}

static void
on_helo(struct sink_session *s)
{
	sink_transaction_forget(s);
	s->greeted = true;
	sink_session_reply(s, "250 sink.test");
}

static void
on_starttls(struct sink_session *s)
{
	if (options(s)->tls != SINK_TLS_STARTTLS || s->tls) {
		sink_session_reply(s, "503 5.5.1 not now");
		return;
	}
	sink_session_reply(s, "220 2.0.0 go ahead");
	s->start_tls = true;
}

bool
sink_command_auth_is_over(const struct sink_session *s)
{
	long after = options(s)->auth_fail_after;

	return after >= 0 && atomic_load(&s->shared->accepted) >= after;
}

static void
log_login(struct sink_session *s, size_t mark)
{
	struct sink_record *r = s->record;

	if (!sink_record_wants(r, SINK_EVENT_LOGIN))
		return;
	sink_record_begin(r, SINK_EVENT_LOGIN, s->id);
	sink_record_text(r, str_of(sink_login_mechanism(&s->login)));
	sink_record_text(r, buf_view(&s->login.user));
	sink_record_text(r, str_sub(buf_view(&s->out), mark, 3));
	sink_record_end(r);
}

static void
end_login(struct sink_session *s, bool yes)
{
	size_t mark = s->out.n;

	s->state = SINK_COMMANDS;
	if (!sink_session_fault(s, SINK_LOGIN)) {
		s->authenticated = yes && !sink_command_auth_is_over(s);
		sink_session_reply(s,
		    s->authenticated
			? "235 2.7.0 welcome"
			: "535 5.7.8 authentication credentials invalid");
	}
	log_login(s, mark);
}

static void
ask(struct sink_session *s, struct str challenge)
{
	s->state = SINK_CREDENTIALS;
	buf_puts(&s->out, "334 ");
	base64_encode(&s->out, challenge);
	buf_add(&s->out, "\r\n", 2);
}

static void
take_response(struct sink_session *s, struct str encoded)
{
	struct buf response, challenge;
	enum sink_answer answer;

	buf_init(&response, RESPONSE_MAX);
	buf_init(&challenge, RESPONSE_MAX);
	if (str_eq(encoded, STR("*")) || !base64_decode(&response, encoded)) {
		s->state = SINK_COMMANDS;
		sink_session_reply(s, "501 5.5.2 not base64, or canceled");
	} else {
		answer =
		    sink_login_take(&s->login, buf_view(&response), &challenge);
		if (answer == SINK_ASKS)
			ask(s, buf_view(&challenge));
		else
			end_login(s, answer == SINK_YES);
	}
	buf_release(&response);
	buf_release(&challenge);
}

static void
on_auth(struct sink_session *s, struct str arg)
{
	struct str mechanism = STR_NONE;
	struct buf challenge;

	atomic_fetch_add(&s->shared->logins, 1);
	(void)str_cut(&arg, ' ', &mechanism);
	buf_init(&challenge, RESPONSE_MAX);
	if (!options(s)->offer_auth)
		sink_session_reply(s, "502 5.5.1 no AUTH here");
	else if (s->authenticated)
		sink_session_reply(s, "503 5.5.1 not again");
	else if (!sink_login_begin(&s->login, mechanism, &challenge))
		sink_session_reply(s, "504 5.5.4 no such mechanism");
	else if (arg.n == 0)
		ask(s, buf_view(&challenge));
	else
		take_response(s, str_eq(arg, STR("=")) ? STR_NONE : arg);
	buf_release(&challenge);
}

static const struct {
	struct str verb;
	enum sink_step step;
} verbs[] = {
    {STR("MAIL"), SINK_MAIL},
    {STR("RCPT"), SINK_RCPT},
    {STR("DATA"), SINK_DATA},
    {STR("EHLO"), SINK_EHLO},
    {STR("HELO"), SINK_HELO},
    {STR("AUTH"), SINK_AUTH},
    {STR("STARTTLS"), SINK_STARTTLS},
    {STR("RSET"), SINK_RSET},
    {STR("NOOP"), SINK_NOOP},
    {STR("QUIT"), SINK_QUIT},
};

static void
do_command(struct sink_session *s, enum sink_step step, struct str arg)
{
	switch (step) {
	case SINK_EHLO: on_ehlo(s); break;
	case SINK_HELO: on_helo(s); break;
	case SINK_STARTTLS: on_starttls(s); break;
	case SINK_AUTH: on_auth(s, arg); break;
	case SINK_MAIL: sink_transaction_mail(s, arg); break;
	case SINK_RCPT: sink_transaction_rcpt(s, arg); break;
	case SINK_DATA: sink_transaction_data(s); break;
	case SINK_RSET:
		sink_transaction_forget(s);
		sink_session_reply(s, "250 2.0.0 ok");
		break;
	case SINK_NOOP: sink_session_reply(s, "250 2.0.0 ok"); break;
	case SINK_QUIT:
		sink_session_reply(s, "221 2.0.0 bye");
		s->end = SINK_CLOSES;
		break;
	case SINK_CONNECT:
	case SINK_GREETING:
	case SINK_TLS:
	case SINK_LOGIN:
	case SINK_BODY:
	case SINK_DOT:
	case SINK_IN:
	case SINK_OUT:
	case SINK_STEP__COUNT: BUG("sink: no command");
	}
}

void
sink_command(struct sink_session *s, struct str line)
{
	struct str verb = STR_NONE;
	size_t i;

	if (s->state == SINK_CREDENTIALS) {
		take_response(s, line);
		return;
	}
	(void)str_cut(&line, ' ', &verb);
	for (i = 0; i < ARRAY_LEN(verbs); i++) {
		if (!str_eq_nocase(verb, verbs[i].verb))
			continue;
		/* the faults of RCPT and DATA depend on what was said */
		if (verbs[i].step == SINK_RCPT || verbs[i].step == SINK_DATA ||
		    !sink_session_fault(s, verbs[i].step))
			do_command(s, verbs[i].step, line);
		return;
	}
	sink_session_reply(s, "502 5.5.1 what?");
}
