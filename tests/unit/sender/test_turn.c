/* Goal: who is next is right by weight, group and wanted account, and nobody
 * stands in the way of those behind. */
#include "sender/turn.h"

#include "lib/base/clock.h"
#include "sender/handout.h"
#include "sender/worker.h"
#include "tests/support/ledger.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define PEOPLE 10

/* Two accounts with weights 3 and 1, one campaign with one lease. */
struct scene {
	struct db *db;
	struct settings settings;
	struct worker worker;
	struct relay_pool pools[2];
	struct relay relays[2];
	struct route routes[2];
	struct mailing mailing;
	struct lease *lease;
	int64_t campaign;
};

static void
load(struct scene *s)
{
	struct lease *l = lease_new(LEASE_RANGE, &s->mailing);
	struct db_result r;

	l->first_id = ledger_delivery(s->campaign, 1);
	l->last_id = ledger_delivery(s->campaign, PEOPLE);
	l->good_until_ms = INT64_MAX;
	r = ledger_run(s->db, Q_LEASE_RECIPIENTS,
	    DB_ARGS(db_int(l->first_id), db_int(l->last_id), db_bool(false),
		db_null()));
	lease_load(l, &r);
	db_result_free(&r);
	lease_raised(l, l->last_id);
	s->lease = s->mailing.leases = l;
}

static int
setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	size_t i;

	s->db = ledger_open();
	ledger_contacts(s->db, 1, PEOPLE);
	s->campaign = ledger_started(s->db, "hold", PEOPLE);
	s->settings.retry_max_s = 400;
	s->worker.settings = &s->settings;
	s->worker.loop = loop_new();
	groups_init(&s->worker.groups);
	recorder_init(&s->worker.recorder, &s->worker, ledger_conninfo());
	for (i = 0; i < 2; i++) {
		s->relays[i].row.id = (int64_t)i + 1;
		s->relays[i].worker = &s->worker;
		s->relays[i].pool = &s->pools[i];
		s->relays[i].share = 10;
		s->relays[i].next = i == 0 ? &s->relays[1] : NULL;
		lanes_init(&s->relays[i].lanes, &s->relays[i]);
		s->routes[i].relay = &s->relays[i];
		s->routes[i].stride = i == 0 ? 100 : 300;
	}
	s->worker.relays = s->relays;
	s->worker.mailings = &s->mailing;
	s->mailing = (struct mailing){
	    .worker = &s->worker,
	    .id = s->campaign,
	    .window = PEOPLE,
	    .stage = MAILING_ACTIVE,
	    .expires_ms = INT64_MAX,
	    .routes = s->routes,
	    .route_count = 2,
	};
	load(s);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct scene *s = *state;

	lease_free(s->lease);
	pauses_release(&s->mailing.pauses);
	recorder_release(&s->worker.recorder);
	groups_release(&s->worker.groups);
	lanes_release(&s->relays[0].lanes);
	lanes_release(&s->relays[1].lanes);
	handout_cancel(&s->worker);
	loop_free(s->worker.loop);
	db_close(s->db);
	free(s);
	return 0;
}

static int64_t
number(const struct scene *s, const struct recipient *r)
{
	return r != NULL ? r->delivery - ledger_delivery(s->campaign, 0) : 0;
}

/* Whom an account gets; it is given out there. */
static int64_t
take(struct scene *s, int relay)
{
	struct relay *r = &s->relays[relay];
	struct recipient *who = turn_next(&s->worker, r);

	if (who == NULL)
		return 0;
	lanes_begin(lanes_get(&r->lanes, who->group), clock_mono_ms());
	lease_give(who);
	return number(s, who);
}

static void
move_to(struct scene *s, int n, const char *domain)
{
	struct recipient *r = &s->lease->at[n - 1];

	group_leave(r->group);
	r->group = group_take(&s->worker.groups, str_of(domain));
}

static struct lane *
lane(struct scene *s, int relay, int n)
{
	return lanes_get(&s->relays[relay].lanes, s->lease->at[n - 1].group);
}

static void
end(struct lane *l)
{
	struct parcel p = {.lane = l};

	lanes_end(&p, clock_mono_ms());
	assert_null(p.lane);
}

/* Accounts with weights 3 and 1; what one of them cannot take, the other
 * does not get beyond its share. */
static void
weights(void **state)
{
	struct scene *s = *state;
	int turn, got[2] = {0, 0};

	for (turn = 0; turn < 4000; turn++) {
		if (turn_next(&s->worker, &s->relays[turn % 2]) == NULL)
			continue;
		s->routes[turn % 2].pass += s->routes[turn % 2].stride;
		got[turn % 2]++;
	}
	assert_in_range(got[0] * 100 / (got[0] + got[1]), 74, 76);
	/* The first is full: the second waits for it, but not for ever. */
	for (turn = 0; turn < 1000; turn++)
		if (turn_next(&s->worker, &s->relays[1]) != NULL) {
			s->routes[1].pass += s->routes[1].stride;
			got[1]++;
		}
	assert_in_range(got[0] * 100 / (got[0] + got[1]), 73, 76);
	/* One that has had no room for a while holds nobody up. */
	s->routes[0].asked_ms = 0;
	for (turn = 0; turn < 1000; turn++) {
		assert_non_null(turn_next(&s->worker, &s->relays[1]));
		s->routes[1].pass += s->routes[1].stride;
	}
	s->relays[0].pool = NULL;
	assert_non_null(turn_next(&s->worker, &s->relays[1]));
}

static void
a_busy_group_is_passed_over(void **state)
{
	struct scene *s = *state;

	s->mailing.route_count = 1;
	move_to(s, 3, "other.test");
	move_to(s, 6, "third.test");
	assert_int_equal(take(s, 0), 1);
	/* Its lane takes one to begin with: the others of it wait. */
	assert_int_equal(take(s, 0), 3);
	assert_int_equal(take(s, 0), 6);
	assert_int_equal(take(s, 0), 0);
	assert_int_equal(s->lease->parked, 7);
	assert_null(s->lease->waiting);
	/* Room again: the first of them is next. */
	end(lane(s, 0, 1));
	assert_int_equal(take(s, 0), 2);
	assert_int_equal(take(s, 0), 0);
	/* Two lanes at once, in turns. */
	lane(s, 0, 1)->allowed = 3;
	turn_tick(&s->worker);
	assert_int_equal(take(s, 0), 4);
	assert_int_equal(take(s, 0), 5);
	assert_int_equal(take(s, 0), 0);
}

/* What one account's lane cannot take, another's does. */
static void
another_account_has_room(void **state)
{
	struct scene *s = *state;

	lane(s, 0, 1)->shut_until_ms = INT64_MAX;
	assert_int_equal(take(s, 0), 0);
	assert_int_equal(s->lease->parked, PEOPLE);
	assert_int_equal(take(s, 1), 1);
	assert_int_equal(take(s, 1), 0);
	end(lane(s, 1, 1));
	assert_int_equal(take(s, 1), 2);
}

static void
the_account_that_is_wanted(void **state)
{
	struct scene *s = *state;

	s->lease->at[0].account_id = 2;
	s->lease->at[1].account_id = 2;
	lane(s, 0, 1)->allowed = lane(s, 1, 1)->allowed = 9;
	assert_int_equal(take(s, 0), 3);
	assert_int_equal(take(s, 0), 4);
	assert_int_equal(take(s, 1), 1);
	/* It goes: nobody waits for it. */
	s->relays[1].pool = NULL;
	mailing_forget_relay(&s->mailing, &s->relays[1]);
	assert_int_equal(take(s, 0), 2);
	/* A suppressed one is for whoever comes. */
	s->lease->at[4].account_id = 2;
	s->lease->at[4].suppressed = true;
	assert_int_equal(take(s, 0), 5);
}

/* Neither window nor lease waits for a slow group. */
static void
a_slow_group_is_put_aside(void **state)
{
	struct scene *s = *state;
	const struct outcome_batch *b = s->worker.recorder.gathering;
	struct lane *slow = lane(s, 0, 1);
	int64_t now = clock_mono_ms();
	size_t i;

	s->mailing.route_count = 1;
	move_to(s, 10, "other.test");
	slow->state = LANE_SLOW;
	slow->allowed = 1;
	slow->shut_until_ms = now + 50000;
	s->lease->at[2].first_at_us = 77;
	assert_int_equal(take(s, 0), 10);
	assert_int_equal(s->lease->parked, 0);
	assert_int_equal(b->aside_count, PEOPLE - 1);
	assert_int_equal(s->lease->settled, PEOPLE - 1);
	for (i = 0; i < b->aside_count; i++) {
		assert_int_equal(b->asides[i].attempt, 1);
		assert_in_range(b->asides[i].delay_ms, 49000, 100000);
	}
	assert_int_equal(b->asides[2].first_at_us, 77);
	assert_int_equal(b->asides[0].first_at_us, INT64_MIN);
}

/* Those who wait already when it becomes slow. */
static void
they_do_not_stay(void **state)
{
	struct scene *s = *state;
	struct lane *l = lane(s, 0, 1);

	s->mailing.route_count = 1;
	assert_int_equal(take(s, 0), 1);
	assert_int_equal(take(s, 0), 0);
	assert_int_equal(s->lease->parked, PEOPLE - 1);
	turn_tick(&s->worker);
	assert_int_equal(s->lease->parked, PEOPLE - 1);
	l->state = LANE_SLOW;
	turn_tick(&s->worker);
	assert_int_equal(s->lease->parked, 0);
	assert_int_equal(s->worker.recorder.gathering->aside_count, PEOPLE - 1);
}

/* One that the campaign is paused for: kept, wherever they stand, and the
 * others go. */
static void
a_paused_group_is_kept(void **state)
{
	struct scene *s = *state;
	const struct outcome_batch *b = s->worker.recorder.gathering;
	size_t i;

	s->mailing.route_count = 1;
	move_to(s, 4, "other.test");
	move_to(s, 10, "third.test");
	assert_int_equal(take(s, 0), 1);
	assert_int_equal(take(s, 0), 4);
	assert_int_equal(take(s, 0), 10);
	assert_int_equal(take(s, 0), 0);
	assert_int_equal(s->lease->parked, PEOPLE - 3);
	/* The first is refused, and comes back. */
	end(lane(s, 0, 1));
	lease_give_back(&s->lease->at[0]);
	assert_true(pauses_add(&s->mailing.pauses, STR("example.com")));
	assert_false(pauses_add(&s->mailing.pauses, STR("example.com")));
	assert_int_equal(take(s, 0), 0);
	assert_int_equal(b->aside_count, 1);
	turn_tick(&s->worker);
	assert_int_equal(b->aside_count, PEOPLE - 2);
	assert_int_equal(s->lease->settled, PEOPLE - 2);
	for (i = 0; i < b->aside_count; i++) {
		assert_true(str_eq(b->asides[i].paused, STR("example.com")));
		assert_int_equal(b->asides[i].attempt, 1);
	}
}

static void
pauses_by_name(void **state)
{
	struct pauses p = {0};
	char name[24];
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "d%d.test", i * 37 % 100);
		assert_false(pauses_has(&p, str_of(name)));
		assert_true(pauses_add(&p, str_of(name)));
	}
	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "d%d.test", i);
		assert_true(pauses_has(&p, str_of(name)));
	}
	assert_false(pauses_has(&p, STR("d100.test")));
	assert_false(pauses_has(&p, STR("d1.tes")));
	assert_int_equal(p.count, 100);
	pauses_release(&p);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(weights),
	    TEST(a_busy_group_is_passed_over),
	    TEST(another_account_has_room),
	    TEST(the_account_that_is_wanted),
	    TEST(a_slow_group_is_put_aside),
	    TEST(they_do_not_stay),
	    TEST(a_paused_group_is_kept),
	    cmocka_unit_test(pauses_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
