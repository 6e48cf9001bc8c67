/* A mailbox that is flooded is read by its budget, and not forgotten. */
#include "bounce/byte_budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define DAY_US (24LL * 3600 * 1000000)
#define MB     (1LL << 20)

static void
test_one_connection(void **state)
{
	struct byte_budget b = {.per_day = 10 * MB};

	(void)state;
	byte_budget_visit(&b);
	byte_budget_count(&b, 4 * MB, DAY_US);
	byte_budget_count(&b, 9 * MB, DAY_US);
	assert_int_equal(b.used, 9 * MB);
	assert_false(byte_budget_is_spent(&b));
	byte_budget_count(&b, 10 * MB, DAY_US);
	assert_true(byte_budget_is_spent(&b));
	assert_false(byte_budget_is_over(&b));
	byte_budget_count(&b, 11 * MB, DAY_US);
	assert_true(byte_budget_is_over(&b));
}

/* Of a flood, a day costs the budget and a crumb each visit. */
static void
test_visits_of_a_spent_day(void **state)
{
	struct byte_budget b = {.per_day = 10 * MB};
	int64_t now = DAY_US;
	uint64_t received;
	int visits = 0;

	(void)state;
	for (; now < 2 * DAY_US; now += BYTE_BUDGET_PAUSE_MS * 1000LL) {
		byte_budget_visit(&b);
		for (received = 0; !byte_budget_is_over(&b);)
			byte_budget_count(&b, received += MB / 2, now);
		visits++;
	}
	assert_int_equal(visits, 48);
	assert_int_equal(b.used, 10 * MB + visits * MB);
	byte_budget_visit(&b);
	byte_budget_count(&b, MB, now);
	assert_int_equal(b.used, MB);
	assert_false(byte_budget_is_spent(&b));
}

/* What came before midnight does not count after it. */
static void
test_connection_over_midnight(void **state)
{
	struct byte_budget b = {.per_day = 10 * MB};

	(void)state;
	byte_budget_count(&b, 12 * MB, DAY_US);
	assert_true(byte_budget_is_spent(&b));
	byte_budget_count(&b, 13 * MB, 2 * DAY_US);
	assert_false(byte_budget_is_spent(&b));
	assert_int_equal(b.used, MB);
}

static void
test_written_down_now_and_then(void **state)
{
	struct byte_budget b = {.per_day = 10 * MB,
	    .day = 1,
	    .used = 5 * MB,
	    .saved = 5 * MB};

	(void)state;
	byte_budget_count(&b, MB - 1, DAY_US);
	assert_false(byte_budget_save(&b));
	byte_budget_count(&b, MB, DAY_US);
	assert_true(byte_budget_save(&b));
	assert_false(byte_budget_save(&b));
	byte_budget_count(&b, 5 * MB, DAY_US);
	assert_true(byte_budget_is_spent(&b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one_connection),
	    cmocka_unit_test(test_visits_of_a_spent_day),
	    cmocka_unit_test(test_connection_over_midnight),
	    cmocka_unit_test(test_written_down_now_and_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
