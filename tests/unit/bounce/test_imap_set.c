/* Goal: number sets stay ranges, in any order and against hostile ones. */
#include "bounce/imap_set.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
check_text(const char *label, struct imap_set *s, const char *want)
{
	struct buf b;

	buf_init(&b, 4096);
	imap_set_write(s, &b);
	if (strcmp(buf_cstr(&b), want) != 0)
		fail_msg("%s: %s, not %s", label, buf_cstr(&b), want);
	buf_release(&b);
}

static void
test_parse(void **state)
{
	static const struct {
		const char *label, *text, *want; /* NULL: refused */
	} rows[] = {
	    {"one", "7", "7"},
	    {"range", "4:7", "4:7"},
	    {"range backwards", "7:4", "4:7"},
	    {"range of one", "4:4", "4"},
	    {"list", "2,4:7,9", "2,4:7,9"},
	    {"unsorted, overlapping, adjacent", "9,1:3,4,8,2:5", "1:5,8:9"},
	    {"inner range", "1:10,3:4", "1:10"},
	    {"star", "5:*", "5:4294967295"},
	    {"star alone", "*", "4294967295"},
	    {"the largest there is", "1:4294967295", "1:4294967295"},
	    {"joined at the very end", "4294967295,1:4294967294",
		"1:4294967295"},
	    {"zero", "0", NULL},
	    {"range from zero", "0:5", NULL},
	    {"too large", "4294967296", NULL},
	    {"nothing", "", NULL},
	    {"empty piece", "1,,2", NULL},
	    {"comma at the end", "1,", NULL},
	    {"half a range", "1:", NULL},
	    {"three ends", "1:2:3", NULL},
	    {"sign", "-1", NULL},
	    {"blank", "1, 2", NULL},
	};
	struct imap_set s;
	size_t i;
	bool ok;

	(void)state;
	imap_set_init(&s);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		imap_set_reset(&s);
		ok = imap_set_parse(&s, str_of(rows[i].text));
		if (ok != (rows[i].want != NULL))
			fail_msg("%s: %s", rows[i].label,
			    ok ? "accepted" : "refused");
		if (ok)
			check_text(rows[i].label, &s, rows[i].want);
	}
	imap_set_release(&s);
}

static void
test_questions(void **state)
{
	struct imap_set s;

	(void)state;
	imap_set_init(&s);
	assert_int_equal(imap_set_max(&s), 0);
	assert_false(imap_set_has(&s, 1));
	assert_true(imap_set_parse(&s, STR("100,5:9,1:4294967290")));
	assert_int_equal(imap_set_size(&s), 4294967290);
	imap_set_reset(&s);
	assert_true(imap_set_parse(&s, STR("100,5:9,20")));
	assert_int_equal(imap_set_size(&s), 7);
	assert_int_equal(imap_set_max(&s), 100);
	assert_true(imap_set_has(&s, 5) && imap_set_has(&s, 9));
	assert_true(imap_set_has(&s, 20) && imap_set_has(&s, 100));
	assert_false(imap_set_has(&s, 4) || imap_set_has(&s, 10));
	assert_false(imap_set_has(&s, 101));
	imap_set_release(&s);
}

static void
test_take(void **state)
{
	struct imap_set s, part;

	(void)state;
	imap_set_init(&s);
	imap_set_init(&part);
	assert_true(imap_set_parse(&s, STR("1:3,5,8:4294967295")));
	assert_true(imap_set_take(&s, 2, &part));
	check_text("first", &part, "1:2");
	assert_true(imap_set_take(&s, 2, &part));
	check_text("over a gap", &part, "3,5");
	assert_true(imap_set_take(&s, 500, &part));
	check_text("of a huge range", &part, "8:507");
	check_text("rest", &s, "508:4294967295");
	assert_true(imap_set_take(&s, UINT64_MAX, &part));
	check_text("all", &part, "508:4294967295");
	assert_false(imap_set_take(&s, 1, &part));
	assert_int_equal(part.count, 0);
	imap_set_release(&s);
	imap_set_release(&part);
}

static void
test_drop_below(void **state)
{
	struct imap_set s;

	(void)state;
	imap_set_init(&s);
	assert_true(imap_set_parse(&s, STR("1:3,5:9,12")));
	imap_set_drop_below(&s, 1);
	check_text("nothing", &s, "1:3,5:9,12");
	imap_set_drop_below(&s, 7);
	check_text("inside a range", &s, "7:9,12");
	imap_set_drop_below(&s, 13);
	assert_int_equal(s.count, 0);
	imap_set_release(&s);
}

/* Every second number, so that nothing joins; then the limit holds. */
static void
test_ranges_max(void **state)
{
	struct imap_set s;
	uint32_t i;

	(void)state;
	imap_set_init(&s);
	for (i = 0; i < IMAP_RANGES_MAX; i++)
		assert_true(imap_set_add(&s, 2 * i + 1, 2 * i + 1));
	assert_false(imap_set_add(&s, 2 * i + 1, 2 * i + 1));
	assert_true(imap_set_add(&s, 2 * i - 1, 2 * i)); /* joins the last */
	assert_int_equal(s.count, IMAP_RANGES_MAX);
	assert_true(s.cap <= 2UL * IMAP_RANGES_MAX);
	imap_set_release(&s);
}

/* Downwards and with gaps that close later: sorting makes room again. */
static void
test_hostile_order(void **state)
{
	struct imap_set s;
	uint32_t i, n = IMAP_RANGES_MAX;

	(void)state;
	imap_set_init(&s);
	for (i = n; i > 0; i--)
		assert_true(imap_set_add(&s, i, i));
	assert_true(imap_set_add(&s, 2 * n, 2 * n));
	imap_set_sort(&s);
	assert_int_equal(s.count, 2);
	assert_int_equal(imap_set_size(&s), n + 1);
	imap_set_release(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_questions),
	    cmocka_unit_test(test_take),
	    cmocka_unit_test(test_drop_below),
	    cmocka_unit_test(test_ranges_max),
	    cmocka_unit_test(test_hostile_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
