/*
 * compose.c - a message for one recipient: rendered, its header fields
 * written, the body's frame (mime.h) and the encoded texts in it.
 */
#include "lib/base/clock.h"
#include "lib/mail/header.h"
#include "templates/liquid/value_number.h"
#include "templates/message_parts.h"
#include "templates/one_line.h"

#define LIST_NAME_MAX 80 /* so that List-Id stays below 255 (S-078) */
#define DETAIL_SIGN   "+"
#define ARENA_RESERVE (256U << 10) /* what headers and notes take */
#define NOTES_MAX     1000         /* of texts in a rendered part */
#define NOTE_SIZE     sizeof(struct liquid_note)
#define TOO_MUCH      "too much for one message"

/* One message on its way out. */
struct compose {
	const struct message_campaign *campaign;
	const struct message_recipient *recipient;
	struct arena *arena;
	struct buf *out;
	struct err err;
};

struct str
message_id(struct arena *a, const char *token, const struct address *from)
{
	return ARENA_JOIN(a, str_of(token), STR("@"), address_domain(from));
}

/* local@domain with "+token" behind the local part; false when that passes
 * RFC 5321's limits. */
static bool
add_token(struct address *to, struct str local, struct str domain,
    const char *token)
{
	const struct str pieces[] = {local, STR(DETAIL_SIGN), str_of(token),
	    STR("@"), domain};
	size_t i, at = local.n + 1 + strlen(token);

	*to = (struct address){.at = at};
	if (at > ADDRESS_LOCAL_MAX || at + 1 + domain.n > ADDRESS_MAX)
		return false;
	for (i = 0; i < ARRAY_LEN(pieces); i++) {
		if (pieces[i].n > 0)
			memcpy(to->text + to->n, pieces[i].p, pieces[i].n);
		to->n += pieces[i].n;
	}
	return true;
}

bool
message_return_path(char out[ADDRESS_MAX + 1], struct str return_path,
    const char *token, struct err *err)
{
	struct address a;
	size_t at = str_rchr(return_path, '@');

	if (at == STR_NOWHERE || str_has_control(return_path) ||
	    str_chr(return_path, ' ') != STR_NOWHERE ||
	    str_chr(return_path, '<') != STR_NOWHERE ||
	    str_chr(return_path, '>') != STR_NOWHERE)
		return err_set(err, FAIL_INPUT, "return path: not an address");
	if (token == NULL && return_path.n <= ADDRESS_MAX) {
		memcpy(out, return_path.p, return_path.n);
		out[return_path.n] = '\0';
		return true;
	}
	if (token == NULL || !add_token(&a, str_sub(return_path, 0, at),
				 str_from(return_path, at + 1), token))
		return err_set(err, FAIL_LIMIT, "return path: too long%s",
		    token != NULL ? " to carry a token" : "");
	memcpy(out, a.text, a.n + 1);
	return true;
}

/* A name as it may stand in a header: one line of UTF-8, else nothing. */
static struct str
name_of(struct compose *c, struct str name, size_t max)
{
	char *line;

	if (name.n <= max && str_is_printable(name))
		return str_trim(name);
	if (!str_is_utf8(name))
		return STR_NONE;
	while (name.n > max) {
		name.n = max;
		while (name.n > 0 && !str_is_utf8(name))
			name.n--;
	}
	line = arena_alloc(c->arena, name.n + 1);
	return str_trim((struct str){line, one_line(line, name)});
}

static bool
put_date(struct compose *c)
{
	char date[TIME_TEXT_MAX];

	time_rfc5322(c->recipient->date_us, date);
	return header_raw(c->out, "Date", str_of(date), &c->err);
}

/* Reply-To, with the delivery's token where there is room for it (S-104). */
static bool
put_reply_to(struct compose *c)
{
	const struct message_campaign *campaign = c->campaign;
	const struct address *to =
	    campaign->has_reply_to ? &campaign->reply_to : &campaign->from;
	struct address with_token;

	if (!campaign->has_reply_to && !campaign->reply_token)
		return true;
	if (campaign->reply_token &&
	    add_token(&with_token, address_local(to), address_domain(to),
		c->recipient->token))
		to = &with_token;
	return header_mailbox(c->out, "Reply-To", STR_NONE, to, &c->err);
}

static bool
put_addresses(struct compose *c)
{
	const struct message_campaign *campaign = c->campaign;
	const struct message_recipient *r = c->recipient;

	return header_mailbox(c->out, "From",
		   name_of(c, campaign->from_name, HEADER_VALUE_MAX),
		   &campaign->from, &c->err) &&
	       header_mailbox(c->out, "To",
		   name_of(c, r->name, HEADER_VALUE_MAX), &r->to, &c->err) &&
	       put_reply_to(c);
}

static bool
put_subject(struct compose *c, struct str subject)
{
	if (c->campaign->is_test)
		subject =
		    arena_printf(c->arena, "[Test] %.*s", STR_ARG(subject));
	return header_text(c->out, "Subject", subject, &c->err);
}

static struct str
number(struct compose *c, int64_t v)
{
	char *text = arena_alloc(c->arena, VALUE_INT_TEXT);

	return (struct str){text, value_int_text(v, text)};
}

/* List-Id has the shape of a mailbox: name <list-7.example.com>. */
static bool
put_list_id(struct compose *c)
{
	struct str text =
	    ARENA_JOIN(c->arena, STR("list-"), number(c, c->recipient->list_id),
		STR("."), address_domain(&c->campaign->from));
	struct address label = {.n = text.n};

	if (label.n > ADDRESS_MAX)
		return err_set(&c->err, FAIL_LIMIT, "List-Id is too long");
	memcpy(label.text, text.p, text.n);
	return header_mailbox(c->out, "List-Id",
	    name_of(c, c->recipient->list_name, LIST_NAME_MAX), &label,
	    &c->err);
}

static bool
put_list_fields(struct compose *c)
{
	bool alone = c->campaign->transactional;
	struct str feedback = ARENA_JOIN(c->arena, number(c, c->campaign->id),
	    STR(":"), number(c, c->recipient->list_id),
	    alone ? STR(":transactional:") : STR(":bulk:"),
	    c->campaign->sender_id);

	return (alone || put_list_id(c)) &&
	       header_raw(c->out, "Feedback-ID", feedback, &c->err) &&
	       header_raw(c->out, "MIME-Version", STR("1.0"), &c->err);
}

bool
message_list_fields(struct str *out, const struct message_campaign *campaign,
    int64_t list_id, struct str list_name, struct arena *a, struct err *err)
{
	const struct message_recipient recipient = {.list_id = list_id,
	    .list_name = list_name};
	struct buf fields;
	struct compose c = {
	    .campaign = campaign,
	    .recipient = &recipient,
	    .arena = a,
	    .out = &fields,
	};
	bool ok;

	buf_init(&fields, HEADER_BLOCK_MAX);
	ok = put_list_fields(&c);
	if (ok)
		*out = arena_dup(a, buf_view(&fields));
	else
		*err = c.err;
	buf_release(&fields);
	return ok;
}

/* Stands in a URL as it is (RFC 6068, 2; RFC 3986, 2.3). */
static bool
is_plain_in_url(struct str local)
{
	size_t i;

	for (i = 0; i < local.n; i++)
		if (!(local.p[i] >= 'a' && local.p[i] <= 'z') &&
		    !(local.p[i] >= 'A' && local.p[i] <= 'Z') &&
		    !(local.p[i] >= '0' && local.p[i] <= '9') &&
		    str_chr(STR("-._~+"), local.p[i]) == STR_NOWHERE)
			return false;
	return true;
}

/* ", <mailto:...>" where replies with a token come back to us: the token says
 * whose wish it is, and the subject what is wished (S-076).  Nothing
 * otherwise. */
static struct str
unsubscribe_by_mail(struct compose *c)
{
	const struct message_campaign *campaign = c->campaign;
	const struct address *to =
	    campaign->has_reply_to ? &campaign->reply_to : &campaign->from;
	struct address with_token;

	if (!campaign->reply_token || campaign->is_test ||
	    !is_plain_in_url(address_local(to)) ||
	    !add_token(&with_token, address_local(to), address_domain(to),
		c->recipient->token))
		return STR("");
	return ARENA_JOIN(c->arena, STR(", <mailto:"),
	    address_text(&with_token), STR("?subject=unsubscribe>"));
}

/* Who may be written to once may unsubscribe with one click, which is claimed
 * where a signature covers the claim (RFC 8058, 4). */
static bool
put_unsubscribe(struct compose *c)
{
	struct str url =
	    message_unsubscribe_url(c->campaign, c->recipient, c->arena);

	return header_raw(c->out, "List-Unsubscribe",
		   ARENA_JOIN(c->arena, STR("<"), url, STR(">"),
		       unsubscribe_by_mail(c)),
		   &c->err) &&
	       (c->recipient->no_one_click ||
		   header_raw(c->out, "List-Unsubscribe-Post",
		       STR("List-Unsubscribe=One-Click"), &c->err));
}

static bool
put_list(struct compose *c)
{
	if (c->recipient->list_fields.n == 0)
		return put_list_fields(c);
	buf_str(c->out, c->recipient->list_fields);
	return true;
}

static bool
put_headers(struct compose *c, struct str subject)
{
	struct str id =
	    message_id(c->arena, c->recipient->token, &c->campaign->from);

	return put_date(c) && put_addresses(c) && put_subject(c, subject) &&
	       header_raw(c->out, "Message-ID",
		   ARENA_JOIN(c->arena, STR("<"), id, STR(">")), &c->err) &&
	       (c->campaign->transactional || put_unsubscribe(c)) &&
	       put_list(c) &&
	       (c->out->n <= HEADER_BLOCK_MAX ||
		   err_set(&c->err, FAIL_LIMIT, "headers pass 32768 octets"));
}

/* ---- the body ---- */

/* A part as it was rendered, with briefs of the program's texts. */
struct rendered {
	const struct mime_program *program;
	struct str raw;
	struct liquid_trace trace;
};

static const struct mime_program *
mime_program_of(const struct message_rendering *r, enum message_part part)
{
	const struct mime *mime = &r->m->mime;

	if (part == PART_TEXT)
		return &mime->text;
	return message_program(r, part) == r->m->untracked ? &mime->untracked
							   : &mime->html;
}

static bool
render(struct message_rendering *r, enum message_part part, struct buf *out,
    struct rendered *to)
{
	char *p;

	buf_reset(out);
	if (!message_render_part(r, part, out))
		return false;
	p = arena_try(r->arena, out->n + 1);
	if (p == NULL || out->full)
		return message_fail(r->error, r->error->part, TOO_MUCH);
	memcpy(p, buf_cstr(out), out->n + 1);
	to->raw = (struct str){p, out->n};
	return true;
}

static bool
render_traced(struct message_rendering *r, enum message_part part,
    struct buf *out, struct rendered *to)
{
	const struct mime_program *program = mime_program_of(r, part);
	bool ok;

	*to = (struct rendered){
	    .program = program,
	    .trace = {.briefs = program->briefs,
		.notes = arena_try(r->arena, NOTES_MAX * NOTE_SIZE),
		.max = NOTES_MAX},
	};
	if (to->trace.notes == NULL)
		return message_fail(r->error, "data", TOO_MUCH);
	r->data.data.trace = &to->trace;
	ok = render(r, part, out, to);
	r->data.data.trace = NULL;
	return ok;
}

struct body {
	struct rendered html, text;
};

static void
put_text(struct compose *c, const char *type, const struct rendered *rendered)
{
	const struct mime_text text = {type, rendered->program, rendered->raw,
	    &rendered->trace};

	mime_text_put(c->out, &text, c->recipient->eight_bit);
}

static void
put_body(struct compose *c, const struct mime *mime, const struct body *body)
{
	const struct mime_frame *frame =
	    body->html.raw.n > 0 ? &mime->with_html : &mime->text_only;

	buf_str(c->out, frame->open);
	put_text(c, "text/plain", &body->text);
	if (body->html.raw.n > 0) {
		buf_str(c->out, frame->between);
		put_text(c, "text/html", &body->html);
	}
	buf_str(c->out, frame->close);
	if (!str_ends(buf_view(c->out), STR("\r\n")))
		buf_puts(c->out, "\r\n");
}

static bool
render_all(struct message_rendering *r, struct buf *out, struct str *subject,
    struct body *body)
{
	struct rendered first = {0};

	if (!message_begin(r) || !render(r, PART_SUBJECT, out, &first) ||
	    !render_traced(r, PART_HTML, out, &body->html) ||
	    !render_traced(r, PART_TEXT, out, &body->text))
		return false;
	*subject = str_trim(first.raw);
	return true;
}

bool
message_compose(const struct message *m,
    const struct message_campaign *campaign,
    const struct message_recipient *recipient, struct arena *a, struct buf *out,
    struct message_error *error)
{
	struct compose c = {
	    .campaign = campaign,
	    .recipient = recipient,
	    .arena = a,
	    .out = out,
	};
	struct message_rendering rendering = {
	    .m = m,
	    .campaign = campaign,
	    .recipient = recipient,
	    .arena = a,
	    .error = error,
	};
	struct body body;
	struct str subject;

	if (!render_all(&rendering, out, &subject, &body))
		return false;
	buf_reset(out);
	if (subject.n > HEADER_VALUE_MAX)
		return message_fail(error, "subject",
		    "longer than 8192 octets");
	if (a->max - a->used < ARENA_RESERVE)
		return message_fail(error, "data", TOO_MUCH);
	if (!put_headers(&c, subject))
		return message_fail(error, "headers", c.err.text);
	put_body(&c, &m->mime, &body);
	if (out->full || out->n > MESSAGE_MAX)
		return message_fail(error,
		    body.html.raw.n > 0 ? "html" : "text",
		    "the message is larger than 4 MiB");
	return true;
}
