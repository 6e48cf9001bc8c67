/* Dates: the calendar both ways, RFC 3339 and RFC 5322, bad input. */
#include "lib/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define S INT64_C(1000000)

static void
written_both_ways(void **state)
{
	static const struct {
		int64_t us;
		const char *rfc3339, *rfc5322;
	} rows[] = {
	    {0, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 +0000"},
	    {1796115600 * S, "2026-12-01T09:00:00Z",
		"Tue, 01 Dec 2026 09:00:00 +0000"},
	    {1796115600 * S + 123456, "2026-12-01T09:00:00.123456Z",
		"Tue, 01 Dec 2026 09:00:00 +0000"},
	    {7, "1970-01-01T00:00:00.000007Z",
		"Thu, 01 Jan 1970 00:00:00 +0000"},
	    {-1, "1969-12-31T23:59:59.999999Z",
		"Wed, 31 Dec 1969 23:59:59 +0000"},
	    {-86400 * S, "1969-12-31T00:00:00Z",
		"Wed, 31 Dec 1969 00:00:00 +0000"},
	    {951782400 * S, "2000-02-29T00:00:00Z",
		"Tue, 29 Feb 2000 00:00:00 +0000"},
	    {-2203977600 * S, "1900-02-28T00:00:00Z",
		"Wed, 28 Feb 1900 00:00:00 +0000"},
	    {-2203891200 * S, "1900-03-01T00:00:00Z",
		"Thu, 01 Mar 1900 00:00:00 +0000"},
	    {1709251199 * S, "2024-02-29T23:59:59Z",
		"Thu, 29 Feb 2024 23:59:59 +0000"},
	    {4107542400 * S, "2100-03-01T00:00:00Z",
		"Mon, 01 Mar 2100 00:00:00 +0000"},
	    {-62135596800 * S, "0001-01-01T00:00:00Z",
		"Mon, 01 Jan 0001 00:00:00 +0000"},
	    {253402300799 * S, "9999-12-31T23:59:59Z",
		"Fri, 31 Dec 9999 23:59:59 +0000"},
	};
	char out[TIME_TEXT_MAX];
	int64_t back;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		assert_string_equal(time_rfc3339(rows[i].us, out),
		    rows[i].rfc3339);
		assert_true(time_parse_rfc3339(str_of(out), &back));
		assert_true(back == rows[i].us);
		assert_string_equal(time_rfc5322(rows[i].us, out),
		    rows[i].rfc5322);
	}
	/* What does not fit four digits is still text, and ends. */
	assert_true(strlen(time_rfc3339(INT64_MAX, out)) < sizeof(out));
	assert_true(strlen(time_rfc3339(INT64_MIN, out)) < sizeof(out));
}

static void
read_with_offsets(void **state)
{
	static const struct {
		const char *label, *text, *same_as;
	} rows[] = {
	    {"east", "2026-12-01T10:30:00+01:30", "2026-12-01T09:00:00Z"},
	    {"west", "2026-11-30T23:00:00-10:00", "2026-12-01T09:00:00Z"},
	    {"widest", "2026-12-02T08:59:00+23:59", "2026-12-01T09:00:00Z"},
	    {"unknown offset", "2026-12-01T09:00:00-00:00",
		"2026-12-01T09:00:00Z"},
	    {"small letters", "2026-12-01t09:00:00z", "2026-12-01T09:00:00Z"},
	    {"a date alone", "2026-12-01", "2026-12-01T00:00:00Z"},
	    {"tenths", "2026-12-01T09:00:00.5Z", "2026-12-01T09:00:00.500000Z"},
	    {"finer than kept", "2026-12-01T09:00:00.1234569999999999999Z",
		"2026-12-01T09:00:00.123456Z"},
	    {"fraction and offset", "2026-12-01T10:00:00.25+01:00",
		"2026-12-01T09:00:00.250000Z"},
	    {"leap second", "2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"},
	    {"leap second in the west", "2016-12-31T15:59:60.5-08:00",
		"2017-01-01T00:00:00.500000Z"},
	    {"leap day", "2024-02-29", "2024-02-29T00:00:00Z"},
	    {"into the next year", "2026-12-31T23:30:00-01:00",
		"2027-01-01T00:30:00Z"},
	};
	char out[TIME_TEXT_MAX];
	int64_t us;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		if (!time_parse_rfc3339(str_of(rows[i].text), &us))
			fail_msg("%s is refused", rows[i].label);
		assert_string_equal(time_rfc3339(us, out), rows[i].same_as);
	}
}

static void
bad_input_is_refused(void **state)
{
	static const char *const rows[] = {"", "2026", "2026-12", "2026-12-1",
	    "26-12-01", "2026-00-01", "2026-13-01", "2026-12-00", "2026-12-32",
	    "2026-11-31", "2026-02-29", "1900-02-29", "2100-02-29",
	    "2026/12/01", "20261201", "-026-12-01", "+2026-12-01",
	    "2026-12-01 ", " 2026-12-01", "2026-12-01T", "2026-12-01T09",
	    "2026-12-01T09:00", "2026-12-01T09:00Z", "2026-12-01T09:00:00",
	    "2026-12-01 09:00:00Z", "2026-12-01T24:00:00Z",
	    "2026-12-01T09:60:00Z", "2026-12-01T09:00:61Z",
	    "2026-12-01T09:00:60Z", "2016-12-31T23:59:60+01:00",
	    "2026-12-01T9:00:00Z", "2026-12-01T09:00:00.Z",
	    "2026-12-01T09:00:00,5Z", "2026-12-01T09:00:00.5",
	    "2026-12-01T09:00:00+1:00", "2026-12-01T09:00:00+0100",
	    "2026-12-01T09:00:00+01", "2026-12-01T09:00:00+24:00",
	    "2026-12-01T09:00:00+01:60", "2026-12-01T09:00:00Zx",
	    "2026-12-01T09:00:00ZZ", "tomorrow", "2026-1 -01"};
	int64_t us = 42;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		if (time_parse_rfc3339(str_of(rows[i]), &us))
			fail_msg("\"%s\" is accepted", rows[i]);
	assert_false(
	    time_parse_rfc3339(((struct str){"2026-12-01\0", 11}), &us));
	assert_false(time_parse_rfc3339(STR_NONE, &us));
	assert_int_equal(us, 42);
}

/* Every day of eight centuries: back again, one weekday on, one day of the
 * year on. */
static void
the_calendar_has_no_gaps(void **state)
{
	const int64_t day = 86400 * S;
	struct civil before = time_civil(-150000 * day), c;
	int64_t t;

	(void)state;
	for (t = -149999; t < 150000; t++) {
		c = time_civil(t * day + 1);
		assert_true(time_from_civil(&c) == t * day + 1);
		assert_int_equal(c.weekday, (before.weekday + 1) % 7);
		if (c.month == 1 && c.day == 1)
			assert_int_equal(c.yearday, 1);
		else
			assert_int_equal(c.yearday, before.yearday + 1);
		before = c;
	}
	c = time_civil(1735603200 * S); /* 2024-12-31 */
	assert_int_equal(c.yearday, 366);
}

static void
clocks_go_forward(void **state)
{
	int64_t wall = clock_wall_us(), mono = clock_mono_ms();

	(void)state;
	assert_true(wall > 1767225600 * S); /* 2026-01-01 */
	assert_true(wall < 4102444800 * S); /* 2100-01-01 */
	assert_true(clock_mono_ms() >= mono && mono > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(written_both_ways),
	    cmocka_unit_test(read_with_offsets),
	    cmocka_unit_test(bad_input_is_refused),
	    cmocka_unit_test(the_calendar_has_no_gaps),
	    cmocka_unit_test(clocks_go_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
