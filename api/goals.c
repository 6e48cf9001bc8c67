/*
 * Goals: what counts as success of a campaign.  Which mail a conversion is
 * credited to for a goal, the database finds (migration 0019_goals); whatever
 * changes a goal counts all its conversions again.
 */
#include "api/body.h"
#include "api/page.h"
#include "api/problem.h"
#include "api/routes.h"

#define NAME_MAX_BYTES 200
#define SOURCE_MAX     100  /* as conversions have it */
#define TYPE_MAX       100  /* as conversions have it */
#define URL_MAX        2048 /* bytes */
#define WINDOW_MAX     90   /* days */
#define WINDOW         5

struct goal {
	struct str name;
	struct str kind;
	struct str source, type, url; /* p == NULL: any, none */
	int64_t window_days;
	struct str model;
	bool view_through;
};

static struct str
read_line(struct body *b, const char *field, size_t max, struct str held)
{
	struct str s =
	    body_text(b, field, BODY_NULL | BODY_FILLED | BODY_LINE, max);

	return s.p != NULL || body_is_null(b, field) ? s : held;
}

/* Fields that say nothing about goals of this kind. */
static void
refuse_others(struct body *b, struct str kind)
{
	static const char *const fields[] = {"source", "type", "window_days",
	    "model", "view_through"};
	bool conversion = str_eq(kind, STR("conversion"));
	size_t i;

	for (i = 0; !conversion && i < ARRAY_LEN(fields); i++)
		if (body_has(b, fields[i]))
			body_complain(b, fields[i],
			    "is for goals of kind conversion");
	if (!str_eq(kind, STR("click")) && body_has(b, "url"))
		body_complain(b, "url", "is for goals of kind click");
}

/* Over what is held already; false: answered. */
static bool
read_goal(struct body *b, struct goal *g, unsigned required)
{
	struct str name = body_text(b, "name",
	    required | BODY_FILLED | BODY_LINE, NAME_MAX_BYTES);
	struct str model =
	    body_choice(b, "model", 0, "last_click first_click linear", NULL);

	if (name.p != NULL)
		g->name = name;
	if (model.p != NULL)
		g->model = model;
	g->source = read_line(b, "source", SOURCE_MAX, g->source);
	g->type = read_line(b, "type", TYPE_MAX, g->type);
	g->url = read_line(b, "url", URL_MAX, g->url);
	g->window_days =
	    body_int(b, "window_days", 0, 1, WINDOW_MAX, g->window_days);
	g->view_through = body_bool(b, "view_through", 0, g->view_through);
	refuse_others(b, g->kind);
	if (str_eq(g->kind, STR("click")) && g->url.p == NULL)
		body_complain(b, "url", "is required of a click");
	return body_close(b);
}

static void
reply_goal(struct request *q, int status, int64_t id)
{
	const struct db_result *row = request_one(q, Q_GOAL_DOCUMENTS,
	    DB_ARGS(db_int(id), db_int(0), db_int(1)));

	if (row == NULL)
		return;
	reply_document(q, status, db_get_text(row, 0, 1));
	if (status == 201)
		reply_header(q, "Location", "/v1/goals/%lld", (long long)id);
}

static bool
recount(struct request *q, struct str kind, int64_t id)
{
	return !str_eq(kind, STR("conversion")) ||
	       (request_run(q, Q_HIT_LOCK, DB_NO_ARGS) != NULL &&
		   request_run(q, Q_GOAL_RECOUNT, DB_ARGS(db_int(id))) != NULL);
}

static void
goal_create(struct request *q)
{
	struct body b = body_open(q);
	struct goal g = {
	    .kind = body_choice(&b, "kind", BODY_REQUIRED,
		"conversion click reply", NULL),
	    .window_days = WINDOW,
	    .model = STR("last_click"),
	};
	const struct db_result *r;
	int64_t id;

	if (!read_goal(&b, &g, BODY_REQUIRED))
		return;
	r = request_one(q, Q_GOAL_INSERT,
	    DB_ARGS(db_text(g.name), db_text(g.kind), db_text_or_null(g.source),
		db_text_or_null(g.type), db_text_or_null(g.url),
		db_int(g.window_days), db_text(g.model),
		db_bool(g.view_through)));
	if (r == NULL)
		return;
	id = db_get_int(r, 0, 0);
	if (recount(q, g.kind, id))
		reply_goal(q, 201, id);
}

static void
goal_index(struct request *q)
{
	const struct db_result *rows;
	struct page page;

	if (!page_read(q, &page))
		return;
	rows = request_run(q, Q_GOAL_DOCUMENTS,
	    DB_ARGS(db_null(), db_int(page.after), db_int(page_fetch(&page))));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

static void
goal_show(struct request *q)
{
	reply_goal(q, 200, q->id);
}

static struct str
text_or_none(const struct db_result *r, int col)
{
	return db_is_null(r, 0, col) ? STR_NONE : db_get_text(r, 0, col);
}

static bool
load(struct request *q, struct goal *g)
{
	const struct db_result *r =
	    request_one(q, Q_GOAL_HELD, DB_ARGS(db_int(q->id)));

	if (r == NULL)
		return false;
	*g = (struct goal){
	    .name = db_get_text(r, 0, 0),
	    .kind = db_get_text(r, 0, 1),
	    .source = text_or_none(r, 2),
	    .type = text_or_none(r, 3),
	    .url = text_or_none(r, 4),
	    .window_days = db_get_int(r, 0, 5),
	    .model = db_get_text(r, 0, 6),
	    .view_through = db_get_bool(r, 0, 7),
	};
	return true;
}

static void
goal_change(struct request *q)
{
	struct body b = body_open(q);
	struct goal g;

	if (!load(q, &g) || !read_goal(&b, &g, 0))
		return;
	if (request_run(q, Q_GOAL_UPDATE,
		DB_ARGS(db_int(q->id), db_text(g.name),
		    db_text_or_null(g.source), db_text_or_null(g.type),
		    db_text_or_null(g.url), db_int(g.window_days),
		    db_text(g.model), db_bool(g.view_through))) != NULL &&
	    recount(q, g.kind, q->id))
		reply_goal(q, 200, q->id);
}

/* Its credits go, too; conversions stay what they are. */
static void
goal_remove(struct request *q)
{
	const struct db_result *r =
	    request_one(q, Q_GOAL_USED, DB_ARGS(db_int(q->id)));

	if (r == NULL)
		return;
	if (db_get_bool(r, 0, 0))
		problem(q, 409, "the goal is used by an experiment");
	else if (request_run(q, Q_GOAL_DELETE, DB_ARGS(db_int(q->id))) != NULL)
		reply_empty(q, 204);
}

const struct route goal_routes[] = {
    {METHOD_POST, "/v1/goals", goal_create, ACCESS_WRITE, PAYLOAD_JSON, NULL,
	NULL},
    {METHOD_GET, "/v1/goals", goal_index, ACCESS_READ, PAYLOAD_NONE,
	"limit cursor", NULL},
    {METHOD_GET, "/v1/goals/{id}", goal_show, ACCESS_READ, PAYLOAD_NONE, NULL,
	NULL},
    {METHOD_PATCH, "/v1/goals/{id}", goal_change, ACCESS_WRITE, PAYLOAD_JSON,
	NULL, NULL},
    {METHOD_DELETE, "/v1/goals/{id}", goal_remove, ACCESS_WRITE, PAYLOAD_NONE,
	NULL, NULL},
    {0},
};
