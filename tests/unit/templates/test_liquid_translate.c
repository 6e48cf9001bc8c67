/* Goal: `t` finds the text of the nearest locale, puts arguments in, escaped,
 * and never shows a key or a mark instead of a text. */
#include "lib/base/err.h"
#include "tests/unit/templates/liquid_case.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char catalogue[] =
    "{\"en\":{\"hi\":\"Hello\",\"only\":\"English\",\"deep\":{\"er\":\"D\"},"
    "\"a.b\":\"flat\",\"who\":\"Dear %{name}, <b>{{ name }}</b>!\","
    "\"items\":{\"zero\":\"none\",\"one\":\"one item\","
    "\"other\":\"%{count} items\"},\"open\":\"50%{ off\","
    "\"two\":{\"one\":\"1\",\"other\":\"n\"}},"
    "\"de\":{\"hi\":\"Hallo\"},\"de-AT\":{\"hi\":\"Servus\"}}";

static void
render(struct liquid_case *c, const char *source, const char *locale,
    enum liquid_escape escape)
{
	struct liquid_data data = {
	    .locale = str_of(locale),
	    .default_locale = STR("en"),
	};
	struct err err = {0};
	struct liquid *program;

	arena_reset(&c->arena);
	buf_reset(&c->out);
	c->error.text[0] = '\0';
	assert_true(value_from_json(&data.translations, str_of(catalogue),
	    &c->arena, &err));
	assert_true(
	    liquid_compile(&program, str_of(source), escape, &c->error));
	c->rendered =
	    liquid_render(program, &data, &c->arena, &c->out, &c->error);
	liquid_free(program);
}

static void
test_found(void **state)
{
	static const struct {
		const char *locale, *source, *expected;
	} rows[] = {
	    {"en", "{{ 'hi' | t }}", "Hello"},
	    {"de", "{{ 'hi' | t }}", "Hallo"},
	    {"de-AT", "{{ 'hi' | t }}", "Servus"},
	    {"de_at", "{{ 'hi' | t }}", "Servus"},
	    {"de-CH", "{{ 'hi' | t }}", "Hallo"},
	    {"fr", "{{ 'hi' | t }}", "Hello"},
	    {"", "{{ 'hi' | t }}", "Hello"},
	    {"de-AT", "{{ 'only' | t }}", "English"},
	    {"en", "{{ 'deep.er' | t }}{{ 'a.b' | t }}", "Dflat"},
	    {"en", "{{ 'who' | t: name: 'A&B' }}",
		"Dear A&amp;B, <b>A&amp;B</b>!"},
	    {"en", "{% assign n = '<i>' | escape %}{{ 'who' | t: name: n }}",
		"Dear &lt;i&gt;, <b>&lt;i&gt;</b>!"},
	    {"en", "{{ 'items' | t: count: 0 }}", "none"},
	    {"en", "{{ 'items' | t: count: 1 }}", "one item"},
	    {"en", "{{ 'items' | t: count: 2 }}", "2 items"},
	    {"en", "{{ 'items' | t: count: 1.5 }}", "1.5 items"},
	    {"en", "{{ 'two' | t: count: 0 }}", "n"},
	    {"en", "{{ 'open' | t }}", "50%{ off"},
	};
	struct liquid_case c;
	size_t i;

	(void)state;
	liquid_case_init(&c);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		render(&c, rows[i].source, rows[i].locale, LIQUID_HTML);
		if (!c.rendered ||
		    strcmp(buf_cstr(&c.out), rows[i].expected) != 0)
			fail_msg("%s %s: '%s' %s", rows[i].locale,
			    rows[i].source, buf_cstr(&c.out), c.error.text);
	}
	liquid_case_release(&c);
}

/* In a text nothing is escaped; what was derived from HTML loses its tags. */
static void
test_kinds(void **state)
{
	const char *source = "{{ 'who' | t: name: 'A&B' }}";
	struct liquid_case c;

	(void)state;
	liquid_case_init(&c);
	render(&c, source, "en", LIQUID_TEXT);
	assert_string_equal(buf_cstr(&c.out), "Dear A&B, <b>A&B</b>!");
	render(&c, source, "en", LIQUID_DERIVED);
	assert_string_equal(buf_cstr(&c.out), "Dear A&B, A&B!");
	render(&c, "{{ 'who' | t: name: name }}", "en", LIQUID_HEADER);
	assert_string_equal(buf_cstr(&c.out), "Dear , <b></b>!");
	liquid_case_release(&c);
}

static void
test_missing(void **state)
{
	static const struct {
		const char *source, *says;
	} rows[] = {
	    {"{{ 'nope' | t }}", "translation 'nope' is missing for 'de-AT'"},
	    {"{{ 'deep' | t }}", "translation 'deep' is missing"},
	    {"{{ 'hi.there' | t }}", "'hi.there' is missing"},
	    {"{{ nothing | t }}", "translation '' is missing"},
	    {"{{ 'who' | t }}", "a translation needs 'name'"},
	    {"{{ 'who' | t: Name: 1 }}", "a translation needs 'name'"},
	};
	struct liquid_case c;
	size_t i;

	(void)state;
	liquid_case_init(&c);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		render(&c, rows[i].source, "de-AT", LIQUID_HTML);
		assert_false(c.rendered);
		if (strstr(c.error.text, rows[i].says) == NULL)
			fail_msg("%s: %s", rows[i].source, c.error.text);
	}
	render(&c, "{{ 'nope' | t }}", "", LIQUID_HTML);
	assert_string_equal(c.error.text, "there is no translation 'nope'");
	liquid_case_release(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_found),
	    cmocka_unit_test(test_kinds),
	    cmocka_unit_test(test_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
