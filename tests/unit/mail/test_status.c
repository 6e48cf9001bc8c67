/* Goal: an enhanced status is read where it is one, and an IP address or a
 * version number is not taken for it. */
#include "lib/mail/status.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
a_reply_starts_with_it(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		struct status want;
	} rows[] = {
	    {"5.1.1", 5, {5, 1, 1}},
	    {"5.1.1 User unknown", 5, {5, 1, 1}},
	    {"5.1.1\tUser", 5, {5, 1, 1}},
	    {"5.1.1\r\nUser", 5, {5, 1, 1}},
	    {"5.1.1: User", 5, {5, 1, 1}},
	    {"5.1.1) User", 5, {5, 1, 1}},
	    {"2.0.0 Ok", 5, {2, 0, 0}},
	    {"4.7.650 limited", 7, {4, 7, 650}},
	    {"5.1.10 null MX", 6, {5, 1, 10}},
	    {"5.999.999", 9, {5, 999, 999}},
	    {"", 0, {0, 0, 0}},
	    {" 5.1.1", 0, {0, 0, 0}},
	    {"5", 0, {0, 0, 0}},
	    {"5.", 0, {0, 0, 0}},
	    {"5.1", 0, {0, 0, 0}},
	    {"5.1.", 0, {0, 0, 0}},
	    {"5.1. 1", 0, {0, 0, 0}},
	    {"5..1", 0, {0, 0, 0}},
	    {"3.1.1", 0, {0, 0, 0}},
	    {"1.1.1", 0, {0, 0, 0}},
	    {"6.1.1", 0, {0, 0, 0}},
	    {"55.1.1", 0, {0, 0, 0}},
	    {"5.01.1", 0, {0, 0, 0}},
	    {"5.1.01", 0, {0, 0, 0}},
	    {"5.1000.1", 0, {0, 0, 0}},
	    {"5.1.1000", 0, {0, 0, 0}},
	    {"5.1.1.1", 0, {0, 0, 0}},
	    {"5.1.1x", 0, {0, 0, 0}},
	    {"5.1.1-x", 0, {0, 0, 0}},
	    {"5,1,1", 0, {0, 0, 0}},
	    {"5.-1.1", 0, {0, 0, 0}},
	};
	struct status s;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		s = (struct status){0, 0, 0};
		if (status_parse(&s, str_of(rows[i].text)) != rows[i].n)
			fail_msg("%s", rows[i].text);
		assert_true(status_is(s, rows[i].want.class,
		    rows[i].want.subject, rows[i].want.detail));
	}
}

static void
it_is_found_in_text(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
	    {"550 5.1.1 User unknown", "5.1.1"},
	    {"550-5.1.1 The account", "5.1.1"},
	    {"smtp; 550 5.2.2 full", "5.2.2"},
	    {"sorry, no mailbox (#5.1.1)", "5.1.1"},
	    {"said: <4.2.2>", "4.2.2"},
	    {"refused: 5.7.1.", "5.7.1"},
	    {"refused: 5.7.1, 5.1.1", "5.7.1"},
	    {"code=5.7.26;x", "5.7.26"},
	    {"5.1.1", "5.1.1"},
	    {"[192.0.2.1] 5.1.1", "5.1.1"},
	    {"10.5.1.1", ""},
	    {"5.1.1.9 is blocked", ""},
	    {"[5.1.1.9]", ""},
	    {"v5.1.1", ""},
	    {"Postfix 3.7.11", ""},
	    {"version 5.1.1rc2", ""},
	    {"Linux 5.10.0", ""},
	    {"host-5.1.1-x", ""},
	    {"5.1.1_1", ""},
	    {"no code", ""},
	    {"", ""},
	};
	char text[STATUS_TEXT_MAX];
	struct status s;
	size_t i;
	bool found;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		s = (struct status){0, 0, 0};
		found = status_find(&s, str_of(rows[i].text));
		assert_int_equal(found, rows[i].want[0] != '\0');
		assert_string_equal(status_text(s, text), rows[i].want);
	}
}

/* All that can be written are read back: 3 x 8 x 1000. */
static void
its_text_reads_back(void **state)
{
	static const int classes[] = {2, 4, 5};
	char text[STATUS_TEXT_MAX];
	struct status s, back;
	int i;

	(void)state;
	for (i = 0; i < 24000; i++) {
		s.class = classes[i % 3];
		s.subject = i / 3 % 8;
		s.detail = i / 24;
		status_text(s, text);
		assert_int_equal(status_parse(&back, str_of(text)),
		    strlen(text));
		assert_true(status_is(back, s.class, s.subject, s.detail));
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_reply_starts_with_it),
	    cmocka_unit_test(it_is_found_in_text),
	    cmocka_unit_test(its_text_reads_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
