/*
 * loop_handle.c - timers, watches and signals: one libuv handle each.
 */
#include "lib/base/mem.h"
#include "lib/net/loop_private.h"

#include <errno.h>
#include <uv.h>

/* Every handle is the first member of what owns it and its `data`. */
static void
free_handle(uv_handle_t *handle)
{
	free(handle->data);
}

static void
close_handle(struct loop *loop, uv_handle_t *handle)
{
	uv_close(handle, free_handle);
	loop_count(loop, -1);
}

struct loop_timer {
	uv_timer_t uv;
	struct loop *loop;
	loop_fn *fn;
	void *arg;
};

struct loop_timer *
loop_timer_new(struct loop *loop, loop_fn *fn, void *arg)
{
	struct loop_timer *t = NEW(struct loop_timer);

	t->loop = loop;
	t->fn = fn;
	t->arg = arg;
	uv_timer_init(loop_uv(loop), &t->uv);
	t->uv.data = t;
	loop_count(loop, 1);
	return t;
}

static void
timer_fired(uv_timer_t *uv)
{
	struct loop_timer *t = uv->data;

	t->fn(t->arg);
}

void
loop_timer_start(struct loop_timer *t, int64_t after_ms)
{
	loop_refresh(t->loop);
	uv_timer_start(&t->uv, timer_fired,
	    after_ms > 0 ? (uint64_t)after_ms : 0, 0);
}

void
loop_timer_stop(struct loop_timer *t)
{
	uv_timer_stop(&t->uv);
}

void
loop_timer_free(struct loop_timer *t)
{
	if (t != NULL)
		close_handle(t->loop, (uv_handle_t *)&t->uv);
}

struct loop_watch {
	uv_poll_t uv;
	struct loop *loop;
	loop_watch_fn *fn;
	void *arg;
	int want;
};

struct loop_watch *
loop_watch_new(struct loop *loop, int fd, loop_watch_fn *fn, void *arg)
{
	struct loop_watch *w = NEW(struct loop_watch);
	int r;

	w->loop = loop;
	w->fn = fn;
	w->arg = arg;
	r = uv_poll_init(loop_uv(loop), &w->uv, fd);
	if (r != 0) {
		free(w);
		errno = -r; /* as libuv made it */
		return NULL;
	}
	w->uv.data = w;
	loop_count(loop, 1);
	return w;
}

static void watch_fired(uv_poll_t *uv, int status, int events);

static void
watch_apply(struct loop_watch *w)
{
	int events = 0;

	if (w->want & LOOP_READ)
		events |= UV_READABLE;
	if (w->want & LOOP_WRITE)
		events |= UV_WRITABLE;
	uv_poll_start(&w->uv, events, watch_fired);
}

/* libuv stops the handle when the descriptor has an error; the owner finds
 * it by using the descriptor, so it is told that all it wants is ready. */
static void
watch_fired(uv_poll_t *uv, int status, int events)
{
	struct loop_watch *w = uv->data;
	int ready = 0;

	if (status < 0) {
		ready = w->want;
		watch_apply(w);
	}
	if (events & UV_READABLE)
		ready |= LOOP_READ;
	if (events & UV_WRITABLE)
		ready |= LOOP_WRITE;
	w->fn(ready, w->arg);
}

void
loop_watch_want(struct loop_watch *w, int events)
{
	if (events == w->want)
		return;
	w->want = events;
	if (events != 0)
		watch_apply(w);
	else
		uv_poll_stop(&w->uv);
}

void
loop_watch_free(struct loop_watch *w)
{
	if (w != NULL)
		close_handle(w->loop, (uv_handle_t *)&w->uv);
}

struct loop_signal {
	uv_signal_t uv;
	struct loop *loop;
	loop_signal_fn *fn;
	void *arg;
};

static void
signal_fired(uv_signal_t *uv, int signo)
{
	struct loop_signal *s = uv->data;

	s->fn(signo, s->arg);
}

struct loop_signal *
loop_signal_new(struct loop *loop, int signo, loop_signal_fn *fn, void *arg)
{
	struct loop_signal *s = NEW(struct loop_signal);
	int r;

	s->loop = loop;
	s->fn = fn;
	s->arg = arg;
	r = uv_signal_init(loop_uv(loop), &s->uv);
	if (r == 0)
		r = uv_signal_start(&s->uv, signal_fired, signo);
	if (r != 0) /* no memory, no descriptors */
		die("watch signal %d: %s", signo, uv_strerror(r));
	s->uv.data = s;
	loop_count(loop, 1);
	return s;
}

void
loop_signal_free(struct loop_signal *s)
{
	if (s != NULL)
		close_handle(s->loop, (uv_handle_t *)&s->uv);
}
