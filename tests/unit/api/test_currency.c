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

static const struct {
	const char *text, *code;
	int64_t amount; /* -1: none */
} amounts[] = {
    {"49.90", "EUR", 4990},
    {"49,9", "EUR", 4990},
    {"49", "EUR", 4900},
    {"0", "EUR", 0},
    {"0.01", "USD", 1},
    {"1990", "JPY", 1990},
    {"1.234", "KWD", 1234},
    {"1.2", "KWD", 1200},
    {"999999999999.999", "KWD", 999999999999999},
    {"999999999999", "EUR", 99999999999900},
    {"", "EUR", -1},
    {".5", "EUR", -1},
    {"5.", "EUR", -1},
    {"1.2.3", "EUR", -1},
    {"1,234.50", "EUR", -1},
    {"49.901", "EUR", -1},
    {"19.9", "JPY", -1},
    {"-1", "EUR", -1},
    {"+1", "EUR", -1},
    {"1e3", "EUR", -1},
    {" 1", "EUR", -1},
    {"1234567890123", "EUR", -1},
    {"1", "", -1},
    {"1", "XXX", -1},
};

static void
values_as_people_write_them(void **state)
{
	int64_t got;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(amounts); i++) {
		got = -1;
		if (!currency_parse(str_of(amounts[i].text),
			str_of(amounts[i].code), &got))
			got = -1;
		if (got != amounts[i].amount)
			fail_msg("%s %s: %lld", amounts[i].text,
			    amounts[i].code, (long long)got);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_codes),
	    cmocka_unit_test(values_as_people_write_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
