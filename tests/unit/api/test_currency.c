/* Goal: codes of currencies are known, and nothing that merely looks like one. */
#include "api/currency.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
	const char *code;
	bool exists;
} codes[] = {
    {"AED", true},
    {"EUR", true},
    {"JPY", true},
    {"ZWG", true},
    {"", false},
    {"EU", false},
    {"EURO", false},
    {"eur", false},
    {"ED ", false},
    {"D A", false},
    {" AF", false},
    {"XXX", false},
};

static void
known_codes(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(codes); i++)
		if (currency_exists(str_of(codes[i].code)) != codes[i].exists)
			fail_msg("%s", codes[i].code);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(known_codes)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
