/*
 * loop.h - the event loop: libuv behind a page of functions.
 *
 * One loop a process (or thread); nothing here is thread-safe.  Objects made
 * from a loop are freed by their own _free, which is safe inside their own
 * callback; loop_free asserts that none is left.
 *
 * A turn: timers that are due, then what was deferred, then the loop blocks
 * until a descriptor is ready or a signal arrives.  Started timers, wanted
 * watches, signals, lookups and deferrals keep it running.
 *
 * A forked child makes its own loop and leaves its parent's alone: the
 * kernel's side of it is shared.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include "lib/base/err.h"

struct loop;
struct loop_timer;
struct loop_watch;
struct loop_signal;
struct loop_lookup;

/* Also makes the process ignore SIGPIPE: whoever has a loop has sockets. */
struct loop *loop_new(void);
/* NULL is fine.  Waits for the resolver when a lookup was given up. */
void loop_free(struct loop *loop);
void loop_run(struct loop *loop); /* until loop_stop or nothing is left */
void loop_stop(struct loop *loop);
int64_t loop_now_ms(const struct loop *loop); /* monotonic, cached a turn */

/* Runs once at the end of the present turn, before the loop blocks: the
 * place to flush what a turn has gathered.  Asking again for the same (fn,
 * arg) before it ran changes nothing. */
typedef void loop_fn(void *arg);
void loop_defer(struct loop *loop, loop_fn *fn, void *arg);
void loop_undefer(struct loop *loop, loop_fn *fn, void *arg);

/* One-shot timer; starting it again moves it. */
struct loop_timer *loop_timer_new(struct loop *loop, loop_fn *fn, void *arg);
void loop_timer_start(struct loop_timer *t, int64_t after_ms);
void loop_timer_stop(struct loop_timer *t);
void loop_timer_free(struct loop_timer *t); /* NULL is fine */

/* Readiness of a descriptor that someone else owns (sockets, libpq). */
enum { LOOP_READ = 1, LOOP_WRITE = 2 };
typedef void loop_watch_fn(int events, void *arg);
/* NULL: the system takes no more of them; errno says why. */
struct loop_watch *loop_watch_new(struct loop *loop, int fd, loop_watch_fn *fn,
    void *arg) MUST_USE;
void loop_watch_want(struct loop_watch *w, int events); /* 0 = pause */
void loop_watch_free(struct loop_watch *w); /* before the fd is closed */

typedef void loop_signal_fn(int signo, void *arg);
struct loop_signal *loop_signal_new(struct loop *loop, int signo,
    loop_signal_fn *fn, void *arg);
void loop_signal_free(struct loop_signal *s);

/* A call that blocks: `work` runs in a thread and touches nothing that the
 * loop does meanwhile, then `done` runs in the loop.  It cannot be taken back;
 * the loop is freed after `done`. */
void loop_work(struct loop *loop, loop_fn *work, loop_fn *done, void *arg);

/* Names to addresses without blocking; at most LOOKUP_MAX of them.  The
 * callback is not called after loop_lookup_free. */
#define LOOKUP_MAX 16
struct sockaddr_storage;
struct loop_addresses {
	int count;
	struct sockaddr_storage *at;
};
typedef void loop_lookup_fn(const struct loop_addresses *found,
    const struct err *err, void *arg); /* found == NULL on failure */
struct loop_lookup *loop_lookup_new(struct loop *loop, const char *host,
    int port, loop_lookup_fn *fn, void *arg);
void loop_lookup_free(struct loop_lookup *l);

#endif
