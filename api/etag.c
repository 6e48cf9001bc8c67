#include "api/etag.h"

#include "api/problem.h"

static const struct kind {
	const char *pattern, *name;
} kinds[] = {
    {"/v1/lists/{id}", "list"},
    {"/v1/segments/{id}", "segment"},
    {"/v1/templates/{id}", "template"},
    {"/v1/snippets/{name}", "snippet"},
    {"/v1/accounts/{id}", "account"},
    {"/v1/mailboxes/{id}", "mailbox"},
    {"/v1/campaigns/{id}", "campaign"},
    {"/v1/goals/{id}", "goal"},
};

static const struct kind *
kind_of(const struct request *q)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(q->route->pattern, kinds[i].pattern) == 0)
			return &kinds[i];
	return NULL;
}

/* q->etag: STR_NONE when there is no such row.  false: answered. */
static bool
find(struct request *q, const struct kind *kind, enum query query)
{
	const struct db_result *r = request_run(q, query,
	    DB_ARGS(db_cstr(kind->name), db_int_or_null(q->id, q->id != 0),
		q->id != 0 ? db_null() : db_text(q->params[0])));

	if (r == NULL)
		return false;
	q->etag = db_rows(r) > 0 ? db_get_text(r, 0, 0) : STR_NONE;
	return true;
}

/* A weak tag (W/"...") fits nothing here: RFC 9110, 13.1.1. */
static bool
fits(struct str wanted, struct str tag)
{
	struct str one;

	if (tag.p == NULL)
		return false;
	while (str_cut(&wanted, ',', &one)) {
		one = str_trim(one);
		if (str_eq(one, STR("*")) || str_eq(one, tag))
			return true;
	}
	return false;
}

/* Snippets change one at a time (snippets.c): their lock comes before the
 * row's here too. */
static bool
hold(struct request *q, const struct kind *kind)
{
	return (q->id != 0 ||
		   request_run(q, Q_SNIPPET_LOCK, DB_NO_ARGS) != NULL) &&
	       find(q, kind, Q_ETAG_HOLD);
}

bool
etag_begin(struct request *q)
{
	const struct kind *kind = kind_of(q);
	struct str wanted = request_header(q, "If-Match");

	if (kind == NULL)
		return true;
	/* before it is read: a change in between must not pass for seen */
	if (q->method == METHOD_GET)
		return find(q, kind, Q_ETAG_FIND);
	if (wanted.p == NULL)
		return true;
	if (!hold(q, kind))
		return false;
	if (fits(wanted, q->etag))
		return true;
	problem(q, 412, "%s",
	    q->etag.p != NULL ? "it was changed since the version that "
				"If-Match names; read it again"
			      : "there is nothing here that If-Match fits");
	return false;
}

void
etag_end(struct request *q)
{
	const struct kind *kind = kind_of(q);
	bool shown = q->reply.status == 200 || q->reply.status == 201;

	if (kind == NULL || !shown ||
	    (q->method != METHOD_GET && !find(q, kind, Q_ETAG_FIND)))
		return;
	if (q->etag.p != NULL)
		reply_header(q, "ETag", "%.*s", STR_ARG(q->etag));
}
