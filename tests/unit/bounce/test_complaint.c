/* Goal: complaints are known in every format of feedback loops, and what is
 * none is told apart. */
#include "bounce/complaint.h"

#include "lib/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct inbound_mail m;
static struct complaint c;

static bool
read_mail(const char *raw)
{
	mime_walk(&m, str_of(raw));
	return complaint_read(&c, &m);
}

static void
check_str(struct str got, const char *want)
{
	if (!str_eq(got, str_of(want)))
		fail_msg("'%.*s', not '%s'", STR_ARG(got), want);
}

#define ARF(type, fields)                                                \
	"From: fbl@example.test\nSubject: report\n"                      \
	"Content-Type: multipart/report; report-type=feedback-report;\n" \
	" boundary=b\n\n--b\n\nA report.\n--b\n"                         \
	"Content-Type: " type "\n\n" fields "\n--b\n"                    \
	"Content-Type: message/rfc822\n\nMessage-ID: <1@example.test>\n" \
	"To: ann@example.test\n\nHello\n--b--\n"

static void
test_types(void **state)
{
	static const struct {
		const char *type, *want;
		enum complaint_kind kind;
	} rows[] = {
	    {"abuse", "abuse", COMPLAINT_HEARD},
	    {"Abuse", "abuse", COMPLAINT_HEARD},
	    {"fraud", "fraud", COMPLAINT_HEARD},
	    {"virus", "virus", COMPLAINT_HEARD},
	    {"other", "other", COMPLAINT_HEARD},
	    {"opt-out", "opt-out", COMPLAINT_HEARD},
	    {"x-new; a=b", "x-new", COMPLAINT_HEARD},
	    {"not-spam", "not-spam", COMPLAINT_REVOKED},
	    {"auth-failure", "auth-failure", COMPLAINT_AUTHENTICATION},
	};
	char raw[2048];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(raw, sizeof(raw),
		    ARF("message/feedback-report", "Feedback-Type: %s\n"),
		    rows[i].type);
		assert_true(read_mail(raw));
		check_str(c.type, rows[i].want);
		assert_int_equal(c.kind, rows[i].kind);
		inbound_mail_release(&m);
	}
}

static void
test_fields(void **state)
{
	(void)state;
	assert_true(read_mail(ARF("message/feedback-report",
	    "Feedback-Type: abuse\nUser-Agent: Some/1\n"
	    "Original-Rcpt-To: <ann@example.test>\n"
	    "Original-Rcpt-To: rfc822;Bob@example.test\n"
	    "Original-Rcpt-To: undisclosed <eve@example.test>\n"
	    "Original-Rcpt-To: ANN@example.test\n"
	    "Original-Rcpt-To: redacted\n")));
	assert_int_equal(c.count, 3);
	check_str(c.recipients[0].final, "ann@example.test");
	check_str(c.recipients[1].final, "Bob@example.test");
	check_str(c.recipients[2].final, "eve@example.test");
	check_str(str_of(c.rule), "feedback-report");
	inbound_mail_release(&m);
}

static void
test_sloppy(void **state)
{
	static const char *const fields =
	    "Feedback-Type: fraud\nUser-Agent: Some/1\nVersion: 1\n"
	    "Original-Rcpt-To: ann@example.test\n";
	char raw[2048];
	size_t i;
	const char *const formats[] = {
	    ARF("text/plain", "%s"),
	    "Content-Type: multipart/report; report-type=feedback-report;\n"
	    " boundary=b\n\n--c\n\nA report.\n\n%s\n--c--\n",
	    "Content-Type: text/plain\n\nA report.\n\n%s\n\n"
	    "Return-Path: <a@example.test>\nMessage-ID: <1@example.test>\n",
	    "Content-Type: text/plain\n\n%s\n",
	};

	(void)state;
	for (i = 0; i < ARRAY_LEN(formats); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(raw, sizeof(raw), formats[i], fields);
#pragma GCC diagnostic pop
		if (!read_mail(raw))
			fail_msg("no complaint: %s", raw);
		check_str(c.type, "fraud");
		assert_int_equal(c.count, 1);
		inbound_mail_release(&m);
	}
}

static void
test_other_formats(void **state)
{
	static const struct {
		const char *raw, *rule, *type, *recipient;
	} rows[] = {
	    {"From: staff@hotmail.com\n"
	     "Subject: complaint about message from 192.0.2.1\n"
	     "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
	     "Content-Type: message/rfc822\n"
	     "Content-Disposition: attachment\n\n"
	     "X-HmXmrOriginalRecipient: ann@example.test\n"
	     "Subject: a\n\nHello\n--b--\n",
		"feedback-attached", "abuse", "ann@example.test"},
	    {"From: complaints@email-abuse.amazonses.com\n"
	     "Subject: Complaint about message from 192.0.2.1\n"
	     "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
	     "Content-Type: message/rfc822\n\nSubject: a\n\nHello\n--b--\n",
		"feedback-subject", "abuse", NULL},
	    {"From: a@example.test\nX-Yahoo-Newman-Property: cfl\n"
	     "Subject: a\n\nHello\n",
		"feedback-field", "abuse", NULL},
	    {"From: scomp@aol.net\nX-Loop: scomp\n"
	     "Subject: Client TOS Notification\n\nHello\n",
		"feedback-field", "abuse", NULL},
	    {"From: a@example.test\nContent-Type: multipart/report;\n"
	     " report-type=feedback-report; boundary=b\n\n--b\n\nHi\n--b--\n",
		"feedback-without-report", "abuse", NULL},
	    {"From: Ann <ann@example.test>\nSubject: unsubscribe\n"
	     "Auto-Submitted: auto-replied\nX-Apple-Unsubscribe: true\n\na\n",
		"opt-out-field", "opt-out", "ann@example.test"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		if (!read_mail(rows[i].raw))
			fail_msg("no complaint: %s", rows[i].raw);
		check_str(str_of(c.rule), rows[i].rule);
		check_str(c.type, rows[i].type);
		assert_int_equal(c.kind, strcmp(rows[i].type, "opt-out") == 0
					     ? COMPLAINT_WISH
					     : COMPLAINT_HEARD);
		assert_int_equal(c.count, rows[i].recipient != NULL);
		if (rows[i].recipient != NULL)
			check_str(c.recipients[0].final, rows[i].recipient);
		inbound_mail_release(&m);
	}
}

static void
test_none(void **state)
{
	static const char *const mails[] = {
	    "From: ann@example.test\nSubject: Re: News\n\nYes.\n",
	    "From: ann@example.test\nSubject: spam complaint\n\nI do.\n",
	    "From: abuse@example.test\nSubject: a question\n"
	    "Content-Type: message/rfc822\n\nSubject: a\n\nb\n",
	    "From: ann@example.test\nSubject: Re: News\n\n"
	    "What is this?\n\nFeedback-Type: abuse\n",
	    "From: ann@example.test\nSubject: Re: News\n\nYes.\n\n"
	    "> Feedback-Type: abuse\n> Version: 1\n",
	    "",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(mails); i++) {
		if (read_mail(mails[i]))
			fail_msg("%s: %s", c.rule, mails[i]);
		inbound_mail_release(&m);
	}
}

static void
test_many_recipients(void **state)
{
	struct buf b;
	int i;

	(void)state;
	buf_init(&b, 100000);
	buf_puts(&b, "Content-Type: message/feedback-report\n\n"
		     "Feedback-Type: abuse\n");
	for (i = 0; i < 2 * COMPLAINT_RECIPIENTS_MAX; i++)
		buf_printf(&b, "Original-Rcpt-To: u%d@example.test\n", i);
	assert_true(read_mail(buf_cstr(&b)));
	assert_int_equal(c.count, COMPLAINT_RECIPIENTS_MAX);
	inbound_mail_release(&m);
	buf_release(&b);
}

static void
test_may_be(void **state)
{
	(void)state;
	assert_true(complaint_may_be(STR("From: staff@hotmail.com\n")));
	assert_true(complaint_may_be(STR("X-Loop: scomp\n")));
	assert_true(complaint_may_be(STR("Content-Type: multipart/report;\n"
					 "\treport-type=feedback-report\n")));
	assert_false(complaint_may_be(STR("From: ann@example.test\n")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_types),
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_sloppy),
	    cmocka_unit_test(test_other_formats),
	    cmocka_unit_test(test_none),
	    cmocka_unit_test(test_many_recipients),
	    cmocka_unit_test(test_may_be),
	};

	mime_walk_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
