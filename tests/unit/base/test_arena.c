/* Memory by lifetime: alignment, the limit, reuse after a reset. */
#include "lib/base/arena.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
pieces_are_aligned_and_apart(void **state)
{
	struct arena a;
	char *p[200];
	size_t i, j;

	(void)state;
	arena_init(&a, 1 << 20);
	for (i = 0; i < ARRAY_LEN(p); i++) {
		p[i] = arena_alloc(&a, i);
		assert_int_equal((uintptr_t)p[i] % 16, 0);
		memset(p[i], (int)i, i);
	}
	for (i = 0; i < ARRAY_LEN(p); i++)
		for (j = 0; j < i; j++)
			if ((unsigned char)p[i][j] != i)
				fail_msg("piece %zu was overwritten", i);
	arena_release(&a);
	assert_null(a.first);
}

static void
the_limit_is_said_not_passed(void **state)
{
	struct arena a;
	size_t n = 0;

	(void)state;
	arena_init(&a, 1000);
	assert_null(arena_try(&a, 1001));
	assert_null(arena_try(&a, SIZE_MAX));
	while (arena_try(&a, 100) != NULL)
		n++;
	assert_in_range(n, 8, 10);
	assert_true(a.used <= a.max);
	arena_reset(&a);
	assert_non_null(arena_try(&a, 100));
	arena_release(&a);
	arena_init(&a, 0);
	assert_null(arena_try(&a, 1));
	arena_release(&a);
}

static void
a_reset_keeps_the_chunks(void **state)
{
	struct arena a;
	void *first, *again;
	int round;

	(void)state;
	arena_init(&a, 1 << 20);
	first = arena_alloc(&a, 64);
	for (round = 0; round < 3; round++) {
		assert_non_null(
		    arena_alloc(&a, 20000)); /* more than the first chunk */
		assert_non_null(arena_alloc(&a, 20000));
		arena_reset(&a);
		assert_int_equal(a.used, 0);
		again = arena_alloc(&a, 64);
		assert_ptr_equal(again, first);
	}
	arena_release(&a);
}

/* A kept chunk that is too small for a large piece is passed over. */
static void
large_after_small(void **state)
{
	struct arena a;
	char *large;

	(void)state;
	arena_init(&a, 8 << 20);
	assert_non_null(arena_alloc(&a, 8000));
	assert_non_null(arena_alloc(&a, 8000));
	arena_reset(&a);
	assert_non_null(arena_alloc(&a, 8000));
	large = arena_zero(&a, 3 << 20);
	assert_int_equal(large[(3 << 20) - 1], 0);
	large[(3 << 20) - 1] = 1;
	assert_non_null(arena_alloc(&a, 8000));
	arena_release(&a);
}

static void
texts(void **state)
{
	struct arena a;
	struct str s;
	int *numbers;

	(void)state;
	arena_init(&a, 1 << 16);
	s = arena_dup(&a, str_sub(STR("abcdef"), 2, 2));
	assert_int_equal(s.n, 2);
	assert_string_equal(s.p, "cd");
	assert_string_equal(arena_cstr(&a, STR_NONE), "");
	s = arena_printf(&a, "%s=%d", "n", 42);
	assert_int_equal(s.n, 4);
	assert_string_equal(s.p, "n=42");
	s = ARENA_JOIN(&a, STR("<"), STR_NONE, STR("id"), STR(">"));
	assert_int_equal(s.n, 4);
	assert_string_equal(s.p, "<id>");
	numbers = ARENA_ARRAY(&a, int, 100);
	assert_int_equal(numbers[0] | numbers[99], 0);
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pieces_are_aligned_and_apart),
	    cmocka_unit_test(the_limit_is_said_not_passed),
	    cmocka_unit_test(a_reset_keeps_the_chunks),
	    cmocka_unit_test(large_after_small),
	    cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
