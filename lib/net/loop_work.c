/*
 * loop_work.c - one call that blocks, in one of libuv's threads.
 */
#include "lib/base/mem.h"
#include "lib/net/loop_private.h"

#include <uv.h>

struct loop_work {
	uv_work_t req;
	struct loop *loop;
	loop_fn *work, *done;
	void *arg;
};

static void
in_thread(uv_work_t *req)
{
	struct loop_work *w = req->data;

	w->work(w->arg);
}

static void
in_loop(uv_work_t *req, int status)
{
	struct loop_work *w = req->data;
	loop_fn *done = w->done;
	void *arg = w->arg;

	(void)status; /* nobody cancels it */
	loop_count(w->loop, -1);
	free(w);
	done(arg);
}

void
loop_work(struct loop *loop, loop_fn *work, loop_fn *done, void *arg)
{
	struct loop_work *w = NEW(struct loop_work);

	w->loop = loop;
	w->work = work;
	w->done = done;
	w->arg = arg;
	w->req.data = w;
	loop_count(loop, 1);
	if (uv_queue_work(loop_uv(loop), &w->req, in_thread, in_loop) != 0)
		BUG("loop_work: no work to do");
}
