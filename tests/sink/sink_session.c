#include "tests/sink/sink_session.h"

#include "lib/base/encode.h"
#include "lib/base/err.h"

#define OUT_MAX        (1U << 20)
#define TEXT_MAX       4096
#define RCPT_MAX       65536
#define LINE_BYTES_MAX 65536 /* longer lines end the connection */

void
sink_session_init(struct sink_session *s, struct sink_shared *shared,
    struct sink_record *record, bool tls)
{
	memset(s, 0, sizeof(*s));
	s->shared = shared;
	s->record = record;
	s->tls = tls;
	s->id = atomic_fetch_add(&shared->connections, 1) + 1;
	buf_init(&s->out, OUT_MAX);
	buf_init(&s->late, TEXT_MAX);
	buf_init(&s->from, TEXT_MAX);
	buf_init(&s->to, RCPT_MAX);
	buf_init(&s->message_id, TEXT_MAX);
	buf_init(&s->user, TEXT_MAX);
	buf_init(&s->whole, (size_t)1 << 30);
}

void
sink_session_release(struct sink_session *s)
{
	buf_release(&s->out);
	buf_release(&s->late);
	buf_release(&s->from);
	buf_release(&s->to);
	buf_release(&s->message_id);
	buf_release(&s->user);
	buf_release(&s->whole);
}

static const struct sink_options *
options(const struct sink_session *s)
{
	return s->shared->options;
}

static void
reply(struct sink_session *s, const char *text)
{
	buf_puts(&s->out, text);
	buf_puts(&s->out, "\r\n");
	if (strncmp(text, "421", 3) == 0)
		s->end = SINK_CLOSES;
}

/* True when a fault took this step's place. */
static bool
fault(struct sink_session *s, enum sink_step step, struct str address)
{
	const char *text;

	if (options(s)->rule_count == 0)
		return false;
	text = sink_options_fault(s->shared->options, step, address);
	if (text == NULL || strcmp(text, "lose") == 0)
		return false;
	atomic_fetch_add(&s->shared->refused, 1);
	if (strcmp(text, "drop") == 0)
		s->end = SINK_CLOSES;
	else if (strcmp(text, "reset") == 0)
		s->end = SINK_RESETS;
	else
		reply(s, text);
	return true;
}

static void
forget_message(struct sink_session *s)
{
	s->has_mail = false;
	s->recipients = 0;
	buf_reset(&s->to);
}

void
sink_session_greet(struct sink_session *s)
{
	if (!fault(s, SINK_CONNECT, STR_NONE))
		reply(s, "220 sink.test ESMTP");
}

/* AUTH is offered where it may be used. */
static void
on_ehlo(struct sink_session *s)
{
	const struct sink_options *o = options(s);
	bool wants_tls = o->tls == SINK_TLS_STARTTLS && !s->tls;

	forget_message(s);
	s->greeted = true;
	buf_puts(&s->out, "250-sink.test\r\n");
	if (o->offer_pipelining)
		buf_puts(&s->out, "250-PIPELINING\r\n");
	if (o->offer_8bitmime)
		buf_puts(&s->out, "250-8BITMIME\r\n");
	if (o->offer_smtputf8)
		buf_puts(&s->out, "250-SMTPUTF8\r\n");
	if (o->offer_size)
		buf_printf(&s->out, "250-SIZE %llu\r\n",
		    (unsigned long long)o->size_max);
	if (o->offer_auth && !wants_tls)
		buf_puts(&s->out, "250-AUTH PLAIN LOGIN\r\n");
	if (wants_tls)
		buf_puts(&s->out, "250-STARTTLS\r\n");
	reply(s, o->offer_enhanced ? "250 ENHANCEDSTATUSCODES" : "250 HELP");
}

static void
on_starttls(struct sink_session *s)
{
	if (options(s)->tls != SINK_TLS_STARTTLS || s->tls) {
		reply(s, "503 5.5.1 not now");
		return;
	}
	reply(s, "220 2.0.0 go ahead");
	s->start_tls = true;
}

static bool
auth_is_over(const struct sink_session *s)
{
	long after = options(s)->auth_fail_after;

	return after >= 0 && atomic_load(&s->shared->accepted) >= after;
}

static void
log_in(struct sink_session *s, struct str user, struct str password)
{
	const struct sink_options *o = options(s);

	s->state = SINK_COMMANDS;
	s->authenticated =
	    !auth_is_over(s) &&
	    (o->user == NULL || str_eq(user, str_of(o->user))) &&
	    (o->password == NULL || str_eq(password, str_of(o->password)));
	reply(s, s->authenticated
		     ? "235 2.7.0 welcome"
		     : "535 5.7.8 authentication credentials invalid");
}

static void
not_base64(struct sink_session *s)
{
	s->state = SINK_COMMANDS;
	reply(s, "501 5.5.2 not base64");
}

static void
take_plain(struct sink_session *s, struct str encoded)
{
	struct str rest, who, user;
	struct buf plain;

	buf_init(&plain, TEXT_MAX);
	if (!base64_decode(&plain, encoded)) {
		not_base64(s);
	} else {
		rest = buf_view(&plain);
		who = user = STR_NONE;
		(void)str_cut(&rest, '\0', &who);
		(void)str_cut(&rest, '\0', &user);
		log_in(s, user, rest);
	}
	buf_release(&plain);
}

static void
take_user(struct sink_session *s, struct str encoded)
{
	buf_reset(&s->user);
	if (!base64_decode(&s->user, encoded)) {
		not_base64(s);
		return;
	}
	s->state = SINK_AUTH_PASSWORD;
	reply(s, "334 UGFzc3dvcmQ6");
}

static void
take_password(struct sink_session *s, struct str encoded)
{
	struct buf password;

	buf_init(&password, TEXT_MAX);
	if (base64_decode(&password, encoded))
		log_in(s, buf_view(&s->user), buf_view(&password));
	else
		not_base64(s);
	buf_release(&password);
}

static void
on_auth(struct sink_session *s, struct str arg)
{
	struct str mechanism = STR_NONE;

	atomic_fetch_add(&s->shared->logins, 1);
	(void)str_cut(&arg, ' ', &mechanism);
	if (!options(s)->offer_auth) {
		reply(s, "502 5.5.1 no AUTH here");
	} else if (str_eq_nocase(mechanism, STR("PLAIN")) && arg.n > 0) {
		take_plain(s, arg);
	} else if (str_eq_nocase(mechanism, STR("PLAIN"))) {
		s->state = SINK_AUTH_PLAIN;
		reply(s, "334 ");
	} else if (str_eq_nocase(mechanism, STR("LOGIN"))) {
		s->state = SINK_AUTH_USER;
		reply(s, "334 VXNlcm5hbWU6");
	} else {
		reply(s, "504 5.5.4 no such mechanism");
	}
}

/* "FROM:<a@b> SIZE=1" -> "a@b", "SIZE=1" */
static bool
path_of(struct str arg, const char *word, struct str *path, struct str *rest)
{
	size_t n = strlen(word), end;

	if (!str_starts_nocase(arg, str_of(word)))
		return false;
	arg = str_trim(str_from(arg, n));
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

static void
on_mail(struct sink_session *s, struct str arg)
{
	struct str path, params;
	const char *no;

	if (auth_is_over(s)) {
		reply(s, "421 4.7.0 log in again");
	} else if (!s->greeted || s->has_mail) {
		reply(s, "503 5.5.1 not now");
	} else if (options(s)->require_auth && !s->authenticated) {
		reply(s, "530 5.7.0 authentication required");
	} else if (!path_of(arg, "FROM:", &path, &params)) {
		reply(s, "501 5.1.7 bad sender");
	} else if ((no = check_mail(s, path, params)) != NULL) {
		reply(s, no);
	} else {
		buf_reset(&s->from);
		buf_str(&s->from, path);
		s->has_mail = true;
		s->mail_us = s->record->now_us;
		reply(s, "250 2.1.0 ok");
	}
}

static void
on_rcpt(struct sink_session *s, struct str arg)
{
	struct str path, params;

	if (!s->has_mail) {
		reply(s, "503 5.5.1 need MAIL");
	} else if (!path_of(arg, "TO:", &path, &params)) {
		reply(s, "501 5.1.3 bad recipient");
	} else if (!fault(s, SINK_RCPT, path)) {
		if (s->recipients++ > 0)
			buf_char(&s->to, ',');
		buf_str(&s->to, path);
		reply(s, "250 2.1.5 ok");
	}
}

static void
on_data(struct sink_session *s)
{
	const struct sink_options *o = options(s);

	if (s->recipients == 0) {
		reply(s, "554 5.5.1 no valid recipients");
		return;
	}
	s->state = SINK_BODY;
	s->in_header = true;
	s->bytes = 0;
	s->dump =
	    o->dump != NULL && atomic_load(&s->shared->accepted) < o->dump_max;
	buf_reset(&s->whole);
	buf_reset(&s->message_id);
	reply(s, "354 go on");
}

/* Counts and logs it; the number that it got. */
static long
accept_message(struct sink_session *s)
{
	const struct sink_envelope e = {
	    .from = buf_view(&s->from),
	    .to = buf_view(&s->to),
	    .message_id = buf_view(&s->message_id),
	    .bytes = s->bytes,
	    .connection = s->id,
	    .mail_us = s->mail_us,
	};
	long n = atomic_fetch_add(&s->shared->accepted, 1) + 1;

	sink_record_add(s->record, &e);
	if (s->dump && n <= options(s)->dump_max)
		sink_record_dump(options(s)->dump, n, buf_view(&s->whole));
	s->messages++;
	return n;
}

static int
delay_ms(const struct sink_session *s)
{
	int min = options(s)->delay_min_ms, max = options(s)->delay_max_ms;
	static _Thread_local unsigned seed;

	if (max == 0)
		return 0;
	if (seed == 0)
		seed = (unsigned)s->id;
	return min + (int)((unsigned)rand_r(&seed) % (unsigned)(max - min + 1));
}

static void
on_dot(struct sink_session *s, int64_t now_ms)
{
	const struct sink_options *o = options(s);
	const char *text =
	    sink_options_fault(s->shared->options, SINK_DOT, STR_NONE);
	bool lose = text != NULL && strcmp(text, "lose") == 0;
	int delay = delay_ms(s);
	long n;

	s->state = SINK_COMMANDS;
	if (s->bytes > o->size_max) {
		reply(s, "552 5.3.4 message too big");
	} else if (auth_is_over(s)) {
		reply(s, "421 4.7.0 log in again");
	} else if (text != NULL && strcmp(text, "drop") == 0) {
		s->end = SINK_CLOSES;
	} else if (text != NULL && strcmp(text, "reset") == 0) {
		s->end = SINK_RESETS;
	} else if (text != NULL && !lose) {
		reply(s, text);
	} else {
		n = accept_message(s);
		buf_printf(&s->late, "250 2.0.0 queued as %ld-%ld\r\n", s->id,
		    n);
		if (lose)
			s->end = SINK_CLOSES;
		else if (delay > 0)
			s->due_ms = now_ms + delay;
		else
			sink_session_release_reply(s);
	}
	forget_message(s);
}

void
sink_session_release_reply(struct sink_session *s)
{
	s->due_ms = 0;
	buf_str(&s->out, buf_view(&s->late));
	buf_reset(&s->late);
	if (options(s)->drop_after > 0 && s->messages >= options(s)->drop_after)
		s->end = SINK_CLOSES;
}

static void
on_header_line(struct sink_session *s, struct str line)
{
	if (line.n <= 2)
		s->in_header = false;
	else if (str_lower_char(line.p[0]) == 'm' &&
		 str_starts_nocase(line, STR("Message-ID:")))
		buf_str(&s->message_id, str_trim(str_from(line, 11)));
}

/* A line of a message, with its end. */
static void
on_body_line(struct sink_session *s, struct str line, int64_t now_ms)
{
	if (line.p[0] == '.') {
		if (line.n == 3 && line.p[1] == '\r') {
			on_dot(s, now_ms);
			return;
		}
		line = str_from(line, 1);
	}
	s->bytes += line.n;
	if (s->in_header)
		on_header_line(s, line);
	if (s->dump)
		buf_str(&s->whole, line);
}

static const struct {
	struct str verb;
	enum sink_step step;
} verbs[] = {
    {STR("MAIL"), SINK_MAIL},
    {STR("RCPT"), SINK_RCPT},
    {STR("DATA"), SINK_DATA},
    {STR("EHLO"), SINK_EHLO},
    {STR("HELO"), SINK_EHLO},
    {STR("AUTH"), SINK_AUTH},
    {STR("STARTTLS"), SINK_STARTTLS},
    {STR("RSET"), SINK_RSET},
    {STR("QUIT"), SINK_QUIT},
};

static void
do_command(struct sink_session *s, enum sink_step step, struct str arg)
{
	switch (step) {
	case SINK_EHLO: on_ehlo(s); break;
	case SINK_STARTTLS: on_starttls(s); break;
	case SINK_AUTH: on_auth(s, arg); break;
	case SINK_MAIL: on_mail(s, arg); break;
	case SINK_RCPT: on_rcpt(s, arg); break;
	case SINK_DATA: on_data(s); break;
	case SINK_RSET:
		forget_message(s);
		reply(s, "250 2.0.0 ok");
		break;
	case SINK_QUIT:
		reply(s, "221 2.0.0 bye");
		s->end = SINK_CLOSES;
		break;
	case SINK_CONNECT:
	case SINK_DOT:
	case SINK_STEP__COUNT: BUG("sink: no command");
	}
}

static void
on_command(struct sink_session *s, struct str line)
{
	struct str verb = STR_NONE;
	size_t i;

	(void)str_cut(&line, ' ', &verb);
	for (i = 0; i < ARRAY_LEN(verbs); i++) {
		if (!str_eq_nocase(verb, verbs[i].verb))
			continue;
		/* RCPT's faults may depend on what it says */
		if (verbs[i].step == SINK_RCPT ||
		    !fault(s, verbs[i].step, STR_NONE))
			do_command(s, verbs[i].step, line);
		return;
	}
	reply(s, "502 5.5.1 what?");
}

static void
on_line(struct sink_session *s, struct str line, int64_t now_ms)
{
	if (s->state == SINK_BODY) {
		on_body_line(s, line, now_ms);
		return;
	}
	line = str_trim(line);
	switch (s->state) {
	case SINK_COMMANDS: on_command(s, line); break;
	case SINK_AUTH_PLAIN: take_plain(s, line); break;
	case SINK_AUTH_USER: take_user(s, line); break;
	case SINK_AUTH_PASSWORD: take_password(s, line); break;
	case SINK_BODY: break;
	}
}

size_t
sink_session_feed(struct sink_session *s, struct str data, int64_t now_ms)
{
	const char *p = data.p, *end = p + data.n, *lf;

	while (s->end == SINK_STAYS && !s->start_tls && s->due_ms == 0 &&
	       p < end && (lf = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		on_line(s, (struct str){p, (size_t)(lf + 1 - p)}, now_ms);
		p = lf + 1;
	}
	if (end - p > LINE_BYTES_MAX && s->due_ms == 0 && s->end == SINK_STAYS)
		reply(s, "421 4.5.2 line too long");
	return s->end == SINK_STAYS ? (size_t)(p - data.p) : data.n;
}

void
sink_session_secured(struct sink_session *s)
{
	s->tls = true;
	s->start_tls = false;
	s->greeted = s->authenticated = false;
	forget_message(s);
}
