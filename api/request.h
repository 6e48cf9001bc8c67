/*
 * request.h - one request, from its header to its answer.
 *
 * Handlers read top to bottom.  A call that fails has already set the
 * answer, so a handler only returns:
 *
 *   static void
 *   list_create(struct request *q)
 *   {
 *           struct body b = body_open(q);
 *           struct str name = body_text(&b, "name", BODY_REQUIRED, 200);
 *           const struct db_result *row;
 *
 *           if (!body_close(&b))
 *                   return;
 *           row = request_one(q, Q_LIST_INSERT, DB_ARGS(db_text(name)));
 *           if (row != NULL)
 *                   reply_row(q, 201, row);
 *   }
 *
 * Each request that uses the database is one transaction: it begins with
 * the first statement, commits after the handler when the answer is below
 * 400, and rolls back otherwise.  The answer leaves after the commit.
 *
 * Everything that a handler makes comes from `arena`, or is owned by the
 * request: it lives until the answer is sent.  One thread at a time.
 */
#ifndef API_REQUEST_H
#define API_REQUEST_H

#include "api/api.h"
#include "api/peer.h"
#include "api/reply.h"
#include "api/route.h"
#include "api/throttle.h"
#include "db/db.h"

#define REQUEST_BODY_MAX    (1U << 20)
#define REQUEST_HEADERS_MAX 64
#define REQUEST_ARENA_MAX   (64U << 20)

struct pair {
	struct str name, value;
};

struct request_result;

struct request {
	const struct api *api;
	enum method method;
	bool head;          /* HEAD: nobody sees the body */
	struct peer peer;   /* who asks */
	struct str path;    /* as it came */
	struct pair *query; /* decoded */
	size_t query_count;
	struct pair headers[REQUEST_HEADERS_MAX];
	size_t header_count;

	const struct route *route;
	struct str params[ROUTE_PARAMS_MAX];
	int64_t id; /* the first parameter, when the pattern says {id} */

	/* Who asks: an API key or, with a session, a user; 0 for a public route */
	int64_t key_id, user_id, session_id;
	enum access access;
	struct throttle_state rate; /* of who asks, with this request */
	bool audited;               /* audit.h */

	struct arena arena;
	struct buf body;  /* raw, complete when the handler runs */
	void *upload;     /* what struct upload's functions keep */
	json_t *document; /* body.h: the body, parsed */
	struct reply reply;
	struct str etag; /* etag.h: of the row that a GET shows */
	struct str hit;  /* to be on the disk before the answer leaves */

	struct db *db; /* request_db */
	struct request_result *results;
	json_t *errors; /* problem.h: the fields that are not right */
};

/* Header by name (ASCII case), query parameter by name; STR_NONE if none. */
struct str request_header(const struct request *q, const char *name);
struct str request_query(const struct request *q, const char *name);
/* A query parameter that is an id; `out` is untouched when it is not given.  422 when it is none. */
bool request_query_id(struct request *q, const char *name,
    int64_t *out) MUST_USE;
/* Who asks, behind proxies of ours. */
struct peer request_peer(const struct request *q);
/* The media type of the body without parameters, lower case. */
struct str request_content_type(struct request *q);

/* The connection, its transaction begun.  NULL: answered with 503. */
struct db *request_db(struct request *q) MUST_USE;
/* Runs a statement; NULL: answered (problem_db).  The result is the
 * request's. */
const struct db_result *request_run(struct request *q, enum query query,
    struct db_args args);
/* The same for one row; none is 404. */
const struct db_result *request_one(struct request *q, enum query query,
    struct db_args args) MUST_USE;
/* The same without an answer: err tells.  After a failure only replies
 * are of use: the transaction is lost. */
const struct db_result *request_try(struct request *q, enum query query,
    struct db_args args, struct err *err) MUST_USE;
/* Commits now; the next statement begins anew.  false: answered. */
bool request_commit(struct request *q) MUST_USE;

/* For dispatch.c. */
void request_start(struct request *q, const struct api *api);
void request_leave_db(struct request *q); /* rolls back what is open */
void request_end(struct request *q);

#endif
