/* Filters as people write them: what each means in words, or all that is
 * wrong with it and where. */
#include "api/segment_filter.h"
#include "api/segment_text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
on_complaint(void *arg, const char *pointer, const char *detail)
{
	(void)detail;
	buf_printf(arg, "[%s]", pointer);
}

/* The words of a sound filter, or the places of the complaints. */
static void
describe(const char *json, struct buf *out)
{
	json_t *filter = json_loads(json, JSON_DECODE_ANY, NULL);
	struct segment_names names;

	assert_non_null(filter);
	buf_reset(out);
	if (segment_filter_check(filter, &names, on_complaint, out))
		segment_text(out, filter);
	json_decref(filter);
}

#define CONTACT "{\"field\":\"email\",\"op\":\"=\",\"value\":\"a@example.com\"}"

static const struct {
	const char *json, *said;
} filters[] = {
    {CONTACT, "email is \"a@example.com\""},
    {"{\"all\":[" CONTACT ",{\"not\":{\"tag\":\"vip\"}}]}",
	"(email is \"a@example.com\" and not tagged \"vip\")"},
    {"{\"any\":[{\"segment\":3},{\"list\":4,\"within_days\":7}]}",
	"(in segment 3 or subscribed to list 4, joined within the last 7 "
	"days)"},
    {"{\"attribute\":\"n\",\"op\":\"in\",\"value\":[1,2,3,4,5,6.5]}",
	"n is one of 1, 2, 3, 4, 5 and 1 more"},
    {"{\"attribute\":\"trial\",\"op\":\"<\",\"type\":\"date\","
     "\"value\":{\"days\":7}}",
	"trial is before 7 days from now"},
    {"{\"attribute\":\"trial\",\"op\":\"exists\"}", "trial is known"},
    {"{\"event\":\"clicked\",\"campaign\":5,\"link\":\"https://example.com/\","
     "\"at_least\":2}",
	"clicked in campaign 5 the link \"https://example.com/\" at least 2 "
	"times"},
    {"{\"event\":\"bought\",\"amount\":500,\"currency\":\"EUR\"}",
	"bought for at least 500 of the smallest unit in EUR"},
    {"{\"rfm\":\"recency\",\"op\":\">=\",\"value\":4}",
	"recency score of purchases is at least 4 of 5"},
    {"{\"cohort\":{\"salt\":\"s\",\"from\":0,\"to\":12.5}}",
	"in the random cohort 0 % to 12.5 % of \"s\""},
    {"5", "[]"},
    {"{}", "[]"},
    {"{\"all\":[]}", "[/all]"},
    {"{\"all\":[],\"any\":[]}", "[]"},
    {"{\"not\":{\"not\":{\"tag\":5}}}", "[/not/not/tag]"},
    {"{\"tag\":\"\"}", "[/tag]"},
    {"{\"tag\":\"x\",\"op\":\"=\"}", "[]"},
    {"{\"all\":[{\"field\":\"emial\"},{\"event\":\"sent\",\"at_least\":0}]}",
	"[/all/0/field][/all/1/at_least]"},
    {"{\"field\":\"email\",\"op\":\"in\",\"value\":[\"a\",1]}", "[/value/1]"},
    {"{\"field\":\"email\",\"op\":\"in\",\"value\":[]}", "[/value]"},
    {"{\"field\":\"status\",\"op\":\">\",\"value\":\"gone\"}", "[/op][/value]"},
    {"{\"field\":\"created_at\",\"op\":\"<\",\"value\":\"2026-11-01\"}",
	"[/value]"},
    {"{\"field\":\"created_at\",\"op\":\"<\","
     "\"value\":\"0000-11-01T00:00:00Z\"}",
	"[/value]"},
    {"{\"field\":\"created_at\",\"op\":\"<\","
     "\"value\":\"2026-11-01T00:00:00+20:00\"}",
	"[/value]"},
    {"{\"field\":\"created_at\",\"op\":\"<\",\"value\":{\"days\":99999}}",
	"[/value]"},
    {"{\"attribute\":\"b\",\"op\":\"<\",\"value\":true}", "[/op]"},
    {"{\"attribute\":\"b\",\"op\":\"=\",\"value\":null}", "[/value]"},
    {"{\"attribute\":\"b\",\"op\":\"exists\",\"value\":1}", "[/value]"},
    {"{\"attribute\":\"d\",\"op\":\"=\",\"type\":\"date\","
     "\"value\":\"2026-02-30\"}",
	"[/value]"},
    {"{\"list\":0}", "[/list]"},
    {"{\"list\":1.5}", "[/list]"},
    {"{\"list\":1,\"state\":\"gone\",\"from\":\"x\"}", "[/state][/from]"},
    {"{\"event\":\"opened\",\"link\":\"https://example.com/\"}", "[/link]"},
    {"{\"event\":\"bought\",\"amount\":500}", "[/currency]"},
    {"{\"event\":\"bought\",\"currency\":\"eur\"}", "[/currency]"},
    {"{\"rfm\":\"monetary\",\"op\":\"=\",\"value\":6}", "[/value][/currency]"},
    {"{\"cohort\":{\"salt\":\"s\",\"from\":50,\"to\":50}}", "[/cohort/to]"},
    {"{\"cohort\":{\"salt\":\"\",\"from\":-1,\"to\":101}}",
	"[/cohort/salt][/cohort/from][/cohort/to]"},
};

static void
test_filters_are_explained_or_refused(void **state)
{
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, SEGMENT_EXPLANATION_MAX);
	for (i = 0; i < ARRAY_LEN(filters); i++) {
		describe(filters[i].json, &out);
		if (strcmp(buf_cstr(&out), filters[i].said) != 0)
			fail_msg("%s: %s", filters[i].json, buf_cstr(&out));
	}
	buf_release(&out);
}

/* `n` times `open`, a condition, `n` times `close`. */
static void
nested(const char *open, size_t n, const char *close, struct buf *json)
{
	size_t i;

	buf_reset(json);
	for (i = 0; i < n; i++)
		buf_puts(json, open);
	buf_puts(json, CONTACT);
	for (i = 0; i < n; i++)
		buf_puts(json, close);
}

static void
test_limits(void **state)
{
	struct buf json, out;
	size_t i;

	(void)state;
	buf_init(&json, 1U << 20);
	buf_init(&out, SEGMENT_EXPLANATION_MAX);
	nested("{\"not\":", SEGMENT_DEPTH_MAX - 1, "}", &json);
	describe(buf_cstr(&json), &out);
	assert_true(str_starts(buf_view(&out), STR("not not")));
	nested("{\"not\":", SEGMENT_DEPTH_MAX, "}", &json);
	describe(buf_cstr(&json), &out);
	assert_true(str_ends(buf_view(&out), STR("/not]")));
	buf_reset(&json);
	buf_puts(&json, "{\"any\":[" CONTACT);
	for (i = 0; i < SEGMENT_CONDITIONS_MAX; i++)
		buf_puts(&json, "," CONTACT);
	buf_puts(&json, "]}");
	describe(buf_cstr(&json), &out);
	assert_string_equal(buf_cstr(&out), "[/any/99]");
	buf_release(&json);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_filters_are_explained_or_refused),
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
