/*
 * Goal: a session of the sink says what its rules and options ask for,
 * wherever reads are cut, logs what it accepted before it says so, and a
 * hostile client gets nothing but a closed connection.
 */
#include "lib/base/base.h"

#include "tests/sink/sink_session.h"

#include "lib/base/encode.h"
#include "lib/base/file.h"
#include "lib/mail/sasl.h"
#include "tests/support/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#define LETTER                                           \
	"MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\n" \
	"DATA\r\n"
#define TEXT "Message-ID: <1@b.test>\r\n\r\nhi\r\n.\r\n"
#define OK3  "250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go on\r\n"

static struct sink_options options;
static struct sink_shared shared;
static struct sink_record record;
static struct sink_session session;

static void
begin(const char *rule, const char *log)
{
	struct err err;

	if (rule != NULL && !sink_options_rule(&options, rule, &err))
		fail_msg("%s", err.text);
	sink_shared_init(&shared, &options);
	sink_record_init(&record, log);
	record.events = options.events;
	sink_session_init(&session, &shared, &record, false);
}

static void
end(void)
{
	sink_session_release(&session);
	sink_record_release(&record);
	sink_shared_release(&shared);
}

/* Says it in pieces of so many octets; waits are over at once. */
static void
say(struct str text, size_t piece)
{
	size_t from = 0, to = 0;

	while (session.end == SINK_STAYS && to < text.n) {
		to = text.n - to > piece ? to + piece : text.n;
		from +=
		    sink_session_feed(&session, str_sub(text, from, to - from));
		while (session.due_ms != 0 && session.due_ms != SINK_NEVER) {
			sink_session_resume(&session);
			from += sink_session_feed(&session,
			    str_sub(text, from, to - from));
		}
	}
}

static const struct row {
	const char *label, *rule, *says, *hears;
	enum sink_end end;
	long accepted;
} rows[] = {
    {"one message", NULL, "HELO x\r\n" LETTER TEXT "QUIT\r\n",
	"250 sink.test\r\n" OK3 "250 2.0.0 queued as 1\r\n221 2.0.0 bye\r\n",
	SINK_CLOSES, 1},
    {"two", NULL, "HELO x\r\n" LETTER TEXT LETTER TEXT,
	"250 sink.test\r\n" OK3 "250 2.0.0 queued as 1\r\n" OK3
	"250 2.0.0 queued as 2\r\n",
	SINK_STAYS, 2},
    {"other words", NULL, "NOOP\r\nRSET\r\nVRFY a\r\n\r\n",
	"250 2.0.0 ok\r\n250 2.0.0 ok\r\n502 5.5.1 what?\r\n"
	"502 5.5.1 what?\r\n",
	SINK_STAYS, 0},
    {"order", NULL, LETTER "HELO x\r\nRCPT TO:<a@b>\r\nMAIL FROM:a\r\n",
	"503 5.5.1 not now\r\n503 5.5.1 need MAIL\r\n"
	"554 5.5.1 no valid recipients\r\n250 sink.test\r\n"
	"503 5.5.1 need MAIL\r\n501 5.1.7 bad sender\r\n",
	SINK_STAYS, 0},
    {"a reply", "rcpt@1=550 no", "HELO x\r\n" LETTER,
	"250 sink.test\r\n250 2.1.0 ok\r\n550 no\r\n"
	"554 5.5.1 no valid recipients\r\n",
	SINK_STAYS, 0},
    {"421 closes", "mail=421 4.3.2 busy", "HELO x\r\n" LETTER,
	"250 sink.test\r\n421 4.3.2 busy\r\n", SINK_CLOSES, 0},
    {"closes", "mail=close 554-a\\n554 b", "HELO x\r\n" LETTER,
	"250 sink.test\r\n554-a\r\n554 b\r\n", SINK_CLOSES, 0},
    {"drop", "data to:c@d.test=drop", "HELO x\r\n" LETTER,
	"250 sink.test\r\n250 2.1.0 ok\r\n250 2.1.5 ok\r\n", SINK_CUTS, 0},
    {"reset", "dot=reset", "HELO x\r\n" LETTER TEXT, "250 sink.test\r\n" OK3,
	SINK_RESETS, 0},
    {"dot refused", "dot=554 5.7.1 spam", "HELO x\r\n" LETTER TEXT LETTER,
	"250 sink.test\r\n" OK3 "554 5.7.1 spam\r\n" OK3, SINK_STAYS, 0},
    {"lose", "dot=lose", "HELO x\r\n" LETTER TEXT, "250 sink.test\r\n" OK3,
	SINK_CUTS, 1},
    {"lose with a reset", "dot=lose reset", "HELO x\r\n" LETTER TEXT,
	"250 sink.test\r\n" OK3, SINK_RESETS, 1},
    {"stall", "rcpt=stall", "HELO x\r\n" LETTER TEXT,
	"250 sink.test\r\n250 2.1.0 ok\r\n", SINK_STAYS, 0},
    {"late, and in order", "rcpt=delay 5-10", "HELO x\r\n" LETTER TEXT,
	"250 sink.test\r\n" OK3 "250 2.0.0 queued as 1\r\n", SINK_STAYS, 1},
    {"late dot", "dot=delay 5", "HELO x\r\n" LETTER TEXT "QUIT\r\n",
	"250 sink.test\r\n" OK3 "250 2.0.0 queued as 1\r\n221 2.0.0 bye\r\n",
	SINK_CLOSES, 1},
    {"in the text", "body at:10=reset", "HELO x\r\n" LETTER TEXT,
	"250 sink.test\r\n" OK3, SINK_RESETS, 0},
    {"a word within the text", "body at:30=say 250 early",
	"HELO x\r\n" LETTER TEXT,
	"250 sink.test\r\n" OK3 "250 early\r\n250 2.0.0 queued as 1\r\n",
	SINK_STAYS, 1},
    {"a wait within the text", "body at:31=delay 5", "HELO x\r\n" LETTER TEXT,
	"250 sink.test\r\n" OK3 "250 2.0.0 queued as 1\r\n", SINK_STAYS, 1},
    {"behind the text", "body at:999=drop", "HELO x\r\n" LETTER TEXT,
	"250 sink.test\r\n" OK3 "250 2.0.0 queued as 1\r\n", SINK_STAYS, 1},
    {"greylisted", "rcpt grey:0=451 later", "HELO x\r\n" LETTER LETTER TEXT,
	"250 sink.test\r\n250 2.1.0 ok\r\n451 later\r\n"
	"554 5.5.1 no valid recipients\r\n503 5.5.1 not now\r\n"
	"250 2.1.5 ok\r\n354 go on\r\n250 2.0.0 queued as 1\r\n",
	SINK_STAYS, 1},
    {"a quota", "mail quota:1/60 per:conn=452 4.5.3 enough",
	"HELO x\r\n" LETTER TEXT "MAIL FROM:<a@b.test>\r\n",
	"250 sink.test\r\n" OK3 "250 2.0.0 queued as 1\r\n452 4.5.3 enough\r\n",
	SINK_STAYS, 1},
    {"wrong password", "login=535 5.7.8 no",
	"HELO x\r\nAUTH PLAIN AGEAYg==\r\n",
	"250 sink.test\r\n535 5.7.8 no\r\n", SINK_STAYS, 0},
};

static void
one_row(const struct row *row, size_t piece)
{
	sink_options_init(&options);
	begin(row->rule, NULL);
	say(str_of(row->says), piece);
	assert_string_equal(buf_cstr(&session.out), row->hears);
	assert_int_equal(session.end, row->end);
	assert_int_equal(atomic_load(&shared.accepted), row->accepted);
	end();
}

static void
conversations(void **state)
{
	const struct row *row;
	size_t piece;

	(void)state;
	for (row = rows; row < rows + ARRAY_LEN(rows); row++) {
		print_message("%s\n", row->label);
		for (piece = 1; piece < strlen(row->says); piece++)
			one_row(row, piece);
		one_row(row, strlen(row->says));
	}
}

/* Everything cut at the k-th octet that comes in or goes out leaves a session
 * that still holds together. */
static void
cuts(void **state)
{
	static const char *const ways[] = {"drop", "reset", "stall",
	    "421 4.3.2 bye", "garbage 20", "delay 1"};
	struct str all = STR("EHLO x\r\n" LETTER TEXT "QUIT\r\n");
	struct sink_cut cut;
	char rule[40];
	size_t way, k;

	(void)state;
	for (way = 0; way < ARRAY_LEN(ways); way++)
		for (k = 1; k < all.n; k++) {
			sink_options_init(&options);
			snprintf(rule, sizeof(rule), "in at:%zu=%s", k,
			    ways[way]);
			begin(rule, NULL);
			sink_session_find_cut(&session, SINK_IN, &cut);
			assert_int_equal(cut.at, k);
			say(str_sub(all, 0, k), k);
			if (session.end == SINK_STAYS)
				sink_session_cut(&session, &cut);
			assert_null(cut.rule);
			say(str_from(all, k), all.n);
			end();
		}
}

static const struct {
	const char *label, *mechanisms, *user, *password, *token;
	const char *says[4]; /* decoded after the first; NULL: over */
	const char *code;    /* of the last reply */
} logins[] = {
    {"plain", "PLAIN", "u", "p", NULL, {"AUTH PLAIN", "?u?p"}, "235"},
    {"plain, wrong", "PLAIN", "u", "p", NULL, {"AUTH PLAIN", "?u?x"}, "535"},
    {"login", "LOGIN", "u", "p", NULL, {"AUTH login", "u", "p"}, "235"},
    {"login, wrong", "LOGIN", "u", "p", NULL, {"AUTH login", "v", "p"}, "535"},
    {"not offered", "LOGIN", "u", "p", NULL, {"AUTH PLAIN"}, "504"},
    {"xoauth2", "XOAUTH2", "u", NULL, "tok",
	{"AUTH XOAUTH2", "user=u\1auth=Bearer tok\1\1"}, "235"},
    {"xoauth2, any that begins so", "PLAIN XOAUTH2", NULL, NULL, "to*",
	{"AUTH XOAUTH2", "user=u\1auth=Bearer tok2\1\1"}, "235"},
    {"xoauth2, wrong token", "XOAUTH2", "u", NULL, "tok",
	{"AUTH XOAUTH2", "user=u\1auth=Bearer tik\1\1", ""}, "535"},
    {"xoauth2, wrong user", "XOAUTH2", "u", NULL, "tok",
	{"AUTH XOAUTH2", "user=v\1auth=Bearer tok\1\1", ""}, "535"},
    {"oauthbearer", "OAUTHBEARER", "u", NULL, "tok",
	{"AUTH OAUTHBEARER", "n,a=u,\1host=h\1port=1\1auth=Bearer tok\1\1"},
	"235"},
    {"oauthbearer, wrong", "OAUTHBEARER", "u", NULL, "tok",
	{"AUTH OAUTHBEARER", "n,a=u,\1auth=Bearer x\1\1", "\1"}, "535"},
    {"oauthbearer, empty", "OAUTHBEARER", "u", NULL, "tok",
	{"AUTH OAUTHBEARER", "", ""}, "535"},
    {"scram, nonsense", "SCRAM-SHA-256", "u", "p", NULL,
	{"AUTH SCRAM-SHA-256", "n,,n=u"}, "535"},
};

static void
say_response(const char *response)
{
	char plain[100];
	struct buf line;
	size_t i, n = strlen(response);

	for (i = 0; i < n; i++) /* "?" stands for NUL */
		plain[i] = response[i] == '?' ? '\0' : response[i];
	buf_init(&line, 1000);
	base64_encode(&line, (struct str){plain, n});
	buf_puts(&line, "\r\n");
	say(buf_view(&line), line.n);
	buf_release(&line);
}

static void
one_login(size_t i)
{
	struct buf line;
	int k;

	sink_options_init(&options);
	options.mechanisms = logins[i].mechanisms;
	options.user = logins[i].user;
	options.password = logins[i].password;
	options.tokens[0] = logins[i].token;
	options.token_count = logins[i].token != NULL;
	begin(NULL, NULL);
	buf_init(&line, 100);
	buf_printf(&line, "%s\r\n", logins[i].says[0]);
	say(buf_view(&line), line.n);
	buf_release(&line);
	for (k = 1; k < 4 && logins[i].says[k] != NULL; k++) {
		assert_true(str_starts(buf_view(&session.out), STR("334 ")));
		buf_reset(&session.out);
		say_response(logins[i].says[k]);
	}
	assert_true(str_starts(buf_view(&session.out), str_of(logins[i].code)));
	assert_int_equal(session.authenticated,
	    strcmp(logins[i].code, "235") == 0);
	end();
}

static void
logging_in(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(logins); i++) {
		print_message("%s\n", logins[i].label);
		one_login(i);
	}
}

/* S-039: what a bad token is answered. */
static void
a_bad_token_is_told_why(void **state)
{
	(void)state;
	sink_options_init(&options);
	options.mechanisms = "XOAUTH2";
	options.tokens[options.token_count++] = "new";
	begin(NULL, NULL);
	say(STR("AUTH XOAUTH2 dXNlcj1hAWF1dGg9QmVhcmVyIG9sZAEB\r\n"), 99);
	assert_string_equal(buf_cstr(&session.out),
	    "334 eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIiwic2NvcGUiOi"
	    "JodHRwczovL21haWwuZXhhbXBsZS5jb20vIn0=\r\n");
	buf_reset(&session.out);
	say(STR("\r\n"), 2);
	assert_true(str_starts(buf_view(&session.out), STR("535 ")));
	end();
}

/* Ours against it, with the proof of both sides. */
static void
scram(void **state)
{
	struct sasl_params params = {.mechanism = SASL_SCRAM_SHA_256,
	    .username = "u",
	    .password = "p",
	    .host = "h"};
	struct sasl *client = sasl_new(&params);
	struct buf said, asked;
	struct sink_login l;
	enum sink_answer answer = SINK_ASKS;
	struct err err;

	(void)state;
	sink_options_init(&options);
	options.mechanisms = "SCRAM-SHA-256";
	options.user = "u";
	options.password = "p";
	sink_shared_init(&shared, &options);
	sink_login_init(&l, &shared.tokens);
	buf_init(&said, 1000);
	buf_init(&asked, 1000);
	assert_true(sink_login_begin(&l, STR("SCRAM-SHA-256"), &asked));
	while (answer == SINK_ASKS) {
		buf_reset(&said);
		assert_true(sasl_step(client, buf_view(&asked), &said, &err));
		buf_reset(&asked);
		answer = sink_login_take(&l, buf_view(&said), &asked);
	}
	assert_int_equal(answer, SINK_YES);
	assert_true(sasl_done(client));
	assert_string_equal(buf_cstr(&l.user), "u");
	buf_release(&said);
	buf_release(&asked);
	sink_login_release(&l);
	sink_shared_release(&shared);
	sasl_free(client);
}

static void
tokens_end(void **state)
{
	struct sink_tokens tokens;

	(void)state;
	sink_options_init(&options);
	sink_tokens_init(&tokens, &options);
	assert_true(sink_tokens_good(&tokens, STR("any")));
	options.token_life_s = 1;
	assert_true(sink_tokens_good(&tokens, STR("any")));
	usleep(1050000);
	assert_false(sink_tokens_good(&tokens, STR("any")));
	assert_true(sink_tokens_good(&tokens, STR("another")));
	sink_tokens_release(&tokens);
}

/* Everything a session can log, with the times and numbers left out. */
static void
the_log(void **state)
{
	const char *log = scratch_path(*state, "log");
	struct str rest, line, word;
	struct buf text, short_form;
	struct err err;

	sink_options_init(&options);
	assert_true(sink_record_parse_events("all", &options.events, &err));
	assert_false(sink_record_parse_events("x", &options.events, &err));
	begin("dot@2=lose", log);
	say(STR("HELO x\r\nAUTH PLAIN AGEAYg==\r\n" LETTER TEXT), 999);
	session.sent += session.out.n;
	buf_reset(&session.out);
	say(STR("MAIL FROM:<a\tb@b.test>\r\nRCPT TO:<c@d.test>\r\n"
		"DATA\r\n" TEXT),
	    999);
	end();
	buf_init(&text, 10000);
	buf_init(&short_form, 10000);
	assert_true(file_read(log, &text, &err));
	for (rest = buf_view(&text); str_cut(&rest, '\n', &line);) {
		while (str_cut(&line, '\t', &word))
			if (word.n < 12) {
				buf_str(&short_form, word);
				buf_char(&short_form, ' ');
			}
		buf_char(&short_form, '\n');
	}
	assert_string_equal(buf_cstr(&short_form),
	    "open 1 \n"
	    "login 1 PLAIN a 235 \n"
	    "try 1 a@b.test c@d.test 250 \n"
	    "a@b.test c@d.test <1@b.test> 30 1 1 a \n"
	    "try 1 a b@b.test c@d.test 250 \n"
	    "fault 1 dot lose 0 96 \n"
	    "a b@b.test c@d.test <1@b.test> 30 1 2 a \n"
	    "lost 1 2 \n"
	    "close 1 0 96 \n");
	buf_release(&text);
	buf_release(&short_form);
}

/* A line without end, and one who never reads what is said. */
static void
hostile(void **state)
{
	static char text[100000];
	int i;

	(void)state;
	memset(text, 'a', sizeof(text));
	sink_options_init(&options);
	begin(NULL, NULL);
	assert_int_equal(
	    sink_session_feed(&session, (struct str){text, sizeof(text)}),
	    sizeof(text));
	assert_int_equal(session.end, SINK_CLOSES);
	end();

	sink_options_init(&options);
	begin(NULL, NULL);
	for (i = 0; i + 1 < (int)sizeof(text); i += 2)
		text[i] = '\r', text[i + 1] = '\n';
	for (i = 0; session.end == SINK_STAYS && i < 1000; i++)
		(void)sink_session_feed(&session,
		    (struct str){text, sizeof(text)});
	assert_int_equal(session.end, SINK_RESETS);
	assert_true(session.out.cap <= 1100000);
	end();
}

/* Random octets with commands among them: only ASan is the judge. */
static void
noise(void **state)
{
	static const char *const words[] = {"HELO x\r\n", "DATA\r\n", TEXT,
	    "AUTH LOGIN\r\n", "AUTH XOAUTH2 =\r\n", "RCPT TO:<\r\n",
	    "RCPT TO:<a@b>\r\n", "MAIL FROM:<> SIZE=\r\n", ".\r\n", "\0\r\n",
	    "MAIL FROM:<a@b.test>\r\n", "RSET\r\n", "EHLO\r\n", "AUTH\r\n",
	    "AUTH SCRAM-SHA-256\r\n", "*\r\n", "\n.\n", "STARTTLS\r\n"};
	unsigned seed = 1;
	char junk[64];
	size_t i, n;
	int round;

	(void)state;
	for (round = 0; round < 300; round++) {
		sink_options_init(&options);
		options.mechanisms = "PLAIN LOGIN XOAUTH2 SCRAM-SHA-256";
		begin("rcpt chance:0.3=451 no", NULL);
		for (i = 0; i < 60 && session.end == SINK_STAYS; i++) {
			n = (size_t)rand_r(&seed) % (2 * ARRAY_LEN(words));
			if (n < ARRAY_LEN(words)) {
				say(str_of(words[n]), 7);
				continue;
			}
			for (n = 0; n < sizeof(junk); n++)
				junk[n] = (char)rand_r(&seed);
			say((struct str){junk, sizeof(junk)}, 64);
		}
		end();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(conversations),
	    cmocka_unit_test(cuts),
	    cmocka_unit_test(logging_in),
	    cmocka_unit_test(a_bad_token_is_told_why),
	    cmocka_unit_test(scram),
	    cmocka_unit_test(tokens_end),
	    SCRATCH_TEST(the_log),
	    cmocka_unit_test(hostile),
	    cmocka_unit_test(noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
