/* Suppressions of a list that wait for a person. */
#include "api/body.h"
#include "api/page.h"
#include "api/routes.h"

static void
held_index(struct request *q)
{
	const struct db_result *rows;
	struct page page;

	if (!page_read(q, &page) ||
	    request_one(q, Q_LIST_EXISTS, DB_ARGS(db_int(q->id))) == NULL)
		return;
	rows = request_run(q, Q_HELD_PAGE,
	    DB_ARGS(db_int(page.after), db_int(page_fetch(&page)),
		db_int(q->id)));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

/* All of a list's, at once: what comes after them counts anew. */
static void
decide(struct request *q, enum query query, const char *word)
{
	struct body b = body_open(q);
	const struct db_result *r;

	if (!body_close(&b) ||
	    request_one(q, Q_LIST_EXISTS, DB_ARGS(db_int(q->id))) == NULL)
		return;
	r = request_one(q, query, DB_ARGS(db_int(q->id)));
	if (r != NULL)
		reply_json(q, 200,
		    json_pack("{s:I}", word, (json_int_t)db_get_int(r, 0, 0)));
}

static void
held_release(struct request *q)
{
	decide(q, Q_HELD_RELEASE, "released");
}

static void
held_discard(struct request *q)
{
	decide(q, Q_HELD_DISCARD, "discarded");
}

const struct route held_routes[] = {
    {METHOD_GET, "/v1/lists/{id}/held", held_index, ACCESS_READ, PAYLOAD_NONE,
	"limit cursor", NULL},
    {METHOD_POST, "/v1/lists/{id}/held/release", held_release, ACCESS_WRITE,
	PAYLOAD_JSON_OPTIONAL, NULL, NULL},
    {METHOD_POST, "/v1/lists/{id}/held/discard", held_discard, ACCESS_WRITE,
	PAYLOAD_JSON_OPTIONAL, NULL, NULL},
    {0},
};
