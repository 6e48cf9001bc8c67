/*
 * Goal: what classification needs is found in honest messages, and hostile
 * ones cost neither time nor memory.
 */
#include "bounce/mime_walk.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SLOW_MS 2000 /* under ASan; without it a tenth */

static void
check_str(const char *label, struct str got, const char *want)
{
	if (!str_eq(got, str_of(want)))
		fail_msg("%s: \"%.*s\", not \"%s\"", label, STR_ARG(got), want);
}

static const char report[] =
    "Return-Path: <>\r\n"
    "Delivered-To: bounces+v1@example.test\r\n"
    "X-Original-To: bounces+v2@example.test\r\n"
    "From: MAILER-DAEMON@mx.example.test (Mail Delivery System)\r\n"
    "To: bounces+v1@example.test\r\n"
    "Subject: =?utf-8?q?Undelivered_M=C3=A4il?=\r\n"
    "\treturned\r\n"
    "Date: Mon, 23 Nov 2026 10:00:00 +0100\r\n"
    "Message-Id: <r1@mx.example.test>\r\n"
    "Auto-Submitted: auto-replied (failure)\r\n"
    "Content-Type: multipart/report; report-type=\"Delivery-Status\";\r\n"
    "\tboundary=\"b/1\"\r\n"
    "\r\n"
    "This is a MIME message.\r\n"
    "--b/1\r\n"
    "Content-Type: text/plain; charset=iso-8859-1\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n"
    "\r\n"
    "Nicht zustellbar: =FCber=20=\r\n"
    "Quota\r\n"
    "--b/1\r\n"
    "Content-Type: message/delivery-status\r\n"
    "\r\n"
    "Reporting-MTA: dns; mx\r\n"
    "\r\n"
    "Final-Recipient: rfc822; ann@example.test\r\n"
    "--b/1\r\n"
    "Content-Type: message/rfc822\r\n"
    "\r\n"
    "Message-ID: <v3@example.test>\r\n"
    "Subject: our\r\n"
    " mail\r\n"
    "Content-Type: text/plain\r\n"
    "\r\n"
    "Body of ours\r\n"
    "--b/1--\r\n";

static void
check_report(const char *label, struct inbound_mail *m)
{
	check_str(label, m->from_address, "mailer-daemon@mx.example.test");
	check_str(label, m->to, "bounces+v1@example.test");
	check_str(label, m->subject, "Undelivered M\xc3\xa4il returned");
	check_str(label, m->message_id, "r1@mx.example.test");
	assert_int_equal(m->date_us, 1795424400000000);
	assert_true(m->has_return_path);
	check_str(label, m->return_path, "");
	check_str(label, m->delivered_to, "bounces+v1@example.test");
	check_str(label, m->auto_submitted, "auto-replied");
	check_str(label, m->content_type, "multipart/report");
	check_str(label, m->report_type, "delivery-status");
	check_str(label, str_trim(m->text),
	    "Nicht zustellbar: \xc3\xbc"
	    "ber Quota");
	assert_false(m->text_is_html);
	assert_int_equal(m->delivery_status_count, 1);
	check_str(label, str_trim(m->delivery_status[0]),
	    "Reporting-MTA: dns; mx\n\n"
	    "Final-Recipient: rfc822; ann@example.test");
	assert_true(m->has_returned);
	check_str(label, inbound_mail_returned_field(m, "message-id"),
	    "<v3@example.test>");
	check_str(label, inbound_mail_returned_field(m, "Subject"), "our mail");
	assert_null(inbound_mail_returned_field(m, "X-None").p);
	assert_null(inbound_mail_field(m, "X-None").p);
	check_str(label, inbound_mail_field(m, "X-Original-To"),
	    "bounces+v2@example.test");
	assert_int_equal(m->limits, 0);
}

/* The same report with other line ends, and with what mbox puts before. */
static void
test_report(void **state)
{
	static const struct {
		const char *label, *before, *end;
	} rows[] = {
	    {"CRLF", "", "\r\n"},
	    {"LF", "", "\n"},
	    {"CR", "", "\r"},
	    {"leading lines", "\r\n\n\r", "\r\n"},
	    {"mbox", "From MAILER-DAEMON Mon Nov 23 2026\n", "\n"},
	    {"quoted mbox", "\n>From MAILER-DAEMON\n", "\n"},
	};
	struct inbound_mail m;
	struct buf b;
	const char *c;
	size_t i;

	(void)state;
	buf_init(&b, 1U << 16);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&b);
		buf_puts(&b, rows[i].before);
		for (c = report; *c != '\0'; c++)
			if (*c == '\n')
				buf_puts(&b, rows[i].end);
			else if (*c != '\r')
				buf_char(&b, *c);
		mime_walk(&m, buf_view(&b));
		check_report(rows[i].label, &m);
		inbound_mail_release(&m);
	}
	buf_release(&b);
}

/* A partial fetch may end anywhere. */
static void
test_cut_anywhere(void **state)
{
	struct inbound_mail m;
	size_t n;

	(void)state;
	for (n = 0; n < sizeof(report) - 1; n++) {
		mime_walk(&m, (struct str){report, n});
		assert_true(m.header.n <= n);
		assert_int_equal(m.limits, 0);
		inbound_mail_release(&m);
	}
}

static void
test_reply(void **state)
{
	static const char reply[] =
	    "From: =?utf-8?B?w4RubiBC?= <Ann@Example.TEST>\n"
	    "To: Shop <reply+v1@example.test>\n"
	    "Subject: Re: hello\n"
	    "In-Reply-To: <v1@example.test> (your mail)\n"
	    "References: <a@x>\n <b@x> junk <c@x>\n"
	    "Precedence: Bulk\n"
	    "List-Id: People <people.example.test>\n"
	    "X-Failed-Recipients: x@example.test, y@example.test\n"
	    "X-AutoReply: yes\n"
	    "X-Original-To: reply+v1@example.test\n"
	    "Content-Type: multipart/alternative; boundary=x\n"
	    "\n"
	    "--x\n"
	    "Content-Type: text/html; charset=utf-8\n\n"
	    "<p>Thank &amp; you</p>\n"
	    "--x\n"
	    "Content-Type: text/plain; charset=utf-8\n"
	    "Content-Transfer-Encoding: base64\n\n"
	    "VGhhbmsgeW91IPCfmIA=\n"
	    "--x--\n";
	struct inbound_mail m;

	(void)state;
	mime_walk(&m, str_of(reply));
	check_str("from", m.from, "\xc3\x84nn B <Ann@Example.TEST>");
	check_str("address", m.from_address, "ann@example.test");
	check_str("in reply to", m.in_reply_to, "v1@example.test");
	assert_int_equal(m.reference_count, 3);
	check_str("reference", m.references[0], "a@x");
	check_str("reference", m.references[2], "c@x");
	check_str("precedence", m.precedence, "bulk");
	check_str("list", m.list_id, "People <people.example.test>");
	check_str("failed", m.failed_recipients,
	    "x@example.test, y@example.test");
	assert_true(m.has_auto_reply);
	check_str("delivered", m.delivered_to, "reply+v1@example.test");
	check_str("plain wins", m.text, "Thank you \xf0\x9f\x98\x80");
	assert_false(m.text_is_html || m.has_return_path || m.has_returned);
	inbound_mail_release(&m);
}

static const struct {
	const char *label, *raw, *text;
	bool html;
} texts[] = {
    {"no MIME", "Subject: x\n\nhello\n", "hello", false},
    {"no header", "\n\nhello there\n", "", false},
    {"html only", "Content-Type: text/html\n\n<p>a&lt;b</p>", "a<b", true},
    {"blank plain part, then html",
	"Content-Type: multipart/alternative; boundary=x\n\n--x\n\n \n--x\n"
	"Content-Type: text/html\n\n<b>hi</b>\n--x--\n",
	"hi", true},
    {"attached text is not for reading",
	"Content-Type: multipart/mixed; boundary=x\n\n--x\n"
	"Content-Disposition: attachment\n\nfile\n--x\n\nwords\n--x--\n",
	"words", false},
    {"the first text counts",
	"Content-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--x\n\ntwo\n"
	"--x--\n",
	"one", false},
    {"last part not ended",
	"Content-Type: multipart/mixed; boundary=x\n\n--x\n\none", "one",
	false},
    {"eight bit without charset: UTF-8", "Subject: x\n\n\xc3\xa4\n", "\xc3\xa4",
	false},
    {"eight bit without charset: the other", "Subject: x\n\n\xe4\n", "\xc3\xa4",
	false},
    {"eight bit that lies",
	"Content-Type: text/plain; charset=us-ascii\n\n\xe4\x80\n",
	"\xc3\xa4\xe2\x82\xac", false},
    {"not the charset it says",
	"Content-Type: text/plain; charset=utf-8\n\na\xe4z\n", "a\xef\xbf\xbdz",
	false},
    {"unknown charset", "Content-Type: text/plain; charset=x-none\n\nplain\n",
	"plain", false},
    {"unknown encoding",
	"Content-Type: text/plain\nContent-Transfer-Encoding: 8-bit\n\nplain\n",
	"plain", false},
    {"boundary that never comes",
	"Content-Type: multipart/mixed; boundary=x\n\n--y\n\nwords\n--y--\n",
	"--y\n\nwords\n--y--", false},
    {"no boundary at all", "Content-Type: multipart/mixed\n\nwords\n", "words",
	false},
    {"NUL in encoded text", "Content-Transfer-Encoding: base64\n\nYQBi\n",
	"a b", false},
    {"only an image", "Content-Type: image/png\n\nxyz", "", false},
};

static void
test_texts(void **state)
{
	struct inbound_mail m;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(texts); i++) {
		mime_walk(&m, str_of(texts[i].raw));
		check_str(texts[i].label, str_trim(m.text), texts[i].text);
		assert_int_equal(m.text_is_html, texts[i].html);
		inbound_mail_release(&m);
	}
}

static void
test_kinds_of_report(void **state)
{
	static const char complaint[] =
	    "Content-Type: multipart/report; report-type=feedback-report;"
	    " boundary=x\n\n--x\n\nA complaint\n--x\n"
	    "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n"
	    "--x\nContent-Type: text/rfc822-headers\n\n"
	    "Message-ID: <v1@x>\n\nnot header\n--x--\n";
	static const char receipt[] =
	    "Content-Type: multipart/report; boundary=x\n\n--x\n\nread\n--x\n"
	    "Content-Type: message/disposition-notification\n"
	    "Content-Transfer-Encoding: base64\n\nRmluYWwtUmVjaXBpZW50OiB4\n"
	    "--x--\n";
	static const char global[] =
	    "Content-Type: multipart/report; boundary=x\n\n--x\n"
	    "Content-Type: message/global-delivery-status\n\n"
	    "Final-Recipient: utf-8; \xc3\xa4@x\n--x\n"
	    "Content-Type: message/global-headers\n\nSubject: \xc3\xa4\n"
	    "--x--\n";
	struct inbound_mail m;

	(void)state;
	mime_walk(&m, str_of(complaint));
	assert_true(m.has_feedback_report);
	check_str("complaint", str_trim(m.feedback_report),
	    "Feedback-Type: abuse");
	check_str("returned", m.returned, "Message-ID: <v1@x>\n");
	inbound_mail_release(&m);
	mime_walk(&m, str_of(receipt));
	assert_true(m.has_disposition && !m.has_returned);
	check_str("receipt", m.disposition, "Final-Recipient: x");
	inbound_mail_release(&m);
	mime_walk(&m, str_of(global));
	assert_int_equal(m.delivery_status_count, 1);
	check_str("headers", inbound_mail_returned_field(&m, "Subject"),
	    "\xc3\xa4");
	inbound_mail_release(&m);
}

/* All that reaches the database is UTF-8 without NUL. */
static void
test_repaired(void **state)
{
	const struct str raw =
	    STR("Message-ID: <a\xff\0b@x>\nSubject: \xfe\n"
		"List-Id: \xc0\x80\nContent-Type: message/delivery-status\n\n"
		"Final-Recipient: x\xff\0y\n");
	struct inbound_mail m;

	(void)state;
	mime_walk(&m, raw);
	check_str("id", m.message_id, "a\xef\xbf\xbd b@x");
	assert_true(str_is_utf8(m.header) && str_is_utf8(m.subject));
	assert_true(str_is_utf8(m.list_id));
	assert_int_equal(m.delivery_status_count, 1);
	check_str("report", str_trim(m.delivery_status[0]),
	    "Final-Recipient: x\xef\xbf\xbd y");
	inbound_mail_release(&m);
}

static void
repeat(struct buf *b, const char *what, size_t times)
{
	while (times-- > 0)
		buf_puts(b, what);
}

static void
nested(struct buf *b, size_t times)
{
	size_t i;

	buf_puts(b, "Content-Type: multipart/mixed; boundary=b0\n\n");
	for (i = 0; i < times; i++)
		buf_printf(b,
		    "--b%zu\nContent-Type: multipart/mixed; boundary=b%zu\n\n",
		    i, i + 1);
}

static void
numbered(struct buf *b, const char *before, const char *fmt, size_t times)
{
	size_t i;

	buf_puts(b, before);
	for (i = 0; i < times; i++) {
		buf_puts(b, fmt);
		buf_printf(b, "%zu*=x; ", i);
	}
	buf_puts(b, "\n\nx\n");
}

static void
make_nested(struct buf *b)
{
	nested(b, 1000000);
}

static void
make_nested_messages(struct buf *b)
{
	repeat(b, "Content-Type: message/rfc822\n\n", 1000000);
}

static void
make_parts(struct buf *b)
{
	buf_puts(b, "Content-Type: multipart/mixed; boundary=b\n\n");
	repeat(b, "--b\n\nx\n", 500000);
}

static void
make_recipients(struct buf *b)
{
	repeat(b, "To: a@example.test\n", 500000);
	buf_puts(b, "\nx\n");
}

static void
make_one_long_field(struct buf *b)
{
	buf_puts(b, "From: ");
	repeat(b, "a@example.test, ", 500000);
	buf_puts(b, "\n\nx\n");
}

static void
make_parameters(struct buf *b)
{
	numbered(b, "Content-Type: text/plain; ", "a*", 100000);
}

static void
make_headers_of_parts(struct buf *b)
{
	size_t i;

	buf_puts(b, "Content-Type: multipart/mixed; boundary=b\n\n");
	for (i = 0; i < 100; i++) {
		buf_puts(b, "--b\n");
		repeat(b, "a:\n", 1900);
		buf_puts(b, "\n");
	}
}

static void
make_comments(struct buf *b)
{
	buf_puts(b, "Date: ");
	repeat(b, "(", 500000);
	buf_puts(b, "\nContent-Type: text/plain; (");
	repeat(b, "(", 400000);
	buf_puts(b, "\n\nx\n");
}

static void
make_dashes(struct buf *b)
{
	nested(b, 1000);
	repeat(b, "--zzzz\n", 500000);
}

static void
make_references(struct buf *b)
{
	buf_puts(b, "References: ");
	repeat(b, "<a@x> ", 40000);
	buf_puts(b, "\n\nx\n");
}

static void
make_encoded_words(struct buf *b)
{
	buf_puts(b, "Subject: ");
	repeat(b, "=?utf-8?q?=ff?= ", 15000);
	buf_puts(b, "\n\nx\n");
}

static void
make_html(struct buf *b)
{
	buf_puts(b, "Content-Type: text/html\n\n");
	repeat(b, "<script></scrip ", 60000);
}

static void
make_marks(struct buf *b)
{
	buf_puts(b, "Content-Type: text/html\n\n");
	repeat(b, "<", 1000000);
}

static void
test_hostile(void **state)
{
	static const struct {
		const char *label;
		void (*make)(struct buf *b);
		unsigned limits; /* one of these was reached */
	} rows[] = {
	    {"depth 10^6", make_nested, INBOUND_CUT_PARTS},
	    {"depth 10^6 of messages", make_nested_messages, INBOUND_CUT_PARTS},
	    {"500,000 parts", make_parts, INBOUND_CUT_PARTS},
	    {"500,000 To", make_recipients, INBOUND_CUT_HEADER},
	    {"500,000 addresses", make_one_long_field, INBOUND_CUT_HEADER},
	    {"10^5 RFC 2231 parameters", make_parameters, INBOUND_CUT_HEADER},
	    {"headers of parts", make_headers_of_parts, INBOUND_CUT_PARTS},
	    {"10^5 comments", make_comments, INBOUND_CUT_HEADER},
	    {"separators of nothing", make_dashes, INBOUND_CUT_PARTS},
	    {"40,000 references", make_references, 0},
	    {"15,000 encoded words", make_encoded_words, 0},
	    {"scripts without end", make_html, 0},
	    {"marks without end", make_marks, 0},
	};
	struct inbound_mail m;
	struct buf b;
	int64_t began;
	size_t i;

	(void)state;
	buf_init(&b, 128U << 20);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&b);
		rows[i].make(&b);
		assert_false(b.full);
		began = clock_mono_ms();
		mime_walk(&m, buf_view(&b));
		began = clock_mono_ms() - began;
		if (began > SLOW_MS)
			fail_msg("%s: %d ms", rows[i].label, (int)began);
		if ((m.limits & rows[i].limits) != rows[i].limits)
			fail_msg("%s: limits %x", rows[i].label, m.limits);
		assert_true(m.reference_count <= INBOUND_REFERENCES_MAX);
		inbound_mail_release(&m);
	}
	buf_release(&b);
}

static void
test_long_text(void **state)
{
	struct inbound_mail m;
	struct buf b;

	(void)state;
	buf_init(&b, 1U << 20);
	buf_puts(&b, "Subject: x\n\n");
	repeat(&b, "\xe2\x82\xac", 30000);
	mime_walk(&m, buf_view(&b));
	assert_int_equal(m.limits, INBOUND_CUT_TEXT);
	assert_int_equal(m.text.n, INBOUND_TEXT_MAX / 3 * 3);
	assert_true(str_is_utf8(m.text));
	inbound_mail_release(&m);
	buf_release(&b);
}

static void
test_many_reports(void **state)
{
	struct inbound_mail m;
	struct buf b;

	(void)state;
	buf_init(&b, 1U << 20);
	buf_puts(&b, "Content-Type: multipart/report; boundary=x\n\n");
	repeat(&b, "--x\nContent-Type: message/delivery-status\n\nStatus: x\n",
	    INBOUND_REPORTS_MAX + 1);
	mime_walk(&m, buf_view(&b));
	assert_int_equal(m.delivery_status_count, INBOUND_REPORTS_MAX);
	assert_int_equal(m.limits, INBOUND_CUT_REPORTS);
	inbound_mail_release(&m);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_report),
	    cmocka_unit_test(test_cut_anywhere),
	    cmocka_unit_test(test_reply),
	    cmocka_unit_test(test_texts),
	    cmocka_unit_test(test_kinds_of_report),
	    cmocka_unit_test(test_repaired),
	    cmocka_unit_test(test_long_text),
	    cmocka_unit_test(test_many_reports),
	    cmocka_unit_test(test_hostile),
	};

	mime_walk_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
