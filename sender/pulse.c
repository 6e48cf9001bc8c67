#include "sender/pulse.h"

#include "db/erase.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "sender/claim.h"
#include "sender/handout.h"

/* Higher than any transaction's: the first pulse only asks where to start.
 * Leases are not claimed before it is answered. */
#define SINCE_NOW "18446744073709551615"

#define ACCOUNTS_MAX 256 /* looked at */

enum { FEED_KEY, FEED_LIST, FEED_SINCE, FEED_OPT_OUT };
enum {
	WORK_ID,
	WORK_USABLE,
	WORK_LEASES,
	WORK_RETRIES,
	WORK_LIMITED,
	WORK_LEFT_MS,
	WORK_PAUSES,
};
enum { ACCOUNT_ID, ACCOUNT_VERSION, ACCOUNT_ACTIVE };

struct feed_entry {
	struct str key;
	int64_t list_id; /* 0: everywhere */
	bool opt_out;
};

struct feed {
	const struct feed_entry *e; /* by key */
	size_t n;
	bool has_erased;
	const struct hmac_halves *person; /* erase_key */
};

int64_t
pulse_age_ms(const struct worker *w)
{
	if (w->pulse.seen_ms == 0)
		return INT64_MAX;
	return clock_mono_ms() - w->pulse.seen_ms;
}

static int
by_key(const void *a, const void *b)
{
	return str_cmp(((const struct feed_entry *)a)->key,
	    ((const struct feed_entry *)b)->key);
}

/* The first entry of that address, or the end. */
static const struct feed_entry *
lower_bound(const struct feed_entry *e, size_t n, struct str key)
{
	size_t half;

	while (n > 0) {
		half = n / 2;
		if (str_cmp(e[half].key, key) < 0) {
			e += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return e;
}

static bool
is_named(const struct feed *f, struct str key, const struct recipient *r)
{
	const struct feed_entry *at = lower_bound(f->e, f->n, key);
	bool despite = r->lease->mailing->despite_opt_out;

	for (; at < f->e + f->n && str_eq(at->key, key); at++)
		if ((at->list_id == 0 || at->list_id == r->list_id) &&
		    !(at->opt_out && despite))
			return true;
	return false;
}

/* Who was erased stands there by a hash. */
static bool
is_erased(const struct feed *f, const struct recipient *r)
{
	char memory[ERASE_KEY_SIZE];
	struct buf b;

	buf_init_in(&b, memory, sizeof(memory));
	erase_key(&b, f->person, r->key);
	return is_named(f, buf_view(&b), r);
}

/* By the address, or by its domain: "@example.com". */
static bool
is_in_feed(const struct feed *f, const struct recipient *r)
{
	struct str domain = str_from(r->key, str_rchr(r->key, '@'));

	return is_named(f, r->key, r) || is_named(f, domain, r) ||
	       (f->has_erased && is_erased(f, r));
}

static void
suppress(struct worker *w, const struct feed *f)
{
	struct mailing *m;
	struct lease *l;
	size_t i;

	for (m = w->mailings; m != NULL; m = m->next)
		for (l = m->leases; l != NULL; l = l->next)
			for (i = 0; i < l->count; i++)
				if (!l->at[i].suppressed &&
				    is_in_feed(f, &l->at[i]))
					l->at[i].suppressed = true;
}

static void
take_feed(struct worker *w, const struct db_result *r)
{
	size_t n = (size_t)db_rows(r) - 1, i;
	struct feed_entry *e = NEW_ARRAY(struct feed_entry, n + 1);
	struct feed f = {.e = e, .n = n, .person = &w->ring->person};

	for (i = 0; i < n; i++) {
		e[i].key = db_get_text(r, (int)i, FEED_KEY);
		e[i].list_id = db_get_int(r, (int)i, FEED_LIST);
		e[i].opt_out = db_get_bool(r, (int)i, FEED_OPT_OUT);
		f.has_erased |= str_starts(e[i].key, str_of(ERASE_KEY_PREFIX));
	}
	qsort(e, n, sizeof(*e), by_key);
	if (n > 0)
		suppress(w, &f);
	free(e);
	snprintf(w->pulse.since, sizeof(w->pulse.since), "%.*s",
	    STR_ARG(db_get_text(r, (int)n, FEED_SINCE)));
}

static void
read_mailing(struct mailing *m, const struct db_result *r, int line)
{
	m->range_left = db_get_bool(r, line, WORK_LEASES);
	m->retry_due = db_get_bool(r, line, WORK_RETRIES);
	m->meter.limited = db_get_bool(r, line, WORK_LIMITED);
	m->expires_ms =
	    m->worker->pulse.asked_ms + db_get_int(r, line, WORK_LEFT_MS);
	pauses_seen(m, db_get_int(r, line, WORK_PAUSES));
}

static void
see_mailing(struct mailing *m, const struct db_result *r, int line)
{
	read_mailing(m, r, line);
	if (!db_get_bool(r, line, WORK_USABLE))
		mailing_leave(m);
	else
		mailing_return(m);
}

static bool
is_wanted(const struct db_result *r, int line)
{
	return db_get_bool(r, line, WORK_USABLE) &&
	       (db_get_bool(r, line, WORK_LEASES) ||
		   db_get_bool(r, line, WORK_RETRIES));
}

static int
count_mailings(const struct worker *w)
{
	const struct mailing *m;
	int n = 0;

	for (m = w->mailings; m != NULL; m = m->next)
		n++;
	return n;
}

/* Those that are not here, from `from` on, as long as there are places. */
static void
admit(struct worker *w, const struct db_result *r, int64_t from, int64_t to)
{
	int line, rows = db_rows(r);
	struct mailing *m;
	int64_t id;

	for (line = 0; line < rows; line++) {
		id = db_get_int(r, line, WORK_ID);
		if (id < from || id >= to || !is_wanted(r, line) ||
		    mailing_find(w, id) != NULL)
			continue;
		if (count_mailings(w) >= WORKER_MAILINGS_MAX) {
			w->pulse.crowded = true;
			return;
		}
		m = mailing_new(w, id);
		read_mailing(m, r, line);
		w->pulse.last_mailing = id;
	}
}

static bool
is_running(const struct db_result *r, int64_t id)
{
	int line, rows = db_rows(r);

	for (line = 0; line < rows; line++)
		if (db_get_int(r, line, WORK_ID) == id)
			return true;
	return false;
}

/* With more campaigns than places one leaves after each lease, or when there
 * is nothing to take: never before it has had its turn. */
static bool
had_its_turn(const struct mailing *m)
{
	return m->leases == NULL && m->claims == 0 &&
	       (m->served || (!m->range_left && !m->retry_due));
}

/* It waits for permits, for a group or an account that rests; for that it
 * needs no place. */
static bool
stands_still(const struct mailing *m)
{
	const struct lease *l;

	if (m->stage != MAILING_ACTIVE || m->claims > 0 ||
	    clock_mono_ms() - m->moved_ms < PULSE_STILL_MS)
		return false;
	for (l = m->leases; l != NULL; l = l->next)
		if (l->given > 0)
			return false;
	return true;
}

static void
make_places(struct worker *w)
{
	int still = 0;
	struct mailing *m;

	for (m = w->mailings; m != NULL; m = m->next)
		if (had_its_turn(m) ||
		    (still < PULSE_STILL_MAX && stands_still(m) && ++still))
			mailing_leave(m);
}

static void
take_work(struct worker *w, const struct db_result *r)
{
	int line, rows = db_rows(r);
	int64_t after = w->pulse.last_mailing + 1;
	struct mailing *m;

	for (m = w->mailings; m != NULL; m = m->next)
		if (!is_running(r, m->id))
			mailing_leave(m);
	for (line = 0; line < rows; line++) {
		m = mailing_find(w, db_get_int(r, line, WORK_ID));
		if (m != NULL)
			see_mailing(m, r, line);
	}
	w->pulse.crowded = false;
	admit(w, r, after, INT64_MAX);
	admit(w, r, 0, after);
	if (w->pulse.crowded)
		make_places(w);
}

static void
take_accounts(struct worker *w, const struct db_result *r)
{
	int line, rows = db_rows(r);
	struct relay *relay;

	for (line = 0; line < rows; line++) {
		relay = relay_find(w, db_get_int(r, line, ACCOUNT_ID));
		if (relay != NULL)
			relay_seen(relay, db_get_int(r, line, ACCOUNT_VERSION),
			    db_get_bool(r, line, ACCOUNT_ACTIVE));
	}
}

static void
on_pulse(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct worker *w = arg;

	(void)count;
	w->pulse.under_way = false;
	if (err != NULL || w->stopping)
		return;
	take_feed(w, &results[0]);
	w->pulse.seen_ms = w->pulse.asked_ms;
	take_accounts(w, &results[2]);
	take_work(w, &results[1]);
	claim_more(w);
	handout_soon(w);
}

void
pulse_tick(struct worker *w)
{
	int64_t unusable[ACCOUNTS_MAX], all[ACCOUNTS_MAX];
	size_t nobody = 0, n = 0;
	struct db_batch *b;
	struct relay *r;

	if (w->pulse.under_way || w->stopping)
		return;
	for (r = w->relays; r != NULL && n < ARRAY_LEN(all); r = r->next) {
		all[n++] = r->row.id;
		if (r->state == RELAY_RESTING || r->state == RELAY_HALTING)
			unusable[nobody++] = r->row.id;
	}
	w->pulse.under_way = true;
	w->pulse.asked_ms = clock_mono_ms();
	b = db_batch_new(w->link);
	db_batch_add(b, Q_SUPPRESSION_FEED,
	    DB_ARGS(db_cstr(
		w->pulse.since[0] != '\0' ? w->pulse.since : SINCE_NOW)));
	db_batch_add(b, Q_WORK_FIND,
	    DB_ARGS(db_int(w->index), db_int(w->count),
		db_int_array(unusable, nobody)));
	db_batch_add(b, Q_ACCOUNT_STATES, DB_ARGS(db_int_array(all, n)));
	db_batch_send(b, on_pulse, w);
}
