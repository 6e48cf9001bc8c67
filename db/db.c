#include "db/db.h"

#include "db/session.h"
#include "lib/base/mem.h"

#include <assert.h>
#include <libpq-fe.h>

#define ARGS_BYTES_MAX (256U << 20)

struct db {
	PGconn *pg;
	char *conninfo;
	enum db_mode mode;
	bool lost_in_transaction; /* fails until db_rollback */
	bool prepared[Q__COUNT];
	struct arena args;
};

const char db_session_setup[] =
    "set timezone to 'UTC'; set datestyle to 'ISO, YMD'; "
    "set intervalstyle to 'iso_8601'; set client_min_messages to warning; "
    "set client_encoding to 'UTF8'; set standard_conforming_strings to on; "
    "set jit to off; "
    /* What was answered is not lost with the server (D-35). */
    "do $$ begin if current_setting('synchronous_commit') = 'off' then "
    "set synchronous_commit to on; end if; end $$";

const char db_session_keyed[] =
    "set plan_cache_mode to force_generic_plan; set enable_seqscan to off";

static bool
command_ok(const PGresult *r)
{
	ExecStatusType status = PQresultStatus(r);

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
	       status == PGRES_EMPTY_QUERY;
}

static bool
simple(struct db *db, const char *sql, const char *what, struct err *err)
{
	PGresult *r = PQexec(db->pg, sql);
	bool ok = command_ok(r);

	if (!ok)
		db_fail(err, db->pg, r, what);
	PQclear(r);
	return ok;
}

static bool
connect_now(struct db *db, struct err *err)
{
	PQfinish(db->pg);
	memset(db->prepared, 0, sizeof(db->prepared));
	db->pg = PQconnectdb(db->conninfo);
	if (PQstatus(db->pg) != CONNECTION_OK)
		return db_fail(err, db->pg, NULL, "connect");
	return simple(db, db_session_setup, "session", err);
}

bool
db_open(struct db **out, const char *conninfo, enum db_mode mode,
    struct err *err)
{
	struct db *db = NEW(struct db);

	db->conninfo = mem_strdup(conninfo);
	db->mode = mode;
	arena_init(&db->args, ARGS_BYTES_MAX);
	if (!connect_now(db, err)) {
		db_close(db);
		return false;
	}
	*out = db;
	return true;
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	PQfinish(db->pg);
	arena_release(&db->args);
	free(db->conninfo);
	free(db);
}

static bool
is_up(const struct db *db)
{
	return PQstatus(db->pg) == CONNECTION_OK;
}

static bool
ready(struct db *db, struct err *err)
{
	if (db->lost_in_transaction)
		return err_set(err, FAIL_IO,
		    "database: connection lost in a transaction");
	return is_up(db) || connect_now(db, err);
}

static bool
prepare(struct db *db, enum query q, struct err *err)
{
	const struct query_text *text = &query_texts[q];
	PGresult *r;

	if (db->prepared[q])
		return true;
	r = PQprepare(db->pg, text->name, text->text, text->params, NULL);
	db->prepared[q] = command_ok(r);
	if (!db->prepared[q])
		db_fail(err, db->pg, r, text->name);
	PQclear(r);
	return db->prepared[q];
}

static PGresult *
execute(struct db *db, enum query q, struct db_args args, struct err *err)
{
	const struct query_text *text = &query_texts[q];
	struct db_encoded e;

	if ((int)args.count != text->params)
		BUG("%s takes %d parameters, not %zu", text->name, text->params,
		    args.count);
	if (db->mode == DB_PREPARED && !prepare(db, q, err))
		return NULL;
	arena_reset(&db->args);
	e = db_encode(&db->args, args);
	if (db->mode == DB_PREPARED)
		return PQexecPrepared(db->pg, text->name, e.count, e.values,
		    e.lengths, e.formats, 0);
	return PQexecParams(db->pg, text->text, e.count, NULL, e.values,
	    e.lengths, e.formats, 0);
}

bool
db_run(struct db *db, enum query q, struct db_args args,
    struct db_result *result, struct err *err)
{
	bool in_transaction = db_in_transaction(db);
	PGresult *r;

	if (!ready(db, err))
		return false;
	r = execute(db, q, args, err);
	if (r == NULL || !command_ok(r)) {
		if (r != NULL)
			db_fail(err, db->pg, r, query_texts[q].name);
		PQclear(r);
		db->lost_in_transaction = in_transaction && !is_up(db);
		return false;
	}
	if (result != NULL)
		result->pg = r;
	else
		PQclear(r);
	return true;
}

bool
db_one(struct db *db, enum query q, struct db_args args,
    struct db_result *result, struct err *err)
{
	struct db_result own = {NULL};

	if (!db_run(db, q, args, &own, err))
		return false;
	if (db_rows(&own) == 0) {
		db_result_free(&own);
		return err_set(err, FAIL_MISSING, "%s: no such row",
		    query_texts[q].name);
	}
	if (result != NULL)
		*result = own;
	else
		db_result_free(&own);
	return true;
}

bool
db_begin(struct db *db, struct err *err)
{
	assert(!db_in_transaction(db));
	return ready(db, err) && simple(db, "begin", "begin", err);
}

bool
db_commit(struct db *db, struct err *err)
{
	PGresult *r;
	bool ok;

	if (db->lost_in_transaction)
		return ready(db, err);
	r = PQexec(db->pg, "commit");
	/* A transaction that failed earlier answers COMMIT by ROLLBACK. */
	ok = command_ok(r) && strcmp(PQcmdStatus(r), "COMMIT") == 0;
	if (!ok && !command_ok(r))
		db_fail(err, db->pg, r, "commit");
	else if (!ok)
		err_set(err, FAIL_CONFLICT, "database: commit: rolled back");
	PQclear(r);
	return ok;
}

void
db_rollback(struct db *db)
{
	db->lost_in_transaction = false;
	if (is_up(db) && db_in_transaction(db))
		PQclear(PQexec(db->pg, "rollback"));
}

bool
db_in_transaction(const struct db *db)
{
	return PQtransactionStatus(db->pg) == PQTRANS_INTRANS ||
	       PQtransactionStatus(db->pg) == PQTRANS_INERROR;
}

bool
db_script(struct db *db, const char *sql, struct err *err)
{
	return ready(db, err) && simple(db, sql, "script", err);
}

bool
db_copy_start(struct db *db, enum query q, struct err *err)
{
	PGresult *r;
	bool ok;

	if (!ready(db, err))
		return false;
	r = PQexec(db->pg, query_texts[q].text);
	ok = PQresultStatus(r) == PGRES_COPY_IN;
	if (!ok)
		db_fail(err, db->pg, r, query_texts[q].name);
	PQclear(r);
	return ok;
}

bool
db_copy_data(struct db *db, struct str data, struct err *err)
{
	if (PQputCopyData(db->pg, data.p, (int)data.n) == 1)
		return true;
	return db_fail(err, db->pg, NULL, "copy");
}

bool
db_copy_end(struct db *db, int64_t *rows, struct err *err)
{
	PGresult *r;
	bool ok;

	if (PQputCopyEnd(db->pg, NULL) != 1)
		return db_fail(err, db->pg, NULL, "copy");
	r = PQgetResult(db->pg);
	ok = command_ok(r);
	if (ok)
		*rows = db_affected(&(struct db_result){r});
	else
		db_fail(err, db->pg, r, "copy");
	PQclear(r);
	while ((r = PQgetResult(db->pg)) != NULL)
		PQclear(r);
	return ok;
}
