/* Goal: from the source to what is sent: links and opens are tracked only where
 * they should be, layouts, snippets, missing values and translations end up
 * where the author meant them. */
#include "tests/unit/templates/message_case.h"

#include "lib/mail/link.h"

static struct keyring ring = {.count = 1};

static struct message *
build(const struct message_source *source)
{
	struct message *m;

	if (!message_compile(&m, source, &error))
		fail_msg("%s:%d:%d: %s", error.part, error.at.line,
		    error.at.column, error.at.text);
	return m;
}

/* The HTML as it stands in the message, quoted-printable undone. */
static struct str
sent_html(void)
{
	static char html[64U << 10];
	const char *part = strstr(buf_cstr(&out), "Type: text/html");
	const char *p = strstr(part, "\r\n\r\n") + 4;
	const char *end = strstr(p, "\r\n--=_");
	const char *quoted = strstr(part, "quoted-printable");
	size_t n = 0;
	unsigned code;

	for (; p < end; p++) {
		if (*p != '=' || quoted == NULL || quoted > p)
			html[n++] = *p;
		else if (p[1] == '\r')
			p += 2;
		else if (sscanf(p + 1, "%2x", &code) == 1) {
			html[n++] = (char)code;
			p += 2;
		}
	}
	html[n] = '\0';
	return (struct str){html, n};
}

static void
assert_has(struct str s, const char *what, bool has)
{
	if ((str_find(s, str_of(what)) != STR_NOWHERE) != has)
		fail_msg("'%s' %s: %.*s", what, has ? "missing" : "found",
		    STR_ARG(s));
}

#define BASE "https://m.example.com"
#define OPEN "src=\"" BASE "/o/" TOKEN ".gif\""

static const struct message_source tracked = {
    .subject = STR("s"),
    .html = STR("<body><a href=\"https://a.test/?x=1\">a</a>"
		"<a href=\"https://b.test/?u={{ city }}\">b</a>"
		"<a href=\"{{ any }}\">c</a><a href=\"{{ unsubscribe_url }}\">"
		"d</a><a href=\"{{ preferences_url }}\">e</a>"
		"<a href=\"{{ view_in_browser_url }}\">f</a></body>"),
    .utm = {.source = STR("volley")},
    .track_clicks = true,
    .track_opens = true,
};

/* number/signature?u=target of the link that ends with `end`. */
static void
assert_signed(struct str html, uint32_t number, const char *target,
    const char *encoded)
{
	char prefix[128];
	size_t at;

	snprintf(prefix, sizeof(prefix), BASE "/c/" TOKEN "/%u/", number);
	at = str_find(html, str_of(prefix));
	assert_true(at != STR_NOWHERE);
	html = str_from(html, at + strlen(prefix));
	assert_true(link_verify(&ring, STR(TOKEN), number, str_of(target),
	    str_sub(html, 0, LINK_SIGNATURE_LEN)));
	html = str_from(html, LINK_SIGNATURE_LEN);
	assert_true(str_starts(html, STR("?u=")));
	assert_true(str_starts(str_from(html, 3), str_of(encoded)));
}

static void
test_tracking(void **state)
{
	struct message_campaign campaign = a_campaign();
	struct message_recipient recipient = a_recipient();
	struct message_rendered parts;
	struct message *m = build(&tracked);
	struct str html;

	(void)state;
	campaign.ring = &ring;
	recipient.attributes =
	    STR("{\"city\":\"a b\",\"any\":\"http://c.test/#x\"}");
	compose_ok(m, &campaign, &recipient);
	html = sent_html();
	assert_has(html, "href=\"" BASE "/c/" TOKEN "/0\"", true);
	assert_signed(html, 1, "https://b.test/?u=a%20b&utm_source=volley",
	    "https%3A%2F%2Fb.test%2F%3Fu%3Da%2520b%26utm_source%3Dvolley\"");
	assert_signed(html, 2, "http://c.test/?utm_source=volley#x",
	    "http%3A%2F%2Fc.test%2F%3Futm_source%3Dvolley%23x\"");
	assert_has(html, "href=\"" BASE "/u/" TOKEN "\"", true);
	assert_has(html, "href=\"" BASE "/p/" TOKEN "\"", true);
	assert_has(html, "href=\"" BASE "/w/" TOKEN "\"", true);
	assert_has(html, OPEN, true);
	campaign.is_test = true; /* nothing of a test counts */
	compose_ok(m, &campaign, &recipient);
	html = sent_html();
	assert_has(html, "https://a.test/?x=1&amp;utm_source=volley", true);
	assert_has(html, "http://c.test/?utm_source=volley#x\"", true);
	assert_has(html, "/c/", false);
	assert_has(html, "/o/", false);
	campaign.is_test = false;
	recipient.untracked = true; /* nor of who is not to be followed */
	compose_ok(m, &campaign, &recipient);
	html = sent_html();
	assert_has(html, "https://a.test/?x=1&amp;utm_source=volley", true);
	assert_has(html, "/c/", false);
	assert_has(html, "/o/", false);
	assert_has(html, "href=\"" BASE "/u/" TOKEN "\"", true);
	recipient.untracked = false;
	arena_reset(&arena);
	assert_true(
	    message_render(m, &campaign, &recipient, &arena, &parts, &error));
	assert_has(parts.html, "/c/", false);
	assert_has(parts.html, "/o/", false);
	assert_has(parts.text, "a (https://a.test/?x=1&utm_source=volley)",
	    true);
	assert_has(parts.text, "c (http://c.test/?utm_source=volley#x)", true);
	message_free(m);
}

/* What a merge value makes of a link. */
static void
test_personal_links(void **state)
{
	static const struct {
		const char *any, *href; /* behind href=" */
	} rows[] = {
	    {"mailto:a@b.test", "mailto:a@b.test\""},
	    {"javascript:alert(1)", "#"},
	    {" JaVa\\tScRiPt:alert(1)", "#"},
	    {"data:text/html,x", "#"},
	    {"", "\""},
	    {BASE "/u/" TOKEN, BASE "/u/" TOKEN "\""},
	    {"https://c.test/\\\"><script>", BASE "/c/" TOKEN "/0/"},
	};
	struct message_source source = {
	    .subject = STR("s"),
	    .html = STR("<a href=\"{{ any }}\">x</a>"),
	    .track_clicks = true,
	};
	struct message_campaign campaign = a_campaign();
	struct message_recipient recipient = a_recipient();
	struct message *m = build(&source);
	char json[256];
	struct str html;
	size_t i;

	(void)state;
	campaign.ring = &ring;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(json, sizeof(json), "{\"any\":\"%s\"}", rows[i].any);
		recipient.attributes = str_of(json);
		compose_ok(m, &campaign, &recipient);
		html = sent_html();
		assert_has(html, "<a href=\"", true);
		if (!str_starts(str_from(html, 9), str_of(rows[i].href)))
			fail_msg("%s: %.*s", rows[i].any, STR_ARG(html));
		assert_has(html, "<script", false);
	}
	message_free(m);
}

static void
add_link(uint32_t number, struct str url, bool personal, void *arg)
{
	buf_printf(arg, "%u%s %.*s\n", number, personal ? "p" : "",
	    STR_ARG(url));
}

static bool
a_snippet(struct str name, struct str *source, void *arg)
{
	(void)arg;
	*source = STR("<p>Snip <a href='https://s.test'>s</a></p>");
	return str_eq(name, STR("foot"));
}

static void
test_links_and_snippets(void **state)
{
	struct message_source source = tracked;
	struct message_campaign campaign = a_campaign();
	struct message_recipient recipient = a_recipient();
	struct message *m;

	(void)state;
	source.html = STR("<a href=\"https://a.test/?b&amp;c\">a</a>"
			  "{% render 'foot' %}<a href=\"{{ any }}\">b</a>");
	source.partial = a_snippet;
	source.text = STR_NONE;
	m = build(&source);
	buf_reset(&out);
	message_links(m, add_link, &out);
	assert_string_equal(buf_cstr(&out),
	    "0 https://a.test/?b&c&utm_source=volley\n1p {{ any }}\n"
	    "2 https://s.test?utm_source=volley\n");
	campaign.ring = &ring;
	compose_ok(m, &campaign, &recipient);
	assert_has(sent_html(), "<p>Snip <a href='" BASE "/c/" TOKEN "/2'>s",
	    true);
	assert_has(buf_view(&out), "Snip s (https://s.test?utm_", true);
	message_free(m);
}

static void
test_layout(void **state)
{
	struct message_source source = {
	    .subject = STR("s"),
	    .markdown = STR("# {{ name }}\n\n*text*"),
	    .layout = STR("<body>\n{{- content -}}\n<i>{{ city }}</i></body>"),
	};
	struct message_campaign campaign = a_campaign();
	struct message_recipient recipient = a_recipient();
	struct message_rendered parts;
	struct message *m = build(&source);

	(void)state;
	arena_reset(&arena);
	assert_true(
	    message_render(m, &campaign, &recipient, &arena, &parts, &error));
	assert_has(parts.html, "<h1>Ann</h1>", true);
	assert_has(parts.html, "<em>text</em>", true);
	assert_true(str_ends(parts.html, STR("<i>K\xc3\xb6ln</i></body>")));
	assert_true(str_eq(parts.text, STR("Ann\n\ntext\n\nK\xc3\xb6ln\n")));
	message_free(m);
	source.layout = STR("<body>{{ contents }}</body>");
	assert_false(message_compile(&m, &source, &error));
	assert_string_equal(error.part, "layout");
	assert_string_equal(error.at.text, "{{ content }} is missing");
	source.layout = STR("<body>\n{{ content }}{% if %}</body>");
	assert_false(message_compile(&m, &source, &error));
	assert_string_equal(error.part, "layout");
	assert_int_equal(error.at.line, 2);
	source.layout = STR("{% if city > 1 %}{% endif %}{{ content }}");
	m = build(&source); /* and where a render fails in it */
	assert_false(compose(m, &campaign, &recipient));
	assert_string_equal(error.part, "layout");
	assert_int_equal(error.at.line, 1);
	message_free(m);
}

static void
test_missing(void **state)
{
	static const struct {
		enum message_missing missing;
		const char *attributes, *html; /* NULL: fails */
	} rows[] = {
	    {MISSING_EMPTY, "{}", "[] [Ann]"},
	    {MISSING_DEFAULT, "{}", "[d d] [Ann]"},
	    {MISSING_DEFAULT, "{\"v\":null}", "[d d] [Ann]"},
	    {MISSING_DEFAULT, "{\"v\":\"\",\"name\":\"x\"}", "[d d] [Ann]"},
	    {MISSING_DEFAULT, "{\"v\":\"e\"}", "[e e] [Ann]"},
	    {MISSING_DEFAULT, "{\"v\":false}", "[false false] [Ann]"},
	    {MISSING_FAIL, "{\"v\":\"e\"}", "[e e] [Ann]"},
	    {MISSING_FAIL, "{}", NULL},
	};
	struct message_source source = {
	    .subject = STR("s"),
	    .html = STR("[{{ v }} {{ contact.v }}] [{{ name }}]"),
	    .defaults = STR("{\"v\":\"d\",\"name\":\"n\"}"),
	};
	struct message_campaign campaign = a_campaign();
	struct message_recipient recipient = a_recipient();
	struct message_rendered parts;
	struct message *m;
	size_t i;
	bool ok;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		source.missing = rows[i].missing;
		recipient.attributes = str_of(rows[i].attributes);
		m = build(&source);
		arena_reset(&arena);
		ok = message_render(m, &campaign, &recipient, &arena, &parts,
		    &error);
		assert_int_equal(ok, rows[i].html != NULL);
		if (i == 0)
			assert_true(str_eq(parts.html, STR("[ ] [Ann]")));
		else if (ok && !str_eq(parts.html, str_of(rows[i].html)))
			fail_msg("%zu: %.*s", i, STR_ARG(parts.html));
		message_free(m);
	}
	source.defaults = STR("[1]");
	source.missing = MISSING_DEFAULT;
	assert_false(message_compile(&m, &source, &error));
	assert_string_equal(error.part, "defaults");
}

static void
test_translations(void **state)
{
	static const struct {
		const char *attributes, *subject;
	} rows[] = {
	    {"{}", "Hello"},
	    {"{\"language\":\"de\"}", "Hallo"},
	    {"{\"locale\":\"de-AT\",\"language\":\"fr\"}", "Hallo"},
	    {"{\"locale\":\"it\"}", "Hello"},
	};
	struct message_source source = {
	    .subject = STR("{{ 'hi' | t }}"),
	    .text = STR("x"),
	    .translations =
		STR("{\"en\":{\"hi\":\"Hello\"},\"de\":{\"hi\":\"Hallo\"}}"),
	};
	struct message_campaign campaign = a_campaign();
	struct message_recipient recipient = a_recipient();
	struct message_rendered parts;
	struct message *m = build(&source);
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		recipient.attributes = str_of(rows[i].attributes);
		arena_reset(&arena);
		assert_true(message_render(m, &campaign, &recipient, &arena,
		    &parts, &error));
		if (!str_eq(parts.subject, str_of(rows[i].subject)))
			fail_msg("%s: %.*s", rows[i].attributes,
			    STR_ARG(parts.subject));
	}
	message_free(m);
	source.translations = STR("{\"en\":1}");
	assert_false(message_compile(&m, &source, &error));
	assert_string_equal(error.part, "translations");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tracking),
	    cmocka_unit_test(test_personal_links),
	    cmocka_unit_test(test_links_and_snippets),
	    cmocka_unit_test(test_layout),
	    cmocka_unit_test(test_missing),
	    cmocka_unit_test(test_translations),
	};

	return MESSAGE_CASES_RUN(tests);
}
