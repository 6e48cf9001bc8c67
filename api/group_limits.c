#include "api/limits.h"
#include "api/problem.h"
#include "api/routes.h"

#define CONNECTIONS_MAX 1000

static bool
read_group(struct request *q, struct str *group)
{
	if (limit_group(&q->arena, q->params[1], group))
		return true;
	problem_field(q, "group", "is no domain and no group of any");
	return false;
}

static bool
has_account(struct request *q)
{
	return request_one(q, Q_ACCOUNT_HELD, DB_ARGS(db_int(q->id))) != NULL;
}

static void
group_limit_index(struct request *q)
{
	const struct db_result *rows;
	json_t *data;
	int i;

	if (!has_account(q))
		return;
	rows = request_run(q, Q_GROUP_LIMIT_DOCUMENTS,
	    DB_ARGS(db_int(q->id), db_null()));
	if (rows == NULL)
		return;
	data = json_array();
	for (i = 0; i < db_rows(rows); i++)
		json_array_append_new(data,
		    json_loads(arena_cstr(&q->arena, db_get_text(rows, i, 0)),
			0, NULL));
	reply_json(q, 200, json_pack("{s:o}", "data", data));
}

static void
group_limit_put(struct request *q)
{
	struct body b = body_open(q);
	struct limits l = {0};
	int64_t connections =
	    body_int(&b, "connections", BODY_NULL, 1, CONNECTIONS_MAX, 0);
	const struct db_result *row;
	struct str group;

	limits_read(&b, &l);
	if (!body_close(&b) || !read_group(q, &group) || !has_account(q))
		return;
	if (request_run(q, Q_GROUP_LIMIT_PUT,
		DB_ARGS(db_int(q->id), db_text(group), limit_arg(connections),
		    limit_arg(l.per_second), limit_arg(l.per_minute),
		    limit_arg(l.per_hour), limit_arg(l.per_day))) == NULL ||
	    request_one(q, Q_GROUP_LIMITS_CHANGED, DB_ARGS(db_int(q->id))) ==
		NULL)
		return;
	row = request_one(q, Q_GROUP_LIMIT_DOCUMENTS,
	    DB_ARGS(db_int(q->id), db_text(group)));
	if (row != NULL)
		reply_row(q, 200, row);
}

static void
group_limit_remove(struct request *q)
{
	struct str group;

	if (read_group(q, &group) &&
	    request_one(q, Q_GROUP_LIMIT_DELETE,
		DB_ARGS(db_int(q->id), db_text(group))) != NULL &&
	    request_one(q, Q_GROUP_LIMITS_CHANGED, DB_ARGS(db_int(q->id))) !=
		NULL)
		reply_empty(q, 204);
}

const struct route group_limit_routes[] = {
    {METHOD_GET, "/v1/accounts/{id}/limits", group_limit_index, ACCESS_READ,
	PAYLOAD_NONE, NULL, NULL},
    {METHOD_PUT, "/v1/accounts/{id}/limits/{group}", group_limit_put,
	ACCESS_ADMIN, PAYLOAD_JSON, NULL, NULL},
    {METHOD_DELETE, "/v1/accounts/{id}/limits/{group}", group_limit_remove,
	ACCESS_ADMIN, PAYLOAD_NONE, NULL, NULL},
    {0},
};
