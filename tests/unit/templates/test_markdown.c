/* Goal: Markdown reads as CommonMark has it, and no Liquid mark is touched. */
#include "templates/html/markdown.h"
#include "templates/liquid/liquid_scan.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
expect(const char *label, struct str source, const char *html)
{
	struct buf out;
	struct err err = {0};

	buf_init(&out, MARKDOWN_HTML_MAX);
	if (!markdown_html(&out, source, &err))
		fail_msg("%s: %s", label, err.text);
	if (!str_eq(buf_view(&out), str_of(html)))
		fail_msg("%s:\n got %s\nwant %s", label, buf_cstr(&out), html);
	buf_release(&out);
}

struct row {
	const char *label, *markdown, *html;
};

static void
expect_rows(const struct row *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		expect(rows[i].label, str_of(rows[i].markdown), rows[i].html);
}

static void
test_markdown(void **state)
{
	static const struct row rows[] = {
	    {"nothing", "", ""},
	    {"heading and text", "# A *b*\n\ntext\nmore\n",
		"<h1>A <em>b</em></h1>\n<p>text\nmore</p>\n"},
	    {"list", "- a\n- b\n", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"},
	    {"table", "| a | b |\n|---|--:|\n| 1 | 2 |\n",
		"<table>\n<thead>\n<tr>\n<th>a</th>\n<th "
		"align=\"right\">b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n"
		"<td>1</td>\n<td align=\"right\">2</td>\n</tr>\n</tbody>\n"
		"</table>\n"},
	    {"strikethrough", "~~old~~", "<p><del>old</del></p>\n"},
	    {"bare link", "see https://example.com/a?b=1&c=2",
		"<p>see <a "
		"href=\"https://example.com/a?b=1&amp;c=2\">https://example."
		"com/a?b=1&amp;c=2</a></p>\n"},
	    {"raw HTML", "<div class=\"x\">\n<b>y</b>\n</div>\n",
		"<div class=\"x\">\n<b>y</b>\n</div>\n"},
	    {"byte order mark", "\xef\xbb\xbfx", "<p>x</p>\n"},
	};

	(void)state;
	expect_rows(rows, ARRAY_LEN(rows));
}

static void
test_marks_in_text(void **state)
{
	static const struct row rows[] = {
	    {"a word", "Hello {{ name }}!", "<p>Hello {{ name }}!</p>\n"},
	    {"two", "{{ a }}{{ b }}", "<p>{{ a }}{{ b }}</p>\n"},
	    {"prints: stays in its paragraph", "a\n\n{{ b }}\n\nc",
		"<p>a</p>\n<p>{{ b }}</p>\n<p>c</p>\n"},
	    {"emphasis in a mark is none", "{{ a | times: 2 *3* _x_ }}",
		"<p>{{ a | times: 2 *3* _x_ }}</p>\n"},
	    {"emphasis around", "**{{ name }}** _{{ x }}_",
		"<p><strong>{{ name }}</strong> <em>{{ x }}</em></p>\n"},
	    {"quotes and angles", "{{ \"<b>\" | append: '&' }}",
		"<p>{{ \"<b>\" | append: '&' }}</p>\n"},
	    {"heading", "## Dear {{ name | default: 'reader' }}",
		"<h2>Dear {{ name | default: 'reader' }}</h2>\n"},
	    {"link", "[x](https://x.test/?u={{ u | url_encode }})",
		"<p><a href=\"https://x.test/?u={{ u | url_encode "
		"}}\">x</a></p>\n"},
	    {"link: all of it", "[{{ t }}]({{ u }} \"{{ v }}\")",
		"<p><a href=\"{{ u }}\" title=\"{{ v }}\">{{ t }}</a></p>\n"},
	    {"reference", "[a][r]\n\n[r]: {{ u }}\n",
		"<p><a href=\"{{ u }}\">a</a></p>\n"},
	    {"automatic link: twice", "<https://x.test/{{ u }}>",
		"<p><a href=\"https://x.test/{{ u }}\">https://x.test/{{ u "
		"}}</a></p>\n"},
	    {"image", "![{{ a }}](https://x.test/{{ b }}.png)",
		"<p><img src=\"https://x.test/{{ b }}.png\" alt=\"{{ a "
		"}}\"></p>\n"},
	    {"code", "`{{ a }}`", "<p><code>{{ a }}</code></p>\n"},
	    {"raw HTML", "<b title=\"{{ a }}\">{{ b }}</b>",
		"<p><b title=\"{{ a }}\">{{ b }}</b></p>\n"},
	    {"inline condition", "a {% if b %}*c*{% endif %} d",
		"<p>a {% if b %}<em>c</em>{% endif %} d</p>\n"},
	    {"raw prints", "{% raw %}*{{*{% endraw %}",
		"<p>{% raw %}*{{*{% endraw %}</p>\n"},
	    {"a pipe in a mark parts no cells",
		"| a |\n|---|\n| {{ x | money: 'EUR' }} |\n",
		"<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n"
		"<tbody>\n<tr>\n<td>{{ x | money: 'EUR' }}</td>\n</tr>\n"
		"</tbody>\n</table>\n"},
	    {"a mark over lines", "{{ a\n\n| upcase }} b",
		"<p>{{ a\n\n| upcase }} b</p>\n"},
	    {"nothing closes it", "a {{ b", "<p>a {{ b</p>\n"},
	};

	(void)state;
	expect_rows(rows, ARRAY_LEN(rows));
}

static void
test_lines_of_tags(void **state)
{
	static const struct row rows[] = {
	    {"alone", "{% if x %}\n\na\n\n{% endif %}\n",
		"{% if x %}\n<p>a</p>\n{% endif %}\n"},
	    {"without empty lines", "a\n{% if x %}\nb\n{% endif %}\nc",
		"<p>a</p>\n{% if x %}\n<p>b</p>\n{% endif %}\n<p>c</p>\n"},
	    {"over paragraphs",
		"{% if x %}\na\n\nb\n\n{% else %}\nc\n{% "
		"endif %}",
		"{% if x %}\n<p>a</p>\n<p>b</p>\n{% else %}\n<p>c</p>\n{% "
		"endif %}\n"},
	    {"a list an item", "{% for x in xs %}\n- {{ x }}\n{% endfor %}\n",
		"{% for x in xs %}\n<ul>\n<li>{{ x }}</li>\n</ul>\n{% endfor "
		"%}\n"},
	    {"several in a line", "{% assign a = 1 %} {% assign b = 2 %}\nx",
		"{% assign a = 1 %} {% assign b = 2 %}\n<p>x</p>\n"},
	    {"CRLF", "{% if x %}\r\na\r\n{% endif %}\r\n",
		"{% if x %}\n<p>a</p>\n{% endif %}\n"},
	    {"quoted", "> a\n> {% if x %}\n> b\n> {% endif %}\n",
		"<blockquote>\n<p>a</p>\n{% if x %}\n<p>b</p>\n{% endif "
		"%}\n</blockquote>\n"},
	    {"comment block", "{% comment %}\n\n# no\n\n{% endcomment %}\nx",
		"{% comment %}\n\n# no\n\n{% endcomment %}\n<p>x</p>\n"},
	    {"not a heading's underline", "{% if x %}\n---\n",
		"{% if x %}\n<hr>\n"},
	    {"in a block of code", "```\n{% if x %}\n```\n",
		"<pre><code>{% if x %}\n</code></pre>\n"},
	    {"in raw HTML",
		"<table>\n{% for x in xs %}\n<tr></tr>\n{% endfor "
		"%}\n</table>\n",
		"<table>\n{% for x in xs %}\n<tr></tr>\n{% endfor "
		"%}\n</table>\n"},
	    {"in a comment for Outlook",
		"<!--[if mso]>\n{% if x %}\n<b>\n{% endif %}\n<![endif]-->\n",
		"<!--[if mso]>\n{% if x %}\n<b>\n{% endif %}\n<![endif]-->\n"},
	    {"rows of a table",
		"| a | b |\n|---|:-:|\n{% for x in xs %}\n| {{ x.a }} | y |\n"
		"{% endfor %}\n| c | d |\n\nz",
		"<table>\n<thead>\n<tr>\n<th>a</th>\n<th "
		"align=\"center\">b</th>\n</tr>\n</thead>\n<tbody>\n"
		"{% for x in xs %}\n"
		"<tr>\n<td>{{ x.a }}</td>\n<td align=\"center\">y</td>\n</tr>\n"
		"{% endfor %}\n"
		"<tr>\n<td>c</td>\n<td align=\"center\">d</td>\n</tr>\n"
		"</tbody>\n</table>\n<p>z</p>\n"},
	    {"a first column that is aligned",
		"|a|\n|:-:|\n{% if x %}\n|b|\n{% endif %}\n",
		"<table>\n<thead>\n<tr>\n<th align=\"center\">a</th>\n</tr>\n"
		"</thead>\n<tbody>\n{% if x %}\n<tr>\n<td "
		"align=\"center\">b</td>\n</tr>\n{% endif %}\n</tbody>\n"
		"</table>\n"},
	};

	(void)state;
	expect_rows(rows, ARRAY_LEN(rows));
}

/* What Markdown alone makes of the text is never a mark. */
static void
test_no_new_marks(void **state)
{
	static const struct row rows[] = {
	    {"escaped", "\\{{ a }}", "<p>\\{{ a }}</p>\n"},
	    {"both escaped", "\\{\\{ a }}", "<p>&#123;{ a }}</p>\n"},
	    {"entities", "&#123;&#x7b; a }}", "<p>&#123;{ a }}</p>\n"},
	    {"entity and tag", "&#123;% if a %}", "<p>&#123;% if a %}</p>\n"},
	    {"before a mark", "&#123;{{ a }}", "<p>&#123;{{ a }}</p>\n"},
	    {"a brace alone", "{ a } {", "<p>{ a } {</p>\n"},
	};

	(void)state;
	expect_rows(rows, ARRAY_LEN(rows));
}

/* Words that look like ours are text: ours are made of the source's hash. */
static void
test_forged(void **state)
{
	struct buf source, out;
	struct err err = {0};
	int letter;
	int number;

	(void)state;
	buf_init(&source, MARKDOWN_MAX);
	buf_init(&out, MARKDOWN_HTML_MAX);
	buf_puts(&source, "{{ secret }}\n");
	for (letter = 'a'; letter <= 'p'; letter++)
		for (number = 0; number < 3; number++)
			buf_printf(&source, "%c%c%c%c%c%c%c%c%dz ", letter,
			    letter, letter, letter, letter, letter, letter,
			    letter, number);
	assert_true(markdown_html(&out, buf_view(&source), &err));
	assert_int_equal(str_find(buf_view(&out), STR("{{ secret }}")), 3);
	assert_int_equal(
	    str_find(str_from(buf_view(&out), 4), STR("{{ secret }}")),
	    STR_NOWHERE);
	buf_release(&source);
	buf_release(&out);
}

static void
test_limits(void **state)
{
	struct buf source, out;
	struct err err = {0};

	(void)state;
	buf_init(&source, MARKDOWN_MAX + 1);
	while (!source.full)
		buf_puts(&source, "{{a}} *b* [c](d) ");
	buf_init(&out, MARKDOWN_HTML_MAX);
	assert_true(markdown_html(&out, buf_view(&source), &err));
	buf_release(&out);
	buf_init(&out, 100);
	assert_false(markdown_html(&out, buf_view(&source), &err));
	assert_int_equal(err.kind, FAIL_LIMIT);
	while (source.n <= MARKDOWN_MAX) {
		source.full = false;
		buf_char(&source, 'x');
	}
	assert_false(markdown_html(&out, buf_view(&source), &err));
	assert_string_equal(err.text, "Markdown of more than 256 kB");
	buf_release(&source);
	buf_release(&out);
}

/* A definition is written as often as it is used. */
static void
test_references(void **state)
{
	struct buf source, out;
	struct err err = {0};
	size_t i;

	(void)state;
	buf_init(&source, MARKDOWN_MAX);
	buf_init(&out, MARKDOWN_HTML_MAX);
	buf_puts(&source, "[a]: https://example.com/?u={{ u }}\n\n");
	for (i = 0; i < 5000; i++)
		buf_puts(&source, "[a] ");
	assert_true(markdown_html(&out, buf_view(&source), &err));
	while (source.n < MARKDOWN_MAX / 2)
		buf_puts(&source, "[a] ");
	buf_puts(&source, "\n\n[b]: ");
	while (!source.full)
		buf_char(&source, '&');
	assert_false(markdown_html(&out, buf_view(&source), &err));
	assert_string_equal(err.text,
	    "link definitions too long for so many links");
	buf_release(&source);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_markdown),
	    cmocka_unit_test(test_marks_in_text),
	    cmocka_unit_test(test_lines_of_tags),
	    cmocka_unit_test(test_no_new_marks),
	    cmocka_unit_test(test_forged),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
