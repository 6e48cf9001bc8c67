/* Goal: words count where they may stand, whatever their case. */
#include "bounce/signs.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
check(const char *text, unsigned want)
{
	unsigned got = signs_find(str_of(text));

	if (got != want)
		fail_msg("\"%s\": %x, not %x", text, got, want);
}

static void
test_places(void **state)
{
	(void)state;
	check("", 0);
	check(" . ", 0);
	check("unsubscribe", SIGN_UNSUBSCRIBE);
	check(" [UnSubscribe!] ", SIGN_UNSUBSCRIBE);
	check("unsubscribe\n", SIGN_UNSUBSCRIBE);
	check("please\nunsubscribe", SIGN_UNSUBSCRIBE);
	check("unsubscribe him", 0);
	check("I unsubscribe", 0);
	check("automatic reply: a", SIGN_AUTO_SUBJECT | SIGN_AUTO_TEXT);
	check("an automatic reply: a", 0);
	check("Ann is  on\nvacation now", SIGN_ABSENCE);
	check("ОТПИСАТЬСЯ", SIGN_UNSUBSCRIBE);
}

/* Only the beginning of a long text is looked at. */
static void
test_long(void **state)
{
	static const char away[12] = "on vacation ";
	char text[2 * SIGNS_TEXT_MAX];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text + sizeof(text) - 20, " on vacation here \0", 20);
	check(text, 0);
	memcpy(text, away, sizeof(away));
	check(text, SIGN_ABSENCE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_places),
	    cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
