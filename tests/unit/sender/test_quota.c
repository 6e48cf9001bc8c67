/* Permits of accounts, groups and campaigns: never more than the limit in any
 * window, shared by all, the time being the database's. */
#include "tests/support/ledger.h"
#include "tests/support/pg.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct db *db;

/* The statements ask for the time without a schema: theirs stands still, at
 * the moment when the test began, however busy the machine is. */
static int
setup(void **state)
{
	(void)state;
	db = ledger_open();
	pg_sql(db,
	    "CREATE SCHEMA stopped;"
	    "CREATE TABLE stopped.clock AS SELECT now() AS at;"
	    "CREATE FUNCTION stopped.clock_timestamp() RETURNS timestamptz "
	    "LANGUAGE sql STABLE AS 'SELECT at FROM stopped.clock';"
	    "DO $$BEGIN EXECUTE format('ALTER DATABASE %%I SET search_path = "
	    "stopped, public, pg_catalog', current_database()); END$$");
	db_close(db);
	db = ledger_again();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	db_close(db);
	return 0;
}

#define LAG_S  0.1
#define SECOND 1000000 /* microseconds */

/* What is limited. */
struct key {
	const char *kind;
	int64_t id;
	const char *group;
};
static const struct key account = {"account", 1, ""};

static int64_t
take_of(struct db *c, const struct key *k, int64_t want)
{
	const struct db_arg kind = db_cstr(k->kind), id = db_int(k->id);
	const struct db_arg group = db_cstr(k->group);
	struct err err = {FAIL_NONE, ""};
	struct db_result r;
	int64_t n;

	assert_true(db_begin(c, &err));
	ledger_rows(c, Q_QUOTA_ENSURE, DB_ARGS(kind, id, group));
	ledger_rows(c, Q_QUOTA_REFILL,
	    DB_ARGS(kind, id, group, db_float(LAG_S)));
	r = ledger_run(c, Q_QUOTA_TAKE, DB_ARGS(kind, id, group, db_int(want)));
	n = db_is_null(&r, 0, 1) ? INT64_MAX : db_get_int(&r, 0, 0);
	db_result_free(&r);
	assert_true(db_commit(c, &err));
	return n;
}

static int64_t
take(struct db *c, int64_t want)
{
	return take_of(c, &account, want);
}

/* Time passes by moving what was noted. */
static void
pass_us(int64_t us)
{
	pg_sql(db,
	    "UPDATE quota SET filled_at = filled_at - %lld * interval "
	    "'1 microsecond'",
	    (long long)us);
}

static void
pass(double seconds)
{
	pass_us((int64_t)(seconds * SECOND));
}

#define MOMENTS 400

/* What was granted at each step. */
struct grants {
	int64_t step_us;
	int64_t got[MOMENTS], total;
};

static void
be_greedy(struct grants *g, double step)
{
	size_t k;

	g->total = 0;
	g->step_us = (int64_t)(step * SECOND);
	for (k = 0; k < MOMENTS; k++, pass_us(g->step_us))
		g->total += g->got[k] = take(db, 1000);
}

/* The most that was granted within any window; what is granted may be used
 * somewhat later. */
static int64_t
most_within(const struct grants *g, double window)
{
	int64_t window_us = (int64_t)((window + LAG_S) * SECOND);
	int64_t sum, most = 0;
	size_t from, k;

	for (from = 0; from < MOMENTS; from++) {
		sum = 0;
		for (k = from; k < MOMENTS; k++)
			if ((int64_t)(k - from) * g->step_us < window_us)
				sum += g->got[k];
		if (sum > most)
			most = sum;
	}
	return most;
}

/* Greedy takers never get more than the limit in any rolling window, and at
 * least `used` of what it allows. */
static void
no_window_is_over_its_limit(void **state)
{
	static const struct {
		const char *column;
		int limit;
		double window, step, used;
	} rows[] = {
	    {"per_second", 1, 1, 0.07, 0.8},
	    {"per_second", 10, 1, 0.03, 0.8},
	    {"per_second", 100, 1, 0.01, 0.8},
	    {"per_minute", 1, 60, 7, 0.8},
	    {"per_minute", 30, 60, 1, 0.8},
	    {"per_hour", 1, 3600, 600, 0.8},
	    {"per_hour", 60, 3600, 50, 0.7},
	    {"per_day", 1000, 86400, 900, 0.5},
	};
	static struct grants g;
	double windows;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		pg_sql(db,
		    "DELETE FROM quota; UPDATE smtp_account SET "
		    "per_second = NULL, per_minute = NULL, per_hour = NULL, "
		    "per_day = NULL;"
		    "UPDATE smtp_account SET %s = %d",
		    rows[i].column, rows[i].limit);
		be_greedy(&g, rows[i].step);
		if (most_within(&g, rows[i].window) > rows[i].limit)
			fail_msg("%s %d: %lld in a window", rows[i].column,
			    rows[i].limit,
			    (long long)most_within(&g, rows[i].window));
		windows = MOMENTS * rows[i].step / rows[i].window;
		if ((double)g.total <
		    rows[i].used * rows[i].limit * (windows - 1))
			fail_msg("%s %d: only %lld", rows[i].column,
			    rows[i].limit, (long long)g.total);
	}
}

static void
the_tightest_limit_counts(void **state)
{
	(void)state;
	pg_sql(db, "UPDATE smtp_account SET per_hour = 20, per_day = 1000");
	assert_int_equal(take(db, 3), 3);
	assert_int_equal(take(db, 100), 2);
	assert_int_equal(take(db, 100), 0);
	/* A limit that is gone holds nobody back. */
	pg_sql(db, "UPDATE smtp_account SET per_hour = NULL");
	assert_int_equal(take(db, 100), 100);
}

static void
shared_and_returned(void **state)
{
	struct db *other = ledger_again();

	(void)state;
	pg_sql(db, "UPDATE smtp_account SET per_day = 20");
	assert_int_equal(take(db, 6), 6);
	assert_int_equal(take(other, 100), 4);
	assert_int_equal(take(db, 1), 0);
	ledger_rows(other, Q_QUOTA_RETURN,
	    DB_ARGS(db_cstr("account"), db_int(1), db_cstr(""), db_int(3)));
	assert_int_equal(take(db, 100), 3);
	db_close(other);
}

/* Groups and campaigns have buckets of their own. */
static void
each_its_own(void **state)
{
	const struct key gmail = {"group", 1, "gmail"};
	const struct key other = {"group", 1, "example.com"};
	struct key campaign = {"campaign", 0, ""};

	(void)state;
	pg_sql(db, "UPDATE smtp_account SET per_day = 20;"
		   "INSERT INTO group_limit (account_id, group_name, per_hour) "
		   "VALUES (1, 'gmail', 40)");
	campaign.id = ledger_campaign(db, "hold");
	pg_sql(db, "UPDATE campaign SET per_minute = 60 WHERE id = %lld",
	    (long long)campaign.id);
	assert_int_equal(take_of(db, &gmail, 100), 10);
	assert_int_equal(take_of(db, &campaign, 100), 10);
	assert_int_equal(take(db, 100), 10);
	assert_int_equal(take_of(db, &gmail, 100), 0);
	assert_int_equal(take_of(db, &other, 100), INT64_MAX);
}

/* A clock that goes back gives nothing twice, and does not stop us for
 * good. */
static void
clock_put_back(void **state)
{
	(void)state;
	pg_sql(db, "UPDATE smtp_account SET per_hour = 40");
	assert_int_equal(take(db, 100), 10);
	pass(-1800);
	assert_int_equal(take(db, 100), 0);
	pass(1500);
	assert_int_equal(take(db, 100), 0);
	pass(300 + 3600);
	assert_int_equal(take(db, 100), 10);
	pass(-86400);
	assert_int_equal(take(db, 100), 0);
	pass(3600);
	assert_int_equal(take(db, 100), 10);
}

/* Permits that were used late count as long. */
static void
windows_grow_with_the_lag(void **state)
{
	(void)state;
	pg_sql(db, "UPDATE smtp_account SET per_second = 1");
	assert_int_equal(take(db, 1), 1);
	pg_sql(db, "UPDATE quota SET lag_s = 2");
	pass(2);
	assert_int_equal(take(db, 1), 0);
	pass(1.1);
	assert_int_equal(take(db, 1), 1);
	/* It is forgotten in time. */
	pass(200);
	assert_int_equal(take(db, 1), 1);
	pass(1.2);
	assert_int_equal(take(db, 1), 1);
}

/* Only what nobody can want any more. */
static void
forgotten_when_gone(void **state)
{
	struct key campaign = {"campaign", 0, ""};

	(void)state;
	campaign.id = ledger_campaign(db, "hold");
	pg_sql(db, "UPDATE smtp_account SET per_hour = 20, per_day = 50; "
		   "UPDATE campaign SET per_hour = 8");
	take(db, 1);
	take_of(db, &campaign, 1);
	pg_sql(db, "UPDATE smtp_account SET per_hour = NULL");
	assert_int_equal(ledger_rows(db, Q_QUOTA_FORGET, DB_NO_ARGS), 0);
	pass(3.0 * 86400);
	pg_sql(db, "DELETE FROM campaign");
	assert_int_equal(ledger_rows(db, Q_QUOTA_FORGET, DB_NO_ARGS), 2);
	assert_string_equal(ledger_text("SELECT unit FROM quota"), "day");
}

/* S-055: an hour passes at every step, and the warm-up began that much
 * earlier.  Whoever takes all that there is gets no more than a day's cap,
 * and most of it. */
static void
warm_up(void **state)
{
	static const int caps[] = {20, 30, 45, 67, 101, 151, 227, 341};
	static const struct key group = {"group", 1, "gmail"};
	const struct key *keys[] = {&account, &group};
	int64_t sent;
	size_t i, day, hour;

	(void)state;
	pg_sql(db,
	    "INSERT INTO warmup VALUES (1, '', now()::date, 20, 1.5, 500), "
	    "(1, 'gmail', now()::date, 20, 1.5, 500)");
	for (day = 0; day < ARRAY_LEN(caps); day++) {
		for (i = 0; i < ARRAY_LEN(keys); i++) {
			sent = 0;
			for (hour = 0; hour < 24; hour++) {
				sent += take_of(db, keys[i], 1000);
				pg_sql(db,
				    "UPDATE quota SET filled_at = filled_at - "
				    "interval '1 hour' WHERE kind = '%s'",
				    keys[i]->kind);
			}
			if (sent > caps[day] || sent < caps[day] * 4 / 10)
				fail_msg("%s, day %zu: %lld of %d",
				    keys[i]->kind, day + 1, (long long)sent,
				    caps[day]);
		}
		pg_sql(db, "UPDATE warmup SET start_on = start_on - 1");
	}
	/* Day 9 would be 512: it is over, and what the account says counts. */
	assert_int_equal(take(db, 1000), INT64_MAX);
	pg_sql(db, "UPDATE smtp_account SET per_day = 100");
	assert_in_range(take(db, 1000), 1, 50);
	/* The smaller of both. */
	pg_sql(db, "UPDATE warmup SET start_on = now()::date; "
		   "UPDATE smtp_account SET per_day = 10; DELETE FROM quota");
	assert_int_equal(take(db, 1000), 5);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(no_window_is_over_its_limit),
	    TEST(the_tightest_limit_counts),
	    TEST(shared_and_returned),
	    TEST(each_its_own),
	    TEST(clock_put_back),
	    TEST(windows_grow_with_the_lag),
	    TEST(forgotten_when_gone),
	    TEST(warm_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
