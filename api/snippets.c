/*
 * Pieces of HTML that templates share: {% render 'footer' %}, or a layout
 * around {{ content }}.  Campaigns that run have copies of their own.
 */
#include "api/page.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/template_draft.h"

static bool
is_name(struct str s)
{
	static const struct str fit = STR("abcdefghijklmnopqrstuvwxyz"
					  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "0123456789-_.");
	size_t i;

	for (i = 0; i < s.n; i++)
		if (str_chr(fit, s.p[i]) == STR_NOWHERE)
			return false;
	return s.n > 0 && s.n <= SNIPPET_NAME_MAX && s.p[0] != '.';
}

static void
check_name(struct body *b, struct str name)
{
	if (name.p != NULL && !is_name(name))
		body_complain(b, "name",
		    "has 1 to %d letters, digits, '-', '_' or '.', and no '.' "
		    "first",
		    SNIPPET_NAME_MAX);
}

/* As the templates will see it: in the place of the one that has its name. */
static bool
compiles(struct request *q, struct str name, struct str html)
{
	struct liquid_options options = {.escape = LIQUID_HTML};
	struct message_snippets all;
	struct liquid_error error;
	struct liquid *program;
	struct str before;
	size_t i = 0;

	if (!template_snippets(q, &all))
		return false;
	if (message_snippet_find(name, &before, &all))
		while (!str_eq(all.at[i].name, name))
			i++;
	else
		i = all.n++;
	all.at[i] = (struct message_snippet){.name = name, .html = html};
	options.partial = message_snippet_find;
	options.partial_arg = &all;
	if (!liquid_compile_with(&program, html, &options, &error)) {
		problem_place(q, "html", error.line, error.column, error.text);
		return false;
	}
	liquid_free(program);
	return true;
}

static bool
is_within_limits(struct request *q)
{
	const struct db_result *r =
	    request_one(q, Q_SNIPPET_TOTALS, DB_NO_ARGS);

	if (r == NULL)
		return false;
	if (db_get_int(r, 0, 0) > SNIPPETS_MAX)
		problem_field(q, "name", "there are %d snippets already",
		    SNIPPETS_MAX);
	else if (db_get_int(r, 0, 1) > (int64_t)SNIPPETS_BYTES_MAX)
		problem_field(q, "html",
		    "all snippets together are longer than %u bytes",
		    SNIPPETS_BYTES_MAX);
	return q->reply.status == 0;
}

static void
reply_snippet(struct request *q, int status, struct str name)
{
	const struct db_result *row =
	    request_one(q, Q_SNIPPET_DOCUMENT, DB_ARGS(db_text(name)));

	if (row == NULL)
		return;
	reply_row(q, status, row);
	if (status == 201)
		reply_header(q, "Location", "/v1/snippets/%.*s", STR_ARG(name));
}

static void
snippet_create(struct request *q)
{
	struct body b = body_open(q);
	struct str name =
	    body_text(&b, "name", BODY_REQUIRED, SNIPPET_NAME_MAX);
	struct str html =
	    body_text(&b, "html", BODY_REQUIRED, SNIPPET_BYTES_MAX);
	const struct db_args row = DB_ARGS(db_text(name), db_text(html));

	check_name(&b, name);
	if (body_close(&b) && compiles(q, name, html) &&
	    request_run(q, Q_SNIPPET_LOCK, DB_NO_ARGS) != NULL &&
	    request_one(q, Q_SNIPPET_INSERT, row) != NULL &&
	    is_within_limits(q))
		reply_snippet(q, 201, name);
}

static void
snippet_index(struct request *q)
{
	const struct db_result *rows;
	struct page page;

	if (!page_read(q, &page))
		return;
	rows = request_run(q, Q_SNIPPET_PAGE,
	    DB_ARGS(db_int(page.after), db_int(page_fetch(&page))));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

static void
snippet_show(struct request *q)
{
	reply_snippet(q, 200, q->params[0]);
}

/* Changes it, or makes one of that name. */
static int
put(struct request *q, struct str name, struct str html)
{
	const struct db_args row = DB_ARGS(db_text(name), db_text(html));
	const struct db_result *r;

	if (request_run(q, Q_SNIPPET_LOCK, DB_NO_ARGS) == NULL)
		return 0;
	r = request_run(q, Q_SNIPPET_UPDATE, row);
	if (r == NULL || db_rows(r) > 0)
		return r == NULL ? 0 : 200;
	return request_one(q, Q_SNIPPET_INSERT, row) == NULL ? 0 : 201;
}

static void
snippet_replace(struct request *q)
{
	struct body b = body_open(q);
	struct str name = body_text(&b, "name", 0, SNIPPET_NAME_MAX);
	struct str html =
	    body_text(&b, "html", BODY_REQUIRED, SNIPPET_BYTES_MAX);
	int status;

	if (name.p != NULL && !str_eq(name, q->params[0]))
		body_complain(&b, "name", "is not that of the address");
	check_name(&b, q->params[0]);
	if (!body_close(&b) || !compiles(q, q->params[0], html))
		return;
	status = put(q, q->params[0], html);
	if (status != 0 && is_within_limits(q))
		reply_snippet(q, status, q->params[0]);
}

static void
snippet_remove(struct request *q)
{
	if (request_one(q, Q_SNIPPET_DELETE, DB_ARGS(db_text(q->params[0]))) !=
	    NULL)
		reply_empty(q, 204);
}

const struct route snippet_routes[] = {
    {METHOD_POST, "/v1/snippets", snippet_create, ACCESS_WRITE, PAYLOAD_JSON,
	NULL, NULL},
    {METHOD_GET, "/v1/snippets", snippet_index, ACCESS_READ, PAYLOAD_NONE,
	"limit cursor", NULL},
    {METHOD_GET, "/v1/snippets/{name}", snippet_show, ACCESS_READ, PAYLOAD_NONE,
	NULL, NULL},
    {METHOD_PUT, "/v1/snippets/{name}", snippet_replace, ACCESS_WRITE,
	PAYLOAD_JSON, NULL, NULL},
    {METHOD_DELETE, "/v1/snippets/{name}", snippet_remove, ACCESS_WRITE,
	PAYLOAD_NONE, NULL, NULL},
    {0},
};
