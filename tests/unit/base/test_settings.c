/* Settings: where they come from, which source wins, what stops a start. */
#include "lib/base/settings.h"

#include "lib/base/buf.h"
#include "lib/base/file.h"

#include "tests/support/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

/* An empty file, and an environment without our variables. */
static int
setup(void **state)
{
	char name[64];
	size_t i, at;

	for (i = 0; i < setting_count; i++) {
		at = (size_t)snprintf(name, sizeof(name), "VOLLEY_%s",
		    setting_table[i].name);
		while (at-- > 7)
			if (name[at] >= 'a' && name[at] <= 'z')
				name[at] = (char)(name[at] - 32);
		unsetenv(name);
	}
	setenv("VOLLEY_CONF", "/dev/null", 1);
	return scratch_setup(state);
}

#define SETTINGS_TEST(f) \
	cmocka_unit_test_setup_teardown(f, setup, scratch_teardown)

static void
conf_file(void *state, const char *text)
{
	const char *path = scratch_path(state, "test.conf");
	struct err err;

	assert_true(file_write(path, str_of(text), 0600, &err));
	setenv("VOLLEY_CONF", path, 1);
}

/* Loads with flags in one text, apart by blanks; gives what is left. */
static bool
load(struct settings *s, const char *flags, char rest[200], struct err *err)
{
	char text[200], *argv[32], *save = NULL, *word;
	int argc = 0, i;
	bool ok;

	snprintf(text, sizeof(text), "volley %s", flags);
	word = strtok_r(text, " ", &save);
	for (; word != NULL; word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	argv[argc] = NULL;
	ok = settings_load(s, &argc, argv, err);
	rest[0] = '\0';
	for (i = 0; ok && i < argc; i++) {
		size_t at = strlen(rest);

		snprintf(rest + at, 200 - at, "%s%s", i > 0 ? " " : "",
		    argv[i]);
	}
	if (ok)
		assert_null(argv[argc]);
	return ok;
}

static void
expect_failure(const char *label, const char *flags, const char *const words[3])
{
	struct settings s;
	struct err err;
	char rest[200];
	size_t i;

	if (load(&s, flags, rest, &err))
		fail_msg("%s is accepted", label);
	for (i = 0; i < 3 && words[i] != NULL; i++)
		if (strstr(err.text, words[i]) == NULL)
			fail_msg("%s: \"%s\" does not name %s", label, err.text,
			    words[i]);
}

static void
defaults(void **state)
{
	struct settings s;
	struct err err;
	char rest[200];

	(void)state;
	assert_true(load(&s, "", rest, &err));
	assert_string_equal(s.database, "");
	assert_string_equal(s.listen, "127.0.0.1:8025");
	assert_string_equal(s.base_url, "http://127.0.0.1:8025");
	assert_string_equal(s.log_level, "info");
	assert_int_equal(s.api_threads, 8);
	assert_int_equal(s.api_connections, 2000);
	assert_int_equal(s.workers, 0);
	assert_int_equal(s.lease_size, 4000);
	assert_int_equal(s.lease_s, 60);
	assert_int_equal(s.lease_window, 1000);
	assert_int_equal(s.outcome_batch, 1000);
	assert_int_equal(s.retry_first_s, 300);
	assert_int_equal(s.retry_max_s, 14400);
	assert_int_equal(s.smtp_timeout_s, 0);
	assert_int_equal(s.smtp_messages, 100);
	assert_int_equal(s.drain_s, 15);
	assert_int_equal(s.poll_s, 60);
	assert_int_equal(s.idle_s, 240);
	assert_true(s.import_bytes_max == INT64_C(1) << 31);
	assert_string_equal(rest, "volley");
}

static void
the_home_follows_the_user(void **state)
{
	struct settings s;

	(void)state;
	settings_defaults(&s);
	if (geteuid() == 0) {
		assert_string_equal(s.home, "/var/lib/volley");
	} else {
		setenv("HOME", "/home/someone", 1);
		settings_defaults(&s);
		assert_string_equal(s.home,
		    "/home/someone/.local/share/volley");
	}
	assert_string_equal(s.key_file, "");
}

static void
file_then_environment_then_flags(void **state)
{
	struct settings s;
	struct err err;
	char rest[200];

	conf_file(*state,
	    "workers = 1\nlease_size = 11\npoll_s=12\nhelo = a.example.com\n");
	setenv("VOLLEY_WORKERS", "2", 1);
	setenv("VOLLEY_LEASE_SIZE", "22", 1);
	assert_true(load(&s, "--workers=3", rest, &err));
	assert_int_equal(s.workers, 3);
	assert_int_equal(s.lease_size, 22);
	assert_int_equal(s.poll_s, 12);
	assert_string_equal(s.helo, "a.example.com");
	assert_int_equal(s.lease_s, 60);
}

static void
what_follows_from_others(void **state)
{
	struct settings s;
	struct err err;
	char rest[200];

	(void)state;
	assert_true(load(&s, "--home /srv/v --listen=0.0.0.0:80", rest, &err));
	assert_string_equal(s.key_file, "/srv/v/master.key");
	assert_string_equal(s.journal, "/srv/v/journal");
	assert_string_equal(s.base_url, "http://0.0.0.0:80");
	assert_true(load(&s,
	    "--home /srv/v --key-file=/k --base-url https://m.example.com/x",
	    rest, &err));
	assert_string_equal(s.key_file, "/k");
	assert_string_equal(s.base_url, "https://m.example.com/x");
}

static void
the_form_of_the_file(void **state)
{
	struct settings s;
	struct err err;
	char rest[200];

	conf_file(*state,
	    "\xef\xbb\xbf# Volley\r\n\r\n; a comment\n"
	    "database = host=/run/pg dbname=v;x ; the main one\r\n"
	    "   workers=5\n"
	    "listen=[::1]:8080\n"
	    "home = /srv/with blank  ");
	assert_true(load(&s, "", rest, &err));
	assert_string_equal(s.database, "host=/run/pg dbname=v;x");
	assert_int_equal(s.workers, 5);
	assert_string_equal(s.listen, "[::1]:8080");
	assert_string_equal(s.home, "/srv/with blank");
}

static void
the_folder_that_we_are_in_has_a_file(void **state)
{
	const char *path = scratch_path(*state, "volley.conf");
	char *before = getcwd(NULL, 0);
	struct settings s;
	struct err err;
	char rest[200];

	assert_non_null(before);
	assert_true(file_write(path, STR("workers = 6\n"), 0600, &err));
	unsetenv("VOLLEY_CONF");
	assert_int_equal(chdir(scratch_folder(*state)), 0);
	assert_true(load(&s, "", rest, &err));
	assert_int_equal(s.workers, 6);
	assert_int_equal(chdir(before), 0);
	free(before);
}

static void
flags_are_taken_out(void **state)
{
	static const struct {
		const char *flags, *rest;
		int workers;
	} rows[] = {
	    {"--workers 4", "volley", 4},
	    {"--workers=4 send", "volley send", 4},
	    {"key create --name X --workers 4 --scope admin",
		"volley key create --name X --scope admin", 4},
	    {"import --workers=4 7 file.csv --help",
		"volley import 7 file.csv --help", 4},
	    {"--workers=4 --workers=5", "volley", 5},
	    {"-v --workers=4 - x", "volley -v - x", 4},
	    {"--workers=4 -- --workers=5 x", "volley -- --workers=5 x", 4},
	    {"--worker=4 --workersx 4", "volley --worker=4 --workersx 4", 0},
	    {"--", "volley --", 0},
	};
	struct settings s;
	struct err err;
	char rest[200];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		if (!load(&s, rows[i].flags, rest, &err))
			fail_msg("%s: %s", rows[i].flags, err.text);
		assert_string_equal(rest, rows[i].rest);
		assert_int_equal(s.workers, rows[i].workers);
	}
	assert_true(load(&s, "--helo=", rest, &err));
	assert_string_equal(s.helo, "");
}

static void
bad_flags_are_named(void **state)
{
	static const struct {
		const char *flags;
		const char *const words[3];
	} rows[] = {
	    {"--workers=257", {"workers", "257", "0..256"}},
	    {"--workers=-1", {"workers", "-1", "0..256"}},
	    {"--workers=many", {"workers", "many", "whole number"}},
	    {"--workers=", {"workers", "whole number"}},
	    {"--workers=1.5", {"workers", "1.5", "whole number"}},
	    {"--workers=99999999999999999999", {"workers", "whole number"}},
	    {"--lease-size=0", {"lease_size", "1..100000"}},
	    {"--idle-s=1741", {"idle_s", "1..1740"}},
	    {"--workers", {"--workers", "needs a value"}},
	    {"--log-level=loud", {"log_level", "loud", "debug"}},
	    {"--listen=8025", {"listen", "8025", "host:port"}},
	    {"--listen=:8025", {"listen", "host:port"}},
	    {"--listen=localhost:65536", {"listen", "host:port"}},
	    {"--listen=localhost:", {"listen", "host:port"}},
	    {"--base-url=ftp://x", {"base_url", "http"}},
	    {"--base-url=https://x/", {"base_url", "slash"}},
	    {"--base-url=https://", {"base_url", "http"}},
	    {"--base-url=https:///x", {"base_url", "http"}},
	    {"--base-url=https://x>, <mailto:y@z.test", {"base_url", "http"}},
	    {"--base-url=https://x/ y", {"base_url", "http"}},
	    {"--base-url=https://x/?y", {"base_url", "query"}},
	    {"--base-url=https://x/#y", {"base_url", "query"}},
	    {"--base-url=https://x/\"y", {"base_url", "http"}},
	    {"--base-url=https://b\xc3\xbc.test", {"base_url", "http"}},
	    {"--helo=a\tb", {"helo", "control"}},
	    {"--helo=caf\xc3\xa9", {"helo", "host name"}},
	    {"--home=", {"home"}},
	    {"--retry-max-s=60", {"retry_max_s", "60", "300"}},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		expect_failure(rows[i].flags, rows[i].flags, rows[i].words);
}

static void
bad_files_are_named(void **state)
{
	static char long_line[300] = "database = ";
	static const struct {
		const char *label, *text;
		const char *const words[3];
	} rows[] = {
	    {"unknown key", "workers = 1\nwrokers = 2\n",
		{"test.conf:2", "wrokers"}},
	    {"capitals", "Workers = 1\n", {"test.conf:1", "Workers"}},
	    {"wrong type", "\n\nworkers = two\n",
		{"test.conf:3", "workers", "two"}},
	    {"out of bounds", "workers = 1000\n",
		{"test.conf:1", "workers", "0..256"}},
	    {"no value", "# x\nworkers\n", {"test.conf:2", "name = value"}},
	    {"section", "[sender]\nworkers = 2\n", {"test.conf:2", "sender"}},
	    {"twice", "workers = 2\npoll_s = 3\nworkers = 2\n",
		{"test.conf:3", "workers", "twice"}},
	    {"an indented line is no continuation",
		"database = x\n  nonsense = 1\n", {"test.conf:2", "nonsense"}},
	    {"long line", long_line, {"test.conf:1", "198"}},
	    {"the first of two errors", "a = 1\nb = 2\n", {"\"a\""}},
	};
	size_t i;

	memset(long_line + 11, 'x', sizeof(long_line) - 12);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		conf_file(*state, rows[i].text);
		expect_failure(rows[i].label, "", rows[i].words);
	}
	setenv("VOLLEY_CONF", "/nonexistent.conf", 1);
	expect_failure("a file named but not there", "",
	    (const char *[3]){"/nonexistent.conf"});
}

static void
the_longest_line_is_read_whole(void **state)
{
	char text[201] = "database = ";
	struct settings s;
	struct err err;
	char rest[200];

	memset(text + 11, 'x', 198 - 11);
	text[198] = '\0';
	conf_file(*state, text);
	if (!load(&s, "", rest, &err))
		fail_msg("%s", err.text);
	assert_int_equal(strlen(s.database), 198 - 11);
	text[198] = 'x';
	conf_file(*state, text);
	assert_false(load(&s, "", rest, &err));
	assert_int_equal(err.kind, FAIL_LIMIT);
}

static void
the_environment_is_checked_too(void **state)
{
	struct settings s;
	struct err err;
	char rest[200];
	static char text[SETTING_TEXT_MAX + 1];

	(void)state;
	setenv("VOLLEY_NO_SUCH_THING", "x", 1);
	assert_true(load(&s, "", rest, &err));
	unsetenv("VOLLEY_NO_SUCH_THING");
	setenv("VOLLEY_DRAIN_S", "soon", 1);
	expect_failure("wrong type", "",
	    (const char *[3]){"environment", "drain_s", "soon"});
	unsetenv("VOLLEY_DRAIN_S");
	memset(text, 'x', SETTING_TEXT_MAX - 1);
	setenv("VOLLEY_DATABASE", text, 1);
	assert_true(load(&s, "", rest, &err));
	assert_int_equal(strlen(s.database), SETTING_TEXT_MAX - 1);
	text[SETTING_TEXT_MAX - 1] = 'x';
	setenv("VOLLEY_DATABASE", text, 1);
	expect_failure("too long", "",
	    (const char *[3]){"database", "511 bytes"});
	setenv("VOLLEY_DATABASE", "a\nb", 1);
	expect_failure("line break", "",
	    (const char *[3]){"database", "control"});
}

static void
a_refused_value_changes_nothing(void **state)
{
	struct settings s, before;
	struct err err;

	(void)state;
	settings_defaults(&s);
	before = s;
	assert_false(settings_set(&s, "workers", "x", &err));
	assert_int_equal(err.kind, FAIL_INPUT);
	assert_false(settings_set(&s, "workers", "9999", &err));
	assert_int_equal(err.kind, FAIL_LIMIT);
	assert_false(settings_set(&s, "log_level", "x", &err));
	assert_false(settings_set(&s, "nothing", "x", &err));
	assert_int_equal(err.kind, FAIL_MISSING);
	assert_memory_equal(&s, &before, sizeof(s));
	assert_true(settings_set(&s, "helo", "long.example.com", &err));
	assert_true(settings_set(&s, "helo", "b", &err));
	assert_string_equal(s.helo, "b");
}

/* Each row names another field, says something, and is in the help. */
static void
the_table_is_whole(void **state)
{
	const char *path = scratch_path(*state, "help");
	char covered[sizeof(struct settings)] = {0};
	FILE *out = fopen(path, "w");
	struct buf help;
	struct err err;
	size_t i, at;

	assert_non_null(out);
	settings_help(out);
	fclose(out);
	buf_init(&help, 20000);
	assert_true(file_read(path, &help, &err));
	for (i = 0; i < setting_count; i++) {
		const struct setting *row = &setting_table[i];
		char flag[64];

		assert_ptr_equal(setting_find(row->name), row);
		assert_true(strlen(row->help) > 0);
		assert_true(row->min <= row->max);
		for (at = row->offset; at < row->offset + row->size; at++)
			assert_int_equal(covered[at]++, 0);
		at = (size_t)snprintf(flag, sizeof(flag), "  --%s=", row->name);
		while (at-- > 0)
			if (flag[at] == '_')
				flag[at] = '-';
		assert_non_null(strstr(buf_cstr(&help), flag));
	}
	for (i = at = 0; i < sizeof(covered); i++)
		at += covered[i] == 0;
	assert_true(at < sizeof(int64_t)); /* padding only */
	buf_release(&help);
}

/* One row of the README's table a setting, made of the same words. */
static void
test_readme_has_the_table(void **state)
{
	struct buf readme, row;
	struct err err = {FAIL_NONE, ""};
	size_t i;

	(void)state;
	buf_init(&readme, 1U << 20);
	buf_init(&row, 2048);
	assert_true(file_read("README.md", &readme, &err));
	for (i = 0; i < setting_count; i++) {
		const struct setting *t = &setting_table[i];
		const char *tick = t->initial[0] != '\0' ? "`" : "";

		buf_reset(&row);
		buf_printf(&row, "\n| `%s` | %s%s%s | %s |\n", t->name, tick,
		    t->initial, tick, t->help);
		if (str_find(buf_view(&readme), buf_view(&row)) == STR_NOWHERE)
			fail_msg("README.md lacks%s", buf_cstr(&row));
	}
	buf_release(&readme);
	buf_release(&row);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_readme_has_the_table),
	    SETTINGS_TEST(defaults),
	    SETTINGS_TEST(the_home_follows_the_user),
	    SETTINGS_TEST(file_then_environment_then_flags),
	    SETTINGS_TEST(what_follows_from_others),
	    SETTINGS_TEST(the_form_of_the_file),
	    SETTINGS_TEST(the_folder_that_we_are_in_has_a_file),
	    SETTINGS_TEST(flags_are_taken_out),
	    SETTINGS_TEST(bad_flags_are_named),
	    SETTINGS_TEST(bad_files_are_named),
	    SETTINGS_TEST(the_longest_line_is_read_whole),
	    SETTINGS_TEST(the_environment_is_checked_too),
	    SETTINGS_TEST(a_refused_value_changes_nothing),
	    SETTINGS_TEST(the_table_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
