/* What process_start sets, and how a process learns that it is to stop. */
#include "lib/base/process.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Runs f in a process of its own; its result is the exit status. */
static int
in_child(int (*f)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(f());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
}

static int
start(void)
{
	struct rlimit core, files;
	int ends[2];

	process_start("test", "error");
	if (umask(0) != 077)
		return 1;
	getrlimit(RLIMIT_CORE, &core);
	if (core.rlim_cur != 0 || core.rlim_max != 0)
		return 2;
	if (prctl(PR_GET_DUMPABLE) != 0)
		return 3;
	getrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_cur != files.rlim_max)
		return 4;
	if (pipe(ends) != 0 || close(ends[0]) != 0)
		return 5;
	return write(ends[1], "x", 1) == -1 ? 0 : 6; /* and still alive */
}

static int
start_loudly(void)
{
	close(STDERR_FILENO);
	process_start("test", "loud");
	return 0;
}

static void
starting(void **state)
{
	(void)state;
	assert_int_equal(in_child(start), 0);
	assert_int_equal(in_child(start_loudly), 1);
}

static int
nap_until_told(void)
{
	int64_t began = clock_mono_ms();
	pid_t parent = getpid();

	process_catch_stop();
	if (process_stopping())
		return 1;
	if (fork() == 0) {
		process_nap(100);
		kill(parent, SIGTERM);
		_exit(0);
	}
	process_nap(30000);
	if (!process_stopping() || clock_mono_ms() - began > 10000)
		return 2;
	process_nap(30000); /* told already */
	return clock_mono_ms() - began > 10000 ? 3 : 0;
}

static int
stop_by_interrupt(void)
{
	process_catch_stop();
	raise(SIGINT);
	return process_stopping() ? 0 : 1;
}

static void
stopping(void **state)
{
	(void)state;
	assert_int_equal(in_child(nap_until_told), 0);
	assert_int_equal(in_child(stop_by_interrupt), 0);
}

static void
a_nap_lasts(void **state)
{
	int64_t began = clock_mono_ms();

	(void)state;
	process_nap(50);
	assert_in_range(clock_mono_ms() - began, 49, 5000);
	began = clock_mono_ms();
	process_nap(0);
	process_nap(-5);
	assert_in_range(clock_mono_ms() - began, 0, 40);
}

/* Ends its parent before or after it says that it follows; what is left of
 * the family is one pipe, which ends when the child does. */
static void
orphan(int end, bool late)
{
	pid_t parent = getpid();

	process_start("test", "error");
	if (fork() != 0) {
		process_nap(60000);
		_exit(0);
	}
	if (!late)
		process_follow_parent();
	kill(parent, SIGKILL);
	while (late && getppid() == parent)
		process_nap(1);
	if (late)
		process_follow_parent();
	process_nap(60000);
	_exit(write(end, "x", 1) != 1);
}

static void
a_child_ends_with_its_parent(void **state)
{
	int64_t began = clock_mono_ms();
	int ends[2], status, late;
	pid_t parent;
	char c;

	(void)state;
	for (late = 0; late <= 1; late++) {
		assert_int_equal(pipe(ends), 0);
		parent = fork();
		if (parent == 0)
			orphan(ends[1], late);
		close(ends[1]);
		waitpid(parent, &status, 0);
		assert_int_equal(read(ends[0], &c, 1), 0);
		close(ends[0]);
	}
	assert_true(clock_mono_ms() - began < 20000);
}

static int
has_another_name(void)
{
	const char *name = process_name();
	char before[PROCESS_NAME_MAX], pid[32];
	int status;

	snprintf(before, sizeof(before), "%s", name);
	snprintf(pid, sizeof(pid), ":%ld:", (long)getpid());
	if (strstr(name, pid) == NULL || strcmp(name, process_name()) != 0)
		return 1;
	if (fork() == 0)
		_exit(strcmp(process_name(), before) == 0);
	wait(&status);
	return WEXITSTATUS(status);
}

static void
names(void **state)
{
	(void)state;
	assert_int_equal(in_child(has_another_name), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(starting),
	    cmocka_unit_test(stopping),
	    cmocka_unit_test(a_nap_lasts),
	    cmocka_unit_test(a_child_ends_with_its_parent),
	    cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
