/* Goal: so many a minute, each minute anew, and one flood is not everybody's. */
#include "api/pixel_pace.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MINUTE INT64_C(60000000)

static int
taken(struct pixel_pace *p, int64_t delivery, int64_t now)
{
	int i, n = 0;

	for (i = 0; i < 3 * PIXEL_MINUTE_MAX; i++)
		n += pixel_pace_take(p, delivery, now);
	return n;
}

static void
so_many_a_minute(void **state)
{
	struct pixel_pace *p = pixel_pace_new();

	(void)state;
	assert_int_equal(taken(p, 7, 100 * MINUTE), PIXEL_MINUTE_MAX);
	assert_int_equal(taken(p, 7, 101 * MINUTE - 1), 0);
	assert_int_equal(taken(p, 7, 101 * MINUTE), PIXEL_MINUTE_MAX);
	assert_int_equal(taken(p, 7, 500 * MINUTE), PIXEL_MINUTE_MAX);
	pixel_pace_free(p);
}

static void
others_go_on(void **state)
{
	struct pixel_pace *p = pixel_pace_new();
	int64_t delivery;
	int n = 0;

	(void)state;
	assert_int_equal(taken(p, 1, MINUTE), PIXEL_MINUTE_MAX);
	for (delivery = 2; delivery < 1002; delivery++)
		n += pixel_pace_take(p, delivery, MINUTE);
	assert_true(n > 995);
	pixel_pace_free(p);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(so_many_a_minute),
	    cmocka_unit_test(others_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
