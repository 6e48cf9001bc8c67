/*
 * Goal: whatever happens between two looks, nothing unread is passed over,
 * and old mail is not read for nothing.
 */
#include "bounce/cursor.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define DAY_US (24LL * 3600 * 1000000)
#define NOW    (20000 * DAY_US)
#define SINCE  (NOW - DAY_US)

static struct mail_folder
box(uint32_t uidvalidity, uint32_t uidnext)
{
	return (
	    struct mail_folder){.uidvalidity = uidvalidity, .uidnext = uidnext};
}

static bool
opened(struct cursor *c, uint32_t uidvalidity, uint32_t uidnext)
{
	struct mail_folder b = box(uidvalidity, uidnext);

	return cursor_open(c, &b);
}

static void
check_look(const struct cursor *c, uint32_t uid_from, int64_t since_us)
{
	struct cursor_look look = cursor_look(c);

	assert_int_equal(look.uid_from, uid_from);
	assert_int_equal(look.since_us, since_us);
}

static void
test_opening(void **state)
{
	static const struct {
		const char *label;
		uint32_t uidvalidity, last_uid; /* stored, unless 0 */
		uint32_t now_uidvalidity, uidnext, uid_from;
		bool renumbered;
		int64_t since_us;
	} cases[] = {
	    {"never read", 0, 0, 5, 100, 1, false, SINCE},
	    {"as it was left", 5, 41, 5, 42, 42, false, 0},
	    {"more has come", 5, 41, 5, 90, 42, false, 0},
	    {"next is not told", 5, 41, 5, 0, 42, false, 0},
	    {"numbered anew", 4, 41, 5, 42, 1, true, NOW - CURSOR_RESCAN_US},
	    {"numbers given again", 5, 41, 5, 41, 1, true,
		NOW - CURSOR_RESCAN_US},
	    {"emptied, numbers given again", 5, 41, 5, 1, 1, true,
		NOW - CURSOR_RESCAN_US},
	};
	struct cursor_look look;
	struct cursor c;
	bool renumbered;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		c = (struct cursor){.since_us = SINCE,
		    .stored = cases[i].uidvalidity > 0,
		    .uidvalidity = cases[i].uidvalidity,
		    .last_uid = cases[i].last_uid,
		    .moved_us = NOW};
		renumbered =
		    opened(&c, cases[i].now_uidvalidity, cases[i].uidnext);
		look = cursor_look(&c);
		if (renumbered != cases[i].renumbered ||
		    look.uid_from != cases[i].uid_from ||
		    look.since_us != cases[i].since_us)
			fail_msg("%s: from %u since %lld", cases[i].label,
			    look.uid_from, (long long)look.since_us);
	}
}

static bool
opened_at(struct cursor *c, uint32_t uidnext, uint64_t modseq)
{
	struct mail_folder b = box(5, uidnext);

	b.highestmodseq = modseq;
	return cursor_open(c, &b);
}

/* No search where HIGHESTMODSEQ and UIDNEXT both say so, and only there. */
static void
test_at_rest(void **state)
{
	static const struct {
		uint64_t last_uid, modseq; /* stored */
		uint64_t uidnext, told;
		bool at_rest;
	} cases[] = {
	    {41, 700, 42, 700, true},
	    {41, 700, 42, 701, false}, /* a flag */
	    {41, 700, 43, 700, false}, /* more, though it says otherwise */
	    {41, 700, 43, 705, false},
	    {41, 700, 42, 0, false}, /* not told */
	    {41, 0, 42, 0, false},
	    {41, 0, 42, 700, false},
	    {41, 700, 0, 700, false},
	    {UINT32_MAX, 700, 0, 700, false},
	};
	struct cursor c;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		c = (struct cursor){.stored = true,
		    .uidvalidity = 5,
		    .last_uid = (uint32_t)cases[i].last_uid,
		    .modseq = cases[i].modseq};
		assert_false(
		    opened_at(&c, (uint32_t)cases[i].uidnext, cases[i].told));
		if (cursor_is_at_rest(&c) != cases[i].at_rest)
			fail_msg("case %zu", i);
	}
}

static void
test_comes_to_rest(void **state)
{
	struct cursor c = {.since_us = SINCE};

	(void)state;
	opened_at(&c, 101, 700);
	assert_false(cursor_is_at_rest(&c));
	cursor_moved(&c, 50, NOW); /* it goes by date: not all is read */
	opened_at(&c, 101, 700);
	assert_false(cursor_is_at_rest(&c));
	cursor_moved(&c, 100, NOW);
	assert_true(cursor_is_at_rest(&c));
	opened_at(&c, 101, 702); /* flags: a look that finds nothing */
	assert_false(cursor_is_at_rest(&c));
	assert_int_equal(cursor_end(&c), 0);
	opened_at(&c, 101, 702);
	assert_true(cursor_is_at_rest(&c));
	assert_true(opened(&c, 6, 101)); /* another folder of that name */
	assert_false(cursor_is_at_rest(&c));
}

/* Restored from a backup, it has grown beyond what we had read: numbers that
 * we passed belong to other messages now. */
static void
test_went_back_in_time(void **state)
{
	struct cursor c = {.stored = true,
	    .uidvalidity = 5,
	    .last_uid = 41,
	    .modseq = 700,
	    .moved_us = NOW};

	(void)state;
	assert_true(opened_at(&c, 60, 650));
	check_look(&c, 1, NOW - CURSOR_RESCAN_US);
	assert_true(opened_at(&c, 60, 650)); /* until something is recorded */
	cursor_moved(&c, 59, NOW);
	assert_false(opened_at(&c, 60, 650));
	check_look(&c, 60, 0);
	assert_true(cursor_is_at_rest(&c));
}

/* A connection that dies before anything was recorded changes nothing. */
static void
test_lost_before_the_first_record(void **state)
{
	struct cursor c = {.since_us = SINCE};

	(void)state;
	opened(&c, 5, 100);
	opened(&c, 5, 100);
	check_look(&c, 1, SINCE);
	c = (struct cursor){.stored = true,
	    .uidvalidity = 4,
	    .last_uid = 41,
	    .moved_us = NOW};
	assert_true(opened(&c, 5, 100));
	assert_true(opened(&c, 5, 100));
	check_look(&c, 1, NOW - CURSOR_RESCAN_US);
}

static void
test_end_of_a_look_by_date(void **state)
{
	struct cursor c = {.since_us = SINCE};

	(void)state;
	opened(&c, 5, 101); /* a hundred messages, the 7th is new */
	cursor_moved(&c, 7, NOW);
	check_look(&c, 8, SINCE); /* the old ones after it stay unread */
	assert_int_equal(cursor_end(&c), 100);
	cursor_moved(&c, 100, NOW);
	assert_int_equal(cursor_end(&c), 0);
	check_look(&c, 101, 0);
}

static void
test_end_of_a_look_at_nothing(void **state)
{
	struct cursor c = {.since_us = SINCE};

	(void)state;
	opened(&c, 5, 101); /* a hundred messages, all old */
	assert_int_equal(cursor_end(&c), 100);
	check_look(&c, 1, SINCE); /* until that is recorded */
	cursor_moved(&c, 100, NOW);
	check_look(&c, 101, 0);
	c = (struct cursor){.since_us = SINCE};
	opened(&c, 5, 1); /* empty: all that comes is new, whatever its date */
	assert_int_equal(cursor_end(&c), 0);
	check_look(&c, 1, 0);
	c = (struct cursor){.since_us = SINCE};
	opened(&c, 5, 0); /* how far it goes is not told: by date for ever */
	assert_int_equal(cursor_end(&c), 0);
	check_look(&c, 1, SINCE);
}

/* Interrupted by a lost connection, a look by date goes on by date. */
static void
test_look_by_date_goes_on(void **state)
{
	struct cursor c = {.since_us = SINCE};

	(void)state;
	opened(&c, 5, 101);
	cursor_moved(&c, 7, NOW);
	assert_false(opened(&c, 5, 105));
	check_look(&c, 8, SINCE);
	assert_int_equal(cursor_end(&c), 104);
}

/* Numbered anew while it is read anew. */
static void
test_renumbered_twice(void **state)
{
	struct cursor c = {.stored = true,
	    .uidvalidity = 4,
	    .last_uid = 41,
	    .moved_us = NOW};

	(void)state;
	assert_true(opened(&c, 5, 50));
	cursor_moved(&c, 20, NOW + DAY_US);
	assert_true(opened(&c, 6, 50));
	check_look(&c, 1, NOW + DAY_US - CURSOR_RESCAN_US);
	cursor_moved(&c, 49, NOW + DAY_US);
	assert_int_equal(c.uidvalidity, 6);
	assert_false(opened(&c, 6, 50));
	check_look(&c, 50, 0);
}

static void
test_trouble(void **state)
{
	struct cursor c = {.stored = true, .uidvalidity = 5, .last_uid = 10};
	int i;

	(void)state;
	opened(&c, 5, 100);
	assert_int_equal(cursor_batch_max(&c, 40), 40);
	cursor_troubled(&c, 11, 50);
	assert_int_equal(cursor_batch_max(&c, 40), 1);
	cursor_moved(&c, 11, NOW);
	assert_int_equal(cursor_batch_max(&c, 40), 1);
	for (i = 0; i < CURSOR_TRIES_MAX; i++) {
		assert_false(cursor_has_given_up(&c, 12));
		cursor_troubled(&c, 12, 12);
		opened(&c, 5, 100); /* it takes the connection with it */
	}
	assert_true(cursor_has_given_up(&c, 12));
	assert_false(cursor_has_given_up(&c, 13));
	cursor_moved(&c, 12, NOW);
	assert_false(cursor_has_given_up(&c, 12));
	assert_int_equal(cursor_batch_max(&c, 40), 40);
}

/* Tries count of one message, in a row. */
static void
test_trouble_of_several(void **state)
{
	struct cursor c = {.stored = true, .uidvalidity = 5, .last_uid = 10};

	(void)state;
	opened(&c, 5, 100);
	cursor_troubled(&c, 11, 11);
	cursor_troubled(&c, 11, 11);
	cursor_moved(&c, 11, NOW);
	cursor_troubled(&c, 12, 12);
	assert_false(cursor_has_given_up(&c, 12));
	cursor_troubled(&c, 12, 12);
	opened(&c, 6, 100); /* numbered anew: another message */
	cursor_troubled(&c, 12, 12);
	assert_false(cursor_has_given_up(&c, 12));
}

/* Nothing is recorded yet: what was learned of the first batch stays. */
static void
test_trouble_of_the_first_batch(void **state)
{
	struct cursor c = {.since_us = SINCE};
	int i;

	(void)state;
	opened(&c, 5, 100);
	cursor_troubled(&c, 1, 40);
	for (i = 0; i < CURSOR_TRIES_MAX; i++) {
		opened(&c, 5, 100);
		assert_int_equal(cursor_batch_max(&c, 40), 1);
		assert_false(cursor_has_given_up(&c, 1));
		cursor_troubled(&c, 1, 1);
	}
	opened(&c, 5, 100);
	assert_true(cursor_has_given_up(&c, 1));
	opened(&c, 6, 100);
	assert_false(cursor_has_given_up(&c, 1));
	assert_int_equal(cursor_batch_max(&c, 40), 40);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_opening),
	    cmocka_unit_test(test_at_rest),
	    cmocka_unit_test(test_comes_to_rest),
	    cmocka_unit_test(test_went_back_in_time),
	    cmocka_unit_test(test_lost_before_the_first_record),
	    cmocka_unit_test(test_end_of_a_look_by_date),
	    cmocka_unit_test(test_end_of_a_look_at_nothing),
	    cmocka_unit_test(test_look_by_date_goes_on),
	    cmocka_unit_test(test_renumbered_twice),
	    cmocka_unit_test(test_trouble),
	    cmocka_unit_test(test_trouble_of_several),
	    cmocka_unit_test(test_trouble_of_the_first_batch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
