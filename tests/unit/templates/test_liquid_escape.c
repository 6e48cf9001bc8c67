/* Goal: no value becomes more than content, wherever a template puts it. */
#include "liquid_case.h"
#include "payloads.h"
#include "templates/html/entity.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <unistr.h>

static const char mix[] =
    "{\"url\":\"https://x.test/a b?q=1&b=(2)#f\",\"bad\":\" "
    "JaVa\\tscript:a()\","
    "\"x\":\"\\\" a=b <c>\",\"name\":\"Ann & Bo/\\u00e9?\","
    "\"mail\":\"a+b@x.test\",\"path\":\"/p/1?v=2\",\"dir\":\"a/b%20c:d\","
    "\"png\":\"data:image/png;base64,AA==\",\"svg\":\"data:image/svg+xml,x\","
    "\"color\":\"#fff\",\"rgb\":\"rgb(1, 2, 3)\",\"css\":\"red;x:y\",\"n\":5,"
    "\"host\":\"evil.test/\",\"tail\":\".evil.test\","
    "\"dots\":\"\\u3002evil\\uff0etest\\u2024x\",\"t\":true,\"e\":\"\","
    "\"list\":[\"a\",\"b&\"]}";

static const struct {
	const char *template, *out;
} rows[] = {
    /* text and attributes */
    {"{{ x }}", "&quot; a=b &lt;c&gt;"},
    {"{{ x | escape }}", "&quot; a=b &lt;c&gt;"},
    {"{{ x | raw }}", "\" a=b <c>"},
    {"{{ x | escape | escape }}", "&quot; a=b &lt;c&gt;"},
    {"{{ '<' }}", "&lt;"},
    {"{{ list }}{{ n }}{{ t }}{{ nothing }}", "ab&amp;5true"},
    {"<p title='{{ x }}'>", "<p title='&quot; a=b &lt;c&gt;'>"},
    {"<p title={{ x }}>", "<p title=&quot;&#32;a&#61;b&#32;&lt;c&gt;>"},
    {"<p title={{ x | escape }}>",
	"<p title=&quot;&#32;a&#61;b&#32;&lt;c&gt;>"},
    {"<p {{ x }}>", "<p x>"},
    {"<p {{ color | append: 'x' }} {{ t }}>", "<p x true>"},
    {"<h{{ n }}>a</h{{ n }}><s{{ t }}>", "<h5>a</h5><s0>"},
    {"1 <{{ n }} <{{ t }}> {{ x }}",
	"1 <&#53; <&#116;rue> &quot; a=b &lt;c&gt;"},
    {"{% assign tag = 'td' %}<{{ tag | raw }} {{ x }}></{{ tag | raw }}>",
	"<td x></td>"},
    {"{% assign tag = 'td' %}<{{ tag }} {{ x }}>",
	"<&#116;d &quot; a=b &lt;c&gt;>"},
    {"<title>{{ x }}</title>", "<title>&quot; a=b &lt;c&gt;</title>"},
    {"<!-- {{ x }} -->", "<!-- &quot; a=b &lt;c&gt; -->"},
    {"<!-- {{ '--' }}>{{ x }}", "<!-- -&#45;>&quot; a=b &lt;c&gt;"},
    /* URLs */
    {"<a href='{{ url }}'>", "<a href='https://x.test/a%20b?q=1&amp;b=(2)#f'>"},
    {"<a href='{{ url | escape }}'>",
	"<a href='https://x.test/a%20b?q=1&amp;b=(2)#f'>"},
    {"<a href={{ url }}>",
	"<a href=https://x.test/a%20b?q&#61;1&amp;b&#61;(2)#f>"},
    {"<a href='{{ bad }}'>", "<a href='#'>"},
    {"<a href='{{ e }}' b><a href={{ e }} b>", "<a href='' b><a href=&#32; b>"},
    {"<a href='{{ bad | escape }}'>", "<a href='#'>"},
    {"<a href='{{ bad | raw }}'>", "<a href=' JaVa\tscript:a()'>"},
    {"<a href='{{ e }}{{ bad }}'>", "<a href='%20JaVa%09script%3Aa()'>"},
    {"<a href='{{ png }}'><img src='{{ png }}'><img src='{{ svg }}'>",
	"<a href='#'><img src='data:image/png;base64,AA=='><img src='#'>"},
    {"<a href='{{ mail }}'>", "<a href='a+b@x.test'>"},
    {"<a href='mailto:{{ mail }}?subject={{ name }}'>",
	"<a href='mailto:a+b@x.test?subject=Ann%20%26%20Bo%2F%C3%A9%3F'>"},
    {"<a href='https://x.test/{{ name }}/{{ path }}'>",
	"<a href='https://x.test/Ann%20%26%20Bo/\xc3\xa9%3F/p/1%3Fv=2'>"},
    {"<a href='https://x.test/{{ dir }}?{{ dir }}'>",
	"<a href='https://x.test/a/b%20c%3Ad?a%2Fb%2520c%3Ad'>"},
    {"<a href='https://x.test{{ path }}'>",
	"<a href='https://x.test/p/1?v=2'>"},
    {"<a href='https://x.test{{ tail }}'>",
	"<a href='https://x.testeviltest'>"},
    {"<a href='https://x.test{{ dots }}/p'>",
	"<a href='https://x.testeviltestx/p'>"},
    {"<a href='https://{{ host }}.x.test'>",
	"<a href='https://evil.test%2F.x.test'>"},
    {"<a href='/{{ path }}'>", "<a href='/%2Fp%2F1%3Fv%3D2'>"},
    {"<a href='?a={{ name }}&b={{ name | url_encode }}'>",
	"<a href='?a=Ann%20%26%20Bo%2F%C3%A9%3F&b=Ann+%26+Bo%2F%C3%A9%3F'>"},
    {"<a href='javascript:f({{ x }}{{ n }})'>", "<a href='javascript:f(x5)'>"},
    {"{% if t %}<a href='https://x.test/?{% else %}<a href='{% endif %}"
     "{{ name }}'>",
	"<a href='https://x.test/?Ann%20%26%20Bo%2F%C3%A9%3F'>"},
    {"<a href='{% for i in (1..2) %}{{ name }}?{% endfor %}'>",
	"<a href='Ann%20%26%20Bo%2F%C3%A9%3F?Ann%20%26%20Bo%2F%C3%A9%3F?'>"},
    /* the author's own words */
    {"{% assign q = 'a=1&b=/' %}<a href='?{{ q }}'>",
	"<a href='?a=1&amp;b=/'>"},
    {"{% capture q %}a={{ name | url_encode }}&b={{ n }}{% endcapture %}"
     "<a href='?{{ q }}'>",
	"<a href='?a=Ann+%26+Bo%2F%C3%A9%3F&b=5'>"},
    {"{% capture u %}https://x.test/?a={{ mail }}{% endcapture %}"
     "<a href='{{ u }}'>",
	"<a href='https://x.test/?a=a+b@x.test'>"},
    {"{% capture u %}{{ bad }}{% endcapture %}<a href='{{ u }}'>",
	"<a href='#'>"},
    {"{% capture c %}{{ x }}{% endcapture %}<p {{ c }}>{{ c }}",
	"<p x>&quot; a=b &lt;c&gt;"},
    {"{% capture c %}a='{{ n }}'{% endcapture %}<p {{ c }}>", "<p a='5'>"},
    {"{% capture c %}<a href='{% endcapture %}{{ c }}{{ bad }}'>",
	"&lt;a href=&#39; JaVa\tscript:a()'>"},
    {"{% capture c %}{% if t %}<script>{% endif %}{% endcapture %}{{ c }}",
	"&lt;script&gt;"},
    {"{% capture c %}<b>{{ x }}</b>{% endcapture %}{{ c }}",
	"<b>&quot; a=b &lt;c&gt;</b>"},
    {"{% capture c %}{% capture d %}{{ x }}{% endcapture %}{% endcapture %}"
     "{% capture c %}{{ d }}{% endcapture %}<p {{ c }}>",
	"<p x>"},
    {"{% capture c %}{{ x }}{% capture d %}e{% endcapture %}{% endcapture %}"
     "<p {{ c }} {{ d }}>",
	"<p x e>"},
    /* styles and scripts */
    {"<p style='color:{{ color }};a:{{ rgb }};b:{{ css }};c:{{ x }}'>",
	"<p style='color:#fff;a:rgb(1, 2, 3);b:x;c:x'>"},
    {"<p style=\"a:url('{{ url }}')\">",
	"<p style=\"a:url('https://x.test/a%20b?q=1&amp;b=%282%29#f')\">"},
    {"<style>a{b:url({{ url }});c:url({{ bad }});d:{{ css }}}</style>",
	"<style>a{b:url(https://x.test/a%20b?q=1&b=%282%29#f);c:url(#);d:x}"
	"</style>"},
    {"{% assign f = '\"A\", b' %}<p style='font:{{ f }}'><style>{{ f }}",
	"<p style='font:&quot;A&quot;, b'><style>\"A\", b"},
    {"<script>a={{ x }};b='{{ x }}';c={{ n }};d={{ t }};e={{ nothing }}",
	"<script>a=\"\\u0022 a\\u003db \\u003cc\\u003e\";b='\\u0022 "
	"a\\u003db \\u003cc\\u003e';c=5;d=true;e=null"},
    {"<p onclick={{ name }}>",
	"<p "
	"onclick=&quot;Ann\\u0020\\u0026\\u0020Bo\\u002f\xc3\xa9\\u003f&quot;"
	">"},
    {"<p onclick=\"f({{ name }})\">",
	"<p onclick=\"f(&quot;Ann \\u0026 Bo\\u002f\xc3\xa9\\u003f&quot;)\">"},
    /* Outlook */
    {"<!--[if mso]><v:rect href='{{ url }}' a={{ x }}><![endif]-->",
	"<!--[if mso]><v:rect href='https://x.test/a%20b?q=1&amp;b=(2)#f' "
	"a=&quot;&#32;a&#61;b&#32;&lt;c&gt;><![endif]-->"},
};

static void
test_rows(void **state)
{
	struct liquid_case c;
	size_t i;

	(void)state;
	liquid_case_init(&c);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		liquid_case_run(&c, str_of(rows[i].template), mix, LIQUID_HTML);
		if (!c.rendered || strcmp(buf_cstr(&c.out), rows[i].out) != 0)
			fail_msg("%s\n  gives   %s\n  and not %s",
			    rows[i].template, buf_cstr(&c.out), rows[i].out);
	}
	liquid_case_release(&c);
}

/* {"x": payload} */
static void
put_json(struct buf *out, const char *payload)
{
	const char *p;

	buf_puts(out, "{\"x\":\"");
	for (p = payload; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ' || *p == '"' || *p == '\\')
			buf_printf(out, "\\u%04x", (unsigned char)*p);
		else
			buf_char(out, *p);
	}
	buf_puts(out, "\"}");
}

struct trial {
	struct liquid_case c;
	struct buf json, decoded;
};

static void
trial_init(struct trial *t)
{
	liquid_case_init(&t->c);
	buf_init(&t->json, 1U << 16);
	buf_init(&t->decoded, 1U << 16);
}

static void
trial_release(struct trial *t)
{
	liquid_case_release(&t->c);
	buf_release(&t->json);
	buf_release(&t->decoded);
}

/* What stands for the '@' of the template when the payload is put there. */
static struct str
put(struct trial *t, const char *template, const char *payload,
    enum liquid_escape escape)
{
	struct str source = str_of(template), all;
	size_t at = str_chr(source, '@');
	struct buf with;

	buf_init(&with, 1U << 16);
	buf_str(&with, str_sub(source, 0, at));
	buf_puts(&with, "{{ x }}");
	buf_str(&with, str_from(source, at + 1));
	buf_reset(&t->json);
	put_json(&t->json, payload);
	liquid_case_run(&t->c, buf_view(&with), buf_cstr(&t->json), escape);
	buf_release(&with);
	assert_true(t->c.rendered);
	all = buf_view(&t->c.out);
	assert_true(all.n >= source.n - 1);
	return str_sub(all, at, all.n - (source.n - 1));
}

/* As a browser reads an attribute's value. */
static struct str
decode(struct trial *t, struct str s)
{
	uint8_t bytes[6];
	uint32_t code;
	size_t i, n;

	buf_reset(&t->decoded);
	for (i = 0; i < s.n; i += n) {
		n = s.p[i] == '&' ? entity_decode(str_from(s, i), &code) : 0;
		if (n > 0)
			buf_add(&t->decoded, bytes,
			    (size_t)u8_uctomb(bytes, code, sizeof(bytes)));
		else
			buf_add(&t->decoded, s.p + i, n = 1);
	}
	return buf_view(&t->decoded);
}

static void
none_of(struct str s, const char *bytes, const char *payload)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '\0' || strchr(bytes, s.p[i]) != NULL)
			fail_msg("%s: gives %.*s", payload, STR_ARG(s));
}

static void
test_text_and_attributes(void **state)
{
	static const char *const places[] = {"<p>@</p>", "<p title=\"@\">",
	    "<p title='@'>", "<title>@</title>", "<textarea>@</textarea>",
	    "<p title=@>", "<p title=a@>"};
	struct trial t;
	struct str s;
	size_t i, j;

	(void)state;
	trial_init(&t);
	for (i = 0; i < ARRAY_LEN(payloads); i++)
		for (j = 0; j < ARRAY_LEN(places); j++) {
			s = put(&t, places[j], payloads[i], LIQUID_HTML);
			none_of(s, j < 5 ? "<>\"'" : "<>\"' \t\n\f\r=`",
			    payloads[i]);
			assert_true(str_eq(decode(&t, s), str_of(payloads[i])));
		}
	trial_release(&t);
}

static bool
scheme_letter(char c)
{
	c = str_lower_char(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
	       c == '-' || c == '.';
}

/* As browsers do: controls and blanks at the front, tabs and line ends
 * anywhere mean nothing; what stands before a ':' is the scheme. */
static bool
harmless_url(struct str s)
{
	static const char *const fine[] = {"http", "https", "mailto", "tel",
	    "sms", "cid"};
	char name[32];
	size_t i, n = 0;

	while (s.n > 0 && (unsigned char)s.p[0] <= ' ')
		s = str_from(s, 1);
	for (; s.n > 0 && s.p[0] != ':'; s = str_from(s, 1)) {
		if (strchr("\t\r\n", s.p[0]) != NULL)
			continue;
		if (!scheme_letter(s.p[0]) || n == sizeof(name))
			return true;
		name[n++] = s.p[0];
	}
	for (i = 0; i < ARRAY_LEN(fine); i++)
		if (str_eq_nocase((struct str){name, n}, str_of(fine[i])))
			return true;
	return s.n == 0;
}

static void
test_urls(void **state)
{
	static const char *const places[] = {"<a href=\"@\">", "<a href='@'>",
	    "<a href=@>", "<form action=\"@\">", "<td background=\"@\">",
	    "<!--[if mso]><v:rect href='@'>", "<p style='a:url(@)'>"};
	struct trial t;
	struct str s;
	size_t i, j;

	(void)state;
	trial_init(&t);
	for (i = 0; i < ARRAY_LEN(payloads); i++)
		for (j = 0; j < ARRAY_LEN(places); j++) {
			s = put(&t, places[j], payloads[i], LIQUID_HTML);
			none_of(s, "<>\"' \t\r\n\f\\`", payloads[i]);
			if (!harmless_url(decode(&t, s)) &&
			    !str_starts(s, STR("data:image/png,")))
				fail_msg("%s: leads to %.*s", payloads[i],
				    STR_ARG(s));
		}
	trial_release(&t);
}

static int
digit(char c)
{
	return c <= '9' ? c - '0' : c - 'A' + 10;
}

/* In a query a value comes back as it was. */
static void
test_queries(void **state)
{
	struct trial t;
	struct str s;
	size_t i, j;

	(void)state;
	trial_init(&t);
	for (i = 0; i < ARRAY_LEN(payloads); i++) {
		s = put(&t, "<a href=\"https://x.test/?a=@&b=c\">", payloads[i],
		    LIQUID_HTML);
		none_of(s, "<>\"' \t\r\n\f\\`&=?#/:;+", payloads[i]);
		buf_reset(&t.decoded);
		for (j = 0; j < s.n; j++) {
			if (s.p[j] != '%') {
				buf_char(&t.decoded, s.p[j]);
				continue;
			}
			buf_char(&t.decoded,
			    (char)(digit(s.p[j + 1]) * 16 + digit(s.p[j + 2])));
			j += 2;
		}
		assert_string_equal(buf_cstr(&t.decoded), payloads[i]);
	}
	trial_release(&t);
}

/* Before the path, the host stays what the template says. */
static void
test_hosts(void **state)
{
	struct trial t;
	struct str s;
	size_t i;

	(void)state;
	trial_init(&t);
	for (i = 0; i < ARRAY_LEN(payloads); i++) {
		s = put(&t, "<a href=\"https://@.x.test/\">", payloads[i],
		    LIQUID_HTML);
		none_of(s, "/?#@\\", payloads[i]);
		s = put(&t, "<a href=\"https://x.test@\">", payloads[i],
		    LIQUID_HTML);
		if (s.n > 0 && strchr("/?#", s.p[0]) == NULL)
			none_of(s, "/?#@\\.", payloads[i]);
		s = put(&t, "<a href=\"/@\">", payloads[i], LIQUID_HTML);
		none_of(s, "/?#@\\", payloads[i]);
	}
	trial_release(&t);
}

/* Nothing ends the value, the declaration or the string. */
static void
test_styles_and_scripts(void **state)
{
	static const struct {
		const char *place, *without;
	} places[] = {
	    {"<p style=\"a:@\">", ";:{}<>\"'\\/*&"},
	    {"<style>p{a:@}</style>", ";:{}<>\"'\\/*&"},
	    {"<script>a = '@'</script>", "<>\"'`/;$\n\r()"},
	    {"<script>a = `@`</script>", "<>\"'`/;$\n\r()"},
	    {"<p onclick=\"f('@')\">", "<>\"'`/;$\n\r()"},
	    {"<p @>", " =<>\"'/\t\n\f\r"},
	    {"<p @=\"x\">", " =<>\"'/\t\n\f\r"},
	    {"<!-- @ -->", "<>"},
	};
	struct trial t;
	size_t i, j;

	(void)state;
	trial_init(&t);
	for (i = 0; i < ARRAY_LEN(payloads); i++)
		for (j = 0; j < ARRAY_LEN(places); j++)
			none_of(
			    put(&t, places[j].place, payloads[i], LIQUID_HTML),
			    places[j].without, payloads[i]);
	trial_release(&t);
}

static void
test_header_and_plain(void **state)
{
	struct trial t;
	struct str s;
	size_t i;

	(void)state;
	trial_init(&t);
	for (i = 0; i < ARRAY_LEN(payloads); i++) {
		s = put(&t, "Hello @!", payloads[i], LIQUID_HEADER);
		assert_false(str_has_control(s));
		s = put(&t, "Hello @!", payloads[i], LIQUID_TEXT);
		assert_true(str_eq(s, str_of(payloads[i])));
		s = put(&t, "Hello @!", payloads[i], LIQUID_DERIVED);
		assert_true(str_eq(s, str_of(payloads[i])));
	}
	trial_release(&t);
}

/* Text derived from HTML: what is HTML already becomes text. */
static void
test_derived(void **state)
{
	static const struct {
		const char *template, *out;
	} cases[] = {
	    {"{{ x }}", "\" a=b <c>"},
	    {"{{ x | escape }}", "\" a=b <c>"},
	    {"{{ '<b>x</b><br>y &amp; z' | raw }}.", "x\ny & z."},
	    {"{{ '<ol><li>a</ol>{' | append: '% if %' | append: '}' | raw }}",
		"1. a\n\n{% if %}"},
	    {"{{ x | escape | append: '' }}", "\" a=b <c>"},
	    {"{% capture c %}{{ x }}{% endcapture %}{{ c }}", "\" a=b <c>"},
	    {"a (https://x.test/{{ dir }}?q={{ name }}) {{ name }}",
		"a (https://x.test/a/b%20c%3Ad?q=Ann%20%26%20Bo%2F%C3%A9%3F) "
		"Ann & Bo/\xc3\xa9?"},
	    {"({{ url }}) http://{{ host }}",
		"(https://x.test/a b?q=1&b=(2)#f) http://evil.test%2F"},
	    {"{% if t %}https://x.test/?{% endif %}{{ name }}",
		"https://x.test/?Ann & Bo/\xc3\xa9?"},
	};
	struct liquid_case c;
	size_t i;

	(void)state;
	liquid_case_init(&c);
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		liquid_case_run(&c, str_of(cases[i].template), mix,
		    LIQUID_DERIVED);
		assert_true(c.rendered);
		assert_string_equal(buf_cstr(&c.out), cases[i].out);
	}
	liquid_case_release(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_text_and_attributes),
	    cmocka_unit_test(test_urls),
	    cmocka_unit_test(test_queries),
	    cmocka_unit_test(test_hosts),
	    cmocka_unit_test(test_styles_and_scripts),
	    cmocka_unit_test(test_header_and_plain),
	    cmocka_unit_test(test_derived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
