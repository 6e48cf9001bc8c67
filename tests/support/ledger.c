#include "tests/support/ledger.h"

#include "tests/support/pg.h"

#include <stdarg.h>

static char conninfo[256];

struct db *
ledger_again(void)
{
	struct err err = {FAIL_NONE, ""};
	struct db *db = NULL;

	if (!db_open(&db, conninfo, DB_PREPARED, &err))
		die("test: %s", err.text);
	return db;
}

struct db *
ledger_open(void)
{
	struct db *db;

	snprintf(conninfo, sizeof(conninfo), "%s", pg_migrated());
	db = ledger_again();
	pg_sql(db,
	    "INSERT INTO list (id, name) VALUES (1, 'one');"
	    "INSERT INTO template (id, name, subject, html)"
	    " VALUES (1, 't', 'Hello {{ contact.name }}', '<p>Hello</p>');"
	    "INSERT INTO smtp_account (id, name, host, port, tls)"
	    " VALUES (1, 'a', '127.0.0.1', 25, 'none')");
	return db;
}

const char *
ledger_conninfo(void)
{
	return conninfo;
}

void
ledger_contacts(struct db *db, int from, int to)
{
	pg_sql(db,
	    "INSERT INTO contact (id, email, email_key) SELECT n,"
	    " 'c' || n || '@example.com', 'c' || n || '@example.com'"
	    " FROM generate_series(%d, %d) n;"
	    "INSERT INTO membership (list_id, contact_id)"
	    " SELECT 1, n FROM generate_series(%d, %d) n",
	    from, to, from, to);
}

int64_t
ledger_campaign(struct db *db, const char *on_uncertain)
{
	int64_t id =
	    ledger_int("SELECT coalesce(max(id), 0) + 1 FROM campaign");

	pg_sql(db,
	    "INSERT INTO campaign (id, name, status, template_id, from_email,"
	    " on_uncertain, scheduled_at)"
	    " VALUES (%lld, 'c', 'scheduled', 1, 'from@example.com', '%s',"
	    " now() - interval '1 minute');"
	    "INSERT INTO campaign_list (campaign_id, list_id)"
	    " VALUES (%lld, 1);"
	    "INSERT INTO campaign_account (campaign_id, account_id)"
	    " VALUES (%lld, 1)",
	    (long long)id, on_uncertain, (long long)id, (long long)id);
	return id;
}

int64_t
ledger_started(struct db *db, const char *on_uncertain, int64_t lease_size)
{
	const int64_t id = ledger_campaign(db, on_uncertain);
	int64_t n;

	ledger_rows(db, Q_CONTENT_FREEZE, DB_ARGS(db_int(id), db_cstr("")));
	ledger_rows(db, Q_AUDIENCE_PARTITION, DB_ARGS(db_int(id)));
	n = ledger_rows(db, Q_AUDIENCE_FREEZE,
	    DB_ARGS(db_int(id), db_int(0), db_int(0)));
	pg_sql(db,
	    "INSERT INTO lease (campaign_id, first_id, last_id, watermark)"
	    " SELECT %lld, base + n, base + least(n + %lld - 1, %lld),"
	    " base + n - 1 FROM (SELECT %lld::bigint << 32 AS base) b,"
	    " generate_series(1::bigint, %lld, %lld) n",
	    (long long)id, (long long)lease_size, (long long)n, (long long)id,
	    (long long)n, (long long)lease_size);
	ledger_rows(db, Q_CAMPAIGN_BEGIN, DB_ARGS(db_int(id), db_int(n)));
	return id;
}

int64_t
ledger_delivery(int64_t campaign, int64_t n)
{
	return (campaign << 32) + n;
}

static const char *
value(const char *fmt, va_list ap)
{
	char sql[4096];

	vsnprintf(sql, sizeof(sql), fmt, ap);
	return pg_value(conninfo, sql);
}

int64_t
ledger_int(const char *fmt, ...)
{
	int64_t v = 0;
	va_list ap;

	va_start(ap, fmt);
	if (!str_to_i64(str_of(value(fmt, ap)), &v))
		die("test: no number: %s", fmt);
	va_end(ap);
	return v;
}

const char *
ledger_text(const char *fmt, ...)
{
	const char *v;
	va_list ap;

	va_start(ap, fmt);
	v = value(fmt, ap);
	va_end(ap);
	return v;
}

struct db_result
ledger_run(struct db *db, enum query q, struct db_args args)
{
	struct err err = {FAIL_NONE, ""};
	struct db_result r = {NULL};

	if (!db_run(db, q, args, &r, &err))
		die("test: %s", err.text);
	return r;
}

int64_t
ledger_rows(struct db *db, enum query q, struct db_args args)
{
	struct db_result r = ledger_run(db, q, args);
	int64_t n = db_affected(&r);

	db_result_free(&r);
	return n;
}

bool
ledger_claim(struct db *db, const char *holder, int64_t campaign,
    struct ledger_lease *out)
{
	struct db_result r = ledger_run(db, Q_LEASE_CLAIM,
	    DB_ARGS(db_cstr(holder), db_int(60), db_int(campaign)));
	bool got = db_rows(&r) > 0;

	*out = (struct ledger_lease){.campaign = campaign};
	if (got)
		*out = (struct ledger_lease){
		    .campaign = campaign,
		    .first = db_get_int(&r, 0, 0),
		    .last = db_get_int(&r, 0, 1),
		    .watermark = db_get_int(&r, 0, 2),
		    .epoch = db_get_int(&r, 0, 3),
		};
	db_result_free(&r);
	return got;
}

int64_t
ledger_progress(struct db *db, const struct ledger_lease *l, int64_t watermark,
    int64_t step)
{
	const int64_t unknown = -1;

	return ledger_rows(db, Q_LEASE_PROGRESS,
	    DB_ARGS(db_int_array(&l->campaign, 1), db_int_array(&l->first, 1),
		db_int_array(&l->epoch, 1), db_int_array(&watermark, 1),
		db_int_array(&step, 1), db_int_array(&unknown, 1)));
}

void
ledger_outcome(struct db *db, int64_t delivery, int attempt, const char *state)
{
	pg_sql(db,
	    "INSERT INTO outcome (delivery_id, attempt, state, at)"
	    " VALUES (%lld, %d, '%s', now())",
	    (long long)delivery, attempt, state);
}

int64_t
ledger_put_retry(struct db *db, int64_t delivery, int64_t attempt)
{
	const int64_t delay = 0, first_at = 1700000000000000, account = 1;

	return ledger_rows(db, Q_RETRY_PUT,
	    DB_ARGS(db_int_array(&delivery, 1), db_int_array(&attempt, 1),
		db_int_array(&delay, 1), db_time_array(&first_at, 1),
		db_int_array(&account, 1)));
}

int64_t
ledger_claim_retries(struct db *db, const char *holder, int64_t campaign)
{
	return ledger_rows(db, Q_RETRY_CLAIM,
	    DB_ARGS(db_cstr(holder), db_int(60), db_int(campaign), db_int(10),
		db_null()));
}

void
ledger_expire_holds(struct db *db)
{
	pg_sql(db, "UPDATE lease SET held_until = now() - interval '1 s'"
		   " WHERE holder IS NOT NULL");
	pg_sql(db, "UPDATE retry SET held_until = now() - interval '1 s'"
		   " WHERE holder IS NOT NULL");
}
