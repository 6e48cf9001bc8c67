/* What a batch of outcomes leaves in the database, also when it is said
 * twice. */
#include "sender/outcome_batch.h"

#include "tests/support/ledger.h"
#include "tests/support/pg.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct db *db;
static struct loop *loop;
static struct db_link *db_link;
static struct lease *lease;
static int64_t campaign;
static int64_t held; /* leases that lease_progress returned */
static enum fail failed;
static size_t crowd; /* accepted ones besides, from 101 on */

static int
setup(void **state)
{
	(void)state;
	db = ledger_open();
	ledger_contacts(db, 1, 9);
	campaign = ledger_started(db, "hold", 9);
	loop = loop_new();
	db_link = db_link_new(loop, ledger_conninfo());
	lease = lease_new(LEASE_RANGE, NULL);
	lease->first_id = ledger_delivery(campaign, 1);
	lease->last_id = ledger_delivery(campaign, 9);
	lease->epoch = 1;
	ledger_rows(db, Q_LEASE_CLAIM,
	    DB_ARGS(db_cstr("me"), db_int(60), db_int(campaign)));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	lease_free(lease);
	db_link_free(db_link);
	loop_free(loop);
	db_close(db);
	return 0;
}

static void
on_written(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	(void)count;
	failed = err != NULL ? err->kind : FAIL_NONE;
	if (err == NULL)
		held = db_rows(&results[0]);
	loop_stop(arg);
}

static enum fail
try_to_write(const struct outcome_batch *b)
{
	struct db_batch *d = db_batch_new(db_link);

	outcome_batch_write(b, "me", d);
	db_batch_send(d, on_written, loop);
	loop_run(loop);
	return failed;
}

static void
write_batch(const struct outcome_batch *b)
{
	assert_int_equal(try_to_write(b), FAIL_NONE);
}

static struct outcome_row
row(int64_t n, enum ledger_state state)
{
	return (struct outcome_row){
	    .lease = lease,
	    .delivery = ledger_delivery(campaign, n),
	    .attempt = 1,
	    .state = state,
	    .at_us = 1700000000000000,
	    .account_id = 1,
	    .first_at_us = 1690000000000000,
	    .retry_ms = -1,
	};
}

static void
refused(struct outcome_batch *b, int64_t n, enum scope scope,
    enum bounce_type type)
{
	struct outcome_row r = row(n, LEDGER_FAILED);

	r.code = 550;
	r.status = (struct status){5, 1, 1};
	r.diagnosed = true;
	r.diagnosis = (struct diagnosis){.scope = scope,
	    .type = type,
	    .category = CATEGORY_INVALID};
	r.reply = STR("no \"such\" user");
	r.is_bounce = true;
	outcome_batch_add(b, &r);
}

static struct outcome_batch *
everything(void)
{
	struct outcome_batch *b = outcome_batch_new();
	struct outcome_row r;
	size_t i;

	r = row(1, LEDGER_ACCEPTED);
	r.code = 250;
	r.reply = STR("queued as 4ABC");
	outcome_batch_add(b, &r);
	r = row(2, LEDGER_DEFERRED);
	r.code = 451;
	r.status = (struct status){4, 7, 1};
	r.diagnosed = true;
	r.diagnosis = (struct diagnosis){.scope = SCOPE_PROVIDER,
	    .type = BOUNCE_SOFT,
	    .category = CATEGORY_THROTTLED};
	r.retry_ms = 300000;
	outcome_batch_add(b, &r);
	refused(b, 3, SCOPE_RECIPIENT, BOUNCE_HARD);
	refused(b, 4, SCOPE_RECIPIENT, BOUNCE_SOFT);
	refused(b, 5, SCOPE_MESSAGE, BOUNCE_BLOCK);
	r = row(6, LEDGER_SUPPRESSED);
	r.account_id = 0;
	outcome_batch_add(b, &r);
	r = row(7, LEDGER_FAILED);
	r.diagnosed = true;
	r.diagnosis = (struct diagnosis){.scope = SCOPE_MESSAGE};
	r.reply = (struct str){"caf\xe9", 4};
	outcome_batch_add(b, &r);
	for (i = 0; i < crowd; i++) {
		r = row(101 + (int64_t)i, LEDGER_ACCEPTED);
		outcome_batch_add(b, &r);
	}
	outcome_batch_step(b, lease, LEASE_HELD, ledger_delivery(campaign, 8));
	return b;
}

static void
all_kinds(void **state)
{
	struct outcome_batch *b = everything();
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		write_batch(b);
		b->said = true;
		assert_int_equal(held, 1);
		assert_string_equal(
		    ledger_text("SELECT string_agg(state::text, ' ' ORDER BY "
				"delivery_id) FROM outcome WHERE delivery_id "
				"<= %lld",
			(long long)ledger_delivery(campaign, 100)),
		    "accepted deferred failed failed failed suppressed failed");
		assert_string_equal(
		    ledger_text("SELECT account_id || '/' || code || '/' || "
				"coalesce(status, '-') || '/' || reply || '/' "
				"|| extract(epoch FROM at)::int || '/' || "
				"(scope IS NULL) FROM outcome ORDER BY "
				"delivery_id"),
		    "1/250/-/queued as 4ABC/1700000000/true");
		assert_string_equal(
		    ledger_text("SELECT attempt || '/' || extract(epoch FROM "
				"first_at)::int || '/' || round(extract(epoch "
				"FROM next_at - now()) / 60) FROM retry"),
		    "2/1690000000/5");
		assert_string_equal(
		    ledger_text("SELECT reply || (account_id IS NULL) FROM "
				"outcome WHERE delivery_id = %lld",
			(long long)ledger_delivery(campaign, 7)),
		    "caf?false");
		assert_int_equal(ledger_int("SELECT watermark FROM lease"),
		    ledger_delivery(campaign, 8));
	}
	outcome_batch_free(b);
}

/* Many rows go by COPY: the same comes of them, and of saying it again. */
static void
all_kinds_by_copy(void **state)
{
	crowd = 40;
	all_kinds(state);
	assert_int_equal(ledger_int("SELECT count(*) FROM outcome"), 47);
	crowd = 0;
}

/* The answer was lost, or somebody else said some of it: nothing of the
 * batch is done, until it is said as one that may be there. */
static void
a_row_that_is_there(void **state)
{
	struct outcome_batch *b;

	(void)state;
	ledger_outcome(db, ledger_delivery(campaign, 120), 1, "accepted");
	crowd = 40;
	b = everything();
	crowd = 0;
	assert_int_equal(try_to_write(b), FAIL_CONFLICT);
	assert_int_equal(ledger_int("SELECT count(*) FROM outcome"), 1);
	assert_int_equal(ledger_int("SELECT count(*) FROM retry"), 0);
	assert_int_equal(ledger_int("SELECT watermark - first_id FROM lease"),
	    -1);
	b->said = true;
	write_batch(b);
	assert_int_equal(ledger_int("SELECT count(*) FROM outcome"), 47);
	assert_int_equal(ledger_int("SELECT count(*) FROM retry"), 1);
	assert_int_equal(ledger_int("SELECT watermark FROM lease"),
	    ledger_delivery(campaign, 8));
	outcome_batch_free(b);
}

/* refusals at SMTP time are bounces; only hard ones of recipient
 * scope keep an address from being mailed. */
static void
refusals(void **state)
{
	struct outcome_batch *b = everything();

	(void)state;
	write_batch(b);
	write_batch(b);
	assert_string_equal(
	    ledger_text("SELECT string_agg(type || ' ' || contact_id || ' ' "
			"|| source || ' ' || (key = delivery_id::text), ', ' "
			"ORDER BY delivery_id) FROM event"),
	    "hard 3 smtp true, soft 4 smtp true, block 5 smtp true");
	assert_string_equal(
	    ledger_text("SELECT string_agg(email_key || ' ' || reason || ' ' "
			"|| (list_id IS NULL) || ' ' || (evidence->>'code') "
			"|| ' ' || (evidence->>'reply'), ', ') "
			"FROM suppression"),
	    "c3@example.com hard_bounce true 550 no \"such\" user");
	outcome_batch_free(b);
}

static void
retries_are_settled_and_given_back(void **state)
{
	struct outcome_batch *b = outcome_batch_new();
	struct outcome_row r;

	(void)state;
	pg_sql(db,
	    "INSERT INTO retry (delivery_id, campaign_id, attempt, next_at, "
	    "first_at, holder, held_until) SELECT %lld + n, %lld, 2, now(), "
	    "now(), 'me', now() + interval '1 min' FROM generate_series(1, 4) "
	    "n",
	    (long long)ledger_delivery(campaign, 0), (long long)campaign);
	r = row(1, LEDGER_ACCEPTED);
	r.attempt = 2;
	r.settles_retry = true;
	outcome_batch_add(b, &r);
	r = row(2, LEDGER_DEFERRED);
	r.attempt = 2;
	r.retry_ms = 0;
	outcome_batch_add(b, &r);
	outcome_batch_release(b, ledger_delivery(campaign, 3));
	outcome_batch_step(b, lease, LEASE_DONE, lease->last_id);
	write_batch(b);
	assert_string_equal(
	    ledger_text("SELECT string_agg((delivery_id - %lld) || ':' || "
			"attempt || coalesce(holder, '-'), ' ' ORDER BY "
			"delivery_id) FROM retry",
		(long long)ledger_delivery(campaign, 0)),
	    "2:3- 3:2- 4:2me");
	assert_string_equal(
	    ledger_text("SELECT (holder IS NULL)::text || done FROM lease"),
	    "truetrue");
	outcome_batch_free(b);
}

static void
assert_pending(int64_t n)
{
	assert_int_equal(
	    ledger_int("SELECT campaign_pending(%lld)", (long long)campaign),
	    n);
}

/* What is pending is counted, unless the holder has said it. */
static void
how_many_are_pending(void **state)
{
	struct outcome_batch *b = everything(), *back = outcome_batch_new();

	(void)state;
	assert_pending(9);
	write_batch(b);
	assert_pending(2);
	b->said = true;
	lease->loaded = true;
	lease->count = 9;
	lease->recorded = 8;
	write_batch(b);
	assert_pending(1);
	ledger_expire_holds(db);
	assert_pending(2);
	lease->count = lease->recorded = 0;
	outcome_batch_step(back, lease, LEASE_BACK, lease->last_id);
	write_batch(back);
	assert_pending(2);
	outcome_batch_free(b);
	outcome_batch_free(back);
}

static void
put_aside(int n, const char *paused)
{
	struct outcome_batch *b = outcome_batch_new();
	const struct outcome_aside aside = {
	    .lease = lease,
	    .delivery = ledger_delivery(campaign, n),
	    .attempt = 1,
	    .delay_ms = 1000,
	    .first_at_us = INT64_MIN,
	    .paused = str_of(paused),
	};

	outcome_batch_aside(b, &aside);
	write_batch(b);
	outcome_batch_free(b);
}

static void
pause_group(const char *group)
{
	ledger_rows(db, Q_CAMPAIGN_PAUSE_GROUP,
	    DB_ARGS(db_int(campaign), db_cstr(group), db_int(1),
		db_cstr("550 no"), db_int(550), db_null()));
}

static const char *
times(void)
{
	return ledger_text("SELECT string_agg(coalesce((next_at > "
			   "now())::text, 'kept'), ' ' ORDER BY delivery_id) "
			   "FROM retry");
}

/* Recipients of a group that the campaign is paused for have no time, until
 * it is resumed; one whose pause is over, or not there yet, has one. */
static void
those_of_a_paused_group(void **state)
{
	(void)state;
	pause_group("b.test");
	pause_group("b.test");
	assert_int_equal(ledger_int("SELECT count(*) FROM event WHERE kind = "
				    "'alert' AND data->>'group' = 'b.test'"),
	    1);
	assert_int_equal(ledger_int("SELECT pauses FROM campaign"), 1);
	put_aside(1, "a.test");
	put_aside(2, "b.test");
	put_aside(3, NULL);
	assert_string_equal(times(), "true kept true");
	/* It was due, and its group is paused meanwhile. */
	pg_sql(db, "UPDATE retry SET next_at = now(), holder = 'me'");
	put_aside(3, "b.test");
	assert_string_equal(times(), "false false kept");
	assert_int_equal(ledger_rows(db, Q_CAMPAIGN_CLOSE, DB_NO_ARGS), 0);
	/* The end, and one who comes late. */
	assert_int_equal(
	    ledger_rows(db, Q_CAMPAIGN_PAUSES_END, DB_ARGS(db_int(campaign))),
	    1);
	assert_int_equal(
	    ledger_rows(db, Q_RETRY_UNPAUSE, DB_ARGS(db_int(campaign))), 1);
	put_aside(4, "b.test");
	assert_string_equal(times(), "false false false true");
	assert_int_equal(ledger_int("SELECT pauses FROM campaign"), 2);
}

static void
rows_move_in_order(void **state)
{
	struct outcome_batch *from = outcome_batch_new();
	struct outcome_batch *to = outcome_batch_new();
	struct outcome_row r;
	int n;

	(void)state;
	for (n = 1; n <= 9; n++) {
		r = row(n, LEDGER_ACCEPTED);
		r.reply = STR("ok");
		outcome_batch_add(from, &r);
	}
	outcome_batch_take(to, from, 4);
	assert_int_equal(to->count, 4);
	assert_int_equal(from->count, 5);
	assert_int_equal(from->rows[0].delivery, ledger_delivery(campaign, 5));
	outcome_batch_take(to, from, 100);
	assert_int_equal(to->rows[8].delivery, ledger_delivery(campaign, 9));
	outcome_batch_free(from);
	assert_true(str_eq(to->rows[0].reply, STR("ok")));
	outcome_batch_free(to);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* It was sent, and nobody knows what became of it: whoever has taken the
 * lease over is told, so that it does not pass for one that was not sent. */
static void
uncertain_of_both(void **state)
{
	struct outcome_batch *b = outcome_batch_new();
	struct outcome_row r = row(1, LEDGER_UNCERTAIN);
	struct ledger_lease l;

	(void)state;
	pg_sql(db, "UPDATE lease SET watermark = first_id + 1");
	ledger_expire_holds(db);
	assert_true(ledger_claim(db, "other", campaign, &l));
	ledger_rows(db, Q_LEASE_TAKE_OVER,
	    DB_ARGS(db_int(l.campaign), db_int(l.first), db_int(l.last),
		db_int(l.epoch)));
	assert_int_equal(ledger_int("SELECT count(*) FROM taken_over"), 2);
	outcome_batch_add(b, &r);
	write_batch(b);
	outcome_batch_free(b);
	ledger_rows(db, Q_JOURNAL_PENDING_AGAIN,
	    DB_ARGS(db_cstr("me"), db_null(), db_null()));
	assert_int_equal(ledger_int("SELECT count(*) FROM retry"), 1);
	assert_int_equal(ledger_int("SELECT delivery_id & 65535 FROM retry"),
	    2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(all_kinds),
	    TEST(all_kinds_by_copy),
	    TEST(a_row_that_is_there),
	    TEST(refusals),
	    TEST(retries_are_settled_and_given_back),
	    TEST(how_many_are_pending),
	    TEST(uncertain_of_both),
	    TEST(those_of_a_paused_group),
	    TEST(rows_move_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
