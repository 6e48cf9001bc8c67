#include "lib/net/loop.h"

#include "lib/base/mem.h"
#include "lib/net/loop_private.h"

#include <assert.h>
#include <signal.h>
#include <uv.h>

/* Deferred work may defer more; what is left after so many rounds waits for
 * the next turn, which then does not block. */
#define DEFER_ROUNDS 4

struct deferral {
	loop_fn *fn; /* NULL: taken back */
	void *arg;
};

struct deferral_list {
	struct deferral *at;
	size_t count, cap;
};

struct loop {
	uv_loop_t uv;
	uv_prepare_t turn_end; /* runs before the loop blocks */
	uv_idle_t awake;       /* while it is active the loop does not block */
	struct deferral_list waiting, running;
	int objects;
	bool in_run;
	void *kept;
	loop_fn *kept_drop;
};

static void
deferral_list_add(struct deferral_list *l, loop_fn *fn, void *arg)
{
	if (l->count == l->cap) {
		l->cap = l->cap > 0 ? l->cap * 2 : 16;
		l->at = mem_grow(l->at, l->cap, sizeof(*l->at));
	}
	l->at[l->count++] = (struct deferral){fn, arg};
}

static struct deferral *
deferral_list_find(struct deferral_list *l, loop_fn *fn, void *arg)
{
	size_t i;

	for (i = 0; i < l->count; i++)
		if (l->at[i].fn == fn && l->at[i].arg == arg)
			return &l->at[i];
	return NULL;
}

static void
run_round(struct loop *loop)
{
	struct deferral_list round = loop->waiting;
	size_t i;

	loop->waiting = loop->running;
	loop->running = round;
	for (i = 0; i < loop->running.count; i++)
		if (loop->running.at[i].fn != NULL)
			loop->running.at[i].fn(loop->running.at[i].arg);
	loop->running.count = 0;
}

static void
run_deferred(struct loop *loop)
{
	int round;

	for (round = 0; round < DEFER_ROUNDS; round++)
		if (loop->waiting.count > 0)
			run_round(loop);
}

static void
stay_awake(uv_idle_t *idle)
{
	(void)idle; /* being active is all it does */
}

static void
end_turn(uv_prepare_t *prepare)
{
	struct loop *loop = prepare->data;

	run_deferred(loop);
	if (loop->waiting.count > 0) {
		uv_idle_start(&loop->awake, stay_awake);
		return;
	}
	uv_idle_stop(&loop->awake);
	uv_prepare_stop(&loop->turn_end);
}

void
loop_defer(struct loop *loop, loop_fn *fn, void *arg)
{
	if (deferral_list_find(&loop->waiting, fn, arg) != NULL)
		return;
	deferral_list_add(&loop->waiting, fn, arg);
	uv_prepare_start(&loop->turn_end, end_turn);
}

void
loop_undefer(struct loop *loop, loop_fn *fn, void *arg)
{
	struct deferral *d;

	d = deferral_list_find(&loop->waiting, fn, arg);
	if (d != NULL)
		d->fn = NULL;
	d = deferral_list_find(&loop->running, fn, arg);
	if (d != NULL)
		d->fn = NULL;
}

struct loop *
loop_new(void)
{
	struct loop *loop = NEW(struct loop);

	signal(SIGPIPE, SIG_IGN);
	if (uv_loop_init(&loop->uv) != 0)
		die("event loop: cannot start");
	uv_prepare_init(&loop->uv, &loop->turn_end);
	uv_idle_init(&loop->uv, &loop->awake);
	loop->turn_end.data = loop;
	return loop;
}

void
loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	if (loop->objects != 0)
		BUG("loop_free: %d objects left", loop->objects);
	if (loop->kept != NULL)
		loop->kept_drop(loop->kept);
	uv_close((uv_handle_t *)&loop->turn_end, NULL);
	uv_close((uv_handle_t *)&loop->awake, NULL);
	uv_run(&loop->uv, UV_RUN_DEFAULT);
	if (uv_loop_close(&loop->uv) != 0)
		BUG("loop_free: the loop is busy");
	free(loop->waiting.at);
	free(loop->running.at);
	free(loop);
}

void
loop_run(struct loop *loop)
{
	assert(!loop->in_run);
	loop->in_run = true;
	uv_run(&loop->uv, UV_RUN_DEFAULT);
	loop->in_run = false;
	run_deferred(loop);
}

void
loop_stop(struct loop *loop)
{
	uv_stop(&loop->uv);
}

void
loop_refresh(struct loop *loop)
{
	if (!loop->in_run)
		uv_update_time(&loop->uv);
}

int64_t
loop_now_ms(const struct loop *loop)
{
	return (int64_t)uv_now(&loop->uv);
}

struct uv_loop_s *
loop_uv(struct loop *loop)
{
	return &loop->uv;
}

void
loop_count(struct loop *loop, int change)
{
	loop->objects += change;
	assert(loop->objects >= 0);
}

void *
loop_keep(struct loop *loop, loop_make_fn *make, loop_fn *drop)
{
	if (loop->kept == NULL) {
		loop->kept = make();
		loop->kept_drop = drop;
	}
	assert(loop->kept_drop == drop);
	return loop->kept;
}
