/*
 * Campaigns as wholes: finished means that nothing is pending, what is too
 * late expires, nobody's doubt gets lost while one stands still.
 */
#include "sender/scheduler.h"

#include "tests/support/ledger.h"
#include "tests/support/pg.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct db *db;
static struct settings settings;
static struct scheduler_params scheduler = {
    .settings = &settings,
    .name = "tidy",
};

static int
setup(void **state)
{
	(void)state;
	settings_defaults(&settings);
	db = ledger_open();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	db_close(db);
	return 0;
}

static void
tidy(void)
{
	struct err err = {FAIL_NONE, ""};

	if (!scheduler_tidy(db, &scheduler, &err))
		fail_msg("%s", err.text);
}

static void
finished_means_nothing_pending(void **state)
{
	struct ledger_lease a, b;
	int64_t id;

	(void)state;
	ledger_contacts(db, 1, 4);
	id = ledger_started(db, "hold", 2);
	assert_true(ledger_claim(db, "a", id, &a));
	assert_true(ledger_claim(db, "a", id, &b));
	ledger_progress(db, &a, a.last, 1);
	tidy();
	assert_string_equal(ledger_text("SELECT status FROM campaign"),
	    "running");
	ledger_outcome(db, b.last, 1, "deferred");
	ledger_put_retry(db, b.last, 2);
	ledger_progress(db, &b, b.last, 1);
	tidy();
	assert_string_equal(ledger_text("SELECT status FROM campaign"),
	    "running");
	pg_sql(db, "DELETE FROM retry");
	tidy();
	assert_string_equal(ledger_text(
				"SELECT status || (finished_at IS NOT NULL) "
				"FROM campaign"),
	    "finishedtrue");
	/* Somebody releases one: it goes on. */
	ledger_put_retry(db, b.last, 2);
	assert_int_equal(ledger_rows(db, Q_CAMPAIGN_REOPEN, DB_NO_ARGS), 1);
	assert_string_equal(ledger_text("SELECT status FROM campaign"),
	    "running");
}

static void
time_runs_out(void **state)
{
	struct ledger_lease a, b, c;
	int64_t id;

	(void)state;
	ledger_contacts(db, 1, 12);
	id = ledger_started(db, "hold", 4);
	assert_true(ledger_claim(db, "a", id, &a));
	assert_true(ledger_claim(db, "a", id, &b));
	ledger_outcome(db, ledger_delivery(id, 1), 1, "accepted");
	ledger_outcome(db, ledger_delivery(id, 2), 1, "deferred");
	ledger_put_retry(db, ledger_delivery(id, 2), 2);
	ledger_progress(db, &a, a.first + 2, 0);
	pg_sql(db, "UPDATE campaign SET expires_at = now()");
	pg_sql(db,
	    "UPDATE lease SET held_until = now() - interval '1 s'"
	    " WHERE first_id = %lld",
	    (long long)a.first);
	tidy();
	/* 1 accepted, 2 expired as a retry, 3 was on the wire, 4 not; 5..8 are
	 * held by somebody, 9..12 by nobody. */
	assert_string_equal(
	    ledger_text("SELECT string_agg(state::text || attempt, ' ' ORDER "
			"BY delivery_id) FROM delivery_newest"),
	    "accepted1 expired2 uncertain1 expired1 expired1 expired1 expired1 "
	    "expired1");
	assert_string_equal(ledger_text("SELECT status FROM campaign"),
	    "running");
	ledger_progress(db, &b, b.first - 1, 2);
	tidy();
	assert_string_equal(ledger_text("SELECT status FROM campaign"),
	    "finished");
	assert_int_equal(ledger_int("SELECT count(*) FROM delivery_newest"),
	    12);
	assert_false(ledger_claim(db, "a", id, &c));
}

/* The holder of a lease of a campaign that stands still is gone. */
static void
standing_still_hides_no_doubt(void **state)
{
	struct ledger_lease a;
	int64_t id;

	(void)state;
	ledger_contacts(db, 1, 4);
	id = ledger_started(db, "hold", 4);
	assert_true(ledger_claim(db, "a", id, &a));
	ledger_progress(db, &a, a.first + 1, 0);
	pg_sql(db, "UPDATE campaign SET status = 'cancelled'");
	tidy();
	assert_int_equal(ledger_int("SELECT count(*) FROM outcome"), 0);
	ledger_expire_holds(db);
	tidy();
	assert_int_equal(ledger_int("SELECT count(*) FROM outcome WHERE"
				    " state = 'uncertain'"),
	    2);
	assert_string_equal(
	    ledger_text("SELECT (holder IS NULL)::text || done FROM lease"),
	    "truefalse");
}

static void
suppressed_when_read(void **state)
{
	struct db_result r = {NULL};
	struct ledger_lease a;
	int64_t id;

	(void)state;
	ledger_contacts(db, 1, 4);
	id = ledger_started(db, "hold", 4);
	pg_sql(db, "INSERT INTO list (id, name) VALUES (2, 'two')");
	pg_sql(db, "INSERT INTO suppression (email_key, list_id, reason) VALUES"
		   " ('c1@example.com', NULL, 'complaint'),"
		   " ('c2@example.com', 1, 'unsubscribe'),"
		   " ('c3@example.com', 2, 'unsubscribe')");
	pg_sql(db, "DELETE FROM contact WHERE id = 4");
	assert_true(ledger_claim(db, "a", id, &a));
	r = ledger_run(db, Q_LEASE_RECIPIENTS,
	    DB_ARGS(db_int(a.first), db_int(a.last), db_bool(false),
		db_null()));
	assert_int_equal(db_rows(&r), 4);
	assert_true(db_get_bool(&r, 0, 6));
	assert_true(db_get_bool(&r, 1, 6));
	assert_false(db_get_bool(&r, 2, 6));
	assert_true(db_get_bool(&r, 3, 6));
	db_result_free(&r);
}

/* Somebody ended between the last outcome and the end of the campaign: a next
 * run has something to do. */
static void
what_is_done_is_closed(void **state)
{
	struct scheduler_work work;
	struct err err;

	(void)state;
	ledger_contacts(db, 1, 4);
	ledger_started(db, "hold", 4);
	assert_true(scheduler_look(db, &work, &err));
	assert_int_equal(work.unclosed, 0);
	assert_int_equal(work.campaigns, 1);
	pg_sql(db, "UPDATE lease SET done = true");
	assert_true(scheduler_look(db, &work, &err));
	assert_int_equal(work.unclosed, 1);
	assert_int_equal(work.campaigns, 0);
	tidy();
	assert_true(scheduler_look(db, &work, &err));
	assert_int_equal(work.unclosed, 0);
}

static void
work_is_found(void **state)
{
	static const int64_t one[] = {1};
	struct db_result r = {NULL};
	struct ledger_lease a;
	int64_t id;

	(void)state;
	ledger_contacts(db, 1, 4);
	id = ledger_started(db, "hold", 4);
#define FIND(index, count, unusable)              \
	r = ledger_run(db, Q_WORK_FIND,           \
	    DB_ARGS(db_int(index), db_int(count), \
		db_int_array(one, unusable)));    \
	assert_int_equal(db_rows(&r), 1)
#define EXPECT(usable, leases, retries)                   \
	assert_int_equal(db_get_bool(&r, 0, 1), usable);  \
	assert_int_equal(db_get_bool(&r, 0, 2), leases);  \
	assert_int_equal(db_get_bool(&r, 0, 3), retries); \
	db_result_free(&r)
	FIND(0, 2, 0);
	EXPECT(true, true, false);
	FIND(0, 2, 1);
	EXPECT(false, true, false);
	/* One connection, two workers: one of them gets it. */
	pg_sql(db, "UPDATE smtp_account SET max_connections = 1");
	FIND(0, 2, 0);
	EXPECT(false, true, false);
	FIND(1, 2, 0);
	EXPECT(true, true, false);
	pg_sql(db, "UPDATE smtp_account SET state = 'paused'");
	assert_true(ledger_claim(db, "a", id, &a));
	ledger_outcome(db, ledger_delivery(id, 1), 1, "deferred");
	ledger_put_retry(db, ledger_delivery(id, 1), 2);
	FIND(1, 2, 0);
	EXPECT(false, false, true);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(finished_means_nothing_pending),
	    TEST(time_runs_out),
	    TEST(standing_still_hides_no_doubt),
	    TEST(suppressed_when_read),
	    TEST(what_is_done_is_closed),
	    TEST(work_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
