/*
 * Files that go with every message of a template.  The request's body is
 * the file; its name and, for src="cid:...", its content id are parameters.
 */
#include "api/page.h"
#include "api/problem.h"
#include "api/routes.h"
#include "lib/mail/header.h"
#include "templates/message_row.h"

#define TYPE_MAX       100
#define CONTENT_ID_MAX 100
#define TYPE_UNKNOWN   "application/octet-stream"

/* A file on its way here. */
struct arrival {
	struct str name, content_id, type;
	struct buf content;
};

/* RFC 2045 token. */
static bool
is_token(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' ||
		    str_chr(STR("()<>@,;:\\\"/[]?="), s.p[i]) != STR_NOWHERE)
			return false;
	return s.n > 0;
}

/* What has parts of its own is not encoded as a file is. */
static bool
is_type(struct str s)
{
	size_t slash = str_chr(s, '/');

	return s.n <= TYPE_MAX && slash != STR_NOWHERE &&
	       is_token(str_sub(s, 0, slash)) &&
	       is_token(str_from(s, slash + 1)) &&
	       !str_starts(s, STR("multipart/")) &&
	       !str_starts(s, STR("message/"));
}

/* No path, and nothing that a header cannot hold. */
static bool
is_file_name(struct str s)
{
	return s.n > 0 && s.n <= MESSAGE_FILE_NAME_MAX && header_text_ok(s) &&
	       str_chr(s, '/') == STR_NOWHERE &&
	       str_chr(s, '\\') == STR_NOWHERE && !str_eq(s, STR(".")) &&
	       !str_eq(s, STR(".."));
}

static bool
is_content_id(struct str s)
{
	static const struct str fit = STR("abcdefghijklmnopqrstuvwxyz"
					  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "0123456789-_.@+");
	size_t i;

	for (i = 0; i < s.n; i++)
		if (str_chr(fit, s.p[i]) == STR_NOWHERE)
			return false;
	return s.n <= CONTENT_ID_MAX;
}

static bool
is_described(struct request *q, struct arrival *a)
{
	a->name = request_query(q, "name");
	a->content_id = request_query(q, "content_id");
	a->type = request_content_type(q);
	if (a->type.n == 0)
		a->type = STR(TYPE_UNKNOWN);
	if (!is_file_name(a->name))
		problem_field(q, "name",
		    "is required: a file's name of up to %d bytes, no path",
		    MESSAGE_FILE_NAME_MAX);
	if (!is_content_id(a->content_id))
		problem_field(q, "content_id",
		    "has up to %d letters, digits or any of -_.@+",
		    CONTENT_ID_MAX);
	if (!is_type(a->type))
		problem(q, 415, "no file has that Content-Type");
	return q->reply.status == 0;
}

static void
refuse_size(struct request *q)
{
	problem(q, 413, "attachments of a template have %u bytes at most",
	    MESSAGE_ATTACHMENT_BYTES_MAX);
}

static void
upload_start(struct request *q)
{
	struct arrival *a = ARENA_NEW(&q->arena, struct arrival);
	uint64_t n;

	q->upload = a;
	buf_init(&a->content, MESSAGE_ATTACHMENT_BYTES_MAX);
	if (is_described(q, a) &&
	    str_to_u64(request_header(q, "Content-Length"), &n) &&
	    n > MESSAGE_ATTACHMENT_BYTES_MAX)
		refuse_size(q);
}

static void
upload_take(struct request *q, struct str piece)
{
	struct arrival *a = q->upload;

	buf_str(&a->content, piece);
	if (a->content.full)
		refuse_size(q);
}

static void
upload_drop(struct request *q)
{
	struct arrival *a = q->upload;

	if (a != NULL)
		buf_release(&a->content);
}

static const struct upload attachment_upload = {upload_start, upload_take,
    upload_drop};

static bool
is_within_limits(struct request *q)
{
	const struct db_result *r =
	    request_one(q, Q_ATTACHMENT_TOTALS, DB_ARGS(db_int(q->id)));

	if (r == NULL)
		return false;
	if (db_get_int(r, 0, 0) > MESSAGE_ATTACHMENTS_MAX)
		problem(q, 422, "a template has %d attachments at most",
		    MESSAGE_ATTACHMENTS_MAX);
	else if (db_get_int(r, 0, 1) > (int64_t)MESSAGE_ATTACHMENT_BYTES_MAX)
		refuse_size(q);
	return q->reply.status == 0;
}

static void
reply_attachment(struct request *q, int64_t id)
{
	const struct db_result *row = request_one(q, Q_ATTACHMENT_DOCUMENTS,
	    DB_ARGS(db_int(q->id), db_int(id - 1), db_int(id), db_int(1)));

	if (row != NULL)
		reply_document(q, 201, db_get_text(row, 0, 1));
}

/* The template's row is held, so that two files do not pass its limits
 * together. */
static void
attachment_create(struct request *q)
{
	const struct arrival *a = q->upload;
	const struct db_result *row;

	if (a->content.n == 0) {
		problem(q, 422, "the file is empty");
		return;
	}
	if (request_one(q, Q_TEMPLATE_PARTS_HELD, DB_ARGS(db_int(q->id))) ==
	    NULL)
		return;
	row = request_one(q, Q_ATTACHMENT_INSERT,
	    DB_ARGS(db_int(q->id), db_text(a->name), db_text(a->type),
		db_text(a->content_id), db_bytes(buf_view(&a->content))));
	if (row != NULL && is_within_limits(q))
		reply_attachment(q, db_get_int(row, 0, 0));
}

static void
attachment_index(struct request *q)
{
	const struct db_result *rows;
	struct page page;

	if (!page_read(q, &page) ||
	    request_one(q, Q_TEMPLATE_PARTS, DB_ARGS(db_int(q->id))) == NULL)
		return;
	rows = request_run(q, Q_ATTACHMENT_DOCUMENTS,
	    DB_ARGS(db_int(q->id), db_int(page.after), db_int(INT64_MAX),
		db_int(page_fetch(&page))));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

static void
attachment_remove(struct request *q)
{
	int64_t id = 0;

	if (!str_to_i64(q->params[1], &id))
		id = 0; /* no row has it */
	if (request_one(q, Q_ATTACHMENT_DELETE,
		DB_ARGS(db_int(q->id), db_int(id))) != NULL)
		reply_empty(q, 204);
}

const struct route attachment_routes[] = {
    {METHOD_POST, "/v1/templates/{id}/attachments", attachment_create,
	ACCESS_WRITE, PAYLOAD_UPLOAD, "name content_id", &attachment_upload},
    {METHOD_GET, "/v1/templates/{id}/attachments", attachment_index,
	ACCESS_READ, PAYLOAD_NONE, "limit cursor", NULL},
    {METHOD_DELETE, "/v1/templates/{id}/attachments/{attachment}",
	attachment_remove, ACCESS_WRITE, PAYLOAD_NONE, NULL, NULL},
    {0},
};
