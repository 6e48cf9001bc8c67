#include "sender/hold.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "sender/worker.h"

#define RENEW_AGAIN_MS 500
#define MARGIN_MAX_MS  5000

/* The last dot leaves that long before the lease's end: clocks run
 * differently, and what was written takes a moment. */
int64_t
hold_good_until(const struct worker *w, int64_t asked_ms)
{
	int64_t length = w->settings->lease_s * 1000, margin = length / 5;

	return asked_ms + length -
	       (margin < MARGIN_MAX_MS ? margin : MARGIN_MAX_MS);
}

/* What this worker holds, as arrays for the statements. */
struct holding {
	struct arena arena;
	int64_t *campaigns, *firsts, *epochs, *deliveries;
	size_t ranges, retries;
	int64_t asked_ms;
	struct worker *worker;
};

/* Settled retries are known as long as their outcome may not be recorded,
 * but nobody needs them renewed. */
static void
hold_retries(struct holding *h, const struct lease *l, bool settled)
{
	const struct recipient *r;

	for (r = l->at; r < l->at + l->count; r++)
		if (!r->lost && (settled || r->stage != RECIPIENT_SETTLED))
			h->deliveries[h->retries++] = r->delivery;
}

static void
hold_lease(struct holding *h, const struct lease *l, bool settled)
{
	if (l->kind == LEASE_RETRY) {
		hold_retries(h, l, settled);
	} else if (!l->lost) {
		h->campaigns[h->ranges] = l->mailing->id;
		h->firsts[h->ranges] = l->first_id;
		h->epochs[h->ranges++] = l->epoch;
	}
}

static struct holding *
holding_new(struct worker *w, bool settled)
{
	struct holding *h = NEW(struct holding);
	size_t ranges = 1, retries = 1;
	const struct mailing *m;
	const struct lease *l;

	for (m = w->mailings; m != NULL; m = m->next)
		for (l = m->leases; l != NULL; l = l->next) {
			ranges += l->kind == LEASE_RANGE;
			retries += l->kind == LEASE_RETRY ? l->count : 0;
		}
	arena_init(&h->arena, LEASE_BYTES_MAX);
	h->campaigns = ARENA_ARRAY(&h->arena, int64_t, ranges);
	h->firsts = ARENA_ARRAY(&h->arena, int64_t, ranges);
	h->epochs = ARENA_ARRAY(&h->arena, int64_t, ranges);
	h->deliveries = ARENA_ARRAY(&h->arena, int64_t, retries);
	h->worker = w;
	h->asked_ms = clock_mono_ms();
	for (m = w->mailings; m != NULL; m = m->next)
		for (l = m->leases; l != NULL; l = l->next)
			hold_lease(h, l, settled);
	return h;
}

static void
holding_free(struct holding *h)
{
	arena_release(&h->arena);
	free(h);
}

static bool
is_among(int64_t id, const struct db_result *rows)
{
	int i, n = db_rows(rows);

	for (i = 0; i < n; i++)
		if (db_get_int(rows, i, 0) == id)
			return true;
	return false;
}

static bool
was_asked(const int64_t *ids, size_t n, int64_t id)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* The same range may have come back to us since, under another epoch. */
static bool
range_was_asked(const struct holding *h, const struct lease *l)
{
	size_t i;

	for (i = 0; i < h->ranges; i++)
		if (h->firsts[i] == l->first_id && h->epochs[i] == l->epoch)
			return true;
	return false;
}

static void
on_told(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	(void)results;
	(void)count;
	(void)err; /* then they stay uncertain */
	(void)arg;
}

static void
tell_unsent(struct worker *w, const int64_t *deliveries,
    const int64_t *attempts, size_t n)
{
	struct db_batch *b;

	if (n == 0 || w->link == NULL)
		return;
	b = db_batch_new(w->recorder.link);
	db_batch_add(b, Q_JOURNAL_PENDING_AGAIN,
	    DB_ARGS(db_cstr(w->name), db_int_array(deliveries, n),
		db_int_array(attempts, n)));
	db_batch_send(b, on_told, NULL);
}

void
hold_unsent_retry(struct recipient *r)
{
	const int64_t attempt = r->attempt;

	tell_unsent(r->lease->mailing->worker, &r->delivery, &attempt, 1);
	lease_drop(r);
}

/* Those under way are heard of later. */
static void
renewed_retries(struct lease *l, struct holding *h,
    const struct db_result *rows)
{
	int64_t *unsent = ARENA_ARRAY(&h->arena, int64_t, l->count + 1);
	int64_t *attempts = ARENA_ARRAY(&h->arena, int64_t, l->count + 1);
	struct recipient *r;
	size_t n = 0;

	for (r = l->at; r < l->at + l->count; r++) {
		if (r->stage == RECIPIENT_SETTLED || r->lost ||
		    !was_asked(h->deliveries, h->retries, r->delivery) ||
		    is_among(r->delivery, rows))
			continue;
		r->lost = true;
		if (r->stage != RECIPIENT_WAITING)
			continue;
		unsent[n] = r->delivery;
		attempts[n++] = r->attempt;
		lease_drop(r);
	}
	tell_unsent(h->worker, unsent, attempts, n);
	l->good_until_ms = hold_good_until(h->worker, h->asked_ms);
}

void
hold_unsent(struct recipient *r)
{
	struct outcome_row row = {
	    .state = LEDGER_DEFERRED,
	    .diagnosed = true,
	    .diagnosis = {.scope = SCOPE_CONNECTION},
	    .reply = STR("not sent: the lease ran out"),
	};

	recorder_add(&r->lease->mailing->worker->recorder, r, &row);
}

void
hold_lost(struct lease *l)
{
	if (l->lost)
		return;
	l->lost = true;
	forfeit_add(l);
	if (l->leaving || lease_is_finished(l))
		return; /* given back meanwhile: no loss */
	lease_unpark(l);
	log_warn("lease_lost", "campaign=%lld first=%lld",
	    (long long)l->mailing->id, (long long)l->first_id);
	while (l->waiting != NULL)
		hold_unsent(l->waiting);
}

static void
renewed(struct lease *l, struct holding *h, const struct db_result *results)
{
	if (l->kind == LEASE_RETRY) {
		if (h->retries > 0)
			renewed_retries(l, h, &results[1]);
		return;
	}
	if (!range_was_asked(h, l))
		return;
	if (is_among(l->first_id, &results[0])) {
		l->good_until_ms = hold_good_until(h->worker, h->asked_ms);
		return;
	}
	hold_lost(l);
}

static void
on_renewed(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct holding *h = arg;
	struct worker *w = h->worker;
	struct mailing *m;
	struct lease *l;

	(void)count;
	w->claims.renewing = false;
	if (err != NULL)
		w->claims.renew_at_ms = clock_mono_ms() + RENEW_AGAIN_MS;
	for (m = err == NULL ? w->mailings : NULL; m != NULL; m = m->next)
		for (l = m->leases; l != NULL; l = l->next)
			renewed(l, h, results);
	holding_free(h);
	recorder_poke(&w->recorder);
}

static void
renew(struct worker *w)
{
	struct holding *h = holding_new(w, false);
	struct db_batch *b = db_batch_new(w->recorder.link);
	int64_t seconds = w->settings->lease_s;

	w->claims.renew_at_ms = h->asked_ms + seconds * 1000 / 3;
	w->claims.renewing = true;
	db_batch_add(b, Q_LEASE_RENEW,
	    DB_ARGS(db_int_array(h->campaigns, h->ranges),
		db_int_array(h->firsts, h->ranges),
		db_int_array(h->epochs, h->ranges), db_int(seconds)));
	db_batch_add(b, Q_RETRY_RENEW,
	    DB_ARGS(db_cstr(w->name), db_int(seconds),
		db_int_array(h->deliveries, h->retries)));
	db_batch_send(b, on_renewed, h);
}

static void
on_forgotten(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct worker *w = arg;

	(void)results;
	(void)count;
	w->claims.forgetting = false;
	w->claims.forget = err != NULL;
}

static void
forget(struct worker *w)
{
	struct holding *h = holding_new(w, true);
	struct db_batch *b = db_batch_new(w->recorder.link);

	w->claims.forgetting = true;
	db_batch_add(b, Q_LEASE_FORGET,
	    DB_ARGS(db_cstr(w->name), db_int_array(h->firsts, h->ranges)));
	db_batch_add(b, Q_RETRY_FORGET,
	    DB_ARGS(db_cstr(w->name), db_int_array(h->deliveries, h->retries)));
	db_batch_send(b, on_forgotten, w);
	holding_free(h);
}

void
hold_tick(struct worker *w)
{
	int64_t now = clock_mono_ms();

	if (w->claims.forget && !w->claims.forgetting &&
	    w->claims.under_way == 0 && db_link_is_up(w->link))
		forget(w);
	if (!w->claims.renewing && now >= w->claims.renew_at_ms)
		renew(w);
	forfeit_tick(w);
}
