/*
 * Goal: nobody is stormed with logins, and nobody waits a
 * minute because a line went down.
 */
#include "bounce/login_window.h"
#include "bounce/pace.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MINUTE 60000LL
#define HOUR   (60 * MINUTE)

static int64_t pause_ms;

static enum pace_advice
closed(struct pace *p, enum fail why, int64_t now_ms)
{
	pause_ms = -1;
	return pace_closed(p, why, -1, now_ms, &pause_ms);
}

static void
test_refused_where_it_never_worked(void **state)
{
	static const enum fail kinds[] = {FAIL_AUTH, FAIL_TLS, FAIL_MISSING};
	struct pace p;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(kinds); i++) {
		p = (struct pace){.proven = false};
		assert_int_equal(closed(&p, kinds[i], 0), PACE_LATER);
		assert_int_equal(pause_ms, PACE_SLIP_MS);
		assert_int_equal(closed(&p, kinds[i], 0), PACE_LATER);
		assert_int_equal(pause_ms, 2 * PACE_SLIP_MS);
		assert_int_equal(closed(&p, kinds[i], 0), PACE_NEVER);
	}
}

static void
test_refused_where_it_worked(void **state)
{
	struct pace p = {.proven = true};

	(void)state;
	assert_int_equal(closed(&p, FAIL_AUTH, 0), PACE_LATER);
	assert_in_range(pause_ms, 42000, 78000);
	assert_int_equal(closed(&p, FAIL_AUTH, MINUTE), PACE_LATER);
	assert_in_range(pause_ms, 84000, 156000);
	pace_opened(&p);
	assert_int_equal(closed(&p, FAIL_AUTH, 3 * MINUTE), PACE_LATER);
	assert_int_equal(closed(&p, FAIL_IO, 4 * MINUTE), PACE_LATER);
	assert_int_equal(closed(&p, FAIL_AUTH, 5 * MINUTE), PACE_LATER);
	assert_int_equal(closed(&p, FAIL_AUTH, 6 * MINUTE), PACE_NEVER);
}

static void
test_what_cannot_be_tried(void **state)
{
	struct pace p = {.proven = true};

	(void)state;
	assert_int_equal(closed(&p, FAIL_INPUT, 0), PACE_NEVER);
}

static void
test_line_goes_down(void **state)
{
	struct pace p = {.proven = true};

	(void)state;
	pace_opened(&p);
	pace_rested(&p, MINUTE);
	assert_int_equal(closed(&p, FAIL_IO, 2 * MINUTE), PACE_SOON);
	assert_in_range(pause_ms, 1000, 2000);
	assert_int_equal(closed(&p, FAIL_IO, 2 * MINUTE), PACE_SOON);
	assert_in_range(pause_ms, 4000, 8000);
	assert_int_equal(closed(&p, FAIL_TIMEOUT, 2 * MINUTE), PACE_SOON);
	assert_in_range(pause_ms, 16000, 32000);
	assert_int_equal(closed(&p, FAIL_IO, 3 * MINUTE), PACE_LATER);
	assert_in_range(pause_ms, 42000, 78000);
}

/* Not when the server asks for more time, and not before it was at rest. */
static void
test_no_haste(void **state)
{
	struct pace p = {.proven = true};

	(void)state;
	assert_int_equal(closed(&p, FAIL_IO, MINUTE), PACE_LATER);
	assert_in_range(pause_ms, 42000, 78000);
	pace_rested(&p, MINUTE);
	assert_int_equal(closed(&p, FAIL_BUSY, MINUTE), PACE_LATER);
	assert_in_range(pause_ms, 84000, 156000);
	pace_rested(&p, MINUTE);
	assert_int_equal(pace_closed(&p, FAIL_IO, 299961, MINUTE, &pause_ms),
	    PACE_LATER);
	assert_true(pause_ms >= 299961);
}

/* A server that lets us in and throws us out again: how often in an hour, by
 * the pauses alone?  And in the worst hour of a day, by the window as well. */
struct thrower {
	enum fail why;
	int64_t held_ms;
	bool brings;
	int most;
};

/* When it let us in, in a day; how often that was. */
static int
visit_for_a_day(const struct thrower *t, bool windowed, int64_t *at_ms, int max)
{
	struct pace p = {.proven = true};
	struct login_window w = {.oldest = 0};
	int64_t now = MINUTE;
	int count = 0;

	while (now < 24 * HOUR && count < max) {
		if (windowed)
			now += login_window_wait(&w, now);
		login_window_take(&w, now);
		at_ms[count++] = now;
		pace_opened(&p);
		pace_rested(&p, now);
		if (t->brings)
			pace_brought(&p);
		now += t->held_ms;
		closed(&p, t->why, now);
		now += pause_ms;
	}
	return count;
}

static int
most_an_hour(const int64_t *at_ms, int count)
{
	int from, to = 0, most = 0;

	for (from = 0; from < count; from++) {
		while (to < count && at_ms[to] < at_ms[from] + HOUR)
			to++;
		if (to - from > most)
			most = to - from;
	}
	return most;
}

static void
test_connections_an_hour(void **state)
{
	static const struct thrower cases[] = {
	    {FAIL_IO, 0, false, 30},
	    {FAIL_IO, MINUTE, false, 30},
	    {FAIL_TIMEOUT, 4 * MINUTE, false, 15},
	    {FAIL_PROTOCOL, 1000, false, 10},
	    {FAIL_BUSY, 0, false, 10},
	    {FAIL_BUSY, 0, true, 10},
	    {FAIL_PROTOCOL, 0, true, 80},
	    {FAIL_IO, 0, true, 100},
	};
	static int64_t at_ms[24 * 120];
	int count, most;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		count = visit_for_a_day(&cases[i], false, at_ms,
		    (int)ARRAY_LEN(at_ms));
		most = most_an_hour(at_ms, count);
		if (most > cases[i].most || count < 24 * 4)
			fail_msg("case %zu: %d an hour", i, most);
		count = visit_for_a_day(&cases[i], true, at_ms,
		    (int)ARRAY_LEN(at_ms));
		most = most_an_hour(at_ms, count);
		if (most > LOGINS_PER_HOUR || count < 24 * 4)
			fail_msg("case %zu: %d logins an hour", i, most);
	}
}

/* A connection that held for long starts the pauses anew. */
static void
test_recovers(void **state)
{
	struct pace p = {.proven = true};
	int i;

	(void)state;
	for (i = 0; i < 10; i++)
		assert_int_equal(closed(&p, FAIL_IO, 0), PACE_LATER);
	assert_true(pause_ms > 10 * MINUTE);
	pace_brought(&p);
	closed(&p, FAIL_BUSY, 0); /* it brought something, and wants peace */
	assert_true(pause_ms > 10 * MINUTE);
	closed(&p, FAIL_IO, 0);
	assert_true(pause_ms > 10 * MINUTE);
	pace_brought(&p);
	closed(&p, FAIL_IO, 0);
	assert_in_range(pause_ms, 42000, 78000);
	for (i = 0; i < 10; i++)
		closed(&p, FAIL_IO, 0);
	pace_rested(&p, HOUR);
	closed(&p, FAIL_BUSY, HOUR + PACE_SETTLED_MS - 1);
	assert_true(pause_ms > 10 * MINUTE);
	pace_rested(&p, 2 * HOUR);
	pace_rested(&p, 2 * HOUR + PACE_SETTLED_MS); /* again, after mail */
	closed(&p, FAIL_BUSY, 2 * HOUR + PACE_SETTLED_MS);
	assert_in_range(pause_ms, 42000, 78000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_refused_where_it_never_worked),
	    cmocka_unit_test(test_refused_where_it_worked),
	    cmocka_unit_test(test_what_cannot_be_tried),
	    cmocka_unit_test(test_line_goes_down),
	    cmocka_unit_test(test_no_haste),
	    cmocka_unit_test(test_connections_an_hour),
	    cmocka_unit_test(test_recovers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
