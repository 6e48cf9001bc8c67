#include "db/link_batch.h"

#include "lib/base/mem.h"

#include <assert.h>
#include <libpq-fe.h>

struct db_batch *
db_batch_new(struct db_link *link)
{
	struct db_batch *b = NEW(struct db_batch);

	b->link = link;
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
		if (known[q])
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

bool
link_batch_submit(struct db_batch *b, PGconn *pg, bool known[])
{
	const struct db_encoded *e;
	int i;

	if (!prepare_unknown(b, pg, known))
		return false;
	for (i = 0; i < b->count; i++) {
		e = &b->at[i].args;
		if (PQsendQueryPrepared(pg, query_texts[b->at[i].query].name,
			e->count, e->values, e->lengths, e->formats, 0) != 1)
			return false;
	}
	arena_release(&b->args); /* libpq has its copy */
	return PQpipelineSync(pg) == 1;
}

/* The name of the command that is being answered; the sync itself can fail
 * as well, when it commits. */
static const char *
doing(const struct db_batch *b)
{
	if (b->preparing && b->done < b->unknown_count)
		return query_texts[b->unknown[b->done]].name;
	if (!b->preparing && b->done < b->count)
		return query_texts[b->at[b->done].query].name;
	return "commit";
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

static bool
take_sync(struct db_batch *b, PGresult *r)
{
	bool last = !b->preparing;

	PQclear(r);
	b->preparing = false;
	b->done = 0;
	return last;
}

bool
link_batch_take(struct db_batch *b, PGresult *r, bool known[])
{
	if (r == NULL)
		b->done++;
	else if (PQresultStatus(r) == PGRES_PIPELINE_SYNC)
		return take_sync(b, r);
	else if (is_failure(PQresultStatus(r)))
		take_failure(b, r, known);
	else if (b->preparing || b->done >= b->count)
		PQclear(r);
	else
		b->results[b->done].pg = r;
	return false;
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
