/*
 * Goal: children are started again when they end, stopped in order, in time,
 * and do not outlive whoever started them.
 */
#include "up/supervise.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "up/spawn.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct loop *loop;
static struct supervise *all;
static char notes[64]; /* a file in which children write what they do */
static struct buf text;

static int
setup(void **state)
{
	(void)state;
	loop = loop_new();
	all = supervise_new(loop);
	snprintf(notes, sizeof(notes), "/tmp/volley-notes-%d", (int)getpid());
	unlink(notes);
	buf_init(&text, 4096);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	supervise_free(all);
	loop_free(loop);
	unlink(notes);
	buf_release(&text);
	return 0;
}

static const char *
noted(void)
{
	struct err err;

	buf_reset(&text);
	if (!file_read(notes, &text, &err))
		return "";
	return buf_cstr(&text);
}

static pid_t
run_shell(const char *script, struct err *err)
{
	const char *const argv[] = {"sh", "-c", script, "sh", notes, NULL};
	struct spawn s = {.program = "/bin/sh",
	    .argv = argv,
	    .out = -1,
	    .death_signal = SIGKILL};

	return spawn_start(&s, err);
}

static pid_t
start(void *arg, struct err *err)
{
	return run_shell(arg, err);
}

static void
add(const char *name, char *script, int64_t patience_ms)
{
	struct supervise_child child = {.name = name,
	    .start = start,
	    .arg = script,
	    .stop_signal = SIGTERM,
	    .last_signal = SIGKILL,
	    .patience_ms = patience_ms};

	supervise_add(all, &child, 0);
}

static void
stop_all(void *arg)
{
	(void)arg;
	supervise_stop(all);
}

/* Stops after that time, hurries after the second; returns how long the
 * whole took. */
static int64_t
run(int64_t stop_ms, int64_t hurry_ms)
{
	struct loop_timer *stop = loop_timer_new(loop, stop_all, NULL);
	struct loop_timer *hurry = loop_timer_new(loop, stop_all, NULL);
	int64_t start_ms = clock_mono_ms();

	loop_timer_start(stop, stop_ms);
	if (hurry_ms > 0)
		loop_timer_start(hurry, hurry_ms);
	loop_run(loop);
	loop_timer_free(stop);
	loop_timer_free(hurry);
	return clock_mono_ms() - start_ms;
}

static void
stopped_in_order(void **state)
{
	static char a[] = "trap 'sleep 0.3; echo a >> $1; exit 0' TERM; "
			  "while :; do sleep 0.05; done";
	static char b[] = "trap 'sleep 0.1; echo b >> $1; exit 0' TERM; "
			  "while :; do sleep 0.05; done";
	static char c[] = "trap 'echo c >> $1; exit 0' TERM; "
			  "while :; do sleep 0.05; done";

	(void)state;
	add("a", a, 10000);
	add("b", b, 10000);
	add("c", c, 10000);
	assert_in_range(run(500, 0), 500, 5000);
	assert_string_equal(noted(), "a\nb\nc\n");
}

/* At 0, 1 and 3 s: the pause doubles. */
static void
started_again(void **state)
{
	static char ends[] = "echo x >> $1; exit 3";
	static char stays[] = "exec sleep 100";

	(void)state;
	add("ends", ends, 1000);
	add("stays", stays, 1000);
	run(3500, 0);
	assert_string_equal(noted(), "x\nx\nx\n");
}

static char stubborn[] = "trap '' TERM; while :; do sleep 0.05; done";

static void
killed_when_patience_ends(void **state)
{
	(void)state;
	add("stubborn", stubborn, 200);
	assert_in_range(run(300, 0), 500, 3000);
}

static void
hurried(void **state)
{
	(void)state;
	add("stubborn", stubborn, 60000);
	add("stubborn too", stubborn, 60000);
	assert_in_range(run(300, 400), 400 + 2 * SUPERVISE_HURRY_MS, 10000);
}

static void
stopped_while_waiting_to_start(void **state)
{
	static char ends[] = "exit 0";

	(void)state;
	add("ends", ends, 1000);
	assert_in_range(run(300, 0), 300, 900);
}

static pid_t
cannot_start(void *arg, struct err *err)
{
	int *calls = arg;

	(*calls)++;
	err_set(err, FAIL_IO, "not today");
	return -1;
}

static void
start_fails(void **state)
{
	int calls = 0;
	struct supervise_child child = {.name = "never",
	    .start = cannot_start,
	    .arg = &calls,
	    .stop_signal = SIGTERM,
	    .last_signal = SIGKILL,
	    .patience_ms = 100};

	(void)state;
	supervise_add(all, &child, 0);
	run(1500, 0);
	assert_int_equal(calls, 2);
}

/* One that ran, and ended, before it was added. */
static void
adopted(void **state)
{
	static char stays[] = "echo again >> $1; exec sleep 100";
	struct supervise_child child = {.name = "adopted",
	    .start = start,
	    .arg = stays,
	    .stop_signal = SIGTERM,
	    .last_signal = SIGKILL,
	    .patience_ms = 1000};
	struct err err;
	pid_t pid = run_shell("exit 0", &err);

	(void)state;
	assert_true(pid > 0);
	usleep(200000);
	supervise_add(all, &child, pid);
	run(1500, 0);
	assert_string_equal(noted(), "again\n");
}

static void
dies_with_its_parent(void **state)
{
	struct err err;
	pid_t parent = fork(), child;
	int i;

	(void)state;
	if (parent == 0) {
		run_shell("echo $$ >> $1; exec sleep 100", &err);
		pause();
		_exit(0);
	}
	for (i = 0; i < 100 && strchr(noted(), '\n') == NULL; i++)
		usleep(20000);
	child = (pid_t)strtol(noted(), NULL, 10);
	assert_true(child > 0);
	assert_int_equal(getpgid(child), child); /* Ctrl-C does not reach it */
	assert_int_equal(kill(child, 0), 0);
	kill(parent, SIGKILL);
	waitpid(parent, NULL, 0);
	for (i = 0; i < 100 && kill(child, 0) == 0; i++)
		usleep(20000);
	assert_int_equal(kill(child, 0), -1);
}

static bool
run_program(const char *program, const char *script, int out,
    const struct spawn_user *user, struct err *err)
{
	const char *const argv[] = {"sh", "-c", script, NULL};
	const char *const env[] = {"HERE=yes", NULL};
	struct spawn s = {.program = program,
	    .argv = argv,
	    .env = env,
	    .user = user,
	    .out = out,
	    .death_signal = SIGKILL};

	return spawn_run(&s, err);
}

static void
programs(void **state)
{
	static const struct {
		const char *program, *script, *text;
	} rows[] = {
	    {"/bin/sh", "exit 0", NULL},
	    {"/bin/sh", "exit 3", "sh: exit 3"},
	    {"/bin/sh", "kill -9 $$", "sh: signal 9"},
	    {"/nonexistent", "", "sh: exit 127"},
	    {"/bin/sh", "test $HERE = yes && test -z \"$HOME\"", NULL},
	    {"/bin/sh", "! read line", NULL},
	};
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("row: %s %s\n", rows[i].program, rows[i].script);
		err = (struct err){FAIL_NONE, ""};
		assert_int_equal(run_program(rows[i].program, rows[i].script,
				     -1, NULL, &err),
		    rows[i].text == NULL);
		if (rows[i].text != NULL)
			assert_string_equal(err.text, rows[i].text);
	}
}

static void
other_user(void **state)
{
	struct spawn_user user = {true, 65534, 65534, "nobody"};
	struct err err;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_true(run_program("/bin/sh",
	    "test $(/usr/bin/id -u) = 65534 && test $(/usr/bin/id -G) = 65534",
	    -1, &user, &err));
	assert_true(spawn_may_enter(&user, "/tmp"));
	assert_false(spawn_may_enter(&user, "/nonexistent"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	    T(stopped_in_order),
	    T(started_again),
	    T(killed_when_patience_ends),
	    T(hurried),
	    T(stopped_while_waiting_to_start),
	    T(start_fails),
	    T(adopted),
	    T(dies_with_its_parent),
	    T(programs),
	    T(other_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
