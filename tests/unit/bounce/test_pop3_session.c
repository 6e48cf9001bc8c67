/*
 * Goal: the conversation is the one written in tests/script/.pop3 files,
 * however the server's bytes arrive.
 *
 *   ? tls=starttls auth=plain    the parameters, first
 *   S: text     the server says text CRLF
 *   X: 6869     the server says these bytes
 *   C: text     we must have said just this, CRLF after it
 *   T:          TLS was asked for; it stands now
 *   > retr 5    the owner's command
 *   = event     what we must have told the owner; '*' at its end: anything
 *
 * Each file is played whole, cut in two at every byte, and byte by byte.
 */
#include "bounce/pop3_session.h"

#include "lib/base/encode.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SCRIPT_MAX (1U << 20)
#define LOG_MAX    (1U << 16)
#define BY_BYTE    SIZE_MAX
#define SCRIPTS    50 /* at least; a wrong folder must not pass */

struct player {
	const char *path;
	int line;
	size_t cut, at; /* of the server's bytes */
	struct pop3_session session;
	struct buf text; /* of the parameters */
	struct buf told; /* events, a line each */
	struct buf run;  /* bytes of the server not given yet */
	bool started, working, over;
};

static void
complain(struct player *p, const char *what, struct str got)
{
	fail_msg("%s:%d (cut at %zd): %s: \"%.*s\"", p->path, p->line,
	    (ssize_t)p->cut, what, STR_ARG(got));
}

/* `%xx` stands for a byte that a word cannot hold. */
static const char *
keep(struct player *p, struct str value)
{
	char *at = buf_room(&p->text, value.n + 1);
	size_t i, n = 0;
	struct buf b;

	assert_non_null(at);
	buf_init(&b, 1);
	for (i = 0; i < value.n; i++) {
		at[n] = value.p[i];
		if (value.p[i] == '%') {
			assert_true(hex_decode(&b, str_sub(value, i + 1, 2)));
			at[n] = b.p[0];
			buf_reset(&b);
			i += 2;
		}
		n++;
	}
	at[n] = '\0';
	buf_used(&p->text, n + 1);
	buf_release(&b);
	return at;
}

static void
start(struct player *p, struct str words)
{
	struct pop3_session_params params = {.tls = CONN_TLS_IMPLICIT,
	    .username = "bounces@example.test",
	    .password = "secret",
	    .host = "pop.example.test",
	    .port = 995};
	struct str word, name, value;

	while (str_cut(&words, ' ', &word)) {
		name = str_sub(word, 0, str_chr(word, '='));
		value = str_from(word, name.n + 1);
		if (str_eq(name, STR("tls")))
			assert_true(conn_tls_parse(value, &params.tls));
		else if (str_eq(name, STR("auth")))
			assert_true(sasl_parse(value, &params.auth));
		else if (str_eq(name, STR("user")))
			params.username = keep(p, value);
		else if (str_eq(name, STR("password")))
			params.password = keep(p, value);
		else
			complain(p, "unknown parameter", name);
	}
	pop3_session_init(&p->session, &params);
	p->started = true;
}

static void
tell_err(struct player *p, const char *word, const struct err *err)
{
	buf_puts(&p->told, word);
	if (err->kind != FAIL_NONE)
		buf_printf(&p->told, " %s: %s", fail_name(err->kind),
		    err->text);
}

static void
tell_message(struct player *p)
{
	struct str bytes = buf_view(&p->session.content.bytes);
	size_t i;

	buf_printf(&p->told, "%s %u%s \"",
	    p->session.is_body ? "body" : "header", p->session.number,
	    p->session.is_cut ? " (cut)" : "");
	for (i = 0; i < bytes.n; i++)
		if (bytes.p[i] == '\n')
			buf_puts(&p->told, "\\n");
		else if (bytes.p[i] != '\r')
			buf_char(&p->told, bytes.p[i]);
	buf_char(&p->told, '"');
}

static void
tell(struct player *p, enum pop3_event event, const struct err *err)
{
	struct pop3_session *s = &p->session;

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
		tell_err(p, "over", err);
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

static void
feed(struct player *p, struct str bytes)
{
	struct err err = {FAIL_NONE, ""};
	size_t used;

	while (bytes.n > 0 && !p->over) {
		tell(p, pop3_session_feed(&p->session, bytes, &used, &err),
		    &err);
		assert_true(used > 0 || p->over);
		bytes = str_from(bytes, used);
		if (p->working && p->session.state == POP3_STATE_READY) {
			tell_err(p, "done", &p->session.refusal);
			buf_char(&p->told, '\n');
			p->working = false;
		}
	}
}

static void
give_run(struct player *p)
{
	struct str run = buf_view(&p->run);
	size_t i;

	if (p->cut == BY_BYTE) {
		for (i = 0; i < run.n; i++)
			feed(p, str_sub(run, i, 1));
	} else if (p->cut > p->at && p->cut < p->at + run.n) {
		feed(p, str_sub(run, 0, p->cut - p->at));
		feed(p, str_from(run, p->cut - p->at));
	} else {
		feed(p, run);
	}
	p->at += run.n;
	buf_reset(&p->run);
}

/* Takes one line off what the session wants to send. */
static void
check_said(struct player *p, struct str want)
{
	struct buf *out = &p->session.out;
	size_t nl = str_find(buf_view(out), STR("\r\n"));

	if (nl == STR_NOWHERE)
		complain(p, "not said", want);
	if (!str_eq(str_sub(buf_view(out), 0, nl), want))
		complain(p, "we said", str_sub(buf_view(out), 0, nl));
	buf_drop(out, nl + 2);
}

static void
check_told(struct player *p, struct str want)
{
	size_t nl = str_chr(buf_view(&p->told), '\n');
	struct str got = str_sub(buf_view(&p->told), 0, nl);
	bool ok;

	if (nl == STR_NOWHERE)
		complain(p, "not told", want);
	if (str_ends(want, STR("*")))
		ok = str_starts(got, str_sub(want, 0, want.n - 1));
	else
		ok = str_eq(got, want);
	if (!ok)
		complain(p, "told", got);
	buf_drop(&p->told, nl + 1);
}

static void
command(struct player *p, struct str words)
{
	static const struct {
		const char *verb;
		enum pop3_state what;
	} verbs[] = {{"uidl", POP3_STATE_UIDL}, {"list", POP3_STATE_LIST},
	    {"top", POP3_STATE_TOP}, {"lines", POP3_STATE_LINES},
	    {"peek", POP3_STATE_PEEK}, {"retr", POP3_STATE_RETR},
	    {"dele", POP3_STATE_DELE}, {"quit", POP3_STATE_QUIT}};
	uint64_t number = 0;
	struct str verb;
	size_t i;

	str_cut(&words, ' ', &verb);
	if (words.n > 0)
		assert_true(str_to_u64(words, &number));
	for (i = 0; i < ARRAY_LEN(verbs); i++)
		if (str_eq(verb, str_of(verbs[i].verb)))
			break;
	if (i == ARRAY_LEN(verbs))
		complain(p, "unknown command", verb);
	pop3_session_ask(&p->session, verbs[i].what, (uint32_t)number);
	p->working = true;
}

static void
handshake_done(struct player *p)
{
	struct err err;

	if (p->session.state != POP3_STATE_HANDSHAKE)
		complain(p, "TLS was not asked for", STR_NONE);
	if (!pop3_session_secured(&p->session, &err))
		complain(p, "secured", str_of(err.text));
}

static void
play_line(struct player *p, struct str line)
{
	struct str rest =
	    str_from(line, line.n > 2 && line.p[1] == ' ' ? 2 : 3);

	if (line.n == 0 || line.p[0] == '#')
		return;
	if (!p->started && line.p[0] != '?')
		start(p, STR_NONE);
	if (line.p[0] != 'S' && line.p[0] != 'X')
		give_run(p);
	switch (line.p[0]) {
	case '?': start(p, rest); break;
	case 'S':
		buf_str(&p->run, rest);
		buf_puts(&p->run, "\r\n");
		break;
	case 'X': assert_true(hex_decode(&p->run, rest)); break;
	case 'C': check_said(p, rest); break;
	case 'T': handshake_done(p); break;
	case '>': command(p, rest); break;
	case '=': check_told(p, rest); break;
	default: complain(p, "unknown line", line);
	}
}

/* How many bytes the server said.  Where commands stand behind each other in
 * a script, our next one leaves only with the answer to the one before. */
static size_t
play(const char *path, struct str script, size_t cut)
{
	struct player p = {.path = path, .cut = cut};
	struct str line;

	buf_init(&p.text, LOG_MAX);
	buf_init(&p.told, LOG_MAX);
	buf_init(&p.run, SCRIPT_MAX);
	assert_non_null(buf_room(&p.text, 1024)); /* it must not move */
	while (str_cut(&script, '\n', &line)) {
		p.line++;
		play_line(&p, line);
	}
	give_run(&p);
	if (p.session.out.n > 0)
		complain(&p, "also said", buf_view(&p.session.out));
	if (p.told.n > 0)
		complain(&p, "also told", buf_view(&p.told));
	pop3_session_release(&p.session);
	buf_release(&p.text);
	buf_release(&p.told);
	buf_release(&p.run);
	return p.at;
}

static void
test_scripts(void **state)
{
	struct buf script;
	struct err err;
	size_t i, cut, bytes;
	glob_t g;

	(void)state;
	assert_int_equal(glob("tests/script/*.pop3", 0, NULL, &g), 0);
	assert_true(g.gl_pathc >= SCRIPTS);
	buf_init(&script, SCRIPT_MAX);
	for (i = 0; i < g.gl_pathc; i++) {
		buf_reset(&script);
		assert_true(file_read(g.gl_pathv[i], &script, &err));
		bytes = play(g.gl_pathv[i], buf_view(&script), 0);
		for (cut = 1; cut < bytes; cut++)
			play(g.gl_pathv[i], buf_view(&script), cut);
		play(g.gl_pathv[i], buf_view(&script), BY_BYTE);
	}
	buf_release(&script);
	globfree(&g);
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
	struct pop3_session_params params = {.tls = CONN_TLS_STARTTLS,
	    .username = "u",
	    .password = "p"};
	struct pop3_session s;
	struct err err;

	(void)state;
	pop3_session_init(&s, &params);
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
	static const struct pop3_session_params params = {.tls =
							      CONN_TLS_IMPLICIT,
	    .username = "u",
	    .password = "p"};
	struct err err;

	pop3_session_init(s, &params);
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
