/* Borrowed text: bounds, search, cutting, numbers, UTF-8. */
#include "lib/base/str.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
expect_str(const char *label, struct str got, const char *want)
{
	if (!str_eq(got, str_of(want)))
		fail_msg("%s: \"%.*s\", wanted \"%s\"", label, STR_ARG(got),
		    want);
}

static void
parts_are_clamped(void **state)
{
	static const struct {
		const char *label;
		size_t from, len;
		const char *want;
	} rows[] = {
	    {"middle", 1, 2, "bc"},
	    {"to the end", 2, 99, "cd"},
	    {"from past the end", 9, 1, ""},
	    {"no overflow", 1, SIZE_MAX, "bcd"},
	    {"nothing", 0, 0, ""},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		expect_str(rows[i].label,
		    str_sub(STR("abcd"), rows[i].from, rows[i].len),
		    rows[i].want);
	assert_int_equal(str_from(STR_NONE, 5).n, 0);
	assert_int_equal(str_of(NULL).n, 0);
	expect_str("trim", str_trim(STR(" \t\r\n a b \r\n")), "a b");
	expect_str("trim all", str_trim(STR(" \t ")), "");
}

static void
comparison(void **state)
{
	(void)state;
	assert_true(str_eq(STR(""), STR_NONE));
	assert_false(str_eq(STR("a"), STR("A")));
	assert_true(str_eq_nocase(STR("Content-TYPE"), STR("content-type")));
	assert_false(str_eq_nocase(STR("a["), STR("a{")));
	assert_false(str_eq_nocase(STR("ab"), STR("abc")));
	assert_true(str_starts(STR("abc"), STR("ab")));
	assert_false(str_starts(STR("a"), STR("ab")));
	assert_true(str_starts_nocase(STR("RE: x"), STR("re:")));
	assert_true(str_ends(STR("abc"), STR("bc")));
	assert_false(str_ends(STR("c"), STR("bc")));
	assert_true(str_ends(STR("abc"), STR_NONE));
	assert_true(str_cmp(STR("a"), STR("b")) < 0);
	assert_true(str_cmp(STR("ab"), STR("a")) > 0);
	assert_true(str_cmp(STR("a"), STR("\xff")) < 0);
	assert_int_equal(str_cmp(STR_NONE, STR("")), 0);
}

static void
search(void **state)
{
	(void)state;
	assert_int_equal(str_find(STR("abcabc"), STR("ca")), 2);
	assert_int_equal(str_find(STR("aaab"), STR("aab")), 1);
	assert_int_equal(str_find(STR("ab"), STR("ab")), 0);
	assert_int_equal(str_find(STR("aaaaa"), STR("aab")), STR_NOWHERE);
	assert_int_equal(str_find(STR("aba-abcde-"), STR("abcde")), 4);
	assert_int_equal(str_find(STR("abca"), STR("ab\0")), STR_NOWHERE);
	assert_int_equal(str_find(STR("abc"), STR("")), 0);
	assert_int_equal(str_find(STR("ab"), STR("abc")), STR_NOWHERE);
	assert_int_equal(str_find(STR_NONE, STR("a")), STR_NOWHERE);
	assert_int_equal(str_find_nocase(STR("xX-Ya"), STR("x-y")), 1);
	assert_int_equal(str_find_nocase(STR("ab"), STR("abc")), STR_NOWHERE);
	assert_int_equal(str_chr(STR("a@b@c"), '@'), 1);
	assert_int_equal(str_rchr(STR("a@b@c"), '@'), 3);
	assert_int_equal(str_chr(STR_NONE, '@'), STR_NOWHERE);
	assert_int_equal(str_rchr(STR("abc"), '@'), STR_NOWHERE);
}

static void
cutting(void **state)
{
	static const struct {
		const char *label, *text;
		const char *want[4];
	} rows[] = {
	    {"three", "a,b,c", {"a", "b", "c"}},
	    {"an empty one", "a,,b", {"a", "", "b"}},
	    {"one first", ",a", {"", "a"}},
	    {"a separator last", "a,", {"a"}},
	    {"no separator", "abc", {"abc"}},
	    {"nothing", "", {NULL}},
	};
	struct str rest, piece;
	size_t i, n;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		rest = str_of(rows[i].text);
		for (n = 0; str_cut(&rest, ',', &piece); n++) {
			if (rows[i].want[n] == NULL)
				fail_msg("%s: a piece too many", rows[i].label);
			expect_str(rows[i].label, piece, rows[i].want[n]);
		}
		if (rows[i].want[n] != NULL)
			fail_msg("%s: %zu pieces", rows[i].label, n);
	}
	rest = STR_NONE;
	assert_false(str_cut(&rest, ',', &piece));
}

static void
numbers(void **state)
{
	static const struct {
		const char *text;
		bool is_unsigned, is_signed;
		int64_t value;
	} rows[] = {
	    {"0", true, true, 0},
	    {"0042", true, true, 42},
	    {"9223372036854775807", true, true, INT64_MAX},
	    {"9223372036854775808", true, false, 0},
	    {"-9223372036854775808", false, true, INT64_MIN},
	    {"-9223372036854775809", false, false, 0},
	    {"18446744073709551615", true, false, 0},
	    {"18446744073709551616", false, false, 0},
	    {"99999999999999999999", false, false, 0},
	    {"-1", false, true, -1},
	    {"", false, false, 0},
	    {"-", false, false, 0},
	    {"--1", false, false, 0},
	    {"+1", false, false, 0},
	    {" 1", false, false, 0},
	    {"1 ", false, false, 0},
	    {"1.0", false, false, 0},
	    {"0x1", false, false, 0},
	};
	uint64_t u;
	int64_t v;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct str s = str_of(rows[i].text);

		if (str_to_u64(s, &u) != rows[i].is_unsigned)
			fail_msg("\"%s\" as unsigned", rows[i].text);
		if (str_to_i64(s, &v) != rows[i].is_signed)
			fail_msg("\"%s\" as signed", rows[i].text);
		if (rows[i].is_signed && v != rows[i].value)
			fail_msg("\"%s\" is %lld", rows[i].text, (long long)v);
	}
	assert_true(str_to_u64(STR("18446744073709551615"), &u));
	assert_true(u == UINT64_MAX);
	assert_false(str_to_u64(((struct str){"1\0002", 3}), &u));
}

static void
utf8(void **state)
{
	static const struct {
		const char *label, *text;
		bool valid;
	} rows[] = {
	    {"ascii", "plain", true},
	    {"nothing", "", true},
	    {"two bytes", "\xc3\xa9", true},
	    {"first of two", "\xc2\x80", true},
	    {"euro", "\xe2\x82\xac", true},
	    {"first of three", "\xe0\xa0\x80", true},
	    {"before surrogates", "\xed\x9f\xbf", true},
	    {"after surrogates", "\xee\x80\x80", true},
	    {"mammoth", "\xf0\x9f\xa6\xa3", true},
	    {"last of all", "\xf4\x8f\xbf\xbf", true},
	    {"overlong slash", "\xc0\xaf", false},
	    {"overlong two", "\xc1\xbf", false},
	    {"overlong three", "\xe0\x9f\xbf", false},
	    {"overlong four", "\xf0\x8f\xbf\xbf", false},
	    {"surrogate", "\xed\xa0\x80", false},
	    {"past the last", "\xf4\x90\x80\x80", false},
	    {"five bytes", "\xf8\x88\x80\x80\x80", false},
	    {"lone continuation", "a\x80", false},
	    {"cut short", "a\xe2\x82", false},
	    {"latin-1", "caf\xe9", false},
	    {"not a continuation", "\xe2\x28\xa1", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		if (str_is_utf8(str_of(rows[i].text)) != rows[i].valid)
			fail_msg("%s", rows[i].label);
}

static void
fitting(void **state)
{
	const struct str s = STR("a\xc3\xa4\xe2\x82\xac");
	static const size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6};
	size_t max;

	(void)state;
	for (max = 0; max < ARRAY_LEN(want); max++)
		assert_int_equal(str_fit(s, max).n, want[max]);
	assert_int_equal(str_fit(STR_NONE, 3).n, 0);
}

static void
control_characters(void **state)
{
	(void)state;
	assert_true(str_is_ascii(STR("text\r\n\x7f")));
	assert_true(str_is_ascii(STR_NONE));
	assert_false(str_is_ascii(STR("caf\xc3\xa9")));
	assert_false(str_has_control(STR("text \xc3\xa9 ~")));
	assert_true(str_has_control(STR("a\rb")));
	assert_true(str_has_control(STR("a\0b")));
	assert_true(str_has_control(STR("\x7f")));
	assert_true(str_has_control(STR("a\t")));
	assert_true(str_is_printable(STR_NONE));
	assert_true(str_is_printable(STR(" text ~")));
	assert_false(str_is_printable(STR("a\tb")));
	assert_false(str_is_printable(STR("text\x7f")));
	assert_false(str_is_printable(STR("caf\xc3\xa9")));
}

static void
a_copy_is_terminated(void **state)
{
	char *copy = str_dup(str_sub(STR("abcdef"), 1, 3));

	(void)state;
	assert_string_equal(copy, "bcd");
	free(copy);
	copy = str_dup(STR_NONE);
	assert_string_equal(copy, "");
	free(copy);
}

static void
test_is_any(void **state)
{
	static const char *const words[] = {"Form", "script"};

	(void)state;
	assert_true(str_is_any(STR("form"), words, ARRAY_LEN(words)));
	assert_true(str_is_any(STR("SCRIPT"), words, ARRAY_LEN(words)));
	assert_false(str_is_any(STR("forms"), words, ARRAY_LEN(words)));
	assert_false(str_is_any(STR(""), words, ARRAY_LEN(words)));
	assert_false(str_is_any(STR("form"), words, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parts_are_clamped),
	    cmocka_unit_test(comparison),
	    cmocka_unit_test(search),
	    cmocka_unit_test(cutting),
	    cmocka_unit_test(numbers),
	    cmocka_unit_test(utf8),
	    cmocka_unit_test(fitting),
	    cmocka_unit_test(control_characters),
	    cmocka_unit_test(test_is_any),
	    cmocka_unit_test(a_copy_is_terminated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
