/* Journals: what is written is read, whatever becomes of the process. */
#include "lib/base/journal.h"

#include "lib/base/journal_read.h"
#include "tests/support/journals.h"
#include "tests/support/scratch.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void
records_come_back_in_order(void **state)
{
	struct journal *j = journals_open(*state, JOURNAL_PROCESS);
	struct journal_owner o;
	int64_t a, b;

	a = journals_append(j, "one");
	b = journals_append(j, "");
	assert_true(a > 0 && b > a);
	assert_true(journals_append(j, "a longer one") > b);
	assert_int_equal(journal_needed(j), 3);
	assert_string_equal(journals_orphan_story(*state), "no orphan");
	journal_free(j);
	assert_string_equal(journals_orphan_story(*state),
	    "one  a longer one ");
	assert_true(journals_orphan(*state, &o));
	assert_string_equal(o.holder, "host:1:abc/0.1");
	assert_string_equal(o.instance, "3f0e");
	assert_int_equal(o.policy, JOURNAL_PROCESS);
	assert_true(o.same_boot);
	assert_string_equal(journals_orphan_story(*state), "no orphan");
	journal_owner_release(&o);
}

/* The child is gone in the middle of things, its records are not. */
static void
records_survive_kill_9(void **state)
{
	struct journal *j;
	int status, i;
	pid_t pid = fork();

	if (pid == 0) {
		j = journals_open(*state, JOURNAL_PROCESS);
		for (i = 0; i < 3; i++)
			journals_append_number(j, i, 1);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WTERMSIG(status), SIGKILL);
	assert_string_equal(journals_orphan_story(*state), "0 1 2 ");
}

/* Files of the only journal, `owner` not counted. */
static int
count_segments(void *state)
{
	char folder[JOURNAL_PATH_MAX];
	struct dirent *e;
	DIR *dir;
	int n = 0;

	dir = opendir(journals_folder(state));
	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.')
			snprintf(folder, sizeof(folder), "%s/%s",
			    journals_folder(state), e->d_name);
	closedir(dir);
	dir = opendir(folder);
	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL)
		n += e->d_name[0] != '.' && strcmp(e->d_name, "owner") != 0;
	closedir(dir);
	return n;
}

/* Reads them back: from..to, each once and in order. */
static void
check_numbers(void *state, int from, int to)
{
	struct journal_owner o;
	struct journal_read r;
	struct str payload;
	struct err err;
	uint16_t type;
	char want[20];

	assert_true(journals_orphan(state, &o));
	assert_true(journal_read_open(&r, &o, &err));
	for (; from <= to; from++) {
		assert_int_equal(journal_read_next(&r, &type, &payload, &err),
		    JOURNAL_READ_RECORD);
		snprintf(want, sizeof(want), "%d", from);
		assert_string_equal(payload.p, want);
	}
	assert_int_equal(journal_read_next(&r, &type, &payload, &err),
	    JOURNAL_READ_OVER);
	assert_false(r.damaged);
	journal_read_close(&r);
	journal_owner_release(&o);
}

static void
it_goes_on_in_the_next_segment(void **state)
{
	struct journal *j = journals_open(*state, JOURNAL_PROCESS);
	int64_t at, before = 0;
	struct err err;
	int i, sizes[] = {20, 1000, 3333, JOURNAL_PAYLOAD_MAX};

	for (i = 0; i < 4000; i++) {
		assert_true(journal_ready(j, &err));
		at = journals_append_number(j, i, (size_t)sizes[i % 4]);
		assert_true(at > before);
		before = at;
	}
	assert_true(count_segments(*state) >= 4);
	journal_free(j);
	check_numbers(*state, 0, 3999);
}

/* What is done goes, from the front, and its files are used again. */
static void
it_is_as_long_as_what_is_needed(void **state)
{
	struct journal *j = journals_open(*state, JOURNAL_PROCESS);
	int64_t at[64];
	struct err err;
	int i;

	for (i = 0; i < 20000; i++) {
		if (i >= 64)
			journal_done(j, at[i % 64]);
		assert_true(journal_ready(j, &err));
		at[i % 64] = journals_append_number(j, i, 1000);
		assert_int_equal(journal_needed(j), i < 64 ? i + 1 : 64);
		assert_true(count_segments(*state) <= 4);
	}
	for (i = 0; i < 63; i++)
		journal_done(j, at[(20000 + i) % 64]);
	assert_int_equal(journal_needed(j), 1);
	journal_free(j);
	assert_true(journals_orphan(*state, &(struct journal_owner){0}));
	/* Older ones may be there with it, none is wrong or missing. */
	assert_null(strstr(journals_orphan_story(*state), "damaged"));
}

static void
old_records_hold_new_ones_back(void **state)
{
	struct journal *j = journals_open(*state, JOURNAL_PROCESS);
	int64_t first = journals_append_number(j, 0, 10), at;
	struct err err;
	int i;

	for (i = 1; i < 5000; i++) {
		at = journals_append_number(j, i, 1000);
		journal_done(j, at);
	}
	assert_true(count_segments(*state) >= 3);
	journal_done(j, first);
	assert_true(count_segments(*state) <= 2);
	assert_int_equal(journal_needed(j), 0);
	assert_true(journal_remove(j, &err));
	assert_false(journals_orphan(*state, &(struct journal_owner){0}));
}

/* With no space for the next segment, what is under way has still room. */
static void
a_full_disk_is_told_in_time(void **state)
{
	struct rlimit before, limit;
	struct journal *j;
	struct err err = {FAIL_NONE, ""};
	int left = 0;

	signal(SIGXFSZ, SIG_IGN);
	j = journals_open(*state, JOURNAL_PROCESS);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 1000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	while (journal_ready(j, &err))
		journals_append_number(j, 0, 1000);
	assert_string_not_equal(err.text, "");
	while (journal_append(j, JOURNALS_RECORD, STR("the end"), &err) != 0)
		left++;
	assert_true(
	    left >= (int)(JOURNAL_RESERVE / journal_record_size(7)) - 100);
	assert_false(journal_ready(j, &err));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_true(journal_ready(j, &err)); /* there is space again */
	journals_append(j, "more");
	journal_free(j);
	assert_true(journals_orphan(*state, &(struct journal_owner){0}));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    SCRATCH_TEST(records_come_back_in_order),
	    SCRATCH_TEST(records_survive_kill_9),
	    SCRATCH_TEST(it_goes_on_in_the_next_segment),
	    SCRATCH_TEST(it_is_as_long_as_what_is_needed),
	    SCRATCH_TEST(old_records_hold_new_ones_back),
	    SCRATCH_TEST(a_full_disk_is_told_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
