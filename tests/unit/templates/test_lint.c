/* Goal: what will go wrong is told with its place, and nothing else is. */
#include "lib/base/file.h"
#include "templates/lint.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* What every mail needs, so that rows show their own rule alone. */
#define FOOT                                                                \
	"<p><a href=\"{{ unsubscribe_url }}\">Leave</a> {{ postal_address " \
	"}}</p>"

struct found {
	char rules[400]; /* "rule@line:column ..." */
	struct lint_warning last;
	int count;
};

static void
note(const struct lint_warning *w, void *arg)
{
	struct found *f = arg;
	size_t n = strlen(f->rules);

	f->count++;
	f->last = *w;
	snprintf(f->rules + n, sizeof(f->rules) - n, "%s%s@%d:%d",
	    n > 0 ? " " : "", w->rule, w->line, w->column);
	assert_true(w->text[0] != '\0');
}

static void
look(struct found *f, const struct message_source *source)
{
	*f = (struct found){.count = 0};
	lint_message(source, note, f);
}

static void
check(const char *html, const char *rules)
{
	char whole[4096];
	struct message_source source = {.subject = STR("Hello")};
	struct found f;

	snprintf(whole, sizeof(whole), "%s\n" FOOT, html);
	source.html = str_of(whole);
	look(&f, &source);
	if (strcmp(f.rules, rules) != 0)
		fail_msg("%s\n  gives   %s (%s)\n  and not %s", html, f.rules,
		    f.last.text, rules);
}

static void
test_images(void **state)
{
	(void)state;
	check("<img src='https://x.test/a.png' width=5 alt='A'>", "");
	check("<img src='https://x.test/a.png' width=5 alt=''>", "");
	check("<img src='{{ x }}' width=5 alt>", "");
	check("a\n <img src='https://x.test/a.png' width=5>",
	    "missing-alt@2:2");
	check("<img src='https://x.test/a.png' width=1 height=1>", "");
	check("<img {{ attributes }}>", "");
	check("<img src='https://x.test/a.png' width=5 "
	      "{% if x %}alt='{{ x }}'{% endif %}>",
	    "");
	check("\xc3\xa9<img src='https://x.test/a.png' alt=''>",
	    "image-width@1:2");
	check("<img src='cid:a' style='max-width:100%' alt=''>", "");
	check("<img src='data:image/png;base64,AA' width=5 alt=''>",
	    "data-image@1:11");
	check("<img src='logo.png' width=5 alt=''>", "broken-link@1:11");
	check("<!--[if mso]><img src='https://x.test/a.png'><![endif]-->", "");
}

static void
test_links(void **state)
{
	static const char *const fine[] = {"https://x.test/", "http://x.test",
	    "https://x.test/a?b=c&amp;d#e", "https://{{ host }}/",
	    "https://{{ a }}.x.test/{{ b | default: 'x y' }}", "{{ url }}",
	    "{% if a %}https://x.test{% else %}{{ b }}{% endif %}",
	    "mailto:a@x.test", "mailto:{{ mail }}", "tel:+49123", "sms:5",
	    "#part", "https://x.test:8443/", "HTTPS://X.TEST",
	    "https://www.example.com/", "webcal://x.test/a.ics", "cid:a",
	    "https://m\xc3\xbcller.test/", "  https://x.test/ ",
	    "mailto:?subject=a", "{{ base }}/a", "geo:1,2"};
	static const char *const broken[] = {"", "#", " ", "https://",
	    "http:///a", "https:x.test", "https:/x.test", "htp://x.test",
	    "https//x.test", "www.x.test", "page.html", "/page", "//x.test/",
	    "https://x.test/a b", "http://localhost/", "http://127.0.0.1:80",
	    "https://192.168.1.1/", "https://x/", "https://yourdomain.com/",
	    "https://www.your-company.com/", "mailto:", "mailto:somebody",
	    "tel:", "file:///etc/passwd", "C:\\a.html", "data:text/html,x",
	    "https://printer.local/", "https://a..test/"};
	char html[400];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(fine); i++) {
		snprintf(html, sizeof(html), "<a href=\"%s\">x</a>", fine[i]);
		check(html, "");
	}
	for (i = 0; i < ARRAY_LEN(broken); i++) {
		snprintf(html, sizeof(html), "\n<a href=\"%s\">x</a>",
		    broken[i]);
		check(html, "broken-link@2:10");
	}
	check("<a href='JavaScript:f()'>x</a>", "javascript-link@1:10");
	check("<a name='x'>x</a><a href=https://x.test>y</a>", "");
	check("<map><area href='#'></map>", "broken-link@1:18");
	check("<!--[if mso]><v:rect href='#'><![endif]-->", "broken-link@1:28");
}

static void
test_hidden_text(void **state)
{
	(void)state;
	check("<div style='display:none'>what is in it</div>Dear", "");
	check("<body><div style='display:none'>in it&zwnj;</div>Dear</body>",
	    "");
	check("Dear<div style='display:none'>cheap pills</div>",
	    "hidden-text@1:5");
	check("Dear<div style='color:red; DISPLAY : none !important'><p>x</p>"
	      "</div>",
	    "hidden-text@1:5");
	check("Dear<p style='visibility:hidden'>{{ x }}</p>",
	    "hidden-text@1:5");
	check("Dear<p style='font-size:0'>x</p>", "hidden-text@1:5");
	check("Dear<p style='font-size:0px'>\n<b>x</b></p>", "");
	check("Dear<p style='font-size:0.9em'>x</p>", "");
	check("Dear<p style='color:#fff;background:#FFF'>x</p>",
	    "hidden-text@1:5");
	check("Dear<p style='color:#fff;background:#000'>x</p>", "");
	check("Dear<p style='display:{{ d }}'>x</p>", "");
	check("Dear<div style='display:none'>&nbsp;&zwnj; </div>", "");
	check("Dear<div style='display:none'><img src='cid:a' width=5 "
	      "alt=''></div>",
	    "");
	check("<style>.dark{display:block!important}</style>Dear"
	      "<p class='a dark' style='display:none'>x</p>",
	    "");
	check("Dear<div style='opacity:0'><p style='display:none'>x</p></div>",
	    "hidden-text@1:5");
}

static void
test_tags(void **state)
{
	(void)state;
	check("<div><p>a<br>b<ul><li>c</ul></div>", "");
	check("<table><tr><td>a<tr><td>b</table>", "");
	check("a\n<div>b", "unclosed-tag@2:1");
	check("<div><b>a</div>", "unclosed-tag@1:6");
	check("a</div>", "stray-tag@1:2");
	check("<p><div>a</div></p>", "");
	check("{% if a %}<div class='a'>{% else %}<div>{% endif %}b</div>", "");
	check("{% if a %}<div>{% endif %}b{% if a %}</div>{% endif %}", "");
	check("{% for a in b %}<div>{{ a }}</div>{% endfor %}", "");
	check("{% case a %}{% when 1 %}<i>a{% when 2 %}<i>b{% endcase %}</i>",
	    "");
	check("<!--[if mso]><table><tr><td><![endif]-->a"
	      "<!--[if mso]></td></tr></table><![endif]-->",
	    "");
	check("<v:rect><o:p></o:p>", "");
	check("<title>a</title><style>p{}</style>", "");
	check("<style>p{}", "unclosed-tag@1:1");
}

static void
test_documents(void **state)
{
	(void)state;
	check("<html lang='en'><head><title>T</title></head><body>a</body>"
	      "</html>",
	    "");
	check("<html lang='{{ l }}'><head></head><body>a</body></html>",
	    "missing-title@0:0");
	check("<html><head><title> </title></head>",
	    "missing-lang@1:1 missing-title@0:0");
	check("<script>x</script>", "dropped-element@1:1");
	check("<script type='application/ld+json'>{}</script>", "");
	check("<form action='https://x.test/'></form>", "dropped-element@1:1");
	check("<iframe src='https://x.test/'></iframe>", "dropped-element@1:1");
	check("<link rel='stylesheet' href='https://x.test/a.css'>",
	    "external-css@1:1");
	check("<style>@import 'https://x.test/a.css';</style>",
	    "external-css@1:8");
	check("<link rel=stylesheet href='https://fonts.x.test/css?family=A'>",
	    "");
	check("<style>@import url(https://fonts.x.test/css);\n.a { }</style>",
	    "");
	check("<p>Dear *|FNAME|*,</p>", "foreign-mark@1:9");
	check("<p>2 *| 3</p><!--*|IF:X|*-->", "");
}

static void
test_subject(void **state)
{
	static const struct {
		const char *subject, *rules;
	} rows[] = {
	    {"Hello {{ name }}", ""},
	    {"Re: your order", "subject-reply-prefix@0:0"},
	    {"FWD: news", "subject-reply-prefix@0:0"},
	    {"Regarding: your order", ""},
	    {"{{ a }}Re: b", "subject-reply-prefix@0:0"},
	    {"BUY THIS NOW", "subject-capitals@0:0"},
	    {"SALE {{ 'ends' }} 2025", ""},
	    {"BUY THIS NOW {{ name }}", "subject-capitals@0:0"},
	    {"NASA news", ""},
	    {"a long subject, a long subject, a long subject, a long subject, "
	     "a long subject, a long subject, a long s",
		"subject-length@0:0"},
	};
	struct message_source source = {.html = STR(FOOT)};
	struct found f;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		source.subject = str_of(rows[i].subject);
		look(&f, &source);
		assert_string_equal(f.rules, rows[i].rules);
		if (f.count > 0)
			assert_string_equal(f.last.part, "subject");
	}
}

static void
test_needs(void **state)
{
	struct message_source source = {
	    .subject = STR("Hello"),
	    .html = STR("<p>x</p>"),
	};
	struct found f;

	(void)state;
	look(&f, &source);
	assert_string_equal(f.rules,
	    "missing-unsubscribe@0:0 missing-postal-address@0:0");
	assert_string_equal(f.last.part, "html");
	source.text = STR("{{ preferences_url }} {{ postal_address }}");
	look(&f, &source);
	assert_string_equal(f.rules, "");
	source.html = STR("<ADDRESS>1 Street</address>");
	source.text = STR("{{ unsubscribe_url }}");
	look(&f, &source);
	assert_string_equal(f.rules, "");
	source.html = STR_NONE;
	look(&f, &source);
	assert_string_equal(f.rules, "missing-postal-address@0:0");
	assert_string_equal(f.last.part, "text");
}

static void
test_clip(void **state)
{
	struct message_source source = {.subject = STR("Hello")};
	struct found f;
	struct buf html;
	int i;

	(void)state;
	buf_init(&html, 1U << 20);
	buf_puts(&html, FOOT);
	for (i = 0; i < 5000; i++)
		buf_puts(&html, "<p>twenty bytes</p>\n");
	source.html = buf_view(&html);
	look(&f, &source);
	assert_string_equal(f.rules, "");
	for (i = 0; i < 150; i++)
		buf_puts(&html, "<p>twenty bytes</p>\n");
	source.html = buf_view(&html);
	look(&f, &source);
	assert_string_equal(f.rules, "gmail-clip@0:0");
	buf_release(&html);
}

static void
test_markdown_and_layout(void **state)
{
	struct message_source source = {
	    .subject = STR("Hello"),
	    .markdown = STR("# Hello\n\n[a](www.x.test) [b]()\n\n"
			    "![c](https://x.test/c.png)\n"),
	    .layout = STR("<html><body>{{ content }}\n<a href='#'>x</a>" FOOT
			  "</body></html>"),
	};
	struct found f;

	(void)state;
	look(&f, &source);
	assert_string_equal(f.rules,
	    "missing-lang@1:1 broken-link@2:10 broken-link@3:5 "
	    "broken-link@0:0");
	assert_string_equal(f.last.part, "markdown");
}

/* Many mistakes are told up to a bound; what does not compile is looked at
 * nevertheless. */
static void
test_bounds(void **state)
{
	struct message_source source = {.subject = STR("Hello")};
	struct found f;
	struct buf html;
	int i;

	(void)state;
	buf_init(&html, 1U << 20);
	for (i = 0; i < 1000; i++)
		buf_puts(&html, "<a href='#'><div>");
	source.html = buf_view(&html);
	look(&f, &source);
	assert_int_equal(f.count, LINT_WARNINGS_MAX);
	source.html = STR("<a href='#'>x</a>{{ y");
	look(&f, &source);
	assert_int_equal(f.count, 2);
	assert_string_equal(f.last.rule, "broken-template");
	assert_string_equal(f.last.text, "'{{' is not closed");
	assert_int_equal(f.last.column, 18);
	buf_release(&html);
}

static void
test_starters(void **state)
{
	struct message_source source = {.subject = STR("Hello")};
	struct message_error error;
	struct message *m;
	struct found f;
	struct buf html;
	struct err err;
	glob_t files;
	size_t i;

	(void)state;
	buf_init(&html, LIQUID_SOURCE_MAX);
	assert_int_equal(glob("templates/starters/*.html", 0, NULL, &files), 0);
	for (i = 0; i < files.gl_pathc; i++) {
		buf_reset(&html);
		assert_true(file_read(files.gl_pathv[i], &html, &err));
		source.html = buf_view(&html);
		look(&f, &source);
		if (f.count > 0)
			fail_msg("%s: %s (%s)", files.gl_pathv[i], f.rules,
			    f.last.text);
		assert_true(message_compile(&m, &source, &error));
		message_free(m);
	}
	globfree(&files);
	buf_release(&html);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_images),
	    cmocka_unit_test(test_links),
	    cmocka_unit_test(test_hidden_text),
	    cmocka_unit_test(test_tags),
	    cmocka_unit_test(test_documents),
	    cmocka_unit_test(test_subject),
	    cmocka_unit_test(test_needs),
	    cmocka_unit_test(test_clip),
	    cmocka_unit_test(test_markdown_and_layout),
	    cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_starters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
