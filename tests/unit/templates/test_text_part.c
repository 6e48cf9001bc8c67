/* Goal: the text part reads like a letter, whatever the HTML is like. */
#include "lib/base/clock.h"
#include "templates/text_part.h"

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

/* Each byte is read once, or nearly: a megabyte of anything takes no time. */
static void
test_long(void **state)
{
	static const char *const pieces[] = {"<", "<a", "<a href='", "<!--",
	    "<script>", "<script></", "<div style='display:none'>", "&", "&#",
	    "<a href=x>", "</a>", "<p>", " ", "<title><", "x"};
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
	    cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
