/* Goal: the columns of a row mean what the tables say. */
#include "templates/message_row.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
every_column_has_its_field(void **state)
{
	const struct str columns[MESSAGE_COLUMN__COUNT] = {STR("s"), STR("p"),
	    STR("h"), STR("t"), STR("m"), STR("l"), STR("{\"en\":{}}"),
	    STR("fail"), STR("{\"a\":1}"), STR("us"), STR("um"), STR("uc"),
	    STR("ut"), STR("uo"), STR("t"), STR("f")};
	struct message_source s = {0};

	(void)state;
	message_row_read(&s, columns);
	assert_true(str_eq(s.subject, STR("s")));
	assert_true(str_eq(s.preheader, STR("p")));
	assert_true(str_eq(s.html, STR("h")));
	assert_true(str_eq(s.text, STR("t")));
	assert_true(str_eq(s.markdown, STR("m")));
	assert_true(str_eq(s.layout, STR("l")));
	assert_true(str_eq(s.translations, STR("{\"en\":{}}")));
	assert_true(str_eq(s.defaults, STR("{\"a\":1}")));
	assert_int_equal(s.missing, MISSING_FAIL);
	assert_true(str_eq(s.utm.source, STR("us")));
	assert_true(str_eq(s.utm.medium, STR("um")));
	assert_true(str_eq(s.utm.campaign, STR("uc")));
	assert_true(str_eq(s.utm.term, STR("ut")));
	assert_true(str_eq(s.utm.content, STR("uo")));
	assert_true(s.track_clicks);
	assert_false(s.track_opens);
}

static void
empty_objects_say_nothing(void **state)
{
	struct str columns[MESSAGE_COLUMN__COUNT] = {STR_NONE};
	struct message_source s = {0};

	(void)state;
	columns[MESSAGE_TRANSLATIONS] = STR("{}");
	columns[MESSAGE_DEFAULTS] = STR(" {} ");
	message_row_read(&s, columns);
	assert_int_equal(s.translations.n + s.defaults.n, 0);
	assert_int_equal(s.missing, MISSING_EMPTY);
	assert_int_equal(message_missing_of(STR("default")), MISSING_DEFAULT);
}

static void
snippets_know_who_asked(void **state)
{
	struct message_snippet at[] = {{STR("a"), STR("A"), false},
	    {STR("b"), STR("B"), false}};
	struct message_snippets all = {at, ARRAY_LEN(at)};
	struct str html = STR("none");

	(void)state;
	assert_false(message_snippet_find(STR("c"), &html, &all));
	assert_true(str_eq(html, STR("none")));
	assert_true(message_snippet_find(STR("b"), &html, &all));
	assert_true(str_eq(html, STR("B")));
	assert_false(at[0].used);
	assert_true(at[1].used);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_column_has_its_field),
	    cmocka_unit_test(empty_objects_say_nothing),
	    cmocka_unit_test(snippets_know_who_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
