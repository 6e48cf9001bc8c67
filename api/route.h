/*
 * route.h - which function answers which request.
 *
 * A route is one row: method, pattern, handler, who may, what body, which
 * query parameters.  Rows stand in the file that holds their handlers, one
 * table an area, ended by an empty row; routes.c lists the tables.
 *
 * Pattern: literal segments and parameters, "/v1/lists/{id}"; a parameter
 * may have a literal after it in its segment, "/o/{token}.gif".  {id} takes
 * a positive bigint only, any other name takes one non-empty segment, percent-decoded,
 * valid UTF-8 without control bytes.  What does not fit is not found.
 */
#ifndef API_ROUTE_H
#define API_ROUTE_H

#include "lib/base/arena.h"
#include "lib/base/str.h"

#define ROUTE_PARAMS_MAX 4

struct request;

enum method {
	METHOD_GET = 0, /* HEAD too */
	METHOD_POST,
	METHOD_PUT,
	METHOD_PATCH,
	METHOD_DELETE,
	METHOD__COUNT /* also: a method that we do not speak */
};

/* What a key must be allowed to do; each includes those before it. */
enum access {
	ACCESS_NONE = 0, /* public: no key is looked at */
	ACCESS_READ,
	ACCESS_WRITE,
	ACCESS_ADMIN,
	ACCESS__COUNT
};

/* What stands in the request after its header. */
enum payload {
	PAYLOAD_NONE = 0,      /* ignored when empty, else 400 */
	PAYLOAD_JSON,          /* an object: body.h */
	PAYLOAD_JSON_OPTIONAL, /* the same, or nothing, which is {} */
	PAYLOAD_FORM,          /* any type, at most REQUEST_BODY_MAX, raw */
	PAYLOAD_UPLOAD,        /* streamed: struct upload */
};

/* A body of any length, taken piece by piece as it arrives.  `start` runs
 * once key, scope and query are checked; it may answer (then nothing else is called but
 * `drop`).  After the last piece the route's handler runs.  `drop` runs last in any case,
 * also when the peer went away. */
struct upload {
	void (*start)(struct request *q);
	void (*take)(struct request *q, struct str piece);
	void (*drop)(struct request *q);
};

struct route {
	enum method method;
	const char *pattern; /* NULL: end of the table */
	void (*handle)(struct request *q);
	enum access access;
	enum payload payload;
	const char *query; /* parameters, blanks between; NULL: none */
	const struct upload *upload;
};

/* The tables of all areas, NULL at the end (routes.c). */
extern const struct route *const route_tables[];
extern const struct route *const public_tables[];

enum route_outcome { ROUTE_FOUND = 0, ROUTE_NOT_FOUND, ROUTE_WRONG_METHOD };

struct route_match {
	const struct route *route;           /* when found */
	struct str params[ROUTE_PARAMS_MAX]; /* decoded, in the arena */
	unsigned allowed; /* 1 << method, of the routes that fit the path */
};

/* `path` as it came, without the query. */
enum route_outcome route_find(const struct route *const *tables,
    enum method method, struct str path, struct arena *a,
    struct route_match *match);

/* "GET, HEAD, POST" for Allow. */
struct str route_allowed(struct arena *a, unsigned allowed);

const char *method_name(enum method m);
enum method method_parse(struct str name); /* HEAD gives METHOD_GET */
const char *access_name(enum access a);    /* "none", "read", ... */
bool access_parse(struct str name, enum access *out) MUST_USE;

/* One line a route: method, pattern, access, query (volley api --routes). */
void route_print(const struct route *const *tables, FILE *out);

#endif
