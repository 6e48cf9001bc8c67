/*
 * Goal: a batch with rows by COPY is a transaction like any other: all of it
 * or nothing, in its place among the others, and lost only with the server.
 */
#include "db/link.h"

#include "db/tuples.h"
#include "tests/support/linked.h"
#include "tests/support/pg.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define BASE (INT64_C(1) << 32)

static struct linked linked;
static char conninfo[256];

static int
setup(void **state)
{
	struct db *db;
	struct err err;

	(void)state;
	snprintf(conninfo, sizeof(conninfo), "%s", pg_migrated());
	assert_true(db_open(&db, conninfo, DB_PREPARED, &err));
	pg_sql(db, "select outcome_partition(1)");
	db_close(db);
	linked_open(&linked, conninfo);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	linked_close(&linked);
	return 0;
}

/* "ok:" and how many rows each statement changed, or the failure's kind. */
static void
on_answer(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	int i;

	buf_printf(&linked.told, "%s=", (const char *)arg);
	if (err != NULL) {
		linked.last = *err;
		buf_puts(&linked.told, fail_name(err->kind));
	}
	for (i = 0; err == NULL && i < count; i++)
		buf_printf(&linked.told, "%s%lld", i > 0 ? "," : "",
		    (long long)db_affected(&results[i]));
	buf_char(&linked.told, ' ');
	linked_answered(&linked);
}

/* Outcomes first..last of campaign 1 with a reply of that length. */
static void
copy(struct db_batch *b, int64_t first, int64_t last_one, size_t reply)
{
	static char words[4096];
	struct tuples t;
	int64_t n;

	memset(words, 'r', sizeof(words));
	tuples_init(&t, 256U << 20);
	tuples_begin(&t);
	for (n = first; n <= last_one; n++) {
		tuples_row(&t, 11);
		tuples_bigint(&t, BASE + n);
		tuples_smallint(&t, 1);
		tuples_text(&t, STR("accepted"));
		tuples_time(&t, 1700000000123456);
		tuples_null(&t);
		tuples_smallint(&t, 250);
		tuples_text(&t, STR_NONE);
		tuples_null(&t);
		tuples_null(&t);
		tuples_null(&t);
		tuples_text(&t, (struct str){words, reply});
	}
	db_batch_copy(b, Q_OUTCOME_COPY, tuples_end(&t));
	tuples_release(&t);
}

static void
add(struct db_batch *b, int version)
{
	db_batch_add(b, Q_MIGRATION_ADD,
	    DB_ARGS(db_int(version), db_cstr("one"), db_cstr("sum")));
}

static void
send_one(int version, char *label)
{
	struct db_batch *b = db_batch_new(linked.link);

	add(b, version);
	db_batch_send(b, on_answer, label);
}

static const char *
left(void)
{
	return pg_value(conninfo,
	    "select (select count(*) from outcome) || ' ' || (select "
	    "count(*) from migration where version >= 1000)");
}

static char label_a[] = "a", label_b[] = "b", label_c[] = "c", label_d[] = "d";

/* Statements before and behind the rows, other batches around it. */
static void
in_its_place(void **state)
{
	struct db_batch *b = db_batch_new(linked.link), *alone;

	(void)state;
	send_one(1000, label_a);
	add(b, 1001);
	copy(b, 1, 3, 5);
	add(b, 1002);
	add(b, 1003);
	db_batch_send(b, on_answer, label_b);
	send_one(1004, label_c);
	alone = db_batch_new(linked.link);
	copy(alone, 4, 4, 0);
	db_batch_send(alone, on_answer, label_d);
	linked_run(&linked, 4);
	assert_string_equal(buf_cstr(&linked.told), "a=1 b=1,3,1,1 c=1 d=1 ");
	assert_string_equal(left(), "4 5");
	assert_string_equal(
	    pg_value(conninfo,
		"select state || extract(epoch from at)::text || code || "
		"coalesce(status, '-') || reply || attempt || "
		"(account_id is null and scope is null) from outcome "
		"order by delivery_id limit 1"),
	    "accepted1700000000.123456250-rrrrr1true");
}

/* Whatever fails, nothing is left of it, and the next one is done. */
static void
all_or_nothing(void **state)
{
	static const struct {
		const char *label;
		int64_t before;
		int64_t row;
		int64_t behind; /* 1000 and outcome 1 are there */
		const char *told, *words;
	} rows[] = {
	    {"before", 1000, 10, 1001, "conflict", "migration_add"},
	    {"the rows", 1001, 1, 1002, "conflict", "outcome_copy"},
	    {"no partition", 1001, INT64_C(64) << 32, 1002, "input",
		"outcome_copy"},
	    {"behind", 1001, 10, 1000, "conflict", "migration_add"},
	};
	struct db_batch *b = db_batch_new(linked.link);
	size_t i;

	(void)state;
	add(b, 1000);
	copy(b, 1, 1, 5);
	db_batch_send(b, on_answer, label_a);
	linked_run(&linked, 1);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&linked.told);
		b = db_batch_new(linked.link);
		add(b, rows[i].before);
		copy(b, rows[i].row, rows[i].row, 5);
		add(b, rows[i].behind);
		db_batch_send(b, on_answer, label_b);
		linked_run(&linked, 1);
		if (!str_starts(str_of(buf_cstr(&linked.told) + 2),
			str_of(rows[i].told)))
			fail_msg("%s: %s", rows[i].label,
			    buf_cstr(&linked.told));
		if (strstr(linked.last.text, rows[i].words) == NULL)
			fail_msg("%s: %s", rows[i].label, linked.last.text);
		assert_string_equal(left(), "1 1");
	}
	send_one(1005, label_c);
	linked_run(&linked, 1);
	assert_string_equal(left(), "1 2");
	assert_true(db_link_is_up(linked.link));
}

/* 16 MB in one batch: both directions may fill up, the loop goes on. */
static void
many_rows(void **state)
{
	struct db_batch *b = db_batch_new(linked.link);

	(void)state;
	copy(b, 1, 4000, 4000);
	db_batch_send(b, on_answer, label_a);
	send_one(1000, label_b);
	linked_run(&linked, 2);
	assert_string_equal(buf_cstr(&linked.told), "a=4000 b=1 ");
	assert_string_equal(left(), "4000 1");
}

static void
restart_now(void *arg)
{
	(void)arg;
	pg_restart();
}

/* The rows wait for a lock when the server dies; what was given meanwhile is
 * done when it is back. */
static void
lost_under_way(void **state)
{
	struct loop_timer *t = loop_timer_new(linked.loop, restart_now, NULL);
	struct db_batch *b = db_batch_new(linked.link);
	struct db *locker;
	struct err err;

	(void)state;
	assert_true(db_open(&locker, conninfo, DB_PREPARED, &err));
	pg_sql(locker, "begin; lock table outcome_0");
	add(b, 1000);
	copy(b, 1, 2, 5);
	db_batch_send(b, on_answer, label_a);
	send_one(1001, label_b);
	loop_timer_start(t, 200);
	linked_run(&linked, 2);
	loop_timer_free(t);
	db_rollback(locker);
	db_close(locker);
	assert_string_equal(buf_cstr(&linked.told), "a=io b=1 ");
	assert_string_equal(left(), "0 1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	    T(in_its_place),
	    T(all_or_nothing),
	    T(many_rows),
	    T(lost_under_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
