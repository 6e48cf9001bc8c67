/* Goal: numbers are exact whatever their size, print as Ruby prints them,
 * and compare across kinds. */
#include "lib/base/err.h"
#include "templates/liquid/value_number.h"
#include "tests/unit/templates/liquid_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct row {
	const char *source, *expected; /* "!..." in an error */
};

static void
run_rows(const struct row *rows, size_t n)
{
	struct liquid_case c;
	const char *want, *got;
	bool ok;
	size_t i;

	liquid_case_init(&c);
	for (i = 0; i < n; i++) {
		liquid_case_run(&c, str_of(rows[i].source), NULL, LIQUID_TEXT);
		want = rows[i].expected;
		got = c.rendered ? buf_cstr(&c.out) : c.error.text;
		ok = want[0] == '!' ? !c.rendered && strstr(got, want + 1)
				    : c.rendered && strcmp(got, want) == 0;
		if (!ok)
			fail_msg("%s: '%s', not '%s'", rows[i].source, got,
			    want);
	}
	liquid_case_release(&c);
}

static void
test_whole(void **state)
{
	static const struct row rows[] = {
	    {"{{ 9223372036854775807 | plus: 1 }}", "9223372036854775808"},
	    {"{{ -9223372036854775808 | minus: 1 }}", "-9223372036854775809"},
	    {"{{ 9223372036854775808 | minus: 1 }}", "9223372036854775807"},
	    {"{{ -9223372036854775808 | abs }}", "9223372036854775808"},
	    {"{{ 4294967296 | times: 4294967296 }}", "18446744073709551616"},
	    {"{{ -9223372036854775808 | divided_by: -1 }}",
		"9223372036854775808"},
	    {"{% assign x = 1 %}{% for i in (1..200) %}{% assign x = x | "
	     "times: 2 %}{% endfor %}{{ x }}",
		"16069380442589902755419620923411626025222029937827928353013"
		"76"},
	    {"{{ 1000000000000000000000000000000 | divided_by: 7 }}",
		"142857142857142857142857142857"},
	    {"{{ -1000000000000000000000000000000 | divided_by: 7 }}",
		"-142857142857142857142857142858"},
	    {"{{ -1000000000000000000000000000000 | modulo: 7 }}", "6"},
	    {"{{ 1000000000000000000000000000000 | modulo: -7 }}", "-6"},
	    {"{{ 7 | modulo: 100000000000000000000 }}", "7"},
	    {"{{ -7 | modulo: 100000000000000000000 }}",
		"99999999999999999993"},
	    {"{{ -7 | divided_by: 2 }}", "-4"},
	    {"{{ 7 | modulo: -2 }}", "-1"},
	    {"{{ 1 | divided_by: 0 }}", "!divided by 0"},
	    {"{{ 1 | modulo: 0 }}", "!divided by 0"},
	    {"{{ 123456789012345678901 | round: -3 }}",
		"123456789012345679000"},
	    {"{{ 15 | round: -1 }}{{ -15 | round: -1 }}", "20-20"},
	    {"{{ 15 | round: -5000 }}", "0"},
	    {"{{ 100000000000000000000 | at_least: 5 }}",
		"100000000000000000000"},
	    {"{{ '123456789012345678901x' | plus: 0 }}",
		"123456789012345678901"},
	    {"{{ '1_000' | plus: 1 }}{{ '+5' | plus: 1 }}", "10016"},
	    {"{{ 000000000000000000000000000012 }}", "12"},
	};

	(void)state;
	run_rows(rows, ARRAY_LEN(rows));
}

static void
test_decimal(void **state)
{
	static const struct row rows[] = {
	    {"{{ 0.1 | plus: 0.2 }}", "0.3"},
	    {"{{ 1.1 | times: 1.1 }}", "1.21"},
	    {"{{ '5.50' | plus: 0 }}", "5.5"},
	    {"{{ ' 5.50 ' | plus: 0 }}", "5.5"},
	    {"{{ '+5.5' | plus: 0 }}{{ '.5' | plus: 0 }}", "50"},
	    {"{{ '5.' | plus: 0 }}{{ '1e3' | plus: 0 }}", "51"},
	    {"{{ 1 | divided_by: 3.0 }}", "0.3333333333333333"},
	    {"{{ 2 | divided_by: 3.0 }}", "0.6666666666666666"},
	    {"{{ 9167 | divided_by: 100.0 | round: 2 }}", "91.67"},
	    {"{{ 1.005 | round: 2 }}", "1.01"},
	    {"{{ -2.5 | round }}{{ 2.5 | round }}", "-33"},
	    {"{{ -0.001 | round: 2 }}", "-0.0"},
	    {"{{ 5.666 | round: '1' }}{{ 5.666 | round: 1.9 }}", "5.75.7"},
	    {"{{ 5.0 | round: 3 }}{{ 5.0 | round }}", "5.05"},
	    {"{{ -2.5 | times: 0 }}", "-0.0"},
	    {"{{ -2.5 | plus: 2.5 }}", "0.0"},
	    {"{{ -3 | modulo: 0.1 }}", "0.0"},
	    {"{{ 5.5 | modulo: -2 }}", "-0.5"},
	    {"{{ 1.5 | divided_by: 0 }}", "Infinity"},
	    {"{{ -1.5 | divided_by: 0 }}", "-Infinity"},
	    {"{{ 0.0 | divided_by: 0 }}", "NaN"},
	    {"{{ 1.5 | divided_by: 0 | plus: 1 }}", "Infinity"},
	    {"{{ 1.5 | divided_by: 0 | floor }}",
		"!computation results in 'Infinity'"},
	    {"{{ 1.5 | divided_by: 0 | at_most: 3 }}", "3"},
	    {"{{ 1.5 | modulo: 0 }}", "!divided by 0"},
	    {"{{ 100000000000000000000.0 | ceil }}", "100000000000000000000"},
	    {"{{ 1.2 | ceil }}{{ -1.2 | ceil }}{{ -1.2 | floor }}", "2-1-2"},
	    {"{{ 3 | at_least: 3.5 }}{{ 3 | at_most: 2.5 }}", "3.52.5"},
	    {"{{ 12345678901234567890.0 | plus: 0 }}",
		"1.2345678901234567e+19"},
	    {"{{ 0.00001 | divided_by: 100000.0 }}", "1.0e-10"},
	};

	(void)state;
	run_rows(rows, ARRAY_LEN(rows));
}

/* Too large numbers are told, not cut. */
static void
test_bounds(void **state)
{
	static const struct row rows[] = {
	    {"{% assign x = 10 %}{% for i in (1..11) %}{% assign x = x | "
	     "times: x %}{% endfor %}{{ x | size }}",
		"!more than 2000 digits"},
	    {"{% assign x = '1' %}{% for i in (1..11) %}{% assign x = x | "
	     "append: x %}{% endfor %}{{ x | plus: 1 }}",
		"!more than 2000 digits"},
	    {"{% assign x = 1 %}{% for i in (1..1990) %}{% assign x = x | "
	     "times: 10 %}{% endfor %}{% assign x = x | minus: 1 %}{% if x < "
	     "0 %}no{% endif %}ok",
		"ok"},
	    {"{{ 1 | round: 99999999999 }}", "!too many places"},
	};

	(void)state;
	run_rows(rows, ARRAY_LEN(rows));
}

static void
test_float_text(void **state)
{
	static const struct {
		double v;
		const char *text;
	} rows[] = {
	    {0.0, "0.0"},
	    {-0.0, "-0.0"},
	    {5.0, "5.0"},
	    {-1.5, "-1.5"},
	    {0.1, "0.1"},
	    {0.1 + 0.2, "0.30000000000000004"},
	    {100.0, "100.0"},
	    {123456789.123, "123456789.123"},
	    {1e14, "100000000000000.0"},
	    {1e15, "1.0e+15"},
	    {1e16, "1.0e+16"},
	    {1000000000000002.5, "1000000000000002.5"},
	    {1000000000000003.0, "1.000000000000003e+15"},
	    {0.0001, "0.0001"},
	    {0.00012345, "0.00012345"},
	    {0.00001, "1.0e-05"},
	    {1.5e-7, "1.5e-07"},
	    {1e100, "1.0e+100"},
	    {5e-324, "5.0e-324"},
	    {1.7976931348623157e308, "1.7976931348623157e+308"},
	    {0x1p-44, "5.684341886080802e-14"},
	    {9007199254740993.0, "9.007199254740992e+15"},
	    {2.2250738585072014e-308, "2.2250738585072014e-308"},
	    {(double)INFINITY, "Infinity"},
	    {-(double)INFINITY, "-Infinity"},
	};
	char text[VALUE_FLOAT_TEXT];
	size_t i, n;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		n = value_float_text(rows[i].v, text);
		if (!str_eq((struct str){text, n}, str_of(rows[i].text)))
			fail_msg("%a: %.*s, not %s", rows[i].v, (int)n, text,
			    rows[i].text);
	}
}

/* Any float: what is printed reads back, and with a digit less it does
 * not. */
static void
test_any_float(void **state)
{
	uint64_t seed = 88172645463325252ULL;
	char text[VALUE_FLOAT_TEXT + 1], shorter[40];
	char digits[VALUE_FLOAT_TEXT];
	double v;
	int i, n, exponent;

	(void)state;
	for (i = 0; i < 100000; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		memcpy(&v, &seed, sizeof(v));
		if (i % 2 == 0)
			v = (double)(seed % 1000000000) / 1000;
		if (!isfinite(v) || v == 0)
			continue;
		text[value_float_text(v, text)] = '\0';
		if (strtod(text, NULL) != v)
			fail_msg("%a: %s", v, text);
		n = value_float_digits(fabs(v), digits, &exponent);
		snprintf(shorter, sizeof(shorter), "%.*e", n - 2, v);
		if (n > 1 && strtod(shorter, NULL) == v)
			fail_msg("%s is shorter than %s", shorter, text);
	}
}

static void
test_comparison(void **state)
{
	static const struct row rows[] = {
	    {"{% if 9007199254740993 == 9007199254740992.0 %}T{% endif %}", ""},
	    {"{% if 9007199254740993 > 9007199254740992.0 %}T{% endif %}", "T"},
	    {"{% if 18446744073709551616 == 18446744073709551616.0 %}T{% "
	     "endif %}",
		"T"},
	    {"{% if 18446744073709551617 > 18446744073709551616.0 %}T{% "
	     "endif %}",
		"T"},
	    {"{% if -18446744073709551617 < -18446744073709551616.0 %}T{% "
	     "endif %}",
		"T"},
	    {"{% if 18446744073709551616 > 5 %}T{% endif %}", "T"},
	    {"{% if -18446744073709551616 < 5 %}T{% endif %}", "T"},
	    {"{% if 18446744073709551616 == 18446744073709551616 %}T{% endif "
	     "%}",
		"T"},
	    {"{% if 18446744073709551616 < 18446744073709551617 %}T{% endif "
	     "%}",
		"T"},
	    {"{% assign i = 1.0 | divided_by: 0 %}{% if "
	     "18446744073709551616 < i %}T{% endif %}",
		"T"},
	    {"{% if 18446744073709551616 < 'x' %}T{% endif %}",
		"!comparison of Integer with String failed"},
	    {"{% if 'x' < 18446744073709551616 %}T{% endif %}",
		"!comparison of String with Integer failed"},
	    {"{% if 1 == 1.0 %}T{% endif %}", "T"},
	    {"{% if 1 == '1' %}T{% endif %}", ""},
	};

	(void)state;
	run_rows(rows, ARRAY_LEN(rows));
}

static void
test_json(void **state)
{
	struct liquid_case c;
	struct value v;
	struct err err = {0};
	struct buf b;

	(void)state;
	liquid_case_init(&c);
	liquid_case_run(&c, STR("{{ a }} {{ b }} {{ c }} {{ a | plus: b }}"),
	    "{\"a\":123456789012345678901234567890,"
	    "\"b\":-9223372036854775809,\"c\":1.50}",
	    LIQUID_TEXT);
	assert_string_equal(buf_cstr(&c.out),
	    "123456789012345678901234567890 -9223372036854775809 1.5 "
	    "123456789003122306864379792081");
	buf_init(&b, VALUE_JSON_MAX);
	while (b.n < VALUE_DIGITS_MAX)
		buf_char(&b, '9');
	assert_true(value_from_json(&v, buf_view(&b), &c.arena, &err));
	assert_int_equal(v.type, VALUE_BIG);
	buf_char(&b, '9');
	assert_false(value_from_json(&v, buf_view(&b), &c.arena, &err));
	assert_non_null(strstr(err.text, "number is too long"));
	buf_release(&b);
	liquid_case_release(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole),
	    cmocka_unit_test(test_decimal),
	    cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_float_text),
	    cmocka_unit_test(test_any_float),
	    cmocka_unit_test(test_comparison),
	    cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
