/* Goal: who guesses is stopped soon, who reads hardly ever, by source. */
#include "api/link_pace.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MINUTE INT64_C(60000000)

static struct link_pace *pace;

static int
begin(void **state)
{
	(void)state;
	pace = link_pace_new();
	return 0;
}

static int
end(void **state)
{
	(void)state;
	link_pace_free(pace);
	return 0;
}

static struct peer
peer(const char *text)
{
	struct peer p;

	assert_true(peer_parse(&p, str_of(text)));
	return p;
}

/* Of so many, how many may. */
static int
taken(const char *source, int64_t now, uint32_t cost, int tries)
{
	struct peer p = peer(source);
	int n = 0;

	while (tries-- > 0)
		n += link_pace_take(pace, &p, now, cost);
	return n;
}

static void
minutes(void **state)
{
	const int guesses = LINK_PACE_MINUTE / LINK_PACE_UNKNOWN;

	(void)state;
	assert_int_equal(guesses, 60);
	assert_int_equal(
	    taken("192.0.2.1", 9 * MINUTE, LINK_PACE_UNKNOWN, 1000), guesses);
	assert_int_equal(taken("192.0.2.1", 10 * MINUTE - 1, 1, 10), 0);
	assert_int_equal(taken("192.0.2.1", 10 * MINUTE - 1, 0, 10), 0);
	assert_int_equal(taken("192.0.2.1", 10 * MINUTE, 0, 10), 10);
	assert_int_equal(taken("192.0.2.1", 10 * MINUTE, LINK_PACE_KNOWN,
			     2 * LINK_PACE_MINUTE),
	    LINK_PACE_MINUTE);
}

static void
sources(void **state)
{
	static const struct {
		const char *source;
		bool is_same;
	} rows[] = {
	    {"2001:db8:1:2:3:4:5:6", true}, /* its own */
	    {"2001:db8:1:2::9", true},      /* that /64 */
	    {"2001:db8:1:3::9", false},
	    {"192.0.2.7", false},
	    {"::1", false}, /* this host */
	    {"127.0.0.1", false},
	};
	size_t i;
	int may;

	(void)state;
	taken("2001:db8:1:2:3:4:5:6", MINUTE, LINK_PACE_UNKNOWN, 100);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		may = taken(rows[i].source, MINUTE, LINK_PACE_KNOWN, 10);
		if (may != (rows[i].is_same ? 0 : 10))
			fail_msg("%s: %d", rows[i].source, may);
	}
	assert_int_equal(taken("127.0.0.1", MINUTE, LINK_PACE_UNKNOWN, 1000),
	    1000);
}

/* A thousand who flood, and a thousand others: hardly any shares a place. */
static void
others_go_on(void **state)
{
	char text[32];
	int i, n = 0;

	(void)state;
	for (i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "10.0.%d.%d", i / 250, i % 250);
		taken(text, MINUTE, LINK_PACE_MINUTE, 1);
	}
	for (i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "10.9.%d.%d", i / 250, i % 250);
		n += taken(text, MINUTE, LINK_PACE_KNOWN, 1);
	}
	assert_in_range(n, 950, 1000);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(minutes, begin, end),
	    cmocka_unit_test_setup_teardown(sources, begin, end),
	    cmocka_unit_test_setup_teardown(others_go_on, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
