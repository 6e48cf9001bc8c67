/* Goal: a delivery's bytes are exactly these, the same on every attempt; no
 * value of a recipient, list or campaign adds a header field or a bare line
 * end (S-001, S-003, S-004, S-007, X-003). */
#include "tests/unit/templates/message_case.h"

#include "lib/mail/header.h"
#include "lib/mail/transfer.h"

#define HEADERS                                                     \
	"Date: Tue, 01 Dec 2026 09:00:00 +0000\r\n"                 \
	"From: Harbour <news@example.com>\r\n"                      \
	"To: Ann <ann@example.org>\r\n"                             \
	"Subject: Hello Ann\r\n"                                    \
	"Message-ID: <" TOKEN "@example.com>\r\n"                   \
	"List-Unsubscribe: <https://m.example.com/u/" TOKEN ">\r\n" \
	"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"     \
	"List-Id: Friends <list-3.example.com>\r\n"                 \
	"Feedback-ID: 7:3:bulk:volley-1\r\n"                        \
	"MIME-Version: 1.0\r\n"
#define BOUNDARY "=_ad756ea64d6d60ae411fe6055d3a7f98b"

static void
test_bytes(void **state)
{
	static const char expected[] = HEADERS
	    "Content-Type: multipart/alternative;\r\n"
	    " boundary=\"" BOUNDARY "\"\r\n"
	    "\r\n"
	    "--" BOUNDARY "\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n"
	    "\r\n"
	    "=46rom K=C3=B6ln\r\n"
	    "=2E\r\n"
	    "--" BOUNDARY "\r\n"
	    "Content-Type: text/html; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n"
	    "\r\n"
	    "<body><p>ann@example.org &lt;3 Autumn =E2=82=AC</p></body>\r\n"
	    "--" BOUNDARY "--\r\n";
	struct message_campaign campaign = a_campaign();
	struct message_recipient recipient = a_recipient();
	struct message *m = compile("Hello {{ name }}", "",
	    "<body><p>{{ contact.email }} {{ '<3' }} {{ campaign.name }} "
	    "\xe2\x82\xac</p></body>",
	    "From {{ city }}\n.");
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		compose_ok(m, &campaign, &recipient);
		assert_string_equal(buf_cstr(&out), expected);
	}
	message_free(m);
}

static void
test_text_only(void **state)
{
	static const char expected[] =
	    HEADERS "Content-Type: text/plain; charset=utf-8\r\n"
		    "Content-Transfer-Encoding: 7bit\r\n"
		    "\r\n"
		    "<Friends> 3\r\n"
		    "https://m.example.com/u/" TOKEN "\r\n";
	struct message_campaign campaign = a_campaign();
	struct message_recipient recipient = a_recipient();
	struct message *m = compile("Hello {{ name }}", "", "",
	    "<{{ list.name }}> {{ list.id }}\n{{ unsubscribe_url }}");

	(void)state;
	compose_ok(m, &campaign, &recipient);
	assert_string_equal(buf_cstr(&out), expected);
	message_free(m);
}

static bool
says(const char *what)
{
	return strstr(buf_cstr(&out), what) != NULL;
}

static void
test_derived_text(void **state)
{
	struct message_campaign campaign = a_campaign();
	struct message_recipient recipient = a_recipient();
	struct message *m = compile("x", "",
	    "<p>Hi {{ contact.name }}</p><a href=\"{{ unsubscribe_url }}\">Off"
	    "</a>",
	    "");

	(void)state;
	compose_ok(m, &campaign, &recipient);
	assert_true(says("7bit\r\n\r\nHi Ann\r\n\r\n"
			 "Off (https://m.example.com/u/" TOKEN ")\r\n"));
	message_free(m);
}

static void
test_fields(void **state)
{
	struct message_campaign campaign = a_campaign();
	struct message_recipient recipient = a_recipient();
	struct message *m = compile("{{ s }}", "", "<p>x", "");

	(void)state;
	campaign.reply_token = true;
	compose_ok(m, &campaign, &recipient);
	assert_true(says("\r\nReply-To: news+" TOKEN "@example.com\r\n"));
	assert_true(says(
	    "<https://m.example.com/u/" TOKEN ">,\r\n"
	    " <mailto:news+" TOKEN "@example.com?subject=unsubscribe>\r\n"));
	campaign.has_reply_to = true;
	campaign.reply_to = address("a&b@example.com");
	compose_ok(m, &campaign, &recipient); /* would need to be encoded */
	assert_false(says("mailto:"));
	campaign.has_reply_to = true;
	campaign.reply_to = address("answers-to-the-letter-of-the-harbour"
				    "@example.com");
	compose_ok(m, &campaign, &recipient); /* no room for the token */
	assert_false(says("mailto:"));
	assert_true(says("\r\nReply-To: answers-to-the-letter-of-the-harbour"
			 "@example.com\r\n"));
	campaign.is_test = true;
	recipient.attributes = STR("{\"s\":\"n\\u00e4chste\"}");
	recipient.list_name = STR("M\xc3\xbcller, \"Q\" & Co");
	compose_ok(m, &campaign, &recipient);
	assert_true(says("\r\nSubject: =?UTF-8?"));
	assert_true(says("\r\nList-Id: =?UTF-8?"));
	assert_true(says(" <list-3.example.com>\r\n"));
	recipient.attributes = STR("{\"s\":\"plain\"}");
	compose_ok(m, &campaign, &recipient);
	assert_true(says("\r\nSubject: [Test] plain\r\n"));
	message_free(m);
}

/* No bare CR or LF, no NUL, no 8-bit byte, no line above 998; each field of
 * the list once. */
static void
check_wire(struct str message)
{
	static const char *const once[] = {"Date", "From", "To", "Subject",
	    "Message-ID", "MIME-Version", "List-Unsubscribe",
	    "List-Unsubscribe-Post", "List-Id", "Feedback-ID", "Content-Type"};
	struct header_field field;
	struct str block = message;
	size_t i, line = 0;
	int fields = 0, counts[ARRAY_LEN(once)] = {0};

	for (i = 0; i < message.n; i++) {
		unsigned char c = (unsigned char)message.p[i];

		if (c == '\r')
			assert_true(
			    i + 1 < message.n && message.p[i + 1] == '\n');
		if (c == '\n')
			assert_true(i > 0 && message.p[i - 1] == '\r');
		assert_true(c != '\0' && c < 0x80);
		line = c == '\n' ? 0 : line + 1;
		assert_true(line <= 999);
	}
	while (header_next(&block, &field)) {
		fields++;
		for (i = 0; i < ARRAY_LEN(once); i++)
			counts[i] += str_eq_nocase(field.name, str_of(once[i]));
	}
	for (i = 0; i < ARRAY_LEN(once); i++)
		assert_int_equal(counts[i], 1);
	assert_int_equal(fields, ARRAY_LEN(once));
}

static const struct str payloads[] = {
    STR("\r\nBcc: evil@example.net"),
    STR("\nBcc: evil@example.net"),
    STR("\rBcc: evil@example.net"),
    STR("a\r\n\r\nbody"),
    STR("a\n.\nMAIL FROM:<evil@example.net>"),
    STR("a\r\n.\r\nMAIL FROM:<evil@example.net>"),
    STR("a\xe2\x80\xa8"
	"Bcc: evil@example.net"),
    STR("a\xc2\x85"
	"Bcc: evil@example.net"),
    STR("a\xe5\x98\x8d\xe5\x98\x8a"
	"Bcc: evil@example.net"),
    STR("a\0b"),
    STR("=?utf-8?Q?=0D=0ABcc:evil@example.net?="),
    STR("a\xc0\x8a"
	"Bcc: evil@example.net"),
    STR("%0d%0aBcc: evil@example.net"),
    STR("\" <evil@example.net>, \""),
    STR("a\r\n Bcc: evil@example.net\r\n\tx"),
    STR("--=_ad756ea64d6d60ae411fe6055d3a7f98b--\r\n"),
};

/* A JSON object whose member "v" is that text; invalid UTF-8 as Latin-1. */
static struct str
as_attribute(struct str s, char *room, size_t size)
{
	size_t n = (size_t)snprintf(room, size, "{\"v\":\""), i;

	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool plain = c >= 0x20 && c != '"' && c != '\\' &&
			     (c < 0x80 || str_is_utf8(s));

		n += (size_t)snprintf(room + n, size - n,
		    plain ? "%c" : "\\u%04x", c);
	}
	n += (size_t)snprintf(room + n, size - n, "\"}");
	return (struct str){room, n};
}

/* The payload as one of the values that a message is made from. */
static void
inject(struct message_campaign *campaign, struct message_recipient *recipient,
    struct str payload, int place)
{
	static char json[512];

	*campaign = a_campaign();
	*recipient = a_recipient();
	switch (place) {
	case 0: recipient->name = payload; break;
	case 1: recipient->list_name = payload; break;
	case 2: campaign->from_name = payload; break;
	case 3: campaign->name = payload; break;
	default:
		recipient->attributes =
		    as_attribute(payload, json, sizeof(json));
	}
}

static void
test_injection(void **state)
{
	struct message_campaign campaign;
	struct message_recipient recipient;
	struct message *m = compile("Hi {{ v }} {{ name }} {{ list.name }}",
	    "{{ v }}", "<p>{{ v }} {{ contact.v | raw }} {{ campaign.name }}",
	    "{{ v }}");
	size_t i;
	int place;

	(void)state;
	for (i = 0; i < ARRAY_LEN(payloads); i++)
		for (place = 0; place < 5; place++) {
			inject(&campaign, &recipient, payloads[i], place);
			if (compose(m, &campaign, &recipient))
				check_wire(buf_view(&out));
			else if (str_is_utf8(payloads[i]))
				fail_msg("payload %zu at %d: %s", i, place,
				    error.at.text);
		}
	message_free(m);
}

/* What comes from settings is refused rather than repaired. */
static void
test_refused_settings(void **state)
{
	struct message_campaign campaign = a_campaign();
	struct message_recipient recipient = a_recipient();
	struct message *m = compile("x", "", "<p>x", "");

	(void)state;
	campaign.base_url = STR("https://m.example.com\r\nBcc: x");
	assert_false(compose(m, &campaign, &recipient));
	assert_string_equal(error.part, "headers");
	campaign = a_campaign();
	campaign.sender_id = STR("a\nb");
	assert_false(compose(m, &campaign, &recipient));
	assert_string_equal(error.part, "headers");
	message_free(m);
}

static void
test_compile_errors(void **state)
{
	static const struct {
		struct message_source source;
		const char *part, *text;
		int line;
	} rows[] = {
	    {{.subject = STR("{{"),
		 .preheader = STR(""),
		 .html = STR("x"),
		 .text = STR("")},
		"subject", "'{{' is not closed", 1},
	    {{.subject = STR("s"),
		 .preheader = STR("\n{% x %}"),
		 .html = STR("x"),
		 .text = STR("")},
		"preheader", "unknown tag 'x'", 2},
	    {{.subject = STR("s"),
		 .preheader = STR(""),
		 .html = STR("\n\n{{ x | y }}"),
		 .text = STR("")},
		"html", "unknown filter 'y'", 3},
	    {{.subject = STR("s"),
		 .preheader = STR(""),
		 .html = STR("x"),
		 .text = STR("{% if %}")},
		"text", "expected a value", 1},
	    {{.subject = STR(" "),
		 .preheader = STR(""),
		 .html = STR("x"),
		 .text = STR("")},
		"subject", "the subject is empty", 0},
	    {{.subject = STR("s"),
		 .preheader = STR("p"),
		 .html = STR(" "),
		 .text = STR("\n")},
		"html", "neither an HTML nor a text part", 0},
	};
	struct message *m;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		assert_false(message_compile(&m, &rows[i].source, &error));
		assert_null(m);
		assert_string_equal(error.part, rows[i].part);
		assert_string_equal(error.at.text, rows[i].text);
		assert_int_equal(error.at.line, rows[i].line);
	}
	message_free(NULL);
}

static void
test_render_errors(void **state)
{
	struct message_campaign campaign = a_campaign();
	struct message_recipient recipient = a_recipient();
	struct message *m =
	    compile("x", "", "\n{% if v > 1 %}y{% endif %}", "");

	(void)state;
	recipient.attributes = STR("{\"v\":\"a\"}");
	assert_false(compose(m, &campaign, &recipient));
	assert_string_equal(error.part, "html");
	assert_int_equal(error.at.line, 2);
	assert_string_equal(error.at.text,
	    "comparison of String with 1 failed");
	recipient.attributes = STR("{\"v\":");
	assert_false(compose(m, &campaign, &recipient));
	assert_string_equal(error.part, "data");
	recipient.attributes = STR("[1]");
	assert_false(compose(m, &campaign, &recipient));
	assert_string_equal(error.at.text, "attributes are no object");
	recipient.attributes = STR_NONE;
	compose_ok(m, &campaign, &recipient);
	message_free(m);
}

static void
test_rendered(void **state)
{
	struct message_campaign campaign = a_campaign();
	struct message_recipient recipient = a_recipient();
	struct message_rendered parts;
	struct message *m = compile("S {{ city }}", "P {{ '<' }}",
	    "<html><body class='>'><p>x", "");
	static const char shown[] = ">P &lt;&#847;&zwnj;&nbsp;";

	(void)state;
	arena_reset(&arena);
	assert_true(
	    message_render(m, &campaign, &recipient, &arena, &parts, &error));
	assert_true(str_eq(parts.subject, STR("S K\xc3\xb6ln")));
	assert_true(str_eq(parts.preheader, STR("P <")));
	assert_true(str_eq(parts.text, STR("x\n")));
	assert_true(
	    str_starts(parts.html, STR("<html><body class='>'><div style=")));
	assert_true(str_find(parts.html, str_of(shown)) != STR_NOWHERE);
	assert_true(str_ends(parts.html, STR("&nbsp;</div><p>x")));
	message_free(m);
}

static void
add_name(struct str path, void *arg)
{
	buf_printf(arg, "%.*s ", STR_ARG(path));
}

static void
test_names(void **state)
{
	struct message *m =
	    compile("{{ a }}", "{{ b }}", "{{ contact.c }}", "{{ d }}");

	(void)state;
	buf_reset(&out);
	message_names(m, add_name, &out);
	assert_string_equal(buf_cstr(&out), "a b contact.c d ");
	message_free(m);
}

static void
test_return_path(void **state)
{
	static const struct {
		const char *path, *result; /* NULL: refused */
	} rows[] = {
	    {"bounces@example.com", "bounces+" TOKEN "@example.com"},
	    {"b+x@example.com", "b+x+" TOKEN "@example.com"},
	    {"", NULL},
	    {"bounces", NULL},
	    {"a@example.com>\r\nRCPT TO:<b@example.net", NULL},
	    {"a b@example.com", NULL},
	    {"a-local-part-of-thirty-letters@example.com", NULL},
	};
	char path[ADDRESS_MAX + 1];
	struct err err;
	size_t i;
	bool ok;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		ok = message_return_path(path, str_of(rows[i].path), TOKEN,
		    &err);
		assert_int_equal(ok, rows[i].result != NULL);
		if (ok)
			assert_string_equal(path, rows[i].result);
	}
	assert_true(
	    message_return_path(path, STR("bounces@example.com"), NULL, &err));
	assert_string_equal(path, "bounces@example.com");
	assert_false(
	    message_return_path(path, STR("a b@example.com"), NULL, &err));
}

/* What no signature covers is not claimed; all else stays. */
static void
test_no_one_click(void **state)
{
	static const char claim[] =
	    "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";
	struct message_campaign campaign = a_campaign();
	struct message_recipient recipient = a_recipient();
	struct message *m = compile("s", "", "<p>x", "");
	struct buf with;
	struct str all;
	size_t at;

	(void)state;
	buf_init(&with, MESSAGE_MAX);
	compose_ok(m, &campaign, &recipient);
	buf_str(&with, buf_view(&out));
	all = buf_view(&with);
	at = str_find(all, str_of(claim));
	assert_true(at != STR_NOWHERE);
	recipient.no_one_click = true;
	compose_ok(m, &campaign, &recipient);
	assert_int_equal(out.n, all.n - strlen(claim));
	assert_memory_equal(out.p, all.p, at);
	assert_string_equal(buf_cstr(&out) + at, all.p + at + strlen(claim));
	buf_release(&with);
	message_free(m);
}

static void
test_large(void **state)
{
	struct message_campaign campaign = a_campaign();
	struct message_recipient recipient = a_recipient();
	struct buf json;
	struct buf file;
	struct message_attachment attachment = {
	    .name = STR("a.bin"),
	    .type = STR("application/octet-stream"),
	};
	struct message_source source = {
	    .subject = STR("x"),
	    .html = STR("{{ v }}"),
	    .attachments = &attachment,
	    .attachment_count = 1,
	};
	struct message *m;
	struct message *subject = compile("{{ v }}", "", "x", "");

	(void)state;
	buf_init(&file, MESSAGE_ATTACHMENT_BYTES_MAX);
	while (file.n < MESSAGE_ATTACHMENT_BYTES_MAX)
		buf_char(&file, (char)file.n);
	attachment.content = buf_view(&file);
	assert_true(message_compile(&m, &source, &error));
	buf_release(&file);
	buf_init(&json, VALUE_JSON_MAX);
	buf_puts(&json, "{\"v\":\"");
	while (json.n < VALUE_JSON_MAX - 100)
		buf_puts(&json, "\xc3\xa4\xc3\xb6");
	buf_puts(&json, "\"}");
	recipient.attributes = buf_view(&json);
	assert_false(compose(subject, &campaign, &recipient));
	assert_string_equal(error.part, "subject");
	assert_false(
	    compose(m, &campaign, &recipient)); /* 3 MiB and twice 1.3 */
	assert_string_equal(error.at.text, "the message is larger than 4 MiB");
	buf_release(&json);
	message_free(m);
	message_free(subject);
}

/* Made once for a list or anew: the message is the same. */
static void
test_list_fields(void **state)
{
	static const char *const names[] = {"Friends", "a \"b\"", "",
	    "K\xc3\xb6ln", "\xff"};
	struct message_campaign campaign = a_campaign();
	struct message_recipient recipient = a_recipient();
	struct message *m = compile("s", "", "<p>x", "");
	struct arena lists;
	struct buf anew;
	struct err err;
	size_t i;

	(void)state;
	arena_init(&lists, 1U << 20);
	buf_init(&anew, MESSAGE_MAX);
	for (i = 0; i < ARRAY_LEN(names); i++) {
		recipient.list_name = str_of(names[i]);
		recipient.list_fields = STR_NONE;
		compose_ok(m, &campaign, &recipient);
		buf_reset(&anew);
		buf_str(&anew, buf_view(&out));
		assert_true(
		    message_list_fields(&recipient.list_fields, &campaign,
			recipient.list_id, recipient.list_name, &lists, &err));
		assert_true(
		    str_starts(recipient.list_fields, STR("List-Id: ")));
		compose_ok(m, &campaign, &recipient);
		assert_string_equal(buf_cstr(&out), buf_cstr(&anew));
	}
	campaign.sender_id = STR("a\nb");
	assert_false(message_list_fields(&recipient.list_fields, &campaign, 3,
	    STR("Friends"), &lists, &err));
	buf_release(&anew);
	arena_release(&lists);
	message_free(m);
}

/* What a message's text takes counts in full, though it was encoded once. */
static void
test_output_limit(void **state)
{
	struct message_campaign campaign = a_campaign();
	struct message_recipient recipient = a_recipient();
	static const struct {
		int width;
		bool fits;
	} rows[] = {{1024, true}, {1025, false}};
	struct message *m;
	char text[2000];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(text, sizeof(text),
		    "{%% for i in (1..1024) %%}%*s{%% endfor %%}",
		    rows[i].width, "x");
		m = compile("s", "", "", text);
		assert_int_equal(compose(m, &campaign, &recipient),
		    rows[i].fits);
		if (!rows[i].fits)
			assert_string_equal(error.at.text,
			    "writes more than 1048576 bytes");
		message_free(m);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bytes),
	    cmocka_unit_test(test_text_only),
	    cmocka_unit_test(test_derived_text),
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_injection),
	    cmocka_unit_test(test_refused_settings),
	    cmocka_unit_test(test_compile_errors),
	    cmocka_unit_test(test_render_errors),
	    cmocka_unit_test(test_rendered),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_return_path),
	    cmocka_unit_test(test_no_one_click),
	    cmocka_unit_test(test_large),
	    cmocka_unit_test(test_output_limit),
	    cmocka_unit_test(test_list_fields),
	};

	return MESSAGE_CASES_RUN(tests);
}
