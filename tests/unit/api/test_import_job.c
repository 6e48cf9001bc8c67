/* Imports on a real database: what comes of rows, whatever the batches, and
 * after a stop at any of them. */
#include "api/import_job.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/pg.h"

static const char *conninfo;
static struct db *db;

static int
file_of(struct str text)
{
	int fd = memfd_create("import", 0);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.p, text.n), text.n);
	return fd;
}

static int64_t number(const char *fmt, ...) PRINTF_LIKE(1, 2);

static int64_t
number(const char *fmt, ...)
{
	char sql[1000];
	int64_t n = -1;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(sql, sizeof(sql), fmt, ap);
	va_end(ap);
	assert_true(str_to_i64(str_of(pg_value(conninfo, sql)), &n));
	return n;
}

static int64_t
new_list(void)
{
	static int count;

	pg_sql(db, "INSERT INTO list (name) VALUES ('list %d')", ++count);
	return number("SELECT max(id) FROM list");
}

/* Halves of zero bytes. */
static const struct hmac_halves person;

static struct import_job
new_job(int fd, int64_t list, enum import_mode mode)
{
	struct import_job job = {.fd = fd,
	    .db = db,
	    .holder = "test",
	    .where = "/tmp",
	    .bytes_max = 1 << 20,
	    .target = {.list_id = list, .mode = mode, .person = &person}};

	pg_sql(db,
	    "INSERT INTO import (list_id, state, holder) "
	    "VALUES (%lld, 'running', 'test')",
	    (long long)list);
	job.target.import_id = number("SELECT max(id) FROM import");
	return job;
}

static struct import_counts
import(const char *text, int64_t list, enum import_mode mode)
{
	int fd = file_of(str_of(text));
	struct import_job job = new_job(fd, list, mode);
	struct err err;

	lseek(fd, 0, SEEK_SET);
	assert_int_equal(import_job_run(&job, &err), IMPORT_DONE);
	assert_int_equal(job.done.rows_read,
	    job.done.inserted + job.done.updated + job.done.unchanged +
		job.done.rejected);
	assert_int_equal(number("SELECT count(*) FROM import WHERE id = %lld "
				"AND state = 'done' AND rows_read = %lld AND "
				"bytes_read = %zu",
			     (long long)job.target.import_id,
			     (long long)job.done.rows_read, strlen(text)),
	    1);
	close(fd);
	return job.done;
}

static void
assert_counts(struct import_counts c, int inserted, int updated, int unchanged,
    int rejected)
{
	assert_int_equal(c.inserted, inserted);
	assert_int_equal(c.updated, updated);
	assert_int_equal(c.unchanged, unchanged);
	assert_int_equal(c.rejected, rejected);
}

static void
merging(void **state)
{
	int64_t list = new_list(), other = new_list();

	(void)state;
	assert_counts(import("email,name,a\nm1@example.com,One,1\n"
			     "m2@example.com,Two,2\nbad,Three,3\n",
			  list, IMPORT_MERGE),
	    2, 0, 0, 1);
	assert_counts(import("email,name,b\nm1@example.com,,x\n"
			     "M2@example.com,Two,\nm3@example.com,,\n",
			  list, IMPORT_MERGE),
	    1, 1, 1, 0);
	assert_string_equal(pg_value(conninfo,
				"SELECT name || attributes::text FROM contact "
				"WHERE email_key = 'm1@example.com'"),
	    "One{\"a\": \"1\", \"b\": \"x\"}");
	/* new on another list, else the same */
	assert_counts(import("email\nm1@example.com\n", other, IMPORT_MERGE), 0,
	    1, 0, 0);
	assert_counts(import("email\nm1@example.com\n", other, IMPORT_MERGE), 0,
	    0, 1, 0);
}

static void
skipping(void **state)
{
	int64_t list = new_list();

	(void)state;
	import("email,name,a\ns1@example.com,One,1\n", list, IMPORT_MERGE);
	assert_counts(import("email,name,a\ns1@example.com,Uno,2\n"
			     "s2@example.com,Due,2\n",
			  list, IMPORT_SKIP),
	    1, 0, 1, 0);
	assert_string_equal(pg_value(conninfo,
				"SELECT name || attributes::text FROM contact "
				"WHERE email_key = 's1@example.com'"),
	    "One{\"a\": \"1\"}");
}

/* Rows of one address are taken one after the other. */
static void
repeated(void **state)
{
	int64_t list = new_list();

	(void)state;
	assert_counts(import("email,name,a,b\nr@example.com,A,1,\n"
			     "R@Example.com,B,,2\nr2@example.com,,,\n"
			     "r@example.com,B,,2\nr@example.com,C,3,\n",
			  list, IMPORT_MERGE),
	    2, 2, 1, 0);
	assert_string_equal(pg_value(conninfo,
				"SELECT email || name || attributes::text FROM "
				"contact WHERE email_key = 'r@example.com'"),
	    "r@example.comC{\"a\": \"3\", \"b\": \"2\"}");
	assert_counts(import("email,name\nr9@example.com,A\n"
			     "r9@example.com,B\n",
			  list, IMPORT_SKIP),
	    1, 0, 1, 0);
}

/* P-005: nobody comes back; P-007: who was erased is not even stored. */
static void
suppressed(void **state)
{
	int64_t list = new_list(), other = new_list();
	struct import_counts c;

	(void)state;
	pg_sql(db,
	    "INSERT INTO suppression (email_key, list_id, reason) VALUES "
	    "('p1@example.com', NULL, 'hard_bounce'), "
	    "('p1@example.com', NULL, 'unsubscribe'), "
	    "('p2@example.com', %lld, 'unsubscribe'), "
	    "('p3@example.com', %lld, 'unsubscribe'), "
	    "(erased_key(decode(repeat('00', 64), 'hex'), "
	    "decode(repeat('00', 64), 'hex'), 'p4@example.com'), "
	    "NULL, 'erased')",
	    (long long)list, (long long)other);
	c = import("email\nP1@example.com\np2@example.com\np3@example.com\n"
		   "p4@example.com\np5@example.com\np1@example.com\n",
	    list, IMPORT_MERGE);
	assert_counts(c, 4, 0, 1, 1);
	assert_int_equal(c.suppressed, 4); /* p1 twice, p2, p4 */
	assert_int_equal(number("SELECT count(*) FROM suppression"), 5);
	assert_int_equal(number("SELECT count(*) FROM contact "
				"WHERE email_key = 'p4@example.com'"),
	    0);
	assert_string_equal(pg_value(conninfo,
				"SELECT line || reason || value FROM "
				"import_error ORDER BY import_id DESC LIMIT 1"),
	    "5this person was erased and stays so");
}

static void
double_opt_in(void **state)
{
	int64_t list = new_list();

	(void)state;
	pg_sql(db, "UPDATE list SET opt_in = 'double' WHERE id = %lld",
	    (long long)list);
	import("email\nd@example.com\n", list, IMPORT_MERGE);
	assert_int_equal(number("SELECT count(*) FROM membership WHERE "
				"list_id = %lld AND status = 'unconfirmed'",
			     (long long)list),
	    1);
}

/* Many rows of one address, over several batches. */
static void
long_file(struct buf *text, int rows)
{
	int i;

	buf_puts(text, "email,name\n");
	for (i = 0; i < rows; i++)
		if (i % 10 == 9)
			buf_puts(text, "no address,x\n");
		else
			buf_printf(text, "l%d@example.com,Name %d\n", i % 7000,
			    i);
}

struct interruption {
	int batches; /* until it stops */
};

static void
take_away(const struct import_job *job, void *arg)
{
	struct interruption *stop = arg;

	if (--stop->batches == 0)
		pg_sql(db, "UPDATE import SET holder = 'x' WHERE id = %lld",
		    (long long)job->target.import_id);
}

static void
forget_contacts(void)
{
	pg_sql(db, "DELETE FROM contact WHERE email_key LIKE 'l%%'");
}

/* Interrupted after each batch, the sums are those of one go. */
static void
interrupted(void **state)
{
	struct interruption stop;
	struct import_job job;
	struct buf text;
	struct err err;
	int64_t list;
	int fd, runs = 0;
	enum import_end end;

	(void)state;
	buf_init(&text, 4U << 20);
	long_file(&text, 20000);
	fd = file_of(buf_view(&text));
	list = new_list();
	job = new_job(fd, list, IMPORT_MERGE);
	do {
		pg_sql(db, "UPDATE import SET holder = 'test'");
		memset(&job.done, 0, sizeof(job.done));
		job.done.rows_read = number(
		    "SELECT rows_read FROM import ORDER BY id DESC LIMIT 1");
		job.done.rejected = number(
		    "SELECT rejected FROM import ORDER BY id DESC LIMIT 1");
		stop.batches = 1;
		job.on_progress = take_away;
		job.arg = &stop;
		lseek(fd, 0, SEEK_SET);
		end = import_job_run(&job, &err);
		assert_true(++runs < 20);
	} while (end == IMPORT_LOST && runs < 19 &&
		 number("SELECT count(*) FROM import WHERE bytes_read < %zu "
			"AND id = %lld",
		     text.n, (long long)job.target.import_id) == 1);
	assert_true(runs >= 5);
	/* 18,000 good rows; i % 10 == 9 leaves 6,300 of 7,000 addresses */
	assert_int_equal(
	    number("SELECT rows_read FROM import ORDER BY id DESC LIMIT 1"),
	    20000);
	assert_int_equal(
	    number("SELECT rejected FROM import ORDER BY id DESC LIMIT 1"),
	    2000);
	assert_int_equal(
	    number("SELECT inserted FROM import ORDER BY id DESC LIMIT 1"),
	    6300);
	assert_int_equal(
	    number("SELECT updated FROM import ORDER BY id DESC LIMIT 1"),
	    11700);
	assert_int_equal(
	    number("SELECT count(*) FROM import_error WHERE import_id = %lld",
		(long long)job.target.import_id),
	    2000);
	assert_int_equal(number("SELECT count(*) FROM membership WHERE "
				"list_id = %lld",
			     (long long)list),
	    6300);
	forget_contacts();
	buf_release(&text);
	close(fd);
}

static void
lost_and_unusable(void **state)
{
	struct import_job job;
	struct err err;
	int fd;

	(void)state;
	fd = file_of(STR("email\nx@example.com\n"));
	lseek(fd, 0, SEEK_SET);
	job = new_job(fd, new_list(), IMPORT_MERGE);
	pg_sql(db, "DELETE FROM list WHERE id = %lld",
	    (long long)job.target.list_id);
	assert_int_equal(import_job_run(&job, &err), IMPORT_LOST);
	close(fd);

	fd = file_of(STR("name\nx\n"));
	lseek(fd, 0, SEEK_SET);
	job = new_job(fd, new_list(), IMPORT_MERGE);
	assert_int_equal(import_job_run(&job, &err), IMPORT_UNUSABLE);
	assert_string_equal(pg_value(conninfo,
				"SELECT state || ': ' || error FROM import "
				"ORDER BY id DESC LIMIT 1"),
	    "failed: the header has no column \"email\"");
	close(fd);
}

static int
setup(void **state)
{
	struct err err;

	(void)state;
	conninfo = pg_migrated();
	return db_open(&db, conninfo, DB_UNPREPARED, &err) ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	db_close(db);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(merging),
	    cmocka_unit_test(skipping),
	    cmocka_unit_test(repeated),
	    cmocka_unit_test(suppressed),
	    cmocka_unit_test(double_opt_in),
	    cmocka_unit_test(interrupted),
	    cmocka_unit_test(lost_and_unusable),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
