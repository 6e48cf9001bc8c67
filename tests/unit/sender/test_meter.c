/* Permits in a worker: asked in small numbers, given back unused, and never
 * used later than the database was promised. */
#include "sender/meter.h"

#include "sender/handout.h"
#include "sender/worker.h"
#include "tests/support/ledger.h"
#include "tests/support/pg.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct db *db;
static struct worker w;
static struct meter m;

static void
nothing(void *arg)
{
	(void)arg;
}

static int
setup(void **state)
{
	(void)state;
	db = ledger_open();
	pg_sql(db, "UPDATE smtp_account SET per_hour = 40");
	w = (struct worker){.loop = loop_new()};
	w.link = db_link_new(w.loop, ledger_conninfo());
	w.handout = loop_timer_new(w.loop, nothing, NULL);
	meter_init(&m, &w, METER_ACCOUNT, 1, STR_NONE);
	m.limited = true;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	db_link_free(w.link);
	w.link = NULL;
	meter_release(&m);
	handout_cancel(&w);
	loop_timer_free(w.handout);
	loop_free(w.loop);
	db_close(db);
	return 0;
}

static void
end(void *arg)
{
	loop_stop(arg);
}

static void
run_for(int64_t ms)
{
	struct loop_timer *t = loop_timer_new(w.loop, end, w.loop);

	loop_timer_start(t, ms);
	loop_run(w.loop);
	loop_timer_free(t);
}

/* Until what was asked is answered, and what was given back is written. */
static void
settle(void)
{
	do
		run_for(20);
	while (m.ask != NULL || db_link_waiting(w.link) > 0);
}

static int64_t
tokens(void)
{
	return ledger_int("SELECT floor(tokens)::bigint FROM quota");
}

static void
without_a_limit(void **state)
{
	(void)state;
	m.limited = false;
	assert_int_equal(meter_left(&m), INT_MAX);
	meter_use(&m);
	meter_return(&m);
	assert_int_equal(meter_left(&m), INT_MAX);
	assert_int_equal(db_link_waiting(w.link), 0);
}

static void
spent_and_given_back(void **state)
{
	(void)state;
	assert_int_equal(meter_left(&m), 0);
	meter_ask(&m, 8);
	meter_ask(&m, 8); /* it is asking */
	settle();
	/* The first promise is short: the unit is known from now on. */
	assert_int_equal(m.lag_ms, METER_LASTING_MS);
	meter_expire(&m, true);
	settle();
	assert_int_equal(tokens(), 10);
	meter_ask(&m, 8);
	settle();
	assert_int_equal(meter_left(&m), 8);
	assert_int_equal(tokens(), 2);
	meter_use(&m);
	meter_use(&m);
	meter_return(&m);
	assert_int_equal(meter_left(&m), 7);
	meter_expire(&m, false);
	assert_int_equal(meter_left(&m), 7);
	meter_expire(&m, true);
	settle();
	assert_int_equal(meter_left(&m), 0);
	assert_int_equal(tokens(), 9);
}

static void
none_left(void **state)
{
	(void)state;
	m.lag_ms = METER_LASTING_MS;
	meter_ask(&m, 100);
	settle();
	assert_int_equal(meter_left(&m), 10);
	while (meter_left(&m) > 0)
		meter_use(&m);
	meter_ask(&m, 100);
	settle();
	assert_int_equal(meter_left(&m), 0);
	meter_ask(&m, 100); /* too early */
	assert_null(m.ask);
}

/* An answer that took longer than promised is of no use any more. */
static void
too_late(void **state)
{
	struct err err = {FAIL_NONE, ""};
	int64_t least = 0;

	(void)state;
	meter_ask(&m, 5);
	settle();
	meter_expire(&m, true);
	settle();
	m.lag_ms = METER_SECOND_MS;
	assert_true(db_begin(db, &err));
	pg_sql(db, "SELECT FROM quota FOR UPDATE");
	meter_ask(&m, 5);
	run_for(400);
	assert_non_null(m.ask);
	assert_true(db_commit(db, &err));
	settle();
	assert_int_equal(meter_left(&m), 0);
	assert_int_equal(tokens(), 10);
	/* The next promise is long enough, and kept in the row. */
	least = 800;
	assert_true(m.lag_ms >= least);
	meter_ask(&m, 5);
	settle();
	assert_int_equal(meter_left(&m), 5);
	assert_true(
	    ledger_int("SELECT (1000 * lag_s)::bigint FROM quota") >= least);
}

/* Nobody waits for the answer: what it brings goes back. */
static void
gone_before_the_answer(void **state)
{
	(void)state;
	meter_ask(&m, 5);
	meter_release(&m);
	while (db_link_waiting(w.link) > 0)
		run_for(20);
	assert_int_equal(tokens(), 10);
	meter_init(&m, &w, METER_ACCOUNT, 1, STR_NONE);
}

/* A limit that has gone meanwhile. */
static void
unlimited_now(void **state)
{
	(void)state;
	m.lag_ms = METER_LASTING_MS;
	pg_sql(db, "UPDATE smtp_account SET per_hour = NULL");
	meter_ask(&m, 500);
	settle();
	assert_int_equal(meter_left(&m), 500);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(without_a_limit),
	    TEST(spent_and_given_back),
	    TEST(none_left),
	    TEST(too_late),
	    TEST(gone_before_the_answer),
	    TEST(unlimited_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
