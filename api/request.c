#include "api/request.h"

#include "api/problem.h"

#define DB_WAIT_MS 5000

struct request_result {
	struct db_result result;
	struct request_result *next;
};

static struct str
find(const struct pair *pairs, size_t count, const char *name, bool nocase)
{
	struct str want = str_of(name);
	size_t i;

	for (i = 0; i < count; i++)
		if (nocase ? str_eq_nocase(pairs[i].name, want)
			   : str_eq(pairs[i].name, want))
			return pairs[i].value;
	return STR_NONE;
}

struct str
request_header(const struct request *q, const char *name)
{
	return find(q->headers, q->header_count, name, true);
}

struct str
request_query(const struct request *q, const char *name)
{
	return find(q->query, q->query_count, name, false);
}

/* The last field of that name is that of the last proxy. */
struct peer
request_peer(const struct request *q)
{
	struct str forwarded = STR_NONE;
	size_t i;

	for (i = 0; i < q->header_count; i++)
		if (str_eq_nocase(q->headers[i].name, STR("X-Forwarded-For")))
			forwarded = q->headers[i].value;
	return peer_behind(q->peer, forwarded,
	    str_of(q->api->settings->proxies));
}

bool
request_query_id(struct request *q, const char *name, int64_t *out)
{
	struct str s = request_query(q, name);
	int64_t id;

	if (s.p == NULL)
		return true;
	if (!str_to_i64(s, &id) || id < 1) {
		problem_field(q, name, "must be a positive integer");
		return false;
	}
	*out = id;
	return true;
}

struct str
request_content_type(struct request *q)
{
	struct str s = request_header(q, "Content-Type");
	char *p;
	size_t i;

	s = str_trim(str_sub(s, 0, str_chr(s, ';')));
	p = arena_cstr(&q->arena, s);
	for (i = 0; i < s.n; i++)
		p[i] = str_lower_char(p[i]);
	return (struct str){p, s.n};
}

/* A connection that the server closed meanwhile is noticed only by using
 * it; nothing has been done yet, so that once more is safe. */
static bool
begin(struct db *db, struct err *err)
{
	if (db_begin(db, err))
		return true;
	db_rollback(db);
	return err->kind == FAIL_IO && db_begin(db, err);
}

static bool
take(struct request *q, struct err *err)
{
	if (q->db == NULL &&
	    !db_pool_take(q->api->pool, DB_WAIT_MS, &q->db, err)) {
		q->db = NULL;
		return false;
	}
	return db_in_transaction(q->db) || begin(q->db, err);
}

struct db *
request_db(struct request *q)
{
	struct err err = {0};

	if (take(q, &err))
		return q->db;
	problem_db(q, &err);
	return NULL;
}

const struct db_result *
request_try(struct request *q, enum query query, struct db_args args,
    struct err *err)
{
	struct request_result *r;

	if (!take(q, err))
		return NULL;
	r = ARENA_NEW(&q->arena, struct request_result);
	if (!db_run(q->db, query, args, &r->result, err))
		return NULL;
	r->next = q->results;
	q->results = r;
	return &r->result;
}

const struct db_result *
request_run(struct request *q, enum query query, struct db_args args)
{
	struct err err = {0};
	const struct db_result *r = request_try(q, query, args, &err);

	if (r == NULL)
		problem_db(q, &err);
	return r;
}

const struct db_result *
request_one(struct request *q, enum query query, struct db_args args)
{
	const struct db_result *r = request_run(q, query, args);

	if (r == NULL || db_rows(r) > 0)
		return r;
	problem(q, 404, "there is no such thing at this address");
	return NULL;
}

bool
request_commit(struct request *q)
{
	struct err err = {0};

	if (q->db == NULL || !db_in_transaction(q->db) ||
	    db_commit(q->db, &err))
		return true;
	problem_db(q, &err);
	return false;
}

void
request_start(struct request *q, const struct api *api)
{
	*q = (struct request){.api = api};
	arena_init(&q->arena, REQUEST_ARENA_MAX);
	buf_init(&q->body, REQUEST_BODY_MAX);
	buf_init(&q->reply.body, REPLY_MAX);
}

void
request_leave_db(struct request *q)
{
	if (q->db != NULL)
		db_pool_give(q->api->pool, q->db);
	q->db = NULL;
}

void
request_end(struct request *q)
{
	struct request_result *r;

	request_leave_db(q);
	for (r = q->results; r != NULL; r = r->next)
		db_result_free(&r->result);
	json_decref(q->document);
	json_decref(q->errors);
	buf_wipe(&q->body);
	buf_release(&q->reply.body);
	arena_release(&q->arena);
}
