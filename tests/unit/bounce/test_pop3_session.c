/*
 * Goal: the conversation is the one written in tests/script/.pop3 files,
 * however the server's bytes arrive (mailbox_script.h).  The owner's commands
 * are those of POP3, `> retr 5`.
 */
#include "bounce/pop3_session.h"

#include "lib/base/mem.h"
#include "tests/support/mailbox_script.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SCRIPTS 50 /* at least; a wrong folder must not pass */

static struct pop3_session session;
static bool working; /* a command of the owner's is not answered yet */

static void
start(struct mailbox_script *p)
{
	pop3_session_init(&session, &p->access);
	working = false;
}

static void
tell_message(struct mailbox_script *p)
{
	buf_printf(&p->told, "%s %u%s ", session.is_body ? "body" : "header",
	    session.number, session.is_cut ? " (cut)" : "");
	mailbox_script_tell_text(p, buf_view(&session.content.bytes));
}

static void
tell(struct mailbox_script *p, enum pop3_event event, const struct err *err)
{
	const struct pop3_session *s = &session;

	switch (event) {
	case POP3_EVENT_READY:
		buf_printf(&p->told, "ready %u", s->messages);
		break;
	case POP3_EVENT_KEY:
		buf_printf(&p->told, "key %u %.*s", s->number, STR_ARG(s->key));
		break;
	case POP3_EVENT_SIZE:
		buf_printf(&p->told, "size %u %llu", s->number,
		    (unsigned long long)s->size);
		break;
	case POP3_EVENT_MESSAGE: tell_message(p); break;
	case POP3_EVENT_OVER:
		mailbox_script_tell_err(p, "over", err);
		if (s->can.login_delay_s > 0)
			buf_printf(&p->told, " [%lld s]",
			    (long long)s->can.login_delay_s);
		p->over = true;
		break;
	case POP3_EVENT_STLS: /* told by T: */
	case POP3_EVENT_NONE: return;
	}
	buf_char(&p->told, '\n');
}

static size_t
feed(struct mailbox_script *p, struct str bytes)
{
	struct err err = {FAIL_NONE, ""};
	size_t used;

	tell(p, pop3_session_feed(&session, bytes, &used, &err), &err);
	if (working && session.state == POP3_STATE_READY) {
		mailbox_script_tell_err(p, "done", &session.refusal);
		buf_char(&p->told, '\n');
		working = false;
	}
	return used;
}

static bool
command(struct mailbox_script *p, struct str verb, struct str words)
{
	static const struct {
		const char *verb;
		enum pop3_state what;
	} verbs[] = {{"uidl", POP3_STATE_UIDL}, {"list", POP3_STATE_LIST},
	    {"top", POP3_STATE_TOP}, {"lines", POP3_STATE_LINES},
	    {"peek", POP3_STATE_PEEK}, {"retr", POP3_STATE_RETR},
	    {"dele", POP3_STATE_DELE}, {"quit", POP3_STATE_QUIT}};
	uint64_t number = 0;
	size_t i;

	(void)p;
	if (words.n > 0)
		assert_true(str_to_u64(words, &number));
	for (i = 0; i < ARRAY_LEN(verbs); i++)
		if (str_eq(verb, str_of(verbs[i].verb)))
			break;
	if (i == ARRAY_LEN(verbs))
		return false;
	pop3_session_ask(&session, verbs[i].what, (uint32_t)number);
	working = true;
	return true;
}

static bool
secured(struct err *err)
{
	return pop3_session_secured(&session, err);
}

static void
release(void)
{
	pop3_session_release(&session);
}

/* Where commands stand behind each other in a script, our next one leaves
 * only with the answer to the one before. */
static void
test_scripts(void **state)
{
	static const struct mailbox_script_side side = {
	    .access = {.tls = CONN_TLS_IMPLICIT,
		.username = "bounces@example.test",
		.password = "secret",
		.host = "pop.example.test",
		.port = 995},
	    .out = &session.out,
	    .start = start,
	    .feed = feed,
	    .command = command,
	    .secured = secured,
	    .release = release};

	(void)state;
	mailbox_script_play_all(&side, "tests/script/*.pop3", SCRIPTS);
}

static enum pop3_event
say(struct pop3_session *s, const char *text, struct err *err)
{
	struct str bytes = str_of(text);
	enum pop3_event event = POP3_EVENT_NONE;
	size_t used;

	while (bytes.n > 0 && event == POP3_EVENT_NONE) {
		event = pop3_session_feed(s, bytes, &used, err);
		bytes = str_from(bytes, used);
	}
	return event;
}

/* The link tells how much of the command the kernel does not have yet. */
static void
test_answer_while_in_flight(void **state)
{
	struct mailbox_access access = {.tls = CONN_TLS_STARTTLS,
	    .username = "u",
	    .password = "p"};
	struct pop3_session s;
	struct err err;

	(void)state;
	pop3_session_init(&s, &access);
	assert_int_equal(say(&s, "+OK hi\r\n", &err), POP3_EVENT_NONE);
	s.in_flight = s.out.n;
	buf_reset(&s.out);
	assert_int_equal(say(&s, "+OK\r\n.\r\n", &err), POP3_EVENT_OVER);
	assert_string_equal(err.text, "pop3: an answer before the command was "
				      "sent while asking for capabilities");
	pop3_session_release(&s);
}

static void
open_session(struct pop3_session *s)
{
	static const struct mailbox_access access = {.tls = CONN_TLS_IMPLICIT,
	    .username = "u",
	    .password = "p"};
	struct err err;

	pop3_session_init(s, &access);
	assert_int_equal(say(s, "+OK hi\r\n", &err), POP3_EVENT_NONE);
	buf_reset(&s->out);
	assert_int_equal(say(s, "-ERR\r\n", &err), POP3_EVENT_NONE);
	buf_reset(&s->out);
	assert_int_equal(say(s, "+OK\r\n", &err), POP3_EVENT_NONE);
	buf_reset(&s->out);
	assert_int_equal(say(s, "+OK\r\n", &err), POP3_EVENT_NONE);
	buf_reset(&s->out);
	assert_int_equal(say(s, "+OK 2 9\r\n", &err), POP3_EVENT_READY);
}

/* A message of n bytes. */
static enum pop3_event
retrieve(struct pop3_session *s, size_t n)
{
	char *text = mem_alloc(n + 1);
	enum pop3_event event;
	struct err err;

	memset(text, 'x', n);
	memcpy(text + n - 2, "\r\n", 3);
	pop3_session_ask(s, POP3_STATE_RETR, 1);
	buf_reset(&s->out);
	assert_int_equal(say(s, "+OK\r\n", &err), POP3_EVENT_NONE);
	event = say(s, text, &err);
	if (event == POP3_EVENT_NONE)
		event = say(s, ".\r\n", &err);
	free(text);
	return event;
}

/* not a byte more, and then nothing is believed any more. */
static void
test_large_message_is_cut(void **state)
{
	struct pop3_session s;
	struct err err;

	(void)state;
	open_session(&s);
	assert_int_equal(retrieve(&s, POP3_PART_MAX), POP3_EVENT_MESSAGE);
	assert_false(s.is_cut);
	assert_int_equal(s.content.bytes.n, POP3_PART_MAX);
	assert_int_equal(s.state, POP3_STATE_READY);
	assert_int_equal(retrieve(&s, POP3_PART_MAX + 1), POP3_EVENT_MESSAGE);
	assert_true(s.is_cut);
	assert_int_equal(s.content.bytes.n, POP3_PART_MAX);
	assert_int_equal(s.state, POP3_STATE_OVER);
	assert_int_equal(say(&s, "+", &err), POP3_EVENT_OVER);
	pop3_session_release(&s);
}

/* What waits is sent as there is room, and answered in order. */
static void
test_full_queue(void **state)
{
	struct pop3_session s;
	struct err err;
	uint32_t i;

	(void)state;
	open_session(&s);
	for (i = 1; pop3_session_room(&s) > 0; i++)
		pop3_session_ask(&s, POP3_STATE_DELE, i);
	assert_int_equal(i - 1, POP3_QUEUE_MAX);
	for (i = 1; i <= POP3_QUEUE_MAX; i++) {
		char want[32];

		snprintf(want, sizeof(want), "DELE %u\r\n", i);
		assert_string_equal(buf_cstr(&s.out), want);
		buf_reset(&s.out);
		assert_int_equal(say(&s, "+OK\r\n", &err), POP3_EVENT_NONE);
	}
	assert_int_equal(s.state, POP3_STATE_READY);
	assert_int_equal(s.out.n, 0);
	pop3_session_release(&s);
}

/* a command takes no argument that could end it. */
static void
test_injection(void **state)
{
	static const struct str bad[] = {STR("a\r\nDELE 1"), STR("a\nb"),
	    STR("a\rb"), STR("a\0b"), STR("a\x7f"), STR("\x1b[2J"),
	    STR("a\tb")};
	struct pop3_command c;
	struct buf out;
	struct err err;
	size_t i;

	(void)state;
	pop3_command_init(&c);
	buf_init(&out, 1024);
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		pop3_command_begin(&c, STR("USER"));
		pop3_command_word(&c, bad[i]);
		assert_false(pop3_command_end(&c, &out, &err));
		assert_int_equal(err.kind, FAIL_INPUT);
		pop3_command_begin(&c, STR("PASS"));
		pop3_command_rest(&c, bad[i]);
		assert_false(pop3_command_end(&c, &out, &err));
		assert_int_equal(err.kind, FAIL_INPUT);
	}
	pop3_command_begin(&c, STR("PASS"));
	for (i = 0; i < POP3_COMMAND_MAX; i++)
		pop3_command_rest(&c, STR("x"));
	assert_false(pop3_command_end(&c, &out, &err));
	assert_int_equal(out.n, 0);
	pop3_command_release(&c);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_scripts),
	    cmocka_unit_test(test_answer_while_in_flight),
	    cmocka_unit_test(test_large_message_is_cut),
	    cmocka_unit_test(test_full_queue),
	    cmocka_unit_test(test_injection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
