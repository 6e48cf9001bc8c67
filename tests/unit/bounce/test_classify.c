/*
 * Goal: what is neither a report nor a notification gets its class: no person
 * is taken for a machine, and of two things that a mail is, the one counts
 * that the order says.
 */
#include "bounce/classify.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define FROM "From: Ann <ann@example.test>\n"

static const struct {
	const char *label, *raw;
	enum inbound_class ours, others; /* answers a delivery, or none */
} rows[] = {
    {"a person", FROM "Subject: Re: News\n\nYes.\n", INBOUND_REPLY,
	INBOUND_OTHER},
    {"a person about a bounce",
	FROM "Subject: Re: News\n\nMy mail to bob@example.test came back: "
	     "550 5.1.1 user unknown. What now?\n",
	INBOUND_REPLY, INBOUND_OTHER},
    {"a person who quotes a bounce",
	FROM "Subject: Re: Undelivered Mail\nIn-Reply-To: <1@example.test>\n\n"
	     "What is this?\n\nOn 3 May 2026, MAILER-DAEMON "
	     "<mailer-daemon@example.com> wrote:\n"
	     "> <bob@example.test>: host said: 550 5.1.1 no such user\n",
	INBOUND_REPLY, INBOUND_OTHER},
    {"a person who is postmaster",
	"From: Postmaster <postmaster@example.test>\n"
	"Return-Path: <postmaster@example.test>\nSubject: Re: your question\n"
	"In-Reply-To: <1@example.com>\n\nYou may send again.\n",
	INBOUND_REPLY, INBOUND_OTHER},
    {"a person on vacation",
	FROM "Subject: Re: News\n\nWe are on vacation then, sorry!\n",
	INBOUND_REPLY, INBOUND_OTHER},
    {"a person of Exchange",
	FROM "X-Auto-Response-Suppress: DR, OOF, AutoReply\n"
	     "Subject: Re: News\n\nYes.\n",
	INBOUND_REPLY, INBOUND_OTHER},
    {"an automatic reply",
	FROM "Auto-Submitted: auto-replied\nSubject: Re: News\n\nAway.\n",
	INBOUND_AUTO_REPLY, INBOUND_AUTO_REPLY},
    {"an address that is not read",
	FROM "Auto-Submitted: auto-replied\nSubject: Re: News\n\n"
	     "ann@example.test is no longer in use, ask bob@example.test.\n",
	INBOUND_AUTO_REPLY, INBOUND_AUTO_REPLY},
    {"a wish", FROM "Subject: unsubscribe\n\n\n", INBOUND_UNSUBSCRIBE,
	INBOUND_OTHER},
    {"a wish that a program sends",
	FROM "Auto-Submitted: auto-generated\nSubject: unsubscribe\n\n\n",
	INBOUND_UNSUBSCRIBE, INBOUND_AUTO_REPLY},
    {"a wish and more", FROM "Subject: Re: News\n\nUnsubscribe Bob.\n",
	INBOUND_REPLY, INBOUND_OTHER},
    {"a wish by Apple",
	FROM "Auto-Submitted: auto-replied\nX-Apple-Unsubscribe: true\n"
	     "Subject: unsubscribe\n\na\n",
	INBOUND_COMPLAINT, INBOUND_COMPLAINT},
    {"a challenge",
	FROM "Precedence: bulk\nAuto-Submitted: auto-replied\n"
	     "X-Delivery-Agent: TMDA/1.0.3\nSubject: Please confirm\n\na\n",
	INBOUND_CHALLENGE, INBOUND_CHALLENGE},
    {"a complaint",
	FROM "Auto-Submitted: auto-generated\n"
	     "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n",
	INBOUND_COMPLAINT, INBOUND_COMPLAINT},
    {"failed authentication",
	FROM "Content-Type: message/feedback-report\n\n"
	     "Feedback-Type: auth-failure\n",
	INBOUND_COMPLAINT, INBOUND_COMPLAINT},
    {"no spam",
	FROM "Content-Type: message/feedback-report\n\n"
	     "Feedback-Type: not-spam\n",
	INBOUND_OTHER, INBOUND_OTHER},
    {"a receipt",
	FROM "Auto-Submitted: auto-replied\n"
	     "Content-Type: message/disposition-notification\n\n"
	     "Disposition: manual-action/MDN-sent-manually; displayed\n",
	INBOUND_MDN, INBOUND_MDN},
    {"a receipt without its part",
	FROM "Content-Type: multipart/report; boundary=b;\n"
	     " report-type=disposition-notification\n\n--b\n\nRead.\n--b--\n",
	INBOUND_MDN, INBOUND_MDN},
    {"a report that says nothing",
	FROM "Content-Type: multipart/report; boundary=b;\n"
	     " report-type=delivery-status\n\n--b\n\nOh.\n--b--\n",
	INBOUND_UNPARSED, INBOUND_UNPARSED},
};

static void
check(const char *label, const char *raw, bool ours, enum inbound_class want)
{
	struct classification c;
	struct inbound_mail m;

	mime_walk(&m, str_of(raw));
	classify(&c, &m, ours);
	if (c.class != want)
		fail_msg("%s%s: %s by %s", label, ours ? "" : " of others",
		    inbound_class_name(c.class), c.rule);
	assert_true(c.rule != NULL && c.rule[0] != '\0');
	inbound_mail_release(&m);
}

static void
test_rows(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		check(rows[i].label, rows[i].raw, true, rows[i].ours);
		check(rows[i].label, rows[i].raw, false, rows[i].others);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	};

	mime_walk_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
