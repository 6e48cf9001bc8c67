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

struct claimed {
	int64_t campaign, first, last, watermark, epoch;
};

static bool
claim(struct db *c, const char *holder, int64_t campaign, struct claimed *out)
{
	struct db_result r = ledger_run(c, Q_LEASE_CLAIM,
	    DB_ARGS(db_cstr(holder), db_int(60), db_int(campaign)));
	bool got = db_rows(&r) > 0;

	*out = (struct claimed){.campaign = campaign};
	if (got)
		*out = (struct claimed){
		    .campaign = campaign,
		    .first = db_get_int(&r, 0, 0),
		    .last = db_get_int(&r, 0, 1),
		    .watermark = db_get_int(&r, 0, 2),
		    .epoch = db_get_int(&r, 0, 3),
		};
	db_result_free(&r);
	return got;
}

/* How many rows came back: 1 when the lease was still held. */
static int64_t
progress(const struct claimed *c, int64_t watermark, int64_t step)
{
	return ledger_rows(db, Q_LEASE_PROGRESS,
	    DB_ARGS(db_int_array(&c->campaign, 1), db_int_array(&c->first, 1),
		db_int_array(&c->epoch, 1), db_int_array(&watermark, 1),
		db_int_array(&step, 1)));
}

static void
take_over(const struct claimed *c)
{
	ledger_rows(db, Q_LEASE_TAKE_OVER,
	    DB_ARGS(db_int(c->campaign), db_int(c->first), db_int(c->last),
		db_int(c->epoch)));
}

/* "3,4,5": the pending ones of a lease, numbered from its campaign's first. */
static const char *
pending(const struct claimed *c)
{
	static char text[1000];
	struct db_result r = ledger_run(db, Q_LEASE_RECIPIENTS,
	    DB_ARGS(db_int(c->first), db_int(c->last), db_bool(c->epoch > 1)));
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

static void
outcome(int64_t delivery, int attempt, const char *state)
{
	pg_sql(db,
	    "INSERT INTO outcome (delivery_id, attempt, state, at)"
	    " VALUES (%lld, %d, '%s', now())",
	    (long long)delivery, attempt, state);
}

static const char *
newest(int64_t delivery)
{
	return ledger_text(
	    "SELECT state::text || attempt FROM delivery_newest WHERE "
	    "delivery_id = %lld",
	    (long long)delivery);
}

static int64_t
put_retry(int64_t delivery, int64_t attempt)
{
	const int64_t delay = 0, first_at = 1700000000000000, account = 1;

	return ledger_rows(db, Q_RETRY_PUT,
	    DB_ARGS(db_int_array(&delivery, 1), db_int_array(&attempt, 1),
		db_int_array(&delay, 1), db_time_array(&first_at, 1),
		db_int_array(&account, 1)));
}

static int64_t
claim_retries(struct db *c, const char *holder, int64_t campaign)
{
	return ledger_rows(c, Q_RETRY_CLAIM,
	    DB_ARGS(db_cstr(holder), db_int(60), db_int(campaign), db_int(10)));
}

static void
tidy(void)
{
	struct err err = {FAIL_NONE, ""};

	if (!scheduler_tidy(db, &scheduler, &err))
		fail_msg("%s", err.text);
}

static void
expire_hold(void)
{
	pg_sql(db, "UPDATE lease SET held_until = now() - interval '1 s'"
		   " WHERE holder IS NOT NULL");
	pg_sql(db, "UPDATE retry SET held_until = now() - interval '1 s'"
		   " WHERE holder IS NOT NULL");
}

/* Two claimers, one transaction open all the time. */
static void
nobody_shares_a_lease(void **state)
{
	struct db *other = ledger_again();
	struct err err = {FAIL_NONE, ""};
	bool seen[10] = {false}, more = true;
	struct claimed c;
	int64_t id;
	int i = 0;

	(void)state;
	ledger_contacts(db, 1, 100);
	id = ledger_started(db, "hold", 10);
	assert_true(db_begin(other, &err));
	for (; more; i++) {
		more = claim(i % 2 ? db : other, i % 2 ? "a" : "b", id, &c);
		if (!more)
			break;
		assert_false(seen[(c.first & 0xffffffff) / 10]);
		seen[(c.first & 0xffffffff) / 10] = true;
		assert_int_equal(c.epoch, 1);
	}
	assert_int_equal(i, 10);
	assert_true(db_commit(other, &err));
	assert_false(claim(db, "c", id, &c));
	assert_int_equal(ledger_int("SELECT count(*) FROM lease WHERE"
				    " holder = 'a'"),
	    5);
	db_close(other);
}

static void
only_running_campaigns_are_claimed(void **state)
{
	struct claimed c;
	int64_t id;

	(void)state;
	ledger_contacts(db, 1, 10);
	id = ledger_started(db, "hold", 10);
	pg_sql(db, "UPDATE campaign SET status = 'paused'");
	assert_false(claim(db, "a", id, &c));
	pg_sql(db, "UPDATE campaign SET status = 'running'");
	assert_true(claim(db, "a", id, &c));
}

static void
an_old_epoch_moves_nothing(void **state)
{
	struct claimed a, b;
	int64_t id;

	(void)state;
	ledger_contacts(db, 1, 10);
	id = ledger_started(db, "hold", 10);
	assert_true(claim(db, "a", id, &a));
	assert_int_equal(progress(&a, a.first + 4, 0), 1);
	expire_hold();
	assert_true(claim(db, "b", id, &b));
	assert_int_equal(b.epoch, 2);
	assert_int_equal(b.watermark, a.first + 4);
	assert_int_equal(progress(&a, a.last, 1), 0);
	assert_int_equal(
	    ledger_rows(db, Q_LEASE_RENEW,
		DB_ARGS(db_int_array(&a.campaign, 1), db_int_array(&a.first, 1),
		    db_int_array(&a.epoch, 1), db_int(60))),
	    0);
	assert_int_equal(ledger_int("SELECT watermark FROM lease"),
	    a.first + 4);
	/* said twice, in the wrong order: it never goes back ... */
	assert_int_equal(progress(&b, b.first + 6, 0), 1);
	assert_int_equal(progress(&b, b.first + 2, 0), 1);
	assert_int_equal(ledger_int("SELECT watermark FROM lease"),
	    b.first + 6);
	/* ... but when the lease is given back */
	assert_int_equal(progress(&b, b.first - 1, 2), 1);
	assert_string_equal(ledger_text(
				"SELECT (holder IS NULL)::text || (watermark - "
				"first_id) FROM lease"),
	    "true-1");
}

/* Watermark 5; 1 accepted, 2 failed, 3 deferred; 4 and 5 unknown. */
static int64_t
half_done(const char *on_uncertain, struct claimed *b)
{
	struct claimed a;
	int64_t id;

	ledger_contacts(db, 1, 8);
	id = ledger_started(db, on_uncertain, 8);
	assert_true(claim(db, "a", id, &a));
	assert_int_equal(progress(&a, a.first + 4, 0), 1);
	outcome(ledger_delivery(id, 1), 1, "accepted");
	outcome(ledger_delivery(id, 2), 1, "failed");
	outcome(ledger_delivery(id, 3), 1, "deferred");
	put_retry(ledger_delivery(id, 3), 2);
	expire_hold();
	assert_true(claim(db, "b", id, b));
	take_over(b);
	return id;
}

static void
taken_over_and_held(void **state)
{
	struct claimed b;
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
	struct claimed b;
	int64_t id;

	(void)state;
	id = half_done("resend", &b);
	assert_string_equal(pending(&b), "6,7,8");
	assert_string_equal(
	    ledger_text("SELECT string_agg((delivery_id - %lld) || ':' || "
			"attempt, ',' ORDER BY delivery_id) FROM retry",
		(long long)ledger_delivery(id, 0)),
	    "3:2,4:2,5:2");
	assert_int_equal(claim_retries(db, "b", id), 3);
	assert_int_equal(claim_retries(db, "c", id), 0);
}

static void
given_back_without_doubt(void **state)
{
	struct claimed a, b;
	int64_t id;

	(void)state;
	ledger_contacts(db, 1, 8);
	id = ledger_started(db, "hold", 8);
	assert_true(claim(db, "a", id, &a));
	assert_int_equal(progress(&a, a.last, 0), 1);
	outcome(ledger_delivery(id, 2), 1, "accepted");
	outcome(ledger_delivery(id, 5), 1, "suppressed");
	assert_int_equal(progress(&a, a.first - 1, 2), 1);
	assert_true(claim(db, "b", id, &b));
	take_over(&b);
	assert_string_equal(pending(&b), "1,3,4,6,7,8");
	assert_int_equal(ledger_int("SELECT count(*) FROM outcome"), 2);
}

/* The holder before comes back with what it knows. */
static void
late_outcomes_resolve(void **state)
{
	struct claimed b;
	int64_t id, four;

	(void)state;
	id = half_done("resend", &b);
	four = ledger_delivery(id, 4);
	outcome(four, 1, "accepted");
	assert_string_equal(newest(four), "accepted1");
	ledger_rows(db, Q_RETRY_SETTLE, DB_ARGS(db_int_array(&four, 1)));
	assert_int_equal(claim_retries(db, "b", id), 2);
	/* A 4xx of attempt 1, told after attempt 2 has ended. */
	outcome(ledger_delivery(id, 5), 2, "accepted");
	pg_sql(db, "DELETE FROM retry WHERE delivery_id = %lld",
	    (long long)ledger_delivery(id, 5));
	outcome(ledger_delivery(id, 5), 1, "deferred");
	assert_int_equal(put_retry(ledger_delivery(id, 5), 2), 0);
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
	outcome(one, 1, "deferred");
	assert_int_equal(put_retry(one, 2), 1);
	assert_int_equal(put_retry(one, 2), 0);
	assert_int_equal(claim_retries(db, "a", id), 1);
	outcome(one, 2, "deferred");
	assert_int_equal(put_retry(one, 3), 1);
	assert_string_equal(
	    ledger_text("SELECT attempt || coalesce(holder, '-') ||"
			" extract(epoch FROM first_at)::bigint FROM retry"),
	    "3-1700000000");
	outcome(one, 3, "accepted");
	assert_int_equal(put_retry(one, 4), 0);
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
		outcome(one, 1, "deferred");
		put_retry(one, 2);
		assert_int_equal(claim_retries(db, "a", id), 1);
		tidy();
		assert_string_equal(newest(one), "deferred1");
		expire_hold();
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
	struct claimed a, b;
	int64_t id, none = 0;

	(void)state;
	ledger_contacts(db, 1, 20);
	id = ledger_started(db, "hold", 10);
	assert_true(claim(db, "a", id, &a));
	assert_true(claim(db, "a", id, &b));
	outcome(ledger_delivery(id, 11), 1, "deferred");
	put_retry(ledger_delivery(id, 11), 2);
	assert_int_equal(claim_retries(db, "a", id), 1);
	assert_int_equal(ledger_rows(db, Q_LEASE_FORGET,
			     DB_ARGS(db_cstr("a"), db_int_array(&a.first, 1))),
	    1);
	assert_int_equal(ledger_rows(db, Q_RETRY_FORGET,
			     DB_ARGS(db_cstr("a"), db_int_array(&none, 0))),
	    1);
	assert_true(claim(db, "b", id, &b));
	assert_int_equal(b.first, ledger_delivery(id, 11));
	assert_int_equal(claim_retries(db, "b", id), 1);
	assert_int_equal(ledger_int("SELECT count(*) FROM outcome"), 1);
}

static void
finished_means_nothing_pending(void **state)
{
	struct claimed a, b;
	int64_t id;

	(void)state;
	ledger_contacts(db, 1, 4);
	id = ledger_started(db, "hold", 2);
	assert_true(claim(db, "a", id, &a));
	assert_true(claim(db, "a", id, &b));
	progress(&a, a.last, 1);
	tidy();
	assert_string_equal(ledger_text("SELECT status FROM campaign"),
	    "running");
	outcome(b.last, 1, "deferred");
	put_retry(b.last, 2);
	progress(&b, b.last, 1);
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
	put_retry(b.last, 2);
	assert_int_equal(ledger_rows(db, Q_CAMPAIGN_REOPEN, DB_NO_ARGS), 1);
	assert_string_equal(ledger_text("SELECT status FROM campaign"),
	    "running");
}

static void
time_runs_out(void **state)
{
	struct claimed a, b, c;
	int64_t id;

	(void)state;
	ledger_contacts(db, 1, 12);
	id = ledger_started(db, "hold", 4);
	assert_true(claim(db, "a", id, &a));
	assert_true(claim(db, "a", id, &b));
	outcome(ledger_delivery(id, 1), 1, "accepted");
	outcome(ledger_delivery(id, 2), 1, "deferred");
	put_retry(ledger_delivery(id, 2), 2);
	progress(&a, a.first + 2, 0);
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
	progress(&b, b.first - 1, 2);
	tidy();
	assert_string_equal(ledger_text("SELECT status FROM campaign"),
	    "finished");
	assert_int_equal(ledger_int("SELECT count(*) FROM delivery_newest"),
	    12);
	assert_false(claim(db, "a", id, &c));
}

/* The holder of a lease of a campaign that stands still is gone. */
static void
standing_still_hides_no_doubt(void **state)
{
	struct claimed a;
	int64_t id;

	(void)state;
	ledger_contacts(db, 1, 4);
	id = ledger_started(db, "hold", 4);
	assert_true(claim(db, "a", id, &a));
	progress(&a, a.first + 1, 0);
	pg_sql(db, "UPDATE campaign SET status = 'cancelled'");
	tidy();
	assert_int_equal(ledger_int("SELECT count(*) FROM outcome"), 0);
	expire_hold();
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
	struct claimed a;
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
	assert_true(claim(db, "a", id, &a));
	r = ledger_run(db, Q_LEASE_RECIPIENTS,
	    DB_ARGS(db_int(a.first), db_int(a.last), db_bool(false)));
	assert_int_equal(db_rows(&r), 4);
	assert_true(db_get_bool(&r, 0, 6));
	assert_true(db_get_bool(&r, 1, 6));
	assert_false(db_get_bool(&r, 2, 6));
	assert_true(db_get_bool(&r, 3, 6));
	db_result_free(&r);
}

static void
work_is_found(void **state)
{
	static const int64_t one[] = {1};
	struct db_result r = {NULL};
	struct claimed a;
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
	assert_true(claim(db, "a", id, &a));
	outcome(ledger_delivery(id, 1), 1, "deferred");
	put_retry(ledger_delivery(id, 1), 2);
	FIND(1, 2, 0);
	EXPECT(false, false, true);
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
	    TEST(finished_means_nothing_pending),
	    TEST(time_runs_out),
	    TEST(standing_still_hides_no_doubt),
	    TEST(suppressed_when_read),
	    TEST(work_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
