/* A lease in memory: who may be given out, and what the window counts. */
#include "sender/lease.h"

#include "sender/mailing.h"
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
	ledger_contacts(db, 1, 10);
	campaign = ledger_started(db, "hold", 10);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	db_close(db);
	return 0;
}

static struct lease *
loaded(struct mailing *m)
{
	struct lease *l = lease_new(LEASE_RANGE, m);
	struct db_result r;

	l->first_id = ledger_delivery(campaign, 1);
	l->last_id = ledger_delivery(campaign, 10);
	l->watermark = l->first_id - 1;
	l->good_until_ms = 1000;
	r = ledger_run(db, Q_LEASE_RECIPIENTS,
	    DB_ARGS(db_int(l->first_id), db_int(l->last_id), db_bool(false),
		db_null()));
	lease_load(l, &r);
	db_result_free(&r);
	m->leases = l;
	return l;
}

static int64_t
number(const struct recipient *r)
{
	return r != NULL ? r->delivery - ledger_delivery(campaign, 0) : 0;
}

static void
the_watermark_is_the_limit(void **state)
{
	struct mailing m = {.window = 4, .stage = MAILING_ACTIVE};
	struct lease *l = loaded(&m);
	struct recipient *r;
	int64_t n;

	(void)state;
	assert_true(str_eq(l->at[2].email, STR("c3@example.com")));
	assert_null(lease_find(l, 1));
	assert_int_equal(mailing_room(&m), 4);
	assert_int_equal(lease_ask(l, 4), 4);
	assert_null(lease_find(l, 1));
	assert_int_equal(lease_asked_id(l), ledger_delivery(campaign, 4));
	assert_int_equal(mailing_room(&m), 0);
	lease_raised(l, lease_asked_id(l));
	for (n = 1; (r = lease_find(l, 1)) != NULL; n++) {
		assert_int_equal(number(r), n);
		lease_give(r);
	}
	assert_int_equal(n, 5);
	assert_int_equal(l->given, 4);
	/* Two are settled and recorded: two more may go. */
	lease_settle(&l->at[1]);
	lease_settle(&l->at[3]);
	assert_int_equal(mailing_room(&m), 0);
	l->recorded = 2;
	assert_int_equal(mailing_room(&m), 2);
	assert_int_equal(mailing_ahead(&m), 6);
	lease_free(l);
}

static void
what_comes_back_is_first(void **state)
{
	struct mailing m = {.window = 10};
	struct lease *l = loaded(&m);

	(void)state;
	lease_raised(l, l->last_id);
	lease_give(&l->at[0]);
	lease_give(&l->at[1]);
	l->at[0].dot_sent = true;
	lease_give_back(&l->at[0]);
	assert_false(l->at[0].dot_sent);
	assert_int_equal(number(lease_find(l, 1)), 1);
	lease_drop(&l->at[0]);
	assert_int_equal(number(lease_find(l, 1)), 3);
	assert_int_equal(l->settled, 1);
	assert_int_equal(l->recorded, 1);
	assert_int_equal(l->given, 1);
	lease_free(l);
}

static void
accounts_are_kept(void **state)
{
	struct mailing m = {.window = 10};
	struct lease *l = loaded(&m);

	(void)state;
	lease_raised(l, l->last_id);
	l->at[0].account_id = 7;
	l->at[1].account_id = 8;
	assert_int_equal(number(lease_find(l, 7)), 1);
	assert_int_equal(number(lease_find(l, 8)), 2);
	assert_int_equal(number(lease_find(l, 9)), 3);
	lease_forget_account(l, 8);
	assert_int_equal(number(lease_find(l, 9)), 2);
	/* A suppressed one is for whoever comes. */
	l->at[0].suppressed = true;
	assert_int_equal(number(lease_find(l, 9)), 1);
	lease_free(l);
}

static void
finished_and_good(void **state)
{
	struct mailing m = {.window = 10};
	struct lease *l = loaded(&m);
	size_t i;

	(void)state;
	assert_true(lease_is_good(l, 999));
	assert_false(lease_is_good(l, 1000));
	l->lost = true;
	assert_false(lease_is_good(l, 0));
	l->lost = false;
	l->leaving = true;
	assert_false(lease_is_good(l, 0));
	lease_raised(l, l->last_id);
	assert_int_equal(lease_asked_id(l), l->last_id);
	for (i = 0; i < l->count; i++) {
		assert_false(lease_is_finished(l));
		lease_settle(&l->at[i]);
	}
	assert_true(lease_is_finished(l));
	assert_null(l->waiting);
	lease_free(l);
}

/* Accounts with weights 3 and 1; what one of them cannot take, the other
 * does not get beyond its share. */
static void
weights(void **state)
{
	struct relay_pool pools[2];
	struct relay relays[2] = {
	    {.row = {.id = 1}, .pool = &pools[0]},
	    {.row = {.id = 2}, .pool = &pools[1]},
	};
	struct route routes[2] = {
	    {.relay = &relays[0], .stride = 100},
	    {.relay = &relays[1], .stride = 300},
	};
	struct mailing m = {
	    .window = 10,
	    .stage = MAILING_ACTIVE,
	    .routes = routes,
	    .route_count = 2,
	};
	struct lease *l = loaded(&m);
	int turn, got[2] = {0, 0};

	(void)state;
	l->good_until_ms = INT64_MAX;
	lease_raised(l, l->last_id);
	for (turn = 0; turn < 4000; turn++) {
		if (mailing_next(&m, &relays[turn % 2]) == NULL)
			continue;
		routes[turn % 2].pass += routes[turn % 2].stride;
		got[turn % 2]++;
	}
	assert_in_range(got[0] * 100 / (got[0] + got[1]), 74, 76);
	/* The first is full: the second waits for it, but not for ever. */
	for (turn = 0; turn < 1000; turn++)
		if (mailing_next(&m, &relays[1]) != NULL) {
			routes[1].pass += routes[1].stride;
			got[1]++;
		}
	assert_in_range(got[0] * 100 / (got[0] + got[1]), 73, 76);
	/* One that has had no room for a while holds nobody up. */
	relays[0].asked_ms = 0;
	for (turn = 0; turn < 1000; turn++) {
		assert_non_null(mailing_next(&m, &relays[1]));
		routes[1].pass += routes[1].stride;
	}
	relays[0].pool = NULL;
	assert_non_null(mailing_next(&m, &relays[1]));
	lease_free(l);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_watermark_is_the_limit),
	    TEST(what_comes_back_is_first),
	    TEST(accounts_are_kept),
	    TEST(finished_and_good),
	    TEST(weights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
