/*
 * Goal: timers, deferrals, watches, signals and lookups do what loop.h says,
 * and any of them may be freed inside its own callback.
 */
#include "lib/net/loop.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct loop *loop;
static struct buf told; /* what happened, a letter each */

static int
setup(void **state)
{
	(void)state;
	loop = loop_new();
	buf_init(&told, 1000);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	loop_free(loop);
	buf_release(&told);
	return 0;
}

static void
tell(void *arg)
{
	buf_puts(&told, arg);
}

static void
nothing_to_do_ends(void **state)
{
	(void)state;
	loop_run(loop);
	loop_free(NULL);
}

static char letter_a[] = "a", letter_b[] = "b", letter_c[] = "c";

static void
timers_fire_in_order(void **state)
{
	struct loop_timer *a = loop_timer_new(loop, tell, letter_a);
	struct loop_timer *b = loop_timer_new(loop, tell, letter_b);
	struct loop_timer *c = loop_timer_new(loop, tell, letter_c);
	int64_t start = clock_mono_ms();

	(void)state;
	loop_timer_start(a, 5);
	loop_timer_start(b, 20);
	loop_timer_start(c, 10);
	loop_timer_start(a, 40); /* moves it */
	loop_run(loop);
	assert_string_equal(buf_cstr(&told), "cba");
	assert_true(clock_mono_ms() - start >= 39);
	loop_timer_start(a, -5);
	loop_timer_start(b, 0);
	loop_timer_stop(b);
	loop_run(loop);
	assert_string_equal(buf_cstr(&told), "cbaa");
	loop_timer_free(a);
	loop_timer_free(b);
	loop_timer_free(c);
	loop_timer_free(NULL);
}

static void
timer_counts_from_now(void **state)
{
	struct loop_timer *t = loop_timer_new(loop, tell, letter_a);
	int64_t start;

	(void)state;
	usleep(30000); /* the loop's clock stood still meanwhile */
	start = clock_mono_ms();
	loop_timer_start(t, 20);
	loop_run(loop);
	assert_true(clock_mono_ms() - start >= 19);
	loop_timer_free(t);
}

static void
free_timer(void *arg)
{
	struct loop_timer **t = arg;

	buf_puts(&told, "f");
	loop_timer_free(*t);
}

static void
timer_frees_itself(void **state)
{
	struct loop_timer *t = loop_timer_new(loop, free_timer, &t);

	(void)state;
	loop_timer_start(t, 0);
	loop_run(loop);
	assert_string_equal(buf_cstr(&told), "f");
}

static void
defer_more(void *arg)
{
	tell(arg);
	loop_defer(loop, tell, letter_c);
}

static void
deferred_once_in_order(void **state)
{
	(void)state;
	loop_defer(loop, tell, letter_b);
	loop_defer(loop, tell, letter_a);
	loop_defer(loop, tell, letter_b);
	loop_defer(loop, defer_more, letter_a);
	loop_run(loop);
	assert_string_equal(buf_cstr(&told), "baac");
}

static void
take_back(void *arg)
{
	loop_undefer(loop, tell, arg);
	loop_undefer(loop, tell, letter_b);
}

static void
deferred_taken_back(void **state)
{
	(void)state;
	loop_defer(loop, tell, letter_c);
	loop_defer(loop, tell, letter_a);
	loop_undefer(loop, tell, letter_c);
	loop_undefer(loop, defer_more, letter_a);
	loop_defer(loop, take_back, letter_c);
	loop_defer(loop, tell, letter_b);
	loop_run(loop);
	assert_string_equal(buf_cstr(&told), "a");
}

static int left_to_defer;

static void
defer_again(void *arg)
{
	if (--left_to_defer > 0)
		loop_defer(loop, defer_again, arg);
}

/* One that always defers again neither stops timers nor waits for them. */
static void
deferring_for_ever_is_fair(void **state)
{
	struct loop_timer *t = loop_timer_new(loop, tell, letter_a);
	int64_t start = clock_mono_ms();

	(void)state;
	loop_timer_start(t, 200);
	left_to_defer = 1000;
	defer_again(NULL);
	loop_timer_start(t, 1);
	loop_run(loop);
	assert_int_equal(left_to_defer, 0);
	assert_string_equal(buf_cstr(&told), "a");
	assert_true(clock_mono_ms() - start < 190);
	loop_timer_free(t);
}

static void
stop_and_defer(void *arg)
{
	loop_stop(loop);
	loop_defer(loop, tell, arg);
}

static void
stopping_runs_what_was_deferred(void **state)
{
	struct loop_timer *t = loop_timer_new(loop, stop_and_defer, letter_a);
	struct loop_timer *late = loop_timer_new(loop, tell, letter_b);

	(void)state;
	loop_timer_start(late, 60000);
	loop_timer_start(t, 0);
	loop_run(loop);
	assert_string_equal(buf_cstr(&told), "a");
	loop_timer_free(t);
	loop_timer_free(late);
}

struct reader {
	struct loop_watch *watch;
	int fd;
	bool own; /* frees its watch in the callback */
};

static void
on_pipe(int events, void *arg)
{
	struct reader *r = arg;
	char c;

	if (events & LOOP_WRITE)
		buf_puts(&told, "w");
	if (events & LOOP_READ)
		buf_puts(&told, read(r->fd, &c, 1) == 1 ? "r" : "e");
	if (r->own)
		loop_watch_free(r->watch);
	else
		loop_watch_want(r->watch, 0);
}

static void
watches(void **state)
{
	int fds[2];
	struct reader r = {.own = false};

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	r.fd = fds[0];
	r.watch = loop_watch_new(loop, r.fd, on_pipe, &r);
	assert_non_null(r.watch);
	loop_run(loop); /* nothing is wanted: nothing to wait for */
	assert_string_equal(buf_cstr(&told), "");
	loop_watch_want(r.watch, LOOP_WRITE);
	loop_run(loop);
	assert_string_equal(buf_cstr(&told), "w");
	assert_int_equal(write(fds[1], "x", 1), 1);
	loop_watch_want(r.watch, LOOP_READ);
	loop_run(loop);
	assert_string_equal(buf_cstr(&told), "wr");
	close(fds[1]);
	r.own = true;
	loop_watch_want(r.watch, LOOP_READ);
	loop_run(loop);
	assert_string_equal(buf_cstr(&told), "wre");
	close(fds[0]);
	loop_watch_free(NULL);
}

/* What the system does not watch is an error, and leaves nothing behind. */
static void
cannot_be_watched(void **state)
{
	struct reader r = {.own = false};
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	errno = 0;
	assert_null(loop_watch_new(loop, fileno(file), on_pipe, &r));
	assert_int_equal(errno, EPERM);
	loop_run(loop);
	fclose(file);
}

static void
on_signal(int signo, void *arg)
{
	struct loop_signal **s = arg;

	buf_printf(&told, "%d", signo == SIGUSR1);
	loop_signal_free(*s);
}

static void
signals(void **state)
{
	struct loop_signal *s = loop_signal_new(loop, SIGUSR1, on_signal, &s);

	(void)state;
	raise(SIGUSR1);
	loop_run(loop);
	assert_string_equal(buf_cstr(&told), "1");
	loop_signal_free(NULL);
}

struct asker {
	struct loop_lookup *lookup;
	bool called;
	struct err err;
	char text[512];
};

static void
on_found(const struct loop_addresses *found, const struct err *err, void *arg)
{
	struct asker *a = arg;
	char host[64], port[16];
	struct buf out;
	int i;

	a->called = true;
	if (found == NULL)
		a->err = *err;
	buf_init(&out, sizeof(a->text) - 1);
	for (i = 0; found != NULL && i < found->count; i++) {
		assert_int_equal(
		    getnameinfo((const struct sockaddr *)&found->at[i],
			sizeof(found->at[i]), host, sizeof(host), port,
			sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV),
		    0);
		buf_printf(&out, "%s|%s ", host, port);
	}
	snprintf(a->text, sizeof(a->text), "%s", buf_cstr(&out));
	buf_release(&out);
	loop_lookup_free(a->lookup);
}

static void
lookups(void **state)
{
	static char long_name[400];
	static const struct {
		const char *host, *found;
		enum fail kind;
	} rows[] = {
	    {"127.0.0.1", "127.0.0.1|25 ", FAIL_NONE},
	    {"::1", "::1|25 ", FAIL_NONE},
	    {"localhost", "127.0.0.1|25 ", FAIL_NONE},
	    {"", "", FAIL_INPUT},
	    {"not a name", "", FAIL_IO},
	    {long_name, "", FAIL_INPUT},
	};
	size_t i;

	(void)state;
	memset(long_name, 'a', sizeof(long_name) - 1);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct asker a = {.called = false};

		print_message("row: %.40s\n", rows[i].host);
		a.lookup =
		    loop_lookup_new(loop, rows[i].host, 25, on_found, &a);
		assert_false(a.called);
		loop_run(loop);
		assert_true(a.called);
		assert_int_equal(a.err.kind, rows[i].kind);
		assert_non_null(strstr(a.text, rows[i].found));
		if (rows[i].kind != FAIL_NONE)
			assert_non_null(strstr(a.err.text, "lookup "));
	}
}

static void
lookup_freed_before_the_answer(void **state)
{
	struct asker a = {.called = false};

	(void)state;
	loop_lookup_free(loop_lookup_new(loop, "localhost", 25, on_found, &a));
	loop_lookup_free(loop_lookup_new(loop, "127.0.0.1", 25, on_found, &a));
	loop_lookup_free(loop_lookup_new(loop, "::1", 25, on_found, &a));
	loop_lookup_free(NULL);
	loop_run(loop);
	assert_false(a.called);
}

struct errand {
	pthread_t worked_in, ended_in;
	bool done;
};

static void
work_in_thread(void *arg)
{
	struct errand *e = arg;

	usleep(20000);
	e->worked_in = pthread_self();
}

static void
back_in_loop(void *arg)
{
	struct errand *e = arg;

	e->ended_in = pthread_self();
	e->done = true;
}

static void
work_that_blocks(void **state)
{
	struct errand e[3] = {{.done = false}};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(e); i++)
		loop_work(loop, work_in_thread, back_in_loop, &e[i]);
	assert_false(e[0].done);
	loop_run(loop);
	for (i = 0; i < ARRAY_LEN(e); i++) {
		assert_true(e[i].done);
		assert_true(pthread_equal(e[i].ended_in, pthread_self()));
		assert_false(pthread_equal(e[i].worked_in, pthread_self()));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	    T(nothing_to_do_ends),
	    T(timers_fire_in_order),
	    T(timer_counts_from_now),
	    T(timer_frees_itself),
	    T(deferred_once_in_order),
	    T(deferred_taken_back),
	    T(deferring_for_ever_is_fair),
	    T(stopping_runs_what_was_deferred),
	    T(watches),
	    T(cannot_be_watched),
	    T(signals),
	    T(lookups),
	    T(lookup_freed_before_the_answer),
	    T(work_that_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
