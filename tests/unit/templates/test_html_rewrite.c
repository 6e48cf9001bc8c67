/* Goal: every link that a client follows leads through us, nothing else is
 * touched: bytes outside of what changes stay as they are. */
#include "templates/html/html_rewrite.h"

#include "lib/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define OUT_MAX (8U << 20)

static struct buf out;
static struct arena arena;

static struct html_rewrite
clicks(void)
{
	return (struct html_rewrite){.track_clicks = true, .arena = &arena};
}

static void
rewrite(struct html_rewrite *how, const char *html)
{
	struct err err;

	arena_reset(&arena);
	buf_reset(&out);
	if (!html_rewrite(&out, str_of(html), how, &err))
		fail_msg("%s: %s", html, err.text);
}

#define SAME NULL

static const struct {
	const char *html, *result; /* SAME: as it was */
} clicked[] = {
    {"<a href=\"https://example.com/\">x</a>",
	"<a href=\"{{ __click }}0\">x</a>"},
    {"<A class=b HREF='http://example.com/?a&amp;b' id=c >",
	"<A class=b HREF='{{ __click }}0' id=c >"},
    {"<a href=https://example.com>", "<a href=\"{{ __click }}0\">"},
    {"<a href=\" https://example.com/a \">", "<a href=\"{{ __click }}0\">"},
    {"<a href=\"HTTPS://a.test\"><a href=\"https://b.test\">"
     "<a href='HTTPS://a.test'>",
	"<a href=\"{{ __click }}0\"><a href=\"{{ __click }}1\">"
	"<a href='{{ __click }}0'>"},
    {"<area shape=rect href=\"https://a.test\">",
	"<area shape=rect href=\"{{ __click }}0\">"},
    {"<!--[if mso]><v:roundrect href=\"https://a.test\"><![endif]-->"
     "<!--[if !mso]><!--><a href=\"https://a.test\"><!--<![endif]-->",
	"<!--[if mso]><v:roundrect href=\"{{ __click }}0\">"
	"<![endif]-->"
	"<!--[if !mso]><!--><a href=\"{{ __click }}0\">"
	"<!--<![endif]-->"},
    {"<a href=\"https://a.test/?u={{ u }}\">",
	"<a href=\"{% link 0 %}https://a.test/?u={{ u }}"
	"{% endlink %}\">"},
    {"<a href={{ u | default: '>' }}>",
	"<a href=\"{% link 0 %}{{ u | default: '>' }}"
	"{% endlink %}\">"},
    {"<a {% if a %}href='https://a.test'{% else %}"
     "href='https://b.test'{% endif %}>",
	"<a {% if a %}href='{{ __click }}0'{% else %}"
	"href='{{ __click }}1'{% endif %}>"},
    {"<a href=\"{% if x %}mailto:a@b.test{% else %}https://a.test"
     "{% endif %}\">",
	"<a href=\"{% link 0 %}{% if x %}mailto:a@b.test{% else %}"
	"https://a.test{% endif %}{% endlink %}\">"},
    {"<a href=\"{% link 500 %}{{ u }}{% endlink %}\">",
	"<a href=\"{% link 0 %}{{ u }}{% endlink %}\">"},
    {"<a data-volley-track=\"off\" href=\"https://a.test\">x</a>",
	"<a href=\"https://a.test\">x</a>"},
    {"<a href=\"https://a.test\"\n\tdata-volley-track=off>x",
	"<a href=\"https://a.test\">x"},
    {"<a data-volley-track=\"on\" href=\"https://a.test\">",
	"<a data-volley-track=\"on\" href=\"{{ __click }}0\">"},
    {"<a href=\"mailto:a@b.test\"><a href='tel:1'><a href=sms:1>"
     "<a href=\"#top\"><a href=''><a href><a name=x><a href='cid:x'>"
     "<a href=\"/path\"><a href=\"//a.test\"><a href=\"ftp://a.test\">"
     "<a href=\"mailto:{{ m }}\"><a href=\"#{{ m }}\">"
     "<a href=\"app://{{ m }}\"><a href=\"https://\">",
	SAME},
    {"<a href=\"{{ unsubscribe_url }}\"><a href='{{-preferences_url}}'>"
     "<a href=\"{{ view_in_browser_url | escape }}#x\">",
	SAME},
    {"<a href=\"{{ unsubscribe_urls }}\">",
	"<a href=\"{% link 0 %}{{ unsubscribe_urls }}{% endlink %}\">"},
    {"<link href=\"https://a.test\"><base href=\"https://a.test\">"
     "<img src=\"https://a.test\"><v:fill href=\"https://a.test\">"
     "</a href=\"https://a.test\"><abbr href=\"https://a.test\">",
	SAME},
    {"<!-- <a href=\"https://a.test\"> --><style><a "
     "href=\"https://a.test\"></style>{% comment %}<a "
     "href=\"https://a.test\">{% endcomment %}{% raw %}<a "
     "href=\"https://a.test\">{% endraw %}",
	SAME},
    {"<p title='<a href=\"https://a.test\">'>{{ '<a href=x>' }}", SAME},
};

static void
test_clicks(void **state)
{
	struct html_rewrite how;
	const char *expected;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(clicked); i++) {
		how = clicks();
		rewrite(&how, clicked[i].html);
		expected = clicked[i].result != NULL ? clicked[i].result
						     : clicked[i].html;
		if (strcmp(buf_cstr(&out), expected) != 0)
			fail_msg("%s: %s", clicked[i].html, buf_cstr(&out));
	}
}

static void
test_links(void **state)
{
	static const struct {
		const char *url;
		bool personal;
	} expected[] = {
	    {"https://a.test/?a=1&b=\xe2\x82\xac", false},
	    {"https://a.test/?a=1&u={{ u | append: '&amp;' }}", true},
	    {"https://b.test/", false},
	};
	struct html_rewrite how = clicks();
	size_t i;

	(void)state;
	rewrite(&how,
	    "<a href=\"https://a.test/?a=1&amp;b=&euro;\">"
	    "<a href=\"https://a.test/?a=1&amp;u={{ u | append: '&amp;' }}\">"
	    "<a href=\"https://b.test/\"><a href=\" https://b.test/\">");
	assert_int_equal(how.link_count, ARRAY_LEN(expected));
	for (i = 0; i < ARRAY_LEN(expected); i++) {
		assert_int_equal(how.links[i].personal, expected[i].personal);
		if (!str_eq(how.links[i].url, str_of(expected[i].url)))
			fail_msg("%.*s", STR_ARG(how.links[i].url));
	}
}

static void
test_limits(void **state)
{
	struct html_rewrite how = clicks();
	struct buf html;
	struct err err;
	int i;

	(void)state;
	arena_reset(&arena);
	buf_init(&html, OUT_MAX);
	for (i = 0; i < HTML_LINKS_MAX; i++)
		buf_printf(&html, "<a href=https://a.test/%d>", i);
	buf_reset(&out);
	assert_true(html_rewrite(&out, buf_view(&html), &how, &err));
	buf_puts(&html, "<a href=https://a.test/more>");
	how = clicks();
	assert_false(html_rewrite(&out, buf_view(&html), &how, &err));
	assert_string_equal(err.text, "more than 500 different links");
	buf_reset(&html); /* too long to be tracked */
	buf_puts(&html, "<a href=\"https://a.test/");
	for (i = 0; i < 4096; i++)
		buf_char(&html, 'x');
	buf_puts(&html, "\">");
	how = clicks();
	buf_reset(&out);
	assert_true(html_rewrite(&out, buf_view(&html), &how, &err));
	assert_string_equal(buf_cstr(&out), buf_cstr(&html));
	buf_release(&html);
}

#define PIXEL                                                         \
	"<img src=\"{{ __open }}\" alt=\"\" width=\"1\" height=\"1\"" \
	" border=\"0\">"

static void
test_pixel_and_preheader(void **state)
{
	static const struct {
		const char *html, *before, *behind; /* of the two */
	} rows[] = {
	    {"<html><body class=\"{{ '>' }}\"><p>x</p></body></html>",
		"<html><body class=\"{{ '>' }}\">", "<p>x</p>"},
	    {"<p>x</p>", "", "<p>x</p>"},
	    {"<!doctype html><!-- <body> --><p>x</p></html>", "<!doctype html>",
		"<!-- <body> --><p>x</p>"},
	};
	static const char hidden[] = "a &amp; {{ b | c: '&' }}&#847;";
	struct html_rewrite how = {
	    .preheader = STR(" a & {{ b | c: '&' }}\n"),
	    .track_opens = true,
	    .arena = &arena,
	};
	struct str all;
	size_t i, at, pixel;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		rewrite(&how, rows[i].html);
		all = buf_view(&out);
		at = str_find(all, STR("<div style=\"display:none;"));
		pixel = str_find(all, STR(PIXEL));
		assert_int_equal(at, strlen(rows[i].before));
		assert_true(str_starts(all, str_of(rows[i].before)));
		assert_true(str_find(all, str_of(hidden)) != STR_NOWHERE);
		assert_true(
		    str_ends(str_sub(all, 0, pixel), str_of(rows[i].behind)));
		assert_true(str_ends(str_of(rows[i].html),
		    str_from(all, pixel + strlen(PIXEL))));
	}
}

static void
test_utm(void **state)
{
	static const struct message_utm utm = {.source = STR("a b"),
	    .campaign = STR("{{&")};
#define S "utm_source=a%20b"
#define C "utm_campaign=%7B%7B%26"
	static const struct {
		const char *html, *result;
	} rows[] = {
	    {"<a href=\"https://a.test\">",
		"<a href=\"https://a.test?" S "&amp;" C "\">"},
	    {"<a href=https://a.test/?x=1#top>",
		"<a href=\"https://a.test/?x=1&amp;" S "&amp;" C "#top\">"},
	    {"<a href='https://a.test/?'>",
		"<a href='https://a.test/?" S "&amp;" C "'>"},
	    {"<a href='https://a.test/?x&amp;#38;'>",
		"<a href='https://a.test/?x&amp;" S "&amp;" C "#38;'>"},
	    {"<a href='https://a.test/?x=&#39;#y'>",
		"<a href='https://a.test/?x=&#39;&amp;" S "&amp;" C "#y'>"},
	    {"<a href=\"https://a.test/?utm_source=me&amp;x=1\">",
		"<a href=\"https://a.test/?utm_source=me&amp;x=1&amp;" C "\">"},
	    {"<a href=\"https://a.test/?u={{ u | x: '#?' }}#f\">",
		"<a href=\"https://a.test/?u={{ u | x: '#?' }}&amp;" S "&amp;" C
		"#f\">"},
	    {"<a href=\"https://a.test/{{ u | x: '?' }}\">",
		"<a href=\"https://a.test/{{ u | x: '?' }}?" S "&amp;" C "\">"},
	    {"<a href=\"{{ u }}\">",
		"<a href=\"{% link 500 %}{{ u }}{% endlink %}\">"},
	    {"<a href=\"https://a.test/{% if x %}?y{% endif %}\">",
		"<a href=\"{% link 500 %}https://a.test/{% if x %}?y{% endif "
		"%}{% endlink %}\">"},
	    {"<a href=\"{{ unsubscribe_url }}\"><a href='mailto:x@a.test'>"
	     "<a href='#x'><a href=\"https://a.test\" data-volley-track=off>",
		SAME},
	};
	const char *expected;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&out);
		html_add_utm(&out, str_of(rows[i].html), &utm);
		expected =
		    rows[i].result != NULL ? rows[i].result : rows[i].html;
		if (strcmp(buf_cstr(&out), expected) != 0)
			fail_msg("%s: %s", rows[i].html, buf_cstr(&out));
	}
}

/* With nothing to do the bytes stay, whatever they are; with everything to do
 * it takes no time. */
static void
test_any_bytes(void **state)
{
	static const char *const parts[] = {"<a href=\"https://a.test\">", "<",
	    "<a href='", "{{ x }}", "{%", "<!--[if mso]>", "<![endif]-->", "\"",
	    "<body>", "</body>", "<a data-volley-track=on href=x ", "&#35;",
	    "\xff", "<a {% if x %}href={{ y }} "};
	static const struct message_utm no_utm, utm = {.source = STR("s")};
	struct html_rewrite nothing = {.arena = &arena}, how = clicks();
	struct buf html;
	uint32_t random = 1;
	int64_t start = clock_mono_ms();
	struct err err;
	int round;

	(void)state;
	buf_init(&html, 256U << 10);
	for (round = 0; round < 30; round++) {
		buf_reset(&html);
		while (!html.full) {
			random = random * 1664525 + 1013904223;
			buf_puts(&html,
			    parts[(random >> 16) % (round % 14 + 1)]);
		}
		arena_reset(&arena);
		buf_reset(&out);
		assert_true(
		    html_rewrite(&out, buf_view(&html), &nothing, &err));
		assert_true(str_eq(buf_view(&out), buf_view(&html)));
		buf_reset(&out);
		html_add_utm(&out, buf_view(&html), &no_utm);
		assert_true(str_eq(buf_view(&out), buf_view(&html)));
		how = clicks();
		assert_true(html_rewrite(&out, buf_view(&html), &how, &err));
		html_add_utm(&out, buf_view(&html), &utm);
	}
	buf_release(&html);
	assert_true(clock_mono_ms() - start < 10000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_clicks),
	    cmocka_unit_test(test_links),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_pixel_and_preheader),
	    cmocka_unit_test(test_utm),
	    cmocka_unit_test(test_any_bytes),
	};
	int failed;

	buf_init(&out, OUT_MAX);
	arena_init(&arena, OUT_MAX);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_release(&arena);
	buf_release(&out);
	return failed;
}
