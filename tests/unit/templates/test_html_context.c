/* Goal: a value is written for where it stands, whatever stands around. */
#include "templates/html/html_context.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* A '@' stands for a value before the last. */
static uint8_t
escape_at(const char *template)
{
	struct html_context c;
	const char *at;

	html_context_init(&c);
	while ((at = strchr(template, '@')) != NULL) {
		html_context_feed(&c,
		    (struct str){template, (size_t)(at - template)});
		html_context_value(&c, false);
		template = at + 1;
	}
	html_context_feed(&c, str_of(template));
	return html_context_escape(&c);
}

static const struct {
	const char *template;
	unsigned how;
} rows[] = {
    /* text */
    {"", ESCAPE_HTML},
    {"<p>", ESCAPE_HTML},
    {"<p title=\"a\">", ESCAPE_HTML},
    {"a < b", ESCAPE_HTML},
    {"a <", ESCAPE_TAG},
    {"</", ESCAPE_TAG},
    {"<title>", ESCAPE_HTML},
    {"<title></b><p ", ESCAPE_HTML},
    {"<title></title><p ", ESCAPE_NAME},
    {"<textarea><a href='", ESCAPE_HTML},
    {"<?xml ", ESCAPE_TAG},
    {"<!doctype ", ESCAPE_TAG},
    {"<!doctype html>", ESCAPE_HTML},
    {"</ p>", ESCAPE_HTML},
    {"</p>", ESCAPE_HTML},
    {"<></>", ESCAPE_HTML},
    /* names */
    {"<h", ESCAPE_TAG_REST},
    {"<p ", ESCAPE_NAME},
    {"<p data-", ESCAPE_NAME},
    {"<p title ", ESCAPE_NAME},
    {"<p @='", ESCAPE_NAME},
    {"<p on@='", ESCAPE_NAME},
    {"<@ x='", ESCAPE_HTML},
    {"</@ ", ESCAPE_TAG},
    {"<p/", ESCAPE_NAME},
    {"<iframe srcdoc='", ESCAPE_NAME},
    /* plain attributes */
    {"<p title=\"", ESCAPE_HTML},
    {"<p title='", ESCAPE_HTML},
    {"<p title = '", ESCAPE_HTML},
    {"<p title=", ESCAPE_HTML | ESCAPE_BARE | ESCAPE_RAW},
    {"<p title=a", ESCAPE_HTML | ESCAPE_BARE},
    {"<p title=@ ", ESCAPE_NAME},
    {"<p title=a>", ESCAPE_HTML},
    {"<p title=\">", ESCAPE_HTML},
    {"<p title='\" ", ESCAPE_HTML},
    {"<p title='' ", ESCAPE_NAME},
    {"<img srcset=\"", ESCAPE_HTML},
    {"<p hreflangandmore='", ESCAPE_HTML},
    /* URLs */
    {"<a href=\"", ESCAPE_URL},
    {"<A\nHREF = '", ESCAPE_URL},
    {"<a href=", ESCAPE_URL | ESCAPE_BARE | ESCAPE_RAW},
    {"<a href=\" ", ESCAPE_URL},
    {"<a title='x'href='", ESCAPE_URL},
    {"<v:rect href='", ESCAPE_URL},
    {"<svg><a xlink:href='", ESCAPE_URL},
    {"<form action='", ESCAPE_URL},
    {"<img src='", ESCAPE_IMAGE},
    {"<td background='", ESCAPE_IMAGE},
    {"<a href='@", ESCAPE_URL_MORE},
    {"<a href='@@", ESCAPE_URL_MORE},
    {"<a href='@/", ESCAPE_URL_DIR},
    {"<a href='@?a=", ESCAPE_URL_PART},
    {"<a href='@://", ESCAPE_URL_HOST},
    {"<a href='java", ESCAPE_URL_PATH},
    {"<a href='https://", ESCAPE_URL_HOST},
    {"<a href='//", ESCAPE_URL_HOST},
    {"<a href='/", ESCAPE_URL_HOST},
    {"<a href='https:", ESCAPE_URL_HOST},
    {"<a href='https://www.", ESCAPE_URL_HOST},
    {"<a href='https://x.test", ESCAPE_URL_AFTER},
    {"<a href='https://x.test@", ESCAPE_URL_AFTER},
    {"<a href='https://x.test/", ESCAPE_URL_DIR},
    {"<a href='https://x.test/@", ESCAPE_URL_PATH},
    {"<a href='https://x.test/a-", ESCAPE_URL_PATH},
    {"<a href='https://x.test?", ESCAPE_URL_PART},
    {"<a href='https://x.test/?a=@&b=/", ESCAPE_URL_PART},
    {"<a href='https://x.test/#", ESCAPE_URL_PART},
    {"<a href='mailto:", ESCAPE_URL_PATH},
    {"<a href='mailto:@?subject=", ESCAPE_URL_PART},
    {"<a href='JavaScript:f(", ESCAPE_NAME},
    {"<a href='java\tscript:", ESCAPE_NAME},
    {"<a href='data:text/html,", ESCAPE_NAME},
    {"<img src='data:image/png;base64,", ESCAPE_URL_PATH},
    {"<meta content='", ESCAPE_HTML},
    {"<meta content='0; URL=", ESCAPE_URL},
    /* styles */
    {"<p style='", ESCAPE_CSS},
    {"<p style=color:", ESCAPE_CSS | ESCAPE_BARE},
    {"<p style='a:url(", ESCAPE_URL | ESCAPE_IN_CSS},
    {"<p style=\"a:url('", ESCAPE_URL | ESCAPE_IN_CSS},
    {"<p style=\"a:url(&quot;", ESCAPE_URL | ESCAPE_IN_CSS},
    {"<p style='a:URL(https://x.test/?", ESCAPE_URL_PART | ESCAPE_IN_CSS},
    {"<p style='a:url(@);b:", ESCAPE_CSS},
    {"<style>a{", ESCAPE_CSS | ESCAPE_RAW},
    {"<style>a{b:url(", ESCAPE_URL | ESCAPE_IN_CSS | ESCAPE_RAW},
    {"<style><p>", ESCAPE_CSS | ESCAPE_RAW},
    {"<style></styles><p>", ESCAPE_CSS | ESCAPE_RAW},
    {"<style></STYLE >", ESCAPE_HTML},
    /* scripts */
    {"<script>a = ", ESCAPE_SCRIPT | ESCAPE_RAW},
    {"<script>a = '", ESCAPE_STRING | ESCAPE_RAW},
    {"<script>a = 'b\\'", ESCAPE_STRING | ESCAPE_RAW},
    {"<script>a = 'b', c = ", ESCAPE_SCRIPT | ESCAPE_RAW},
    {"<script>if (a < b) \"</p>", ESCAPE_STRING | ESCAPE_RAW},
    {"<script></script>", ESCAPE_HTML},
    {"<p onclick='", ESCAPE_SCRIPT},
    {"<p onclick='f(\"", ESCAPE_STRING},
    {"<p onclick=", ESCAPE_SCRIPT | ESCAPE_BARE | ESCAPE_RAW},
    {"<p on='", ESCAPE_HTML},
    /* comments */
    {"<!--", ESCAPE_HTML | ESCAPE_COMMENT},
    {"<!-- <a href='", ESCAPE_HTML | ESCAPE_COMMENT},
    {"<!-- -> ", ESCAPE_HTML | ESCAPE_COMMENT},
    {"<!-->", ESCAPE_HTML},
    {"<!--->", ESCAPE_HTML},
    {"<!-- -->", ESCAPE_HTML},
    {"<!-- --!>", ESCAPE_HTML},
    {"<!-- -@->", ESCAPE_HTML | ESCAPE_COMMENT},
    {"<!-- -@-><p title=a@ ", ESCAPE_NAME | ESCAPE_COMMENT},
    {"<script></scr", ESCAPE_TAG},
    {"<!--[if mso]>", ESCAPE_HTML | ESCAPE_COMMENT},
    {"<!--[if mso]><v:rect href='", ESCAPE_URL | ESCAPE_COMMENT},
    {"<!--[if mso]><p title='--> <b ", ESCAPE_NAME},
    {"<!--[if mso]><p><![endif]-->", ESCAPE_HTML},
    {"<!--[if !mso]><!-->", ESCAPE_HTML},
    {"<!--[if !mso]><!--> <a href='", ESCAPE_URL},
    {"<!--<![endif]-->", ESCAPE_HTML},
    {"<![CDATA[ > ", ESCAPE_HTML},
};

static void
test_places(void **state)
{
	size_t i;
	unsigned how;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		how = escape_at(rows[i].template);
		if (how != rows[i].how)
			fail_msg("%s: %#x instead of %#x", rows[i].template,
			    how, rows[i].how);
	}
}

/* Cutting the text elsewhere changes nothing. */
static void
test_split_anywhere(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct str s = str_of(rows[i].template);

		if (str_chr(s, '@') != STR_NOWHERE)
			continue;
		for (j = 0; j <= s.n; j++) {
			struct html_context c;

			html_context_init(&c);
			html_context_feed(&c, str_sub(s, 0, j));
			html_context_feed(&c, str_from(s, j));
			assert_int_equal(html_context_escape(&c), rows[i].how);
		}
	}
}

static unsigned
joined(const char *a, const char *b, const char *then)
{
	struct html_context one, two;

	html_context_init(&one);
	html_context_init(&two);
	html_context_feed(&one, str_of(a));
	html_context_feed(&two, str_of(b));
	(void)html_context_join(&one, &two);
	html_context_feed(&one, str_of(then));
	return html_context_escape(&one) & ESCAPE_KIND;
}

static void
test_branches(void **state)
{
	static const struct {
		const char *a, *b, *then;
		unsigned how;
	} cases[] = {
	    {"<p>", "", "", ESCAPE_HTML},
	    {"<p class='x'", "<p", ">", ESCAPE_HTML},
	    {"<p class='x'", "<p", " ", ESCAPE_NAME},
	    {"<a href='https://x.test/?a=1", "<a href='https://x.test/", "",
		ESCAPE_URL_PART},
	    {"<a href='", "<a href='https://x.test/a", "", ESCAPE_URL_PATH},
	    {"<a href='", "<a title='", "", ESCAPE_URL},
	    {"<a title='", "<a ", "", ESCAPE_NAME},
	    {"<a title='", "<a ", "'>", ESCAPE_HTML},
	    {"<script>", "<p>", "", ESCAPE_NAME},
	    {"<p style='", "<p title='", "", ESCAPE_NAME},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(joined(cases[i].a, cases[i].b, cases[i].then),
		    cases[i].how);
		assert_int_equal(joined(cases[i].b, cases[i].a, cases[i].then),
		    cases[i].how);
	}
}

/* More places than are followed: the strictest from there on. */
static void
test_lost(void **state)
{
	static const char *const ways[] = {"<p title='", "<p title=\"", "<p ",
	    "<p", "<!--", "<script>", "<style>", "<title>", "<p style='"};
	struct html_context c, other;
	size_t i;

	(void)state;
	html_context_init(&c);
	for (i = 0; i < ARRAY_LEN(ways); i++) {
		html_context_init(&other);
		html_context_feed(&other, str_of(ways[i]));
		assert_int_equal(html_context_join(&c, &other),
		    i < HTML_PLACES_MAX);
	}
	assert_int_equal(html_context_escape(&c) & ESCAPE_KIND,
	    ESCAPE_TAG_REST);
	html_context_feed(&c, STR("'>\"></script></style></title>-->"));
	assert_int_equal(html_context_escape(&c) & ESCAPE_KIND,
	    ESCAPE_TAG_REST);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_places),
	    cmocka_unit_test(test_split_anywhere),
	    cmocka_unit_test(test_branches),
	    cmocka_unit_test(test_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
