/* The feed of suppressions misses none, in whatever order transactions
 * begin and commit (S-074). */
#include "tests/support/ledger.h"
#include "tests/support/pg.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct db *db;
static char since[32];
static char seen[1000];

static int
setup(void **state)
{
	(void)state;
	db = ledger_open();
	snprintf(since, sizeof(since), "18446744073709551615");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	db_close(db);
	return 0;
}

/* "a b": the addresses that the feed tells now. */
static const char *
feed(void)
{
	struct db_result r =
	    ledger_run(db, Q_SUPPRESSION_FEED, DB_ARGS(db_cstr(since)));
	int i, n = db_rows(&r) - 1;
	size_t at = 0;

	seen[0] = '\0';
	for (i = 0; i < n; i++)
		at += (size_t)snprintf(seen + at, sizeof(seen) - at, "%s%.*s",
		    i > 0 ? " " : "", STR_ARG(db_get_text(&r, i, 0)));
	snprintf(since, sizeof(since), "%.*s", STR_ARG(db_get_text(&r, n, 2)));
	db_result_free(&r);
	return seen;
}

static void
suppress(struct db *c, const char *who)
{
	pg_sql(c,
	    "INSERT INTO suppression (email_key, reason)"
	    " VALUES ('%s', 'manual')",
	    who);
}

static void
one_that_commits_late(void **state)
{
	struct db *late = ledger_again(), *soon = ledger_again();
	struct err err = {FAIL_NONE, ""};

	(void)state;
	suppress(soon, "before");
	assert_string_equal(feed(), "");
	assert_true(db_begin(late, &err));
	suppress(late, "late");
	assert_string_equal(feed(), "");
	suppress(soon, "soon");
	assert_string_equal(feed(), "soon");
	suppress(soon, "next");
	assert_non_null(strstr(feed(), "next"));
	assert_true(db_commit(late, &err));
	assert_non_null(strstr(feed(), "late"));
	assert_string_equal(feed(), "");
	suppress(soon, "last");
	assert_string_equal(feed(), "last");
	assert_string_equal(feed(), "");
	db_close(late);
	db_close(soon);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(one_that_commits_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
