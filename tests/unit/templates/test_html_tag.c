/* Goal: tags, attributes and pieces are cut as a browser cuts them, whatever
 * Liquid stands in them, and every byte is in exactly one piece. */
#include "lib/base/clock.h"
#include "templates/html/html_scan.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define OUT_MAX (1U << 18)

static struct buf out;

static void
test_attributes(void **state)
{
	static const struct {
		const char *tag, *names; /* name=[value] ... */
	} rows[] = {
	    {"<a>", ""},
	    {"<a href=x>", "href=[x] "},
	    {"<a  href = \"x y\"\n id='z'/>", "href=[x y] id=[z] "},
	    {"<a/href=\"x\"disabled title>", "href=[x] disabled title "},
	    {"<a title=\"a > b\" b>", "title=[a > b] b "},
	    {"<a =x y==z>", "=x y=[=z] "},
	    {"<a href=x/>", "href=[x/] "},
	    {"<a href=\"{{ u | default: \"a>\" }}\" b>",
		"href=[{{ u | default: \"a>\" }}] b "},
	    {"<a {% if x > 1 %}href=a{% else %}href=b{% endif %} c>",
		"href=[a] href=[b] c "},
	    {"<a href={% if x %}a{% else %}b{% endif %}/c>",
		"href=[{% if x %}a{% else %}b{% endif %}/c] "},
	    {"<a href={{ 'a b' }} c>", "href=[{{ 'a b' }}] c "},
	    {"<a {{ attributes }} c>", "{{ attributes }} c "},
	    {"<a data-{{ n }}=1 {{ n }}=\"2\">",
		"data-{{ n }}=[1] {{ n }}=[2] "},
	    {"<a {% comment %}>{% endcomment %} b>", "b "},
	    {"<a href=\"open>", "href=[open>] "},
	    {"<a {{ open>", "{{ open> "},
	};
	struct html_attribute a;
	struct html_tag tag;
	size_t i, n;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&out);
		n = html_tag_read(&tag, str_of(rows[i].tag));
		while (html_attribute_next(&tag.attributes, &a)) {
			buf_str(&out, a.name);
			if (a.has_value)
				buf_printf(&out, "=[%.*s]", STR_ARG(a.value));
			buf_char(&out, ' ');
		}
		if (strcmp(buf_cstr(&out), rows[i].names) != 0 ||
		    n != strlen(rows[i].tag))
			fail_msg("%s: '%s' (%zu)", rows[i].tag, buf_cstr(&out),
			    n);
	}
}

static void
test_tag(void **state)
{
	static const struct {
		const char *html, *name;
		size_t n;
		bool closes;
	} rows[] = {
	    {"<p>x", "p", 3, false},
	    {"</P >x", "P", 5, true},
	    {"<h{{ n }} a>x", "h{{ n }}", 12, false},
	    {"<{{ t }}>", "", 0, false},
	    {"<td{% if a > b %} x{% endif %}>y", "td", 31, false},
	    {"<!-- > -->x", "", 10, false},
	    {"<!-->x", "", 5, false},
	    {"<!--->x", "", 6, false},
	    {"<!-- a --!>x", "", 11, false},
	    {"<!-- {{ '-->' }} -->x", "", 20, false},
	    {"<!doctype html>x", "", 15, false},
	    {"<?xml?>x", "", 7, false},
	    {"< p>", "", 0, false},
	    {"<3", "", 0, false},
	    {"<", "", 0, false},
	    {"</", "", 0, true},
	    {"<p", "p", 2, false},
	};
	struct html_tag tag;
	size_t i, n;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		n = html_tag_read(&tag, str_of(rows[i].html));
		if (n != rows[i].n || tag.closes != rows[i].closes ||
		    !str_eq(tag.name, str_of(rows[i].name)))
			fail_msg("%s: %zu '%.*s'", rows[i].html, n,
			    STR_ARG(tag.name));
	}
}

/* T text, M mark, < tag, R raw, C comment; small inside of a condition. */
static void
test_pieces(void **state)
{
	static const struct {
		const char *html, *pieces;
	} rows[] = {
	    {"", ""},
	    {"a<b>c</b>", "T<T<"},
	    {"a{{ '<b>' }}c{% x %}", "TMTM"},
	    {"1 < 2 {a}", "TT"},
	    {"<style>p > a {}</style>x", "<R<T"},
	    {"<style></style>", "<<"},
	    {"<title>{{ '</title>' }}<b></title>", "<R<"},
	    {"<script>\"</scripty>\"</script >", "<R<"},
	    {"<style>open", "<R"},
	    {"<!-- <a> -->x", "CT"},
	    {"<!--[if mso]><a>x</a><![endif]-->y", "C<t<CT"},
	    {"<!--[if mso]><style>x<![endif]-->y", "C<rCT"},
	    {"<!--[if !mso]><!--><a><!--<![endif]-->", "C<C"},
	    {"<!--[if mso]> a -- <b> -->x", "CT"},
	    {"<![if !mso]><a><![endif]>", "C<C"},
	    {"<!--[if mso]>{% if a %}<a>{% endif %}<![endif]-->", "Cm<mC"},
	    {"<!-- open", "C"},
	    {"<a href='open", "<"},
	};
	static const char letters[] = " TM<RC", small[] = " tm<rC";
	struct html_piece piece;
	struct html_scan scan;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&out);
		html_scan_init(&scan, str_of(rows[i].html));
		while (html_scan_next(&scan, &piece))
			buf_char(&out,
			    (piece.conditional ? small : letters)[piece.kind]);
		if (strcmp(buf_cstr(&out), rows[i].pieces) != 0)
			fail_msg("%s: %s", rows[i].html, buf_cstr(&out));
	}
}

static void
test_body(void **state)
{
	static const struct {
		const char *html;
		size_t start, end;
	} rows[] = {
	    {"<p>x", 0, 4},
	    {"<!doctype html><p>", 15, 18},
	    {"<html><head></head>x</html>", 19, 20},
	    {"<body a='>'>x</body></html>", 12, 13},
	    {"<!-- <body> --><body>x<!-- </body> -->", 21, 38},
	    {"<style><body></style>x", 0, 22},
	    {"", 0, 0},
	};
	struct str html;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		html = str_of(rows[i].html);
		if (html_body_start(html) != rows[i].start ||
		    html_body_end(html) != rows[i].end)
			fail_msg("%s: %zu %zu", rows[i].html,
			    html_body_start(html), html_body_end(html));
	}
}

/* A quarter of a megabyte of anything takes no time, and nothing is lost of it. */
static void
test_long(void **state)
{
	static const char *const parts[] = {"<", "<a", "<a href='", "<!--",
	    "<!--[if mso]>", "<![endif]-->", "<script></", "{{", "{%",
	    "{{ x }}", "<a {%", "<a {% if x %}", "<a b={% endif %}",
	    "{% raw %}", "{% comment %}", "<{{", "</title>", "<title>", "=\"",
	    "<style>{", "<!--[if mso]><a><![endif]-->", "--!>", "&#"};
	struct html_piece piece;
	struct html_scan scan;
	int64_t start;
	size_t i, bytes;

	(void)state;
	for (i = 0; i < ARRAY_LEN(parts) * ARRAY_LEN(parts); i++) {
		buf_reset(&out);
		while (!out.full) {
			buf_puts(&out, parts[i / ARRAY_LEN(parts)]);
			buf_puts(&out, parts[i % ARRAY_LEN(parts)]);
		}
		html_scan_init(&scan, buf_view(&out));
		start = clock_mono_ms();
		for (bytes = 0; html_scan_next(&scan, &piece);)
			bytes += piece.bytes.n;
		assert_int_equal(bytes, out.n);
		if (clock_mono_ms() - start > 1000)
			fail_msg("%s%s: too slow", parts[i / ARRAY_LEN(parts)],
			    parts[i % ARRAY_LEN(parts)]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_attributes),
	    cmocka_unit_test(test_tag),
	    cmocka_unit_test(test_pieces),
	    cmocka_unit_test(test_body),
	    cmocka_unit_test(test_long),
	};
	int failed;

	buf_init(&out, OUT_MAX);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	buf_release(&out);
	return failed;
}
