/* Goal: a lane is as wide as its group wants it, and one that holds on to
 * connections gets hardly any, while the others notice nothing. */
#include "lib/base/base.h"

#include "sender/lane.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct pace pace;
static struct lane lane;
static int64_t now;

static int
setup(void **state)
{
	(void)state;
	pace = (struct pace){.connections = 10, .usual_ms = 20};
	lane_init(&lane, INT_MAX);
	now = 1000000;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	lane_release(&lane);
	return 0;
}

static void
fill(void)
{
	while (lane_room(&lane, now) > 0)
		lane_begin(&lane, now);
}

static void
reply(bool pushback, int64_t took_ms)
{
	const struct lane_reply r = {
	    .now = now,
	    .took_ms = took_ms,
	    .pushback = pushback,
	    .words = STR("too fast"),
	};

	lane_told(&lane, &pace, &r);
	lane_end(&lane);
}

static void
others_move(void)
{
	static const int somebody;

	pace.mover = &somebody;
	pace.moved_ms = pace.others_ms = now;
}

/* Twenty messages after another, all of them well. */
static void
widen(int to)
{
	while (lane.allowed < to) {
		fill();
		now += 1;
		reply(false, 10);
	}
}

static void
it_grows_where_it_is_full(void **state)
{
	int i;

	(void)state;
	assert_int_equal(lane_room(&lane, now), LANE_FIRST);
	fill();
	assert_int_equal(lane_room(&lane, now), 0);
	reply(false, 10);
	assert_int_equal(lane.allowed, LANE_FIRST + 1);
	widen(100);
	while (lane.under_way > 0)
		reply(false, 10);
	assert_in_range(lane.allowed, 100, 102);
	/* One at a time does not widen it, and makes it narrow again. */
	for (i = 0; i < 10; i++) {
		lane_begin(&lane, now += 500);
		reply(false, 10);
	}
	assert_in_range(lane.allowed, LANE_FIRST, LANE_FIRST + 2);
	assert_true(lane_is_plain(&lane));
}

static void
it_keeps_its_ceiling(void **state)
{
	int i;

	(void)state;
	lane.ceiling = 3;
	for (i = 0; i < 100; i++) {
		fill();
		assert_in_range(lane.under_way, 1, 3);
		reply(false, 10);
	}
}

static void
pushback_halves(void **state)
{
	int i, before;

	(void)state;
	widen(32);
	/* 5 % are no reason. */
	for (i = 0; i < 100; i++) {
		fill();
		now += 10;
		reply(i % 20 == 0, 5);
	}
	assert_int_equal(lane.state, LANE_OPEN);
	now += LANE_WINDOW_MS;
	fill();
	before = lane.under_way;
	/* 50 % are; those that began before the cut count once. */
	for (i = 0; i < 12; i++) {
		now += 10;
		reply(i % 2 == 0, i == 0 ? 5 : 200);
		lane_begin(&lane, now);
	}
	assert_int_equal(lane.state, LANE_REDUCED);
	assert_in_range(lane.allowed, before / 2 - 2, before / 2 + 2);
	assert_string_equal(lane.why, "too fast");
	/* And again, down to one at a time. */
	for (i = 0; i < 400; i++) {
		now += 50;
		while (lane.under_way > 0 && i > 0)
			reply(i % 2 == 0, 5);
		fill();
	}
	assert_in_range(lane.allowed, 1, 2);
	assert_false(lane_at_ease(&lane));
}

/* Every reply is a refusal: pauses grow; one that got through ends them. */
static void
it_rests(void **state)
{
	int64_t last = 0;
	int i, tried = 0;

	(void)state;
	for (i = 0; i < 600000; i += 100) {
		now += 100;
		if (lane_room(&lane, now) == 0)
			continue;
		lane_begin(&lane, now);
		reply(true, 5);
		tried++;
		last = lane.shut_until_ms - now;
	}
	assert_in_range(tried, 8, 40);
	assert_int_equal(last, LANE_REST_MAX_MS);
	assert_true(lane_is_shut(&lane, now));
	now += LANE_REST_MAX_MS;
	lane_begin(&lane, now);
	reply(false, 5);
	assert_int_equal(lane_room(&lane, now), lane.allowed);
	/* A minute without trouble. */
	for (i = 0; i < 700; i++) {
		now += 100;
		lane_begin(&lane, now);
		reply(false, 5);
	}
	assert_int_equal(lane.state, LANE_OPEN);
}

static void
patience(void **state)
{
	static const struct {
		const char *label;
		int64_t usual_ms;
		int doubt;
		int64_t want;
	} rows[] = {
	    {"fast", 1, 0, 2000},
	    {"50 ms", 50, 0, 2000},
	    {"200 ms", 200, 0, 4000},
	    {"a second", 1000, 0, 10000},
	    {"slow as a whole", 5000, 0, 20000},
	    {"in doubt", 1, 3, 16000},
	    {"never more than this", 60000, 8, PACE_PATIENCE_MAX_MS},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		pace.usual_ms = rows[i].usual_ms;
		pace.doubt = rows[i].doubt;
		if (pace_patience_ms(&pace) != rows[i].want)
			fail_msg("%s: %lld", rows[i].label,
			    (long long)pace_patience_ms(&pace));
	}
}

/* S-054: a group that never answers costs a twentieth of the time. */
static void
a_tarpit_costs_little(void **state)
{
	int64_t begin = now, busy = 0, probe;
	int probes = 0;

	(void)state;
	fill();
	now += 2001;
	others_move();
	assert_true(lane_is_to_blame(&lane, &pace, 2001, now));
	lane_stalled(&lane, &pace, 2001, now);
	lane_stalled(&lane, &pace, 2001, now);
	assert_int_equal(lane.relapses, 0);
	lane_end(&lane);
	busy = 2001;
	assert_int_equal(lane.state, LANE_SLOW);
	assert_int_equal(lane_room(&lane, now), 0);
	for (; now < begin + 86400000; now += 1000) {
		if (lane_room(&lane, now) == 0)
			continue;
		lane_begin(&lane, now);
		assert_true(lane_is_shut(&lane, now));
		assert_int_equal(lane_room(&lane, now), 0);
		probe = lane_patience_ms(&lane, &pace);
		now += probe;
		busy += probe;
		lane_stalled(&lane, &pace, probe, now);
		lane_end(&lane);
		probes++;
	}
	assert_int_equal(lane.patience_ms, PACE_PATIENCE_MAX_MS);
	assert_in_range(probes, 30, 200);
	/* of ten connections */
	assert_true(busy * LANE_SLOW_SHARE <= (now - begin) * 10 * 3);
	/* It answers again: open at once, from one on. */
	now = lane.shut_until_ms;
	lane_begin(&lane, now);
	reply(false, 30);
	assert_int_equal(lane.state, LANE_OPEN);
	assert_int_equal(lane_room(&lane, now), lane.allowed);
	widen(20);
}

/* Slow, but it works: patience grows until it has answered, and it goes on
 * at a twentieth of ten connections' time. */
static void
a_slow_one_gets_its_time(void **state)
{
	int i, done = 0;

	(void)state;
	fill();
	now += 3000;
	others_move();
	lane_stalled(&lane, &pace, 3000, now);
	while (lane.under_way > 0)
		lane_end(&lane);
	for (i = 0; i < 3600; i++, now += 1000) {
		if (lane_room(&lane, now) == 0)
			continue;
		lane_begin(&lane, now);
		others_move();
		if (lane_patience_ms(&lane, &pace) < 8000) {
			now += lane_patience_ms(&lane, &pace);
			lane_stalled(&lane, &pace, 4001, now);
			lane_end(&lane);
			continue;
		}
		now += 8000;
		reply(false, 8000);
		pace.usual_ms = 20;
		done++;
	}
	assert_int_equal(lane.state, LANE_SLOW);
	assert_in_range(done, 200, 225);
}

static void
nobody_is_blamed_when_all_stand_still(void **state)
{
	(void)state;
	fill();
	others_move();
	now += 5000;
	assert_false(lane_is_to_blame(&lane, &pace, 5000, now));
	assert_false(lane_hangs(&lane, &pace, now));
	others_move();
	assert_true(lane_is_to_blame(&lane, &pace, 5000, now));
	assert_true(lane_hangs(&lane, &pace, now));
	/* Its own replies are no movement of others. */
	reply(false, 1);
	now += 5000;
	assert_false(lane_is_to_blame(&lane, &pace, 5000, now));
}

static void
usual_is_the_median(void **state)
{
	unsigned seed = 1;
	int i;

	(void)state;
	for (i = 0; i < 3000; i++) {
		lane_begin(&lane, now);
		reply(false, rand_r(&seed) % 201);
		now++;
	}
	assert_in_range(pace.usual_ms, 60, 140);
	/* A tarpit's replies now and then change nothing. */
	for (i = 0; i < 3000; i++) {
		lane_begin(&lane, now);
		reply(false, i % 20 == 0 ? 60000 : rand_r(&seed) % 201);
		now++;
	}
	assert_in_range(pace.usual_ms, 60, 160);
}

/* One after the other as the lane goes, and never later than is allowed. */
static void
turns(void **state)
{
	int64_t delay, before = 0;
	int i;

	(void)state;
	for (i = 0; i < 50; i++) {
		now += 100;
		lane_begin(&lane, now);
		reply(false, 50);
	}
	assert_in_range(lane_serves(&lane, 2000), 19, 25);
	lane.shut_until_ms = now + 10000;
	for (i = 0; i < 100; i++) {
		delay = lane_turn(&lane, now, 60000);
		assert_true(delay >= 10000 && delay <= 60000);
		assert_true(delay >= before);
		before = delay;
	}
	assert_in_range(before, 18000, 22000);
	for (i = 0; i < 1000; i++) {
		delay = lane_turn(&lane, now, 60000);
		assert_true(delay >= 10000 && delay <= 60000);
	}
	assert_in_range(lane_turn(&lane, now, 2000), 1, 2000);
}

static void
memory(void **state)
{
	const struct lane_memory m = {
	    .state = LANE_SLOW,
	    .allowed = 1,
	    .patience_ms = 40000,
	    .shut_ms = 5000,
	    .why = STR("no reply within 20.0 s"),
	};

	(void)state;
	lane_remember(&lane, &m, now);
	assert_int_equal(lane_room(&lane, now), 0);
	assert_int_equal(lane_room(&lane, now + 5000), 1);
	assert_int_equal(lane_patience_ms(&lane, &pace), 40000);
	assert_false(lane_is_plain(&lane));
	/* Forgotten when there was nobody to try it with. */
	lane_age(&lane, now + 3600000);
	assert_int_equal(lane.state, LANE_OPEN);
	assert_true(lane_at_ease(&lane));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* What is kept goes into the database, which takes UTF-8 only. */
static void
long_words(void **state)
{
	char words[2 * LANE_WHY_MAX] = "x";
	struct lane_reply r = {.now = now, .took_ms = 5, .pushback = true};
	size_t n;

	(void)state;
	for (n = 1; n + 2 < sizeof(words); n += 2) {
		words[n] = (char)0xc3;
		words[n + 1] = (char)0xa4;
	}
	r.words = (struct str){words, n};
	lane_begin(&lane, now);
	lane_told(&lane, &pace, &r);
	lane_end(&lane);
	assert_int_equal(strlen(lane.why), LANE_WHY_MAX - 1);
	assert_true(str_is_utf8(str_of(lane.why)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(it_grows_where_it_is_full),
	    TEST(it_keeps_its_ceiling),
	    TEST(pushback_halves),
	    TEST(it_rests),
	    TEST(long_words),
	    TEST(patience),
	    TEST(a_tarpit_costs_little),
	    TEST(a_slow_one_gets_its_time),
	    TEST(nobody_is_blamed_when_all_stand_still),
	    TEST(usual_is_the_median),
	    TEST(turns),
	    TEST(memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
