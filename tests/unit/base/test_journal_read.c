/* Reading a journal back: what is torn ends it, what is spoilt is noticed. */
#include "lib/base/journal_read.h"

#include "lib/base/file.h"
#include "tests/support/journals.h"
#include "tests/support/scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

/* The path of a file of the only journal. */
static const char *
file_of(void *state, const char *name)
{
	static char path[JOURNAL_PATH_MAX + 32];
	struct journal_owner o;

	assert_true(journals_orphan(state, &o));
	snprintf(path, sizeof(path), "%s/%s", o.folder, name);
	journal_owner_release(&o);
	return path;
}

static void
overwrite(const char *path, off_t at, const void *p, size_t n)
{
	int fd = open(path, O_RDWR);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, p, n, at), n);
	close(fd);
}

/* Another byte than the one that is there. */
static void
spoil(const char *path, off_t at)
{
	int fd = open(path, O_RDWR);
	char c;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &c, 1, at), 1);
	c = (char)~c;
	assert_int_equal(pwrite(fd, &c, 1, at), 1);
	close(fd);
}

static void
a_torn_last_record_is_the_end(void **state)
{
	struct journal *j = journals_open(*state, JOURNAL_PROCESS);
	const char zeros[64] = {0};
	int64_t last;
	size_t size, i;
	struct buf kept;
	struct err err;

	journals_append(j, "one");
	journals_append(j, "two");
	last = journals_append(j, "the last one of all");
	journal_free(j);
	size = journal_record_size(strlen("the last one of all"));
	last %= (int64_t)JOURNAL_SEGMENT_SIZE;
	buf_init(&kept, JOURNAL_SEGMENT_SIZE);
	assert_true(
	    file_read(file_of(*state, "0000000000000001.seg"), &kept, &err));
	for (i = 0; i < size; i++) {
		overwrite(file_of(*state, "0000000000000001.seg"),
		    last + (off_t)i, zeros, size - i);
		/* Zeros at the end of the payload are its own padding. */
		if (i < JOURNAL_RECORD_HEAD + strlen("the last one of all"))
			assert_string_equal(journals_orphan_story(*state),
			    "one two ");
		overwrite(file_of(*state, "0000000000000001.seg"), last,
		    kept.p + last, size);
	}
	assert_string_equal(journals_orphan_story(*state),
	    "one two the last one of all ");
	/* The same, the file cut off. */
	for (i = 0; i < size; i++) {
		const char *path = file_of(*state, "0000000000000001.seg");

		assert_int_equal(truncate(path, last + (off_t)i), 0);
		if (i < JOURNAL_RECORD_HEAD + strlen("the last one of all"))
			assert_string_equal(journals_orphan_story(*state),
			    "one two ");
		overwrite(path, last, kept.p + last, size);
	}
	buf_release(&kept);
}

static void
flipped_bits_are_noticed(void **state)
{
	struct journal *j = journals_open(*state, JOURNAL_PROCESS);
	const char *path, *story;
	int64_t first, second;
	char c;
	int fd, bit;

	first = journals_append(j, "one");
	second = journals_append(j, "two");
	journal_free(j);
	path = file_of(*state, "0000000000000001.seg");
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	first %= (int64_t)JOURNAL_SEGMENT_SIZE;
	second %= (int64_t)JOURNAL_SEGMENT_SIZE;
	for (bit = 0; bit < (JOURNAL_RECORD_HEAD + 3) * 8; bit++) {
		off_t at = first + bit / 8;

		assert_int_equal(pread(fd, &c, 1, at), 1);
		c = (char)(c ^ 1 << bit % 8);
		assert_int_equal(pwrite(fd, &c, 1, at), 1);
		story = journals_orphan_story(*state);
		if (strcmp(story, "two damaged") != 0)
			fail_msg("bit %d: \"%s\"", bit, story);
		c = (char)(c ^ 1 << bit % 8);
		assert_int_equal(pwrite(fd, &c, 1, at), 1);
	}
	/* Of the last one nothing is left to tell. */
	c = 'T';
	assert_int_equal(pwrite(fd, &c, 1, second + JOURNAL_RECORD_HEAD), 1);
	assert_string_equal(journals_orphan_story(*state), "one ");
	close(fd);
}

static void
another_version_is_left_alone(void **state)
{
	struct journal *j = journals_open(*state, JOURNAL_PROCESS);
	uint32_t version = JOURNAL_VERSION + 1;

	journals_append(j, "one");
	journal_free(j);
	overwrite(file_of(*state, "0000000000000001.seg"), 8, &version,
	    sizeof(version));
	assert_string_equal(journals_orphan_story(*state), "newer");
	/* A header that is none tells nothing; records tell themselves. */
	overwrite(file_of(*state, "0000000000000001.seg"), 0, "x", 1);
	assert_string_equal(journals_orphan_story(*state), "one ");
}

/* A segment is lost: the rest is read, but nobody relies on it. */
static void
a_missing_segment_is_damage(void **state)
{
	struct journal *j = journals_open(*state, JOURNAL_PROCESS);
	struct journal_owner o;
	struct journal_read r;
	struct str payload;
	struct err err;
	uint16_t type;
	int i, n = 0;

	for (i = 0; i < 5000; i++)
		journals_append_number(j, i, 1000);
	journal_free(j);
	assert_int_equal(unlink(file_of(*state, "0000000000000002.seg")), 0);
	assert_true(journals_orphan(*state, &o));
	assert_true(journal_read_open(&r, &o, &err));
	while (
	    journal_read_next(&r, &type, &payload, &err) == JOURNAL_READ_RECORD)
		n++;
	assert_true(n > 2000 && n < 4000);
	assert_true(r.damaged);
	journal_read_close(&r);
	assert_true(journal_owner_set_apart(&o, &err));
	assert_false(journals_orphan(*state, &o));
}

static void
synced(struct journal *j)
{
	struct journal_sync *y = journal_sync_new(j);
	struct err err;

	assert_non_null(y);
	assert_null(journal_sync_new(j)); /* one at a time */
	journal_sync_run(y);
	assert_true(journal_sync_end(y, &err));
}

/* Of a journal on disk only what was synced has to be whole. */
static void
behind_the_sync_nothing_is_damage(void **state)
{
	struct journal *j = journals_open(*state, JOURNAL_DISK);
	int64_t one, two;

	one = journals_append(j, "one");
	assert_true(journal_synced(j) <= one);
	synced(j);
	assert_true(journal_synced(j) > one);
	assert_null(journal_sync_new(j)); /* nothing to do */
	two = journals_append(j, "two");
	journals_append(j, "three");
	assert_true(journal_synced(j) <= two);
	journal_free(j);
	spoil(file_of(*state, "0000000000000001.seg"),
	    two % (int64_t)JOURNAL_SEGMENT_SIZE);
	assert_string_equal(journals_orphan_story(*state), "one ");
	spoil(file_of(*state, "0000000000000001.seg"),
	    one % (int64_t)JOURNAL_SEGMENT_SIZE);
	assert_string_equal(journals_orphan_story(*state), "three damaged");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    SCRATCH_TEST(a_torn_last_record_is_the_end),
	    SCRATCH_TEST(flipped_bits_are_noticed),
	    SCRATCH_TEST(another_version_is_left_alone),
	    SCRATCH_TEST(a_missing_segment_is_damage),
	    SCRATCH_TEST(behind_the_sync_nothing_is_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
