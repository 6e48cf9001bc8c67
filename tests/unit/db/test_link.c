/*
 * Goal: batches are transactions answered in order, failures roll the whole
 * batch back and nothing else, and a lost server is found again.
 */
#include "db/link.h"

#include "lib/base/clock.h"
#include "tests/support/linked.h"
#include "tests/support/pg.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct linked linked;
static char conninfo[256];

static int
setup(void **state)
{
	(void)state;
	snprintf(conninfo, sizeof(conninfo), "%s", pg_migrated());
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

/* "ok:<rows of the last>" or the failure's kind. */
static void
on_answer(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	if (arg != NULL)
		buf_printf(&linked.told, "%s=", (const char *)arg);
	if (err != NULL) {
		assert_null(results);
		linked.last = *err;
		buf_printf(&linked.told, "%s ", fail_name(err->kind));
	} else {
		buf_printf(&linked.told, "ok:%d ",
		    db_rows(&results[count - 1]));
	}
	linked_answered(&linked);
}

static void
add(struct db_batch *b, int version, const char *name)
{
	db_batch_add(b, Q_MIGRATION_ADD,
	    DB_ARGS(db_int(version), db_cstr(name), db_cstr("sum")));
}

static void
send_one(int version, char *label)
{
	struct db_batch *b = db_batch_new(linked.link);

	add(b, version, "one");
	db_batch_send(b, on_answer, label);
}

static const char *
names_from(int version)
{
	char sql[200];

	snprintf(sql, sizeof(sql),
	    "select coalesce(string_agg(version || name, ' ' order by "
	    "version), '') from migration where version >= %d",
	    version);
	return pg_value(conninfo, sql);
}

static char label_a[] = "a", label_b[] = "b", label_c[] = "c", label_d[] = "d";

static void
several_under_way(void **state)
{
	struct db_batch *b = db_batch_new(linked.link);

	(void)state;
	add(b, 100, "first");
	add(b, 101, "second");
	db_batch_add(b, Q_MIGRATION_LIST, DB_NO_ARGS);
	db_batch_send(b, on_answer, label_a);
	send_one(102, label_b);
	send_one(103, label_c);
	assert_int_equal(db_link_waiting(linked.link), 3);
	assert_false(db_link_is_up(linked.link));
	linked_run(&linked, 3);
	assert_true(db_link_is_up(linked.link));
	assert_int_equal(db_link_waiting(linked.link), 0);
	b = db_batch_new(linked.link);
	db_batch_add(b, Q_MIGRATION_LIST, DB_NO_ARGS);
	db_batch_send(b, on_answer, label_d);
	linked_run(&linked, 1);
	buf_printf(&linked.told, "(%d)", migration_count);
	assert_non_null(strstr(buf_cstr(&linked.told), "a=ok:"));
	assert_non_null(strstr(buf_cstr(&linked.told), " b=ok:0 c=ok:0 d=ok:"));
	assert_string_equal(names_from(100),
	    "100first 101second 102one 103one");
}

/* The failure of one statement takes its batch back, and no other. */
static void
failed_batch_is_rolled_back(void **state)
{
	struct db_batch *b = db_batch_new(linked.link);

	(void)state;
	send_one(100, label_a);
	add(b, 101, "lost");
	add(b, 100, "twice");
	add(b, 102, "never run");
	db_batch_send(b, on_answer, label_b);
	send_one(103, label_c);
	linked_run(&linked, 3);
	assert_string_equal(buf_cstr(&linked.told),
	    "a=ok:0 b=conflict c=ok:0 ");
	assert_non_null(strstr(linked.last.text, "migration_add"));
	assert_non_null(strstr(linked.last.text, "migration_pkey"));
	assert_string_equal(names_from(100), "100one 103one");
}

static struct buf rows;

static void
read_rows(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	int i, last_one = count - 1;

	(void)arg;
	assert_null(err);
	for (i = 0; i < db_rows(&results[last_one]); i++)
		if (db_get_int(&results[last_one], i, 0) >= 100)
			buf_printf(&rows, "%lld:%.*s ",
			    (long long)db_get_int(&results[last_one], i, 0),
			    STR_ARG(db_get_text(&results[last_one], i, 1)));
	assert_int_equal(db_affected(&results[0]), 1);
	linked_answered(&linked);
}

/* What args point to is copied; a batch sees what it wrote. */
static void
results_and_copies(void **state)
{
	struct db_batch *b = db_batch_new(linked.link);
	char name[] = "h\xc3\xa4ngt 'quoted'";

	(void)state;
	buf_init(&rows, 1000);
	add(b, 100, name);
	memset(name, 'x', sizeof(name) - 1);
	db_batch_add(b, Q_MIGRATION_LIST, DB_NO_ARGS);
	db_batch_send(b, read_rows, NULL);
	linked_run(&linked, 1);
	assert_string_equal(buf_cstr(&rows), "100:h\xc3\xa4ngt 'quoted' ");
	buf_release(&rows);
}

/* A statement that cannot be prepared fails by its own words, is tried again
 * the next time, and spoils nobody else. */
static void
unprepared(void **state)
{
	struct db *db = NULL;
	struct err err;

	(void)state;
	assert_true(db_open(&db, conninfo, DB_PREPARED, &err));
	pg_sql(db, "alter table migration rename to away");
	send_one(100, label_a);
	linked_run(&linked, 1);
	assert_string_equal(buf_cstr(&linked.told), "a=protocol ");
	assert_non_null(
	    strstr(linked.last.text, "\"migration\" does not exist"));
	pg_sql(db, "alter table away rename to migration");
	send_one(100, label_b);
	linked_run(&linked, 1);
	assert_string_equal(buf_cstr(&linked.told), "a=protocol b=ok:0 ");
	db_close(db);
}

static struct db_batch *again_batch;

static void
send_again(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	(void)count;
	assert_null(results);
	assert_int_equal(err->kind, FAIL_IO);
	buf_printf(&linked.told, "lost ");
	db_batch_send(again_batch, on_answer, arg);
	linked_answered(&linked);
}

static void
restart_now(void *arg)
{
	struct db *locker = arg;

	pg_restart();
	db_rollback(locker);
}

/* The batch waits for a lock when the server dies. */
static void
lost_under_way(void **state)
{
	struct db_batch *b;
	struct loop_timer *t;
	struct db *locker = NULL;
	struct err err;

	(void)state;
	assert_true(db_open(&locker, conninfo, DB_PREPARED, &err));
	send_one(100, label_a);
	linked_run(&linked, 1);
	pg_sql(locker, "begin; lock table migration");
	b = db_batch_new(linked.link);
	add(b, 101, "unsure");
	db_batch_send(b, send_again, label_b);
	again_batch = db_batch_new(linked.link);
	add(again_batch, 101, "again");
	t = loop_timer_new(linked.loop, restart_now, locker);
	loop_timer_start(t, 100);
	linked_run(&linked, 2);
	loop_timer_free(t);
	db_close(locker);
	assert_string_equal(buf_cstr(&linked.told), "a=ok:0 lost b=ok:0 ");
	assert_string_equal(names_from(100), "100one 101again");
	assert_true(db_link_is_up(linked.link));
}

static void
kill_sessions(void *arg)
{
	(void)arg;
	pg_value(conninfo,
	    "select count(pg_terminate_backend(pid)) from pg_stat_activity "
	    "where pid <> pg_backend_pid() and datname = current_database() "
	    "and application_name = 'volley'");
}

/* Lost while idle: what is given afterwards waits and is done. */
static void
lost_while_idle(void **state)
{
	struct loop_timer *t = loop_timer_new(linked.loop, kill_sessions, NULL);

	(void)state;
	send_one(100, label_a);
	linked_run(&linked, 1);
	kill_sessions(NULL);
	loop_timer_start(t, 0);
	send_one(101, label_b); /* written into a dead socket, or not at all */
	linked_run(&linked, 1);
	if (strstr(buf_cstr(&linked.told), "b=io") != NULL)
		assert_string_equal(names_from(101), "");
	send_one(102, label_c);
	linked_run(&linked, 1);
	loop_timer_free(t);
	assert_non_null(strstr(buf_cstr(&linked.told), "c=ok:0 "));
}

static int beats;

static void
beat(void *arg)
{
	struct loop_timer **t = arg;

	if (++beats == 40)
		loop_stop(linked.loop);
	loop_timer_start(*t, 10);
}

/* No server at all: the loop goes on, the batch waits. */
static void
server_absent(void **state)
{
	struct db_link *lonely =
	    db_link_new(linked.loop, "host=/nonexistent dbname=x user=x");
	struct db_batch *b = db_batch_new(lonely);
	struct loop_timer *t = loop_timer_new(linked.loop, beat, &t);
	int64_t start = clock_mono_ms();

	(void)state;
	add(b, 1, "waits");
	db_batch_send(b, on_answer, NULL);
	beats = 0;
	loop_timer_start(t, 10);
	loop_run(linked.loop);
	assert_in_range(clock_mono_ms() - start, 390, 3000);
	assert_int_equal(db_link_waiting(lonely), 1);
	assert_false(db_link_is_up(lonely));
	assert_string_equal(buf_cstr(&linked.told), "");
	loop_timer_free(t);
	db_link_free(lonely);
}

static void
free_link(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	(void)results;
	(void)count;
	(void)arg;
	assert_null(err);
	db_link_free(linked.link);
	linked.link = NULL;
	linked_answered(&linked);
}

static void
freed_in_a_callback(void **state)
{
	struct db_batch *b = db_batch_new(linked.link);

	(void)state;
	add(b, 100, "x");
	db_batch_send(b, free_link, NULL);
	send_one(101, label_b);
	db_batch_free(db_batch_new(linked.link));
	db_batch_free(NULL);
	linked_run(&linked, 1);
	loop_run(linked.loop); /* nothing is left */
	assert_string_equal(buf_cstr(&linked.told), "");
}

/* 300 batches of 64 KiB at once: both directions fill up, nothing hangs. */
static void
many_large(void **state)
{
	static char big[65536];
	struct db_batch *b;
	int i;

	(void)state;
	memset(big, 'n', sizeof(big) - 1);
	for (i = 0; i < 300; i++) {
		b = db_batch_new(linked.link);
		add(b, 1000 + i, big);
		if (i >= 280)
			db_batch_add(b, Q_MIGRATION_LIST, DB_NO_ARGS);
		db_batch_send(b, on_answer, NULL);
	}
	linked_run(&linked, 300);
	assert_int_equal(linked.last.kind, FAIL_NONE);
	assert_string_equal(pg_value(conninfo,
				"select count(*) from "
				"migration where version >= 1000"),
	    "300");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	    T(several_under_way),
	    T(failed_batch_is_rolled_back),
	    T(results_and_copies),
	    T(unprepared),
	    T(lost_under_way),
	    T(lost_while_idle),
	    T(server_absent),
	    T(freed_in_a_callback),
	    T(many_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
