/* Goal: the questions of challenge-response systems are known, and those of
 * people are not taken for them. */
#include "bounce/challenge.h"

#include "tests/unit/bounce/answer_case.h"

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
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		answer_check(challenge_rule, rows[i].header, rows[i].subject,
		    rows[i].text, rows[i].rule);
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
