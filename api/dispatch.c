#include "api/dispatch.h"

#include "api/audit.h"
#include "api/auth.h"
#include "api/etag.h"
#include "api/idempotency.h"
#include "api/problem.h"
#include "api/url.h"

static void
find_route(struct request *q, const struct route *const *tables)
{
	struct route_match match;

	switch (route_find(tables, q->method, q->path, &q->arena, &match)) {
	case ROUTE_NOT_FOUND:
		problem(q, 404, "there is no such thing at this address");
		return;
	case ROUTE_WRONG_METHOD:
		problem(q, 405, "this address does not take that method");
		reply_header(q, "Allow", "%.*s",
		    STR_ARG(route_allowed(&q->arena, match.allowed)));
		return;
	case ROUTE_FOUND: break;
	}
	q->route = match.route;
	memcpy(q->params, match.params, sizeof(q->params));
	if (strstr(q->route->pattern, "/{id}") != NULL &&
	    !str_to_i64(q->params[0], &q->id))
		BUG("%s: {id} must come first", q->route->pattern);
}

static bool
knows_parameter(const struct route *route, struct str name)
{
	struct str rest = str_of(route->query), word;

	while (str_cut(&rest, ' ', &word))
		if (str_eq(word, name))
			return true;
	return false;
}

/* A misspelt filter that is ignored would answer with everything.  Public
 * links get parameters from everywhere. */
static void
check_query(struct request *q)
{
	size_t i, k;

	if (q->route->access == ACCESS_NONE)
		return;
	for (i = 0; i < q->query_count; i++) {
		if (!knows_parameter(q->route, q->query[i].name))
			problem_field(q,
			    arena_cstr(&q->arena, q->query[i].name),
			    "there is no such parameter");
		for (k = 0; k < i; k++)
			if (str_eq(q->query[i].name, q->query[k].name))
				problem_field(q,
				    arena_cstr(&q->arena, q->query[i].name),
				    "is given twice");
	}
}

static void
check_type(struct request *q)
{
	bool typed = request_header(q, "Content-Type").p != NULL;

	if (q->route->payload == PAYLOAD_JSON ||
	    (q->route->payload == PAYLOAD_JSON_OPTIONAL && typed)) {
		if (!str_eq(request_content_type(q), STR("application/json")))
			problem(q, 415,
			    "the body must be of type application/json");
	}
}

void
dispatch_begin(struct request *q, const struct route *const *tables,
    struct str method, struct str target)
{
	size_t mark = str_chr(target, '?');

	q->method = method_parse(method);
	q->head = str_eq(method, STR("HEAD"));
	q->path = str_sub(target, 0, mark);
	find_route(q, tables);
	if (q->reply.status != 0)
		return;
	if (mark != STR_NOWHERE && !url_query(q, str_from(target, mark + 1))) {
		problem(q, 400, "the query does not decode");
		return;
	}
	if (q->route->access != ACCESS_NONE && !auth_check(q))
		return;
	check_query(q);
	if (q->reply.status == 0)
		check_type(q);
	if (q->reply.status == 0 && q->route->payload == PAYLOAD_UPLOAD)
		q->route->upload->start(q);
}

void
dispatch_body(struct request *q, struct str piece)
{
	if (q->reply.status != 0)
		return;
	if (q->route->payload == PAYLOAD_UPLOAD) {
		q->route->upload->take(q, piece);
		return;
	}
	buf_str(&q->body, piece);
	if (q->body.full)
		problem(q, 413, "the body is longer than %u bytes",
		    REQUEST_BODY_MAX);
}

/* draft-ietf-httpapi-ratelimit-headers */
static void
tell_rate(struct request *q)
{
	if (q->rate.limit == 0)
		return;
	reply_header(q, "RateLimit-Policy", "\"requests\";q=%lld;w=60",
	    (long long)q->rate.limit);
	reply_header(q, "RateLimit", "\"requests\";r=%lld;t=%lld",
	    (long long)q->rate.left, (long long)q->rate.empty_s);
}

/* Commits what an answer below 400 promises. */
static void
settle(struct request *q)
{
	bool done = q->reply.status >= 400 || request_commit(q);

	(void)done; /* the answer says it */
	request_leave_db(q);
}

static void
handle(struct request *q)
{
	if (!idempotency_begin(q) || !etag_begin(q))
		return;
	q->route->handle(q);
	if (q->reply.status == 0)
		BUG("%s: no answer", q->route->pattern);
	etag_end(q);
	idempotency_keep(q);
	audit_write(q);
}

void
dispatch_end(struct request *q)
{
	bool mismatch = q->route != NULL && q->body.n > 0 &&
			q->route->payload == PAYLOAD_NONE;

	if (q->reply.status == 0 && mismatch)
		problem(q, 400, "this request takes no body");
	if (q->reply.status == 0)
		handle(q);
	settle(q);
	tell_rate(q);
}

void
dispatch_drop(struct request *q)
{
	if (q->route != NULL && q->route->payload == PAYLOAD_UPLOAD)
		q->route->upload->drop(q);
	request_end(q);
}
