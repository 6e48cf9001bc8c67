/*
 * Goal: a notification in words tells whom it is about, why, and whether the
 * delivery has failed, whatever program wrote it; and mail of people and of
 * other machines is none.
 *
 * Samples are invented; only the words that programs are known by are theirs.
 */
#include "bounce/classify.h"
#include "lib/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* A mail, and what it is: "class rule", and a line a recipient, "address
 * action type category". */
struct sample {
	const char *label, *mail, *want;
};

#define MAILER_FIELDS(subject)                  \
	"From: MAILER-DAEMON@mx.example.test\n" \
	"To: news@example.com\n"                \
	"Subject: " subject "\n"
#define MAILER(subject) MAILER_FIELDS(subject) "\n"
#define RETURNED                                           \
	"Received: by mx.example.test; Mon, 23 Nov 2026\n" \
	"From: news@example.com\n"                         \
	"To: Ann <ann@example.test>\n"                     \
	"Subject: March\n"                                 \
	"\n"                                               \
	"write to other@example.test\n"

static const struct sample formats[] = {
    {"qmail",
	MAILER("failure notice") "Hi. This is the qmail-send program at "
				 "mx.example.test.\n"
				 "It could not deliver to these.\n\n"
				 "<ann@example.test>:\n"
				 "192.0.2.1 does not like recipient.\n"
				 "Remote host said: 550 5.1.1 "
				 "<ann@example.test>: no such user\n\n"
				 "<bob@example.test>:\n"
				 "Mailbox is over quota. (#5.2.2)\n\n"
				 "--- Below this line is a copy of the "
				 "message.\n\n" RETURNED,
	"bounce notice-qmail\n"
	"ann@example.test failed hard invalid\n"
	"bob@example.test failed soft full\n"},
    {"exim, by its header field",
	"X-Failed-Recipients: ann@example.test, bob@example.test\n"
	"Auto-Submitted: auto-replied\n" MAILER(
	    "Mail delivery failed: returning message to sender") "This message "
								 "was created "
								 "automatically"
								 " by mail "
								 "delivery "
								 "software.\n\n"
								 "  "
								 "ann@example."
								 "test\n"
								 "    SMTP "
								 "error after "
								 "RCPT "
								 "TO:<ann@"
								 "example.test>"
								 ":\n"
								 "    host "
								 "mx.example."
								 "test "
								 "[192.0.2.1]: "
								 "550 5.1.1 no "
								 "such user\n"
								 "  "
								 "bob@example."
								 "test\n"
								 "    mailbox "
								 "is full\n\n"
								 "------ This "
								 "is a copy of "
								 "the message, "
								 "with its "
								 "headers. "
								 "------"
								 "\n"
								 "\n" RETURNED,
	"bounce notice-exim\n"
	"ann@example.test failed hard invalid\n"
	"bob@example.test failed soft full\n"},
    {"exim, a delay",
	MAILER(
	    "Warning: message 1a-2b-3c delayed 24 hours") "This message was "
							  "created "
							  "automatically by "
							  "mail delivery "
							  "software.\n"
							  "It has not yet been "
							  "delivered to one or "
							  "more of its "
							  "recipients.\n"
							  "The address to "
							  "which the message "
							  "has not yet been "
							  "delivered is:\n\n"
							  "  ann@example.test\n"
							  "    Delay reason: "
							  "451 try again\n\n"
							  "Delivery attempts "
							  "will continue for "
							  "some time.\n",
	"delay notice-exim\n"
	"ann@example.test delayed none \n"},
    {"postfix whose report was lost",
	MAILER(
	    "Undelivered Mail Returned to Sender") "This is the mail system at "
						   "host mx.example.test.\n\n"
						   "For further assistance, "
						   "please send mail to "
						   "<postmaster@mx.test>\n"
						   "You can delete your own "
						   "text from the attached "
						   "returned message.\n\n"
						   "<ann@example.test> "
						   "(expanded from "
						   "<all@example.test>): host\n"
						   "    "
						   "mx2.example.test[192.0.2.1]"
						   " said: 550 5.1.1 "
						   "<ann@example.test>:\n"
						   "    no such user (in reply "
						   "to RCPT TO command)\n",
	"bounce notice-postfix\n"
	"ann@example.test failed hard invalid\n"},
    {"sendmail: the reason it gives",
	MAILER(
	    "Returned mail: see transcript for details") "   ----- The "
							 "following addresses "
							 "had permanent fatal "
							 "errors -----\n"
							 "<ann@example.test>\n"
							 "    (reason: 552 "
							 "5.2.2 mailbox is "
							 "full)\n\n"
							 "   ----- Transcript "
							 "of session follows "
							 "-----\n"
							 "... while talking to "
							 "mx2.example.test.:\n"
							 "550 5.1.1 "
							 "<ann@example.test>..."
							 " User unknown\n\n"
							 "   ----- Message "
							 "header follows "
							 "-----\n" RETURNED,
	"bounce notice-sendmail\n"
	"ann@example.test failed soft full\n"},
    {"sendmail 5: a transcript of several",
	MAILER(
	    "Returned mail: User unknown") "   ----- Transcript of session "
					   "follows -----\n"
					   "550 example.test (smtp)... 550 "
					   "Host unknown\n"
					   "554 <ann@example.test>... 550 Host "
					   "unknown\n"
					   "While talking to mx.example.org:\n"
					   ">>> RCPT To:<bob@example.org>\n"
					   "<<< 552 mailbox is full\n"
					   "550 <bob@example.org>... User "
					   "unknown\n\n"
					   "   ----- Unsent message follows "
					   "-----\n" RETURNED,
	"bounce notice-sendmail\n"
	"ann@example.test failed hard domain\n"
	"bob@example.org failed soft full\n"},
    {"sendmail 5: nobody but in the message that came back",
	MAILER(
	    "Returned mail: Cannot send message for 4 days") "   ----- "
							     "Transcript of "
							     "session follows "
							     "-----\n"
							     "421 example.test "
							     "(smtp)... "
							     "Deferred: "
							     "Connection timed "
							     "out\n\n"
							     "   ----- Unsent "
							     "message follows "
							     "-----\n" RETURNED,
	"bounce notice-sendmail\n"
	"ann@example.test failed soft technical\n"},
    {"exchange",
	"From: System Administrator <postmaster@example.test>\n"
	"To: news@example.com\n"
	"Subject: Undeliverable: March\n\n"
	"Your message\n\n"
	"  To:      Ann; other@example.org\n"
	"  Subject: March\n\n"
	"did not reach the following recipient(s):\n\n"
	"ann@example.test on Mon, 23 Nov 2026 10:00:00 -0000\n"
	"    The recipient name is not recognized: user unknown\n"
	"    MSEXCH:IMS:X:Y:Z 0 (000C05A6)\n",
	"bounce notice-exchange\n"
	"ann@example.test failed hard invalid\n"},
    {"hMailServer",
	"From: <mailer-daemon@mx.example.test>\n"
	"To: news@example.com\n"
	"Subject: Undeliverable: March\n\n"
	"Your message did not reach some of the recipients.\n\n"
	"   Sent: Mon, 23 Nov 2026 10:00:00 -0000\n\n"
	"The following recipient(s) could not be reached:\n\n"
	"ann@example.test\n"
	"   Error Type: SMTP\n"
	"   hMailServer sent: RCPT TO:<ann@example.test>\n"
	"   Remote server replied: 550 5.1.1 no such user\n\n\n"
	"hMailServer\n",
	"bounce notice-hmailserver\n"
	"ann@example.test failed hard invalid\n"},
    {"MailEnable",
	"From: \"Delivery Subsystem\" <POSTMASTER@example.test>\n"
	"To: news@example.com\n"
	"Subject: Message Delivery Failure\n"
	"Auto-Submitted: auto-replied\n\n"
	"MailEnable: Message could not be delivered to some recipients.\n"
	"The following recipient(s) could not be reached:\n\n"
	"\tRecipient: [SMTP:ann@example.test]\n"
	"\tReason: Remote SMTP Server Returned: 552 mailbox is full\n\n"
	"Message headers follow:\n\n" RETURNED,
	"bounce notice-mailenable\n"
	"ann@example.test failed soft full\n"},
    {"Notes",
	MAILER("Undeliverable message") "------- Failure Reasons  --------\n\n"
					"User not listed: no such user\n"
					"ann@example.test\n\n"
					"------- Returned Message "
					"--------\n\n" RETURNED,
	"bounce notice-notes\n"
	"ann@example.test failed hard invalid\n"},
    {"IMail, with a label",
	"From: \"Postmaster\" <postmaster@example.test>\n"
	"To: <news@example.com>\n"
	"Subject: Undeliverable Mail\n"
	"X-Mailer: <SMTP32 v8.12>\n\n"
	"Unknown user: ann@example.test\n\n"
	"Original message follows.\n\n" RETURNED,
	"bounce notice\n"
	"ann@example.test failed hard invalid\n"},
    {"OpenSMTPD",
	"From: Mailer Daemon <daemon@mx.example.test>\n"
	"To: news@example.com\n"
	"Subject: Delivery status notification: error\n\n"
	"    Hi!\n\n"
	"    This is the MAILER-DAEMON, please DO NOT REPLY to this e-mail.\n\n"
	"    An error has occurred for the following list of recipients:\n\n"
	"ann@example.test: 552 5.2.2 mailbox full\n"
	"bob@example.test: 550 5.1.1 no such user\n\n"
	"    Below is a copy of the original message:\n\n" RETURNED,
	"bounce notice-opensmtpd\n"
	"ann@example.test failed soft full\n"
	"bob@example.test failed hard invalid\n"},
    {"a name without a domain",
	"From: \"Mail Delivery Subsystem\" <MAILER-DAEMON@example.test>\n"
	"To: news@example.com\n"
	"Subject: Mail Delivery Problem\n\n"
	"Your mail to the following recipients could not be delivered because\n"
	"they are not accepting mail from news@example.com:\n"
	"\tann42\n",
	"bounce notice-aol\n"
	"ann42@example.test failed block blocked\n"},
    {"Japanese, with English below",
	"From: no-reply@example.test\n"
	"To: news@example.com\n"
	"Subject: メールエラー通知\n\n"
	"メールボックスが一杯です。\n\n"
	"     Could not be delivered to: <ann@example.test>\n"
	"     As their mailbox is full.\n",
	"bounce notice\n"
	"ann@example.test failed soft full\n"},
    {"Russian",
	"X-Failed-Recipients: ann@example.test\n"
	"From: robot@example.test\n"
	"To: news@example.com\n"
	"Subject: Ваше сообщение не доставлено\n\n"
	"Письмо не может быть доставлено:\n\n"
	"  ann@example.test\n"
	"    550 5.1.1 no such user\n",
	"bounce notice\n"
	"ann@example.test failed hard invalid\n"},
    {"Chinese, in a sentence",
	MAILER("系统退信") "无法发送到 ann@example.test\n"
			   "退信原因: 收件人不存在\n",
	"bounce notice\nann@example.test failed hard invalid\n"},
    {"Korean, with a label",
	MAILER(
	    "메일 전송 실패 안내") "메일 전송에 실패하였습니다.\n"
				   "받는사람: ann@example.test\n"
				   "실패 사유: 존재하지 않는 사용자입니다.\n",
	"bounce notice\nann@example.test failed hard invalid\n"},
    {"German, a full mailbox",
	MAILER("Unzustellbar: March") "An diese Adresse nicht zugestellt:\n\n"
				      "  ann@example.test\n\n"
				      "Das Postfach des Empfängers ist voll.\n",
	"bounce notice\nann@example.test failed soft full\n"},
    {"French, on two lines",
	"From: robot@example.test\n"
	"To: news@example.com\n"
	"Subject: RE: March : non remis (delivery failed)\n\n"
	"Votre message n'a pas pu etre delivre a\n"
	"ann@example.test\n",
	"bounce notice\n"
	"ann@example.test failed soft unknown\n"},
    {"several on one line",
	MAILER(
	    "Undelivered Mail") "Delivery to following recipients failed:\n\n"
				"ann@example.test, <bob@example.test>; mailbox "
				"is full\n",
	"bounce notice\n"
	"ann@example.test failed soft full\n"
	"bob@example.test failed soft full\n"},
    {"a report that lost its borders",
	MAILER(
	    "Returned mail: see transcript for details") "--x/y\n"
							 "Some words for "
							 "people.\n\n"
							 "--x/y\n"
							 "Content-Type: "
							 "message/"
							 "delivery-status\n\n"
							 "Reporting-MTA: dns; "
							 "mx.example.test\n\n"
							 "Final-Recipient: "
							 "RFC822; "
							 "ann@example.test\n"
							 "Action: failed\n"
							 "Status: 5.1.1\n\n"
							 "--x/y\n"
							 "Content-Type: "
							 "message/"
							 "rfc822\n\n" RETURNED,
	"bounce dsn-failed\n"
	"ann@example.test failed hard invalid\n"},
    {"two reports that became one mail",
	MAILER_FIELDS("Undelivered Mail Returned to Sender") "Content-Type: "
							     "multipart/"
							     "report; "
							     "report-type="
							     "delivery-status;"
							     "\n"
							     " boundary=b\n\n"
							     "--b\n"
							     "Content-Type: "
							     "message/"
							     "delivery-"
							     "status\n\n"
							     "Final-Recipient: "
							     "rfc822; "
							     "ann@example."
							     "test\n"
							     "Action: "
							     "failed\nStatus: "
							     "5.1.1\n\n"
							     "--b--\n\n"
							     "From "
							     "MAILER-DAEMON "
							     "Mon Nov 23 "
							     "10:00:00 "
							     "2026"
							     "\n" MAILER_FIELDS(
								 "Undelivered "
								 "Mail "
								 "Returned to "
								 "Sender") "Con"
									   "ten"
									   "t-"
									   "Typ"
									   "e: "
									   "mul"
									   "tip"
									   "art"
									   "/re"
									   "por"
									   "t; "
									   "bou"
									   "nda"
									   "ry="
									   "c\n"
									   "\n"
									   "--"
									   "c\n"
									   "Con"
									   "ten"
									   "t-"
									   "Typ"
									   "e: "
									   "mes"
									   "sag"
									   "e/"
									   "del"
									   "ive"
									   "ry-"
									   "sta"
									   "tus"
									   "\n"
									   "\n"
									   "Fin"
									   "al-"
									   "Rec"
									   "ipi"
									   "ent"
									   ": "
									   "rfc"
									   "822"
									   "; "
									   "bob"
									   "@ex"
									   "amp"
									   "le."
									   "tes"
									   "t\n"
									   "Act"
									   "ion"
									   ": "
									   "fai"
									   "led"
									   "\nS"
									   "tat"
									   "us:"
									   " 5."
									   "2."
									   "2\n"
									   "\n"
									   "--"
									   "c--"
									   "\n",
	"bounce dsn-failed\n"
	"ann@example.test failed hard invalid\n"
	"bob@example.test failed soft full\n"},
    {"what SES publishes",
	"From: SNS <no-reply@sns.example.test>\n"
	"To: news@example.com\n"
	"Subject: AWS Notification Message\n\n"
	"{\"Message\":\"{\\\"notificationType\\\":\\\"Bounce\\\","
	"\\\"bounce\\\":"
	"{\\\"bouncedRecipients\\\":[{\\\"emailAddress\\\":"
	"\\\"ann@example.test\\\",\\\"action\\\":\\\"failed\\\","
	"\\\"status\\\":\\\"5.1.1\\\",\\\"diagnosticCode\\\":"
	"\\\"smtp; 550 5.1.1 no such user\\\"}],\\\"feedbackId\\\":"
	"\\\"x@y.test\\\"}}\"}\n",
	"bounce notice-ses\n"
	"ann@example.test failed hard invalid\n"},
    {"without a sender and with sure words",
	"Return-Path: <>\n"
	"From: no-reply@example.test\n"
	"To: news@example.com\n"
	"Subject: Mail\n\n"
	"     Could not be delivered to: <ann@example.test>\n"
	"     As their mailbox is full.\n",
	"bounce notice\n"
	"ann@example.test failed soft full\n"},
};

/* Not notifications, though they speak of mail. */
static const struct sample others[] = {
    {"a person's answer to a notification",
	"From: Bob <bob@example.org>\n"
	"To: news@example.com\n"
	"Subject: Re: Undeliverable: March\n"
	"In-Reply-To: <1@mx.example.test>\n\n"
	"Ann's new address is ann@example.org.\n\n"
	"> Your message could not be delivered to\n"
	"> ann@example.test\n",
	"reply answers-a-delivery\n"},
    {"a person's trouble with a parcel",
	"From: Bob <bob@example.org>\n"
	"To: news@example.com\n"
	"Subject: Re: Question about a delivery problem\n"
	"In-Reply-To: <1@mx.example.test>\n\n"
	"Please send the parcel to my new account, bob@example.net, or for\n"
	"Eve to eve@example.net. The address was invalid.\n",
	"reply answers-a-delivery\n"},
    {"a shop's news of a parcel",
	"From: Shop <service@shop.example.test>\n"
	"To: news@example.com\n"
	"Subject: Your delivery status: delivered\n"
	"Auto-Submitted: auto-generated\n\n"
	"Your parcel was delivered to ann@example.test today.\n",
	"auto_reply auto-submitted\n"},
    {"somebody away",
	"Return-Path: <>\n"
	"From: Ann <ann@example.test>\n"
	"To: news@example.com\n"
	"Auto-Submitted: auto-replied\n"
	"Subject: Out of office\n\n"
	"I have left. My mailbox is no longer read; please write to\n"
	"bob@example.test instead.\n",
	"auto_reply auto-submitted\n"},
    {"an answer that begins with an address",
	"From: Ann <ann@example.test>\n"
	"To: news@example.com\n"
	"Subject: Re: March\n\n"
	"bob@example.test would like it, too. Delivery failed last time.\n",
	"reply answers-a-delivery\n"},
};

static struct str
describe(struct buf *out, const char *mail)
{
	struct classification c;
	struct inbound_mail m;
	int i;

	buf_init(out, 65536);
	mime_walk(&m, str_of(mail));
	classify(&c, &m, true);
	buf_printf(out, "%s %s\n", inbound_class_name(c.class), c.rule);
	for (i = 0; i < c.count; i++)
		buf_printf(out, "%.*s %s %s %s\n",
		    STR_ARG(c.recipients[i].said->final),
		    dsn_action_name(c.recipients[i].action),
		    bounce_type_name(c.recipients[i].diagnosis.type),
		    category_name(c.recipients[i].diagnosis.category));
	inbound_mail_release(&m);
	return buf_view(out);
}

static void
check_all(const struct sample *rows, size_t count)
{
	struct buf got;
	int wrong = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		if (!str_eq(describe(&got, rows[i].mail),
			str_of(rows[i].want))) {
			print_error("%s:\n%snot\n%s", rows[i].label,
			    buf_cstr(&got), rows[i].want);
			wrong++;
		}
		buf_release(&got);
	}
	assert_int_equal(wrong, 0);
}

static void
formats_are_read(void **state)
{
	(void)state;
	check_all(formats, ARRAY_LEN(formats));
}

static void
other_mail_is_left_alone(void **state)
{
	(void)state;
	check_all(others, ARRAY_LEN(others));
}

/* The message that a notification gives back in its text is evidence like one
 * that came as a part. */
static void
what_the_text_gives_back_is_found(void **state)
{
	struct inbound_mail m;

	(void)state;
	mime_walk(&m, str_of(formats[0].mail));
	assert_true(m.has_returned);
	assert_true(str_eq(inbound_mail_returned_field(&m, "To"),
	    STR("Ann <ann@example.test>")));
	assert_true(str_find(m.own_text, STR("other@")) == STR_NOWHERE);
	inbound_mail_release(&m);
}

static void
an_alias_is_kept_beside_its_target(void **state)
{
	struct classification c;
	struct inbound_mail m;

	(void)state;
	mime_walk(&m, str_of(formats[3].mail));
	classify(&c, &m, true);
	assert_int_equal(c.count, 1);
	assert_true(
	    str_eq(c.recipient->said->original, STR("all@example.test")));
	assert_int_equal(c.recipient->said->reply_code, 550);
	inbound_mail_release(&m);
}

/* Ten times the text takes about ten times as long: many addresses on one
 * line, many lines, many announcements of a message. */
static void
hostile_text_costs_no_more_than_its_length(void **state)
{
	static const char *const pieces[] = {"a@b.c ", "550 a@b.c...\n",
	    "original message --\n", "(expanded from ", "\n\n", "@", "<"};
	struct buf raw, got;
	size_t i, n;
	clock_t from;

	(void)state;
	for (i = 0; i < ARRAY_LEN(pieces); i++) {
		buf_init(&raw, INBOUND_RAW_MAX);
		buf_puts(&raw,
		    MAILER("failure notice") "could not be delivered:\n");
		for (n = 0; n < 60000 / strlen(pieces[i]); n++)
			buf_puts(&raw, pieces[i]);
		from = clock();
		describe(&got, buf_cstr(&raw));
		assert_true((clock() - from) * 10 < 20 * CLOCKS_PER_SEC);
		buf_release(&got);
		buf_release(&raw);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(formats_are_read),
	    cmocka_unit_test(other_mail_is_left_alone),
	    cmocka_unit_test(what_the_text_gives_back_is_found),
	    cmocka_unit_test(an_alias_is_kept_beside_its_target),
	    cmocka_unit_test(hostile_text_costs_no_more_than_its_length),
	};

	mime_walk_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
