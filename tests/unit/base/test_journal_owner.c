/* Journals and their folder: each has one owner, what is done leaves nothing. */
#include "lib/base/journal_owner.h"

#include "lib/base/file.h"
#include "tests/support/journals.h"
#include "tests/support/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Several look for orphans at once: each journal is one's own. */
static void
an_orphan_has_one_heir(void **state)
{
	enum { HEIRS = 6 };
	struct journal_owner o;
	struct journal *j;
	int i, status, heirs = 0, gate[2];
	char c;

	j = journals_open(*state, JOURNAL_PROCESS);
	journals_append(j, "one");
	journal_free(j);
	assert_int_equal(pipe(gate), 0);
	for (i = 0; i < HEIRS; i++) {
		if (fork() != 0)
			continue;
		close(gate[1]);
		status = journals_orphan(*state, &o);
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
		snprintf(path, sizeof(path), "%s/%s", journals_folder(*state),
		    names[i]);
		assert_true(file_mkdirs(path, 0700, &err));
		if (i == 2)
			continue; /* without a file to lock */
		snprintf(path + strlen(path), 20, "/owner");
		assert_true(file_write(path, STR("x"), 0600, &err));
	}
	assert_false(journals_orphan(*state, &(struct journal_owner){0}));
	for (i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", journals_folder(*state),
		    names[i]);
		assert_int_equal(file_exists(path), i == 3);
	}
}

/* It is found all the same, so that somebody is told of it; and it stays. */
static void
whose_it_is_cannot_be_read(void **state)
{
	static const char *const texts[] = {"", "volley journal 2\nholder h\n",
	    "volley journal 1\nsync process\n",
	    "volley journal 1\nholder h\nsync never\n"};
	struct journal_owner o;
	char path[1100], away[1100];
	struct err err;
	size_t i;

	journal_free(journals_open(*state, JOURNAL_PROCESS));
	assert_true(journals_orphan(*state, &o));
	assert_string_not_equal(o.holder, "");
	journal_owner_release(&o);
	snprintf(path, sizeof(path), "%s/owner", o.folder);
	for (i = 0; i < ARRAY_LEN(texts); i++) {
		assert_true(file_write(path, str_of(texts[i]), 0600, &err));
		assert_true(journals_orphan(*state, &o));
		assert_string_equal(o.holder, "");
		journal_owner_release(&o);
	}
	snprintf(away, sizeof(away), "%s/elsewhere", o.folder);
	assert_int_equal(rename(path, away), 0);
	assert_int_equal(symlink(away, path), 0); /* not followed */
	assert_true(journals_orphan(*state, &o));
	assert_string_equal(o.holder, "");
	journal_owner_release(&o);
	assert_true(file_exists(away));
}

static void
removed_it_is_gone(void **state)
{
	struct journal *j = journals_open(*state, JOURNAL_PROCESS);
	struct err err;

	journal_done(j, journals_append(j, "one"));
	assert_true(journal_remove(j, &err));
	assert_int_equal(rmdir(journals_folder(*state)), 0);
	assert_false(journals_orphan(*state, &(struct journal_owner){0}));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    SCRATCH_TEST(an_orphan_has_one_heir),
	    SCRATCH_TEST(what_was_half_made_is_tidied_up),
	    SCRATCH_TEST(whose_it_is_cannot_be_read),
	    SCRATCH_TEST(removed_it_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
