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

static bool
is_of(const struct forfeit *f, size_t i, const struct lease *l)
{
	return f->firsts[i] >= l->first_id && f->firsts[i] <= l->last_id;
}

static void
say(const struct worker *w, const int64_t *firsts, const int64_t *lasts,
    size_t n, struct db_batch *b)
{
	db_batch_add(b, Q_LEASE_UNSENT,
	    DB_ARGS(db_cstr(w->name), db_int_array(firsts, n),
		db_int_array(lasts, n)));
}

void
forfeit_ask(const struct lease *l, struct db_batch *b)
{
	int64_t firsts[FORFEIT_RANGES_MAX], lasts[FORFEIT_RANGES_MAX];
	const struct worker *w = l->mailing->worker;
	const struct forfeit *f = &w->forfeit;
	size_t i, n = 0;

	for (i = 0; i < f->count; i++)
		if (is_of(f, i, l)) {
			firsts[n] = f->firsts[i];
			lasts[n++] = f->lasts[i];
		}
	if (n > 0)
		say(w, firsts, lasts, n, b);
}

void
forfeit_told(const struct lease *l)
{
	struct forfeit *f = &l->mailing->worker->forfeit;
	size_t i, n = 0;

	for (i = 0; i < f->count; i++)
		if (!is_of(f, i, l)) {
			f->firsts[n] = f->firsts[i];
			f->lasts[n++] = f->lasts[i];
		}
	if (n < f->count)
		f->next = n;
	f->count = n;
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

	if (f->count == 0 || f->telling || w->claims.under_way > 0 ||
	    now < f->next_ms)
		return;
	if (now >= f->until_ms) {
		f->count = f->next = 0;
		return;
	}
	f->telling = true;
	f->next_ms = now + FORFEIT_TICK_MS;
	b = db_batch_new(w->recorder.link);
	say(w, f->firsts, f->lasts, f->count, b);
	db_batch_send(b, on_told, w);
}
