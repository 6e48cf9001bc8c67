#include "lib/base/base.h"

#include "tests/sink/sink_transaction.h"

#include "tests/sink/sink_command.h"

static const struct sink_options *
options(const struct sink_session *s)
{
	return s->shared->options;
}

void
sink_transaction_forget(struct sink_session *s)
{
	s->has_mail = false;
	s->recipients = 0;
	buf_reset(&s->to);
}

/* "FROM:<a@b> SIZE=1" -> "a@b", "SIZE=1" */
static bool
path_of(struct str arg, struct str word, struct str *path, struct str *rest)
{
	size_t end;

	if (!str_starts_nocase(arg, word))
		return false;
	arg = str_trim(str_from(arg, word.n));
	end = str_chr(arg, '>');
	if (arg.n < 2 || arg.p[0] != '<' || end == STR_NOWHERE)
		return false;
	*path = str_sub(arg, 1, end - 1);
	*rest = str_from(arg, end + 1);
	return true;
}

static const char *
check_mail(struct sink_session *s, struct str path, struct str params)
{
	const struct sink_options *o = options(s);
	bool utf8 = false;
	struct str word;
	uint64_t size;
	size_t i;

	while (str_cut(&params, ' ', &word)) {
		if (str_eq_nocase(word, STR("SMTPUTF8")))
			utf8 = o->offer_smtputf8;
		if (!str_starts_nocase(word, STR("SIZE=")))
			continue;
		if (!str_to_u64(str_from(word, 5), &size))
			return "501 5.5.4 bad SIZE";
		if (size > o->size_max)
			return "552 5.3.4 message too big";
	}
	for (i = 0; i < path.n; i++)
		if ((unsigned char)path.p[i] >= 0x80 && !utf8)
			return "553 5.6.7 SMTPUTF8 needed";
	return NULL;
}

void
sink_transaction_mail(struct sink_session *s, struct str arg)
{
	struct str path, params;
	const char *no;

	if (sink_command_auth_is_over(s)) {
		sink_session_reply(s, "421 4.7.0 log in again");
	} else if (!s->greeted || s->has_mail) {
		sink_session_reply(s, "503 5.5.1 not now");
	} else if (options(s)->require_auth && !s->authenticated) {
		sink_session_reply(s, "530 5.7.0 authentication required");
	} else if (!path_of(arg, STR("FROM:"), &path, &params)) {
		sink_session_reply(s, "501 5.1.7 bad sender");
	} else if ((no = check_mail(s, path, params)) != NULL) {
		sink_session_reply(s, no);
	} else {
		buf_reset(&s->from);
		buf_str(&s->from, path);
		s->has_mail = true;
		s->mail_us = s->record->now_us;
		sink_session_reply(s, "250 2.1.0 ok");
	}
}

/* What stands in `out` from `mark` on is the reply. */
static void
log_try(struct sink_session *s, struct str to, size_t mark)
{
	struct sink_record *r = s->record;

	if (!sink_record_wants(r, SINK_EVENT_TRY))
		return;
	sink_record_begin(r, SINK_EVENT_TRY, s->id);
	sink_record_number(r, s->mail_us);
	sink_record_text(r, buf_view(&s->from));
	sink_record_text(r, to);
	sink_record_text(r, str_sub(buf_view(&s->out), mark, 3));
	sink_record_end(r);
}

/* The rule is asked about this recipient, not about those before. */
static bool
refused(struct sink_session *s, struct str path)
{
	size_t before = s->to.n;
	struct buf all = s->to;
	bool yes;

	buf_init(&s->to, path.n);
	buf_str(&s->to, path);
	yes = sink_session_fault(s, SINK_RCPT);
	buf_release(&s->to);
	s->to = all;
	buf_truncate(&s->to, before);
	return yes;
}

void
sink_transaction_rcpt(struct sink_session *s, struct str arg)
{
	size_t mark = s->out.n;
	struct str path, params;

	if (!s->has_mail) {
		sink_session_reply(s, "503 5.5.1 need MAIL");
		return;
	}
	if (!path_of(arg, STR("TO:"), &path, &params)) {
		sink_session_reply(s, "501 5.1.3 bad recipient");
		return;
	}
	if (!sink_rules_concern(s->shared->rules, SINK_RCPT) ||
	    !refused(s, path)) {
		if (s->recipients++ > 0)
			buf_char(&s->to, ',');
		buf_str(&s->to, path);
		sink_session_reply(s, "250 2.1.5 ok");
	}
	log_try(s, path, mark);
}

void
sink_transaction_data(struct sink_session *s)
{
	const struct sink_options *o = options(s);
	bool keep;

	if (s->recipients == 0) {
		sink_session_reply(s, "554 5.5.1 no valid recipients");
		return;
	}
	if (sink_session_fault(s, SINK_DATA))
		return;
	s->state = SINK_TEXT;
	keep =
	    o->dump != NULL && atomic_load(&s->shared->accepted) < o->dump_max;
	sink_body_reset(&s->body, keep);
	sink_session_find_cut(s, SINK_BODY, &s->body_cut);
	sink_session_reply(s, "354 go on");
}

/* Counts and logs it; the number that it got. */
static long
accept_message(struct sink_session *s)
{
	long n = atomic_fetch_add(&s->shared->accepted, 1) + 1;
	const struct sink_envelope e = {
	    .from = buf_view(&s->from),
	    .to = buf_view(&s->to),
	    .message_id = buf_view(&s->body.message_id),
	    .user = buf_view(&s->login.user),
	    .bytes = s->body.octets,
	    .connection = s->id,
	    .number = n,
	    .mail_us = s->mail_us,
	};

	sink_record_add(s->record, &e);
	if (s->body.keep && n <= options(s)->dump_max)
		sink_record_dump(options(s)->dump, n, buf_view(&s->body.whole));
	s->messages++;
	return n;
}

static void
say_queued(struct sink_session *s, long n)
{
	char text[80] = "250 2.0.0 queued as ", *p = text + sizeof(text);

	*--p = '\0';
	do
		*--p = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	memmove(text + strlen("250 2.0.0 queued as "), p, strlen(p) + 1);
	sink_session_reply(s, text);
}

static void
wait_as_asked(struct sink_session *s)
{
	int min = options(s)->delay_min_ms, max = options(s)->delay_max_ms;
	uint16_t random;

	if (max == 0)
		return;
	sink_rules_random(s->shared->rules, (char *)&random, sizeof(random));
	s->delay_ms = min + (int64_t)random * (max - min + 1) / 65536;
}

/* A rule that loses takes the message and keeps the reply. */
static bool
takes(struct sink_session *s, long *number)
{
	if (s->body.octets > options(s)->size_max) {
		sink_session_reply(s, "552 5.3.4 message too big");
		return false;
	}
	if (sink_command_auth_is_over(s)) {
		sink_session_reply(s, "421 4.7.0 log in again");
		return false;
	}
	wait_as_asked(s);
	if (sink_session_fault(s, SINK_DOT)) {
		if (s->fault != SINK_LOSE)
			return false;
		*number = accept_message(s);
		sink_session_answers(s, *number);
		return false;
	}
	*number = accept_message(s);
	return true;
}

void
sink_transaction_dot(struct sink_session *s)
{
	int last = options(s)->drop_after;
	long number;

	s->state = SINK_COMMANDS;
	if (takes(s, &number)) {
		say_queued(s, number);
		sink_session_answers(s, number);
		if (last > 0 && s->messages >= last)
			s->end = SINK_CLOSES;
	}
	sink_transaction_forget(s);
}
