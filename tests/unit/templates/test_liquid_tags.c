/* Goal: each tag does what the language says, also inside of others and in
 * the lines of `liquid`; links and aborted messages work wherever they
 * stand. */
#include "tests/unit/templates/liquid_case.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct liquid_case run;

struct row {
	const char *source, *data, *expected;
};

static void
check_rows(const struct row *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		liquid_case_run(&run, str_of(rows[i].source), rows[i].data,
		    LIQUID_TEXT);
		if (!run.rendered)
			fail_msg("%s: %d:%d: %s", rows[i].source,
			    run.error.line, run.error.column, run.error.text);
		if (strcmp(buf_cstr(&run.out), rows[i].expected) != 0)
			fail_msg("%s: '%s', not '%s'", rows[i].source,
			    buf_cstr(&run.out), rows[i].expected);
	}
}

static void
test_case(void **state)
{
	static const struct row rows[] = {
	    {"{% case x %}{% when 1 %}a{% when 2 %}b{% else %}c{% endcase %}",
		"{\"x\":2}", "b"},
	    {"{% case x %} ignored {% when 1, 2 or 3 %}a{% endcase %}",
		"{\"x\":3}", "a"},
	    {"{% case 1 %}{% when 1, 1 %}a{% when 1 %}b{% else %}c{% endcase "
	     "%}",
		NULL, "aab"},
	    {"{% case 1 %}{% else %}a{% when 1 %}b{% else %}c{% endcase %}",
		NULL, "ab"},
	    {"{% for i in (1..4) %}{% case i %}{% when 2 %}{% continue %}"
	     "{% when 4 %}{% break %}{% endcase %}{{ i }}{% endfor %}",
		NULL, "13"},
	    {"{% for i in (1..3) %}{% capture c %}x{% case i %}{% when 2, 2 %}"
	     "y{% break %}{% endcase %}z{% endcapture %}{% endfor %}{{ c }}",
		NULL, "xy"},
	    {"{% case x %}{% when blank %}a{% else %}b{% endcase %}", NULL,
		"a"},
	    {"{% case blank %}{% when x %}a{% when '' %}b{% endcase %}"
	     "{% case empty %}{% when l %}a{% when empty %}b{% endcase %}",
		"{\"l\":[]}", "bb"},
	};

	(void)state;
	check_rows(rows, ARRAY_LEN(rows));
}

static void
test_turns(void **state)
{
	static const struct row rows[] = {
	    {"{% for i in (1..4) %}{% cycle 'a', 'b', 'c' %}{% endfor %}", NULL,
		"abca"},
	    {"{% cycle 1, 2 %}{% cycle 1, 2 %}{% cycle '1', '2' %}", NULL,
		"121"},
	    {"{% cycle a, 2 %}{% cycle a, 2 %}", "{\"a\":1}", "11"},
	    {"{% cycle 'g': 1, 2 %}{% cycle a: 1, 2 %}{% cycle 'h': 1, 2, %}",
		"{\"a\":\"g\"}", "121"},
	    {"{% for i in (1..2) %}{% cycle 1, 2 %}{% break %}{% endfor %}"
	     "{% cycle 1, 2 %}",
		NULL, "12"},
	    {"{% increment x %}{% increment x %}{% decrement x %}{{ x }}",
		"{\"x\":9}", "0111"},
	    {"{% assign x = 7 %}{% increment x %}{{ x }}", NULL, "07"},
	    {"{% for i in l %}{% ifchanged %}{{ i }}{% endifchanged %}"
	     "{% endfor %}",
		"{\"l\":[1,1,2,2,1]}", "121"},
	};

	(void)state;
	check_rows(rows, ARRAY_LEN(rows));
}

static void
test_tablerow(void **state)
{
	static const struct row rows[] = {
	    {"{% tablerow i in (1..3) cols: 2 %}{{ i }}{% endtablerow %}", NULL,
		"<tr class=\"row1\">\n<td class=\"col1\">1</td>"
		"<td class=\"col2\">2</td></tr>\n"
		"<tr class=\"row2\"><td class=\"col1\">3</td></tr>\n"},
	    {"{% tablerow i in nobody %}{{ i }}{% endtablerow %}", NULL, ""},
	    {"{% for j in (1..1) %}{% tablerow i in (1..2) %}"
	     "{{ tablerowloop.col_last }}{{ forloop.index }}{% break %}"
	     "{% endtablerow %}{% endfor %}",
		NULL,
		"<tr class=\"row1\">\n<td class=\"col1\">false1</td></tr>\n"},
	};

	(void)state;
	check_rows(rows, ARRAY_LEN(rows));
	liquid_case_run(&run, str_of(rows[0].source), NULL, LIQUID_DERIVED);
	assert_string_equal(buf_cstr(&run.out), "1 2 \n3 \n");
	liquid_case_run(&run, str_of(rows[0].source), NULL, LIQUID_HEADER);
	assert_null(strchr(buf_cstr(&run.out), '\n'));
}

static void
test_liquid_lines(void **state)
{
	static const struct row rows[] = {
	    {"{% liquid\n assign x = 1\n\n if x == 1\n  echo 'y'\n endif\n%}",
		NULL, "y"},
	    {"{%- liquid liquid echo 'a' -%}", NULL, "a"},
	    {"{% liquid\n # note\n comment\n  if\n endcomment\n echo 1 %}",
		NULL, "1"},
	    {"{% liquid\n for i in (1..3)\n  cycle 'a', 'b'\n endfor %}", NULL,
		"aba"},
	    {"{% doc %}{{ x {% if %} {% enddoc %}x", NULL, "x"},
	    {"{% comment %}{% comment %}a{% endcomment %}b{% endcomment %}c",
		NULL, "c"},
	    {"{% # one\n # two %}x", NULL, "x"},
	};

	(void)state;
	check_rows(rows, ARRAY_LEN(rows));
}

/* `self` and computed names see the scope in which they stand. */
static void
test_scopes(void **state)
{
	static const struct row rows[] = {
	    {"{% for i in (1..2) %}{% assign i = 9 %}{{ i }}{% endfor %}{{ i "
	     "}}",
		NULL, "129"},
	    {"{% for a in (1..2) %}{{ ['a'] }}{{ self.a }}{% endfor %}"
	     "{{ self['a'] }}",
		"{\"a\":\"x\"}", "1122x"},
	    {"{% for a in (1..1) %}{% for b in (1..2) %}"
	     "{{ forloop.parentloop.index }}{% endfor %}"
	     "{{ forloop.parentloop }}{% endfor %}",
		NULL, "11"},
	    {"{% for a in (1..2) %}{% endfor %}{% for b in (3..4) %}{{ a }}"
	     "{{ b }}{% endfor %}",
		"{\"a\":\"-\"}", "-3-4"},
	    {"{% for i in (1..4) limit: 2 %}{{ i }}{% endfor %}|"
	     "{% for i in (1..4) offset: continue %}{{ i }}{% endfor %}",
		NULL, "12|34"},
	    {"{% for i in (1..5) limit: 1 offset: 9 limit: 2 offset: 1 %}"
	     "{{ i }}{% endfor %}",
		NULL, "23"},
	    {"{% for i in (1..2) offset: continue offset: 1 %}{{ i }}"
	     "{% endfor %}{% for i in (1..2) offset: 0 offset: continue %}"
	     "{{ i }}{% else %}-{% endfor %}",
		NULL, "2-"},
	    {"{% tablerow i in (1..2) cols: 1 cols: 2 limit: 1 limit: 2 %}"
	     "{{ i }}{% endtablerow %}",
		NULL,
		"<tr class=\"row1\">\n<td class=\"col1\">1</td>"
		"<td class=\"col2\">2</td></tr>\n"},
	};

	(void)state;
	check_rows(rows, ARRAY_LEN(rows));
}

static void
check_compile_fails(const char *source, int line, int column, const char *text)
{
	liquid_case_run(&run, str_of(source), NULL, LIQUID_TEXT);
	assert_false(run.compiled);
	assert_string_equal(run.error.text, text);
	assert_int_equal(run.error.line, line);
	assert_int_equal(run.error.column, column);
}

static void
test_wrong_tags(void **state)
{
	(void)state;
	check_compile_fails("{% case %}{% endcase %}", 1, 9,
	    "expected a value");
	check_compile_fails("{% case x %}{% when %}{% endcase %}", 1, 21,
	    "expected a value");
	check_compile_fails("{% case x %}{% else y %}{% endcase %}", 1, 21,
	    "expected '%}', found 'y'");
	check_compile_fails("a\n{% case x %}{% when 1 %}", 2, 25,
	    "unexpected end of template, 'case' from line 2 is not closed");
	check_compile_fails("{% liquid\n if x\n%}", 3, 1,
	    "unexpected end of template, 'if' from line 2 is not closed");
	check_compile_fails("{% cycle %}", 1, 10, "expected a value");
	check_compile_fails("{% cycle \xc3\xa4 %}", 1, 10,
	    "expected a value, found '\xc3\xa4'");
	check_compile_fails("{% doc %}{% doc %}{% enddoc %}", 1, 1,
	    "'doc' inside of 'doc'");
	check_compile_fails("{% link 0 %}x{% endlink %}", 1, 1,
	    "unknown tag 'link'");
	check_compile_fails("{% tablerow i in x wide: 1 %}{% endtablerow %}", 1,
	    20, "expected 'cols', 'limit' or 'offset', found 'wide'");
}

static void
write_link(uint32_t number, struct str url, struct buf *out, void *arg)
{
	(void)arg;
	buf_printf(out, "[%u:%.*s]", (unsigned)number, STR_ARG(url));
}

static void
check_link(const char *source, const char *expected, bool told)
{
	const struct liquid_options options = {LIQUID_TEXT, .internal = true};
	struct liquid_data data = {.link = told ? write_link : NULL};
	struct liquid_error error;
	struct liquid *program;

	arena_reset(&run.arena);
	buf_reset(&run.out);
	assert_true(
	    liquid_compile_with(&program, str_of(source), &options, &error));
	assert_true(
	    liquid_render(program, &data, &run.arena, &run.out, &error));
	assert_string_equal(buf_cstr(&run.out), expected);
	liquid_free(program);
}

static void
test_links(void **state)
{
	static const struct {
		const char *source, *expected;
	} rows[] = {
	    {"<{% link 3 %}http://x.test/?a=1&amp;b=&#x41;{% endlink %}>",
		"<[3:http://x.test/?a=1&b=A]>"},
	    {"{% for i in (1..2) %}{% if true %}{% link 0 %}u{{ i }}"
	     "{% endlink %}{% endif %}{% endfor %}",
		"[0:u1][0:u2]"},
	    {"{% for i in (1..3) %}{% link 1 %}u{{ i }}{% if i == 2 %}"
	     "{% break %}{% endif %}!{% endlink %}{% endfor %}.",
		"[1:u1!][1:u2]."},
	    {"{% for i in (1..2) %}{% case i %}{% when 1 %}{% link 1 %}u"
	     "{% continue %}{% endlink %}{% endcase %}-{% endfor %}.",
		"[1:u]-."},
	    {"{% capture c %}{% link 1 %}u{% endlink %}{% endcapture %}{{ c }}",
		"[1:u]"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		check_link(rows[i].source, rows[i].expected, true);
	check_link(rows[0].source, "<http://x.test/?a=1&amp;b=&#x41;>", false);
}

static void
test_abort(void **state)
{
	static const struct {
		const char *source, *reason;
	} rows[] = {
	    {"a{% abort_message %}b", ""},
	    {"{% if x == nil %}{% abort_message 'no x' %}{% endif %}", "no x"},
	    {"{% liquid\n assign r = 'be' | append: 'cause'\n"
	     " abort_message r | upcase %}",
		"BECAUSE"},
	};
	char longest[200];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		liquid_case_run(&run, str_of(rows[i].source), NULL,
		    LIQUID_HTML);
		assert_true(run.compiled);
		assert_false(run.rendered);
		assert_true(run.error.aborted);
		assert_string_equal(run.error.text, rows[i].reason);
	}
	liquid_case_run(&run,
	    STR("{% for i in (1..150) %}{% assign r = r | append: '\xc3\xa9' %}"
		"{% endfor %}{% abort_message r %}"),
	    NULL, LIQUID_TEXT);
	for (i = 0; i < 198; i += 2)
		memcpy(longest + i, "\xc3\xa9", 3);
	assert_string_equal(run.error.text, longest);
	liquid_case_run(&run, STR("{{ x | upcase | at: }}"), NULL, LIQUID_TEXT);
	assert_false(run.error.aborted);
}

static void
check_missing(const char *source, const char *text)
{
	struct liquid_data data = {.missing_fails = true};
	struct liquid_error error;
	struct liquid *program;
	bool ok;

	arena_reset(&run.arena);
	buf_reset(&run.out);
	assert_true(
	    liquid_compile(&program, str_of(source), LIQUID_HTML, &error));
	ok = liquid_render(program, &data, &run.arena, &run.out, &error);
	liquid_free(program);
	if (ok != (text == NULL))
		fail_msg("%s: %s", source, ok ? "rendered" : error.text);
	if (text != NULL)
		assert_string_equal(error.text, text);
}

static void
test_missing(void **state)
{
	(void)state;
	check_missing("{{ first_name }}", "first_name is missing");
	check_missing("{{- a.b['c'] | escape -}}", "a.b['c'] is missing");
	check_missing("{% echo x %}", "x is missing");
	check_missing("{% liquid\n echo x.y\n%}", "x.y is missing");
	check_missing("{{ x | default: 'y' }}{{ x | append: 'y' }}", NULL);
	check_missing("{% if x %}{% endif %}{% for i in x %}{% endfor %}",
	    NULL);
	check_missing("{% assign x = nil %}{% if false %}{{ x }}{% endif %}",
	    NULL);
	check_missing("{{ x.size }}{{ 1 }}", "x.size is missing");
	check_missing("{{ '' }}{{}}{% cycle x, 1 %}", NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_case),
	    cmocka_unit_test(test_turns),
	    cmocka_unit_test(test_tablerow),
	    cmocka_unit_test(test_liquid_lines),
	    cmocka_unit_test(test_scopes),
	    cmocka_unit_test(test_wrong_tags),
	    cmocka_unit_test(test_links),
	    cmocka_unit_test(test_abort),
	    cmocka_unit_test(test_missing),
	};
	int failed;

	liquid_case_init(&run);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	liquid_case_release(&run);
	return failed;
}
