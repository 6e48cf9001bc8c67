#include "api/request.h"

#include "lib/base/log.h"

#include <stdarg.h>

static const struct {
	int status;
	const char *phrase;
} phrases[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {302, "Found"},
    {303, "See Other"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {507, "Insufficient Storage"},
};

/* Pages hold no script; forms go to where they came from. */
static const char page_policy[] =
    "default-src 'none'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const char *
status_phrase(int status)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(phrases); i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	return "";
}

static void
start(struct request *q, int status, const char *type)
{
	q->reply.status = status;
	q->reply.type = str_of(type);
	q->reply.header_count = 0;
	q->reply.more = NULL;
	q->reply.later = false;
	buf_reset(&q->reply.body);
}

void
reply_json(struct request *q, int status, json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	if (text == NULL)
		BUG("a reply is no JSON value");
	reply_document(q, status, str_of(text));
	free(text);
	json_decref(value);
}

void
reply_document(struct request *q, int status, struct str json)
{
	reply_text(q, status, "application/json", json);
}

void
reply_row(struct request *q, int status, const struct db_result *rows)
{
	reply_document(q, status, db_get_text(rows, 0, 0));
}

void
reply_empty(struct request *q, int status)
{
	start(q, status, NULL);
}

void
reply_text(struct request *q, int status, const char *type, struct str text)
{
	start(q, status, type);
	buf_str(&q->reply.body, text);
	if (q->reply.body.full)
		BUG("an answer of more than %u bytes", REPLY_MAX);
}

void
reply_html(struct request *q, int status, struct str page)
{
	reply_framed(q, status, page, page_policy);
}

void
reply_framed(struct request *q, int status, struct str page, const char *policy)
{
	reply_text(q, status, "text/html; charset=utf-8", page);
	reply_header(q, "Content-Security-Policy", "%s", policy);
	reply_header(q, "Referrer-Policy", "no-referrer");
	reply_header(q, "X-Frame-Options", "DENY");
}

void
reply_stream(struct request *q, int status, const char *type, reply_more *more,
    void *arg)
{
	start(q, status, type);
	q->reply.more = more;
	q->reply.more_arg = arg;
}

void
reply_header(struct request *q, const char *name, const char *fmt, ...)
{
	struct reply *r = &q->reply;
	char text[REPLY_HEADER_MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text) || str_has_control(str_of(text)))
		BUG("header %s cannot hold its value", name);
	if (r->header_count == REPLY_HEADERS_MAX)
		BUG("no room for header %s", name);
	r->headers[r->header_count].name = name;
	r->headers[r->header_count++].value =
	    arena_dup(&q->arena, str_of(text));
}
