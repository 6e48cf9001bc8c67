#include "api/files.h"
#include "api/hits.h"
#include "api/metrics.h"
#include "api/problem.h"
#include "api/routes.h"
#include "db/migrate.h"

#define READY_WAIT_MS 1000

static void
healthz(struct request *q)
{
	reply_document(q, 200, STR("{\"status\":\"ok\"}"));
}

#define READY "{\"status\":\"ready\"}"
#define COPIED                                                               \
	"{\"status\":\"ready\",\"sending\":\"held: the database is a copy; " \
	"volley migrate --adopt\"}"

static bool
is_ready(struct db *db, struct err *err)
{
	if (db_schema_check(db, err))
		return true;
	/* the connection may have been closed since its last use */
	return err->kind == FAIL_IO && db_schema_check(db, err);
}

/* A copy of the database that senders know: they stand still. */
static bool
is_copy(struct db *db, bool *copy, struct err *err)
{
	struct db_result r;

	if (!db_one(db, Q_ORIGIN_CHECK, DB_NO_ARGS, &r, err))
		return false;
	*copy = !db_get_bool(&r, 0, 0);
	db_result_free(&r);
	return true;
}

/* For people and for who restarts things: without names of hosts. */
static const char *
why_not(const struct err *err)
{
	if (err->kind == FAIL_MISSING)
		return err->text; /* which schema it has, and which it needs */
	if (err->kind == FAIL_BUSY)
		return "all connections to the database are in use";
	if (err->kind == FAIL_IO)
		return "the database cannot be reached";
	return "the database cannot be used";
}

static void
readyz(struct request *q)
{
	struct err err = {0};
	bool ok, copy = false;
	struct db *db;

	ok = db_pool_take(q->api->pool, READY_WAIT_MS, &db, &err);
	if (ok) {
		ok = is_ready(db, &err) && is_copy(db, &copy, &err);
		db_pool_give(q->api->pool, db);
	}
	if (ok)
		reply_document(q, 200, copy ? STR(COPIED) : STR(READY));
	else
		problem(q, 503, "%s", why_not(&err));
}

/* OpenMetrics for who asks for it, else the text that it grew from: they
 * name the type of a counter differently.  "# EOF" is a comment there. */
static void
write_hits(struct hits *hits, bool open, struct buf *out)
{
	struct hit_journal_counts counts = hits_counts(hits);

	metrics_counter(out, open, "volley_hits",
	    "Opens and clicks by whether they could be written down.");
	buf_printf(out,
	    "volley_hits_total{written=\"yes\"} %llu\n"
	    "volley_hits_total{written=\"no\"} %llu\n",
	    (unsigned long long)counts.written,
	    (unsigned long long)counts.lost);
}

static void
metrics_show(struct request *q)
{
	struct str accept = request_header(q, "Accept");
	bool open = str_find(accept, STR("application/openmetrics-text")) !=
		    STR_NOWHERE;
	struct buf *out = &q->reply.body;
	const struct db_result *r;
	struct err err;
	int row;

	r = request_try(q, Q_IMPORT_TOTALS, DB_NO_ARGS, &err);
	reply_text(q, 200,
	    open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
		 : "text/plain; version=0.0.4; charset=utf-8",
	    STR(""));
	metrics_write(q->api->metrics, open, out);
	buf_puts(out, "# TYPE volley_imports gauge\n"
		      "# HELP volley_imports Imports by state.\n");
	for (row = 0; r != NULL && row < db_rows(r); row++)
		buf_printf(out, "volley_imports{state=\"%.*s\"} %lld\n",
		    STR_ARG(db_get_text(r, row, 0)),
		    (long long)db_get_int(r, row, 1));
	write_hits(q->api->hits, open, out);
	buf_puts(out, "# EOF\n");
}

static void
openapi(struct request *q)
{
	reply_document(q, 200, api_file("openapi.json"));
}

const struct route health_routes[] = {
    {METHOD_GET, "/healthz", healthz, ACCESS_NONE, PAYLOAD_NONE, NULL, NULL},
    {METHOD_GET, "/readyz", readyz, ACCESS_NONE, PAYLOAD_NONE, NULL, NULL},
    {0},
};

const struct route about_routes[] = {
    {METHOD_GET, "/metrics", metrics_show, ACCESS_NONE, PAYLOAD_NONE, NULL,
	NULL},
    {METHOD_GET, "/openapi.json", openapi, ACCESS_NONE, PAYLOAD_NONE, NULL,
	NULL},
    {0},
};
