/* When a campaign stops by itself: chance ruled out, a bad part of a list
 * behind a good one noticed, nothing twice. */
#include "sender/brake.h"

#include "tests/support/ledger.h"
#include "tests/support/pg.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct db *db;
static int64_t campaign;

static int
setup(void **state)
{
	(void)state;
	db = ledger_open();
	ledger_contacts(db, 1, 5000);
	campaign = ledger_started(db, "hold", 100);
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
share_and_chance(void **state)
{
	static const struct {
		const char *label;
		int64_t results, hard, complaints;
		double hard_percent, complaint_percent;
		const char *why; /* is part of it; NULL: it goes on */
	} rows[] = {
	    {"nothing", 0, 0, 0, 5, 0.3, NULL},
	    {"too few to tell", 199, 199, 199, 5, 0.3, NULL},
	    {"all of them", 200, 200, 0, 5, 0.3, "200 hard bounces"},
	    {"as many as allowed", 200, 10, 0, 5, 0.3, NULL},
	    {"may be chance", 200, 16, 0, 5, 0.3, NULL},
	    {"no chance any more", 200, 17, 0, 5, 0.3, "8.5 %"},
	    {"more results, closer", 2000, 119, 0, 5, 0.3, NULL},
	    {"more results, above", 2000, 120, 0, 5, 0.3, "the 5 %"},
	    {"two complaints", 200, 0, 2, 5, 0.3, NULL},
	    {"three complaints", 200, 0, 3, 5, 0.3, "3 complaints"},
	    {"complaints among many", 20000, 0, 75, 5, 0.3, NULL},
	    {"too many among many", 20000, 0, 76, 5, 0.3, "the 0.3 %"},
	    {"no brake for bounces", 200, 200, 0, 0, 0.3, NULL},
	    {"no brake for complaints", 200, 0, 200, 5, 0, NULL},
	    {"later than its lease", 200, 201, 0, 5, 0.3, "201 hard"},
	};
	char why[BRAKE_WHY_MAX];
	struct brake_limit limit;
	struct brake_count count;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		count = (struct brake_count){rows[i].results, rows[i].hard,
		    rows[i].complaints};
		limit = (struct brake_limit){rows[i].hard_percent,
		    rows[i].complaint_percent, 200};
		why[0] = '\0';
		if (brake_is_due(&count, &limit, why) != (rows[i].why != NULL))
			fail_msg("%s: \"%s\"", rows[i].label, why);
		if (rows[i].why != NULL && strstr(why, rows[i].why) == NULL)
			fail_msg("%s: \"%s\"", rows[i].label, why);
	}
}

/* Leases from..to are sent. */
static void
reach(int from, int to)
{
	pg_sql(db,
	    "UPDATE lease SET done = true, watermark = last_id "
	    "WHERE campaign_id = %lld AND (first_id & 4294967295) BETWEEN "
	    "%d AND %d",
	    (long long)campaign, (from - 1) * 100 + 1, (to - 1) * 100 + 1);
}

static void
happen(const char *kind, int from, int to)
{
	pg_sql(db,
	    "INSERT INTO event (kind, key, campaign_id, delivery_id, type) "
	    "SELECT '%s', n::text, %lld, (%lld::bigint << 32) + n, 'hard' "
	    "FROM generate_series(%d, %d) n ON CONFLICT DO NOTHING",
	    kind, (long long)campaign, (long long)campaign, from, to);
}

static const char *
status_after_a_look(void)
{
	struct err err = {FAIL_NONE, ""};

	if (!brake_look(db, &err))
		fail_msg("%s", err.text);
	return ledger_text("SELECT status FROM campaign");
}

static void
stops_and_says_why(void **state)
{
	(void)state;
	assert_string_equal(status_after_a_look(), "running");
	reach(1, 2);
	happen("bounce", 1, 16);
	assert_string_equal(status_after_a_look(), "running");
	happen("bounce", 17, 17);
	assert_string_equal(status_after_a_look(), "paused");
	assert_non_null(strstr(ledger_text("SELECT status_reason FROM "
					   "campaign"),
	    "17 hard bounces among 200 recipients (8.5 %)"));
	assert_int_equal(ledger_int("SELECT count(*) FROM event "
				    "WHERE kind = 'alert' AND campaign_id = 1 "
				    "AND data->>'alert' = 'brake' "
				    "AND (data->>'hard_bounces')::int = 17"),
	    1);
}

static void
deferred_are_no_results(void **state)
{
	(void)state;
	reach(1, 4);
	happen("bounce", 1, 18);
	assert_string_equal(status_after_a_look(), "running");
	pg_sql(db,
	    "INSERT INTO retry (delivery_id, campaign_id, attempt, next_at, "
	    "first_at) SELECT id, campaign_id, 2, now(), now() FROM delivery "
	    "WHERE (id & 4294967295) BETWEEN 201 AND 400");
	assert_string_equal(status_after_a_look(), "paused");
}

/* A watermark says only what may be under way. */
static void
under_way_are_no_results(void **state)
{
	(void)state;
	pg_sql(db, "UPDATE lease SET watermark = last_id, holder = 'a', "
		   "held_until = now() + interval '1 hour' "
		   "WHERE (first_id & 4294967295) <= 901");
	happen("bounce", 1, 40);
	assert_string_equal(status_after_a_look(), "running");
	pg_sql(db,
	    "INSERT INTO outcome (delivery_id, attempt, state, at) "
	    "SELECT (%lld::bigint << 32) + n, 1, CASE WHEN n > 150 THEN "
	    "'failed' ELSE 'accepted' END::delivery_state, now() "
	    "FROM generate_series(1, 199) n",
	    (long long)campaign);
	assert_string_equal(status_after_a_look(), "running");
	ledger_outcome(db, ledger_delivery(campaign, 500), 1, "failed");
	assert_string_equal(status_after_a_look(), "paused");
}

/* 1 % of all, but 20 % of what was sent last. */
static void
recent_ones_count(void **state)
{
	(void)state;
	reach(1, 49);
	happen("bounce", 4600, 4650);
	assert_string_equal(status_after_a_look(), "running");
	happen("bounce", 4651, 4800);
	assert_string_equal(status_after_a_look(), "paused");
}

/* What was known at the resume is not held against it. */
static void
only_new_evidence(void **state)
{
	(void)state;
	reach(1, 3);
	happen("complaint", 1, 5);
	assert_string_equal(status_after_a_look(), "paused");
	ledger_rows(db, Q_CAMPAIGN_RESUME, DB_ARGS(db_int(campaign)));
	assert_string_equal(status_after_a_look(), "running");
	reach(4, 6);
	happen("complaint", 6, 300);
	assert_string_equal(status_after_a_look(), "running");
	happen("complaint", 301, 304);
	assert_string_equal(status_after_a_look(), "paused");
	assert_non_null(
	    strstr(ledger_text("SELECT status_reason FROM campaign"),
		"4 complaints among 300"));
	assert_int_equal(
	    ledger_int("SELECT count(*) FROM event WHERE kind = 'alert'"), 2);
}

/* In a lease that was under way, what lies behind its watermark. */
static void
marks_within_a_lease(void **state)
{
	(void)state;
	reach(1, 3);
	pg_sql(db, "UPDATE lease SET watermark = first_id + 49, holder = 'a', "
		   "held_until = now() + interval '1 hour' "
		   "WHERE (first_id & 4294967295) = 301");
	happen("bounce", 1, 60);
	assert_string_equal(status_after_a_look(), "paused");
	pg_sql(db, "UPDATE campaign SET brake_minimum = 40");
	ledger_rows(db, Q_CAMPAIGN_RESUME, DB_ARGS(db_int(campaign)));
	reach(4, 4);
	happen("bounce", 301, 350);
	assert_string_equal(status_after_a_look(), "running");
	happen("bounce", 351, 360);
	assert_string_equal(status_after_a_look(), "paused");
	assert_non_null(
	    strstr(ledger_text("SELECT status_reason FROM campaign"),
		"10 hard bounces among 50"));
}

static void
switched_off(void **state)
{
	(void)state;
	reach(1, 50);
	happen("bounce", 1, 5000);
	pg_sql(db, "UPDATE campaign SET brake_hard_percent = NULL");
	assert_string_equal(status_after_a_look(), "running");
	pg_sql(db, "UPDATE campaign SET brake_hard_percent = 5, "
		   "brake_minimum = 5001");
	assert_string_equal(status_after_a_look(), "running");
	pg_sql(db, "UPDATE campaign SET brake_minimum = 5000");
	assert_string_equal(status_after_a_look(), "paused");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(share_and_chance),
	    TEST(stops_and_says_why),
	    TEST(deferred_are_no_results),
	    TEST(under_way_are_no_results),
	    TEST(recent_ones_count),
	    TEST(only_new_evidence),
	    TEST(marks_within_a_lease),
	    TEST(switched_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
