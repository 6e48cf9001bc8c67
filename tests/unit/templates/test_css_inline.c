/* Goal: what a browser shows by <style>, a client without it shows, too. */
#include "lib/base/clock.h"
#include "templates/html/css_inline.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define OUT_MAX (32U << 20)

struct row {
	const char *label, *html, *inlined; /* NULL: unchanged */
};

static void
expect_rows(const struct row *rows, size_t n)
{
	struct err err = {0};
	struct buf out;
	size_t i;

	buf_init(&out, OUT_MAX);
	for (i = 0; i < n; i++) {
		const char *want = rows[i].inlined;

		want = want != NULL ? want : rows[i].html;
		buf_reset(&out);
		if (!css_inline(&out, str_of(rows[i].html), &err))
			fail_msg("%s: %s", rows[i].label, err.text);
		if (!str_eq(buf_view(&out), str_of(want)))
			fail_msg("%s:\n got %s\nwant %s", rows[i].label,
			    buf_cstr(&out), want);
	}
	buf_release(&out);
}

#define S(rules) "<style>" rules "</style>"

static void
test_selectors(void **state)
{
	static const struct row rows[] = {
	    {"nothing", "", NULL},
	    {"no style", "<p class=a>x</p>", NULL},
	    {"element", S("p{color:red}") "<p>x</p><b>y</b>",
		"<p style=\"color:red\">x</p><b>y</b>"},
	    {"element, any case", S("P { Color : RED ; }") "<p>x</p>",
		"<p style=\"Color:RED\">x</p>"},
	    {"class", S(".a{color:red}") "<i class=\"b a\">x</i>",
		"<i style=\"color:red\" class=\"b a\">x</i>"},
	    {"class, its case counts", S(".a{color:red}") "<i class=A>x</i>",
		NULL},
	    {"id", S("#a{color:red}") "<i id=a>x</i>",
		"<i style=\"color:red\" id=a>x</i>"},
	    {"element.class", S("td.a{color:red}") "<td class=a><th class=a>",
		"<td style=\"color:red\" class=a><th class=a>"},
	    {"both classes", S(".a.b{color:red}") "<i class=a><b class='b a'>",
		"<i class=a><b style=\"color:red\" class='b a'>"},
	    {"list", S("h1, .a ,#b{color:red}") "<h1></h1><i class=a><u id=b>",
		"<h1 style=\"color:red\"></h1><i style=\"color:red\" "
		"class=a><u style=\"color:red\" id=b>"},
	    {"descendant",
		S(".a td{color:red}") "<div class=a><p><td></div>"
				      "<td>",
		"<div class=a><p><td style=\"color:red\"></div><td>"},
	    {"child", S(".a>td{color:red}") "<div class=a><td></td><u><td>",
		"<div class=a><td style=\"color:red\"></td><u><td>"},
	    {"child of a descendant",
		S(".a .b > i{color:red}") "<p class=b><i></i></p><div "
					  "class=a><u><p class=b><i></i><s>"
					  "<i></i></s></p></u></div>",
		"<p class=b><i></i></p><div class=a><u><p class=b><i "
		"style=\"color:red\"></i><s><i></i></s></p></u></div>"},
	    {"not its own ancestor", S(".a .a{color:red}") "<i class=a>x</i>",
		NULL},
	    {"void elements hold nothing", S("br i{color:red}") "<br><i>x</i>",
		NULL},
	    {"cells without end tags",
		S("td td{color:red}") "<table><tr><td>a<td>b<tr><td>c</table>",
		NULL},
	    {"stray end tags", S("div i{color:red}") "<div></p></u><i>x</i>",
		"<div></p></u><i style=\"color:red\">x</i>"},
	};

	(void)state;
	expect_rows(rows, ARRAY_LEN(rows));
}

static void
test_cascade(void **state)
{
	static const struct row rows[] = {
	    {"the later", S("p{color:red}p{color:blue}") "<p>",
		"<p style=\"color:blue\">"},
	    {"the more specific",
		S("#i{color:red}.a{color:blue}p{color:tan}") "<p id=i class=a>",
		"<p style=\"color:red\" id=i class=a>"},
	    {"of a list, what applies",
		S("p,#i{color:red}.a{color:blue}") "<p id=i class=a><p "
						   "class=a>",
		"<p style=\"color:red\" id=i class=a><p "
		"style=\"color:blue\" class=a>"},
	    {"the weaker first",
		S(".a{margin:0}p{margin-left:1px}") "<p class=a>",
		"<p style=\"margin-left:1px;margin:0\" class=a>"},
	    {"its own wins",
		S("p{color:red;margin:0}") "<p style=\"color:blue\">",
		"<p style=\"margin:0;color:blue\">"},
	    {"all of it its own", S("p{color:red}") "<p style=\"color:blue\">",
		"<p style=\"color:blue\">"},
	    {"its own is empty", S("p{color:red}") "<p style=\"\"><p style>",
		"<p style=\"color:red\"><p style=\"color:red\">"},
	    {"without quotes", S("p{color:red}") "<p style=margin:0>",
		"<p style=\"color:red;margin:0\">"},
	    {"!important wins over its own",
		S("p{color:red!important;margin:0}") "<p style='color:blue'>",
		"<p style='margin:0;color:blue;color:red'>"},
	    {"not over its own !important",
		S("p{color:red ! important}") "<p style='color:blue "
					      "!important;'>",
		"<p style='color:blue !important;'>"},
	    {"!important among rules",
		S("p{color:red !important}#a{color:blue}") "<p id=a>",
		"<p style=\"color:red\" id=a>"},
	    {"fallbacks of one rule stay",
		S("p{color:red;color:rgb(0 0 0)}") "<p>",
		"<p style=\"color:red;color:rgb(0 0 0)\">"},
	    {"several <style>", S("p{color:red}") S("p{margin:0}") "<p>",
		"<p style=\"color:red;margin:0\">"},
	};

	(void)state;
	expect_rows(rows, ARRAY_LEN(rows));
}

static void
test_values(void **state)
{
	static const struct row rows[] = {
	    {"quotes", S("p{font-family:\"Segoe UI\",x}") "<p>",
		"<p style=\"font-family:'Segoe UI',x\">"},
	    {"both quotes", S("p{content:\"'\"}") "<p><p style=''>",
		"<p style=\"content:&quot;'&quot;\"><p "
		"style='content:\"&#39;\"'>"},
	    {"ampersand", S("p{background:url(a?b&c)}") "<p>",
		"<p style=\"background:url(a?b&amp;c)\">"},
	    {"semicolons in strings and brackets",
		S("p{background:url(data:a;b);quotes:';' '}'}") "<p>",
		"<p style=\"background:url(data:a;b);quotes:';' '}'\">"},
	    {"comments", S("/* a{ */p/**/{/*;*/color:red/* } */;}") "<p>",
		"<p style=\"color:red\">"},
	    {"lines", S("p {\n  font:\n    a\n\tb;\n}\n") "<p>",
		"<p style=\"font:a b\">"},
	    {"an entity in its own",
		S("p{color:red;margin:0}") "<p style=\"font-family:&quot;A"
					   "&quot;;color:blue\">",
		"<p style=\"margin:0;font-family:&quot;A&quot;;color:blue\">"},
	};

	(void)state;
	expect_rows(rows, ARRAY_LEN(rows));
}

static void
test_stays(void **state)
{
	static const struct row rows[] = {
	    {"@media", S("@media (x){p{color:red}}") "<p>", NULL},
	    {"@import", S("@import url(x;y);p{color:red}") "<p>",
		S("@import url(x;y);") "<p style=\"color:red\">"},
	    {"pseudo-class", S("a{color:red}a:hover{color:blue}") "<a>",
		S("a:hover{color:blue}") "<a style=\"color:red\">"},
	    {"half understood", S("a,a:hover{color:red}") "<a>",
		S("a,a:hover{color:red}") "<a style=\"color:red\">"},
	    {"not understood",
		S("*{a:b}p+p{a:b}p~p{a:b}p[x]{a:b}p\\:x{a:b}>p{a:b}p>{a:"
		  "b}") "<p>",
		NULL},
	    {"custom properties", S("p{--a:b;color:red}") "<p>", NULL},
	    {"broken declarations", S("p{color}p{:red}p{*a:b}p{color:;}") "<p>",
		NULL},
	    {"open", S("p{color:red") "<p>", NULL},
	    {"nested", S("p{color:red;b{margin:0}}") "<p>", NULL},
	    {"not used", S(".x{a:b}p{color:red}") "<p>",
		S(".x{a:b}") "<p style=\"color:red\">"},
	    {"turned off",
		"<style data-volley-inline=\"off\">p{color:red}</style><p>",
		NULL},
	    {"other media", "<style media=print>p{color:red}</style><p>", NULL},
	    {"other type", "<style type='text/x'>p{color:red}</style><p>",
		NULL},
	    {"screen",
		"<style media=\"screen\" type=\"text/css\">"
		"p{color:red}</style><p>",
		"<p style=\"color:red\">"},
	    {"for Outlook", "<!--[if mso]>" S("p{color:red}") "<![endif]--><p>",
		NULL},
	    {"after what is for Outlook",
		"<!--[if mso]>x<![endif]-->" S("p{a:b}") "<p>",
		"<!--[if mso]>x<![endif]--><p style=\"a:b\">"},
	    {"after what is for all but Outlook",
		"<!--[if !mso]><!-->x<!--<![endif]-->" S("p{a:b}") "<p>",
		"<!--[if !mso]><!-->x<!--<![endif]--><p style=\"a:b\">"},
	    {"for all but Outlook",
		"<!--[if !mso]><!-->" S("p{color:red}") "<!--<![endif]--><p>",
		NULL},
	    {"blanks go with the rule",
		S("\n a:hover { b: c }\n\n p { color: red }\n") "<p>",
		S("\n a:hover { b: c }\n") "<p style=\"color:red\">"},
	    {"comments go with the last rule",
		S("/* x */ p{color:red} /**/") "<p>",
		"<p style=\"color:red\">"},
	};

	(void)state;
	expect_rows(rows, ARRAY_LEN(rows));
}

static void
test_where(void **state)
{
	static const struct row rows[] = {
	    {"nothing in the head",
		"<head><title>x</title>" S(
		    "title,meta,head{color:red}") "<meta></head><body>",
		NULL},
	    {"html and body",
		S("html,body{margin:0}") "<html><head></head>"
					 "<body>",
		"<html style=\"margin:0\"><head></head><body "
		"style=\"margin:0\">"},
	    {"not in comments and scripts",
		S("p{color:red}") "<!-- <p> --><script>'<p>'</script><p>",
		"<!-- <p> --><script>'<p>'</script><p style=\"color:red\">"},
	    {"a conditional comment keeps its rules",
		S(".a{color:red}i{a:b}") "<!--[if mso]><p "
					 "class=a><![endif]--><p class=a><i>",
		S(".a{color:red}") "<!--[if mso]><p class=a><![endif]--><p "
				   "style=\"color:red\" class=a><i "
				   "style=\"a:b\">"},
	    {"wherever it ends up",
		S(".x .a{color:red}") "<!--[if mso]><p class=a><![endif]-->"
				      "<p class=x><i class=a>",
		S(".x .a{color:red}") "<!--[if mso]><p class=a><![endif]-->"
				      "<p class=x><i style=\"color:red\" "
				      "class=a>"},
	    {"an open tag", S("p{color:red}") "<p class=\"a", NULL},
	    {"bytes around", S("p{color:red}") "\r\n<P\tID = 'x' >\xff&<<p/>",
		"\r\n<P style=\"color:red\"\tID = 'x' >\xff&<<p "
		"style=\"color:red\"/>"},
	};

	(void)state;
	expect_rows(rows, ARRAY_LEN(rows));
}

static void
test_liquid(void **state)
{
	static const struct row rows[] = {
	    {"in a value", S("p{color:{{ c | default: \"red\" }};a:b}") "<p>",
		"<p style=\"color:{{ c | default: \"red\" }};a:b\">"},
	    {"which may be empty, so the weaker stays",
		S("p{color:red}.a{color:{{ c }}}") "<p class=a>",
		"<p style=\"color:red;color:{{ c }}\" class=a>"},
	    {"in its own style",
		S("p{color:red;a:b}") "<p style=\"color:{{ c }};a:c\">",
		"<p style=\"color:red;color:{{ c }};a:c\">"},
	    {"all of its own style",
		S("p{color:red!important;a:b}") "<p style=\"{{ s }}\">",
		"<p style=\"a:b;{{ s }};color:red\">"},
	    {"conditions in its own style",
		S("p{color:red}") "<p style=\"{% if x %}color:blue{% endif "
				  "%}\">",
		"<p style=\"color:red;{% if x %}color:blue{% endif %}\">"},
	    {"a style that may be there",
		S("p{color:red}") "<p {% if x %}style=\"a:b\"{% endif %}>",
		NULL},
	    {"class beside a mark",
		S(".btn{color:red}.x{a:b}i{a:b}") "<p class=\"{{ x }} "
						  "btn\"><i>",
		S(".btn{color:red}.x{a:b}") "<p style=\"color:red\" class=\"{{ "
					    "x }} btn\"><i style=\"a:b\">"},
	    {"class in a condition",
		S(".a{color:red}.b{a:b}") "<p class=\"a{% if x %} b{% endif "
					  "%}\"><p class=\"{% if x %} b {% "
					  "endif %} a\">",
		S(".a{color:red}.b{a:b}") "<p class=\"a{% if x %} b{% endif "
					  "%}\"><p style=\"color:red\" "
					  "class=\"{% if x %} b {% endif %} "
					  "a\">"},
	    {"a class that may be there",
		S(".b{a:b}") "<p {% if x %}class=b{% endif %}>", NULL},
	    {"around elements",
		S("p{color:red}") "{% if a > b %}<p>{% else %}<p class='{{ "
				  "\">\" }}'>{% endif %}",
		"{% if a > b %}<p style=\"color:red\">{% else %}<p "
		"style=\"color:red\" class='{{ \">\" }}'>{% endif %}"},
	    {"around rules", S("{% if x %}p{color:red}{% endif %}p{a:b}") "<p>",
		S("{% if x %}p{color:red}{% endif %}") "<p style=\"a:b\">"},
	    {"around <style>", "{% if x %}" S("p{color:red}") "{% endif %}<p>",
		NULL},
	    {"after a block", "{% if x %}{% endif %}" S("p{a:b}") "<p>",
		"{% if x %}{% endif %}<p style=\"a:b\">"},
	    {"after a comment",
		"{% comment %}{% if x %}{% endcomment %}" S("p{a:b}") "<p>",
		"{% comment %}{% if x %}{% endcomment %}<p style=\"a:b\">"},
	    {"in a selector",
		S(".{{ x }}{color:red}.a{% if x %}{a:b}") "<p class=a>", NULL},
	    {"tags in declarations",
		S("p{color:red;{% if x %}a:b{% endif %}}") "<p>", NULL},
	    {"snippets may hold anything", S("p{a:b}") "<p>{% render 's' %}",
		S("p{a:b}") "<p style=\"a:b\">{% render 's' %}"},
	    {"so may raw values", S("p{a:b}") "<p>{{ x | raw }}",
		S("p{a:b}") "<p style=\"a:b\">{{ x | raw }}"},
	    {"not so others", S("p{a:b}") "<p>{{ x | upcase }}",
		"<p style=\"a:b\">{{ x | upcase }}"},
	    {"the name of an element", S(".a{a:b}") "<h{{ n }} class=a>",
		S(".a{a:b}") "<h{{ n }} style=\"a:b\" class=a>"},
	};

	(void)state;
	expect_rows(rows, ARRAY_LEN(rows));
}

static void
test_limits(void **state)
{
	struct buf html, out;
	struct err err = {0};
	int i;

	(void)state;
	buf_init(&html, OUT_MAX);
	buf_init(&out, OUT_MAX);
	buf_puts(&html, "<style>");
	for (i = 0; i < CSS_RULES_MAX; i++)
		buf_printf(&html, ".c%d{a:b}", i);
	buf_puts(&html, "</style><p class=c1999>");
	assert_true(css_inline(&out, buf_view(&html), &err));
	assert_true(
	    str_ends(buf_view(&out), STR("<p style=\"a:b\" class=c1999>")));
	buf_puts(&html, "<style>p{c:d}</style>");
	buf_reset(&out);
	assert_false(css_inline(&out, buf_view(&html), &err));
	assert_true(str_eq(buf_view(&out), buf_view(&html)));
	assert_int_equal(err.kind, FAIL_LIMIT);
	buf_reset(&html);
	buf_puts(&html, "<p><style>p{c:d}");
	while (html.n <= CSS_BYTES_MAX + 20)
		buf_puts(&html, "                                ");
	buf_puts(&html, "</style>");
	buf_reset(&out);
	assert_false(css_inline(&out, buf_view(&html), &err));
	assert_true(str_eq(buf_view(&out), buf_view(&html)));
	buf_release(&html);
	buf_release(&out);
}

/* Rules that all apply to elements that are all deep: it ends, soon. */
static void
test_blow_up(void **state)
{
	struct buf html, out;
	struct err err = {0};
	int64_t from = clock_mono_ms();
	int i;

	(void)state;
	buf_init(&html, 1U << 20);
	buf_init(&out, OUT_MAX);
	buf_puts(&html, "<style>");
	for (i = 0; i < CSS_RULES_MAX; i++)
		buf_puts(&html, ".a .b .a .b .a>.a{a:b}");
	buf_puts(&html, "</style>");
	while (!html.full)
		buf_puts(&html, "<p class='a b'><i class='a b'>");
	html.full = false;
	assert_false(css_inline(&out, buf_view(&html), &err));
	assert_true(str_eq(buf_view(&out), buf_view(&html)));
	assert_true(clock_mono_ms() - from < 5000);
	buf_release(&html);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_selectors),
	    cmocka_unit_test(test_cascade),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_stays),
	    cmocka_unit_test(test_where),
	    cmocka_unit_test(test_liquid),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_blow_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
