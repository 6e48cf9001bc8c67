/*
 * Leases, watermarks, retries and outcomes as the statements handle them:
 * nobody is lost, nobody is sent to twice without being called uncertain.
 */
#include "tests/support/ledger.h"

#include "sender/scheduler.h"
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
take_over(const struct ledger_lease *c)
{
	ledger_rows(db, Q_LEASE_TAKE_OVER,
	    DB_ARGS(db_int(c->campaign), db_int(c->first), db_int(c->last),
		db_int(c->epoch)));
}

/* "3,4,5": the pending ones of a lease, numbered from its campaign's first. */
static const char *
pending(const struct ledger_lease *c)
{
	static char text[1000];
	struct db_result r = ledger_run(db, Q_LEASE_RECIPIENTS,
	    DB_ARGS(db_int(c->first), db_int(c->last), db_bool(c->epoch > 1),
		db_null()));
	size_t at = 0;
	int i;

	text[0] = '\0';
	for (i = 0; i < db_rows(&r); i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%lld",
		    i > 0 ? "," : "",
		    (long long)(db_get_int(&r, i, 0) & 0xffffffff));
	db_result_free(&r);
	return text;
}

static const char *
newest(int64_t delivery)
{
	return ledger_text(
	    "SELECT state::text || attempt FROM delivery_newest WHERE "
	    "delivery_id = %lld",
	    (long long)delivery);
}

static void
tidy(void)
{
	struct err err = {FAIL_NONE, ""};

	if (!scheduler_tidy(db, &scheduler, &err))
		fail_msg("%s", err.text);
}

/* Two claimers, one transaction open all the time. */
static void
nobody_shares_a_lease(void **state)
{
	struct db *other = ledger_again();
	struct err err = {FAIL_NONE, ""};
	bool seen[10] = {false}, more = true;
	struct ledger_lease c;
	int64_t id;
	int i = 0;

	(void)state;
	ledger_contacts(db, 1, 100);
	id = ledger_started(db, "hold", 10);
	assert_true(db_begin(other, &err));
	for (; more; i++) {
		more =
		    ledger_claim(i % 2 ? db : other, i % 2 ? "a" : "b", id, &c);
		if (!more)
			break;
		assert_false(seen[(c.first & 0xffffffff) / 10]);
		seen[(c.first & 0xffffffff) / 10] = true;
		assert_int_equal(c.epoch, 1);
	}
	assert_int_equal(i, 10);
	assert_true(db_commit(other, &err));
	assert_false(ledger_claim(db, "c", id, &c));
	assert_int_equal(ledger_int("SELECT count(*) FROM lease WHERE"
				    " holder = 'a'"),
	    5);
	db_close(other);
}

static void
only_running_campaigns_are_claimed(void **state)
{
	struct ledger_lease c;
	int64_t id;

	(void)state;
	ledger_contacts(db, 1, 10);
	id = ledger_started(db, "hold", 10);
	pg_sql(db, "UPDATE campaign SET status = 'paused'");
	assert_false(ledger_claim(db, "a", id, &c));
	pg_sql(db, "UPDATE campaign SET status = 'running'");
	assert_true(ledger_claim(db, "a", id, &c));
}

static void
an_old_epoch_moves_nothing(void **state)
{
	struct ledger_lease a, b;
	int64_t id;

	(void)state;
	ledger_contacts(db, 1, 10);
	id = ledger_started(db, "hold", 10);
	assert_true(ledger_claim(db, "a", id, &a));
	assert_int_equal(ledger_progress(db, &a, a.first + 4, 0), 1);
	ledger_expire_holds(db);
	assert_true(ledger_claim(db, "b", id, &b));
	assert_int_equal(b.epoch, 2);
	assert_int_equal(b.watermark, a.first + 4);
	assert_int_equal(ledger_progress(db, &a, a.last, 1), 0);
	assert_int_equal(
	    ledger_rows(db, Q_LEASE_RENEW,
		DB_ARGS(db_int_array(&a.campaign, 1), db_int_array(&a.first, 1),
		    db_int_array(&a.epoch, 1), db_int(60))),
	    0);
	assert_int_equal(ledger_int("SELECT watermark FROM lease"),
	    a.first + 4);
	/* said twice, in the wrong order: it never goes back ... */
	assert_int_equal(ledger_progress(db, &b, b.first + 6, 0), 1);
	assert_int_equal(ledger_progress(db, &b, b.first + 2, 0), 1);
	assert_int_equal(ledger_int("SELECT watermark FROM lease"),
	    b.first + 6);
	/* ... but when the lease is given back */
	assert_int_equal(ledger_progress(db, &b, b.first - 1, 2), 1);
	assert_string_equal(ledger_text(
				"SELECT (holder IS NULL)::text || (watermark - "
				"first_id) FROM lease"),
	    "true-1");
}

/* Watermark 5; 1 accepted, 2 failed, 3 deferred; 4 and 5 unknown. */
static int64_t
half_done(const char *on_uncertain, struct ledger_lease *b)
{
	struct ledger_lease a;
	int64_t id;

	ledger_contacts(db, 1, 8);
	id = ledger_started(db, on_uncertain, 8);
	assert_true(ledger_claim(db, "a", id, &a));
	assert_int_equal(ledger_progress(db, &a, a.first + 4, 0), 1);
	ledger_outcome(db, ledger_delivery(id, 1), 1, "accepted");
	ledger_outcome(db, ledger_delivery(id, 2), 1, "failed");
	ledger_outcome(db, ledger_delivery(id, 3), 1, "deferred");
	ledger_put_retry(db, ledger_delivery(id, 3), 2);
	ledger_expire_holds(db);
	assert_true(ledger_claim(db, "b", id, b));
	take_over(b);
	return id;
}

static void
taken_over_and_held(void **state)
{
	struct ledger_lease b;
	int64_t id;

	(void)state;
	id = half_done("hold", &b);
	assert_string_equal(pending(&b), "6,7,8");
	assert_string_equal(newest(ledger_delivery(id, 4)), "uncertain1");
	assert_string_equal(newest(ledger_delivery(id, 5)), "uncertain1");
	assert_int_equal(ledger_int("SELECT count(*) FROM retry"), 1);
	/* The claim before the reading was lost: once more is the same. */
	take_over(&b);
	assert_int_equal(ledger_int("SELECT count(*) FROM outcome"), 5);
}

static void
taken_over_and_sent_again(void **state)
{
	struct ledger_lease b;
	int64_t id;

	(void)state;
	id = half_done("resend", &b);
	assert_string_equal(pending(&b), "6,7,8");
	assert_string_equal(
	    ledger_text("SELECT string_agg((delivery_id - %lld) || ':' || "
			"attempt, ',' ORDER BY delivery_id) FROM retry",
		(long long)ledger_delivery(id, 0)),
	    "3:2,4:2,5:2");
	assert_int_equal(ledger_claim_retries(db, "b", id), 3);
	assert_int_equal(ledger_claim_retries(db, "c", id), 0);
}

static void
given_back_without_doubt(void **state)
{
	struct ledger_lease a, b;
	int64_t id;

	(void)state;
	ledger_contacts(db, 1, 8);
	id = ledger_started(db, "hold", 8);
	assert_true(ledger_claim(db, "a", id, &a));
	assert_int_equal(ledger_progress(db, &a, a.last, 0), 1);
	ledger_outcome(db, ledger_delivery(id, 2), 1, "accepted");
	ledger_outcome(db, ledger_delivery(id, 5), 1, "suppressed");
	assert_int_equal(ledger_progress(db, &a, a.first - 1, 2), 1);
	assert_true(ledger_claim(db, "b", id, &b));
	take_over(&b);
	assert_string_equal(pending(&b), "1,3,4,6,7,8");
	assert_int_equal(ledger_int("SELECT count(*) FROM outcome"), 2);
}

/* The holder before comes back with what it knows. */
static void
late_outcomes_resolve(void **state)
{
	struct ledger_lease b;
	int64_t id, four;

	(void)state;
	id = half_done("resend", &b);
	four = ledger_delivery(id, 4);
	ledger_outcome(db, four, 1, "accepted");
	assert_string_equal(newest(four), "accepted1");
	ledger_rows(db, Q_RETRY_SETTLE, DB_ARGS(db_int_array(&four, 1)));
	assert_int_equal(ledger_claim_retries(db, "b", id), 2);
	/* A 4xx of attempt 1, told after attempt 2 has ended. */
	ledger_outcome(db, ledger_delivery(id, 5), 2, "accepted");
	pg_sql(db, "DELETE FROM retry WHERE delivery_id = %lld",
	    (long long)ledger_delivery(id, 5));
	ledger_outcome(db, ledger_delivery(id, 5), 1, "deferred");
	assert_int_equal(ledger_put_retry(db, ledger_delivery(id, 5), 2), 0);
	assert_string_equal(newest(ledger_delivery(id, 5)), "accepted2");
}

static void
retries_grow_and_never_shrink(void **state)
{
	int64_t id, one;

	(void)state;
	ledger_contacts(db, 1, 2);
	id = ledger_started(db, "hold", 8);
	one = ledger_delivery(id, 1);
	ledger_outcome(db, one, 1, "deferred");
	assert_int_equal(ledger_put_retry(db, one, 2), 1);
	assert_int_equal(ledger_put_retry(db, one, 2), 0);
	assert_int_equal(ledger_claim_retries(db, "a", id), 1);
	ledger_outcome(db, one, 2, "deferred");
	assert_int_equal(ledger_put_retry(db, one, 3), 1);
	assert_string_equal(
	    ledger_text("SELECT attempt || coalesce(holder, '-') ||"
			" extract(epoch FROM first_at)::bigint FROM retry"),
	    "3-1700000000");
	ledger_outcome(db, one, 3, "accepted");
	assert_int_equal(ledger_put_retry(db, one, 4), 0);
}

static void
abandoned_retries(void **state)
{
	static const struct {
		const char *on_uncertain, *left;
	} rows[] = {{"hold", "0"}, {"resend", "1"}};
	int64_t id, one;
	size_t i;

	(void)state;
	ledger_contacts(db, 1, 1);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		id = ledger_started(db, rows[i].on_uncertain, 8);
		one = ledger_delivery(id, 1);
		ledger_outcome(db, one, 1, "deferred");
		ledger_put_retry(db, one, 2);
		assert_int_equal(ledger_claim_retries(db, "a", id), 1);
		tidy();
		assert_string_equal(newest(one), "deferred1");
		ledger_expire_holds(db);
		tidy();
		assert_string_equal(newest(one), "uncertain2");
		assert_string_equal(
		    ledger_text(
			"SELECT count(*)::text FROM retry WHERE attempt = 3"
			" AND holder IS NULL"),
		    rows[i].left);
	}
}

/* An answer that never arrived must not make anybody uncertain. */
static void
forgotten_claims_are_free_again(void **state)
{
	struct ledger_lease a, b;
	int64_t id, none = 0;

	(void)state;
	ledger_contacts(db, 1, 20);
	id = ledger_started(db, "hold", 10);
	assert_true(ledger_claim(db, "a", id, &a));
	assert_true(ledger_claim(db, "a", id, &b));
	ledger_outcome(db, ledger_delivery(id, 11), 1, "deferred");
	ledger_put_retry(db, ledger_delivery(id, 11), 2);
	assert_int_equal(ledger_claim_retries(db, "a", id), 1);
	assert_int_equal(ledger_rows(db, Q_LEASE_FORGET,
			     DB_ARGS(db_cstr("a"), db_int_array(&a.first, 1))),
	    1);
	assert_int_equal(ledger_rows(db, Q_RETRY_FORGET,
			     DB_ARGS(db_cstr("a"), db_int_array(&none, 0))),
	    1);
	assert_true(ledger_claim(db, "b", id, &b));
	assert_int_equal(b.first, ledger_delivery(id, 11));
	assert_int_equal(ledger_claim_retries(db, "b", id), 1);
	assert_int_equal(ledger_int("SELECT count(*) FROM outcome"), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(nobody_shares_a_lease),
	    TEST(only_running_campaigns_are_claimed),
	    TEST(an_old_epoch_moves_nothing),
	    TEST(taken_over_and_held),
	    TEST(taken_over_and_sent_again),
	    TEST(given_back_without_doubt),
	    TEST(late_outcomes_resolve),
	    TEST(retries_grow_and_never_shrink),
	    TEST(abandoned_retries),
	    TEST(forgotten_claims_are_free_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
