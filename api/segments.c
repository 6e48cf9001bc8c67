#include "api/segments.h"

#include "api/page.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/segment_filter.h"
#include "api/segment_text.h"

#define NAME_MAX_BYTES 200
#define FILTER_MAX     (256U << 10) /* bytes of JSON */
#define SAMPLE_DEFAULT 10
#define SAMPLE_MAX     100
#define SEGMENT_TOO_LONG                                           \
	"the segment takes longer than " SEGMENT_TIME_MS " ms to " \
	"ask for; narrow its windows of time"

struct complaints {
	struct body *body;
	const char *field;
};

static void
on_complaint(void *arg, const char *pointer, const char *detail)
{
	struct complaints *c = arg;

	problem_field(c->body->q,
	    arena_printf(&c->body->q->arena, "/%s%s", c->field, pointer).p,
	    "%s", detail);
	c->body->complaints++;
}

/* false: answered, or complained about. */
static bool
names_exist(struct complaints *c, const struct segment_names *names)
{
	const struct db_result *r = request_run(c->body->q, Q_SEGMENT_DANGLING,
	    DB_ARGS(db_int_array(names->segments, names->segment_count),
		db_int_array(names->lists, names->list_count),
		db_int_array(names->campaigns, names->campaign_count)));
	int row;

	if (r == NULL) {
		c->body->complaints++;
		return false;
	}
	for (row = 0; row < db_rows(r); row++)
		on_complaint(c, "",
		    arena_printf(&c->body->q->arena, "there is no %s %lld",
			db_get_text(r, row, 0).p,
			(long long)db_get_int(r, row, 1))
			.p);
	return db_rows(r) == 0;
}

static struct str
words_of(struct arena *a, const json_t *filter)
{
	struct buf words;
	struct str out;

	buf_init(&words, SEGMENT_EXPLANATION_MAX);
	segment_text(&words, filter);
	out = arena_dup(a, buf_view(&words));
	buf_release(&words);
	return out;
}

struct str
segment_read(struct body *b, const char *field, unsigned flags,
    struct str *words)
{
	struct complaints c = {b, field};
	struct segment_names names;
	struct str filter = body_json(b, field, flags, FILTER_MAX);
	json_t *tree = json_object_get(b->object, field);
	bool is_sound;

	if (filter.p == NULL)
		return STR_NONE;
	is_sound = segment_filter_check(tree, &names, on_complaint, &c);
	if (!names_exist(&c, &names) || !is_sound)
		return STR_NONE;
	if (words != NULL)
		*words = words_of(&b->q->arena, tree);
	return filter;
}

const struct db_result *
segment_ask(struct request *q, enum query query, struct db_args args)
{
	const struct db_result *r;
	struct err err;

	if (request_run(q, Q_SEGMENT_LIMITS,
		DB_ARGS(db_cstr(SEGMENT_TIME_MS))) == NULL)
		return NULL;
	r = request_try(q, query, args, &err);
	if (r != NULL)
		return r;
	if (err.kind == FAIL_TIMEOUT)
		problem(q, 503, SEGMENT_TOO_LONG);
	else
		problem_db(q, &err);
	return NULL;
}

static void
reply_segment(struct request *q, int status, int64_t id)
{
	const struct db_result *row =
	    request_one(q, Q_SEGMENT_DOCUMENT, DB_ARGS(db_int(id)));

	if (row == NULL)
		return;
	reply_row(q, status, row);
	if (status == 201)
		reply_header(q, "Location", "/v1/segments/%lld", (long long)id);
}

/* What it uses now; false: answered, as where it would need itself. */
static bool
link_segment(struct request *q, int64_t id)
{
	const struct db_result *r;

	if (request_run(q, Q_SEGMENT_LINK, DB_ARGS(db_int(id))) == NULL)
		return false;
	r = request_one(q, Q_SEGMENT_REACH,
	    DB_ARGS(db_int(id), db_int(SEGMENT_NEST_MAX + 1)));
	if (r == NULL)
		return false;
	if (db_get_bool(r, 0, 0))
		problem_field(q, "/filter",
		    "the segment would come to need itself");
	else if (db_get_int(r, 0, 1) > SEGMENT_NEST_MAX)
		problem_field(q, "/filter",
		    "segments would stand in segments more than %d deep",
		    SEGMENT_NEST_MAX);
	else if (db_get_int(r, 0, 2) > SEGMENT_NEEDS_MAX)
		problem_field(q, "/filter",
		    "a segment would need more than %d others",
		    SEGMENT_NEEDS_MAX);
	else
		return true;
	return false;
}

static void
segment_create(struct request *q)
{
	struct body b = body_open(q);
	struct str name =
	    body_text(&b, "name", BODY_REQUIRED | BODY_LINE, NAME_MAX_BYTES);
	struct str words = STR_NONE;
	struct str filter = segment_read(&b, "filter", BODY_REQUIRED, &words);
	const struct db_result *row;
	int64_t id;

	if (!body_close(&b) ||
	    request_run(q, Q_SEGMENT_LOCK, DB_NO_ARGS) == NULL)
		return;
	row = request_one(q, Q_SEGMENT_INSERT,
	    DB_ARGS(db_text(name), db_text(filter), db_text(words)));
	if (row == NULL)
		return;
	id = db_get_int(row, 0, 0);
	if (link_segment(q, id))
		reply_segment(q, 201, id);
}

static void
segment_index(struct request *q)
{
	const struct db_result *rows;
	struct page page;

	if (!page_read(q, &page))
		return;
	rows = request_run(q, Q_SEGMENT_DOCUMENTS,
	    DB_ARGS(db_int(page.after), db_int(page_fetch(&page))));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

static void
segment_show(struct request *q)
{
	reply_segment(q, 200, q->id);
}

static void
segment_change(struct request *q)
{
	struct body b = body_open(q);
	struct str name =
	    body_text(&b, "name", BODY_LINE | BODY_FILLED, NAME_MAX_BYTES);
	struct str words = STR_NONE;
	struct str filter = segment_read(&b, "filter", 0, &words);

	if (body_close(&b) &&
	    request_run(q, Q_SEGMENT_LOCK, DB_NO_ARGS) != NULL &&
	    request_one(q, Q_SEGMENT_UPDATE,
		DB_ARGS(db_int(q->id), db_text_or_null(name),
		    db_text_or_null(filter), db_text_or_null(words))) != NULL &&
	    link_segment(q, q->id))
		reply_segment(q, 200, q->id);
}

static void
segment_remove(struct request *q)
{
	const struct db_result *uses =
	    request_one(q, Q_SEGMENT_USES, DB_ARGS(db_int(q->id)));

	if (uses == NULL)
		return;
	if (db_get_bool(uses, 0, 0))
		problem(q, 409, "the segment is used by a campaign");
	else if (db_get_bool(uses, 0, 1))
		problem(q, 409, "the segment is used by another segment");
	else if (request_run(q, Q_SEGMENT_DELETE, DB_ARGS(db_int(q->id))) !=
		 NULL)
		reply_empty(q, 204);
}

/* STR_NONE: answered. */
static struct str
stored_filter(struct request *q)
{
	const struct db_result *r =
	    request_one(q, Q_SEGMENT_FILTER, DB_ARGS(db_int(q->id)));

	return r != NULL ? db_get_text(r, 0, 0) : STR_NONE;
}

static void
segment_count(struct request *q)
{
	struct str filter = stored_filter(q);
	const struct db_result *r;

	if (filter.p == NULL)
		return;
	r = segment_ask(q, Q_SEGMENT_COUNT, DB_ARGS(db_text(filter)));
	if (r != NULL)
		reply_json(q, 200,
		    json_pack("{s:I, s:I}", "segment_id", (json_int_t)q->id,
			"count", (json_int_t)db_get_int(r, 0, 0)));
}

/* Documents of those of a filter after some contact. */
static const struct db_result *
documents(struct request *q, struct str filter, int64_t after, int64_t most)
{
	const struct db_result *found = segment_ask(q, Q_SEGMENT_PAGE,
	    DB_ARGS(db_text(filter), db_int(after), db_int(most)));
	int64_t *ids;
	int row;

	if (found == NULL)
		return NULL;
	ids = ARENA_ARRAY(&q->arena, int64_t, (size_t)db_rows(found) + 1);
	for (row = 0; row < db_rows(found); row++)
		ids[row] = db_get_int(found, row, 0);
	return request_run(q, Q_CONTACT_DOCUMENTS,
	    DB_ARGS(db_int_array(ids, (size_t)db_rows(found))));
}

static void
segment_contacts(struct request *q)
{
	const struct db_result *rows;
	struct str filter;
	struct page page;

	if (!page_read(q, &page))
		return;
	filter = stored_filter(q);
	if (filter.p == NULL)
		return;
	rows = documents(q, filter, page.after, page_fetch(&page));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

static void
segment_preview(struct request *q)
{
	struct body b = body_open(q);
	struct str words = STR_NONE;
	struct str filter = segment_read(&b, "filter", BODY_REQUIRED, &words);
	int64_t most = body_int(&b, "sample", 0, 0, SAMPLE_MAX, SAMPLE_DEFAULT);
	const struct db_result *n, *rows;
	json_t *sample;
	int row;

	if (!body_close(&b))
		return;
	n = segment_ask(q, Q_SEGMENT_COUNT, DB_ARGS(db_text(filter)));
	if (n == NULL)
		return;
	rows = documents(q, filter, 0, most);
	if (rows == NULL)
		return;
	sample = json_array();
	for (row = 0; row < db_rows(rows); row++)
		json_array_append_new(sample,
		    json_loads(db_get_text(rows, row, 1).p, 0, NULL));
	reply_json(q, 200,
	    json_pack("{s:I, s:s%, s:o}", "count",
		(json_int_t)db_get_int(n, 0, 0), "explanation", words.p,
		words.n, "sample", sample));
}

const struct route segment_routes[] = {
    {METHOD_POST, "/v1/segments", segment_create, ACCESS_WRITE, PAYLOAD_JSON,
	NULL, NULL},
    {METHOD_GET, "/v1/segments", segment_index, ACCESS_READ, PAYLOAD_NONE,
	"limit cursor", NULL},
    {METHOD_POST, "/v1/segments/preview", segment_preview, ACCESS_READ,
	PAYLOAD_JSON, NULL, NULL},
    {METHOD_GET, "/v1/segments/{id}", segment_show, ACCESS_READ, PAYLOAD_NONE,
	NULL, NULL},
    {METHOD_PATCH, "/v1/segments/{id}", segment_change, ACCESS_WRITE,
	PAYLOAD_JSON, NULL, NULL},
    {METHOD_DELETE, "/v1/segments/{id}", segment_remove, ACCESS_WRITE,
	PAYLOAD_NONE, NULL, NULL},
    {METHOD_GET, "/v1/segments/{id}/count", segment_count, ACCESS_READ,
	PAYLOAD_NONE, NULL, NULL},
    {METHOD_GET, "/v1/segments/{id}/contacts", segment_contacts, ACCESS_READ,
	PAYLOAD_NONE, "limit cursor", NULL},
    {0},
};
