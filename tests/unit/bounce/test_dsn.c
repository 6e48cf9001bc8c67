/* Goal: delivery reports are read as they are, not as they should be. */
#include "bounce/dsn.h"

#include "bounce/dsn_address.h"
#include "lib/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct arena arena;

static int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 8U << 20);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

/* All that a report says, on one line. */
static const char *
written(const struct dsn *d)
{
	static char out[8192];
	char status[STATUS_TEXT_MAX];
	size_t n = 0;
	int i;

	out[0] = '\0';
	for (i = 0; i < d->count; i++) {
		const struct dsn_recipient *r = &d->recipients[i];

		n += (size_t)snprintf(out + n, sizeof(out) - n,
		    "%s<%.*s> <%.*s> %s %s %d %.*s:%.*s", i > 0 ? "; " : "",
		    STR_ARG(r->final), STR_ARG(r->original),
		    dsn_action_name(r->action), status_text(r->status, status),
		    r->reply_code, STR_ARG(r->diagnostic_type),
		    STR_ARG(r->diagnostic));
	}
	return out;
}

static const struct {
	const char *label, *raw, *want; /* "": no recipient */
} rows[] = {
    {"as the RFC has it",
	"Reporting-MTA: dns; mx.example.test\n"
	"\n"
	"Final-Recipient: rfc822; ann@example.test\n"
	"Original-Recipient: rfc822;Ann@example.test\n"
	"Action: failed\n"
	"Status: 5.1.1\n"
	"Remote-MTA: dns; in.example.test\n"
	"Diagnostic-Code: smtp; 550 5.1.1 no such user\n",
	"<ann@example.test> <Ann@example.test> failed 5.1.1 550 "
	"smtp:550 5.1.1 no such user"},
    {"two recipients",
	"Reporting-MTA: dns; mx\n\n"
	"Final-Recipient: rfc822; a@example.test\nAction: failed\n"
	"Status: 5.1.1\n\n"
	"Final-Recipient: rfc822; b@example.test\nAction: delayed\n"
	"Status: 4.2.2\n\n",
	"<a@example.test> <> failed 5.1.1 0 :; "
	"<b@example.test> <> delayed 4.2.2 0 :"},
    {"CRLF, folded, trailing blanks",
	"Reporting-MTA: dns; mx\r\n\r\n"
	"Final-Recipient: rfc822;\r\n a@example.test\r\n"
	"Action: failed \r\n"
	"Diagnostic-Code: smtp;\r\n 550 5.1.1\r\n\tgone  \r\n",
	"<a@example.test> <> failed  550 smtp:550 5.1.1\tgone"},
    {"no blank line at all",
	"Reporting-MTA: dns; mx\n"
	"Final-Recipient: rfc822; a@example.test\nAction: failed\n"
	"Status: 5.1.1\n"
	"Final-Recipient: rfc822; b@example.test\nAction: failed\n"
	"Status: 5.2.2\n",
	"<a@example.test> <> failed 5.1.1 0 :; "
	"<b@example.test> <> failed 5.2.2 0 :"},
    {"no blank line, original first",
	"Original-Recipient: rfc822; a@example.test\n"
	"Final-Recipient: rfc822; a1@example.test\nAction: failed\n"
	"Original-Recipient: rfc822; b@example.test\n"
	"Final-Recipient: rfc822; b1@example.test\nAction: delayed\n",
	"<a1@example.test> <a@example.test> failed  0 :; "
	"<b1@example.test> <b@example.test> delayed  0 :"},
    {"blank lines inside a group",
	"Final-Recipient: rfc822; a@example.test\n\n"
	"Action: failed\n\n\nStatus: 5.1.1\n\n"
	"Diagnostic-Code: X-Unix; 67\n",
	"<a@example.test> <> failed 5.1.1 0 X-Unix:67"},
    {"action and status before the name",
	"Action: failed\nStatus: 5.0.0\n\n"
	"Final-Recipient: rfc822; a@example.test\n",
	"<a@example.test> <> failed 5.0.0 0 :"},
    {"no type, angle brackets, comment",
	"Final-Recipient: <a@example.test> (expanded)\nAction: failed\n",
	"<a@example.test> <> failed  0 :"},
    {"words around the address",
	"Final-Recipient: RFC822; Ann a@example.test\n",
	"<a@example.test> <>   0 :"},
    {"no address at all",
	"Final-Recipient: x400; /G=Ann/O=x/\nAction: failed\n",
	"</G=Ann/O=x/> <> failed  0 :"},
    {"only the original",
	"Original-Recipient: rfc822; a@example.test\nStatus: 4.4.1\n",
	"<> <a@example.test>  4.4.1 0 :"},
    {"status with words, action with words",
	"Final-Recipient: rfc822; a@example.test\n"
	"Status: 5.1.1 (permanent failure)\n"
	"Action: FAILED (bad destination)\n",
	"<a@example.test> <> failed 5.1.1 0 :"},
    {"status after a reply code",
	"Final-Recipient: rfc822; a@example.test\nStatus: 550 5.7.1\n",
	"<a@example.test> <>  5.7.1 0 :"},
    {"the first diagnostic counts",
	"Final-Recipient: rfc822; a@example.test\n"
	"Diagnostic-Code: smtp; 450 4.2.1 later\n"
	"Diagnostic-Code: smtp; 550 5.1.1 never\n",
	"<a@example.test> <>   450 smtp:450 4.2.1 later"},
    {"diagnostic without type",
	"Final-Recipient: rfc822; a@example.test\n"
	"Diagnostic-Code: 550 user unknown; sorry\n",
	"<a@example.test> <>   550 :550 user unknown; sorry"},
    {"ports, addresses and versions are no replies",
	"Final-Recipient: rfc822; a@example.test\n"
	"Diagnostic-Code: X-Postfix; connect to 10.0.0.450[1.2.3.4]:587: "
	"4.4.1 5000 450.1 554: refused\n",
	"<a@example.test> <>   554 X-Postfix:connect to "
	"10.0.0.450[1.2.3.4]:587: 4.4.1 5000 450.1 554: refused"},
    {"unknown action",
	"Final-Recipient: rfc822; a@example.test\nAction: eaten\n",
	"<a@example.test> <>   0 :"},
    {"internationalised (RFC 6533)",
	"Final-Recipient: utf-8; \xc3\xa4nn@example.test\n"
	"Original-Recipient: UTF-8; \\x{E4}nn\\x{2b}x@example.test\n",
	"<\xc3\xa4nn@example.test> <\xc3\xa4nn+x@example.test>   0 :"},
    {"lines that are no fields",
	"blah blah\nFinal-Recipient: rfc822; a@example.test\n=====\n"
	"Action: failed\n",
	"<a@example.test> <> failed  0 :"},
    {"only the fields of the message", "Reporting-MTA: dns; mx\n\n", ""},
    {"empty", "", ""},
    {"blank lines", "\n\r\n\n", ""},
    {"empty values", "Final-Recipient:\nAction:\nStatus:\nDiagnostic-Code:\n",
	""},
    {"words only", "There was a problem with your message.\n", ""},
};

static void
test_reports(void **state)
{
	struct dsn d;
	size_t i;
	bool ok;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		ok = dsn_parse(&d, str_of(rows[i].raw), &arena);
		if (ok != (*rows[i].want != '\0') ||
		    strcmp(written(&d), rows[i].want) != 0)
			fail_msg("%s: %s", rows[i].label, written(&d));
	}
}

static void
test_message_fields(void **state)
{
	const struct str raw =
	    STR("Original-Envelope-Id: v+2Bx+3D1\n"
		"Reporting-MTA: dns; mx.example.test\n"
		"Arrival-Date: Mon, 23 Nov 2026 09:00:00 +0000\n\n"
		"Final-Recipient: rfc822; a@example.test\n"
		"Remote-MTA: dns; in.example.test\n"
		"Last-Attempt-Date: Mon, 23 Nov 2026 09:00:01 +0000\n"
		"Will-Retry-Until: Sat, 28 Nov 2026 09:00:00 +0000\n");
	struct dsn d;

	(void)state;
	assert_true(dsn_parse(&d, raw, &arena));
	assert_true(str_eq(d.envelope_id, STR("v+x=1")));
	assert_true(str_eq(d.reporting_mta, STR("mx.example.test")));
	assert_true(str_starts(d.arrival_date, STR("Mon, 23 Nov")));
	assert_true(str_eq(d.recipients[0].remote_mta, STR("in.example.test")));
	assert_true(str_ends(d.recipients[0].last_attempt, STR("01 +0000")));
	assert_true(str_starts(d.recipients[0].will_retry_until, STR("Sat")));
	assert_false(d.cut);
}

static void
test_xtext(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"ann+2Bx@example.test", "ann+x@example.test"},
	    {"b+2Ba+3Db@example.test", "b+a=b@example.test"},
	    {"ann+42@example.test", "ann+42@example.test"},
	    {"ann+2b@example.test", "ann+2b@example.test"},
	    {"ann+tag+2Bx@example.test", "ann+tag+2Bx@example.test"},
	    {"a=b+2B@example.test", "a=b+2B@example.test"},
	    {"plain@example.test", "plain@example.test"},
	    {"end+2", "end+2"},
	    {"", ""},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++)
		if (!str_eq(dsn_xtext(str_of(cases[i].text), &arena),
			str_of(cases[i].want)))
			fail_msg("%s", cases[i].text);
}

static void
test_escapes(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"\\x{1F600}@x", "\xf0\x9f\x98\x80@x"},
	    {"\\x{D800}@x", "\xef\xbf\xbd@x"},
	    {"\\x{}@x", "\\x{}@x"},
	    {"\\x{zz}@x", "\\x{zz}@x"},
	    {"\\x{41@x", "\\x{41@x"},
	    {"\\x{000000000041}@x", "\\x{000000000041}@x"},
	    {"\\x{0A}@x", "\\x{0A}@x"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++)
		if (!str_eq(dsn_address(str_of(cases[i].text), STR("utf-8"),
				&arena),
			str_of(cases[i].want)))
			fail_msg("%s", cases[i].text);
}

static void
test_too_many(void **state)
{
	struct buf b;
	struct dsn d;
	int i;

	(void)state;
	buf_init(&b, 1U << 20);
	for (i = 0; i < DSN_RECIPIENTS_MAX + 50; i++)
		buf_printf(&b,
		    "Final-Recipient: rfc822; u%d@example.test\n"
		    "Action: failed\n\n",
		    i);
	assert_true(dsn_parse(&d, buf_view(&b), &arena));
	assert_int_equal(d.count, DSN_RECIPIENTS_MAX);
	assert_true(d.cut);
	assert_true(str_eq(d.recipients[199].final, STR("u199@example.test")));
	buf_release(&b);
}

/* No room in the arena is no reason to die. */
static void
test_arena_too_small(void **state)
{
	struct arena small;
	struct dsn d;
	size_t max;

	(void)state;
	for (max = 64; max < 70000; max += 997) {
		arena_init(&small, max);
		(void)dsn_parse(&d, str_of(rows[0].raw), &small);
		arena_release(&small);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reports),
	    cmocka_unit_test(test_message_fields),
	    cmocka_unit_test(test_xtext),
	    cmocka_unit_test(test_escapes),
	    cmocka_unit_test(test_too_many),
	    cmocka_unit_test(test_arena_too_small),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
