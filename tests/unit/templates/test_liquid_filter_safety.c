/* Goal: what was escaped stays so, however filters follow one another; wrong
 * arguments are told, and no filter can run away. */
#include "tests/unit/templates/liquid_case.h"

#include <time.h>

static struct liquid_case run;

static const char data[] =
    "{\"n\":null,\"t\":true,\"s\":\" one two \","
    "\"lines\":\"a\\r\\nb\\nc\","
    "\"html\":\"<p class='x'>A&amp;B</p><!-- <i> --><b\","
    "\"q\":\"a<b>&\\\"'\",\"l\":[\"b\",\"a\",null,\"C\"],"
    "\"m\":[3,1.5,2],\"mixed\":[1,\"a\"],"
    "\"o\":{\"k\":1,\"l\":[true,null]}}";

/* In HTML: "<" of data must never come out as it is, unless `raw` says so. */
static void
safe_when_joined(void **state)
{
	static const struct liquid_case_row rows[] = {
	    {"not safe", "{{ q | append: '!' }}",
		"a&lt;b&gt;&amp;&quot;&#39;!"},
	    {"safe + unsafe", "{{ '&lt;' | raw | append: q }}",
		"&lt;a&lt;b&gt;&amp;&quot;&#39;"},
	    {"unsafe + safe", "{{ '<i>' | raw | prepend: '<' }}", "&lt;<i>"},
	    {"safe + safe",
		"{% capture c %}<i>{% endcapture %}"
		"{{ c | append: c }}",
		"<i><i>"},
	    {"a URL behind its attribute",
		"{% assign c = '<a href=\"' | raw %}"
		"{{ c | append: 'https://x.test/?a=' | append: q }}"
		"{{ c | append: q }}",
		"<a href=\"https://x.test/?a=a%3Cb%3E%26%22%27"
		"<a href=\"a%3Cb%3E&amp;%22&#39;"},
	    {"a scheme behind its attribute",
		"{% assign x = 'javascript|:x' | replace: '|', n %}"
		"{{ '<a href=' | raw | append: x }}",
		"<a href=#"},
	    {"a name where an attribute is", "{{ '<a ' | raw | append: q }}",
		"<a x"},
	    {"escape once only", "{{ '<' | escape | escape | upcase }}",
		"&LT;"},
	    {"case keeps it", "{{ '<' | escape | capitalize }}", "&lt;"},
	    {"blanks keep it",
		"{% capture c %} <i>{{ q }}</i>\n {% endcapture %}"
		"{{ c | strip }}{{ c | squish }}",
		"<i>a&lt;b&gt;&amp;&quot;&#39;</i>"
		"<i>a&lt;b&gt;&amp;&quot;&#39;</i>"},
	    {"printed arrays are escaped", "{{ '<i>' | raw | split: ',' }}",
		"&lt;i&gt;"},
	};

	(void)state;
	liquid_case_check(&run, rows, ARRAY_LEN(rows), data, LIQUID_HTML);
}

static void
safe_in_parts(void **state)
{
	static const struct liquid_case_row rows[] = {
	    {"a part without markup is safe",
		"{{ 'a & b' | escape | truncate: 8 }}", "a &am..."},
	    {"a part with markup is not",
		"{% capture c %}<a title=\"{{ q }}\">{% endcapture %}"
		"{{ c | slice: 0, 4 }}",
		"&lt;a t"},
	    {"all of it is",
		"{% capture c %}<i>{% endcapture %}"
		"{{ c | slice: 0, 9 }}{{ c | truncate: 3 }}",
		"<i><i>"},
	    {"dots are escaped", "{{ 'a & b' | escape | truncate: 4, '<' }}",
		"a &&lt;"},
	    {"split", "{{ '<i>,a' | raw | split: ',' | join: '<' }}",
		"&lt;i&gt;&lt;a"},
	    {"joined with what is safe",
		"{{ 'a,&amp;' | raw | split: ',' | join: '<' }}", "a&lt;&amp;"},
	    {"replace escapes what it puts in",
		"{{ 'a & b' | escape | replace: 'a', '<' }}",
		"&lt; &&lt;mp; b"},
	    {"replace with what is safe",
		"{% capture br %}<br>{% endcapture %}"
		"{{ q | replace: 'b', br }}",
		"a&lt;<br>&gt;&amp;&quot;&#39;"},
	    {"replace in markup",
		"{% capture c %}<a title=\"{{ q }}\">{% endcapture %}"
		"{{ c | remove: '\"' }}",
		"&lt;a title=a&amp;lt;b&amp;gt;&amp;amp;&amp;quot;&amp;#39;"
		"&gt;"},
	    {"replace what is not there", "{{ '<i>' | raw | remove: 'x' }}",
		"<i>"},
	    {"newline_to_br", "{{ q | append: lines | newline_to_br }}",
		"a&lt;b&gt;&amp;&quot;&#39;a<br />\nb<br />\nc"},
	    {"newline_to_br of what is safe",
		"{{ '<i>\n' | raw | newline_to_br }}", "<i><br />\n"},
	    {"escape_once", "{{ '<&amp;' | escape_once }}", "&lt;&amp;"},
	    {"strip_html", "{{ html | raw | strip_html }}", "A&amp;amp;B&lt;b"},
	    {"decoded is not safe",
		"{{ '%3Ci%3E' | raw | url_decode }}"
		"{{ 'PGk+' | raw | base64_decode }}",
		"&lt;i&gt;&lt;i&gt;"},
	    {"default keeps what it is",
		"{{ '<' | escape | default: 'x' }}{{ n | default: '<' }}",
		"&lt;&lt;"},
	    {"lists keep what they hold",
		"{{ '<' | escape | concat: l | first }}", "&lt;"},
	};

	(void)state;
	liquid_case_check(&run, rows, ARRAY_LEN(rows), data, LIQUID_HTML);
}

/* Markup that is neither the author's nor a <br />. */
static bool
has_foreign_markup(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (str_starts_nocase(str_from(s, i), STR("<br />")))
			i += strlen("<br />");
		if (i < s.n && strchr("<>\"'", s.p[i]) != NULL)
			return true;
	}
	return false;
}

/* However filters follow one another, without `raw`. */
static void
nothing_gets_out(void **state)
{
	static const char *const filters[] = {"append: q", "prepend: q",
	    "append: '<i>'", "strip", "squish", "strip_newlines", "slice: 1, 9",
	    "slice: -4, 3", "truncate: 7", "truncate: 9, q",
	    "truncatewords: 1, q", "split: '' | join: q", "split: '&' | first",
	    "split: ';' | last", "split: 'b' | reverse | join",
	    "replace: '&', q", "replace: q, '<'", "replace: '', '\\0<'",
	    "replace_first: 'a', \"\\'\"", "replace_last: ';', '>'",
	    "remove: 'amp;'", "remove_first: '&'", "upcase", "downcase",
	    "capitalize", "escape", "escape_once", "h", "strip_html",
	    "newline_to_br", "url_encode", "url_decode", "base64_encode",
	    "base64_decode", "default: q", "split: ' ' | map: 'b' | join",
	    "split: ',' | concat: l | sort_natural | join: q", "append: lines",
	    "append: s | split: ' ' | uniq"};
	char source[400];
	uint32_t seed = 1;
	int i, k, n;

	(void)state;
	for (i = 0; i < 4000; i++) {
		n = snprintf(source, sizeof(source), "{{ q");
		for (k = 0; k < 5; k++) {
			seed = seed * 1664525 + 1013904223;
			n += snprintf(source + n, sizeof(source) - (size_t)n,
			    " | %s", filters[(seed >> 8) % ARRAY_LEN(filters)]);
		}
		snprintf(source + n, sizeof(source) - (size_t)n, " }}");
		liquid_case_run(&run, str_of(source), data, LIQUID_HTML);
		assert_true(run.compiled);
		if (run.rendered && has_foreign_markup(buf_view(&run.out)))
			fail_msg("%s: %s", source, buf_cstr(&run.out));
	}
}

static void
wrong_arguments(void **state)
{
	static const struct liquid_case_row rows[] = {
	    {"concat a text", "{{ m | concat: 'a' }}",
		"concat filter requires an array argument"},
	    {"concat nil", "{{ m | concat: n }}", "requires an array"},
	    {"concat a range", "{{ m | concat: (1..2) }}", "requires an array"},
	    {"slice by nil", "{{ 'a' | slice: n }}", "invalid integer"},
	    {"slice by a float", "{{ 'a' | slice: 1.0 }}", "invalid integer"},
	    {"slice by letters", "{{ 'a' | slice: 'x' }}", "invalid integer"},
	    {"slice by an array", "{{ 'a' | slice: m }}", "invalid integer"},
	    {"truncate to nil", "{{ 'a' | truncate: n }}", "invalid integer"},
	    {"truncate to nothing", "{{ 'a' | truncate: '' }}",
		"invalid integer"},
	    {"underscores", "{{ 'a' | truncate: '1__0' }}", "invalid integer"},
	    {"octal digits", "{{ 'a' | truncate: '08' }}", "invalid integer"},
	    {"truncatewords", "{{ 'a' | truncatewords: t }}",
		"invalid integer"},
	    {"url_decode", "{{ '%ff' | url_decode }}",
		"invalid byte sequence in UTF-8"},
	    {"base64_decode", "{{ 'a' | base64_decode }}",
		"invalid base64 provided to base64_decode"},
	    {"base64_decode the other alphabet", "{{ 'Zm8_' | base64_decode }}",
		"invalid base64"},
	    {"base64_decode to no text", "{{ '/w==' | base64_decode }}",
		"not UTF-8"},
	    {"base64_url_safe_decode", "{{ 'a=' | base64_url_safe_decode }}",
		"invalid base64 provided to base64_url_safe_decode"},
	    {"sort what differs", "{{ mixed | sort }}",
		"cannot sort values of incompatible types"},
	    {"sort truths", "{{ 'a,b' | split: ',' | concat: o.l | sort }}",
		"cannot sort values of incompatible types"},
	    {"map numbers", "{{ m | slice: 0 | map: 'x' }}",
		"cannot select the property 'x'"},
	    {"map texts by nil", "{{ 'a' | map: n }}",
		"cannot select the property ''"},
	    {"where", "{{ 5 | where: 'x' }}", "cannot select the property"},
	    {"uniq", "{{ m | uniq: 'x' }}", "cannot select the property"},
	    {"compact", "{{ 5 | compact: 'x' }}", "cannot select the property"},
	    {"sum", "{{ (1..2) | sum: 'x' }}", "cannot select the property"},
	};

	(void)state;
	liquid_case_check_errors(&run, rows, ARRAY_LEN(rows), data);
}

/* What doubles ends with an error, soon. */
static void
bounds(void **state)
{
	static const struct liquid_case_row rows[] = {
	    {"append",
		"{% assign x = 'ab' %}{% for i in (1..99999) %}"
		"{% assign x = x | append: x %}{% endfor %}",
		"bytes of memory"},
	    {"replace",
		"{% assign x = 'ab' %}{% for i in (1..99999) %}"
		"{% assign x = x | replace: 'a', x %}{% endfor %}",
		"bytes"},
	    {"around it",
		"{% assign x = 'ab' %}{% for i in (1..99999) %}"
		"{% assign x = x | replace: '', \"\\\\`\" %}{% endfor %}",
		""},
	    {"concat",
		"{% assign x = m %}{% for i in (1..99999) %}"
		"{% assign x = x | concat: x %}{% endfor %}",
		""},
	    {"join",
		"{% assign x = l %}{% for i in (1..99999) %}{% assign x = x | "
		"join: 'abcdefgh' | split: '' %}{% endfor %}",
		""},
	    {"a range laid out", "{{ (1..9999999999) | reverse | first }}",
		"steps"},
	    {"a range sorted", "{{ (1..60000) | sort | first }}", ""},
	    {"upcase over and over",
		"{% capture x %}{% for i in (1..9000) %}{{ s }}{% endfor %}"
		"{% endcapture %}{% for i in (1..99999) %}"
		"{% assign y = x | upcase %}{% endfor %}",
		"bytes of memory"},
	    {"size over and over",
		"{% capture x %}{% for i in (1..9000) %}{{ s }}{% endfor %}"
		"{% endcapture %}{% for i in (1..99999) %}"
		"{% assign y = x | size %}{% endfor %}",
		"steps"},
	};
	clock_t begin = clock();

	(void)state;
	liquid_case_check_errors(&run, rows, ARRAY_LEN(rows), data);
	assert_true(clock() - begin < 5 * CLOCKS_PER_SEC);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(safe_when_joined),
	    cmocka_unit_test(safe_in_parts),
	    cmocka_unit_test(nothing_gets_out),
	    cmocka_unit_test(wrong_arguments),
	    cmocka_unit_test(bounds),
	};
	int failed;

	liquid_case_init(&run);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	liquid_case_release(&run);
	return failed;
}
