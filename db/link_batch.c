#include "db/link_batch.h"

#include "lib/base/mem.h"

#include <assert.h>
#include <libpq-fe.h>

struct db_batch *
db_batch_new(struct db_link *link)
{
	struct db_batch *b = NEW(struct db_batch);

	b->link = link;
	b->copy = -1;
	arena_init(&b->args, DB_BATCH_BYTES_MAX);
	return b;
}

void
db_batch_add(struct db_batch *b, enum query q, struct db_args args)
{
	const struct query_text *text = &query_texts[q];

	if ((int)args.count != text->params)
		BUG("%s takes %d parameters, not %zu", text->name, text->params,
		    args.count);
	assert(b->count < DB_BATCH_STATEMENTS_MAX);
	b->at[b->count].query = q;
	b->at[b->count].args = db_encode(&b->args, args);
	b->count++;
}

void
db_batch_copy(struct db_batch *b, enum query q, struct str rows)
{
	assert(b->copy < 0 && b->count < DB_BATCH_STATEMENTS_MAX);
	b->copy = b->count;
	b->leg = LINK_BEFORE;
	b->at[b->count++].query = q;
	b->rows = arena_dup(&b->args, rows);
}

bool
link_batch_is_alone(const struct db_batch *b)
{
	return b->copy >= 0;
}

void
db_batch_send(struct db_batch *b, db_batch_fn *fn, void *arg)
{
	assert(b->count > 0);
	b->fn = fn;
	b->arg = arg;
	link_offer(b->link, b);
}

void
db_batch_free(struct db_batch *b)
{
	int i;

	if (b == NULL)
		return;
	for (i = 0; i < b->count; i++)
		db_result_free(&b->results[i]);
	arena_release(&b->args);
	free(b);
}

static bool
prepare_unknown(struct db_batch *b, PGconn *pg, bool known[])
{
	const struct query_text *text;
	enum query q;
	int i;

	for (i = 0; i < b->count; i++) {
		q = b->at[i].query;
		text = &query_texts[q];
		if (known[q] || i == b->copy)
			continue;
		if (PQsendPrepare(pg, text->name, text->text, text->params,
			NULL) != 1)
			return false;
		known[q] = true;
		b->unknown[b->unknown_count++] = q;
	}
	b->preparing = b->unknown_count > 0;
	return !b->preparing || PQpipelineSync(pg) == 1;
}

/* What stands around the statements of a leg. */
static const struct {
	const char *open, *close;
} around[] = {
    [LINK_WHOLE] = {NULL, NULL},
    [LINK_BEFORE] = {"begin", NULL},
    [LINK_ROWS] = {NULL, NULL},
    [LINK_AFTER] = {NULL, "commit"},
    [LINK_UNDO] = {"rollback", NULL},
};

/* The statements of the leg under way: from `first`, before `end`. */
static void
span(const struct db_batch *b, int *first, int *end)
{
	*first = b->leg == LINK_ROWS    ? b->copy
		 : b->leg == LINK_AFTER ? b->copy + 1
					: 0;
	*end = b->leg == LINK_BEFORE ? b->copy
	       : b->leg == LINK_ROWS ? b->copy + 1
	       : b->leg == LINK_UNDO ? 0
				     : b->count;
}

static bool
send_text(PGconn *pg, const char *sql)
{
	return sql == NULL ||
	       PQsendQueryParams(pg, sql, 0, NULL, NULL, NULL, NULL, 0) == 1;
}

static bool
send_statement(const struct db_batch *b, PGconn *pg, int i)
{
	const struct db_encoded *e = &b->at[i].args;

	return PQsendQueryPrepared(pg, query_texts[b->at[i].query].name,
		   e->count, e->values, e->lengths, e->formats, 0) == 1;
}

static bool
send_leg(struct db_batch *b, PGconn *pg)
{
	int i, end;

	b->done = 0;
	if (b->leg == LINK_ROWS)
		return PQexitPipelineMode(pg) == 1 &&
		       PQsendQuery(pg,
			   query_texts[b->at[b->copy].query].text) == 1;
	if (!send_text(pg, around[b->leg].open))
		return false;
	for (span(b, &i, &end); i < end; i++)
		if (!send_statement(b, pg, i))
			return false;
	return send_text(pg, around[b->leg].close) && PQpipelineSync(pg) == 1;
}

bool
link_batch_submit(struct db_batch *b, PGconn *pg, bool known[])
{
	bool ok = prepare_unknown(b, pg, known) && send_leg(b, pg);

	if (b->leg == LINK_WHOLE)
		arena_release(&b->args); /* libpq has its copy */
	return ok;
}

/* The statement that is being answered; -1: none of its own. */
static int
answered(const struct db_batch *b)
{
	int first, end, i;

	span(b, &first, &end);
	i = first + b->done - (around[b->leg].open != NULL);
	return i >= first && i < end ? i : -1;
}

/* Its name; the sync itself can fail as well, when it commits. */
static const char *
doing(const struct db_batch *b)
{
	int i = answered(b);

	if (b->preparing && b->done < b->unknown_count)
		return query_texts[b->unknown[b->done]].name;
	if (!b->preparing && i >= 0)
		return query_texts[b->at[i].query].name;
	return b->leg == LINK_UNDO ? "rollback" : "commit";
}

static bool
is_failure(ExecStatusType status)
{
	return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK &&
	       status != PGRES_EMPTY_QUERY;
}

/* All that follows a failure is skipped by the server and says so. */
static void
take_failure(struct db_batch *b, PGresult *r, bool known[])
{
	if (b->preparing && b->done < b->unknown_count)
		known[b->unknown[b->done]] = false;
	if (b->err.kind == FAIL_NONE)
		db_fail(&b->err, NULL, r, doing(b));
	PQclear(r);
}

static enum link_took
next_leg(struct db_batch *b, PGconn *pg)
{
	bool failed = b->err.kind != FAIL_NONE;

	if (b->leg == LINK_WHOLE || b->leg == LINK_UNDO ||
	    (b->leg == LINK_AFTER && !failed))
		return LINK_ANSWERED;
	if (b->leg == LINK_ROWS && PQenterPipelineMode(pg) != 1)
		return LINK_BROKEN;
	b->leg = failed ? LINK_UNDO : b->leg + 1;
	return send_leg(b, pg) ? LINK_MORE : LINK_BROKEN;
}

static enum link_took
send_rows(struct db_batch *b, PGconn *pg)
{
	if (PQputCopyData(pg, b->rows.p, (int)b->rows.n) != 1 ||
	    PQputCopyEnd(pg, NULL) != 1)
		return LINK_BROKEN;
	return LINK_MORE;
}

static enum link_took
take_end(struct db_batch *b, PGconn *pg)
{
	if (b->leg == LINK_ROWS)
		return next_leg(b, pg);
	b->done++;
	return LINK_MORE;
}

static enum link_took
take_sync(struct db_batch *b, PGconn *pg)
{
	if (!b->preparing)
		return next_leg(b, pg);
	b->preparing = false;
	b->done = 0;
	return LINK_MORE;
}

static void
take_result(struct db_batch *b, PGresult *r)
{
	int i = b->preparing ? -1 : answered(b);

	if (i >= 0)
		b->results[i].pg = r;
	else
		PQclear(r);
}

enum link_took
link_batch_take(struct db_batch *b, PGconn *pg, bool known[])
{
	PGresult *r = PQgetResult(pg);
	ExecStatusType status = PQresultStatus(r);

	if (r == NULL)
		return take_end(b, pg);
	if (status == PGRES_PIPELINE_SYNC || status == PGRES_COPY_IN) {
		PQclear(r);
		return status == PGRES_COPY_IN ? send_rows(b, pg)
					       : take_sync(b, pg);
	}
	if (is_failure(status))
		take_failure(b, r, known);
	else
		take_result(b, r);
	return LINK_MORE;
}

void
link_batch_answer(struct db_batch *b, const struct err *lost)
{
	const struct err *err = b->err.kind != FAIL_NONE ? &b->err : lost;

	if (err != NULL)
		b->fn(NULL, 0, err, b->arg);
	else
		b->fn(b->results, b->count, NULL, b->arg);
	db_batch_free(b);
}

void
link_batch_put(struct link_batch_queue *q, struct db_batch *b)
{
	b->next = NULL;
	if (q->last != NULL)
		q->last->next = b;
	else
		q->first = b;
	q->last = b;
	q->count++;
}

struct db_batch *
link_batch_get(struct link_batch_queue *q)
{
	struct db_batch *b = q->first;

	if (b == NULL)
		return NULL;
	q->first = b->next;
	if (q->first == NULL)
		q->last = NULL;
	q->count--;
	return b;
}
