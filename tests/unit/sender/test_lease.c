/* A lease in memory: who may be given out, and what the window counts. */
#include "sender/lease.h"

#include "sender/worker.h"
#include "tests/support/ledger.h"
#include "tests/support/pg.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct db *db;
static struct worker worker;
static int64_t campaign;

static int
setup(void **state)
{
	(void)state;
	db = ledger_open();
	ledger_contacts(db, 1, 10);
	campaign = ledger_started(db, "hold", 10);
	groups_init(&worker.groups);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	assert_int_equal(worker.groups.count, 0);
	groups_release(&worker.groups);
	db_close(db);
	return 0;
}

static struct lease *
loaded(struct mailing *m)
{
	struct lease *l;
	struct db_result r;

	m->worker = &worker;
	l = lease_new(LEASE_RANGE, m);
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
	assert_null(l->waiting);
	assert_int_equal(mailing_room(&m), 4);
	assert_int_equal(lease_ask(l, 4), 4);
	assert_null(l->waiting);
	assert_int_equal(lease_asked_id(l), ledger_delivery(campaign, 4));
	assert_int_equal(mailing_room(&m), 0);
	lease_raised(l, lease_asked_id(l));
	for (n = 1; (r = l->waiting) != NULL; n++) {
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
	assert_int_equal(number(l->waiting), 1);
	lease_drop(&l->at[0]);
	assert_int_equal(number(l->waiting), 3);
	assert_int_equal(l->settled, 1);
	assert_int_equal(l->recorded, 1);
	assert_int_equal(l->given, 1);
	lease_free(l);
}

/* Those who cannot go now stand aside, and come back in their order. */
static void
piles(void **state)
{
	struct mailing m = {.window = 10};
	struct lease *l = loaded(&m);
	struct group *g = l->at[0].group;

	(void)state;
	lease_raised(l, l->last_id);
	assert_true(str_eq(group_name(g), STR("example.com")));
	assert_int_equal(g->refs, 10);
	l->at[1].account_id = 7;
	lease_park(&l->at[0]);
	lease_park(&l->at[1]);
	lease_park(&l->at[2]);
	assert_int_equal(number(l->waiting), 4);
	assert_int_equal(g->parked, 3);
	assert_int_equal(l->parked, 3);
	assert_ptr_equal(worker.groups.piled, g);
	assert_ptr_equal(l->at[0].pile, l->at[2].pile);
	assert_ptr_not_equal(l->at[0].pile, l->at[1].pile);
	/* From a pile to a pool and back: first in the line. */
	lease_give(&l->at[2]);
	assert_int_equal(g->parked, 2);
	lease_give_back(&l->at[2]);
	assert_int_equal(number(l->waiting), 3);
	/* Settled from a pile. */
	lease_drop(&l->at[1]);
	assert_int_equal(g->refs, 9);
	assert_int_equal(l->parked, 1);
	lease_unpark(l);
	assert_int_equal(number(l->waiting), 1);
	assert_null(g->piles);
	assert_null(worker.groups.piled);
	lease_park(&l->at[5]);
	lease_free(l);
}

static void
order_of_piles(void **state)
{
	struct mailing m = {.window = 10};
	struct lease *l = loaded(&m);
	struct recipient *r;
	int64_t n = 1;
	size_t i;

	(void)state;
	lease_raised(l, l->last_id);
	for (i = 0; i < l->count; i++)
		lease_park(&l->at[i]);
	assert_null(l->waiting);
	lease_unpark(l);
	for (r = l->waiting; r != NULL; r = r->next)
		assert_int_equal(number(r), n++);
	assert_int_equal(n, 11);
	lease_forget_account(l, 8);
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_watermark_is_the_limit),
	    TEST(what_comes_back_is_first),
	    TEST(piles),
	    TEST(order_of_piles),
	    TEST(finished_and_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
