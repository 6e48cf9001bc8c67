/* Whole files: limits, modes, what stands there after a failure. */
#include "lib/base/file.h"

#include "tests/support/scratch.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static unsigned
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

/* Entries besides . and .. */
static int
entries_of(const char *path)
{
	DIR *dir = opendir(path);
	int n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n - 2;
}

static void
what_is_written_is_read(void **state)
{
	const char *path = scratch_path(*state, "file");
	struct err err;
	struct buf b;

	buf_init(&b, 100);
	buf_puts(&b, "before ");
	assert_true(file_write(path, STR("a\0b\n"), 0640, &err));
	assert_int_equal(mode_of(path), 0640);
	assert_true(file_read(path, &b, &err));
	assert_int_equal(b.n, 11);
	assert_memory_equal(b.p, "before a\0b\n", 12);
	assert_true(file_write(path, STR_NONE, 0600, &err));
	assert_int_equal(mode_of(path), 0600);
	buf_reset(&b);
	assert_true(file_read(path, &b, &err));
	assert_int_equal(b.n, 0);
	assert_int_equal(entries_of(scratch_folder(*state)), 1);
	buf_release(&b);
}

static void
a_file_may_fill_the_buf_but_not_more(void **state)
{
	const char *path = scratch_path(*state, "file");
	static char bytes[200000];
	struct err err;
	struct buf b;

	memset(bytes, 'x', sizeof(bytes));
	assert_true(
	    file_write(path, (struct str){bytes, sizeof(bytes)}, 0600, &err));
	buf_init(&b, sizeof(bytes));
	assert_true(file_read(path, &b, &err));
	assert_int_equal(b.n, sizeof(bytes));
	assert_false(b.full);
	buf_release(&b);
	buf_init(&b, sizeof(bytes) - 1);
	buf_puts(&b, "kept");
	assert_false(file_read(path, &b, &err));
	assert_int_equal(err.kind, FAIL_LIMIT);
	assert_string_equal(buf_cstr(&b), "kept");
	buf_release(&b);
}

static void
failures_are_told_apart(void **state)
{
	const char *folder = scratch_folder(*state);
	const char *missing = scratch_path(*state, "missing");
	struct err err;
	struct buf b;

	buf_init(&b, 100);
	assert_false(file_exists(missing));
	assert_false(file_read(missing, &b, &err));
	assert_int_equal(err.kind, FAIL_MISSING);
	assert_non_null(strstr(err.text, missing));
	assert_false(file_read(folder, &b, &err));
	assert_int_equal(err.kind, FAIL_IO);
	assert_false(file_write(scratch_path(*state, "no/such/folder"),
	    STR("x"), 0600, &err));
	assert_int_equal(err.kind, FAIL_MISSING);
	assert_false(file_write(folder, STR("x"), 0600, &err));
	assert_true(file_exists(folder));
	buf_release(&b);
}

static void
an_existing_file_is_not_created(void **state)
{
	const char *path = scratch_path(*state, "file");
	struct err err;
	struct buf b;

	buf_init(&b, 100);
	assert_true(file_create(path, STR("first"), 0600, &err));
	assert_false(file_create(path, STR("second"), 0600, &err));
	assert_int_equal(err.kind, FAIL_CONFLICT);
	assert_true(file_read(path, &b, &err));
	assert_string_equal(buf_cstr(&b), "first");
	assert_int_equal(entries_of(scratch_folder(*state)), 1);
	buf_release(&b);
}

static void
private_means_nobody_else(void **state)
{
	static const unsigned refused[] = {0644, 0640, 0604, 0620, 0602, 0610,
	    0601, 0660};
	const char *path = scratch_path(*state, "file");
	struct err err;
	struct buf b;
	size_t i;

	buf_init(&b, 100);
	assert_true(file_write(path, STR("secret"), 0600, &err));
	for (i = 0; i < ARRAY_LEN(refused); i++) {
		assert_int_equal(chmod(path, refused[i]), 0);
		if (file_read_private(path, &b, &err))
			fail_msg("mode %o is accepted", refused[i]);
		assert_int_equal(err.kind, FAIL_REFUSED);
		assert_int_equal(b.n, 0);
	}
	assert_int_equal(chmod(path, 0400), 0);
	assert_true(file_read_private(path, &b, &err));
	assert_string_equal(buf_cstr(&b), "secret");
	buf_release(&b);
}

static void
folders(void **state)
{
	const char *deep = scratch_path(*state, "a/b//c/");
	const char *file = scratch_path(*state, "file");
	mode_t before = umask(022);
	struct err err;

	assert_true(file_mkdirs(deep, 0700, &err));
	assert_int_equal(mode_of(deep), 0700);
	assert_int_equal(mode_of(scratch_path(*state, "a/b")), 0755);
	assert_true(file_mkdirs(deep, 0755, &err));
	assert_int_equal(mode_of(deep), 0700);
	assert_true(file_mkdirs("/", 0700, &err));
	assert_true(file_mkdirs_for("here", 0700, &err));
	assert_true(
	    file_mkdirs_for(scratch_path(*state, "d/e/file"), 0750, &err));
	assert_int_equal(mode_of(scratch_path(*state, "d/e")), 0750);
	assert_true(file_write(file, STR(""), 0600, &err));
	assert_false(file_mkdirs(file, 0700, &err));
	assert_false(
	    file_mkdirs(scratch_path(*state, "file/below"), 0700, &err));
	assert_false(file_mkdirs("", 0700, &err));
	umask(before);
}

/* A reader sees one version or the other, whole. */
static void
readers_never_see_half(void **state)
{
	const char *path = scratch_path(*state, "file");
	static char ones[50000], twos[50000];
	struct str one = {ones, sizeof(ones)}, two = {twos, sizeof(twos)};
	struct err err;
	struct buf b;
	int i, status;
	pid_t writer;

	memset(ones, '1', sizeof(ones));
	memset(twos, '2', sizeof(twos));
	assert_true(file_write(path, one, 0600, &err));
	writer = fork();
	if (writer == 0) {
		for (i = 0; i < 50; i++)
			if (!file_write(path, i % 2 ? one : two, 0600, &err))
				_exit(1);
		_exit(0);
	}
	buf_init(&b, sizeof(ones));
	while (waitpid(writer, &status, WNOHANG) == 0) {
		buf_reset(&b);
		assert_true(file_read(path, &b, &err));
		assert_true(
		    str_eq(buf_view(&b), one) || str_eq(buf_view(&b), two));
	}
	assert_int_equal(status, 0);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    SCRATCH_TEST(what_is_written_is_read),
	    SCRATCH_TEST(a_file_may_fill_the_buf_but_not_more),
	    SCRATCH_TEST(failures_are_told_apart),
	    SCRATCH_TEST(an_existing_file_is_not_created),
	    SCRATCH_TEST(private_means_nobody_else),
	    SCRATCH_TEST(folders),
	    SCRATCH_TEST(readers_never_see_half),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
