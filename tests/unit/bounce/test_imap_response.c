/* Goal: what a response says is read as it was meant, or refused. */
#include "bounce/imap_response.h"

#include "bounce/imap_date.h"
#include "lib/base/clock.h"
#include "lib/mail/sasl.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct reader {
	struct imap_parse parse;
	struct imap_response response;
	struct err err;
};

static int
setup(void **state)
{
	static struct reader r;

	imap_parse_init(&r.parse);
	imap_response_init(&r.response);
	*state = &r;
	return 0;
}

static int
teardown(void **state)
{
	struct reader *r = *state;

	imap_response_release(&r->response);
	imap_parse_release(&r->parse);
	return 0;
}

/* Reads one line (CRLF is added); false when it is refused. */
static bool
take(struct reader *r, const char *line)
{
	struct buf b;
	size_t used;
	bool ok;

	buf_init(&b, 4U << 20);
	buf_printf(&b, "%s\r\n", line);
	r->err.kind = FAIL_NONE;
	if (imap_parse_feed(&r->parse, buf_view(&b), &used, &r->err) !=
	    IMAP_COMPLETE)
		fail_msg("%s: does not parse: %s", line, r->err.text);
	ok = imap_response_read(&r->response, &r->parse, &r->err);
	buf_release(&b);
	return ok;
}

static void
check_str(const char *label, struct str got, const char *want)
{
	if (!str_eq(got, str_of(want)))
		fail_msg("%s: \"%.*s\", not \"%s\"", label, STR_ARG(got), want);
}

static void
test_status(void **state)
{
	static const struct {
		const char *line, *tag;
		enum imap_status status;
		enum imap_code code;
		uint64_t number;
		const char *text;
	} rows[] = {
	    {"* OK hi", "", IMAP_OK, IMAP_CODE_NONE, 0, "hi"},
	    {"* PREAUTH hi", "", IMAP_PREAUTH, IMAP_CODE_NONE, 0, "hi"},
	    {"* BYE [UNAVAILABLE] later", "", IMAP_BYE, IMAP_CODE_UNAVAILABLE,
		0, "later"},
	    {"A1 OK", "A1", IMAP_OK, IMAP_CODE_NONE, 0, ""},
	    {"a1 no [AUTHENTICATIONFAILED] x", "a1", IMAP_NO,
		IMAP_CODE_AUTHENTICATIONFAILED, 0, "x"},
	    {"A1 BAD what", "A1", IMAP_BAD_COMMAND, IMAP_CODE_NONE, 0, "what"},
	    {"* OK [uidvalidity 3857529045] ok", "", IMAP_OK,
		IMAP_CODE_UIDVALIDITY, 3857529045, "ok"},
	    {"* OK [UIDNEXT 4392]", "", IMAP_OK, IMAP_CODE_UIDNEXT, 4392, ""},
	    {"* OK [HIGHESTMODSEQ 9223372036854775807] x", "", IMAP_OK,
		IMAP_CODE_HIGHESTMODSEQ, INT64_MAX, "x"},
	    {"* OK [UIDNEXT many] x", "", IMAP_OK, IMAP_CODE_NONE, 0, "x"},
	    {"* OK [UIDNEXT] x", "", IMAP_OK, IMAP_CODE_NONE, 0, "x"},
	    {"* OK [PERMANENTFLAGS (\\Deleted \\*)] x", "", IMAP_OK,
		IMAP_CODE_NONE, 0, "x"},
	    {"* OK [ALERT] act now", "", IMAP_OK, IMAP_CODE_ALERT, 0,
		"act now"},
	    {"* NO [EXPUNGEISSUED] gone", "", IMAP_NO, IMAP_CODE_EXPUNGEISSUED,
		0, "gone"},
	    {"* OK [no end", "", IMAP_OK, IMAP_CODE_NONE, 0, "[no end"},
	    {"* OK [] x", "", IMAP_OK, IMAP_CODE_NONE, 0, "x"},
	};
	struct reader *r = *state;
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(take(r, rows[i].line));
		assert_int_equal(r->response.kind, IMAP_RESPONSE_STATUS);
		check_str(rows[i].line, r->response.tag, rows[i].tag);
		assert_int_equal(r->response.status, rows[i].status);
		assert_int_equal(r->response.code, rows[i].code);
		check_str(rows[i].line, r->response.text, rows[i].text);
		assert_int_equal(r->response.backoff_ms, -1);
		if (rows[i].number > 0)
			assert_true(r->response.number == rows[i].number);
	}
}

static void
test_throttled(void **state)
{
	struct reader *r = *state;

	assert_true(take(r,
	    "A4 BAD Request is throttled. Suggested Backoff Time: 299961 "
	    "milliseconds"));
	assert_int_equal(r->response.backoff_ms, 299961);
	assert_true(take(r, "A4 OK fine"));
	assert_int_equal(r->response.backoff_ms, -1);
}

static void
test_capability(void **state)
{
	struct reader *r = *state;
	const struct imap_capability *c = &r->response.capability;

	assert_true(take(r,
	    "* CAPABILITY IMAP4rev1 idle SASL-IR AUTH=PLAIN AUTH=XOAUTH2 "
	    "LITERAL+ X-ODD LOGINDISABLED"));
	assert_int_equal(r->response.kind, IMAP_RESPONSE_CAPABILITY);
	assert_true(c->known);
	assert_int_equal(c->features,
	    IMAP_CAN_REV1 | IMAP_CAN_IDLE | IMAP_CAN_SASL_IR |
		IMAP_CAN_LITERAL_PLUS | IMAP_CAN_NOT_LOGIN);
	assert_int_equal(c->mechanisms, 1U << SASL_PLAIN | 1U << SASL_XOAUTH2);
	assert_true(take(r, "A1 OK [CAPABILITY IMAP4rev2 AUTH=PLAIN] in"));
	assert_true(c->known);
	assert_true(c->features & IMAP_CAN_IDLE);
	assert_true(c->features & IMAP_CAN_ESEARCH);
	assert_int_equal(c->mechanisms, 1U << SASL_PLAIN);
	assert_true(take(r, "A1 OK in"));
	assert_false(c->known);
}

static void
test_numbers(void **state)
{
	static const struct {
		const char *line;
		enum imap_response_kind kind;
		uint64_t number;
	} rows[] = {
	    {"* 23 EXISTS", IMAP_RESPONSE_EXISTS, 23},
	    {"* 0 exists", IMAP_RESPONSE_EXISTS, 0},
	    {"* 5 RECENT", IMAP_RESPONSE_OTHER, 5},
	    {"* 44 EXPUNGE", IMAP_RESPONSE_EXPUNGE, 44},
	    {"* FLAGS (\\Seen x)", IMAP_RESPONSE_FLAGS, 0},
	    {"* ENABLED CONDSTORE", IMAP_RESPONSE_OTHER, 0},
	    {"* ID (\"name\" \"Dovecot\")", IMAP_RESPONSE_OTHER, 0},
	    {"* NAMESPACE ((\"\" \"/\")) NIL NIL", IMAP_RESPONSE_OTHER, 0},
	    {"* STATUS INBOX (MESSAGES 3)", IMAP_RESPONSE_OTHER, 0},
	    {"* EXISTS", IMAP_RESPONSE_OTHER, 0},
	};
	struct reader *r = *state;
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(take(r, rows[i].line));
		assert_int_equal(r->response.kind, rows[i].kind);
		assert_true(r->response.number == rows[i].number);
	}
}

static void
check_set(struct reader *r, const char *line, const char *want)
{
	struct buf b;

	if (!take(r, line))
		fail_msg("%s: %s", line, r->err.text);
	buf_init(&b, 4096);
	imap_set_write(&r->response.set, &b);
	check_str(line, buf_view(&b), want);
	buf_release(&b);
}

static void
test_search(void **state)
{
	struct reader *r = *state;

	check_set(r, "* SEARCH", "");
	check_set(r, "* SEARCH ", "");
	check_set(r, "* SEARCH 2 84 3 882", "2:3,84,882");
	check_set(r, "* SEARCH 2 5 (MODSEQ 917162500)", "2,5");
	check_set(r, "* ESEARCH (TAG \"A5\") UID ALL 2,10:11", "2,10:11");
	check_str("tag", r->response.search_tag, "A5");
	check_set(r, "* ESEARCH (TAG \"A5\") UID", "");
	check_set(r, "* ESEARCH (TAG \"A5\") UID COUNT 17 ALL 4:18,21",
	    "4:18,21");
	check_set(r, "* ESEARCH ALL 7", "7");
	check_str("no tag", r->response.search_tag, "");
	check_set(r, "* ESEARCH (TAG \"A5\") UID ALL 1:4294967295",
	    "1:4294967295");
	check_set(r, "* VANISHED 300:310", "300:310");
	assert_false(r->response.earlier);
	check_set(r, "* VANISHED (EARLIER) 41,43:4294967295",
	    "41,43:4294967295");
	assert_true(r->response.earlier);
	assert_int_equal(r->response.set.count, 2);
}

static void
test_list(void **state)
{
	struct reader *r = *state;
	const struct imap_list *l = &r->response.list;

	assert_true(
	    take(r, "* LIST (\\HasNoChildren \\Junk) \"/\" \"A \\\"B\""));
	assert_int_equal(r->response.kind, IMAP_RESPONSE_LIST);
	assert_int_equal(l->use, IMAP_FOLDER_JUNK);
	assert_int_equal(l->separator, '/');
	check_str("name", l->name, "A \"B");
	assert_true(take(r, "* LIST (\\Noselect) NIL {3}\r\na\r\n"));
	assert_int_equal(l->use, IMAP_FOLDER_NOSELECT);
	assert_int_equal(l->separator, '\0');
	check_str("literal name", l->name, "a\r\n");
	assert_true(take(r, "* LIST () \".\" [Gmail]/All"));
	check_str("atom", l->name, "[Gmail]/All");
}

static void
test_fetch(void **state)
{
	struct reader *r = *state;
	const struct imap_fetch *f = &r->response.fetch;

	assert_true(
	    take(r, "* 12 FETCH (FLAGS (\\Seen) UID 4827313 INTERNALDATE "
		    "\"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE 44827 "
		    "BODY[HEADER]<0> {12}\r\nSubject: x\r\n)"));
	assert_int_equal(r->response.kind, IMAP_RESPONSE_FETCH);
	assert_int_equal(r->response.number, 12);
	assert_int_equal(f->uid, 4827313);
	assert_int_equal(f->size, 44827);
	assert_int_equal(f->internal_us, 837596665000000);
	assert_true(f->has_flags && f->seen && f->has_header && !f->has_body);
	check_str("header", f->header, "Subject: x\r\n");

	assert_true(take(r, "* 1 FETCH (UID 2 BODY[] \"abc\")"));
	assert_true(f->has_body && !f->has_header && !f->has_flags);
	check_str("body", f->body, "abc");
	assert_true(take(r, "* 1 FETCH (UID 2 BODY[]<0> NIL)"));
	assert_false(f->has_body);
	assert_true(take(r, "* 1 FETCH (UID 2 BODY[]<0> {0}\r\n)"));
	assert_true(f->has_body);
	assert_true(take(r,
	    "* 1 FETCH (BODYSTRUCTURE ((\"text\" \"plain\" NIL) \"mixed\") "
	    "X-GM-MSGID 12 UID 9)"));
	assert_int_equal(f->uid, 9);
	assert_true(take(r, "* 1 FETCH (UID 9 INTERNALDATE \"never\")"));
	assert_int_equal(f->internal_us, 0);
	assert_true(take(r, "* 1 FETCH ()"));
}

static void
test_refused(void **state)
{
	static const char *const lines[] = {
	    "A1",
	    "*",
	    "A1 CAPABILITY",
	    "A1 (OK)",
	    "* (a)",
	    "* 12",
	    "* 4294967296 EXISTS",
	    "* 0 EXPUNGE",
	    "* SEARCH 0",
	    "* SEARCH -1",
	    "* SEARCH 4294967296",
	    "* SEARCH 1:5",
	    "* ESEARCH (TAG \"A\") UID ALL",
	    "* ESEARCH (TAG \"A\") UID ALL 0",
	    "* ESEARCH (TAG \"A\") UID ALL (1)",
	    "* VANISHED",
	    "* VANISHED 5,",
	    "* LIST",
	    "* LIST x \"/\" y",
	    "* LIST () \"/\"",
	    "* LIST () \"/\" (y)",
	    "* 0 FETCH (UID 1)",
	    "* 1 FETCH",
	    "* 1 FETCH UID",
	    "* 1 FETCH (UID)",
	    "* 1 FETCH (UID 0)",
	    "* 1 FETCH (UID 4294967296)",
	    "* 1 FETCH (UID (1))",
	    "* 1 FETCH (RFC822.SIZE x)",
	    "* 1 FETCH (FLAGS x)",
	    "* 1 FETCH (BODY[] x)",
	    "* 1 FETCH (BODY[] (x))",
	    "* 1 FETCH ((UID) 1)",
	};
	struct reader *r = *state;
	size_t i;

	for (i = 0; i < ARRAY_LEN(lines); i++) {
		if (take(r, lines[i]))
			fail_msg("%s: accepted", lines[i]);
		assert_int_equal(r->err.kind, FAIL_PROTOCOL);
	}
}

/* more ranges than allowed are an error, not memory. */
static void
test_too_many_ranges(void **state)
{
	struct reader *r = *state;
	struct buf b;
	int i;

	buf_init(&b, 1U << 20);
	buf_puts(&b, "* SEARCH");
	for (i = 0; i < IMAP_RANGES_MAX + 1; i++)
		buf_printf(&b, " %d", 2 * i + 1);
	assert_false(b.full);
	assert_false(take(r, buf_cstr(&b)));
	assert_int_equal(r->err.kind, FAIL_LIMIT);
	buf_reset(&b);
	buf_puts(&b, "* VANISHED 1");
	for (i = 1; i < IMAP_RANGES_MAX + 1; i++)
		buf_printf(&b, ",%d", 2 * i + 1);
	assert_false(take(r, buf_cstr(&b)));
	assert_int_equal(r->err.kind, FAIL_LIMIT);
	buf_release(&b);
}

static void
test_dates(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: refused */
	} rows[] = {
	    {"17-Jul-1996 02:44:25 -0700", "1996-07-17T09:44:25Z"},
	    {" 1-Feb-2026 00:00:00 +0000", "2026-02-01T00:00:00Z"},
	    {"01-feb-2026 00:00:00 +0530", "2026-01-31T18:30:00Z"},
	    {"1-Feb-2026 23:59:59 +0000", "2026-02-01T23:59:59Z"},
	    {"1-Foo-2026 23:59:59 +0000", NULL},
	    {"41-Feb-2026 23:59:59 +0000", NULL},
	    {"01-Feb-2026 24:00:00 +0000", NULL},
	    {"01-Feb-2026 23:59:59 0000", NULL},
	    {"01-Feb-2026 23:59:59", NULL},
	    {"", NULL},
	};
	char text[TIME_TEXT_MAX], date[IMAP_DATE_MAX];
	int64_t us;
	size_t i;
	bool ok;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		ok = imap_date_parse(str_of(rows[i].text), &us);
		if (ok != (rows[i].want != NULL))
			fail_msg("%s: %s", rows[i].text, ok ? "ok" : "refused");
		if (ok)
			assert_string_equal(time_rfc3339(us, text),
			    rows[i].want);
	}
	assert_string_equal(imap_date_write(0, date), "1-Jan-1970");
	assert_string_equal(imap_date_write(1800000000000000, date),
	    "15-Jan-2027");
}

static void
test_code_names(void **state)
{
	(void)state;
	assert_string_equal(imap_code_name(IMAP_CODE_NONE), "");
	assert_string_equal(imap_code_name(IMAP_CODE_NONEXISTENT),
	    "NONEXISTENT");
}

#define READER_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    READER_TEST(test_status),
	    READER_TEST(test_throttled),
	    READER_TEST(test_capability),
	    READER_TEST(test_numbers),
	    READER_TEST(test_search),
	    READER_TEST(test_list),
	    READER_TEST(test_fetch),
	    READER_TEST(test_refused),
	    READER_TEST(test_too_many_ranges),
	    cmocka_unit_test(test_dates),
	    cmocka_unit_test(test_code_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
