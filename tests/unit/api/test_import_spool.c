/* The queue of uploads: one owner a file, nothing half-written in it. */
#include "api/import_spool.h"

#include "lib/base/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/scratch.h"

static void
one_upload(void **state)
{
	const char *folder = scratch_folder(*state);
	struct import_spool in, out, other;
	int64_t ids[4];
	char text[20];
	struct err err;

	assert_true(import_spool_create(&in, folder, &err));
	assert_true(import_spool_write(&in, STR("email\n"), &err));
	assert_true(import_spool_write(&in, STR("a@example.com\n"), &err));
	assert_int_equal(in.bytes, 20);
	assert_int_equal(import_spool_list(folder, ids, 4), 0);
	assert_true(import_spool_queue(&in, folder, 7, &err));
	assert_int_equal(import_spool_list(folder, ids, 4), 1);
	assert_int_equal(ids[0], 7);
	assert_false(import_spool_take(&out, folder, 7)); /* still ours */
	import_spool_close(&in);

	assert_true(import_spool_take(&out, folder, 7));
	assert_false(import_spool_take(&other, folder, 7));
	assert_int_equal(out.bytes, 20);
	assert_int_equal(read(out.fd, text, sizeof(text)), 20);
	assert_memory_equal(text, "email\na@example.com\n", 20);
	import_spool_remove(&out);
	assert_false(import_spool_take(&other, folder, 7));
	assert_int_equal(import_spool_list(folder, ids, 4), 0);
	assert_false(import_spool_take(&other, folder, 8));
}

static void
oldest_first(void **state)
{
	const char *folder = scratch_folder(*state);
	static const int64_t given[] = {30, 9, 100, 12, 1};
	int64_t ids[3];
	struct import_spool s;
	struct err err;
	size_t i;

	for (i = 0; i < ARRAY_LEN(given); i++) {
		assert_true(import_spool_create(&s, folder, &err));
		assert_true(import_spool_queue(&s, folder, given[i], &err));
		import_spool_close(&s);
	}
	assert_true(file_write(scratch_path(*state, "0"), STR(""), 0600, &err));
	assert_true(
	    file_write(scratch_path(*state, "5x"), STR(""), 0600, &err));
	assert_int_equal(import_spool_list(folder, ids, 3), 3);
	assert_int_equal(ids[0], 1);
	assert_int_equal(ids[1], 9);
	assert_int_equal(ids[2], 12);
	assert_int_equal(import_spool_list("/no/such/folder", ids, 3), 0);
}

static void
make_old(const char *path)
{
	const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* Parts go when nobody writes them and they are not just being made. */
static void
sweeping(void **state)
{
	const char *folder = scratch_folder(*state);
	const char *dead = scratch_path(*state, "dead.part");
	const char *young = scratch_path(*state, "young.part");
	const char *queued = scratch_path(*state, "5");
	struct import_spool held;
	char held_path[SPOOL_PATH_MAX];
	struct err err;

	assert_true(file_write(dead, STR("x"), 0600, &err));
	assert_true(file_write(young, STR("x"), 0600, &err));
	assert_true(file_write(queued, STR("x"), 0600, &err));
	assert_true(import_spool_create(&held, folder, &err));
	memcpy(held_path, held.path, sizeof(held_path));
	make_old(dead);
	make_old(queued);
	make_old(held_path);
	import_spool_sweep(folder);
	assert_false(file_exists(dead));
	assert_true(file_exists(young));
	assert_true(file_exists(queued));
	assert_true(file_exists(held_path));
	import_spool_remove(&held);
	assert_false(file_exists(held_path));
}

static void
no_room(void **state)
{
	struct import_spool s = {.fd = open("/dev/full", O_WRONLY)};
	struct err err;

	(void)state;
	assert_false(import_spool_write(&s, STR("x"), &err));
	assert_int_equal(err.kind, FAIL_LIMIT);
	import_spool_close(&s);
	assert_false(import_spool_create(&s, "/no/such/folder", &err));
	assert_int_equal(err.kind, FAIL_IO);
	import_spool_remove(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    SCRATCH_TEST(one_upload),
	    SCRATCH_TEST(oldest_first),
	    SCRATCH_TEST(sweeping),
	    SCRATCH_TEST(no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
