#include "api/consent.h"
#include "api/export.h"
#include "api/filter.h"
#include "api/import_batch.h"
#include "api/import_spool.h"
#include "api/page.h"
#include "api/problem.h"
#include "api/routes.h"
#include "lib/base/clock.h"
#include "lib/base/digest.h"
#include "lib/base/log.h"

#include <unistd.h>

#define DB_WAIT_MS        10000
#define PROGRESS_QUIET_MS 15000 /* proxies close what is silent */

struct arrival {
	struct import_spool spool;
	enum import_format format;
	enum import_mode mode;
	bool dry_run;
	struct str basis, reading;
	int64_t consent_ends; /* INT64_MIN: it does not */
};

static bool
read_format(struct request *q, enum import_format *out)
{
	struct str type = request_content_type(q);

	if (str_eq(type, STR("text/csv")))
		*out = IMPORT_CSV;
	else if (str_eq(type, STR("application/x-ndjson")))
		*out = IMPORT_NDJSON;
	else
		problem(q, 415,
		    "the body must be text/csv or application/x-ndjson");
	return q->reply.status == 0;
}

static bool
read_mode(struct request *q, enum import_mode *out)
{
	struct str mode = request_query(q, "mode");

	if (mode.p == NULL || import_mode_parse(mode, out))
		return true;
	problem_field(q, "mode", "must be one of: merge skip replace");
	return false;
}

static bool
read_dry_run(struct request *q, bool *out)
{
	struct str word = request_query(q, "dry_run");

	*out = word.p != NULL && str_eq(word, STR("true"));
	if (word.p == NULL || *out || str_eq(word, STR("false")))
		return true;
	problem_field(q, "dry_run", "must be true or false");
	return false;
}

static bool
read_basis(struct request *q, struct arrival *a)
{
	a->consent_ends = INT64_MIN;
	a->basis = request_query(q, "basis");
	if (a->basis.n <= IMPORT_BASIS_MAX && str_is_utf8(a->basis) &&
	    !str_has_control(a->basis))
		return filter_time(q, "consent_expires_at", &a->consent_ends);
	problem_field(q, "basis", "must be text of at most %d bytes",
	    IMPORT_BASIS_MAX);
	return false;
}

static bool
read_reading(struct request *q, const struct arrival *a, struct str *out)
{
	struct str columns = request_query(q, "columns");
	struct buf json;
	struct err err;
	bool ok;

	buf_init(&json, IMPORT_OPTIONS_MAX);
	ok = import_options_gather(
	    &(struct import_words){request_query(q, "encoding"),
		request_query(q, "delimiter"), request_query(q, "source"),
		columns},
	    &json, &err);
	if (!ok)
		problem(q, 422, "%s", err.text);
	else if (columns.p != NULL && a->format != IMPORT_CSV)
		problem_field(q, "columns", "is for CSV");
	*out = arena_dup(&q->arena, buf_view(&json));
	buf_release(&json);
	return q->reply.status == 0;
}

/* gzip is known by what it is, whoever says so. */
static bool
check_coding(struct request *q)
{
	struct str coding = request_header(q, "Content-Encoding");

	if (coding.p == NULL || str_eq_nocase(coding, STR("gzip")) ||
	    str_eq_nocase(coding, STR("x-gzip")) ||
	    str_eq_nocase(coding, STR("identity")))
		return true;
	problem(q, 415, "the body may be encoded with gzip or not at all");
	return false;
}

static bool
read_wish(struct request *q, struct arrival *a)
{
	return read_format(q, &a->format) && check_coding(q) &&
	       read_mode(q, &a->mode) && read_dry_run(q, &a->dry_run) &&
	       read_basis(q, a) && read_reading(q, a, &a->reading);
}

static void
refuse_size(struct request *q)
{
	problem(q, 413, "the file is longer than %lld bytes",
	    (long long)q->api->settings->import_bytes_max);
}

static void
refuse_write(struct request *q, const struct err *err)
{
	log_error("import_spool", "text=%s", log_quote(str_of(err->text)));
	if (err->kind == FAIL_LIMIT)
		problem(q, 507, "there is no room for the file");
	else
		problem(q, 500, "the file cannot be kept; it was logged");
}

static bool
announces_too_much(const struct request *q)
{
	uint64_t n;

	return str_to_u64(request_header(q, "Content-Length"), &n) &&
	       n > (uint64_t)q->api->settings->import_bytes_max;
}

/* Everything that can be said before the file has come. */
static void
upload_start(struct request *q)
{
	struct arrival *a = ARENA_NEW(&q->arena, struct arrival);
	struct err err;

	a->spool.fd = -1;
	q->upload = a;
	if (!read_wish(q, a) ||
	    request_one(q, Q_LIST_EXISTS, DB_ARGS(db_int(q->id))) == NULL)
		return;
	request_leave_db(q); /* the upload may take hours */
	if (announces_too_much(q))
		refuse_size(q);
	else if (!import_spool_create(&a->spool, q->api->spool, &err))
		refuse_write(q, &err);
}

static void
upload_take(struct request *q, struct str piece)
{
	struct arrival *a = q->upload;
	int64_t room = q->api->settings->import_bytes_max - a->spool.bytes;
	struct err err;

	if ((int64_t)piece.n > room)
		refuse_size(q);
	else if (!import_spool_write(&a->spool, piece, &err))
		refuse_write(q, &err);
	if (q->reply.status != 0)
		import_spool_remove(&a->spool);
}

/* What was not queued goes. */
static void
upload_drop(struct request *q)
{
	struct arrival *a = q->upload;

	if (a != NULL)
		import_spool_remove(&a->spool);
}

static const struct upload import_upload = {upload_start, upload_take,
    upload_drop};

/* The file is there, the row is not committed: the importer waits for it. */
static bool
queue(struct request *q, struct arrival *a, int64_t *id)
{
	const struct db_result *row;
	char host[256] = "";
	struct err err;

	gethostname(host, sizeof(host) - 1);
	if (!consent_say(q, &(struct consent){.source = "import"}))
		return false;
	row = request_one(q, Q_IMPORT_INSERT,
	    DB_ARGS(db_int(q->id), db_cstr(import_mode_name(a->mode)),
		db_cstr(import_format_name(a->format)), db_cstr(host),
		db_int(a->spool.bytes), db_bool(a->dry_run), db_text(a->basis),
		db_text(a->reading), db_time(a->consent_ends)));
	if (row == NULL)
		return false;
	*id = db_get_int(row, 0, 0);
	if (!import_spool_queue(&a->spool, q->api->spool, *id, &err)) {
		refuse_write(q, &err);
		return false;
	}
	return request_run(q, Q_IMPORT_SPOOLED,
		   DB_ARGS(db_int(*id), db_cstr(a->spool.path))) != NULL;
}

static void
reply_import(struct request *q, int status, int64_t id)
{
	const struct db_result *row =
	    request_one(q, Q_IMPORT_DOCUMENT, DB_ARGS(db_int(id)));

	if (row != NULL)
		reply_row(q, status, row);
}

static void
import_create(struct request *q)
{
	struct arrival *a = q->upload;
	int64_t id;

	if (a->spool.bytes == 0) {
		problem(q, 422, "the file is empty");
		return;
	}
	if (!queue(q, a, &id))
		return;
	reply_import(q, 202, id);
	if (q->reply.status != 202)
		return;
	reply_header(q, "Location", "/v1/imports/%lld", (long long)id);
	import_spool_close(&a->spool);
	a->spool.path[0] = '\0'; /* the importer's from here on */
}

static void
import_show(struct request *q)
{
	reply_import(q, 200, q->id);
}

/* Events of an import (text/event-stream). */
struct progress {
	unsigned char told[SHA256_SIZE]; /* what was said last */
	int64_t quiet_since_ms;
	bool over;
};

static void
tell(struct progress *p, const struct db_result *row, struct buf *out)
{
	struct str document = db_get_text(row, 0, 0);
	unsigned char now[SHA256_SIZE];

	p->over = db_get_bool(row, 0, 1);
	sha256(now, document);
	if (memcmp(now, p->told, sizeof(now)) != 0)
		buf_printf(out, "event: %s\ndata: %.*s\n\n",
		    p->over ? "end" : "progress", STR_ARG(document));
	else if (clock_mono_ms() - p->quiet_since_ms > PROGRESS_QUIET_MS)
		buf_puts(out, ": still at it\n\n");
	if (out->n > 0)
		p->quiet_since_ms = clock_mono_ms();
	memcpy(p->told, now, sizeof(now));
}

static bool
progress_more(struct request *q, void *arg, struct buf *out)
{
	struct progress *p = arg;
	struct db_result row;
	struct db *db;
	struct err err;

	if (p->over)
		return true;
	if (!db_pool_take(q->api->pool, DB_WAIT_MS, &db, &err))
		return false;
	p->over =
	    !db_one(db, Q_IMPORT_DOCUMENT, DB_ARGS(db_int(q->id)), &row, &err);
	if (!p->over) {
		tell(p, &row, out);
		db_result_free(&row);
	}
	db_pool_give(q->api->pool, db);
	q->reply.later = out->n == 0;
	return true;
}

static void
import_progress(struct request *q)
{
	if (request_one(q, Q_IMPORT_STATE, DB_ARGS(db_int(q->id))) != NULL)
		reply_stream(q, 200, "text/event-stream", progress_more,
		    ARENA_NEW(&q->arena, struct progress));
}

static void
import_errors(struct request *q)
{
	static const struct export_kind kind = {Q_IMPORT_ERRORS,
	    "line reason value", "import-errors"};
	const struct db_result *rows;
	enum export_format format;
	struct page page;

	if (request_query(q, "format").p != NULL) {
		if (export_format_read(q, &format) &&
		    request_one(q, Q_IMPORT_STATE, DB_ARGS(db_int(q->id))) !=
			NULL)
			export_reply(q, &kind, q->id, format, NULL);
		return;
	}
	if (!page_read(q, &page) ||
	    request_one(q, Q_IMPORT_STATE, DB_ARGS(db_int(q->id))) == NULL)
		return;
	rows = request_run(q, Q_IMPORT_ERRORS,
	    DB_ARGS(db_int(q->id), db_int(page.after),
		db_int(page_fetch(&page))));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

const struct route import_routes[] = {
    {METHOD_POST, "/v1/lists/{id}/imports", import_create, ACCESS_WRITE,
	PAYLOAD_UPLOAD,
	"mode dry_run basis consent_expires_at encoding delimiter source "
	"columns",
	&import_upload},
    {METHOD_GET, "/v1/imports/{id}", import_show, ACCESS_READ, PAYLOAD_NONE,
	NULL, NULL},
    {METHOD_GET, "/v1/imports/{id}/progress", import_progress, ACCESS_READ,
	PAYLOAD_NONE, NULL, NULL},
    {METHOD_GET, "/v1/imports/{id}/errors", import_errors, ACCESS_READ,
	PAYLOAD_NONE, "limit cursor format", NULL},
    {0},
};
