/*
 * Goal: the conversation is the one written in tests/script/NAME.smtp
 * (format: tests/support/smtp_script.h), however what the server says is cut
 * into pieces: as a whole, in two at every byte, and byte by byte.
 */
#include "lib/base/base.h"

#include "sender/smtp_session.h"

#include "tests/support/smtp_script.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CUT_WHOLE ((size_t)-1)
#define CUT_BYTES ((size_t)-2)

struct player {
	const struct smtp_script *script;
	struct smtp_session session;
	struct smtp_message messages[SMTP_SCRIPT_MESSAGES_MAX + 1];
	struct buf bytes[SMTP_SCRIPT_MESSAGES_MAX + 1]; /* of every other */
	int available, submitted;
	struct buf heard;   /* lines of the server not yet eaten */
	struct buf said;    /* what the session said, not yet expected */
	struct buf results; /* lines not yet expected, as in the script */
	bool start_tls, over;
	size_t cut; /* an offset into all that the server says, or CUT_ */
	size_t offset;
};

static const char *
phase_word(enum phase p)
{
	static const char *const words[] = {
	    [PHASE_CONNECT] = "connect",
	    [PHASE_AUTH] = "auth",
	    [PHASE_MAIL] = "mail",
	    [PHASE_RCPT] = "rcpt",
	    [PHASE_DATA] = "data",
	};

	return words[p];
}

static const char *
how(const struct smtp_result *r)
{
	if (r->accepted)
		return "accepted";
	if (r->reply.code != 0)
		return r->local ? "local" : "refused";
	return r->dot_sent ? "uncertain" : "unsent";
}

static void
note_result(struct player *p)
{
	const struct smtp_result *r = &p->session.result;
	char words[SMTP_REPLY_BRIEF_MAX];

	buf_printf(&p->results, "%d %s %s %s\n",
	    (int)(r->message - p->messages), how(r), phase_word(r->phase),
	    r->reply.code != 0 ? smtp_reply_brief(&r->reply, words)
			       : fail_name(r->err.kind));
}

/* As a link does it: written when the turn is over. */
static void
flush(struct player *p)
{
	buf_str(&p->said, buf_view(&p->session.out));
	smtp_session_written(&p->session);
}

static void
submit(struct player *p)
{
	while (!p->over && p->submitted < p->available &&
	       smtp_session_room(&p->session) > 0)
		if (!smtp_session_send(&p->session,
			&p->messages[++p->submitted]))
			note_result(p);
}

static void
end(struct player *p)
{
	p->over = true;
	while (smtp_session_left(&p->session))
		note_result(p);
}

static void
heed(struct player *p, enum smtp_event event)
{
	switch (event) {
	case SMTP_WAIT:
	case SMTP_READY: break;
	case SMTP_START_TLS: p->start_tls = true; break;
	case SMTP_GO_AHEAD:
		assert_non_null(smtp_session_held(&p->session));
		if (!p->script->hold)
			smtp_session_body(&p->session);
		break;
	case SMTP_RESULT: note_result(p); break;
	case SMTP_OVER: end(p); break;
	}
	submit(p);
}

static void
feed(struct player *p, const char *bytes, size_t n)
{
	enum smtp_event event;
	struct str rest;

	buf_add(&p->heard, bytes, n);
	rest = buf_view(&p->heard);
	while (!p->over && !p->start_tls) {
		event = smtp_session_feed(&p->session, &rest);
		heed(p, event);
		if (event == SMTP_WAIT)
			break;
	}
	if (p->start_tls && rest.n > 0 && !p->over) {
		/* it came in a later piece than the reply to STARTTLS */
		heed(p, smtp_session_feed(&p->session, &rest));
		assert_true(p->over);
	}
	buf_drop(&p->heard, p->heard.n - rest.n);
	flush(p);
}

static void
hear(struct player *p, const char *bytes, size_t n)
{
	size_t i, first = n;

	if (p->cut == CUT_BYTES) {
		for (i = 0; i < n; i++)
			feed(p, bytes + i, 1);
		return;
	}
	if (p->cut != CUT_WHOLE && p->cut > p->offset && p->cut - p->offset < n)
		first = p->cut - p->offset;
	feed(p, bytes, first);
	if (first < n)
		feed(p, bytes + first, n - first);
	p->offset += n;
}

static void
complain(const struct player *p, const struct smtp_script_step *step,
    struct str got)
{
	fail_msg("%s:%d (cut %zd): wanted \"%s\", got \"%.*s\"",
	    p->script->path, step->line, (ssize_t)p->cut, step->text,
	    STR_ARG(got));
}

static void
expect_said(struct player *p, const struct smtp_script_step *step)
{
	struct str said = buf_view(&p->said);
	size_t n = str_find(said, STR("\r\n"));

	if (n == STR_NOWHERE || !smtp_script_matches(step, str_sub(said, 0, n)))
		complain(p, step, said);
	buf_drop(&p->said, n + 2);
}

static void
expect_result(struct player *p, const struct smtp_script_step *step)
{
	struct str rest = buf_view(&p->results), line;

	if (!str_cut(&rest, '\n', &line) || !str_eq(line, str_of(step->text)))
		complain(p, step, line);
	buf_drop(&p->results, line.n + 1);
}

static void
expect_over(struct player *p, const struct smtp_script_step *step)
{
	const struct smtp_end *e = &p->session.end;

	if (!p->over || strcmp(fail_name(e->err.kind), step->text) != 0)
		complain(p, step,
		    str_of(p->over ? fail_name(e->err.kind) : "not over"));
}

static void
break_off(struct player *p, const char *how_it_ends)
{
	struct err err = {FAIL_NONE, "closed by the peer"};

	if (strcmp(how_it_ends, "reset") == 0)
		err_set(&err, FAIL_IO, "reset by peer");
	else if (strcmp(how_it_ends, "timeout") == 0)
		err_set(&err, FAIL_TIMEOUT, "no reply");
	smtp_session_fail(&p->session, &err);
	end(p);
}

static void
do_step(struct player *p, const struct smtp_script_step *step)
{
	switch (step->kind) {
	case 'C': expect_said(p, step); break;
	case '=': expect_result(p, step); break;
	case '!': expect_over(p, step); break;
	case 'T':
		if (!p->start_tls)
			complain(p, step, STR("no handshake asked for"));
		p->start_tls = false;
		smtp_session_secured(&p->session);
		break;
	case 'M':
		p->available++;
		submit(p);
		break;
	case 'D': smtp_session_body(&p->session); break;
	case 'Q':
		smtp_session_quit(&p->session);
		if (p->session.stage == SMTP_STAGE_OVER)
			end(p);
		break;
	case 'X': break_off(p, step->text); break;
	default: fail_msg("step %c", step->kind);
	}
	flush(p);
}

/* Replies that stand together come together. */
static int
hear_burst(struct player *p, int i)
{
	const struct smtp_script *s = p->script;
	struct buf burst;

	if (p->said.n > 0)
		complain(p, &s->steps[i], buf_view(&p->said));
	buf_init(&burst, 1 << 20);
	for (; i < s->count && s->steps[i].kind == 'S'; i++)
		buf_add(&burst, s->steps[i].text, s->steps[i].n);
	hear(p, burst.p, burst.n);
	buf_release(&burst);
	return i;
}

static void
start(struct player *p, const struct smtp_script *s, size_t cut)
{
	struct smtp_session_params params = {
	    .helo = "sender.test",
	    .local_peer = s->local,
	    .username = s->user,
	    .password = s->password,
	    .host = "mx.test",
	    .port = 587,
	};
	int i;

	memset(p, 0, sizeof(*p));
	p->script = s;
	p->cut = cut;
	p->available = s->messages;
	assert_true(conn_tls_parse(str_of(s->tls), &params.tls));
	assert_true(sasl_parse(str_of(s->auth), &params.mechanism));
	smtp_session_init(&p->session, &params);
	buf_init(&p->heard, 1 << 20);
	buf_init(&p->said, 1 << 20);
	buf_init(&p->results, 1 << 20);
	for (i = 1; i <= SMTP_SCRIPT_MESSAGES_MAX; i++) {
		buf_init(&p->bytes[i], 1 << 20);
		p->messages[i] = (struct smtp_message){
		    .from = str_of(s->message[i].from),
		    .envid = str_of(s->message[i].envid),
		    .to = str_of(s->message[i].to),
		    .data = buf_view(&s->message[i].data),
		    .needs_smtputf8 = s->message[i].utf8,
		    .eight_bit = s->message[i].eight_bit,
		};
		if (i % 2 == 0)
			continue;
		buf_str(&p->bytes[i], p->messages[i].data);
		p->messages[i].data = buf_view(&p->bytes[i]);
		p->messages[i].bytes = &p->bytes[i];
	}
}

/* Plays it once; gives how many bytes the server said. */
static size_t
play(const struct smtp_script *s, size_t cut)
{
	struct player p;
	size_t total;
	int i = 0;

	start(&p, s, cut);
	while (i < s->count)
		if (s->steps[i].kind == 'S')
			i = hear_burst(&p, i);
		else
			do_step(&p, &s->steps[i++]);
	if (p.said.n > 0)
		fail_msg("%s: said at the end: %s", s->path, buf_cstr(&p.said));
	if (p.results.n > 0)
		fail_msg("%s: result at the end: %s", s->path,
		    buf_cstr(&p.results));
	if (p.over && p.session.end.err.kind != FAIL_NONE &&
	    (s->count == 0 || s->steps[s->count - 1].kind != '!'))
		fail_msg("%s: over: %s", s->path, p.session.end.err.text);
	total = p.offset;
	smtp_session_release(&p.session);
	buf_release(&p.heard);
	buf_release(&p.said);
	buf_release(&p.results);
	for (i = 1; i <= SMTP_SCRIPT_MESSAGES_MAX; i++)
		buf_release(&p.bytes[i]);
	return total;
}

static void
scripts(void **state)
{
	struct smtp_script *s;
	size_t i, cut, total;
	glob_t g;

	(void)state;
	assert_int_equal(glob("tests/script/*.smtp", 0, NULL, &g), 0);
	assert_true(g.gl_pathc >= 25);
	for (i = 0; i < g.gl_pathc; i++) {
		print_message("%s\n", g.gl_pathv[i]);
		s = smtp_script_read(g.gl_pathv[i]);
		total = play(s, CUT_WHOLE);
		for (cut = 1; cut < total && cut < 4096; cut++)
			play(s, cut);
		play(s, CUT_BYTES);
		smtp_script_free(s);
	}
	globfree(&g);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(scripts),
	};
	int i;

	/* one script, to look at it closely */
	for (i = 1; i < argc; i++) {
		struct smtp_script *s = smtp_script_read(argv[i]);

		play(s, CUT_WHOLE);
		smtp_script_free(s);
	}
	return argc > 1 ? 0 : cmocka_run_group_tests(tests, NULL, NULL);
}
