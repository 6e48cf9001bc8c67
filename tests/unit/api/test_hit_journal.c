/*
 * Goal: whoever is told that a hit is on the disk finds it in a journal
 * afterwards, exactly once, through turns and restarts; what cannot be
 * written is counted and holds nobody up.
 */
#include "tests/support/scratch.h"

#include "api/hit_journal.h"
#include "lib/base/file.h"
#include "lib/base/journal_read.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <unistd.h>

#include <cmocka.h>

#define WRITERS 4
#define EACH    2000

static atomic_int told;

static void
on_written(void *arg)
{
	(void)arg;
	told++;
}

static void *
write_some(void *arg)
{
	char record[100];
	int i;

	for (i = 0; i < EACH; i++) {
		snprintf(record, sizeof(record), "%d", i);
		while (
		    !hit_journal_write(arg, str_of(record), on_written, NULL))
			usleep(1000);
	}
	return NULL;
}

/* Records in journals that are nobody's, which go. */
static int
count_orphans(const char *folder)
{
	struct journal_orphans orphans;
	struct journal_owner owner;
	struct journal_read r;
	struct str payload;
	struct err err;
	uint16_t type;
	int count = 0;

	assert_true(journal_orphans_open(&orphans, folder, &err));
	while (journal_orphans_next(&orphans, &owner)) {
		assert_string_equal(owner.instance, "here");
		assert_true(journal_read_open(&r, &owner, &err));
		while (journal_read_next(&r, &type, &payload, &err) ==
		       JOURNAL_READ_RECORD)
			count += type == HIT_JOURNAL_TYPE;
		assert_false(r.damaged);
		journal_read_close(&r);
		assert_true(journal_owner_remove(&owner, &err));
	}
	journal_orphans_close(&orphans);
	return count;
}

static void
test_many_writers_and_turns(void **state)
{
	const char *folder = scratch_path(*state, "many");
	pthread_t writers[WRITERS];
	struct hit_journal *j;
	uint64_t turns = 0;
	struct err err;
	int i, found = 0;

	told = 0;
	assert_true(hit_journal_start(&j, folder, "here", &err));
	for (i = 0; i < WRITERS; i++)
		pthread_create(&writers[i], NULL, write_some, j);
	for (i = 0; i < 3; i++) {
		hit_journal_await(j, &turns, 2000);
		found += count_orphans(folder);
	}
	for (i = 0; i < WRITERS; i++)
		pthread_join(writers[i], NULL);
	hit_journal_stop(j);
	assert_int_equal(told, WRITERS * EACH);
	assert_int_equal(found + count_orphans(folder), WRITERS * EACH);
}

static void
test_nothing_written_leaves_nothing(void **state)
{
	const char *folder = scratch_path(*state, "none");
	struct hit_journal *j;
	uint64_t turns = 0;
	struct err err;

	assert_true(hit_journal_start(&j, folder, "here", &err));
	hit_journal_await(j, &turns, 300);
	assert_int_equal(turns, 0);
	hit_journal_stop(j);
	assert_int_equal(count_orphans(folder), 0);
}

static void
test_too_many_that_wait(void **state)
{
	const char *folder = scratch_path(*state, "full");
	static char record[3000];
	struct hit_journal *j;
	struct err err;
	char path[JOURNAL_PATH_MAX];
	int i;

	assert_true(hit_journal_start(&j, folder, "here", &err));
	for (i = 0; i < HIT_JOURNALS_MAX; i++) {
		snprintf(path, sizeof(path), "%s/%d.damaged", folder, i);
		assert_true(file_mkdirs(path, 0700, &err));
	}
	memset(record, 'x', sizeof(record));
	for (i = 0; i < 20000; i++)
		if (!hit_journal_write(j, (struct str){record, sizeof(record)},
			on_written, NULL))
			break;
	while (hit_journal_counts(j).lost == 0 &&
	       hit_journal_write(j, STR("x"), on_written, NULL))
		usleep(1000);
	assert_true(hit_journal_counts(j).lost > 0);
	hit_journal_stop(j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    SCRATCH_TEST(test_many_writers_and_turns),
	    SCRATCH_TEST(test_nothing_written_leaves_nothing),
	    SCRATCH_TEST(test_too_many_that_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
