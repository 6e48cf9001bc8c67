/* Goal: the filter `date` reads what people write as Ruby's Time.parse does,
 * and writes it as Ruby's strftime does. */
#include "lib/base/err.h"
#include "templates/liquid/liquid_time.h"
#include "tests/unit/templates/liquid_case.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
assert_date(struct liquid_case *c, const char *input, const char *format,
    const char *expected)
{
	char source[512];

	snprintf(source, sizeof(source), "{{ \"%s\" | date: \"%s\" }}", input,
	    format);
	liquid_case_run(c, str_of(source), NULL, LIQUID_TEXT);
	if (!c->rendered || strcmp(buf_cstr(&c->out), expected) != 0)
		fail_msg("%s: \"%s\", not \"%s\" %s", source, buf_cstr(&c->out),
		    expected, c->error.text);
}

/* Now is 2025-09-01 09:05:03. */
static void
test_reading(void **state)
{
	static const struct {
		const char *input, *expected; /* NULL: stays as it is */
	} rows[] = {
	    {"2016-03-14", "2016-03-14 00:00:00 +0000"},
	    {"2016-03-14T15:04:05Z", "2016-03-14 15:04:05 +0000"},
	    {"2016-03-14 15:04:05.25 +05:30", "2016-03-14 15:04:05 +0530"},
	    {"2016-03-14 15:04 -0800", "2016-03-14 15:04:00 -0800"},
	    {"Sun, 31 Aug 2025 23:30:00 -0500", "2025-08-31 23:30:00 -0500"},
	    {"Mon Mar 14 15:04:05 2016", "2016-03-14 15:04:05 +0000"},
	    {"March 14, 2016", "2016-03-14 00:00:00 +0000"},
	    {"mar. 14th 2016 3pm", "2016-03-14 15:00:00 +0000"},
	    {"14 March 2016", "2016-03-14 00:00:00 +0000"},
	    {"14th of March 2016", "2016-03-01 00:00:00 +0000"},
	    {"March 2016", "2016-03-01 00:00:00 +0000"},
	    {"14mar16", "2016-03-14 00:00:00 +0000"},
	    {"14-Mar-2016", "2016-03-14 00:00:00 +0000"},
	    {"Mar-14-2016", "2016-03-14 00:00:00 +0000"},
	    {"2/3/2025", "2025-03-02 00:00:00 +0000"},
	    {"12/31/2025", NULL},
	    {"31/12/2025", "2025-12-31 00:00:00 +0000"},
	    {"2025/7/4", "2025-07-04 00:00:00 +0000"},
	    {"1/2/25", "2001-02-25 00:00:00 +0000"},
	    {"14.3.2016", "2016-03-14 00:00:00 +0000"},
	    {"20250131", "1970-08-23 09:02:11 +0000"},
	    {"20250131T101112", "2025-01-31 10:11:12 +0000"},
	    {"2025-060", "2025-03-01 00:00:00 +0000"},
	    {"2025-366", NULL},
	    {"2024-366", "2024-12-31 00:00:00 +0000"},
	    {"2025-w10", NULL},
	    {"2025-02-31", "2025-03-03 00:00:00 +0000"},
	    {"2025-02-32", NULL},
	    {"10:30", "2025-09-01 10:30:00 +0000"},
	    {"10:30 pm", "2025-09-01 22:30:00 +0000"},
	    {"12:30 a.m.", "2025-09-01 00:30:00 +0000"},
	    {"7h15", "2025-09-01 07:15:00 +0000"},
	    {"5th", "2025-09-05 00:00:00 +0000"},
	    {"may", "2025-05-01 00:00:00 +0000"},
	    {"10:30 EST", "2025-09-01 10:30:00 -0500"},
	    {"24:00", "2025-09-02 00:00:00 +0000"},
	    {"24:01", NULL},
	    {"10:60", NULL},
	    {"1 Jan 44 bc", "-0043-01-01 00:00:00 +0000"},
	    {"now", "2025-09-01 09:05:03 +0000"},
	    {"TODAY", "2025-09-01 09:05:03 +0000"},
	    {"tomorrow", NULL},
	    {"monday", NULL},
	    {"", NULL},
	    {"  ", NULL},
	    {"9999999999999999999999", NULL},
	};
	struct liquid_case c;
	size_t i;

	(void)state;
	liquid_case_init(&c);
	for (i = 0; i < ARRAY_LEN(rows); i++)
		assert_date(&c, rows[i].input, "%F %T %z",
		    rows[i].expected != NULL ? rows[i].expected
					     : rows[i].input);
	liquid_case_release(&c);
}

static void
test_writing(void **state)
{
	static const struct {
		const char *format, *expected;
	} rows[] = {
	    {"%Y %C %y %m %d %e %j", "2009 20 09 07 04  4 185"},
	    {"%-m %_m %3m %-d %05d %_5d", "7  7 007 4 00004     4"},
	    {"%B %b %h %A %a %^a %^B %#b",
		"July Jul Jul Saturday Sat SAT JULY JUL"},
	    {"%H %k %I %l %M %S %L %N %3N %6N %p %P %#p",
		"13 13 01  1 05 09 250 250000000 250 250000 PM pm pm"},
	    {"%u %w %U %W %V %G %g", "6 6 26 26 27 2009 09"},
	    {"%z %:z %::z %:::z %Z", "+0530 +05:30 +05:30:00 +05:30 "},
	    {"%D|%F|%T|%R|%r|%x|%X",
		"07/04/09|2009-07-04|13:05:09|13:05|01:05:09 PM|07/04/09|"
		"13:05:09"},
	    {"%c|%v|%+", "Sat Jul  4 13:05:09 2009| 4-JUL-2009|%+"},
	    {"%-_m|%_-m|%-03d|%-_9A|%-12F|%_-12F",
		"7|7|4|Saturday|  2009-07-04|  2009-07-04"},
	    {"%_z|%_8z|%_:z|%08z|%-8z|%:_z",
		" +530|    +530| +5:30|+0000530|+0000530|%:_z"},
	    {"%9Z|%#P|%^#p|%^P", "|PM|pm|PM"},
	    {"%10A|%-10A|%010A|%^10b",
		"  Saturday|Saturday|00Saturday|       JUL"},
	    {"%s %n%t%%", "1246692909 \n\t%"},
	    {"%Ey %OH %EH", "09 13 %EH"},
	    {"%E %Q %q %", "%E %Q %q %"},
	    {"%99Y", "%99Y"},
	};
	struct liquid_case c;
	size_t i;

	(void)state;
	liquid_case_init(&c);
	for (i = 0; i < ARRAY_LEN(rows); i++)
		assert_date(&c, "2009-07-04 13:05:09.25 +05:30", rows[i].format,
		    rows[i].expected);
	liquid_case_release(&c);
}

static void
test_inputs(void **state)
{
	static const struct {
		const char *source, *expected;
	} rows[] = {
	    {"{{ 0 | date: '%F' }}", "1970-01-01"},
	    {"{{ -86400 | date: '%F' }}", "1969-12-31"},
	    {"{{ '1700000000' | date: '%F %Z' }}", "2023-11-14 UTC"},
	    {"{{ 1.5 | date: '%F' }}", "1.5"},
	    {"{{ nothing | date: '%F' }}", ""},
	    {"{{ '2020-01-02' | date: '' }}", "2020-01-02"},
	    {"{{ '2020-01-02' | date: nothing }}", "2020-01-02"},
	    {"{{ 99999999999999999999 | date: '%F' }}", "99999999999999999999"},
	    {"{{ '2020-01-02' | date: 'no field' }}", "no field"},
	};
	struct liquid_case c;
	size_t i;

	(void)state;
	liquid_case_init(&c);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		liquid_case_run(&c, str_of(rows[i].source), NULL, LIQUID_TEXT);
		if (strcmp(buf_cstr(&c.out), rows[i].expected) != 0)
			fail_msg("%s: \"%s\"", rows[i].source,
			    buf_cstr(&c.out));
	}
	liquid_case_release(&c);
}

/* Whatever the text: no crash, and a moment that can be written. */
static void
test_any_text(void **state)
{
	static const char letters[] = "0123456789 -/:.,'+tzhapmjnbc[]";
	char text[40], format[] = "%c %j %V %s %z";
	uint32_t seed = 1;
	struct liquid_time t;
	struct buf out;
	int i, taken = 0;
	size_t k, n;

	(void)state;
	buf_init(&out, 4096);
	for (i = 0; i < 200000; i++) {
		n = (seed >> 16) % sizeof(text);
		for (k = 0; k < n; k++) {
			seed = seed * 1103515245 + 12345;
			text[k] = letters[(seed >> 16) % (sizeof(letters) - 1)];
		}
		seed = seed * 1103515245 + 12345;
		if (!liquid_time_parse(&t, (struct str){text, n}, CASE_NOW_US))
			continue;
		taken++;
		buf_reset(&out);
		liquid_time_format(&out, &t, str_of(format));
		assert_false(out.full);
	}
	assert_true(taken > 1000);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reading),
	    cmocka_unit_test(test_writing),
	    cmocka_unit_test(test_inputs),
	    cmocka_unit_test(test_any_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
