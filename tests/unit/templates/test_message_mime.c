/* Goal: GMime reads every message as it was meant; what may not be in a file's
 * name, type or content id is refused and said. */
#include "tests/support/random_message.h"

#include <gmime/gmime.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MESSAGES 10000

static struct arena arena;
static struct buf out;

/* ---- GMime's view ---- */

static GMimeMessage *
parse(struct str bytes)
{
	GMimeStream *stream =
	    g_mime_stream_mem_new_with_buffer(bytes.p, bytes.n);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);

	g_object_unref(parser);
	g_object_unref(stream);
	assert_non_null(message);
	return message;
}

/* The decoded bytes; release them. */
static struct buf
content_of(GMimeObject *object)
{
	GMimeStream *stream = g_mime_stream_mem_new();
	GMimeDataWrapper *content = g_mime_part_get_content(GMIME_PART(object));
	GByteArray *bytes;
	struct buf b;

	assert_non_null(content);
	g_mime_data_wrapper_write_to_stream(content, stream);
	bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
	buf_init(&b, bytes->len + 1UL);
	buf_add(&b, bytes->data, bytes->len);
	g_object_unref(stream);
	return b;
}

static void
check_text(GMimeObject *part, const char *subtype, struct str raw, bool last)
{
	GMimeContentType *type = g_mime_object_get_content_type(part);
	struct buf got = content_of(part), want;
	size_t i;

	assert_true(g_mime_content_type_is_type(type, "text", subtype));
	buf_init(&want, 2 * raw.n + 2);
	for (i = 0; i < raw.n; i++) {
		if (raw.p[i] != '\r' && raw.p[i] != '\n') {
			buf_char(&want, raw.p[i]);
			continue;
		}
		i += raw.p[i] == '\r' && i + 1 < raw.n && raw.p[i + 1] == '\n';
		buf_puts(&want, "\r\n");
	}
	/* a message ends with a line end, but for what base64 says of it */
	if (last && !str_ends(buf_view(&want), STR("\r\n")) &&
	    str_ends(buf_view(&got), STR("\r\n")))
		buf_puts(&want, "\r\n");
	if (!str_eq(buf_view(&got), buf_view(&want)))
		fail_msg("%s: \"%s\", not \"%s\"", subtype, buf_cstr(&got),
		    buf_cstr(&want));
	buf_release(&got);
	buf_release(&want);
}

static void
check_file(GMimeObject *part, const struct message_attachment *file)
{
	GMimeContentType *type = g_mime_object_get_content_type(part);
	char *mime_type = g_mime_content_type_get_mime_type(type);
	const char *id = g_mime_object_get_content_id(part);
	struct buf content = content_of(part);

	assert_string_equal(mime_type, file->type.p);
	assert_string_equal(
	    g_mime_object_get_content_disposition_parameter(part, "filename"),
	    file->name.p);
	assert_string_equal(
	    g_mime_object_get_content_type_parameter(part, "name"),
	    file->name.p);
	assert_true(str_eq(str_of(id), file->content_id));
	assert_true(str_eq(buf_view(&content), file->content));
	buf_release(&content);
	g_free(mime_type);
}

/* Checks the files of that level; the part that they go with. */
static GMimeObject *
enter(GMimeObject *part, const char *level, const struct random_message *r,
    bool is_inline)
{
	GMimeMultipart *multipart = (GMimeMultipart *)part;
	size_t i;
	int n = 0;

	for (i = 0; i < r->source.attachment_count; i++) {
		if ((r->files[i].content_id.n > 0 && r->source.html.n > 0) !=
		    is_inline)
			continue;
		if (n++ == 0)
			assert_true(g_mime_content_type_is_type(
			    g_mime_object_get_content_type(part), "multipart",
			    level));
		check_file(g_mime_multipart_get_part(multipart, n),
		    &r->files[i]);
	}
	if (n == 0)
		return part;
	assert_int_equal(g_mime_multipart_get_count(multipart), n + 1);
	return g_mime_multipart_get_part(multipart, 0);
}

static void
check_body(GMimeObject *body, const struct random_message *r,
    const struct message_rendered *rendered)
{
	GMimeObject *part = enter(body, "mixed", r, false);
	GMimeMultipart *both;

	if (rendered->html.n == 0) {
		check_text(part, "plain", rendered->text, part == body);
		return;
	}
	both = (GMimeMultipart *)enter(part, "related", r, true);
	assert_int_equal(g_mime_multipart_get_count(both), 2);
	check_text(g_mime_multipart_get_part(both, 0), "plain", rendered->text,
	    false);
	check_text(g_mime_multipart_get_part(both, 1), "html", rendered->html,
	    false);
}

/* As a reader shows it: blanks at folds may differ. */
static void
check_squeezed(const char *label, const char *got, struct str want)
{
	const char *p = got != NULL ? got : "";
	size_t i;

	for (i = 0; i < want.n; i++) {
		if (want.p[i] == ' ')
			continue;
		while (*p == ' ')
			p++;
		if (*p++ != want.p[i])
			fail_msg("%s: \"%s\", not \"%.*s\"", label, got,
			    STR_ARG(want));
	}
	assert_int_equal(strspn(p, " "), strlen(p));
}

static void
check_mailbox(InternetAddressList *list, struct str name, const char *spec)
{
	InternetAddress *address;

	assert_int_equal(internet_address_list_length(list), 1);
	address = internet_address_list_get_address(list, 0);
	assert_string_equal(internet_address_mailbox_get_addr(
				(InternetAddressMailbox *)address),
	    spec);
	check_squeezed("name", internet_address_get_name(address), name);
}

static void
gmime_reads_what_was_meant(void **state)
{
	struct random_message r;
	struct message_rendered rendered;
	GMimeMessage *message;
	uint32_t i;

	(void)state;
	for (i = 0; i < MESSAGES; i++) {
		arena_reset(&arena);
		random_message_make(&r, i, &arena);
		random_message_compose(&r, &out, &rendered);
		message = parse(buf_view(&out));
		check_squeezed("subject", g_mime_message_get_subject(message),
		    rendered.subject);
		check_mailbox(g_mime_message_get_from(message),
		    random_message_name(&r, r.campaign.from_name),
		    "news@example.com");
		check_mailbox(g_mime_message_get_to(message),
		    random_message_name(&r, r.recipient.name),
		    "ann@example.org");
		check_body(g_mime_message_get_mime_part(message), &r,
		    &rendered);
		g_object_unref(message);
	}
}

/* ---- what is refused ---- */

static const struct {
	struct message_attachment file;
	const char *text; /* NULL: it is taken */
} refused[] = {
    {{STR("a.pdf"), STR("application/pdf"), STR(""), STR("x")}, NULL},
    {{STR("\xc3\xa4 (1).pdf"), STR("image/svg+xml"), STR("a.b@c"), STR("")},
	NULL},
    {{STR(""), STR("a/b"), STR(""), STR("")},
	"attachment 1: the name is none of a file"},
    {{STR(".."), STR("a/b"), STR(""), STR("")},
	"attachment 1 (..): the name is none of a file"},
    {{STR("x "), STR("a/b"), STR(""), STR("")},
	"attachment 1 (x ): the name is none of a file"},
    {{STR("a/b"), STR("a/b"), STR(""), STR("")},
	"attachment 1 (a/b): the name has a '/' in it"},
    {{STR("a\\b"), STR("a/b"), STR(""), STR("")},
	"attachment 1 (a\\b): the name has a '\\' in it"},
    {{STR("a\"b"), STR("a/b"), STR(""), STR("")},
	"attachment 1 (a\"b): the name has a '\"' in it"},
    {{STR("a\r\nX: y"), STR("a/b"), STR(""), STR("")},
	"attachment 1: the name has a control character or is no "
	"UTF-8"},
    {{STR("a\0b"), STR("a/b"), STR(""), STR("")},
	"attachment 1: the name has a control character or is no "
	"UTF-8"},
    {{STR("a\xe2\x80\xa8"
	  "b"),
	 STR("a/b"), STR(""), STR("")},
	"attachment 1: the name has a control character or is no "
	"UTF-8"},
    {{STR("a\xff"), STR("a/b"), STR(""), STR("")},
	"attachment 1: the name has a control character or is no "
	"UTF-8"},
    {{STR("a"), STR(""), STR(""), STR("")},
	"attachment 1 (a): the content type is not of the form "
	"type/subtype"},
    {{STR("a"), STR("text/plain; charset=x"), STR(""), STR("")},
	"attachment 1 (a): the content type is not of the form "
	"type/subtype"},
    {{STR("a"), STR("a/b\r\nX: y"), STR(""), STR("")},
	"attachment 1 (a): the content type is not of the form "
	"type/subtype"},
    {{STR("a"), STR("a/b/c"), STR(""), STR("")},
	"attachment 1 (a): the content type is not of the form "
	"type/subtype"},
    {{STR("a"), STR("Multipart/mixed"), STR(""), STR("")},
	"attachment 1 (a): the content type is none of a file"},
    {{STR("a"), STR("message/rfc822"), STR(""), STR("")},
	"attachment 1 (a): the content type is none of a file"},
    {{STR("a"), STR("a/b"), STR("x>\r\nBcc: y"), STR("")},
	"attachment 1 (a): the content id has other characters than a "
	"Content-ID"},
    {{STR("a"), STR("a/b"), STR("x>"), STR("")},
	"attachment 1 (a): the content id has other characters than a "
	"Content-ID"},
};

static void
files_are_refused(void **state)
{
	struct message_error error;
	struct message *m;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(refused); i++) {
		const struct message_source source = {
		    .subject = STR("s"),
		    .html = STR("x"),
		    .attachments = &refused[i].file,
		    .attachment_count = 1,
		};
		bool ok = message_compile(&m, &source, &error);

		if (ok != (refused[i].text == NULL))
			fail_msg("row %zu", i);
		if (ok) {
			message_free(m);
			continue;
		}
		assert_string_equal(error.part, "attachments");
		assert_string_equal(error.at.text, refused[i].text);
	}
}

static void
content_ids_differ(void **state)
{
	const struct message_attachment files[] = {
	    {STR("a"), STR("image/png"), STR("x@y"), STR("1")},
	    {STR("b"), STR("image/png"), STR("x@y"), STR("2")},
	};
	const struct message_source source = {
	    .subject = STR("s"),
	    .html = STR("x"),
	    .attachments = files,
	    .attachment_count = 2,
	};
	struct message_error error;
	struct message *m;

	(void)state;
	assert_false(message_compile(&m, &source, &error));
	assert_string_equal(error.part, "attachments");
	assert_string_equal(error.at.text,
	    "attachment 2 (b): the content id is that of attachment 1, too");
}

/* ---- what all recipients share ---- */

static void
bodies_are_shared(void **state)
{
	static const struct {
		const char *html;
		bool shared;
	} rows[] = {
	    {"<p>All the same", true},
	    {"<p>{{ campaign.name }} {{ postal_address }}", true},
	    {"<p>{{ campaign.name | date: '%Y' }}", false},
	    {"<p>{{ 'now' | date: '%Y' }}", false},
	    {"<p>{{ name }}", false},
	    {"<p>{{ contact.name }}", false},
	    {"<p>{{ list.name }}", false},
	    {"<p>{{ unsubscribe_url }}", false},
	    {"<p>{% if city %}x{% endif %}", false},
	    {"<p>{{ [campaign.name] }}", false},
	    {"{% assign a = name %}{{ a }}", false},
	    {"{% assign a = campaign.id %}{{ a }}", false},
	};
	struct message_error error;
	struct message *m;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		const struct message_source source = {
		    .subject = STR("{{ name }}"),
		    .html = str_of(rows[i].html),
		};

		assert_true(message_compile(&m, &source, &error));
		if (message_body_is_shared(m) && !rows[i].shared)
			fail_msg("shared: %s", rows[i].html);
		if (rows[i].shared && i < 2)
			assert_true(message_body_is_shared(m));
		message_free(m);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(gmime_reads_what_was_meant),
	    cmocka_unit_test(files_are_refused),
	    cmocka_unit_test(content_ids_differ),
	    cmocka_unit_test(bodies_are_shared),
	};
	int failed;

	g_mime_init();
	arena_init(&arena, 2UL * MESSAGE_ARENA_MAX);
	buf_init(&out, MESSAGE_MAX);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	buf_release(&out);
	arena_release(&arena);
	g_mime_shutdown();
	return failed;
}
