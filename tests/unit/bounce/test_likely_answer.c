/* Goal: answers are told from mail that answers nothing, where only the mail
 * itself is there to tell. */
#include "bounce/likely_answer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
	const char *raw;
	bool want;
} rows[] = {
    {"Subject: News\nIn-Reply-To: <1@example.test>\n\nYes.\n", true},
    {"Subject: News\nReferences: <1@example.test>\n\nYes.\n", true},
    {"Subject: Re: News\n\nYes.\n", true},
    {"Subject: RE : News\n\nYes.\n", true},
    {"Subject: Re[2]: News\n\nYes.\n", true},
    {"Subject: AW: News\n\nJa.\n", true},
    {"Subject: =?utf-8?b?5Zue5aSN77yaTmV3cw==?=\n\n1\n", true},
    {"Subject: News\n\nYes.\n\n> Would you?\n", true},
    {"Subject: News\n\nYes.\n\nOn 3 May 2026, Ann wrote:\nHello.\n", true},
    {"Subject: News\n\nYes.\n\nFrom: Ann\nSent: today\nTo: Bob\n\nHi\n", true},
    {"Subject: News\nContent-Type: text/html\n\n"
     "Yes.<blockquote>Would you?</blockquote>\n",
	true},
    {"Subject: News\n\nBuy this.\n", false},
    {"Subject: Offer: 10 % off\n\nBuy this.\n\n-- \nAnn\n", false},
    {"Subject: News\n\nBuy.\n\n______________________\nAnn\n", false},
    {"\n\n", false},
};

static void
test_rows(void **state)
{
	struct inbound_mail m;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		mime_walk(&m, str_of(rows[i].raw));
		if (likely_answer(&m) != rows[i].want)
			fail_msg("%s", rows[i].raw);
		inbound_mail_release(&m);
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
