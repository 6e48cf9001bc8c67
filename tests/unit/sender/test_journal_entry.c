/* What goes into a worker's journal comes out of it, and nothing else. */
#include "sender/journal_entry.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
attempts_come_back(void **state)
{
	const struct recipient who = {
	    .delivery = INT64_C(7) << 32 | 5,
	    .attempt = 3,
	    .first_at_us = 1234567890,
	};
	char bytes[JOURNAL_PAYLOAD_MAX];
	struct str payload = journal_entry_attempt(bytes, &who);
	const uint16_t types[] = {JOURNAL_INTENT, JOURNAL_UNSENT};
	struct journal_entry e;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(types); i++) {
		assert_true(journal_entry_read(&e, types[i], payload));
		assert_int_equal(e.type, types[i]);
		assert_int_equal(e.delivery, who.delivery);
		assert_int_equal(e.attempt, 3);
		assert_int_equal(e.first_at_us, 1234567890);
	}
	assert_false(journal_entry_read(&e, JOURNAL_OUTCOME, payload));
	assert_false(journal_entry_read(&e, 9, payload));
}

static struct outcome_row
a_row(void)
{
	return (struct outcome_row){
	    .delivery = INT64_C(7) << 32 | 6,
	    .attempt = 2,
	    .state = LEDGER_FAILED,
	    .at_us = 99,
	    .account_id = 12,
	    .code = 550,
	    .status = {5, 1, 1},
	    .diagnosed = true,
	    .diagnosis = {SCOPE_RECIPIENT, BOUNCE_HARD, CATEGORY_INVALID, true,
		"a rule"},
	    .reply = STR("550 5.1.1 no such user"),
	    .retry_ms = -1,
	    .first_at_us = INT64_MIN,
	    .settles_retry = true,
	    .is_bounce = true,
	};
}

static void
outcomes_come_back(void **state)
{
	const struct outcome_row row = a_row();
	char bytes[JOURNAL_PAYLOAD_MAX];
	struct journal_entry e;

	(void)state;
	assert_true(journal_entry_read(&e, JOURNAL_OUTCOME,
	    journal_entry_outcome(bytes, &row)));
	assert_int_equal(e.delivery, row.delivery);
	assert_int_equal(e.row.delivery, row.delivery);
	assert_int_equal(e.row.attempt, 2);
	assert_int_equal(e.row.state, LEDGER_FAILED);
	assert_int_equal(e.row.at_us, 99);
	assert_int_equal(e.row.account_id, 12);
	assert_int_equal(e.row.code, 550);
	assert_memory_equal(&e.row.status, &row.status, sizeof(row.status));
	assert_true(e.row.diagnosed);
	assert_int_equal(e.row.diagnosis.scope, SCOPE_RECIPIENT);
	assert_int_equal(e.row.diagnosis.type, BOUNCE_HARD);
	assert_int_equal(e.row.diagnosis.category, CATEGORY_INVALID);
	assert_true(e.row.diagnosis.permanent);
	assert_true(str_eq(e.row.reply, row.reply));
	assert_int_equal(e.row.retry_ms, -1);
	assert_true(e.row.first_at_us == INT64_MIN);
	assert_true(e.row.settles_retry && e.row.is_bounce);
}

static void
no_reply_is_not_an_empty_one(void **state)
{
	struct outcome_row row = a_row();
	char bytes[JOURNAL_PAYLOAD_MAX];
	struct journal_entry e;

	(void)state;
	row.reply = STR_NONE;
	assert_true(journal_entry_read(&e, JOURNAL_OUTCOME,
	    journal_entry_outcome(bytes, &row)));
	assert_null(e.row.reply.p);
	row.reply = STR("");
	assert_true(journal_entry_read(&e, JOURNAL_OUTCOME,
	    journal_entry_outcome(bytes, &row)));
	assert_non_null(e.row.reply.p);
	assert_int_equal(e.row.reply.n, 0);
}

static void
long_replies_are_cut(void **state)
{
	static char text[2 * JOURNAL_PAYLOAD_MAX];
	struct outcome_row row = a_row();
	char bytes[JOURNAL_PAYLOAD_MAX];
	struct journal_entry e;
	struct str payload;

	(void)state;
	memset(text, 'x', sizeof(text));
	row.reply = (struct str){text, sizeof(text)};
	payload = journal_entry_outcome(bytes, &row);
	assert_int_equal(payload.n, JOURNAL_PAYLOAD_MAX);
	assert_true(journal_entry_read(&e, JOURNAL_OUTCOME, payload));
	assert_true(e.row.reply.n > JOURNAL_PAYLOAD_MAX / 2);
}

/* Every byte of the fixed part, with every value: what is taken is within the
 * bounds that the rest of us relies on. */
static void
any_bytes_are_checked(void **state)
{
	const struct outcome_row row = a_row();
	char bytes[JOURNAL_PAYLOAD_MAX];
	struct str payload = journal_entry_outcome(bytes, &row);
	size_t fixed = payload.n - row.reply.n, i;
	struct journal_entry e;
	int taken = 0, value;
	char kept;

	(void)state;
	for (i = 0; i < fixed; i++) {
		kept = bytes[i];
		for (value = 0; value < 256; value++) {
			bytes[i] = (char)value;
			if (!journal_entry_read(&e, JOURNAL_OUTCOME, payload))
				continue;
			taken++;
			assert_true(e.delivery > 0 && e.row.attempt >= 1);
			assert_true(e.row.state < LEDGER__COUNT);
			assert_true(e.row.diagnosis.scope < SCOPE__COUNT);
			assert_true(e.row.diagnosis.type < BOUNCE__COUNT);
			assert_true(e.row.diagnosis.category < CATEGORY__COUNT);
			assert_in_range(e.row.code, 0, 999);
			assert_true(e.row.retry_ms >= -1);
		}
		bytes[i] = kept;
	}
	assert_in_range(taken, 1000, 256 * (int)fixed - 1000);
	for (i = 0; i < fixed; i++)
		assert_false(journal_entry_read(&e, JOURNAL_OUTCOME,
		    (struct str){bytes, i}));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(attempts_come_back),
	    cmocka_unit_test(outcomes_come_back),
	    cmocka_unit_test(no_reply_is_not_an_empty_one),
	    cmocka_unit_test(long_replies_are_cut),
	    cmocka_unit_test(any_bytes_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
