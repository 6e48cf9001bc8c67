/* Journals: what is written is read, whatever becomes of the process. */
#include "lib/base/journal.h"

#include "lib/base/file.h"
#include "lib/base/journal_read.h"
#include "tests/support/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define RECORD 7 /* a type */

/* The folder of all journals. */
static const char *
journals(void *state)
{
	static char path[400];

	snprintf(path, sizeof(path), "%s/journal", scratch_folder(state));
	return path;
}

static struct journal *
open_journal(void *state, enum journal_policy policy)
{
	struct journal *j;
	struct err err;

	if (!journal_open(&j,
		&(struct journal_params){
		    .journals = journals(state),
		    .holder = "host:1:abc/0.1",
		    .instance = "3f0e",
		    .policy = policy,
		},
		&err))
		fail_msg("%s", err.text);
	return j;
}

/* Its only orphan, locked. */
static bool
take_orphan(void *state, struct journal_owner *o)
{
	struct journal_orphans orphans;
	struct err err;
	bool found;

	assert_true(journal_orphans_open(&orphans, journals(state), &err));
	found = journal_orphans_next(&orphans, o);
	journal_orphans_close(&orphans);
	return found;
}

static int64_t
append(struct journal *j, const char *text)
{
	struct err err;
	int64_t at = journal_append(j, RECORD, str_of(text), &err);

	if (at == 0)
		fail_msg("%s", err.text);
	return at;
}

static int64_t
append_number(struct journal *j, int number, size_t size)
{
	char text[JOURNAL_PAYLOAD_MAX] = "";
	struct err err;
	int64_t at;

	snprintf(text, sizeof(text), "%d", number);
	at = journal_append(j, RECORD, (struct str){text, size}, &err);
	if (at == 0)
		fail_msg("%s", err.text);
	return at;
}

/* All records as "one two ", and whether it is damaged. */
static const char *
story_of(const struct journal_owner *o)
{
	static char story[2000];
	enum journal_read_what what;
	struct journal_read r;
	struct str payload;
	struct err err;
	uint16_t type;
	size_t n = 0;

	if (!journal_read_open(&r, o, &err))
		return err.kind == FAIL_REFUSED ? "newer" : "unreadable";
	story[0] = '\0';
	while ((what = journal_read_next(&r, &type, &payload, &err)) ==
	       JOURNAL_READ_RECORD) {
		assert_int_equal(type, RECORD);
		n += (size_t)snprintf(story + n, sizeof(story) - n, "%.*s ",
		    STR_ARG(payload));
	}
	assert_int_equal(what, JOURNAL_READ_OVER);
	if (r.damaged)
		snprintf(story + n, sizeof(story) - n, "damaged");
	journal_read_close(&r);
	return story;
}

static const char *
orphan_story(void *state)
{
	struct journal_owner o;
	const char *story;

	if (!take_orphan(state, &o))
		return "no orphan";
	story = story_of(&o);
	journal_owner_release(&o);
	return story;
}

/* The path of a file of the only journal. */
static const char *
file_of(void *state, const char *name)
{
	static char path[JOURNAL_PATH_MAX + 32];
	struct journal_owner o;

	assert_true(take_orphan(state, &o));
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
records_come_back_in_order(void **state)
{
	struct journal *j = open_journal(*state, JOURNAL_PROCESS);
	struct journal_owner o;
	int64_t a, b;

	a = append(j, "one");
	b = append(j, "");
	assert_true(a > 0 && b > a);
	assert_true(append(j, "a longer one") > b);
	assert_int_equal(journal_needed(j), 3);
	assert_string_equal(orphan_story(*state), "no orphan");
	journal_free(j);
	assert_string_equal(orphan_story(*state), "one  a longer one ");
	assert_true(take_orphan(*state, &o));
	assert_string_equal(o.holder, "host:1:abc/0.1");
	assert_string_equal(o.instance, "3f0e");
	assert_int_equal(o.policy, JOURNAL_PROCESS);
	assert_true(o.same_boot);
	assert_string_equal(orphan_story(*state), "no orphan");
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
		j = open_journal(*state, JOURNAL_PROCESS);
		for (i = 0; i < 3; i++)
			append_number(j, i, 1);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WTERMSIG(status), SIGKILL);
	assert_string_equal(orphan_story(*state), "0 1 2 ");
}

static void
a_torn_last_record_is_the_end(void **state)
{
	struct journal *j = open_journal(*state, JOURNAL_PROCESS);
	const char zeros[64] = {0};
	int64_t last;
	size_t size, i;
	struct buf kept;
	struct err err;

	append(j, "one");
	append(j, "two");
	last = append(j, "the last one of all");
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
			assert_string_equal(orphan_story(*state), "one two ");
		overwrite(file_of(*state, "0000000000000001.seg"), last,
		    kept.p + last, size);
	}
	assert_string_equal(orphan_story(*state),
	    "one two the last one of all ");
	/* The same, the file cut off. */
	for (i = 0; i < size; i++) {
		const char *path = file_of(*state, "0000000000000001.seg");

		assert_int_equal(truncate(path, last + (off_t)i), 0);
		if (i < JOURNAL_RECORD_HEAD + strlen("the last one of all"))
			assert_string_equal(orphan_story(*state), "one two ");
		overwrite(path, last, kept.p + last, size);
	}
	buf_release(&kept);
}

static void
flipped_bits_are_noticed(void **state)
{
	struct journal *j = open_journal(*state, JOURNAL_PROCESS);
	const char *path, *story;
	int64_t first, second;
	char c;
	int fd, bit;

	first = append(j, "one");
	second = append(j, "two");
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
		story = orphan_story(*state);
		if (strcmp(story, "two damaged") != 0)
			fail_msg("bit %d: \"%s\"", bit, story);
		c = (char)(c ^ 1 << bit % 8);
		assert_int_equal(pwrite(fd, &c, 1, at), 1);
	}
	/* Of the last one nothing is left to tell. */
	c = 'T';
	assert_int_equal(pwrite(fd, &c, 1, second + JOURNAL_RECORD_HEAD), 1);
	assert_string_equal(orphan_story(*state), "one ");
	close(fd);
}

static void
another_version_is_left_alone(void **state)
{
	struct journal *j = open_journal(*state, JOURNAL_PROCESS);
	uint32_t version = JOURNAL_VERSION + 1;

	append(j, "one");
	journal_free(j);
	overwrite(file_of(*state, "0000000000000001.seg"), 8, &version,
	    sizeof(version));
	assert_string_equal(orphan_story(*state), "newer");
	/* A header that is none tells nothing; records tell themselves. */
	overwrite(file_of(*state, "0000000000000001.seg"), 0, "x", 1);
	assert_string_equal(orphan_story(*state), "one ");
}

/* Files of the only journal, `owner` not counted. */
static int
count_segments(void *state)
{
	char folder[JOURNAL_PATH_MAX];
	struct dirent *e;
	DIR *dir;
	int n = 0;

	dir = opendir(journals(state));
	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.')
			snprintf(folder, sizeof(folder), "%s/%s",
			    journals(state), e->d_name);
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

	assert_true(take_orphan(state, &o));
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
	struct journal *j = open_journal(*state, JOURNAL_PROCESS);
	int64_t at, before = 0;
	struct err err;
	int i, sizes[] = {20, 1000, 3333, JOURNAL_PAYLOAD_MAX};

	for (i = 0; i < 4000; i++) {
		assert_true(journal_ready(j, &err));
		at = append_number(j, i, (size_t)sizes[i % 4]);
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
	struct journal *j = open_journal(*state, JOURNAL_PROCESS);
	int64_t at[64];
	struct err err;
	int i;

	for (i = 0; i < 20000; i++) {
		if (i >= 64)
			journal_done(j, at[i % 64]);
		assert_true(journal_ready(j, &err));
		at[i % 64] = append_number(j, i, 1000);
		assert_int_equal(journal_needed(j), i < 64 ? i + 1 : 64);
		assert_true(count_segments(*state) <= 4);
	}
	for (i = 0; i < 63; i++)
		journal_done(j, at[(20000 + i) % 64]);
	assert_int_equal(journal_needed(j), 1);
	journal_free(j);
	assert_true(take_orphan(*state, &(struct journal_owner){0}));
	/* Older ones may be there with it, none is wrong or missing. */
	assert_null(strstr(orphan_story(*state), "damaged"));
}

static void
old_records_hold_new_ones_back(void **state)
{
	struct journal *j = open_journal(*state, JOURNAL_PROCESS);
	int64_t first = append_number(j, 0, 10), at;
	struct err err;
	int i;

	for (i = 1; i < 5000; i++) {
		at = append_number(j, i, 1000);
		journal_done(j, at);
	}
	assert_true(count_segments(*state) >= 3);
	journal_done(j, first);
	assert_true(count_segments(*state) <= 2);
	assert_int_equal(journal_needed(j), 0);
	assert_true(journal_remove(j, &err));
	assert_false(take_orphan(*state, &(struct journal_owner){0}));
}

/* A segment is lost: the rest is read, but nobody relies on it. */
static void
a_missing_segment_is_damage(void **state)
{
	struct journal *j = open_journal(*state, JOURNAL_PROCESS);
	struct journal_owner o;
	struct journal_read r;
	struct str payload;
	struct err err;
	uint16_t type;
	int i, n = 0;

	for (i = 0; i < 5000; i++)
		append_number(j, i, 1000);
	journal_free(j);
	assert_int_equal(unlink(file_of(*state, "0000000000000002.seg")), 0);
	assert_true(take_orphan(*state, &o));
	assert_true(journal_read_open(&r, &o, &err));
	while (
	    journal_read_next(&r, &type, &payload, &err) == JOURNAL_READ_RECORD)
		n++;
	assert_true(n > 2000 && n < 4000);
	assert_true(r.damaged);
	journal_read_close(&r);
	assert_true(journal_owner_set_apart(&o, &err));
	assert_false(take_orphan(*state, &o));
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
	struct journal *j = open_journal(*state, JOURNAL_DISK);
	int64_t one, two;

	one = append(j, "one");
	assert_true(journal_synced(j) <= one);
	synced(j);
	assert_true(journal_synced(j) > one);
	assert_null(journal_sync_new(j)); /* nothing to do */
	two = append(j, "two");
	append(j, "three");
	assert_true(journal_synced(j) <= two);
	journal_free(j);
	spoil(file_of(*state, "0000000000000001.seg"),
	    two % (int64_t)JOURNAL_SEGMENT_SIZE);
	assert_string_equal(orphan_story(*state), "one ");
	spoil(file_of(*state, "0000000000000001.seg"),
	    one % (int64_t)JOURNAL_SEGMENT_SIZE);
	assert_string_equal(orphan_story(*state), "three damaged");
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
	j = open_journal(*state, JOURNAL_PROCESS);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 1000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	while (journal_ready(j, &err))
		append_number(j, 0, 1000);
	assert_string_not_equal(err.text, "");
	while (journal_append(j, RECORD, STR("the end"), &err) != 0)
		left++;
	assert_true(
	    left >= (int)(JOURNAL_RESERVE / journal_record_size(7)) - 100);
	assert_false(journal_ready(j, &err));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_true(journal_ready(j, &err)); /* there is space again */
	append(j, "more");
	journal_free(j);
	assert_true(take_orphan(*state, &(struct journal_owner){0}));
}

/* Several look for orphans at once: each journal is one's own. */
static void
an_orphan_has_one_heir(void **state)
{
	enum { HEIRS = 6 };
	struct journal_owner o;
	struct journal *j;
	int i, status, heirs = 0, gate[2];
	char c;

	j = open_journal(*state, JOURNAL_PROCESS);
	append(j, "one");
	journal_free(j);
	assert_int_equal(pipe(gate), 0);
	for (i = 0; i < HEIRS; i++) {
		if (fork() != 0)
			continue;
		close(gate[1]);
		status = take_orphan(*state, &o);
		/* Held until all have looked. */
		_exit(read(gate[0], &c, 1) == 0 && status ? 1 : 0);
	}
	close(gate[0]);
	usleep(300000);
	close(gate[1]);
	for (i = 0; i < HEIRS; i++) {
		assert_true(wait(&status) > 0);
		heirs += WEXITSTATUS(status);
	}
	assert_int_equal(heirs, 1);
}

static void
what_was_half_made_is_tidied_up(void **state)
{
	const char *names[] = {"00112233445566aa.new", "00112233445566ab.done",
	    "00112233445566ac.new", "00112233445566ad.damaged"};
	char path[400];
	struct err err;
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", journals(*state),
		    names[i]);
		assert_true(file_mkdirs(path, 0700, &err));
		if (i == 2)
			continue; /* without a file to lock */
		snprintf(path + strlen(path), 20, "/owner");
		assert_true(file_write(path, STR("x"), 0600, &err));
	}
	assert_false(take_orphan(*state, &(struct journal_owner){0}));
	for (i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", journals(*state),
		    names[i]);
		assert_int_equal(file_exists(path), i == 3);
	}
}

static void
removed_it_is_gone(void **state)
{
	struct journal *j = open_journal(*state, JOURNAL_PROCESS);
	struct err err;

	journal_done(j, append(j, "one"));
	assert_true(journal_remove(j, &err));
	assert_int_equal(rmdir(journals(*state)), 0);
	assert_false(take_orphan(*state, &(struct journal_owner){0}));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    SCRATCH_TEST(records_come_back_in_order),
	    SCRATCH_TEST(records_survive_kill_9),
	    SCRATCH_TEST(a_torn_last_record_is_the_end),
	    SCRATCH_TEST(flipped_bits_are_noticed),
	    SCRATCH_TEST(another_version_is_left_alone),
	    SCRATCH_TEST(it_goes_on_in_the_next_segment),
	    SCRATCH_TEST(it_is_as_long_as_what_is_needed),
	    SCRATCH_TEST(old_records_hold_new_ones_back),
	    SCRATCH_TEST(a_missing_segment_is_damage),
	    SCRATCH_TEST(behind_the_sync_nothing_is_damage),
	    SCRATCH_TEST(a_full_disk_is_told_in_time),
	    SCRATCH_TEST(an_orphan_has_one_heir),
	    SCRATCH_TEST(what_was_half_made_is_tidied_up),
	    SCRATCH_TEST(removed_it_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
