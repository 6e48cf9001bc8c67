/* Failures in words: what they say, how they end, that they stay text. */
#include "lib/base/err.h"

#include "lib/base/str.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void
set_and_wrapped(void **state)
{
	struct err e = {FAIL_NONE, "untouched"};

	(void)state;
	assert_false(err_set(&e, FAIL_REFUSED, "port %d: %s", 25, "no"));
	assert_int_equal(e.kind, FAIL_REFUSED);
	assert_string_equal(e.text, "port 25: no");
	assert_false(err_wrap(&e, "connect %s", "mx1"));
	assert_int_equal(e.kind, FAIL_REFUSED);
	assert_string_equal(e.text, "connect mx1: port 25: no");
	assert_false(err_set(&e, FAIL_IO, "again: %s", e.text));
	assert_string_equal(e.text, "again: connect mx1: port 25: no");
	assert_false(err_set(NULL, FAIL_IO, "nobody asked"));
	assert_false(err_wrap(NULL, "nobody asked"));
}

static void
long_ones_are_cut(void **state)
{
	char text[1000];
	struct err e;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&e, FAIL_IO, "%s", text);
	assert_int_equal(strlen(e.text), ERR_TEXT_MAX - 1);
	err_wrap(&e, "what");
	assert_int_equal(strlen(e.text), ERR_TEXT_MAX - 1);
	assert_int_equal(strncmp(e.text, "what: xx", 8), 0);
	err_wrap(&e, "%s", text);
	assert_int_equal(strlen(e.text), ERR_TEXT_MAX - 1);
}

static void
always_one_line_of_utf8(void **state)
{
	static const struct {
		const char *label, *text, *want;
	} rows[] = {
	    {"utf-8 stays", "caf\xc3\xa9 \xe2\x82\xac",
		"caf\xc3\xa9 \xe2\x82\xac"},
	    {"latin-1", "caf\xe9", "caf?"},
	    {"lines", "ERROR\nDETAIL\r\n", "ERROR DETAIL  "},
	    {"escape", "\x1b[2J\x7f", " [2J "},
	};
	char text[ERR_TEXT_MAX + 10] = "";
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		err_set(&e, FAIL_IO, "%s", rows[i].text);
		if (strcmp(e.text, rows[i].want) != 0)
			fail_msg("%s: %s", rows[i].label, e.text);
	}
	/* Cut in the middle of the euro. */
	memset(text, 'x', ERR_TEXT_MAX - 2);
	memcpy(text + ERR_TEXT_MAX - 2, "\xe2\x82\xac", 4);
	err_set(&e, FAIL_IO, "%s", text);
	assert_true(str_is_utf8(str_of(e.text)));
	assert_string_equal(e.text + ERR_TEXT_MAX - 3, "x?");
	err_set(&e, FAIL_IO, "\xc3\xa9");
	err_wrap(&e, "%.*s", ERR_TEXT_MAX - 4, text);
	assert_true(str_is_utf8(str_of(e.text)));
}

static void
every_kind_has_a_name(void **state)
{
	int kind, other;

	(void)state;
	for (kind = FAIL_NONE; kind <= FAIL_BUSY; kind++) {
		assert_non_null(fail_name((enum fail)kind));
		for (other = FAIL_NONE; other < kind; other++)
			assert_string_not_equal(fail_name((enum fail)kind),
			    fail_name((enum fail)other));
	}
	assert_string_equal(fail_name(FAIL_BUSY), "busy");
}

/* What a child says on stderr before it ends; its status. */
static int
last_words(bool bug, char out[200])
{
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		if (bug)
			BUG("list of %d is not empty", 3);
		die("no database: %s", "refused");
	}
	close(ends[1]);
	waitpid(pid, &status, 0);
	n = read(ends[0], out, 199);
	close(ends[0]);
	assert_true(n > 0);
	out[n] = '\0';
	return status;
}

static void
the_end_is_told(void **state)
{
	char said[200];
	int status;

	(void)state;
	status = last_words(false, said);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_string_equal(said, "volley: no database: refused\n");
	status = last_words(true, said);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_non_null(strstr(said, "test_err.c:"));
	assert_non_null(strstr(said, "list of 3 is not empty\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(set_and_wrapped),
	    cmocka_unit_test(long_ones_are_cut),
	    cmocka_unit_test(always_one_line_of_utf8),
	    cmocka_unit_test(every_kind_has_a_name),
	    cmocka_unit_test(the_end_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
