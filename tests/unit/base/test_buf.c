/* Owned bytes: growth, the maximum, what stays after it was reached. */
#include "lib/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
empty_has_a_text(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	assert_string_equal(buf_cstr(&b), "");
	assert_int_equal(buf_view(&b).n, 0);
	buf_drop(&b, 0);
	buf_truncate(&b, 0);
	buf_str(&b, STR_NONE);
	assert_null(b.p);
	buf_release(&b);
}

static void
all_ways_to_append(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	buf_puts(&b, "a=");
	buf_int(&b, INT64_MIN);
	buf_char(&b, ' ');
	buf_printf(&b, "%s-%03d", "x", 7);
	buf_str(&b, STR(" end"));
	buf_add(&b, "\0z", 2);
	assert_int_equal(b.n, 34);
	assert_memory_equal(b.p, "a=-9223372036854775808 x-007 end\0z", 35);
	buf_release(&b);
}

/* Longer than what is formatted once. */
static void
long_formats_are_whole(void **state)
{
	struct buf b;
	int width;

	(void)state;
	buf_init(&b, 10000);
	for (width = 250; width < 260; width++) {
		buf_reset(&b);
		buf_printf(&b, "%*d|", width, 7);
		assert_int_equal(b.n, width + 1);
		assert_string_equal(b.p + width - 1, "7|");
	}
	buf_release(&b);
}

static void
exactly_full_is_not_full(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	buf_puts(&b, "abcd");
	assert_false(b.full);
	buf_puts(&b, "");
	assert_false(b.full);
	buf_char(&b, 'e');
	assert_true(b.full);
	assert_string_equal(buf_cstr(&b), "abcd");
	buf_release(&b);
}

/* Nothing in parts, and nothing more even if it would fit. */
static void
full_is_sticky(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 5);
	buf_puts(&b, "abc");
	buf_puts(&b, "def");
	assert_true(b.full);
	buf_char(&b, 'd');
	buf_printf(&b, "%d", 1);
	assert_null(buf_room(&b, 0));
	assert_string_equal(buf_cstr(&b), "abc");
	buf_truncate(&b, 0);
	assert_true(b.full);
	buf_reset(&b);
	assert_false(b.full);
	buf_puts(&b, "fghij");
	assert_false(b.full);
	assert_string_equal(buf_cstr(&b), "fghij");
	buf_release(&b);
	assert_int_equal(b.max, 5);
}

static void
growth_keeps_bytes_and_bounds(void **state)
{
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 100000);
	for (i = 0; i < 100000; i++)
		buf_char(&b, (char)('a' + i % 26));
	assert_false(b.full);
	assert_true(b.cap <= b.max + 1);
	for (i = 0; i < 100000; i++)
		if (b.p[i] != (char)('a' + i % 26))
			fail_msg("byte %zu", i);
	buf_char(&b, 'z');
	assert_true(b.full);
	buf_release(&b);
}

static void
no_overflow_at_the_largest_maximum(void **state)
{
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, SIZE_MAX);
	for (i = 0; i < 1000; i++)
		buf_char(&b, 'a');
	assert_int_equal(b.n, 1000);
	assert_true(b.cap > 1000 && b.cap < 4096);
	assert_null(buf_room(&b, SIZE_MAX - 999));
	assert_true(b.full);
	buf_release(&b);
}

static void
room_is_written_in_place(void **state)
{
	struct buf b;
	char *p;

	(void)state;
	buf_init(&b, 1000);
	buf_puts(&b, "x");
	p = buf_room(&b, 999);
	assert_non_null(p);
	memset(p, 'y', 999);
	buf_used(&b, 3);
	assert_string_equal(buf_cstr(&b), "xyyy");
	assert_null(buf_room(&b, 997));
	buf_release(&b);
}

static void
drop_and_truncate(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	buf_puts(&b, "abcdef");
	buf_drop(&b, 2);
	assert_string_equal(buf_cstr(&b), "cdef");
	buf_truncate(&b, 3);
	assert_string_equal(buf_cstr(&b), "cde");
	buf_drop(&b, 3);
	assert_string_equal(buf_cstr(&b), "");
	buf_puts(&b, "again");
	assert_string_equal(buf_cstr(&b), "again");
	buf_wipe(&b);
	assert_null(b.p);
	assert_int_equal(b.max, 100);
}

static void
swap_leaves_each_its_maximum(void **state)
{
	struct buf a, b;
	const char *bytes;

	(void)state;
	buf_init(&a, 5);
	buf_init(&b, 100);
	buf_puts(&a, "abc");
	bytes = a.p;
	buf_swap(&a, &b);
	assert_ptr_equal(b.p, bytes);
	assert_string_equal(buf_cstr(&b), "abc");
	assert_string_equal(buf_cstr(&a), "");
	buf_puts(&b, " and much more");
	buf_puts(&a, "abcdef");
	assert_true(a.full);
	assert_string_equal(buf_cstr(&b), "abc and much more");
	buf_reset(&a);
	buf_truncate(&b, 3);
	buf_swap(&a, &b);
	buf_puts(&a, "def"); /* there is memory for it */
	assert_true(a.full);
	assert_string_equal(buf_cstr(&a), "abc");
	buf_release(&a);
	buf_release(&b);
}

static void
memory_of_the_callers(void **state)
{
	char memory[] = "xxxxxx";
	struct buf b;

	(void)state;
	buf_init_in(&b, memory, 5);
	assert_string_equal(buf_cstr(&b), "");
	buf_puts(&b, "ab");
	buf_puts(&b, "cd");
	assert_false(b.full);
	buf_char(&b, 'e');
	assert_true(b.full);
	assert_ptr_equal(b.p, memory);
	assert_memory_equal(memory, "abcd\0x", 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(empty_has_a_text),
	    cmocka_unit_test(all_ways_to_append),
	    cmocka_unit_test(long_formats_are_whole),
	    cmocka_unit_test(exactly_full_is_not_full),
	    cmocka_unit_test(full_is_sticky),
	    cmocka_unit_test(growth_keeps_bytes_and_bounds),
	    cmocka_unit_test(no_overflow_at_the_largest_maximum),
	    cmocka_unit_test(room_is_written_in_place),
	    cmocka_unit_test(drop_and_truncate),
	    cmocka_unit_test(swap_leaves_each_its_maximum),
	    cmocka_unit_test(memory_of_the_callers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
