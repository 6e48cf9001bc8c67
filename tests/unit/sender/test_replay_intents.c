/* Goal: of each delivery the newest intent is kept, until it is dropped. */
#include "sender/replay_intents.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
intents_are_a_set(void **state)
{
	struct replay_intents s = {NULL, 0, 0};
	struct replay_intent intent;
	int64_t sum = 0;
	int64_t i;

	(void)state;
	replay_intents_drop(&s, 5);
	for (i = 1; i <= 5000; i++)
		replay_intents_put(&s,
		    &(struct replay_intent){.delivery = i * 64, .attempt = 1});
	for (i = 1; i <= 5000; i++)
		replay_intents_put(&s,
		    &(struct replay_intent){.delivery = i * 64, .attempt = 2});
	assert_int_equal(s.count, 5000);
	for (i = 1; i <= 5000; i++)
		if (i % 3 != 0)
			replay_intents_drop(&s, i * 64);
	replay_intents_drop(&s, 64);
	assert_int_equal(s.count, 1666);
	while (replay_intents_take(&s, &intent)) {
		assert_int_equal(intent.attempt, 2);
		assert_int_equal(intent.delivery % 192, 0);
		sum += intent.delivery / 192;
	}
	assert_int_equal(sum, 1666 * 1667 / 2);
	replay_intents_release(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(intents_are_a_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
