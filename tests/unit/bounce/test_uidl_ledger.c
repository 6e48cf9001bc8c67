/*
 * Goal: a message is read once, whatever number a visit gives it; and nobody
 * logs in more often than allowed.
 */
#include "bounce/uidl_ledger.h"

#include "bounce/login_window.h"
#include "bounce/mail_date.h"
#include "bounce/mime_walk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MANY 5000

static uint64_t
unread(struct uidl_ledger *l, uint32_t from)
{
	struct imap_set set;
	uint64_t n;

	imap_set_init(&set);
	uidl_ledger_unread(l, from, &set);
	n = imap_set_size(&set);
	imap_set_release(&set);
	return n;
}

static void
test_numbers_move(void **state)
{
	struct uidl_ledger l;
	unsigned char gone[4][UIDL_KEY_SIZE];
	struct uidl_entry *e;

	(void)state;
	uidl_ledger_init(&l);
	uidl_ledger_visit(&l);
	uidl_ledger_see(&l, 1, STR("a"));
	uidl_ledger_see(&l, 2, STR("b"));
	uidl_ledger_see(&l, 3, STR("c"));
	assert_int_equal(unread(&l, 1), 3);
	assert_int_equal(uidl_ledger_due(&l, 2, &e), 2);
	assert_int_equal(e[0].uid, 1);
	uidl_ledger_stored(&l, 2);
	assert_int_equal(unread(&l, 1), 1);
	uidl_ledger_visit(&l);
	uidl_ledger_see(&l, 1, STR("b")); /* `a` has gone */
	uidl_ledger_see(&l, 2, STR("d"));
	uidl_ledger_see(&l, 3, STR("c"));
	assert_int_equal(uidl_ledger_forget(&l, gone, 4), 1);
	assert_int_equal(unread(&l, 3), 2);
	assert_int_equal(uidl_ledger_find(&l, 3)->number, 3);
	assert_int_equal(uidl_ledger_find(&l, 4)->number, 2);
	assert_null(uidl_ledger_find(&l, 1));
	assert_null(uidl_ledger_find(&l, 5));
	uidl_ledger_release(&l);
}

/* What another process read; a name that comes again is a new message. */
static void
test_loaded(void **state)
{
	struct uidl_ledger l, before;
	unsigned char gone[1][UIDL_KEY_SIZE];

	(void)state;
	uidl_ledger_init(&before);
	uidl_ledger_see(&before, 1, STR("a"));
	uidl_ledger_init(&l);
	l.last_uid = 7;
	uidl_ledger_load(&l,
	    (struct str){(const char *)before.at[0].key, UIDL_KEY_SIZE}, true);
	uidl_ledger_visit(&l);
	uidl_ledger_see(&l, 1, STR("a"));
	uidl_ledger_see(&l, 2, STR("b"));
	assert_int_equal(unread(&l, 1), 1);
	assert_true(l.at[0].stored && l.at[0].is_report);
	assert_int_equal(l.at[1].uid, 8);
	uidl_ledger_visit(&l);
	assert_int_equal(uidl_ledger_forget(&l, gone, 1), 1);
	assert_memory_equal(gone[0], before.at[0].key, UIDL_KEY_SIZE);
	assert_int_equal(l.count, 0);
	uidl_ledger_see(&l, 1, STR("a"));
	assert_int_equal(unread(&l, 1), 1);
	uidl_ledger_release(&l);
	uidl_ledger_release(&before);
}

/* Messages of one name are as many as there are, at each visit. */
static void
test_twins(void **state)
{
	struct uidl_ledger l;
	uint32_t i;

	(void)state;
	uidl_ledger_init(&l);
	uidl_ledger_visit(&l);
	for (i = 1; i <= MANY; i++)
		uidl_ledger_see(&l, i, STR("same"));
	assert_int_equal(unread(&l, 1), MANY);
	uidl_ledger_stored(&l, MANY);
	uidl_ledger_visit(&l);
	for (i = 1; i <= MANY + 1; i++)
		uidl_ledger_see(&l, i, STR("same"));
	assert_int_equal(unread(&l, 1), 1);
	assert_int_equal(l.seen, MANY + 1);
	uidl_ledger_release(&l);
}

static void
test_sixty_logins_an_hour(void **state)
{
	struct login_window w = {.oldest = 0};
	int64_t now = 5000;
	int i;

	(void)state;
	for (i = 0; i < LOGINS_PER_HOUR; i++, now += 1000) {
		assert_int_equal(login_window_wait(&w, now), 0);
		login_window_take(&w, now);
	}
	assert_int_equal(login_window_wait(&w, now), 5000 + 3600000 - now);
	now = 5000 + 3600000;
	assert_int_equal(login_window_wait(&w, now), 0);
	login_window_take(&w, now);
	assert_int_equal(login_window_wait(&w, now), 1000);
}

static void
test_date_of_a_header(void **state)
{
	static const struct {
		const char *header;
		int64_t s;
	} cases[] = {
	    {"Received: from a by b; Thu, 1 Jan 1970 00:01:00 +0000\r\n"
	     "Received: from c by a; Thu, 1 Jan 1970 00:00:10 +0000\r\n"
	     "Date: Thu, 1 Jan 1970 00:00:01 +0000\r\n",
		60},
	    {"Date: Thu, 1 Jan 1970 00:00:07 +0000\r\n"
	     "Received: from a by b\r\n\tid 7;\r\n"
	     "\tThu, 1 Jan 1970 01:01:00 +0100 (CET)\r\n",
		60},
	    {"Received: by b; when it came\r\n"
	     "Date: Thu, 1 Jan 1970 00:00:07 +0000\r\n",
		7},
	    {"Received: by b\r\nDate: never\r\n", 0},
	    {"Subject: x\r\n", 0},
	    {"", 0},
	};
	size_t i;

	(void)state;
	mime_walk_start();
	for (i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(mail_date_received(str_of(cases[i].header)),
		    cases[i].s * 1000000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_numbers_move),
	    cmocka_unit_test(test_loaded),
	    cmocka_unit_test(test_twins),
	    cmocka_unit_test(test_sixty_logins_an_hour),
	    cmocka_unit_test(test_date_of_a_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
