#include "sender/forfeit.h"

#include "lib/base/clock.h"
#include "sender/worker.h"

void
forfeit_add(const struct lease *l)
{
	struct forfeit *f = &l->mailing->worker->forfeit;

	if (l->kind != LEASE_RANGE || l->watermark >= l->last_id)
		return;
	f->firsts[f->next] = l->watermark + 1;
	f->lasts[f->next] = l->last_id;
	f->next = (f->next + 1) % FORFEIT_RANGES_MAX;
	if (f->count < FORFEIT_RANGES_MAX)
		f->count++;
	f->next_ms = clock_mono_ms();
	f->until_ms = f->next_ms + FORFEIT_LASTS_MS;
}

static void
on_told(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct worker *w = arg;

	(void)results;
	(void)count;
	(void)err; /* said again in any case */
	w->forfeit.telling = false;
}

void
forfeit_tick(struct worker *w)
{
	struct forfeit *f = &w->forfeit;
	int64_t now = clock_mono_ms();
	struct db_batch *b;

	if (f->count == 0 || f->telling || now < f->next_ms)
		return;
	if (now >= f->until_ms) {
		f->count = f->next = 0;
		return;
	}
	f->telling = true;
	f->next_ms = now + FORFEIT_TICK_MS;
	b = db_batch_new(w->recorder.link);
	db_batch_add(b, Q_LEASE_UNSENT,
	    DB_ARGS(db_cstr(w->name), db_int_array(f->firsts, f->count),
		db_int_array(f->lasts, f->count)));
	db_batch_send(b, on_told, w);
}
