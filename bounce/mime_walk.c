#include "bounce/mime_walk.h"

#include "bounce/complaint.h"
#include "bounce/html_text.h"
#include "bounce/inbound_header.h"
#include "bounce/mime_input.h"
#include "bounce/returned_text.h"
#include "lib/mail/charset.h"
#include "lib/mail/header.h"
#include "lib/mail/transfer.h"

#include <assert.h>
#include <gmime/gmime.h>

#define ARENA_MAX (64U << 20)    /* many times what the limits below allow */
#define CHARSET   "windows-1252" /* of text that does not say, or lies */

/* The way down to the part being looked at. */
struct walk {
	struct inbound_mail *m;
	struct str raw; /* what GMime has, at the same offsets */
	struct {
		GMimeMultipart *multipart;
		int next;
	} stack[INBOUND_DEPTH_MAX];
	int depth;
	int parts;
};

void
mime_walk_start(void)
{
	g_mime_init();
}

void
inbound_mail_release(struct inbound_mail *m)
{
	arena_release(&m->arena);
}

struct str
inbound_mail_field(struct inbound_mail *m, const char *name)
{
	return header_get(m->header, name, &m->arena);
}

struct str
inbound_mail_returned_field(struct inbound_mail *m, const char *name)
{
	return header_get(m->returned, name, &m->arena);
}

static struct str
keep_buf(struct inbound_mail *m, const struct buf *b)
{
	return arena_dup(&m->arena, buf_view(b));
}

/* The bytes of a part as they stand in the message. */
static struct str
encoded_bytes(const struct walk *w, GMimePart *part, bool *is_there)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	GMimeStream *stream;
	size_t from, to;

	*is_there = content != NULL;
	if (content == NULL)
		return STR_NONE;
	stream = g_mime_data_wrapper_get_stream(content);
	from = (size_t)stream->bound_start;
	to = stream->bound_end < 0 ? w->raw.n : (size_t)stream->bound_end;
	assert(from <= to && to <= w->raw.n);
	return str_sub(w->raw, from, to - from);
}

static struct str
decoded_bytes(const struct walk *w, GMimePart *part)
{
	bool is_there;
	struct str bytes = encoded_bytes(w, part, &is_there);
	GMimeContentEncoding encoding = g_mime_part_get_content_encoding(part);
	struct buf b;

	if (!is_there ||
	    (encoding != GMIME_CONTENT_ENCODING_BASE64 &&
		encoding != GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE))
		return bytes;
	buf_init(&b, bytes.n);
	if (encoding == GMIME_CONTENT_ENCODING_BASE64)
		base64_decode_lenient(&b, bytes);
	else
		qp_decode(&b, bytes);
	bytes = keep_buf(w->m, &b);
	buf_release(&b);
	return bytes;
}

/* The charset that a part says; windows-1252 when what it says, or says by
 * saying nothing, cannot be. */
static struct str
charset_of(GMimePart *part, struct str bytes)
{
	struct str said = str_of(g_mime_object_get_content_type_parameter(
	    GMIME_OBJECT(part), "charset"));

	if (said.n > 0 && !str_eq_nocase(said, STR("us-ascii")))
		return said;
	return str_is_utf8(bytes) ? STR("utf-8") : STR(CHARSET);
}

/* Most text is ASCII, which these say as it stands. */
static bool
says_ascii(struct str charset, struct str bytes)
{
	return (str_starts_nocase(charset, STR("utf-8")) ||
		   str_starts_nocase(charset, STR("iso-8859-")) ||
		   str_starts_nocase(charset, STR("windows-"))) &&
	       str_is_ascii(bytes) && str_chr(bytes, '\0') == STR_NOWHERE;
}

static struct str
text_of(const struct walk *w, GMimePart *part)
{
	struct str bytes = decoded_bytes(w, part), text;
	struct str charset = charset_of(part, bytes);
	struct buf b;

	if (says_ascii(charset, bytes))
		return arena_dup(&w->m->arena, bytes);
	buf_init(&b, bytes.n * 3 + 1);
	charset_to_utf8(&b, charset, bytes);
	text = mime_input_clean(w->m, keep_buf(w->m, &b));
	buf_release(&b);
	return text;
}

static bool
is_blank(struct str text)
{
	return str_trim(text).n == 0;
}

/* Whole lines, where there are any. */
static struct str
cut_text(struct inbound_mail *m, struct str text)
{
	struct str kept =
	    mime_input_cut(m, text, INBOUND_TEXT_MAX, INBOUND_CUT_TEXT);
	size_t end = str_rchr(kept, '\n');

	if (kept.n == text.n || end == STR_NOWHERE)
		return kept;
	return str_sub(kept, 0, end + 1);
}

/* A report that calls itself text, or has lost its boundaries. */
static void
find_feedback(struct inbound_mail *m, struct str text)
{
	struct str fields;

	if (m->has_feedback_report)
		return;
	fields = complaint_fields(text);
	m->has_feedback_report = fields.p != NULL;
	if (fields.p != NULL)
		m->feedback_report = mime_input_cut(m, fields,
		    INBOUND_REPORT_MAX, INBOUND_CUT_REPORTS);
}

static void
take_plain(struct walk *w, GMimePart *part)
{
	struct inbound_mail *m = w->m;

	if (!m->text_is_html && !is_blank(m->text)) {
		find_feedback(m, text_of(w, part));
		return;
	}
	m->text = cut_text(m, text_of(w, part));
	m->text_is_html = false;
}

static void
take_html(struct walk *w, GMimePart *part)
{
	struct inbound_mail *m = w->m;
	struct buf b;

	if (!is_blank(m->text))
		return;
	buf_init(&b, INBOUND_TEXT_MAX);
	html_text(&b, text_of(w, part));
	if (b.full)
		m->limits |= INBOUND_CUT_TEXT;
	m->text = keep_buf(m, &b);
	m->text_is_html = true;
	buf_release(&b);
}

static struct str
report_of(struct walk *w, GMimePart *part)
{
	struct str text = mime_input_cut(w->m, decoded_bytes(w, part),
	    INBOUND_REPORT_MAX, INBOUND_CUT_REPORTS);

	return mime_input_clean(w->m, arena_dup(&w->m->arena, text));
}

static void
take_delivery_status(struct walk *w, GMimePart *part)
{
	struct inbound_mail *m = w->m;

	if (m->delivery_status_count == INBOUND_REPORTS_MAX)
		m->limits |= INBOUND_CUT_REPORTS;
	else
		m->delivery_status[m->delivery_status_count++] =
		    report_of(w, part);
}

/* What stands behind the end of a multipart: of two mails that became one,
 * the second. */
static void
take_epilogue(struct walk *w, GMimeMultipart *multipart)
{
	struct inbound_mail *m = w->m;
	struct str text =
	    str_sub(str_of(g_mime_multipart_get_epilogue(multipart)), 0,
		INBOUND_REPORT_MAX);

	if (m->delivery_status_count < INBOUND_REPORTS_MAX &&
	    str_find_nocase(text, STR("\nfinal-recipient:")) != STR_NOWHERE)
		m->delivery_status[m->delivery_status_count++] =
		    mime_input_clean(m, arena_dup(&m->arena, text));
}

static void
take_feedback(struct walk *w, GMimePart *part)
{
	if (w->m->has_feedback_report)
		return;
	w->m->has_feedback_report = true;
	w->m->feedback_report = report_of(w, part);
}

static void
take_disposition(struct walk *w, GMimePart *part)
{
	if (w->m->has_disposition)
		return;
	w->m->has_disposition = true;
	w->m->disposition = report_of(w, part);
}

static void
set_returned(struct inbound_mail *m, struct str text)
{
	size_t n;

	text = str_sub(text, 0, INBOUND_RETURNED_MAX);
	m->returned = mime_input_header(m, arena_dup(&m->arena, text), &n);
	m->has_returned = true;
}

static void
take_returned_header(struct walk *w, GMimePart *part)
{
	if (!w->m->has_returned)
		set_returned(w->m, decoded_bytes(w, part));
}

static void
take_returned_message(struct walk *w, GMimeMessagePart *part)
{
	GMimeMessage *message = g_mime_message_part_get_message(part);
	char *header;

	if (w->m->has_returned || message == NULL)
		return;
	header = g_mime_object_get_headers(GMIME_OBJECT(message), NULL);
	set_returned(w->m, str_of(header));
	g_free(header);
}

typedef void part_fn(struct walk *, GMimePart *);

static const struct {
	const char *type, *subtype;
	bool for_reading; /* not when it is attached */
	part_fn *take;
} leaves[] = {
    {"text", "plain", true, take_plain},
    {"text", "html", true, take_html},
    {"message", "delivery-status", false, take_delivery_status},
    {"message", "global-delivery-status", false, take_delivery_status},
    {"message", "feedback-report", false, take_feedback},
    {"message", "disposition-notification", false, take_disposition},
    {"message", "global-disposition-notification", false, take_disposition},
    {"text", "rfc822-headers", false, take_returned_header},
    {"message", "rfc822-headers", false, take_returned_header},
    {"message", "global-headers", false, take_returned_header},
};

static bool
is_attached(GMimeObject *object)
{
	const char *disposition = g_mime_object_get_disposition(object);

	return disposition != NULL &&
	       str_eq_nocase(str_of(disposition), STR("attachment"));
}

static void
visit_leaf(struct walk *w, GMimePart *part)
{
	GMimeContentType *type =
	    g_mime_object_get_content_type(GMIME_OBJECT(part));
	size_t i;

	for (i = 0; i < ARRAY_LEN(leaves); i++) {
		if (!g_mime_content_type_is_type(type, leaves[i].type,
			leaves[i].subtype))
			continue;
		if (!leaves[i].for_reading || !is_attached(GMIME_OBJECT(part)))
			leaves[i].take(w, part);
		return;
	}
}

static void
visit(struct walk *w, GMimeObject *object)
{
	if (GMIME_IS_MULTIPART(object)) {
		if (w->depth == INBOUND_DEPTH_MAX) {
			w->m->limits |= INBOUND_CUT_DEPTH;
			return;
		}
		w->stack[w->depth].multipart = GMIME_MULTIPART(object);
		w->stack[w->depth++].next = 0;
		return;
	}
	w->parts++;
	if (GMIME_IS_MESSAGE_PART(object))
		take_returned_message(w, GMIME_MESSAGE_PART(object));
	else if (GMIME_IS_PART(object))
		visit_leaf(w, GMIME_PART(object));
}

static void
walk_all(struct walk *w, GMimeObject *top)
{
	GMimeMultipart *at;
	int i;

	visit(w, top);
	while (w->depth > 0) {
		at = w->stack[w->depth - 1].multipart;
		i = w->stack[w->depth - 1].next++;
		if (i >= g_mime_multipart_get_count(at)) {
			w->depth--;
			take_epilogue(w, at);
		} else if (w->parts == INBOUND_PARTS_MAX) {
			w->m->limits |= INBOUND_CUT_PARTS;
			return;
		} else {
			visit(w, g_mime_multipart_get_part(at, i));
		}
	}
}

static struct str
keep_lower(struct inbound_mail *m, const char *text)
{
	char *copy = arena_cstr(&m->arena, mime_input_clean(m, str_of(text)));
	size_t i;

	for (i = 0; copy[i] != '\0'; i++)
		copy[i] = str_lower_char(copy[i]);
	return (struct str){copy, i};
}

static void
read_type(struct inbound_mail *m, GMimeObject *top)
{
	GMimeContentType *type = g_mime_object_get_content_type(top);
	char *name = g_mime_content_type_get_mime_type(type);

	m->content_type = keep_lower(m, name);
	g_free(name);
	m->report_type = keep_lower(m,
	    g_mime_content_type_get_parameter(type, "report-type"));
}

static GMimeMessage *
parse(struct str raw)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(raw.p, raw.n);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);

	g_object_unref(parser);
	g_object_unref(stream);
	return message;
}

static void
walk_message(struct walk *w)
{
	GMimeMessage *message = parse(w->raw);
	GMimeObject *top =
	    message != NULL ? g_mime_message_get_mime_part(message) : NULL;

	if (top != NULL) {
		read_type(w->m, top);
		walk_all(w, top);
	}
	if (message != NULL)
		g_object_unref(message);
}

/* A multipart whose boundary never comes: all of its body is text. */
static void
take_body(struct inbound_mail *m, struct str body)
{
	m->text = cut_text(m, mime_input_clean(m, str_trim(body)));
}

static struct str
lower(struct inbound_mail *m, struct str text)
{
	char *low = arena_cstr(&m->arena, text);
	size_t i;

	for (i = 0; i < text.n; i++)
		low[i] = str_lower_char(low[i]);
	return (struct str){low, text.n};
}

/* What tells notifications by their words (notice.h) looks at. */
static void
split_text(struct inbound_mail *m)
{
	struct str low = lower(m, m->text);
	struct returned_text r;

	returned_text_split(&r, low);
	if (str_find(low, STR("feedback-type:")) != STR_NOWHERE)
		find_feedback(m, m->text);
	m->own_text = str_sub(m->text, 0, r.own);
	m->own_low = str_sub(low, 0, r.own);
	if (!m->has_returned && r.returned > 0)
		set_returned(m, str_from(m->text, m->text.n - r.returned));
}

void
mime_walk(struct inbound_mail *m, struct str raw)
{
	struct walk w = {.m = m};
	struct str text, body;
	struct buf input;
	size_t n;

	*m = (struct inbound_mail){.limits = 0};
	arena_init(&m->arena, ARENA_MAX);
	text = mime_input_copy(m, raw);
	m->header = mime_input_header(m, text, &n);
	inbound_header_read(m);
	body = str_from(text, n + 1);
	buf_init(&input, (size_t)INBOUND_RAW_MAX + INBOUND_HEADER_MAX);
	mime_input_make(m, body, &input);
	w.raw = buf_view(&input);
	walk_message(&w);
	if (w.parts == 0)
		take_body(m, body);
	split_text(m);
	buf_release(&input);
}
