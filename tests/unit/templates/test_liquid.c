/* Goal: templates show what the language says, in each kind of escaping;
 * what is wrong with one is told with line and column. */
#include "tests/unit/templates/liquid_case.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct liquid_case run;

struct row {
	const char *source, *data, *expected;
};

static void
check_rows(const struct row *rows, size_t n, enum liquid_escape escape)
{
	size_t i;

	for (i = 0; i < n; i++) {
		liquid_case_run(&run, str_of(rows[i].source), rows[i].data,
		    escape);
		if (!run.rendered)
			fail_msg("%s: %d:%d: %s", rows[i].source,
			    run.error.line, run.error.column, run.error.text);
		if (strcmp(buf_cstr(&run.out), rows[i].expected) != 0)
			fail_msg("%s: '%s', not '%s'", rows[i].source,
			    buf_cstr(&run.out), rows[i].expected);
	}
}

static void
test_output(void **state)
{
	static const char data[] =
	    "{\"a\":{\"b\":[10,20,{\"c\":\"deep\"}],\"x y\":7},\"k\":\"b\","
	    "\"s\":\"gr\xc3\xbc\xc3\x9f\",\"f\":1.50,\"big\":1e20,\"t\":true,"
	    "\"n\":null,\"size\":3}";
	static const struct row rows[] = {
	    {"", data, ""},
	    {"plain { text } %", data, "plain { text } %"},
	    {"{{ s }}", data, "gr\xc3\xbc\xc3\x9f"},
	    {"{{ a.b[2].c }} {{ a[k][0] }} {{ a['x y'] }}", data, "deep 10 7"},
	    {"{{ a.b[-1].c }}|{{ a.b[9] }}|{{ nobody.at.all }}", data,
		"deep||"},
	    {"{{ [k] }}{{ ['s'].size }}", data, "4"},
	    {"{{ a.b.size }}{{ a.b.first }}{{ a.b.last.c }}", data, "310deep"},
	    {"{{ size }}{{ a.size }}", data, "32"},
	    {"{{ f }} {{ big }} {{ t }} {{ n }}|{{ 12.0 }}", data,
		"1.5 1.0e+20 true |12.0"},
	    {"{{ a.b }} {{ a }}", data,
		"1020{\"c\"=>\"deep\"} "
		"{\"b\"=>[10, 20, {\"c\"=>\"deep\"}], \"x y\"=>7}"},
	    {"{{ (1..3) }} {{ 'x' }}{{ \"y\" }} {{ -4 }}{{}}", data,
		"1..3 xy -4"},
	    {"{{ true }}{{ false }}{{ nil }}{{ empty }}{{ blank }}", data,
		"truefalse"},
	};

	(void)state;
	check_rows(rows, ARRAY_LEN(rows), LIQUID_TEXT);
}

static void
test_filters(void **state)
{
	static const char data[] =
	    "{\"e\":\"\",\"s\":\"\xc3\xa9"
	    "cole STRASSE stra\xc3\x9f"
	    "e\","
	    "\"h\":\"<a href='x'>&\\\"\",\"l\":[],\"f\":false}";
	static const struct row rows[] = {
	    {"{{ e | default: 'd' }}{{ x | default: 'd' }}", data, "dd"},
	    {"{{ l | default: 1 }}{{ 0 | default: 1 }}", data, "10"},
	    {"{{ f | default: 'd' }}{{ f | default: 'd', allow_false: true }}",
		data, "dfalse"},
	    {"{{ h | escape }}", data, "&lt;a href=&#39;x&#39;&gt;&amp;&quot;"},
	    {"{{ '&' | escape | escape }}", data, "&amp;amp;"},
	    {"{{ s | upcase }}", data,
		"\xc3\x89"
		"COLE STRASSE STRASSE"},
	    {"{{ s | downcase }}", data,
		"\xc3\xa9"
		"cole strasse stra\xc3\x9f"
		"e"},
	    {"{{ s | capitalize }}", data,
		"\xc3\x89"
		"cole strasse stra\xc3\x9f"
		"e"},
	    {"{{ 'ABC dEF' | capitalize }}{{ '' | capitalize }}", data,
		"Abc def"},
	    {"{{ 'a b&c/\xc3\xa9~-_.*' | url_encode }}", data,
		"a+b%26c%2F%C3%A9~-_.%2A"},
	    {"{{ 5 | url_encode }}{{ nil | upcase }}", data, "5"},
	    {"{{ h | raw }}", data, "<a href='x'>&\""},
	    {"{{ 'b' | append: 'c' | prepend: 'a' | upcase }}", data, "ABC"},
	    {"[{{ '  x ' | strip }}]", data, "[x]"},
	    {"{{ 'a' | upcase: | append: 'b', }}", data, "Ab"},
	};

	(void)state;
	check_rows(rows, ARRAY_LEN(rows), LIQUID_TEXT);
}

static void
test_dates(void **state)
{
	static const struct row rows[] = {
	    {"{{ 'now' | date: '%Y-%m-%d %H:%M:%S' }}", NULL,
		"2025-09-01 09:05:03"},
	    {"{{ '2025-03-30T01:30:00+02:00' | date: '%d.%m.%y %H:%M %z|%Z' }}",
		NULL, "30.03.25 01:30 +0200|"},
	    {"{{ 'March 14, 2016' | date: '%A, %-d %b %Y, %j' }}", NULL,
		"Monday, 14 Mar 2016, 074"},
	    {"{{ '14th mar 2016 3:04 pm' | date: '%-I:%M%P' }}", NULL,
		"3:04pm"},
	    {"{{ 1152098955 | date: '%m/%d/%Y' }}", NULL, "07/05/2006"},
	    {"{{ '20250131' | date: '%Y' }}", NULL, "1970"},
	    {"{{ '2/3/2025' | date: '%F' }}", NULL, "2025-03-02"},
	    {"{{ '12/31/2025' | date: '%F' }}", NULL, "12/31/2025"},
	    {"{{ '2025-02-30' | date: '%F' }}", NULL, "2025-03-02"},
	    {"{{ 'not a date' | date: '%F' }}", NULL, "not a date"},
	    {"{{ '2021-01-03' | date: '%G-%V %U %W %u %w' }}", NULL,
		"2020-53 01 00 7 0"},
	    {"{{ 0 | date: '%^a %#p %5Y %-m %e %% %Q %:z %s' }}", NULL,
		"THU am 01970 1  1 % %Q +00:00 0"},
	    {"{{ 0 | date: '' }}{{ nil | date: '%F' }}", NULL, "0"},
	    {"{{ 0 | date: '%999999999Y' }}", NULL, "%999999999Y"},
	};

	(void)state;
	check_rows(rows, ARRAY_LEN(rows), LIQUID_TEXT);
}

static void
test_conditions(void **state)
{
	static const char data[] =
	    "{\"t\":true,\"f\":false,\"s\":\"abc\",\"l\":[\"a\",1],\"o\":{},"
	    "\"w\":\"  \",\"i\":5}";
	static const struct row rows[] = {
	    {"{% if t %}a{% elsif t %}b{% else %}c{% endif %}", data, "a"},
	    {"{% if f %}a{% elsif t %}b{% else %}c{% endif %}", data, "b"},
	    {"{% if f %}a{% elsif x %}b{% else %}c{% endif %}", data, "c"},
	    {"{% unless f %}a{% else %}b{% endunless %}", data, "a"},
	    {"{% unless t %}a{% elsif t %}b{% endunless %}", data, "b"},
	    {"{% if true and false and false or true %}y{% endif %}n", data,
		"n"},
	    {"{% if f or t and t %}y{% endif %}", data, "y"},
	    {"{% if t and f or t %}y{% endif %}", data, "y"},
	    {"{% if i == 5 and i != 4 and i <> 4 and i > 4 and i >= 5 %}y"
	     "{% endif %}",
		data, "y"},
	    {"{% if i < 5.5 and i <= 5.0 and 5.0 == i %}y{% endif %}", data,
		"y"},
	    {"{% if 'b' > 'a' and 'B' < 'a' %}y{% endif %}", data, "y"},
	    {"{% if s contains 'bc' and l contains 1 %}y{% endif %}", data,
		"y"},
	    {"{% assign x = blank %}{% if nil == x %}y{% endif %}"
	     "{% if e == x or '' == x %}n{% endif %}{{ 1 | plus: empty }}"
	     "{{ (empty..1) }}",
		"{\"e\":[]}", "n10..1"},
	    {"{% if (1..3) contains 2.5 and (1..3) contains 3.0 %}y{% endif %}"
	     "{% if (1..3) contains 3.5 or (1..3) contains '2' %}n{% endif %}",
		NULL, "y"},
	    {"{% if e contains blank or e contains empty %}y{% else %}n"
	     "{% endif %}{% if 'a' contains empty %}y{% endif %}",
		"{\"e\":[null,\"\",[]]}", "ny"},
	    {"{% if s contains 'x' or l contains 'b' or o contains 'k' %}y"
	     "{% endif %}n",
		data, "n"},
	    {"{% if o == empty and '' == empty and w == blank %}y{% endif %}",
		data, "y"},
	    {"{% if x == blank and x == nil %}y{% endif %}", data, "y"},
	    {"{% if x == empty or w == empty or 0 == blank %}y{% endif %}n",
		data, "n"},
	    {"{% if 0 and '' and l %}y{% endif %}", data, "y"},
	    {"{% if nil < 1 or t > 0 or l >= l %}y{% endif %}n", data, "n"},
	    {"{% if 1 == '1' %}y{% endif %}n", data, "n"},
	};

	(void)state;
	check_rows(rows, ARRAY_LEN(rows), LIQUID_TEXT);
}

static void
test_loops(void **state)
{
	static const char data[] = "{\"l\":[1,2,3,4,5],\"o\":{\"a\":1,\"b\":2},"
				   "\"e\":[],\"p\":[[1,2],[3]],\"v\":\"out\"}";
	static const struct row rows[] = {
	    {"{% for v in l %}{{ v }}{% endfor %}{{ v }}", data, "12345out"},
	    {"{% for x in e %}a{% else %}none{% endfor %}", data, "none"},
	    {"{% for x in nobody %}a{% else %}none{% endfor %}", data, "none"},
	    {"{% for x in l limit: 2 offset: 1 %}{{ x }}{% endfor %}", data,
		"23"},
	    {"{% for x in l reversed limit: 2, offset: 1 %}{{ x }}{% endfor %}",
		data, "32"},
	    {"{% for x in l offset: 1, limit: 2, %}{{ x }}{% endfor %}", data,
		"23"},
	    {"{% for x in l limit: 2 %}{{ x }}{% endfor %}"
	     "{% for x in l offset: continue %}-{{ x }}{% endfor %}",
		data, "12-3-4-5"},
	    {"{% for i in (2..4) reversed %}{{ i }}{% endfor %}", data, "432"},
	    {"{% for i in (4..2) %}{{ i }}{% else %}no{% endfor %}", data,
		"no"},
	    {"{% for m in o %}{{ m[0] }}={{ m[1] }};{% endfor %}", data,
		"a=1;b=2;"},
	    {"{% for c in 'abc' %}{{ c }}{% endfor %}", data, "abc"},
	    {"{% for x in l %}{% if x == 2 %}{% continue %}{% endif %}"
	     "{% if x == 4 %}{% break %}{% endif %}{{ x }}{% endfor %}!",
		data, "13!"},
	    {"{% for x in l limit: 2 %}{{ forloop.index }}{{ forloop.index0 }}"
	     "{{ forloop.rindex }}{{ forloop.rindex0 }}{{ forloop.first }}"
	     "{{ forloop.last }}{{ forloop.length }}{{ forloop.name }};"
	     "{% endfor %}{{ forloop.length }}",
		data, "1021truefalse2x-l;2110falsetrue2x-l;"},
	    {"{% for r in p %}{% for x in r %}{{ x }}"
	     "{{ forloop.parentloop.index }} {% endfor %}{% endfor %}",
		data, "11 21 32 "},
	    {"{% for x in l %}{% for x in p %}{% break %}{% endfor %}{{ x }}"
	     "{% endfor %}",
		data, "12345"},
	    {"a{% break %}b", data, "a"},
	};

	(void)state;
	check_rows(rows, ARRAY_LEN(rows), LIQUID_TEXT);
}

static void
test_tags(void **state)
{
	static const struct row rows[] = {
	    {"{% assign x = 'a' | upcase %}{{ x }}", NULL, "A"},
	    {"{{ v }}{% assign v = 2 %}{{ v }}", "{\"v\":1}", "12"},
	    {"{% for v in (1..2) %}{% assign v = 'a' %}{{ v }}{% endfor %}"
	     "{{ v }}",
		NULL, "12a"},
	    {"{% capture c %}[{{ 1 }}]{% endcapture %}{{ c }}{{ c }}", NULL,
		"[1][1]"},
	    {"{% for i in (1..3) %}{% capture c %}{{ i }}{% break %}"
	     "{% endcapture %}{% endfor %}{{ c }}.",
		NULL, "1."},
	    {"a{% comment %} {{ b }} {% if %} {% comment %}{% endcomment %}"
	     "{% endcomment %}c",
		NULL, "ac"},
	    {"{% raw %}{{ x }} {% y %}{% endraw %}", NULL, "{{ x }} {% y %}"},
	    {"{% # one\n   # two %}x{% echo 'y' | upcase %}", NULL, "xY"},
	    {"a \n {%- if true -%} \n b \n {%- endif -%} \n c", NULL, "abc"},
	    {"a {{- 'b' -}} c", NULL, "abc"},
	    {"a{% if true %}  {% assign x = 1 %} {% endif %}b{{ x }}", NULL,
		"ab1"},
	    {"a{% for i in (1..3) %} {% endfor %}b", NULL, "ab"},
	};

	(void)state;
	check_rows(rows, ARRAY_LEN(rows), LIQUID_TEXT);
}

static void
test_html(void **state)
{
	static const char data[] = "{\"x\":\"<i>&'\\\"\",\"l\":[\"<\",\">\"]}";
	static const struct row rows[] = {
	    {"<b>{{ x }}</b>", data, "<b>&lt;i&gt;&amp;&#39;&quot;</b>"},
	    {"{{ x | raw }}", data, "<i>&'\""},
	    {"{{ x | escape }}", data, "&lt;i&gt;&amp;&#39;&quot;"},
	    {"{{ x | raw | append: '<' }}", data, "<i>&'\"&lt;"},
	    {"{{ l }}{{ l | raw }}", data, "&lt;&gt;[\"<\", \">\"]"},
	    {"{% capture c %}<p>{{ x }}</p>{% endcapture %}{{ c }}", data,
		"<p>&lt;i&gt;&amp;&#39;&quot;</p>"},
	    {"{% assign y = x | escape %}{{ y }}", data,
		"&lt;i&gt;&amp;&#39;&quot;"},
	    {"{{ 'a&b' | url_encode }}", data, "a%26b"},
	};

	(void)state;
	check_rows(rows, ARRAY_LEN(rows), LIQUID_HTML);
}

static void
test_header(void **state)
{
	static const struct row rows[] = {
	    {"Hi {{ x }}!", "{\"x\":\"a\\r\\nBcc: b\"}", "Hi a Bcc: b!"},
	    {"{{ x }}", "{\"x\":\"a\\u0000\\u0085\\u2028\\u2029\\tb\"}", "a b"},
	    {"a\nb{{ x }}", "{\"x\":\"<&>\"}", "a b<&>"},
	    {"{{ x | escape | raw }}", "{\"x\":\"\\n&\"}", " &amp;"},
	};

	(void)state;
	check_rows(rows, ARRAY_LEN(rows), LIQUID_HEADER);
}

static void
test_errors(void **state)
{
	static const struct {
		const char *source;
		int line, column;
		const char *text;
	} rows[] = {
	    {"a\n b {{ x | foo }}", 2, 11, "unknown filter 'foo'"},
	    {"\xc3\xa9\xc3\xa9 {% nope %}", 1, 4, "unknown tag 'nope'"},
	    {"a\n{% if x %}\nb\n", 4, 1,
		"unexpected end of template, 'if' from line 2 is not closed"},
	    {"{% for a in b %}{% endif %}", 1, 17,
		"'endif' does not fit 'for' from line 1"},
	    {"{% endif %}", 1, 1, "'endif' without a block to belong to"},
	    {"{% else %}", 1, 1, "'else' without a block to belong to"},
	    {"{% %}", 1, 1, "tag without a name"},
	    {"x {{ y", 1, 3, "'{{' is not closed"},
	    {"x {% if y", 1, 3, "'{%' is not closed"},
	    {"{{ \"a }} b\" }}", 1, 4, "text is not closed"},
	    {"{{ a b }}", 1, 6, "expected '|' or '}}', found 'b'"},
	    {"{{ a | }}", 1, 8, "expected the name of a filter"},
	    {"{{ a..b }}", 1, 5, "expected '|' or '}}', found '..'"},
	    {"{{ a.['b'] }}", 1, 6, "expected a name behind '.', found '['"},
	    {"{{ a[1 }}", 1, 8, "expected ']'"},
	    {"{{ @x }}", 1, 4, "expected a value, found '@'"},
	    {"{{ a | date }}", 1, 8, "filter 'date' takes 1 argument, not 0"},
	    {"{{ a | upcase: 1 }}", 1, 8,
		"filter 'upcase' takes 0 arguments, not 1"},
	    {"{{ a | upcase: b: 1 }}", 1, 8,
		"filter 'upcase' takes no named arguments"},
	    {"{% if %}x{% endif %}", 1, 7, "expected a value"},
	    {"{% if a == %}x{% endif %}", 1, 12, "expected a value"},
	    {"{% if not a %}x{% endif %}", 1, 11, "expected '%}', found 'a'"},
	    {"{% for in b %}{% endfor %}", 1, 11, "expected 'in', found 'b'"},
	    {"{% for a in b size: 1 %}{% endfor %}", 1, 15,
		"expected 'limit', 'offset' or 'reversed', found 'size'"},
	    {"{% assign a? = 1 %}", 1, 11,
		"expected a name to assign to, found 'a?'"},
	    {"{% assign a 1 %}", 1, 13, "expected '=', found '1'"},
	    {"{% raw %}x", 1, 11,
		"unexpected end of template, 'raw' from line 1 is not closed"},
	    {"{% comment %}{% comment %}{% endcomment %}", 1, 43,
		"unexpected end of template, 'comment' from line 1 is not "
		"closed"},
	    {"\xff", 1, 1, "template is not UTF-8"},
	    {"\n{% if 1 < 'a' %}x{% endif %}", 2, 1,
		"comparison of Integer with String failed"},
	    {"{% if 'a' < 1 %}x{% endif %}", 1, 1,
		"comparison of String with 1 failed"},
	    {"{% for a in (1..3) limit: 'x' %}{% endfor %}", 1, 1,
		"invalid integer"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		liquid_case_run(&run, str_of(rows[i].source), NULL,
		    LIQUID_TEXT);
		if (run.rendered)
			fail_msg("taken: %s", rows[i].source);
		if (run.error.line != rows[i].line ||
		    run.error.column != rows[i].column ||
		    strcmp(run.error.text, rows[i].text) != 0)
			fail_msg("%s: %d:%d: %s", rows[i].source,
			    run.error.line, run.error.column, run.error.text);
	}
}

/* What is taken from other languages, or by a clever editor. */
static void
test_advice(void **state)
{
	static const struct {
		const char *source;
		int column;
		const char *text;
	} rows[] = {
	    {"{{ \xe2\x80\x9cx }}", 4,
		"expected a value, found '\xe2\x80\x9c': write straight "
		"quotes"},
	    {"{{ \xc3\xbc }}", 4, "expected a value, found '\xc3\xbc'"},
	    {"{% if a = 1 %}", 9,
		"expected '%}', found '=': write '==' to compare"},
	    {"{% if a && b %}", 9, "expected '%}', found '&': write 'and'"},
	    {"{% if a || b %}", 9, "expected '%}', found '|': write 'or'"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		liquid_case_run(&run, str_of(rows[i].source), NULL,
		    LIQUID_TEXT);
		if (run.compiled || run.error.column != rows[i].column ||
		    strcmp(run.error.text, rows[i].text) != 0)
			fail_msg("%s: %d: %s", rows[i].source, run.error.column,
			    run.error.text);
	}
}

static void
add_name(struct str path, void *arg)
{
	buf_printf(arg, "%.*s ", STR_ARG(path));
}

static void
test_names(void **state)
{
	static const struct {
		const char *source, *names;
	} rows[] = {
	    {"{{ a }}{{ contact.city }}{{ contact['x'].y }}{{ a }}",
		"a contact.city contact.x "},
	    {"{% for p in products %}{{ p.name }}{{ forloop.index }}"
	     "{{ q[p.id] }}{% endfor %}{{ p }}",
		"products q p "},
	    {"{% if a.b == c %}{{ 'x' | append: d.e.f }}{% endif %}",
		"a.b c d.e "},
	    {"{{ [a] }}{{ contact[b] }}{{ nil }}", "a * b contact "},
	    {"{{ x | default: b, allow_false: c }}", "x b c "},
	};
	struct liquid *program;
	struct liquid_error error;
	struct buf names;
	size_t i;

	(void)state;
	buf_init(&names, 4096);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(liquid_compile(&program, str_of(rows[i].source),
		    LIQUID_TEXT, &error));
		buf_reset(&names);
		liquid_names(program, add_name, &names);
		assert_string_equal(buf_cstr(&names), rows[i].names);
		liquid_free(program);
	}
	buf_release(&names);
}

static void
test_scopes(void **state)
{
	const struct value_member first[] = {{STR("a"), value_int(1)}};
	const struct value_member second[] = {{STR("a"), value_int(2)},
	    {STR("b"), value_int(3)}};
	const struct value scopes[] = {value_object(first, 1), value_nil(),
	    value_object(second, 2)};
	struct liquid_data data = {.scopes = scopes,
	    .count = ARRAY_LEN(scopes)};
	struct liquid *program;

	(void)state;
	arena_reset(&run.arena);
	buf_reset(&run.out);
	assert_true(liquid_compile(&program, STR("{{ a }}{{ b }}{{ c }}"),
	    LIQUID_TEXT, &run.error));
	assert_true(
	    liquid_render(program, &data, &run.arena, &run.out, &run.error));
	assert_string_equal(buf_cstr(&run.out), "13");
	liquid_free(program);
	liquid_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_output),
	    cmocka_unit_test(test_filters),
	    cmocka_unit_test(test_dates),
	    cmocka_unit_test(test_conditions),
	    cmocka_unit_test(test_loops),
	    cmocka_unit_test(test_tags),
	    cmocka_unit_test(test_html),
	    cmocka_unit_test(test_header),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_advice),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_scopes),
	};
	int failed;

	liquid_case_init(&run);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	liquid_case_release(&run);
	return failed;
}
