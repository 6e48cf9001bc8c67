/* Goal: one minute to fifteen, spread by 30 %, never less than asked for. */
#include "bounce/imap_backoff.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
test_grows_to_its_bound(void **state)
{
	static const int64_t middle[] = {60000, 120000, 240000, 480000, 900000,
	    900000};
	struct imap_backoff b = {0};
	int64_t ms;
	size_t i;
	int round;

	(void)state;
	for (round = 0; round < 200; round++) {
		imap_backoff_reset(&b);
		for (i = 0; i < ARRAY_LEN(middle); i++) {
			ms = imap_backoff_next(&b, -1);
			assert_in_range(ms, middle[i] * 7 / 10,
			    middle[i] * 13 / 10);
		}
	}
	for (round = 0; round < 1000; round++)
		assert_in_range(imap_backoff_next(&b, -1), 630000, 1170000);
}

static void
test_spreads(void **state)
{
	struct imap_backoff b;
	int64_t ms, low = INT64_MAX, high = 0;
	int i;

	(void)state;
	for (i = 0; i < 500; i++) {
		b.failures = 0;
		ms = imap_backoff_next(&b, -1);
		low = ms < low ? ms : low;
		high = ms > high ? ms : high;
	}
	assert_true(low < 46000 && high > 74000);
}

static void
test_obeys_the_server(void **state)
{
	struct imap_backoff b = {0};

	(void)state;
	assert_int_equal(imap_backoff_next(&b, 299961), 299961);
	imap_backoff_reset(&b);
	assert_in_range(imap_backoff_next(&b, 10), 42000, 78000);
}

static void
test_asked(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} rows[] = {
	    {"Request is throttled. Suggested Backoff Time: 299961 "
	     "milliseconds",
		299961},
	    {"suggested backoff time:0 milliseconds", 0},
	    {"Suggested Backoff Time: 99999999999 milliseconds",
		IMAP_BACKOFF_ASKED_MAX_MS},
	    {"Suggested Backoff Time: 99999999999999999999999999",
		IMAP_BACKOFF_ASKED_MAX_MS},
	    {"Suggested Backoff Time: -5 milliseconds", -1},
	    {"Suggested Backoff Time: soon", -1},
	    {"Suggested Backoff Time:", -1},
	    {"nothing of the kind", -1},
	    {"", -1},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(imap_backoff_asked(str_of(rows[i].text)),
		    rows[i].want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_grows_to_its_bound),
	    cmocka_unit_test(test_spreads),
	    cmocka_unit_test(test_obeys_the_server),
	    cmocka_unit_test(test_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
