/*
 * Goal: the transcripts of tests/script hold over real sockets and TLS too,
 * and a link keeps its clocks, its limits and its owner's hold on the dot
 * (S-031, S-032, S-040, S-042, S-046).
 */
#include "lib/base/base.h"

#include "sender/smtp_link.h"

#include "lib/base/clock.h"
#include "tests/support/certs.h"
#include "tests/support/peer.h"
#include "tests/support/smtp_client.h"
#include "tests/support/smtp_script.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define LINE_MAX_BYTES 65536

/* The server's side. */
struct server {
	struct smtp_script *script;
	struct buf complaints;
	struct buf heard; /* all lines, by servers without a script */
};

static void
hear_out(struct peer_conn *pc)
{
	char rest[1000];

	while (peer_hear(pc, rest, sizeof(rest)) > 0)
		;
}

static bool
expect_line(struct peer_conn *pc, struct server *s,
    const struct smtp_script_step *step)
{
	static char line[LINE_MAX_BYTES];
	bool whole = peer_line(pc, line, sizeof(line));
	struct str got = str_trim(str_of(line));

	/* blanks may stand at a line's end */
	if (whole)
		got = str_sub(str_of(line), 0, strlen(line) - 2);
	if (whole && smtp_script_matches(step, got))
		return true;
	buf_printf(&s->complaints, "%s:%d: wanted \"%s\", heard \"%.*s\"\n",
	    s->script->path, step->line, step->text, STR_ARG(got));
	return false;
}

/* False where the conversation ends. */
static bool
play_step(struct peer_conn *pc, struct server *s,
    const struct smtp_script_step *step)
{
	switch (step->kind) {
	case 'S': return peer_say(pc, step->text, step->n);
	case 'C': return expect_line(pc, s, step);
	case 'T': return peer_tls(pc);
	case 'X':
		if (strcmp(step->text, "reset") == 0)
			peer_reset(pc);
		return strcmp(step->text, "timeout") == 0;
	default: return true; /* the client's */
	}
}

static void
play_script(struct peer_conn *pc, void *arg)
{
	struct server *s = arg;
	const struct smtp_script_step *step = s->script->steps;
	const struct smtp_script_step *end = step + s->script->count;

	if (strcmp(s->script->tls, "implicit") == 0 && !peer_tls(pc))
		return;
	for (; step < end; step++)
		if (!play_step(pc, s, step))
			return;
	hear_out(pc);
}

static bool
has_step(const struct smtp_script *s, char kind)
{
	int i;

	for (i = 0; i < s->count; i++)
		if (s->steps[i].kind == kind)
			return true;
	return false;
}

static void
use_script(struct smtp_client *c, const struct smtp_script *s)
{
	int i;

	smtp_client_init(c, s->messages);
	c->params.timeout_s = 1;
	c->params.session.host = "localhost";
	c->params.ca_file = certs_pem("ca");
	c->params.session.username = s->user;
	c->params.session.password = s->password;
	assert_true(conn_tls_parse(str_of(s->tls), &c->params.session.tls));
	assert_true(sasl_parse(str_of(s->auth), &c->params.session.mechanism));
	c->quit_at_end = has_step(s, 'Q') || !has_step(s, '!');
	c->params.quit_max_ms = 50;
	for (i = 1; i <= s->messages; i++)
		c->messages[i] = (struct smtp_message){
		    .from = str_of(s->message[i].from),
		    .envid = str_of(s->message[i].envid),
		    .to = str_of(s->message[i].to),
		    .data = buf_view(&s->message[i].data),
		    .needs_smtputf8 = s->message[i].utf8,
		    .eight_bit = s->message[i].eight_bit,
		};
}

/* What the script says of results and end, as the client notes it. */
static void
expected_story(const struct smtp_script *s, struct buf *out)
{
	int i;

	buf_init(out, 1 << 20);
	for (i = 0; i < s->count; i++)
		if (s->steps[i].kind == '=')
			buf_printf(out, "%s\n", s->steps[i].text);
		else if (s->steps[i].kind == '!')
			buf_printf(out, "! %s\n", s->steps[i].text);
	if (!has_step(s, '!'))
		buf_puts(out, "! none\n");
}

static void
play(const char *path)
{
	const struct peer_tls tls = {.cert = "good"};
	struct server server = {.script = smtp_script_read(path)};
	struct smtp_client c;
	struct peer *peer;
	struct buf want;

	if (server.script->sockets) {
		print_message("%s\n", path);
		buf_init(&server.complaints, 10000);
		use_script(&c, server.script);
		peer = peer_start(&tls, play_script, &server);
		smtp_client_run(&c, peer_port(peer));
		peer_stop(peer);
		peer_free(peer);
		expected_story(server.script, &want);
		assert_string_equal(buf_cstr(&server.complaints), "");
		assert_string_equal(buf_cstr(&c.story), buf_cstr(&want));
		smtp_client_release(&c);
		buf_release(&want);
		buf_release(&server.complaints);
	}
	smtp_script_free(server.script);
}

static void
scripts(void **state)
{
	glob_t g;
	size_t i;

	(void)state;
	assert_int_equal(glob("tests/script/*.smtp", 0, NULL, &g), 0);
	for (i = 0; i < g.gl_pathc; i++)
		play(g.gl_pathv[i]);
	globfree(&g);
}

/* A server that says yes to everything, or what its fields say instead. */
struct yes {
	bool pipelining;
	const char *at_quit; /* NULL: "221 bye"; "": nothing */
	const char *at_dot;  /* "": nothing */
	int slow_ms;         /* before the reply to MAIL, byte by byte */
	bool deaf;           /* closes after 354, without reading on */
	int messages;        /* bodies heard to the end */
	int quits;
};

static void
take_body(struct peer_conn *pc, struct yes *y)
{
	char line[LINE_MAX_BYTES];

	PEER_SAY(pc, "354 go on\r\n");
	if (y->deaf) {
		nanosleep(&(struct timespec){0, 300000000}, NULL);
		peer_reset(pc);
		return;
	}
	while (peer_line(pc, line, sizeof(line)))
		if (strcmp(line, ".\r\n") == 0) {
			y->messages++;
			if (y->at_dot == NULL)
				PEER_SAY(pc, "250 queued\r\n");
			return;
		}
}

static void
drip(struct peer_conn *pc, int ms)
{
	static const char reply[] = "250 ok, by and by\r\n";
	const struct timespec pause = {0, (long)ms * 1000000};
	size_t i;

	for (i = 0; i < sizeof(reply) - 1; i++) {
		if (ms > 0)
			nanosleep(&pause, NULL);
		if (!peer_say(pc, reply + i, 1))
			return;
	}
}

static void
say_yes(struct peer_conn *pc, void *arg)
{
	struct yes *y = arg;
	char line[LINE_MAX_BYTES];

	PEER_SAY(pc, "220 mx.test\r\n");
	while (pc->fd >= 0 && peer_line(pc, line, sizeof(line))) {
		if (strncmp(line, "EHLO", 4) == 0 && y->pipelining) {
			PEER_SAY(pc, "250-mx.test\r\n250 PIPELINING\r\n");
		} else if (strncmp(line, "DATA", 4) == 0) {
			take_body(pc, y);
		} else if (strncmp(line, "QUIT", 4) == 0) {
			y->quits++;
			if (y->at_quit == NULL)
				PEER_SAY(pc, "221 bye\r\n");
		} else if (strncmp(line, "MAIL", 4) == 0) {
			drip(pc, y->slow_ms);
		} else {
			PEER_SAY(pc, "250 ok\r\n");
		}
	}
}

/* Runs a client against it; gives how long that took. */
static int64_t
against(struct smtp_client *c, struct yes *y)
{
	struct peer *peer = peer_start(NULL, say_yes, y);
	int64_t start = clock_mono_ms(), took;

	smtp_client_run(c, peer_port(peer));
	took = clock_mono_ms() - start;
	smtp_link_free(c->link);
	c->link = NULL;
	peer_stop(peer);
	peer_free(peer);
	return took;
}

static void
leaves_after_so_many_messages(void **state)
{
	struct yes y = {.pipelining = true};
	struct smtp_client c;

	(void)state;
	smtp_client_init(&c, 5);
	c.params.messages_max = 3;
	against(&c, &y);
	assert_string_equal(buf_cstr(&c.story),
	    "1 accepted data 250 queued\n2 accepted data 250 queued\n"
	    "3 accepted data 250 queued\n! none\n");
	assert_int_equal(c.submitted, 3);
	assert_int_equal(y.messages, 3);
	assert_int_equal(y.quits, 1);
	smtp_client_release(&c);
}

static void
leaves_when_idle(void **state)
{
	struct yes y = {.pipelining = true};
	struct smtp_client c;
	int64_t took;

	(void)state;
	smtp_client_init(&c, 1);
	c.params.idle_max_ms = 200;
	took = against(&c, &y);
	assert_string_equal(buf_cstr(&c.story),
	    "1 accepted data 250 queued\n! none\n");
	assert_in_range(took, 190, 2000);
	assert_int_equal(y.quits, 1);
	smtp_client_release(&c);
}

static void
leaves_when_old(void **state)
{
	struct yes y = {.pipelining = true};
	struct smtp_client c;
	int64_t took;

	(void)state;
	smtp_client_init(&c, 0);
	c.params.age_max_ms = 200;
	took = against(&c, &y);
	assert_string_equal(buf_cstr(&c.story), "! none\n");
	assert_in_range(took, 190, 2000);
	smtp_client_release(&c);
}

static void
does_not_wait_for_quit(void **state)
{
	struct yes y = {.at_quit = ""};
	struct smtp_client c;
	int64_t took;

	(void)state;
	smtp_client_init(&c, 1);
	c.params.quit_max_ms = 200;
	c.quit_at_end = true;
	took = against(&c, &y);
	assert_string_equal(buf_cstr(&c.story),
	    "1 accepted data 250 queued\n! none\n");
	assert_in_range(took, 190, 2000);
	smtp_client_release(&c);
}

static void
times_out(void **state)
{
	struct yes y = {.at_dot = ""};
	struct smtp_client c;
	int64_t took;

	(void)state;
	smtp_client_init(&c, 1);
	c.params.timeout_s = 1;
	took = against(&c, &y);
	assert_string_equal(buf_cstr(&c.story),
	    "1 uncertain data timeout\n! timeout\n");
	assert_in_range(took, 990, 3000);
	smtp_client_release(&c);
}

/* Single bytes win no time: a reply is due as a whole. */
static void
dripping_wins_no_time(void **state)
{
	struct yes y = {.slow_ms = 150};
	struct smtp_client c;
	int64_t took;

	(void)state;
	smtp_client_init(&c, 1);
	c.params.timeout_s = 1;
	took = against(&c, &y);
	assert_string_equal(buf_cstr(&c.story),
	    "1 unsent mail timeout\n! timeout\n");
	assert_in_range(took, 990, 2000);
	smtp_client_release(&c);
}

/* A dot behind megabytes that the server never read has not been sent. */
static void
dot_in_our_own_buffer_is_unsent(void **state)
{
	struct yes y = {.pipelining = true, .deaf = true};
	struct smtp_client c;
	struct buf big;

	(void)state;
	smtp_client_init(&c, 1);
	buf_init(&big, 16 << 20);
	memset(buf_room(&big, 15 << 20), 'x', 15 << 20);
	buf_used(&big, 15 << 20);
	c.messages[1].data = buf_view(&big);
	against(&c, &y);
	assert_string_equal(buf_cstr(&c.story), "1 unsent data io\n! io\n");
	smtp_client_release(&c);
	buf_release(&big);
}

static void
refused_dot_never_leaves(void **state)
{
	struct yes y = {.pipelining = true};
	struct smtp_client c;

	(void)state;
	smtp_client_init(&c, 2);
	c.dot = SMTP_DOT_REFUSE;
	against(&c, &y);
	assert_string_equal(buf_cstr(&c.story),
	    "1 unsent data conflict\n2 unsent data conflict\n! conflict\n");
	assert_int_equal(c.dots, 1);
	assert_int_equal(y.messages, 0);
	smtp_client_release(&c);
}

static void
let_go(void *arg)
{
	struct smtp_client *c = arg;

	assert_int_equal(c->dots, 1);
	assert_string_equal(buf_cstr(&c->story), "");
	c->dot = SMTP_DOT_SEND;
	smtp_link_resume(c->link);
}

static void
held_dot_leaves_later(void **state)
{
	struct yes y = {.pipelining = true};
	struct loop_timer *timer;
	struct smtp_client c;

	(void)state;
	smtp_client_init(&c, 2);
	c.dot = SMTP_DOT_HOLD;
	c.quit_at_end = true;
	timer = loop_timer_new(c.loop, let_go, &c);
	loop_timer_start(timer, 200);
	assert_in_range(against(&c, &y), 190, 3000);
	assert_string_equal(buf_cstr(&c.story),
	    "1 accepted data 250 queued\n2 accepted data 250 queued\n"
	    "! none\n");
	assert_int_equal(c.dots, 3);
	loop_timer_free(timer);
	smtp_client_release(&c);
}

static void
may_be_freed_in_any_callback(void **state)
{
	static const char in[] = "rdvc";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(in) - 1; i++) {
		struct yes y = {.pipelining = true};
		struct smtp_client c;

		smtp_client_init(&c, 2);
		c.free_in = in[i];
		c.quit_at_end = true;
		against(&c, &y);
		assert_null(c.link);
		assert_int_equal(c.closed, in[i] == 'c');
		smtp_client_release(&c);
	}
}

/* Whatever comes in from a client that must not say anything. */
static void
only_listen(struct peer_conn *pc, void *arg)
{
	struct server *s = arg;
	char bytes[1000];
	size_t n;

	if (!peer_tls(pc))
		return;
	while ((n = peer_hear(pc, bytes, sizeof(bytes))) > 0)
		buf_add(&s->heard, bytes, n);
}

/* S-042: the checks themselves are lib/net's; here, that nothing is said. */
static void
bad_certificate_gets_no_word(void **state)
{
	const struct peer_tls tls = {.cert = "good"};
	struct server server = {.script = NULL};
	struct peer *peer;
	struct smtp_client c;

	(void)state;
	buf_init(&server.heard, 10000);
	smtp_client_init(&c, 1);
	c.params.session.tls = CONN_TLS_IMPLICIT;
	c.params.session.username = "test";
	c.params.session.password = "1234";
	peer = peer_start(&tls, only_listen, &server);
	smtp_client_run(&c, peer_port(peer));
	peer_stop(peer);
	peer_free(peer);
	assert_string_equal(buf_cstr(&c.story), "! tls\n");
	assert_int_equal(server.heard.n, 0);
	smtp_client_release(&c);
	buf_release(&server.heard);
}

static const char *const elsewhere[] = {"192.0.2.1", "mx.example.com",
    "128.0.0.1", "2001:db8::1", "localhost.example.com"};

static void
no_other_host_without_tls(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(elsewhere); i++) {
		struct smtp_client c;

		smtp_client_init(&c, 1);
		c.params.session.host = elsewhere[i];
		smtp_client_run(&c, 25);
		assert_string_equal(buf_cstr(&c.story), "! tls\n");
		smtp_client_release(&c);
	}
}

static void
nobody_there(void **state)
{
	struct yes y = {.pipelining = true};
	struct peer *peer = peer_start(NULL, say_yes, &y);
	struct smtp_client c;
	int port = peer_port(peer);

	(void)state;
	peer_stop(peer);
	peer_free(peer);
	smtp_client_init(&c, 1);
	smtp_client_run(&c, port);
	assert_string_equal(buf_cstr(&c.story), "! io\n");
	smtp_client_release(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(scripts),
	    cmocka_unit_test(leaves_after_so_many_messages),
	    cmocka_unit_test(leaves_when_idle),
	    cmocka_unit_test(leaves_when_old),
	    cmocka_unit_test(does_not_wait_for_quit),
	    cmocka_unit_test(times_out),
	    cmocka_unit_test(dripping_wins_no_time),
	    cmocka_unit_test(dot_in_our_own_buffer_is_unsent),
	    cmocka_unit_test(refused_dot_never_leaves),
	    cmocka_unit_test(held_dot_leaves_later),
	    cmocka_unit_test(may_be_freed_in_any_callback),
	    cmocka_unit_test(bad_certificate_gets_no_word),
	    cmocka_unit_test(no_other_host_without_tls),
	    cmocka_unit_test(nobody_there),
	};

	certs_basic();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
