/* Buckets: how many turns there are, whose they are, and what is forgotten. */
#include "api/throttle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

static const struct throttle_rate ten = {"ten", 10};

static int
setup(void **state)
{
	*state = throttle_new();
	return 0;
}

static int
teardown(void **state)
{
	throttle_free(*state);
	return 0;
}

static void
as_many_as_said(void **state)
{
	struct throttle_state s;
	int i;

	for (i = 0; i < 10; i++) {
		assert_true(throttle_take(*state, ten, STR("a"), &s));
		assert_int_equal(s.limit, 10);
		assert_int_equal(s.left, 9 - i);
		assert_in_range(s.empty_s, 6 * i, 6 * i + 6);
		assert_int_equal(s.wait_s, 0);
	}
	assert_false(throttle_take(*state, ten, STR("a"), &s));
	assert_int_equal(s.left, 0);
	assert_in_range(s.wait_s, 1, 6);
	assert_in_range(s.empty_s, 55, 60);
}

static void
each_has_its_own(void **state)
{
	static const struct throttle_rate other = {"other", 10};
	struct throttle_state s;
	int i;

	for (i = 0; i < 10; i++)
		assert_true(throttle_take(*state, ten, STR("a"), &s));
	assert_false(throttle_take(*state, ten, STR("a"), &s));
	assert_true(throttle_take(*state, ten, STR("b"), &s));
	assert_true(throttle_take(*state, other, STR("a"), &s));
}

static void
looking_takes_none(void **state)
{
	struct throttle_state s;
	int i;

	for (i = 0; i < 20; i++)
		assert_true(throttle_look(*state, ten, STR("a"), &s));
	assert_int_equal(s.left, 10);
	for (i = 0; i < 10; i++)
		assert_true(throttle_take(*state, ten, STR("a"), &s));
	assert_false(throttle_look(*state, ten, STR("a"), &s));
	assert_in_range(s.wait_s, 1, 6);
}

static void
time_empties_it(void **state)
{
	static const struct throttle_rate fast = {"fast", 6000};
	struct throttle_state s;
	int i;

	for (i = 0; i < 60000 && throttle_take(*state, fast, STR("a"), &s); i++)
		;
	assert_in_range(i, 6000, 59999);
	usleep(50000); /* five turns */
	assert_true(throttle_take(*state, fast, STR("a"), &s));
}

static void
none_is_no_limit(void **state)
{
	static const struct throttle_rate none = {"none", 0};
	struct throttle_state s;
	int i;

	for (i = 0; i < 1000; i++)
		assert_true(throttle_take(*state, none, STR("a"), &s));
	assert_int_equal(s.limit, 0);
}

/* Who has a thousand addresses does not get another's bucket forgotten. */
static void
full_ones_are_remembered(void **state)
{
	struct throttle_state s;
	char who[32];
	int i;

	for (i = 0; i < 10; i++)
		assert_true(throttle_take(*state, ten, STR("a"), &s));
	for (i = 0; i < 4 * THROTTLE_BUCKETS; i++) {
		snprintf(who, sizeof(who), "%d", i);
		assert_true(throttle_take(*state, ten, str_of(who), &s));
	}
	assert_false(throttle_take(*state, ten, STR("a"), &s));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(as_many_as_said, setup, teardown),
	    cmocka_unit_test_setup_teardown(each_has_its_own, setup, teardown),
	    cmocka_unit_test_setup_teardown(looking_takes_none, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(time_empties_it, setup, teardown),
	    cmocka_unit_test_setup_teardown(none_is_no_limit, setup, teardown),
	    cmocka_unit_test_setup_teardown(full_ones_are_remembered, setup,
		teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
