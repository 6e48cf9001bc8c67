/* Goal: what a relay changed is told, and nothing else; the features follow
 * (S-062). */
#include "bounce/read_back_report.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define TOKEN "abcdefghijklmnopqrstuvwxyz23456789"
#define PATH  "Return-Path: <b+" TOKEN "@a.test>\n"
#define ID    "Message-ID: <" TOKEN "@a.test>\n"
#define FROM  "From: A <news@a.test>\n"
#define LIST  "List-Unsubscribe: <https://a.test/u/" TOKEN ">\n"
#define POST  "List-Unsubscribe-Post: List-Unsubscribe=One-Click\n"
#define SIGN                                                      \
	"DKIM-Signature: d=a.test; s=k; h=From:List-Unsubscribe:" \
	"List-Unsubscribe-Post\n"
#define REST    "Subject: [Test] Self-test " TOKEN "\n"
#define RESULTS "Authentication-Results: mx.test; "

enum {
	RETURN_PATH = 1,
	MESSAGE_ID = 2,
	WRITER = 4,
	UNSUBSCRIBE = 8,
	DKIM = 16,
	AUTHENTICATION = 32
};

static const struct read_back_sent sent = {
    .token = STR(TOKEN),
    .return_path = STR("b+" TOKEN "@a.test"),
    .message_id = STR("<" TOKEN "@a.test>"),
    .from = STR("A <news@a.test>"),
    .list_unsubscribe = STR("<https://a.test/u/" TOKEN ">"),
    .list_unsubscribe_post = STR("List-Unsubscribe=One-Click"),
};

static const struct {
	const char *header;
	unsigned wrong;
	bool verp, one_click;
} rows[] = {
    {PATH ID FROM LIST POST SIGN REST, 0, true, true},
    /* folded anew, named anew, in another case */
    {"Return-Path: B+" TOKEN "@A.test\nMessage-Id:\n\t<" TOKEN "@a.test>\n"
     "From: \"Other\"\n <News@a.test>\nList-Unsubscribe:\n "
     "<https://a.test/u/" TOKEN
     ">\nlist-unsubscribe-post: List-Unsubscribe=One-Click\n" SIGN REST,
	0, true, true},
    {ID FROM LIST POST SIGN REST, 0, true, true}, /* not told */
    {"Return-Path: <b@a.test>\n" ID FROM LIST POST SIGN REST, RETURN_PATH,
	false, true},
    {"Return-Path: <>\n" ID FROM LIST POST SIGN REST, RETURN_PATH, false, true},
    {PATH "Message-ID: <1@b.test>\n" FROM LIST POST SIGN REST, MESSAGE_ID, true,
	true},
    {PATH FROM LIST POST SIGN REST, MESSAGE_ID, true, true},
    {PATH ID "From: A <me@b.test>\n" LIST POST SIGN REST, WRITER, true, true},
    {PATH ID "From: news@a.test <me@b.test>\n" LIST POST SIGN REST, WRITER,
	true, true},
    {PATH ID FROM POST SIGN REST, UNSUBSCRIBE, true, false},
    {PATH ID FROM LIST SIGN REST, UNSUBSCRIBE, true, false},
    {PATH ID FROM SIGN REST, UNSUBSCRIBE, true, false},
    {PATH ID FROM LIST POST REST, DKIM, true, false},
    {PATH ID FROM LIST POST REST "DKIM-Signature: d=a; h=From\n", DKIM, true,
	false},
    {PATH ID FROM LIST POST REST "DKIM-Signature: d=a; h=From\n" SIGN, 0, true,
	true},
    {RESULTS "dkim=fail\n" PATH ID FROM LIST POST SIGN REST,
	DKIM | AUTHENTICATION, true, false},
    {RESULTS "dkim=pass; spf=fail\n" PATH ID FROM LIST POST SIGN REST,
	AUTHENTICATION, true, true},
    {RESULTS "dkim=pass; dmarc=fail\n" PATH ID FROM LIST POST SIGN REST,
	AUTHENTICATION, true, true},
    {RESULTS "dkim=pass; spf=softfail\n" PATH ID FROM LIST POST SIGN REST, 0,
	true, true},
    {"\xff\xfe:\n", MESSAGE_ID | WRITER | UNSUBSCRIBE | DKIM, true, false},
};

static unsigned
wrong_of(const struct read_back_report *r)
{
	static const char *const names[] = {"return_path", "message_id", "from",
	    "list_unsubscribe", "dkim", "authentication"};
	unsigned wrong = 0;
	size_t i;
	int n;

	for (n = 0; n < r->step_count; n++)
		for (i = 0; i < ARRAY_LEN(names); i++)
			if (!r->steps[n].ok &&
			    strcmp(r->steps[n].name, names[i]) == 0)
				wrong |= 1U << i;
	return wrong;
}

static void
test_changes(void **state)
{
	struct read_back_report report;
	struct arena arena;
	size_t i;

	(void)state;
	arena_init(&arena, 1U << 20);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct read_back_arrival arrival = {.folder = STR("INBOX"),
		    .header = str_of(rows[i].header)};

		read_back_report(&report, &sent, &arrival, &arena);
		assert_int_equal(report.step_count, READ_BACK_STEPS_MAX);
		if (wrong_of(&report) != rows[i].wrong)
			fail_msg("row %zu: %#x", i, wrong_of(&report));
		assert_int_equal(report.verp, rows[i].verp);
		assert_int_equal(report.one_click, rows[i].one_click);
	}
	arena_release(&arena);
}

/* A stranger's bytes reach the database as text, and not too much of it. */
static void
test_details(void **state)
{
	struct read_back_report report;
	struct read_back_arrival arrival = {.folder = STR("INBOX"),
	    .after_ms = 61250};
	struct arena arena;
	struct buf header, json;
	int i;

	(void)state;
	arena_init(&arena, 1U << 20);
	buf_init(&header, 1U << 16);
	buf_init(&json, 1U << 16);
	buf_puts(&header, "From: =?utf-8?q?=C3=A4?= \xff\x01 <");
	for (i = 0; i < 4000; i++)
		buf_char(&header, 'x');
	buf_puts(&header, ">\n");
	arrival.header = buf_view(&header);
	read_back_report(&report, &sent, &arrival, &arena);
	assert_string_equal("in INBOX after 61.2 s",
	    arena_cstr(&arena, report.steps[0].detail));
	for (i = 0; i < report.step_count; i++) {
		assert_true(str_is_utf8(report.steps[i].detail));
		assert_false(str_has_control(report.steps[i].detail));
		assert_true(report.steps[i].detail.n < 1000);
	}
	read_back_report_json(&report, &arrival, &json);
	assert_non_null(strstr(buf_cstr(&json), "\"return_path\":null"));
	assert_non_null(strstr(buf_cstr(&json), "\"from\":false"));
	assert_non_null(strstr(buf_cstr(&json),
	    "\"features\":{\"verp\":true,\"one_click\":false}"));
	assert_non_null(
	    strstr(buf_cstr(&json), "From is replaced by \xc3\xa4"));
	buf_release(&header);
	buf_release(&json);
	arena_release(&arena);
}

/* Reports about it and other tests are not it. */
static void
test_is_it(void **state)
{
	static const struct {
		const char *header;
		bool is_it;
	} mails[] = {
	    {PATH REST, true},
	    {REST, true},
	    {"Subject: [EXTERNAL] [Test] Self-test\n " TOKEN "\n", true},
	    {"Subject: Self-test other\n" ID, false},
	    {"Return-Path: <>\n" REST, false},
	    {REST "Content-Type: multipart/report; x=y\n", false},
	    {"", false},
	};
	struct arena arena;
	size_t i;

	(void)state;
	arena_init(&arena, 1U << 20);
	for (i = 0; i < ARRAY_LEN(mails); i++)
		assert_int_equal(mails[i].is_it,
		    read_back_is_it(str_of(mails[i].header), sent.token,
			&arena));
	arena_release(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_changes),
	    cmocka_unit_test(test_details),
	    cmocka_unit_test(test_is_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
