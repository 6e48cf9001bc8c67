/* Goal: the text part reads like a letter, whatever the HTML is like. */
#include "lib/base/clock.h"
#include "templates/html/text_part.h"
#include "templates/liquid/liquid.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define OUT_MAX (2U << 20)

static void
test_rows(void **state)
{
	static const struct {
		const char *html, *text;
	} rows[] = {
	    {"", ""},
	    {"plain", "plain\n"},
	    {"  a \n\t b  ", "a b\n"},
	    {"<p>one</p><p>two</p>", "one\n\ntwo\n"},
	    {"<h1>Head</h1>text<div>line</div>next",
		"Head\n\ntext\nline\nnext\n"},
	    {"a<br>b<br><br>c<BR/>d", "a\nb\n\nc\nd\n"},
	    {"<ul><li>x</li><li>y</li></ul>z", "- x\n- y\n\nz\n"},
	    {"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>",
		"a b\nc\n"},
	    {"<a href=\"https://example.com/?a=1&amp;b=2\">there</a>!",
		"there (https://example.com/?a=1&b=2)!\n"},
	    {"<a href='https://example.com'>https://example.com</a>",
		"https://example.com\n"},
	    {"<a href=mailto:me@example.com>me@example.com</a>",
		"me@example.com\n"},
	    {"<a href=\"#top\">up</a> <a name=x>here</a>", "up here\n"},
	    {"<a href=\"https://example.com/\"><img src=x alt=\"Shop\"></a>",
		"Shop (https://example.com/)\n"},
	    {"<a href=\"https://example.com/\"><img src=x></a>",
		"https://example.com/\n"},
	    {"<p><a href=\"https://example.com/\">x</p></a>y",
		"x (https://example.com/)\n\ny\n"},
	    {"&lt;b&gt; &amp; &euro;5 &#8364; &#x20AC; &nbsp;&mdash; &bogus; &",
		"<b> & \xe2\x82\xac"
		"5 \xe2\x82\xac \xe2\x82\xac \xe2\x80\x94 "
		"&bogus; &\n"},
	    {"&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;x", "x\n"},
	    {"<style>p { a > b }</style><script>if (a < b) '</p>'</script>t",
		"t\n"},
	    {"<title>T</title>a<!-- <p>no</p> -->b", "ab\n"},
	    {"<!--[if mso]><p>no</p><![endif]-->x", "x\n"},
	    {"<!doctype html><?xml x?>y", "y\n"},
	    {"<div style=\"color:red; DISPLAY : "
	     "none\">no<div>no</div></div>yes",
		"yes\n"},
	    {"<img style='display:none' alt=x>yes", "yes\n"},
	    {"a<hr>b", "a\n\n----\n\nb\n"},
	    {"1 < 2 <3 <", "1 < 2 <3 <\n"},
	    {"<p title=\"a > b\">x", "x\n"},
	    {"<ol><li>x<li>y<ul><li>z</ul></ol><ol><li>a</ol>",
		"1. x\n2. y\n  - z\n\n1. a\n"},
	    {"<ul><li><p>x</p></li><li><p>y</p></li></ul>", "- x\n\n- y\n"},
	    {"<pre>a\n b</pre>c", "a\nb\n\nc\n"},
	    {"<!--[if !mso]><!--><p>yes</p><!--<![endif]-->x", "yes\n\nx\n"},
	    {"<a href='tel:1'>call</a>", "call (tel:1)\n"},
	    {"<p", ""},
	    {"<!-- open", ""},
	    {"<style>open", ""},
	};
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, OUT_MAX);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&out);
		text_part(&out, str_of(rows[i].html));
		if (strcmp(buf_cstr(&out), rows[i].text) != 0)
			fail_msg("%s: '%s'", rows[i].html, buf_cstr(&out));
	}
	buf_release(&out);
}

/* Where a link leads is not said twice. */
static void
test_links(void **state)
{
	static const struct {
		const char *html, *text;
	} rows[] = {
	    {"<a href='https://a.test/?u=1&amp;v=2'>https://a.test/</a>, x",
		"https://a.test/?u=1&v=2, x\n"},
	    {"<a href='https://a.test/?b&amp;c'>https://a.test/?b&amp;c</a>",
		"https://a.test/?b&c\n"},
	    {"<p><a href='https://a.test/'>https://a.test</a></p><p>x</p>",
		"https://a.test/\n\nx\n"},
	    {"<a href='https://a.test/b'>https://a.test</a>",
		"https://a.test (https://a.test/b)\n"},
	    {"<a href='https://a.test.evil.test'>https://a.test</a>",
		"https://a.test (https://a.test.evil.test)\n"},
	};
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, OUT_MAX);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&out);
		text_part(&out, str_of(rows[i].html));
		if (strcmp(buf_cstr(&out), rows[i].text) != 0)
			fail_msg("%s: '%s'", rows[i].html, buf_cstr(&out));
	}
	buf_release(&out);
}

/* Marks are kept; the text is one that a template can be made of. */
static void
test_sources(void **state)
{
	static const struct {
		const char *html, *text;
	} rows[] = {
	    {"<a href=\"https://a.test/?u={{ u }}&amp;b\">{{ t }}</a>",
		"{{ t }} (https://a.test/?u={{ u }}&b)\n"},
	    {"<a href=\"{{ u }}\">{{ u }}</a>", "{{ u }}\n"},
	    {"<img alt=\"a {{ b | c: \"&amp;\" }} &amp; d\">",
		"a {{ b | c: \"&amp;\" }} & d\n"},
	    {"a {{- x -}} b {%- if y -%} c {%- endif %} d",
		"a{{ x }}b{% if y %}c{% endif %} d\n"},
	    {"<p>a</p>\n{% assign x = 1 %}\n<p>b</p>",
		"a{% assign x = 1 %}\n\nb\n"},
	    {"{% comment %} <p> {% endcomment %}<p>a</p>{% # x %}", "a\n"},
	    {"{% raw %}<b>{{ x }}</b>{% endraw %}",
		"{% raw %}{{ x }}{% endraw %}\n"},
	    {"&#123;{ x }} &#123;% y {<b>{{ z }}</b>",
		"{{ '{' }}{ x }} {{ '{' }}% y {{ '{' }}{{ z }}\n"},
	    {"<!--{% if a %}-->x<!--{% endif %}-->",
		"{% if a %}x{% endif %}\n"},
	    {"<p {% if a %}b{% endif %} {{ c }}>x", "x\n"},
	    {"<div style='display:none'>{{ a }}{% assign b = 1 %}</div>x",
		"{% assign b = 1 %}x\n"},
	    {"{% if a %}<a href=\"b{% endif %}\">c</a>",
		"{% if a %}{% endif %}c\n"},
	    {"<a href='{% if a %}b://c?{% endif %}'>{% if a %}b://c</a>"
	     "{% endif %}",
		"{% if a %}b://c ({% if a %}b://c?{% endif %}){% endif %}\n"},
	    {"{% capture a %}<p>b</p>{% endcapture %}c",
		"{% capture a %}b{% endcapture %}c\n"},
	};
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, OUT_MAX);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&out);
		text_part(&out, str_of(rows[i].html));
		if (strcmp(buf_cstr(&out), rows[i].text) != 0)
			fail_msg("%s: '%s'", rows[i].html, buf_cstr(&out));
	}
	buf_reset(&out);
	text_of_html(&out, STR("<p>{{ x }}</p>&#123;{"));
	assert_string_equal(buf_cstr(&out), "{{ x }}\n\n{{\n");
	buf_release(&out);
}

static void
render(struct buf *out, struct str source, const char *json)
{
	struct value scope = value_object(NULL, 0);
	struct liquid_data data = {.scopes = &scope, .count = 1};
	struct liquid_error error;
	struct liquid *program;
	struct arena a;
	struct err err;

	arena_init(&a, 4U << 20);
	if (!value_from_json(&scope, str_of(json), &a, &err))
		fail_msg("%s", err.text);
	if (!liquid_compile(&program, source, LIQUID_DERIVED, &error))
		fail_msg("%.*s: %s", STR_ARG(source), error.text);
	buf_reset(out);
	if (!liquid_render(program, &data, &a, out, &error))
		fail_msg("%.*s: %s", STR_ARG(source), error.text);
	liquid_free(program);
	arena_release(&a);
}

/* Breaks are right in every branch. */
static void
test_branches(void **state)
{
#define YES "{\"x\":true,\"l\":[1,2],\"n\":2}"
#define NO  "{\"x\":false,\"l\":[],\"n\":0}"
	static const struct {
		const char *html, *yes, *no;
	} rows[] = {
	    {"<p>a</p>{% if x %}<p>b</p>{% endif %}<p>c</p>", "a\n\nb\n\nc\n",
		"a\n\nc\n"},
	    {"<p>a</p>\n{% if x %}\n<p>b</p>\n{% endif %}\n{% if x %}\n"
	     "<p>c</p>\n{% endif %}\n<p>d</p>",
		"a\n\nb\n\nc\n\nd\n", "a\n\nd\n"},
	    {"a {% if x %}<p>b</p>{% endif %}<p>c</p>", "a \n\nb\n\nc\n",
		"a \n\nc\n"},
	    {"<p>a</p>{% if x %}b{% endif %}c", "a\n\nbc\n", "a\n\nc\n"},
	    {"<p>a</p>{% if x %}<p>b</p>{% endif %}c", "a\n\nb\n\nc\n",
		"a\n\nc\n"},
	    {"a{% if x %} b{% endif %}, c", "a b, c\n", "a, c\n"},
	    {"a {% if x %}b {% endif %}c", "a b c\n", "a c\n"},
	    {"a {% if x %} b {% endif %} c", "a b c\n", "a c\n"},
	    {"{% if x %}<p>a</p>{% endif %}<p>b</p>", "a\n\nb\n", "b\n"},
	    {"<p>a</p>{% if x %}<p>b</p>{% else %}<p>c</p>{% endif %}d",
		"a\n\nb\n\nd\n", "a\n\nc\n\nd\n"},
	    {"a<br>{% if x %}b<br>{% endif %}c", "a\nb\nc\n", "a\nc\n"},
	    {"<p>a</p>{% case n %}\n{% when 2 %}<p>b</p>{% else %}c"
	     "{% endcase %}<p>d</p>",
		"a\n\nb\n\nd\n", "a\n\nc\n\nd\n"},
	    {"<ul>{% for i in l %}<li>{{ i }}</li>{% endfor %}</ul>",
		"- 1\n- 2\n\n", "\n"},
	    {"<ul>{% for i in l %}<li>{{ i }}</li>{% endfor %}</ul><p>a</p>",
		"- 1\n- 2\n\na\n", "\na\n"},
	    {"<ol>{% for i in l %}<li>i</li>{% endfor %}<li>j</ol>",
		"1. i\n2. i\n3. j\n", "1. j\n"},
	    {"<table>{% for i in l %}<tr><td>{{ i }}<td>b</tr>{% endfor %}"
	     "</table>c",
		"1 b\n2 b\nc\n", "c\n"},
	    {"{% for i in l %}{{ i }}, {% endfor %}c", "1, 2, c\n", "c\n"},
	    {"a{% for i in l %}<p>{{ i }}</p>{% endfor %}b",
		"a\n\n1\n\n2\n\nb\n", "a\n\nb\n"},
	    {"<p>a</p>{% for i in l %}{% if x %}<p>{{ i }}</p>{% endif %}"
	     "{% endfor %}<p>b</p>",
		"a\n\n1\n\n2\n\nb\n", "a\n\nb\n"},
	    {"<p>a</p>{% if x %}<!-- b -->{% endif %}<p>c</p>", "a\n\nc\n",
		"a\n\nc\n"},
	};
	struct buf text, out;
	size_t i;

	(void)state;
	buf_init(&text, OUT_MAX);
	buf_init(&out, OUT_MAX);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&text);
		text_part(&text, str_of(rows[i].html));
		render(&out, buf_view(&text), YES);
		if (strcmp(buf_cstr(&out), rows[i].yes) != 0)
			fail_msg("%s: yes '%s'", rows[i].html, buf_cstr(&out));
		render(&out, buf_view(&text), NO);
		if (strcmp(buf_cstr(&out), rows[i].no) != 0)
			fail_msg("%s: no '%s'", rows[i].html, buf_cstr(&out));
	}
	buf_release(&text);
	buf_release(&out);
}

/* Each byte is read once, or nearly: a megabyte of anything takes no time. */
static bool
a_snippet(struct str name, struct str *html, void *arg)
{
	static const struct {
		struct str name, html;
	} all[] = {
	    {STR("p"), STR("<p>{{ x }}</p>")},
	    {STR("li"), STR("\n{% assign a = 1 %}<li><b>{{ x }}</b></li>\n")},
	    {STR("td"), STR("<td>x</td>")},
	    {STR("member"), STR("{% if x %}<p>x</p>{% endif %}")},
	    {STR("word"), STR("<b>x</b> y")},
	    {STR("none"), STR("<!--[if mso]><p>x</p><![endif]-->")},
	};
	size_t i;

	(void)arg;
	for (i = 0; i < ARRAY_LEN(all); i++)
		if (str_eq(name, all[i].name)) {
			*html = all[i].html;
			return true;
		}
	return false;
}

/* Blocks of a snippet stand apart from what is around it. */
static void
test_snippets(void **state)
{
	static const struct {
		const char *html, *text;
	} rows[] = {
	    {"a{% render 'p' %}b", "a\n\n{% render 'p' %}\n\nb\n"},
	    {"{% for x in y %}{% render \"p\", x: x %}{% endfor %}b",
		"{% for x in y %}{% render \"p\", x: x %}\n\n"
		"{% endfor %}b\n"},
	    {"<ul>{% for x in y %}{%- include 'li' -%}{% endfor %}</ul>",
		"{% for x in y %}{% include 'li' %}\n{% endfor %}"},
	    {"<tr>{% render 'td' %}{% render 'td' %}</tr>",
		"{% render 'td' %} {% render 'td' %}\n"},
	    {"a{% render 'member' %}b", "a\n\n{% render 'member' %}\n\nb\n"},
	    {"a{% render 'word' %}b", "a{% render 'word' %}b\n"},
	    {"a{% render 'none' %}b", "a{% render 'none' %}b\n"},
	    {"a{% render 'unknown' %}b", "a{% render 'unknown' %}b\n"},
	    {"a{% include x %}b", "a{% include x %}b\n"},
	};
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, OUT_MAX);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&out);
		text_part_with(&out, str_of(rows[i].html), a_snippet, NULL);
		if (strncmp(buf_cstr(&out), rows[i].text,
			strlen(rows[i].text)) != 0)
			fail_msg("%s: '%s'", rows[i].html, buf_cstr(&out));
	}
	buf_release(&out);
}

static void
test_long(void **state)
{
	static const char *const pieces[] = {"<", "<a", "<a href='", "<!--",
	    "<script>", "<script></", "<div style='display:none'>", "&", "&#",
	    "<a href=x>", "</a>", "<p>", " ", "<title><", "x", "{% if x %}",
	    "{% endif %}", "{% for i in l %}", "{% endfor %}", "<ol><li>", "{",
	    "{<b>", "<!--{% if", "{% assign x = 1 %}"};
	struct buf html, out;
	int64_t start;
	size_t i;

	(void)state;
	buf_init(&html, 1U << 20);
	buf_init(&out, OUT_MAX);
	for (i = 0; i < ARRAY_LEN(pieces); i++) {
		buf_reset(&html);
		buf_reset(&out);
		while (!html.full)
			buf_puts(&html, pieces[i]);
		start = clock_mono_ms();
		text_part(&out, buf_view(&html));
		if (clock_mono_ms() - start > 2000)
			fail_msg("%s: too slow", pieces[i]);
	}
	buf_release(&html);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_links),
	    cmocka_unit_test(test_sources),
	    cmocka_unit_test(test_branches),
	    cmocka_unit_test(test_snippets),
	    cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
