#include "bounce/pop3_session.h"

#include "bounce/pop3_session_steps.h"
#include "bounce/server_text.h"

#include <assert.h>

#define SECOND 1000LL

static answer_fn on_key_list, on_size, on_message, on_done, on_quit;

static const struct {
	const char *doing;
	int64_t timeout_ms;
	const char *verb;     /* NULL: it needs more than that and a number */
	answer_fn *on_answer; /* NULL: no command is under way */
} steps[POP3_STATE__COUNT] = {
    [POP3_STATE_GREETING] = {"waiting for the greeting", 120 * SECOND, NULL,
	NULL},
    [POP3_STATE_CAPA] = {"asking for capabilities", 60 * SECOND, NULL,
	pop3_on_capa},
    [POP3_STATE_STLS] = {"asking for TLS", 60 * SECOND, NULL, pop3_on_stls},
    [POP3_STATE_HANDSHAKE] = {"starting TLS", 60 * SECOND, NULL, NULL},
    [POP3_STATE_AUTH] = {"logging in", 120 * SECOND, NULL, pop3_on_auth},
    [POP3_STATE_USER] = {"logging in", 120 * SECOND, NULL, pop3_on_user},
    [POP3_STATE_PASS] = {"logging in", 120 * SECOND, NULL, pop3_on_pass},
    [POP3_STATE_STAT] = {"counting the messages", 300 * SECOND, NULL,
	pop3_on_stat},
    [POP3_STATE_READY] = {"waiting for work", 0, NULL, NULL},
    [POP3_STATE_UIDL] = {"listing the messages", 300 * SECOND, "UIDL",
	on_key_list},
    [POP3_STATE_LIST] = {"asking for a size", 120 * SECOND, "LIST", on_size},
    [POP3_STATE_TOP] = {"fetching a header", 300 * SECOND, "TOP", on_message},
    [POP3_STATE_LINES] = {"fetching a message", 300 * SECOND, "TOP",
	on_message},
    [POP3_STATE_PEEK] = {"fetching a message", 300 * SECOND, "TOP", on_message},
    [POP3_STATE_RETR] = {"fetching a message", 300 * SECOND, "RETR",
	on_message},
    [POP3_STATE_DELE] = {"deleting a message", 120 * SECOND, "DELE", on_done},
    [POP3_STATE_QUIT] = {"ending the session", 120 * SECOND, "QUIT", on_quit},
    [POP3_STATE_OVER] = {"being closed", 0, NULL, NULL},
};

const char *
pop3_state_doing(enum pop3_state s)
{
	return steps[s].doing;
}

int64_t
pop3_state_timeout_ms(enum pop3_state s)
{
	return steps[s].timeout_ms;
}

void
pop3_session_init(struct pop3_session *s, const struct mailbox_access *access)
{
	*s = (struct pop3_session){.secured = access->tls != CONN_TLS_STARTTLS};
	mailbox_login_init(&s->login, "pop3", access);
	buf_init(&s->out,
	    MAILBOX_ANSWER_MAX + (size_t)POP3_QUEUE_MAX * POP3_COMMAND_MAX);
	buf_init(&s->line, POP3_LINE_MAX);
	pop3_content_init(&s->content);
	pop3_command_init(&s->command);
}

void
pop3_session_release(struct pop3_session *s)
{
	buf_wipe(&s->out);
	buf_release(&s->line);
	mailbox_login_release(&s->login);
	pop3_content_release(&s->content);
	pop3_command_release(&s->command);
}

enum pop3_event
pop3_over(struct pop3_session *s)
{
	s->state = POP3_STATE_OVER;
	return POP3_EVENT_OVER;
}

static enum fail
kind_of(enum pop3_code code, enum fail otherwise)
{
	switch (code) {
	case POP3_CODE_IN_USE:
	case POP3_CODE_LOGIN_DELAY:
	case POP3_CODE_SYS_TEMP: return FAIL_BUSY;
	case POP3_CODE_SYS_PERM: return FAIL_MISSING;
	case POP3_CODE_AUTH: return FAIL_AUTH;
	case POP3_CODE_NONE:
	case POP3_CODE__COUNT: break;
	}
	return otherwise;
}

enum pop3_event
pop3_refused(struct pop3_session *s, enum fail kind, struct err *err)
{
	char text[SERVER_TEXT_MAX];

	err_set(err, kind_of(s->last.code, kind), "pop3: %s: %s",
	    pop3_state_doing(s->state), server_text(s->last.text, text));
	return pop3_over(s);
}

static enum pop3_event
unexpected(struct pop3_session *s, const char *what, struct err *err)
{
	err_set(err, FAIL_PROTOCOL, "pop3: %s while %s", what,
	    pop3_state_doing(s->state));
	return pop3_over(s);
}

struct pop3_command *
pop3_begin(struct pop3_session *s, struct str verb)
{
	pop3_command_begin(&s->command, verb);
	return &s->command;
}

enum pop3_event
pop3_send(struct pop3_session *s, enum pop3_state state, struct err *err)
{
	s->state = state;
	if (!pop3_command_end(&s->command, &s->out, err))
		return pop3_over(s);
	return POP3_EVENT_NONE;
}

static void
say(struct pop3_session *s, const struct pop3_asked *a)
{
	struct pop3_command *c = pop3_begin(s, str_of(steps[a->what].verb));
	struct err err;

	if (a->what != POP3_STATE_UIDL && a->what != POP3_STATE_QUIT)
		pop3_command_number(c, a->number);
	if (a->what == POP3_STATE_TOP)
		pop3_command_number(c, 0);
	if (a->what == POP3_STATE_LINES)
		pop3_command_number(c, POP3_LINES);
	if (a->what == POP3_STATE_PEEK)
		pop3_command_number(c, POP3_PEEK_LINES);
	if (!pop3_command_end(c, &s->out, &err))
		BUG("a command of numbers: %s", err.text);
}

/* One at a time, or all at once where the server takes that. */
static void
pump(struct pop3_session *s)
{
	int most = s->can.features & POP3_CAN_PIPELINE ? s->queued : 1;

	s->state = s->queued > 0 ? s->queue[0].what : POP3_STATE_READY;
	for (; s->sent < most && s->sent < s->queued; s->sent++)
		say(s, &s->queue[s->sent]);
}

int
pop3_session_room(const struct pop3_session *s)
{
	return POP3_QUEUE_MAX - s->queued;
}

void
pop3_session_ask(struct pop3_session *s, enum pop3_state what, uint32_t number)
{
	assert(s->queued > 0 || s->state == POP3_STATE_READY);
	assert(steps[what].verb != NULL && s->queued < POP3_QUEUE_MAX);
	if (s->queued == 0)
		s->refusal = (struct err){FAIL_NONE, ""};
	s->queue[s->queued++] = (struct pop3_asked){what, number};
	pump(s);
}

/* The oldest command is answered. */
static void
next(struct pop3_session *s)
{
	s->queued--;
	s->sent--;
	memmove(s->queue, s->queue + 1,
	    (size_t)s->queued * sizeof(s->queue[0]));
	pump(s);
}

static enum pop3_event
declined(struct pop3_session *s, struct err *err)
{
	char text[SERVER_TEXT_MAX];

	if (kind_of(s->last.code, FAIL_NONE) != FAIL_NONE)
		return pop3_refused(s, FAIL_REFUSED, err);
	if (s->refusal.kind == FAIL_NONE)
		err_set(&s->refusal, FAIL_REFUSED, "pop3: %s: %s",
		    pop3_state_doing(s->state),
		    server_text(s->last.text, text));
	next(s);
	return POP3_EVENT_NONE;
}

static enum pop3_event
on_done(struct pop3_session *s, struct err *err)
{
	if (s->last.status != POP3_OK)
		return declined(s, err);
	next(s);
	return POP3_EVENT_NONE;
}

static enum pop3_event
on_key_list(struct pop3_session *s, struct err *err)
{
	return on_done(s, err);
}

static enum pop3_event
on_size(struct pop3_session *s, struct err *err)
{
	uint64_t number;

	if (s->last.status != POP3_OK)
		return declined(s, err);
	if (!pop3_reply_numbers(s->last.text, &number, &s->size) ||
	    number != s->queue[0].number)
		return unexpected(s, "an answer that is none", err);
	s->number = s->queue[0].number;
	next(s);
	return POP3_EVENT_SIZE;
}

/* Whole, or the connection is spent. */
static enum pop3_event
on_message(struct pop3_session *s, struct err *err)
{
	if (s->last.status != POP3_OK)
		return declined(s, err);
	s->number = s->queue[0].number;
	s->is_body = s->queue[0].what != POP3_STATE_TOP;
	s->is_cut = s->content.state == POP3_CONTENT_CUT;
	if (s->is_cut)
		s->state = POP3_STATE_OVER;
	else
		next(s);
	return POP3_EVENT_MESSAGE;
}

static enum pop3_event
on_quit(struct pop3_session *s, struct err *err)
{
	if (s->last.status != POP3_OK)
		return pop3_refused(s, FAIL_REFUSED, err);
	return pop3_over(s);
}

static enum pop3_event
answered(struct pop3_session *s, struct err *err)
{
	s->answers++;
	return steps[s->state].on_answer(s, err);
}

static enum pop3_event
take_greeting(struct pop3_session *s, struct err *err)
{
	if (s->last.status == POP3_ERR)
		return pop3_refused(s, FAIL_BUSY, err);
	if (s->last.status != POP3_OK) {
		err_set(err, FAIL_PROTOCOL, "pop3: this is no greeting");
		return pop3_over(s);
	}
	return pop3_proceed(s, err);
}

/* The first line of an answer. */
static enum pop3_event
take_status(struct pop3_session *s, struct err *err)
{
	bool ok = s->last.status == POP3_OK;

	if (s->last.status == POP3_UNKNOWN)
		return unexpected(s, "a line that is no answer", err);
	if (s->state == POP3_STATE_GREETING)
		return take_greeting(s, err);
	if (steps[s->state].on_answer == NULL)
		return unexpected(s, "an answer to nothing", err);
	if (!s->authenticated && (s->out.n > 0 || s->in_flight > 0))
		return unexpected(s, "an answer before the command was sent",
		    err);
	if (s->last.status == POP3_CONTINUE)
		return s->state == POP3_STATE_AUTH
			   ? pop3_challenge(s, err)
			   : unexpected(s, "a continuation", err);
	s->listing =
	    ok && (s->state == POP3_STATE_CAPA || s->state == POP3_STATE_UIDL);
	s->reading = ok && steps[s->state].on_answer == on_message;
	s->lines = 0;
	if (s->reading)
		pop3_content_reset(&s->content);
	return s->listing || s->reading ? POP3_EVENT_NONE : answered(s, err);
}

static enum pop3_event
take_key(struct pop3_session *s, struct str line, struct err *err)
{
	uint64_t number;

	if (!pop3_reply_key(line, &number, &s->key) || number == 0 ||
	    number > s->messages || s->lines > s->messages)
		return unexpected(s, "a line that is none of UIDL", err);
	s->number = (uint32_t)number;
	return POP3_EVENT_KEY;
}

/* A line of a list, until the dot. */
static enum pop3_event
take_listed(struct pop3_session *s, struct str line, struct err *err)
{
	if (str_eq(line, STR("."))) {
		s->listing = false;
		s->last = (struct pop3_reply){.status = POP3_OK};
		return answered(s, err);
	}
	s->lines++;
	if (s->state == POP3_STATE_UIDL)
		return take_key(s, line, err);
	if (s->lines > POP3_CAPA_LINES_MAX) {
		err_set(err, FAIL_LIMIT, "pop3: CAPA without end");
		return pop3_over(s);
	}
	pop3_capability_add(&s->can, line);
	return POP3_EVENT_NONE;
}

/* Gathers a line; it is s->line when it is whole. */
static bool
take_bytes(struct pop3_session *s, struct str data, size_t *used, bool *whole,
    struct err *err)
{
	size_t nl = str_chr(data, '\n');

	*whole = nl != STR_NOWHERE;
	*used = *whole ? nl + 1 : data.n;
	buf_str(&s->line, str_sub(data, 0, *used));
	if (s->line.full)
		return err_set(err, FAIL_LIMIT,
		    "pop3: a line longer than %d bytes while %s", POP3_LINE_MAX,
		    pop3_state_doing(s->state));
	if (*whole && !str_ends(buf_view(&s->line), STR("\r\n")))
		return err_set(err, FAIL_PROTOCOL,
		    "pop3: a line without CR while %s",
		    pop3_state_doing(s->state));
	return true;
}

static enum pop3_event
take_line(struct pop3_session *s, struct str data, size_t *used,
    struct err *err)
{
	struct str line;
	bool whole;

	if (s->line.n > 0 && s->line.p[s->line.n - 1] == '\n')
		buf_reset(&s->line); /* of the event before */
	if (!take_bytes(s, data, used, &whole, err))
		return pop3_over(s);
	if (!whole)
		return POP3_EVENT_NONE;
	line = str_sub(buf_view(&s->line), 0, s->line.n - 2);
	if (s->listing)
		return take_listed(s, line, err);
	pop3_reply_read(&s->last, line);
	return take_status(s, err);
}

static enum pop3_event
take_content(struct pop3_session *s, struct str data, size_t *used,
    struct err *err)
{
	if (!pop3_content_feed(&s->content, data, used))
		return POP3_EVENT_NONE;
	s->reading = false;
	s->last = (struct pop3_reply){.status = POP3_OK};
	return answered(s, err);
}

enum pop3_event
pop3_session_feed(struct pop3_session *s, struct str data, size_t *used,
    struct err *err)
{
	enum pop3_event event = POP3_EVENT_NONE;
	size_t n;

	for (*used = 0; *used < data.n && event == POP3_EVENT_NONE;) {
		if (s->state == POP3_STATE_OVER ||
		    s->state == POP3_STATE_HANDSHAKE)
			return unexpected(s, "bytes", err);
		if (s->reading)
			event = take_content(s, str_from(data, *used), &n, err);
		else
			event = take_line(s, str_from(data, *used), &n, err);
		*used += n;
		if (event == POP3_EVENT_STLS && *used < data.n)
			return unexpected(s, "bytes", err);
	}
	return event;
}
