/* Goal: amounts, times and the line of progress as people read them. */
#include "lib/base/base.h"

#include "sender/progress.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
numbers(void **state)
{
	static const struct {
		int64_t n;
		const char *text;
	} rows[] = {
	    {0, "0"},
	    {999, "999"},
	    {1000, "1,000"},
	    {123456, "123,456"},
	    {1234567, "1,234,567"},
	    {-3, "0"},
	    {INT64_MAX, "9,223,372,036,854,775,807"},
	};
	char out[PROGRESS_NUMBER_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(progress_number(rows[i].n, out),
		    rows[i].text);
}

static void
times(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} rows[] = {
	    {-1, "0 s"},
	    {119, "119 s"},
	    {120, "2 min"},
	    {3599, "59 min"},
	    {3600, "1 h"},
	    {12000, "3 h 20 min"},
	    {86400, "1 d"},
	    {187200, "2 d 4 h"},
	};
	char out[PROGRESS_TIME_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(progress_time(rows[i].seconds, out),
		    rows[i].text);
}

static void
line_of(struct progress *p, int64_t done, int64_t deferred, int64_t now_ms,
    const char *want)
{
	const struct progress_view v = {
	    .done = done,
	    .total = 30000,
	    .deferred = deferred,
	    .now_ms = now_ms,
	};
	struct buf out;

	buf_init(&out, 1024);
	progress_line(p, &v, &out);
	assert_string_equal(buf_cstr(&out), want);
	buf_release(&out);
}

/* A rate needs two looks; one that comes too early changes nothing. */
static void
lines(void **state)
{
	struct progress p;

	(void)state;
	progress_init(&p);
	line_of(&p, 0, 0, 5000,
	    "[------------------------------]   0 %  0 of 30,000");
	line_of(&p, 9000, 0, 5500,
	    "[#########---------------------]  30 %  9,000 of 30,000");
	line_of(&p, 15000, 12, 8000,
	    "[###############---------------]  50 %  15,000 of 30,000  "
	    "5,000/s  12 deferred  3 s left");
	line_of(&p, 15000, 0, 9000,
	    "[###############---------------]  50 %  15,000 of 30,000  "
	    "3,500/s  4 s left");
	line_of(&p, 30000, 0, 9100,
	    "[##############################] 100 %  30,000 of 30,000  "
	    "3,500/s");
}

static void
of_nobody(void **state)
{
	const struct progress_view v = {.now_ms = 1};
	struct progress p;
	struct buf out;

	(void)state;
	progress_init(&p);
	buf_init(&out, 1024);
	progress_line(&p, &v, &out);
	assert_string_equal(buf_cstr(&out),
	    "[------------------------------]   0 %  0 of 0");
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers),
	    cmocka_unit_test(times),
	    cmocka_unit_test(lines),
	    cmocka_unit_test(of_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
