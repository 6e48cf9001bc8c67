/* Goal: HTML reads as its words, whatever its state. */
#include "bounce/html_text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
	const char *label, *html, *want;
} rows[] = {
    {"words", "hello world", "hello world"},
    {"blanks", " a \t\r\n b ", "a b "},
    {"marks", "<b>a</b><i>b</i>", "ab"},
    {"breaks", "<p>a</p><p>b<br>c<BR/>d</p>", "a\nb\nc\nd\n"},
    {"list", "<ul><li>a<li>b</ul>", "a\nb\n"},
    {"cells", "<tr><td>a</td><td>b</td></tr>", "a b\n"},
    {"comment", "a<!-- <p> -->b", "ab"},
    {"comment without end", "a<!-- b", "a"},
    {"script", "a<script>x < y; '</b>'</script >b", "ab"},
    {"style", "<STYLE type=x>p{}</style>b", "b"},
    {"script without end", "a<script>b", "a"},
    {"mark without end", "a<b href=", "a"},
    {"entities", "&lt;&amp;&gt;&quot;&apos;a&nbsp;b", "<&>\"'a b"},
    {"numbers", "&#228;&#xE4;&#X1F600;", "\xc3\xa4\xc3\xa4\xf0\x9f\x98\x80"},
    {"numbers of nothing", "&#xD800;&#x110000;", "\xef\xbf\xbd\xef\xbf\xbd"},
    {"number that overflows", "&#99999999;", "\xef\xbf\xbd"},
    {"no entities", "a&b &foo; &; &#; &#x; & c", "a&b &foo; &; &#; &#x; & c"},
    {"entity cut off", "&am", "&am"},
    {"control by number", "a&#0;b&#10;c", "a&#0;b c"},
    {"UTF-8 is kept", "\xc3\xa4<br>\xe2\x82\xac", "\xc3\xa4\n\xe2\x82\xac"},
    {"quotation", "a<blockquote>b<br>c<p>&lt;d</blockquote>e",
	"a\n> b\n> c\n> <d\ne"},
    {"quotation in one",
	"<blockquote>a<blockquote>b</blockquote>c</blockquote>d</blockquote>e",
	"> a\n>> b\n> c\nd\ne"},
    {"quotation of nothing", "a<blockquote><br> </blockquote>b", "a\nb"},
    {"empty", "", ""},
};

static void
test_rows(void **state)
{
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 4096);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&b);
		html_text(&b, str_of(rows[i].html));
		if (strcmp(buf_cstr(&b), rows[i].want) != 0)
			fail_msg("%s: \"%s\"", rows[i].label, buf_cstr(&b));
	}
	buf_release(&b);
}

static void
test_stops_when_full(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	html_text(&b, STR("one two three four"));
	assert_true(b.full);
	assert_string_equal(buf_cstr(&b), "one two ");
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_stops_when_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
