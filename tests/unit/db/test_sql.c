/*
 * Goal: every named statement is valid on the migrated schema and takes as
 * many parameters as its text says; migrations are safe to repeat, and a
 * changed or newer one is refused by name.
 */
#include "tests/support/pg.h"

#include "db/migrate.h"

#include <libpq-fe.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Tables that go with their transaction: what works on them comes later in
 * the same file. */
static bool
make_temporary(PGconn *pg, const char *text)
{
	const char *end = strstr(text, "ON COMMIT");
	char sql[2000];

	if (strstr(text, "CREATE TEMP TABLE") != text)
		return false;
	assert_non_null(end);
	snprintf(sql, sizeof(sql), "%.*s", (int)(end - text), text);
	PQclear(PQexec(pg, sql));
	return true;
}

static void
test_every_statement_prepares(void **state)
{
	PGconn *pg = PQconnectdb(pg_migrated());
	int q;

	(void)state;
	for (q = 0; q < Q__COUNT; q++) {
		const struct query_text *text = &query_texts[q];
		PGresult *r;

		if (make_temporary(pg, text->text) ||
		    strstr(text->text, "ANALYZE") == text->text ||
		    strstr(text->text, "TRUNCATE") == text->text)
			continue;
		r = PQprepare(pg, text->name, text->text, 0, NULL);
		if (strstr(text->text, "COPY ") == text->text) {
			PQclear(r);
			continue;
		}
		if (PQresultStatus(r) != PGRES_COMMAND_OK)
			fail_msg("%s: %s", text->name, PQerrorMessage(pg));
		PQclear(r);
		r = PQdescribePrepared(pg, text->name);
		if (PQnparams(r) != text->params)
			fail_msg("%s: %d parameters, not %d", text->name,
			    PQnparams(r), text->params);
		PQclear(r);
	}
	PQfinish(pg);
}

static void
test_migrate_twice(void **state)
{
	struct err err = {FAIL_NONE, ""};
	struct db *db;
	int applied = -1;

	(void)state;
	assert_true(db_open(&db, pg_empty(), DB_PREPARED, &err));
	assert_false(db_schema_check(db, &err));
	assert_int_equal(err.kind, FAIL_MISSING);
	assert_true(db_migrate(db, &applied, &err));
	assert_int_equal(applied, migration_count);
	assert_true(db_migrate(db, &applied, &err));
	assert_int_equal(applied, 0);
	assert_true(db_schema_check(db, &err));
	db_close(db);
}

static void
test_changed_migration_is_refused(void **state)
{
	struct err err = {FAIL_NONE, ""};
	struct db *db = pg_open();

	(void)state;
	pg_sql(db, "update migration set checksum = 'x' where version = 1");
	assert_false(db_migrate(db, NULL, &err));
	assert_non_null(strstr(err.text, "0001_schema was changed"));
	db_close(db);
}

static void
test_newer_database_is_refused(void **state)
{
	struct err err = {FAIL_NONE, ""};
	struct db *db = pg_open();

	(void)state;
	pg_sql(db, "insert into migration values (%d, 'later', 'x')",
	    migrations[migration_count - 1].version + 1);
	assert_false(db_migrate(db, NULL, &err));
	assert_non_null(strstr(err.text, "this build knows only"));
	assert_false(db_schema_check(db, &err));
	assert_non_null(strstr(err.text, "newer build"));
	db_close(db);
}

/* D-35: one that is not told so may not lose what was answered. */
static void
test_a_server_that_forgets_is_refused(void **state)
{
	struct err err = {FAIL_NONE, ""};
	struct db *db = pg_open();

	(void)state;
	pg_sql(db, "set volley.may_lose_data to off");
	assert_false(db_schema_check(db, &err));
	assert_int_equal(err.kind, FAIL_INPUT);
	assert_non_null(strstr(err.text, "fsync=off"));
	pg_sql(db, "set volley.may_lose_data to on");
	assert_true(db_migrate(db, NULL, &err));
	assert_true(db_schema_check(db, &err));
	db_close(db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_statement_prepares),
	    cmocka_unit_test(test_migrate_twice),
	    cmocka_unit_test(test_a_server_that_forgets_is_refused),
	    cmocka_unit_test(test_changed_migration_is_refused),
	    cmocka_unit_test(test_newer_database_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
