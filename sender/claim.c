#include "sender/claim.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "sender/handout.h"
#include "sender/hold.h"
#include "sender/worker.h"

#include <assert.h>

enum { CLAIMED_FIRST, CLAIMED_LAST, CLAIMED_WATERMARK, CLAIMED_EPOCH };

/* A claim under way. */
struct claim {
	struct mailing *mailing;
	struct lease *lease; /* once it is ours */
	int64_t asked_ms;
	int64_t watermark; /* that it starts with */
	size_t reserved;   /* of the window, for retries */
};

static struct claim *
claim_new(struct mailing *m)
{
	struct claim *c = NEW(struct claim);

	c->mailing = m;
	c->asked_ms = clock_mono_ms();
	m->claims++;
	m->worker->claims.under_way++;
	return c;
}

static void
claim_free(struct claim *c)
{
	c->mailing->claims--;
	c->mailing->worker->claims.under_way--;
	free(c);
}

static void
add_lease(struct mailing *m, struct lease *l)
{
	struct lease **at = &m->leases;

	while (*at != NULL)
		at = &(*at)->next;
	*at = l;
}

/* results: lease_take_over, lease_progress, lease_recipients; lease_unsent */
static void
on_read(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct claim *c = arg;
	struct lease *l = c->lease;
	struct worker *w = c->mailing->worker;

	assert(err != NULL || count >= 3);
	if (err != NULL) {
		/* Nothing was sent: what it was before is still true. */
		l->leaving = true;
		l->reserved = 0;
	} else if (db_rows(&results[1]) == 0) {
		lease_remove(l);
	} else {
		forfeit_told(l);
		lease_load(l, &results[2]);
		lease_raised(l, c->watermark);
		l->watermark_back = l->first_id - 1;
	}
	claim_free(c);
	recorder_poke(&w->recorder);
	handout_soon(w);
}

static void
read_lease(struct claim *c)
{
	struct lease *l = c->lease;
	struct worker *w = c->mailing->worker;
	struct db_batch *b = db_batch_new(w->link);
	const int64_t step = LEASE_HELD, pending = lease_pending(l);

	db_batch_add(b, Q_LEASE_TAKE_OVER,
	    DB_ARGS(db_int(c->mailing->id), db_int(l->first_id),
		db_int(l->last_id), db_int(l->epoch)));
	db_batch_add(b, Q_LEASE_PROGRESS,
	    DB_ARGS(db_int_array(&c->mailing->id, 1),
		db_int_array(&l->first_id, 1), db_int_array(&l->epoch, 1),
		db_int_array(&c->watermark, 1), db_int_array(&step, 1),
		db_int_array(&pending, 1)));
	db_batch_add(b, Q_LEASE_RECIPIENTS,
	    DB_ARGS(db_int(l->first_id), db_int(l->last_id),
		db_bool(l->epoch > 1),
		content_attributes_arg(&c->mailing->content.attributes)));
	forfeit_ask(l, b);
	db_batch_send(b, on_read, c);
}

static void
make_lease(struct claim *c, const struct db_result *r)
{
	struct mailing *m = c->mailing;
	struct lease *l = lease_new(LEASE_RANGE, m), *before;

	l->first_id = db_get_int(r, 0, CLAIMED_FIRST);
	/* It ran out under us: what we knew of it is over. */
	for (before = m->leases; before != NULL; before = before->next)
		if (before->kind == LEASE_RANGE && !before->leaving &&
		    before->first_id == l->first_id)
			hold_lost(before);
	l->last_id = db_get_int(r, 0, CLAIMED_LAST);
	l->epoch = db_get_int(r, 0, CLAIMED_EPOCH);
	l->watermark = db_get_int(r, 0, CLAIMED_WATERMARK);
	l->watermark_back = l->watermark;
	l->good_until_ms = hold_good_until(m->worker, c->asked_ms);
	l->reserved = m->stage == MAILING_ACTIVE ? mailing_room(m) : 0;
	c->watermark = l->watermark + (int64_t)l->reserved;
	if (c->watermark > l->last_id)
		c->watermark = l->last_id;
	l->reserved = (size_t)(c->watermark - l->watermark);
	c->lease = l;
	m->served = true;
	add_lease(m, l);
}

static void
on_claimed(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct claim *c = arg;
	struct worker *w = c->mailing->worker;

	(void)count;
	if (err == NULL && db_rows(&results[0]) > 0) {
		make_lease(c, &results[0]);
		read_lease(c);
		return;
	}
	c->mailing->range_left = false;
	if (err != NULL)
		w->claims.forget = true;
	claim_free(c);
}

static void
claim_range(struct mailing *m)
{
	struct db_batch *b = db_batch_new(m->worker->link);

	db_batch_add(b, Q_LEASE_CLAIM,
	    DB_ARGS(db_cstr(m->worker->name),
		db_int(m->worker->settings->lease_s), db_int(m->id)));
	db_batch_send(b, on_claimed, claim_new(m));
}

/* Greylisting wants the account that tried before, if it can send now: one
 * that may not must not fill the window with recipients of its own. */
static void
keep_account(struct recipient *r)
{
	struct mailing *m = r->lease->mailing;
	size_t i;

	for (i = 0; i < m->route_count; i++)
		if (m->routes[i].relay->row.id == r->account_id &&
		    relay_usable(m->routes[i].relay))
			return;
	r->account_id = 0;
}

static void
on_retries(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct claim *c = arg;
	struct worker *w = c->mailing->worker;
	struct lease *l;
	size_t i;

	(void)count;
	c->mailing->reserved -= c->reserved;
	if (err != NULL) {
		w->claims.forget = true;
	} else if (db_rows(&results[0]) > 0) {
		l = lease_new(LEASE_RETRY, c->mailing);
		l->good_until_ms = hold_good_until(w, c->asked_ms);
		lease_load(l, &results[0]);
		for (i = 0; i < l->count; i++)
			keep_account(&l->at[i]);
		add_lease(c->mailing, l);
	}
	claim_free(c);
	recorder_poke(&w->recorder);
	handout_soon(w);
}

static void
claim_retries(struct mailing *m)
{
	struct db_batch *b = db_batch_new(m->worker->link);
	size_t room = mailing_room(m);
	struct claim *c = claim_new(m);

	m->retry_due = false;
	m->reserved += room;
	c->reserved = room;
	db_batch_add(b, Q_RETRY_CLAIM,
	    DB_ARGS(db_cstr(m->worker->name),
		db_int(m->worker->settings->lease_s), db_int(m->id),
		db_int((int64_t)room),
		content_attributes_arg(&m->content.attributes)));
	db_batch_send(b, on_retries, c);
}

static int
count_leases(const struct worker *w)
{
	const struct mailing *m;
	const struct lease *l;
	int n = w->claims.under_way;

	for (m = w->mailings; m != NULL; m = m->next)
		for (l = m->leases; l != NULL; l = l->next)
			n++;
	return n;
}

static bool
has_retries(const struct mailing *m)
{
	const struct lease *l;

	for (l = m->leases; l != NULL; l = l->next)
		if (l->kind == LEASE_RETRY)
			return true;
	return false;
}

/* The next lease is asked for while half of the last one is left. */
static bool
is_hungry(const struct mailing *m)
{
	const struct lease *l;
	size_t size = 0;

	for (l = m->leases; l != NULL; l = l->next)
		if (l->kind == LEASE_RANGE && l->loaded)
			size = l->count;
	return size == 0 || mailing_ahead(m) * 2 < size;
}

/* full: no lease is taken ahead, but nobody goes without. */
static void
claim_for(struct mailing *m, bool full)
{
	struct worker *w = m->worker;
	bool hungry = m->leases == NULL || (!w->pulse.crowded && is_hungry(m));

	if (m->stage != MAILING_ACTIVE || m->claims > 0 ||
	    (full && m->leases != NULL))
		return;
	if (m->retry_due && !has_retries(m) && mailing_room(m) > 0)
		claim_retries(m);
	if (m->range_left && hungry)
		claim_range(m);
}

void
claim_more(struct worker *w)
{
	struct mailing *m;
	bool full;

	if (w->stopping || w->claims.forget || w->forfeit.telling ||
	    !db_link_is_up(w->link))
		return;
	full = count_leases(w) >= WORKER_LEASES_MAX;
	for (m = w->mailings; m != NULL; m = m->next)
		claim_for(m, full);
}
