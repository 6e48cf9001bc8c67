/*
 * Goal: what workers run reads by keys, never whole tables: when everything
 * is empty, with 200,000 recipients before statistics know of them, and
 * after.
 */
#include "tests/support/ledger.h"

#include "db/session.h"
#include "lib/base/buf.h"
#include "tests/support/pg.h"

#include <libpq-fe.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define RECIPIENTS 200000

/* Tables that grow with the audience. */
static const char *const large[] = {"contact", "delivery", "outcome", "retry",
    "suppression", "event", "membership", "inbound"};

static const enum query hot[] = {
    Q_LEASE_TAKE_OVER,
    Q_LEASE_RECIPIENTS,
    Q_LEASE_PROGRESS,
    Q_LEASE_RENEW,
    Q_RETRY_CLAIM,
    Q_RETRY_RENEW,
    Q_RETRY_RELEASE,
    Q_RETRY_PUT,
    Q_RETRY_SETTLE,
    Q_OUTCOME_RECORD,
    Q_REFUSAL_RECORD,
    Q_REFUSAL_STRIKES,
    Q_SUPPRESSION_FEED,
    Q_INBOUND_RECORD,
    Q_INBOUND_HAPPEN,
    Q_INBOUND_WISH,
    Q_INBOUND_SUPPRESS,
};

static PGresult *ask(PGconn *pg, const char *fmt, ...) PRINTF_LIKE(2, 3);

static PGresult *
ask(PGconn *pg, const char *fmt, ...)
{
	char sql[4096];
	PGresult *r;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(sql, sizeof(sql), fmt, ap);
	va_end(ap);
	r = PQexec(pg, sql);
	if (PQresultStatus(r) != PGRES_COMMAND_OK &&
	    PQresultStatus(r) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(pg));
	return r;
}

/* "->  Index Scan using contact_pkey on contact c": is it of a large one? */
static bool
is_large(const char *line)
{
	const char *on = strstr(line, " on ");
	size_t i;

	for (i = 0; on != NULL && i < ARRAY_LEN(large); i++)
		if (str_starts(str_of(on + 4), str_of(large[i])))
			return true;
	return false;
}

/* A scan says in the next line by what it reads; a bitmap one has its
 * condition once more in the index below it.  retry_held holds no more than
 * the windows of all workers. */
static void
check_line(const char *name, PGresult *plan, int line)
{
	const char *text = PQgetvalue(plan, line, 0);
	const char *next =
	    line + 1 < PQntuples(plan) ? PQgetvalue(plan, line + 1, 0) : "";

	if (strstr(text, " Scan ") == NULL || !is_large(text) ||
	    strstr(text, " retry_held ") != NULL)
		return;
	if (strstr(text, "Seq Scan") != NULL ||
	    (strstr(next, "Index Cond:") == NULL &&
		strstr(next, "Recheck Cond:") == NULL))
		fail_msg("%s: %s\n%s", name, text, next);
}

static void
check(PGconn *pg, enum query q)
{
	const struct query_text *text = &query_texts[q];
	struct buf nulls;
	PGresult *plan;
	int i;

	buf_init(&nulls, 1000);
	for (i = 0; i < text->params; i++)
		buf_puts(&nulls, i > 0 ? ", NULL" : "NULL");
	plan = ask(pg, "EXPLAIN (COSTS off) EXECUTE %s(%s)", text->name,
	    buf_cstr(&nulls));
	buf_release(&nulls);
	assert_true(PQntuples(plan) > 0);
	for (i = 0; i < PQntuples(plan); i++)
		check_line(text->name, plan, i);
	PQclear(plan);
}

/* A session like a worker's, with all of them prepared. */
static PGconn *
worker(void)
{
	PGconn *pg = PQconnectdb(ledger_conninfo());
	size_t i;

	PQclear(ask(pg, "%s", db_session_keyed));
	for (i = 0; i < ARRAY_LEN(hot); i++)
		PQclear(PQprepare(pg, query_texts[hot[i]].name,
		    query_texts[hot[i]].text, 0, NULL));
	return pg;
}

static void
check_all(PGconn *pg)
{
	PGconn *later = worker();
	size_t i;

	for (i = 0; i < ARRAY_LEN(hot); i++) {
		check(pg, hot[i]);    /* planned when all was empty */
		check(later, hot[i]); /* planned now */
	}
	PQfinish(later);
}

static void
fill(struct db *db)
{
	int64_t id;

	ledger_contacts(db, 1, RECIPIENTS);
	id = ledger_started(db, "hold", 4000);
	pg_sql(db, "INSERT INTO outcome (delivery_id, attempt, state, at)"
		   " SELECT id, 1, 'accepted', now() FROM delivery");
	pg_sql(db,
	    "INSERT INTO retry (delivery_id, campaign_id, attempt, next_at,"
	    " first_at) SELECT id, %lld, 2, now(), now() FROM delivery",
	    (long long)id);
	pg_sql(db, "INSERT INTO suppression (email_key, reason)"
		   " SELECT email_key, 'unsubscribe' FROM contact");
}

static void
by_keys_only(void **state)
{
	struct db *db = ledger_open();
	PGconn *pg;

	(void)state;
	pg_sql(db, "ALTER SYSTEM SET autovacuum TO off");
	pg_sql(db, "SELECT pg_reload_conf()");
	pg_sql(db, "SELECT outcome_partition(1)");
	pg = worker();
	check_all(pg);
	fill(db);
	check_all(pg);
	pg_sql(db, "ANALYZE");
	check_all(pg);
	PQfinish(pg);
	db_close(db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(by_keys_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
