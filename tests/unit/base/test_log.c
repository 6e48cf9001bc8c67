/* Log lines: their form, what they leave out, what peers can put there. */
#include "lib/base/log.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"

#include "tests/support/scratch.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

/* stderr goes to a file while a test logs. */
static int kept_stderr;

static void
capture(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	kept_stderr = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

static void
captured(const char *path, struct buf *out)
{
	struct err err;

	dup2(kept_stderr, STDERR_FILENO);
	close(kept_stderr);
	buf_init(out, 1 << 20);
	assert_true(file_read(path, out, &err));
}

/* Checks the time and takes it off. */
static struct str
after_time(struct str line)
{
	int64_t us, now = clock_wall_us();
	struct str time;

	assert_true(str_starts(line, STR("ts=")));
	time = str_sub(line, 3, str_chr(line, ' ') - 3);
	assert_int_equal(time.n, strlen("2026-11-23T09:00:00.123Z"));
	assert_true(time_parse_rfc3339(time, &us));
	assert_true(us <= now && us > now - 60000000);
	return str_from(line, 3 + time.n + 1);
}

static void
one_line_an_event(void **state)
{
	static const char *const want[] = {
	    "level=error role=sender event=db_gone try=3",
	    "level=warn role=sender event=refused text=\"no \\\"you\\\"\"",
	    "level=info role=sender event=started",
	    "level=info role=sender event=lease_taken campaign=7 first=0",
	};
	const char *path = scratch_path(*state, "log");
	struct str rest, line;
	struct buf text;
	size_t i;

	capture(path);
	log_init("sender", LOG_LEVEL_INFO);
	log_error("db_gone", "try=%d", 3);
	log_warn("refused", "text=%s", log_quote(STR("no \"you\"")));
	log_info("started", "%s", "");
	log_debug("unseen", "x=%d", 1);
	log_info("lease_taken", "campaign=%lld first=%lld", 7LL, 0LL);
	captured(path, &text);
	rest = buf_view(&text);
	for (i = 0; str_cut(&rest, '\n', &line); i++) {
		line = after_time(line);
		assert_true(i < ARRAY_LEN(want));
		if (!str_eq(line, str_of(want[i])))
			fail_msg("%.*s", STR_ARG(line));
	}
	assert_int_equal(i, ARRAY_LEN(want));
	buf_release(&text);
}

static void
levels(void **state)
{
	static const struct {
		const char *name;
		enum log_level level;
		int lines;
	} rows[] = {
	    {"error", LOG_LEVEL_ERROR, 1},
	    {"warn", LOG_LEVEL_WARN, 2},
	    {"info", LOG_LEVEL_INFO, 3},
	    {"debug", LOG_LEVEL_DEBUG, 4},
	};
	enum log_level level;
	struct buf text;
	size_t i, j;
	int lines;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		const char *path = scratch_path(*state, rows[i].name);

		assert_true(log_level_parse(str_of(rows[i].name), &level));
		assert_int_equal(level, rows[i].level);
		capture(path);
		log_init("api", level);
		log_error("e", "n=%d", 1);
		log_warn("e", "n=%d", 2);
		log_info("e", "n=%d", 3);
		log_debug("e", "n=%d", 4);
		captured(path, &text);
		for (lines = 0, j = 0; j < text.n; j++)
			lines += text.p[j] == '\n';
		assert_int_equal(lines, rows[i].lines);
		buf_release(&text);
	}
	assert_false(log_level_parse(STR("INFO"), &level));
	assert_false(log_level_parse(STR(""), &level));
	assert_false(log_level_parse(STR("information"), &level));
}

static void
nothing_makes_a_second_line(void **state)
{
	const char *path = scratch_path(*state, "log");
	struct str line, rest;
	struct buf text;

	capture(path);
	log_init("api", LOG_LEVEL_INFO);
	log_info("e", "text=%s", "a\nts=forged\r\x1b[2J\x7f");
	captured(path, &text);
	rest = buf_view(&text);
	assert_true(str_cut(&rest, '\n', &line));
	assert_true(str_ends(line, STR("text=a?ts=forged??[2J?")));
	assert_int_equal(rest.n, 0);
	buf_release(&text);
}

static void
a_long_line_is_cut_and_ended(void **state)
{
	const char *path = scratch_path(*state, "log");
	static char word[10000];
	struct buf text;

	memset(word, 'x', sizeof(word) - 1);
	capture(path);
	log_init("api", LOG_LEVEL_INFO);
	log_info("e", "word=%s", word);
	captured(path, &text);
	assert_int_equal(text.n, 4096);
	assert_int_equal(str_chr(buf_view(&text), '\n'), 4095);
	buf_release(&text);
}

static void
quoting(void **state)
{
	static const struct {
		const char *label;
		struct str text;
		const char *want;
	} rows[] = {
	    {"plain", {"5.1.1 no such user", 18}, "\"5.1.1 no such user\""},
	    {"nothing", {NULL, 0}, "\"\""},
	    {"quotes", {"a\"b\\c", 5}, "\"a\\\"b\\\\c\""},
	    {"lines", {"a\r\nb\tc", 6}, "\"a\\r\\nb\\tc\""},
	    {"NUL", {"a\0b", 3}, "\"a\\x00b\""},
	    {"escape", {"\x1b[31m\x7f", 6}, "\"\\x1b[31m\\x7f\""},
	    {"high bytes", {"caf\xc3\xa9", 5}, "\"caf\\xc3\\xa9\""},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(log_quote(rows[i].text), rows[i].want) != 0)
			fail_msg("%s: %s", rows[i].label,
			    log_quote(rows[i].text));
}

static void
long_text_is_cut_between_escapes(void **state)
{
	char text[1000];
	const char *quoted;
	size_t n;

	(void)state;
	memset(text, 'x', sizeof(text));
	quoted = log_quote((struct str){text, 495});
	assert_int_equal(strlen(quoted), 497);
	quoted = log_quote((struct str){text, 496});
	assert_int_equal(strlen(quoted), 500);
	assert_string_equal(quoted + 494, "xx...\"");
	memset(text, '\x01', sizeof(text));
	quoted = log_quote((struct str){text, sizeof(text)});
	n = strlen(quoted);
	assert_in_range(n, 490, 500);
	assert_string_equal(quoted + n - 8, "\\x01...\"");
}

static void *
quote_elsewhere(void *wrong)
{
	int i;

	for (i = 0; i < 8; i++)
		if (strcmp(log_quote(STR("other")), "\"other\"") != 0)
			return wrong;
	return NULL;
}

static void
eight_live_at_once(void **state)
{
	const char *quoted[8];
	pthread_t thread;
	char name[2] = "a", want[4] = "\"a\"";
	void *wrong;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(quoted); i++) {
		name[0] = (char)('a' + i);
		quoted[i] = log_quote(str_of(name));
	}
	pthread_create(&thread, NULL, quote_elsewhere, want);
	pthread_join(thread, &wrong);
	assert_null(wrong);
	for (i = 0; i < ARRAY_LEN(quoted); i++) {
		want[1] = (char)('a' + i);
		assert_string_equal(quoted[i], want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    SCRATCH_TEST(one_line_an_event),
	    SCRATCH_TEST(levels),
	    SCRATCH_TEST(nothing_makes_a_second_line),
	    SCRATCH_TEST(a_long_line_is_cut_and_ended),
	    cmocka_unit_test(quoting),
	    cmocka_unit_test(long_text_is_cut_between_escapes),
	    cmocka_unit_test(eight_live_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
