/* Goal: fields are found by their name, and by what they say. */
#include "bounce/header_sign.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct header_sign signs[] = {
    {"X-Auto", NULL},
    {"Loop", "me"},
};

static void
test_find(void **state)
{
	static const struct {
		const char *header;
		int want;
	} rows[] = {
	    {"", -1},
	    {"From: a\nX-Auto: yes\n", 0},
	    {"x-auto: yes\n", 0},
	    {"X-Auto:\n", -1},
	    {"X-Auto: no\n", -1},
	    {"X-Auto: False\n", -1},
	    {"X-Auto-Not: yes\n", -1},
	    {"Loop: to ME, please\nX-Auto: yes\n", 1},
	    {"Loop: you\nX-Auto: yes\n", 0},
	    {"Loop: you\n", -1},
	};
	const struct header_sign *want, *got;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		want = rows[i].want < 0 ? NULL : &signs[rows[i].want];
		got = header_sign_find(str_of(rows[i].header), signs,
		    ARRAY_LEN(signs));
		if (got != want)
			fail_msg("%s", rows[i].header);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
