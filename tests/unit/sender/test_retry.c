/*
 * Goal: attempts come at the times of S-049, within +-20 %.
 */
#include "lib/base/base.h"

#include "sender/retry.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct row {
	int attempts;
	int64_t want;
};

static const struct row rows[] = {
    {1, 300},
    {2, 600},
    {3, 1200},
    {4, 2400},
    {5, 4800},
    {6, 9600},
    {7, 14400},
    {8, 14400},
    {1000000, 14400},
};

static void
doubling_with_jitter(void **state)
{
	uint32_t random;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t want = rows[i].want, low = want, high = want;

		for (random = 0; random < 6000; random++) {
			int64_t d =
			    retry_delay(rows[i].attempts, 300, 14400, random);

			assert_in_range(d, want * 80 / 100, want * 120 / 100);
			low = d < low ? d : low;
			high = d > high ? d : high;
		}
		assert_int_equal(low, want * 80 / 100);
		assert_int_equal(high, want * 120 / 100);
	}
}

static void
no_overflow(void **state)
{
	(void)state;
	assert_in_range(retry_delay(200, INT64_C(1) << 40, INT64_C(1) << 50, 0),
	    INT64_C(8) << 46, INT64_C(1) << 50);
	assert_int_equal(retry_delay(1, 1, 1, 4711), 1);
}

static void
random_differs(void **state)
{
	int64_t first = retry_delay_random(1, 1000000, 1000000);
	int i, same = 0;

	(void)state;
	for (i = 0; i < 20; i++)
		same += retry_delay_random(1, 1000000, 1000000) == first;
	assert_in_range(same, 0, 5);
}

static void
gate(void **state)
{
	struct retry r;

	(void)state;
	retry_init(&r, 1000, 4000);
	assert_int_equal(retry_wait_ms(&r, 0), 0);
	retry_fail(&r, 0);
	assert_in_range(retry_wait_ms(&r, 0), 800, 1200);
	/* what failed at the same time is one failure */
	retry_fail(&r, 10);
	retry_fail(&r, 799);
	assert_int_equal(r.failures, 1);
	retry_fail(&r, 1200);
	assert_in_range(retry_wait_ms(&r, 1200), 1600, 2400);
	assert_int_equal(retry_wait_ms(&r, 1200 + 2400), 0);
	retry_succeed(&r);
	assert_int_equal(retry_wait_ms(&r, 1200), 0);
	retry_fail(&r, 5000);
	assert_in_range(retry_wait_ms(&r, 5000), 800, 1200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(doubling_with_jitter),
	    cmocka_unit_test(no_overflow),
	    cmocka_unit_test(random_differs),
	    cmocka_unit_test(gate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
