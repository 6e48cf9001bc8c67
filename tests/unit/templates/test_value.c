/* Goal: JSON becomes values exactly, anything else is refused with its place;
 * members are found however many there are. */
#include "lib/base/buf.h"
#include "templates/liquid/value.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ARENA_MAX (8U << 20)

static struct arena arena;

static bool
decode(struct str json, struct value *v, struct err *err)
{
	arena_reset(&arena);
	*err = (struct err){0};
	return value_from_json(v, json, &arena, err);
}

static void
assert_text(struct value v, const char *expected)
{
	assert_int_equal(v.type, VALUE_STRING);
	assert_int_equal(v.n, strlen(expected));
	assert_memory_equal(v.u.string, expected, v.n);
}

static void
test_strings(void **state)
{
	static const struct {
		const char *json, *text;
	} rows[] = {
	    {"\"\"", ""},
	    {"\"plain\"", "plain"},
	    {"\"longer than eight bytes\"", "longer than eight bytes"},
	    {"\"a\\\"b\\\\c\\/d\\b\\f\\n\\r\\te\"", "a\"b\\c/d\b\f\n\r\te"},
	    {"\"\\u0041\\u00e9\\u20AC\"", "A\xc3\xa9\xe2\x82\xac"},
	    {"\"\\ud83d\\ude00!\"", "\xf0\x9f\x98\x80!"},
	    {"\"12345678\\n12345678\\n\"", "12345678\n12345678\n"},
	    {"\"gr\xc3\xbc\xc3\x9f\"", "gr\xc3\xbc\xc3\x9f"},
	};
	struct value v;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		if (!decode(str_of(rows[i].json), &v, &err))
			fail_msg("%s: %s", rows[i].json, err.text);
		assert_text(v, rows[i].text);
	}
}

static void
test_null_byte(void **state)
{
	struct value v;
	struct err err;

	(void)state;
	assert_true(decode(STR("\"a\\u0000b\""), &v, &err));
	assert_int_equal(v.n, 3);
	assert_memory_equal(v.u.string, "a\0b", 3);
}

static void
test_numbers(void **state)
{
	static const struct {
		const char *json;
		enum value_type type;
		int64_t integer;
		double real;
	} rows[] = {
	    {"0", VALUE_INT, 0, 0},
	    {"-0", VALUE_INT, 0, 0},
	    {"-12", VALUE_INT, -12, 0},
	    {"9223372036854775807", VALUE_INT, INT64_MAX, 0},
	    {"-9223372036854775808", VALUE_INT, INT64_MIN, 0},
	    {"9223372036854775808.0", VALUE_FLOAT, 0, 9223372036854775808.0},
	    {"1.5", VALUE_FLOAT, 0, 1.5},
	    {"5.0", VALUE_FLOAT, 0, 5.0},
	    {"-1.25e2", VALUE_FLOAT, 0, -125.0},
	    {"1E-2", VALUE_FLOAT, 0, 0.01},
	};
	struct value v;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		if (!decode(str_of(rows[i].json), &v, &err))
			fail_msg("%s: %s", rows[i].json, err.text);
		assert_int_equal(v.type, rows[i].type);
		if (v.type == VALUE_INT)
			assert_int_equal(v.u.integer, rows[i].integer);
		else
			assert_true(v.u.real == rows[i].real);
	}
}

static void
test_containers(void **state)
{
	struct value v, inner;
	struct err err;

	(void)state;
	assert_true(decode(STR(" { \"a\" : [ 1 , [ ] , { } , null , true ] ,"
			       "\"b\":{\"c\":false}, \"a\":[2] } "),
	    &v, &err));
	assert_int_equal(v.type, VALUE_OBJECT);
	assert_int_equal(v.n, 2); /* of equal keys the last one counts */
	inner = value_member(v, STR("a"));
	assert_int_equal(inner.type, VALUE_ARRAY);
	assert_int_equal(inner.n, 1);
	assert_int_equal(inner.u.items[0].u.integer, 2);
	inner = value_member(value_member(v, STR("b")), STR("c"));
	assert_int_equal(inner.type, VALUE_BOOL);
	assert_false(inner.u.boolean);
	assert_int_equal(value_member(v, STR("x")).type, VALUE_NIL);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *json, *says;
	} rows[] = {
	    {"", "empty"},
	    {" ", "not a value"},
	    {"nul", "not a value"},
	    {"01", "not a value"},
	    {"1.", "not a value"},
	    {"-", "not a value"},
	    {"1e", "not a value"},
	    {"+1", "not a value"},
	    {".5", "not a value"},
	    {"NaN", "not a value"},
	    {"1e999", "number is too large"},
	    {"[1,]", "not a value"},
	    {"[1 2]", "byte 4: expected ',' or ']'"},
	    {"[1", "expected ',' or ']'"},
	    {"{\"a\" 1}", "expected ':'"},
	    {"{\"a\":1", "expected ',' or '}'"},
	    {"{a:1}", "expected a key in quotes"},
	    {"{\"a\":1,}", "expected a key in quotes"},
	    {"\"abc", "string is not closed"},
	    {"\"abc\\", "unknown escape"},
	    {"\"\\x\"", "unknown escape"},
	    {"\"\\u12g4\"", "four hex digits"},
	    {"\"\\u12", "four hex digits"},
	    {"\"\\ud800\"", "surrogate"},
	    {"\"\\ud800\\u0041\"", "surrogate"},
	    {"\"\\udc00\\ud800\"", "surrogate"},
	    {"\"a\nb\"", "control character"},
	    {"\"12345678\x01\"", "control character"},
	    {"\"\xff\"", "not UTF-8"},
	    {"\"\xc0\xaf\"", "not UTF-8"},
	    {"\"\xed\xa0\x80\"", "not UTF-8"},
	    {"1 1", "something follows"},
	    {"{} x", "something follows"},
	};
	struct value v;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		if (decode(str_of(rows[i].json), &v, &err))
			fail_msg("taken: %s", rows[i].json);
		if (strstr(err.text, rows[i].says) == NULL)
			fail_msg("%s: %s", rows[i].json, err.text);
	}
}

static void
test_depth(void **state)
{
	char json[2 * VALUE_DEPTH_MAX + 3];
	struct value v;
	struct err err;
	size_t n = VALUE_DEPTH_MAX;

	(void)state;
	memset(json, '[', n);
	memset(json + n, ']', n);
	assert_true(decode((struct str){json, 2 * n}, &v, &err));
	n++;
	memset(json, '[', n);
	memset(json + n, ']', n);
	assert_false(decode((struct str){json, 2 * n}, &v, &err));
	assert_non_null(strstr(err.text, "nested too deep"));
}

/* Numbered keys "k0", "k1", ... with their numbers as values. */
static void
numbered(struct buf *b, int n)
{
	int i;

	buf_reset(b);
	for (i = 0; i < n; i++)
		buf_printf(b, "%s\"k%d\":%d", i > 0 ? "," : "{", i, i);
	buf_char(b, '}');
}

static void
test_many_members(void **state)
{
	static const int counts[] = {1, 8, 9, 17, 100, VALUE_MEMBERS_MAX};
	struct value v, found;
	struct err err;
	struct buf b;
	size_t c;
	int i;

	(void)state;
	buf_init(&b, VALUE_JSON_MAX);
	for (c = 0; c < ARRAY_LEN(counts); c++) {
		numbered(&b, counts[c]);
		assert_true(decode(buf_view(&b), &v, &err));
		assert_int_equal(v.n, counts[c]);
		for (i = 0; i < counts[c]; i++) {
			found = value_member(v, v.u.members[i].key);
			assert_int_equal(found.u.integer, i);
		}
		assert_int_equal(value_member(v, STR("k")).type, VALUE_NIL);
	}
	numbered(&b, VALUE_MEMBERS_MAX + 1);
	assert_false(decode(buf_view(&b), &v, &err));
	buf_release(&b);
}

static void
test_size(void **state)
{
	struct buf b;
	struct value v;
	struct err err;

	(void)state;
	buf_init(&b, VALUE_JSON_MAX + 10);
	buf_char(&b, '"');
	while (b.n < VALUE_JSON_MAX - 1)
		buf_char(&b, 'x');
	buf_char(&b, '"');
	assert_true(decode(buf_view(&b), &v, &err));
	assert_int_equal(v.n, VALUE_JSON_MAX - 2);
	buf_char(&b, ' ');
	assert_false(decode(buf_view(&b), &v, &err));
	assert_int_equal(err.kind, FAIL_LIMIT);
	buf_release(&b);
}

static void
test_full_arena(void **state)
{
	struct arena small;
	struct value v;
	struct err err = {0};

	(void)state;
	arena_init(&small, 1024);
	assert_false(value_from_json(&v, STR("[1,2,3]"), &small, &err));
	assert_int_equal(err.kind, FAIL_LIMIT);
	arena_release(&small);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_strings),
	    cmocka_unit_test(test_null_byte),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_containers),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_many_members),
	    cmocka_unit_test(test_size),
	    cmocka_unit_test(test_full_arena),
	};
	int failed;

	arena_init(&arena, ARENA_MAX);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
