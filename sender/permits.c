#include "sender/permits.h"

#include "lib/base/clock.h"
#include "sender/handout.h"
#include "sender/worker.h"

#include <limits.h>

int
permits_left(const struct relay *r)
{
	const struct permits *p = &r->permits;

	if (!r->row.limited)
		return INT_MAX;
	return clock_mono_ms() < p->until_ms ? (int)p->have : 0;
}

void
permits_use(struct relay *r)
{
	if (r->row.limited)
		r->permits.have--;
}

/* Time runs from before the question, so that no permit lasts longer than
 * the statement quota_refill reckons; but where the database is far away it
 * lasts long enough to be used. */
static void
on_granted(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct relay *r = arg;
	struct permits *p = &r->permits;
	int64_t asked = p->ask_from_ms, n = 0, wait;

	p->asking = false;
	if (err == NULL)
		n = db_get_int(&results[count - 1], 0, 0);
	p->have = n;
	p->until_ms = asked + (r->row.per_second ? PERMITS_SECOND_MS
						 : PERMITS_LASTING_MS);
	if (p->until_ms < clock_mono_ms() + PERMITS_USE_MS)
		p->until_ms = clock_mono_ms() + PERMITS_USE_MS;
	p->ask_from_ms = clock_mono_ms();
	if (n > 0) {
		handout_soon(r->worker);
		return;
	}
	wait = r->row.per_second ? PERMITS_AGAIN_MS : PERMITS_AGAIN_LONG_MS;
	p->ask_from_ms += wait;
	handout_later(r->worker, wait);
}

void
permits_ask(struct relay *r, int want)
{
	struct permits *p = &r->permits;
	int64_t now = clock_mono_ms();
	struct db_batch *b;

	if (p->asking || now < p->ask_from_ms || r->worker->stopping)
		return;
	permits_expire(r, true);
	p->asking = true;
	p->ask_from_ms = now;
	b = db_batch_new(r->worker->link);
	db_batch_add(b, Q_QUOTA_ENSURE, DB_ARGS(db_int(r->row.id)));
	db_batch_add(b, Q_QUOTA_REFILL, DB_ARGS(db_int(r->row.id)));
	db_batch_add(b, Q_QUOTA_TAKE,
	    DB_ARGS(db_int(r->row.id),
		db_int(want < PERMITS_ASK_MAX ? want : PERMITS_ASK_MAX)));
	db_batch_send(b, on_granted, r);
}

/* Lost permits make us slower, never faster. */
static void
on_returned(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	(void)results;
	(void)count;
	(void)err;
	(void)arg;
}

void
permits_expire(struct relay *r, bool all)
{
	struct permits *p = &r->permits;
	struct db_batch *b;

	if (p->have == 0 || (!all && clock_mono_ms() < p->until_ms))
		return;
	b = db_batch_new(r->worker->link);
	db_batch_add(b, Q_QUOTA_RETURN,
	    DB_ARGS(db_int(r->row.id), db_int(p->have)));
	db_batch_send(b, on_returned, NULL);
	p->have = 0;
}
