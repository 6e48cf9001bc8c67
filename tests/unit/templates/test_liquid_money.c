/* Goal: amounts as people of each locale write them, whatever the currency's
 * places, sign and size; what is no amount fails. */
#include "lib/base/err.h"
#include "templates/liquid/liquid_money.h"
#include "tests/unit/templates/liquid_case.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NBSP   "\xc2\xa0"
#define NARROW "\xe2\x80\xaf"
#define MINUS  "\xe2\x88\x92"
#define EURO   "\xe2\x82\xac"

/* Renders with a locale. */
static void
render(struct liquid_case *c, const char *source, const char *locale)
{
	struct liquid_data data = {
	    .now_us = CASE_NOW_US,
	    .locale = str_of(locale),
	};
	struct liquid *program;

	arena_reset(&c->arena);
	buf_reset(&c->out);
	c->error.text[0] = '\0';
	assert_true(
	    liquid_compile(&program, str_of(source), LIQUID_HTML, &c->error));
	c->rendered =
	    liquid_render(program, &data, &c->arena, &c->out, &c->error);
	liquid_free(program);
}

static void
test_locales(void **state)
{
	static const struct {
		const char *locale, *amount, *currency, *expected;
	} rows[] = {
	    {"", "12345", "EUR", EURO "123.45"},
	    {"en", "12345", "EUR", EURO "123.45"},
	    {"xx", "123456789", "USD", "$1,234,567.89"},
	    {"en", "-5", "GBP",
		"-\xc2\xa3"
		"0.05"},
	    {"en", "0", "CHF", "CHF" NBSP "0.00"},
	    {"en-CA", "100", "CAD", "$1.00"},
	    {"en", "100", "CAD", "CA$1.00"},
	    {"en-IN", "123456789", "INR",
		"\xe2\x82\xb9"
		"12,34,567.89"},
	    {"de", "12345", "EUR", "123,45" NBSP EURO},
	    {"de", "-123456789", "EUR", "-1.234.567,89" NBSP EURO},
	    {"de-AT", "123456", "EUR", EURO NBSP "1" NBSP "234,56"},
	    {"de_at", "-12345", "EUR", "-" EURO NBSP "123,45"},
	    {"de-CH", "-123456", "CHF",
		"CHF" NBSP "-1\xe2\x80\x99"
		"234.56"},
	    {"de-LI", "12345", "EUR", "123,45" NBSP EURO},
	    {"fr", "123456789", "EUR",
		"1" NARROW "234" NARROW "567,89" NBSP EURO},
	    {"es", "123456", "EUR", "1234,56" NBSP EURO},
	    {"es", "1234567", "EUR", "12.345,67" NBSP EURO},
	    {"nl", "-123456", "EUR", EURO NBSP "-1.234,56"},
	    {"pl", "123456", "PLN", "1234,56" NBSP "z\xc5\x82"},
	    {"sv", "-12345", "SEK", MINUS "123,45" NBSP "kr"},
	    {"pt-BR", "12345", "BRL", "R$" NBSP "123,45"},
	    {"ja", "12345", "JPY",
		"\xef\xbf\xa5"
		"12,345"},
	    {"en", "12345", "JPY",
		"\xc2\xa5"
		"12,345"},
	    {"en", "12345", "KWD", "KWD" NBSP "12.345"},
	    {"en", "5", "KWD", "KWD" NBSP "0.005"},
	    {"de", "12345", "xyz", "123,45" NBSP "XYZ"},
	    {"en", "123456789012345678901234567890", "USD",
		"$1,234,567,890,123,456,789,012,345,678.90"},
	    {"en", "'-0012345'", "USD", "-$123.45"},
	    {"en", "12345.0", "USD", "$123.45"},
	    {"en", "nothing", "USD", ""},
	};
	struct liquid_case c;
	char source[200];
	size_t i;

	(void)state;
	liquid_case_init(&c);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(source, sizeof(source), "{{ %s | money: '%s' }}",
		    rows[i].amount, rows[i].currency);
		render(&c, source, rows[i].locale);
		if (!c.rendered ||
		    strcmp(buf_cstr(&c.out), rows[i].expected) != 0)
			fail_msg("%s %s: '%s' %s", rows[i].locale, source,
			    buf_cstr(&c.out), c.error.text);
	}
	render(&c, "{{ 100 | money: 'EUR', locale: 'de' }}", "en");
	assert_string_equal(buf_cstr(&c.out), "1,00" NBSP EURO);
	liquid_case_release(&c);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *source, *says;
	} rows[] = {
	    {"{{ 'ten' | money: 'EUR' }}", "not a whole number"},
	    {"{{ '' | money: 'EUR' }}", "not a whole number"},
	    {"{{ '-' | money: 'EUR' }}", "not a whole number"},
	    {"{{ '1.5' | money: 'EUR' }}", "not a whole number"},
	    {"{{ 1.5 | money: 'EUR' }}", "smallest unit: 1250 for 12.50"},
	    {"{{ true | money: 'EUR' }}", "not a whole number"},
	    {"{{ 1 | money: 'EURO' }}", "three letters"},
	    {"{{ 1 | money: 'E<R' }}", "three letters"},
	    {"{{ 1 | money: nothing }}", "three letters"},
	};
	struct liquid_case c;
	size_t i;

	(void)state;
	liquid_case_init(&c);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		render(&c, rows[i].source, "en");
		assert_false(c.rendered);
		if (strstr(c.error.text, rows[i].says) == NULL)
			fail_msg("%s: %s", rows[i].source, c.error.text);
	}
	liquid_case_release(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_locales),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
