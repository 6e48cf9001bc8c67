/* Goal: the questions of challenge-response systems are known, and those of
 * people are not taken for them. */
#include "bounce/challenge.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *
rule_of(const char *header, const char *subject, const char *text)
{
	char raw[4096];
	const char *rule;
	struct inbound_mail m;

	snprintf(raw, sizeof(raw),
	    "From: ann@example.test\n%sSubject: %s\n"
	    "Content-Type: text/plain; charset=utf-8\n\n%s\n",
	    header, subject, text);
	mime_walk(&m, str_of(raw));
	rule = challenge_rule(&m);
	inbound_mail_release(&m);
	return rule;
}

static const struct {
	const char *header, *subject, *text, *rule;
} rows[] = {
    {"X-Delivery-Agent: TMDA/1.1.12\n", "Please confirm", "a",
	"challenge-field"},
    {"Reply-To: ann-confirm-1234.5678@example.test\n", "a", "b",
	"challenge-field"},
    {"X-Boxtrapper: yes\n", "a", "b", "challenge-field"},
    {"From: ann@spamarrest.com\n", "a", "b", "challenge-field"},
    {"", "Re: News (verification)",
	"I am protected by Spam Arrest: https://example.test/1",
	"challenge-text"},
    {"", "Your email requires verification verify#1",
	"The message you sent requires that you verify that you are a real "
	"person by answering.",
	"challenge-subject"},
    {"", "Re: News", "I'm using EarthLink spamBlocker: http://example.test/add",
	"challenge-text"},
    {"", "News", "Protégé par Mailinblack : https://example.test/c",
	"challenge-text"},
    {"", "ANTISPAM UOL - confirmação de mensagem",
	"Sua mensagem será entregue depois da confirmação.",
	"challenge-subject"},
    {"", "Re: News",
	"Damit Ihre Nachricht zugestellt wird: "
	"https://example.test/c",
	"challenge-text"},
    {"", "Re: News", "Please confirm my order.", NULL},
    {"", "Please confirm your message", "Did you mean Monday?", NULL},
    {"", "Re: News", "Are you using spam arrest?", NULL},
    {"", "Re: News",
	"Yes.\n\nOn 3 May 2026, Bob <bob@example.test> wrote:\n"
	"> protected by Spam Arrest https://example.test/",
	NULL},
};

static void
test_rows(void **state)
{
	const char *got;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		got = rule_of(rows[i].header, rows[i].subject, rows[i].text);
		if ((got == NULL) != (rows[i].rule == NULL) ||
		    (got != NULL && strcmp(got, rows[i].rule) != 0))
			fail_msg("\"%s\" \"%s\": %s", rows[i].subject,
			    rows[i].text, got != NULL ? got : "none");
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
