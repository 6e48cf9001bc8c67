#include "sender/replay.h"

#include "db/link.h"
#include "lib/base/journal_read.h"
#include "lib/base/log.h"
#include "lib/base/process.h"
#include "sender/journal_entry.h"
#include "sender/replay_intents.h"

#define LOOK_MS     200 /* whether we are told to stop */
#define SCRATCH_MAX (16U << 20)

/* One journal on its way into the database. */
struct reading {
	struct replay *replay;
	struct journal_owner *owner;
	struct loop *loop;
	struct db_link *link;
	struct loop_timer *look, *again;
	struct replay_intents intents;
	struct outcome_batch *batch;
	struct replay_intent sure[REPLAY_BATCH]; /* without an outcome */
	size_t sure_count;
	int64_t outcomes, uncertain;
	bool complete; /* it tells all that was done */
	/* The transaction under way. */
	bool answered, failed, refused;
	struct err err;
};

/* Fills a transaction; called again when it has to be repeated. */
typedef void fill_fn(struct reading *g, struct arena *a, struct db_batch *db);

void
replay_init(struct replay *r, const struct settings *settings,
    const char *conninfo, const char *instance)
{
	*r = (struct replay){
	    .settings = settings,
	    .conninfo = conninfo,
	    .instance = instance,
	};
}

/* Once a journal. */
static bool
is_news(struct replay *r, uint64_t id)
{
	size_t i;

	for (i = 0; i < r->told_count; i++)
		if (r->told[i] == id)
			return false;
	if (r->told_count < REPLAY_TOLD_MAX)
		r->told[r->told_count++] = id;
	return true;
}

static void
tell_failure(const struct reading *g)
{
	log_error("journal_not_replayed", "holder=%s text=%s",
	    log_quote(str_of(g->owner->holder)),
	    log_quote(str_of(g->err.text)));
}

static void
on_look(void *arg)
{
	struct reading *g = arg;

	loop_timer_start(g->look, LOOK_MS);
	if (process_stopping())
		loop_stop(g->loop);
}

static void
on_again(void *arg)
{
	struct reading *g = arg;

	loop_stop(g->loop);
}

static void
on_answer(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct reading *g = arg;

	(void)results;
	(void)count;
	g->answered = true;
	g->failed = err != NULL;
	if (err != NULL)
		g->err = *err;
	loop_stop(g->loop);
}

static void
send_once(struct reading *g, fill_fn *fill)
{
	struct db_batch *db = db_batch_new(g->link);
	struct arena a;

	g->answered = g->failed = false;
	arena_init(&a, SCRATCH_MAX);
	fill(g, &a, db);
	arena_release(&a);
	db_batch_send(db, on_answer, g);
	while (!g->answered && !process_stopping())
		loop_run(g->loop);
}

static void
pause_a_little(struct reading *g)
{
	loop_timer_start(g->again, REPLAY_AGAIN_MS);
	loop_run(g->loop);
	loop_timer_stop(g->again);
}

/* Until it is in.  False: we are told to stop, or the database cannot take
 * what it says (refused). */
static bool
commit(struct reading *g, fill_fn *fill)
{
	bool told = false;

	while (!process_stopping()) {
		send_once(g, fill);
		if (g->answered && !g->failed)
			return true;
		if (g->failed && g->err.kind == FAIL_INPUT) {
			g->refused = true;
			return false;
		}
		if (g->failed && !told)
			tell_failure(g);
		told |= g->failed;
		if (g->failed)
			pause_a_little(g);
	}
	return false;
}

static struct db_arg
holder_of(const struct reading *g)
{
	return db_cstr(g->owner->holder);
}

static void
settle(const struct outcome_batch *b, struct arena *a, struct db_batch *db)
{
	int64_t *ids = ARENA_ARRAY(a, int64_t, b->count);
	int64_t *attempts = ARENA_ARRAY(a, int64_t, b->count);
	struct str *states = ARENA_ARRAY(a, struct str, b->count);
	size_t i, n = 0;

	for (i = 0; i < b->count; i++) {
		if (b->rows[i].retry_ms >= 0)
			continue;
		ids[n] = b->rows[i].delivery;
		attempts[n] = b->rows[i].attempt;
		states[n++] = str_of(ledger_state_name(b->rows[i].state));
	}
	db_batch_add(db, Q_JOURNAL_SETTLE,
	    DB_ARGS(db_int_array(ids, n), db_int_array(attempts, n),
		db_text_array(states, n)));
}

static void
fill_outcomes(struct reading *g, struct arena *a, struct db_batch *db)
{
	const struct outcome_batch *b = g->batch;
	int64_t *ids = ARENA_ARRAY(a, int64_t, b->count);
	int64_t *attempts = ARENA_ARRAY(a, int64_t, b->count);
	size_t i;

	for (i = 0; i < b->count; i++) {
		ids[i] = b->rows[i].delivery;
		attempts[i] = b->rows[i].attempt;
	}
	settle(b, a, db);
	outcome_batch_write(b, g->owner->holder, db);
	db_batch_add(db, Q_JOURNAL_KNOWN,
	    DB_ARGS(holder_of(g), db_int_array(ids, b->count),
		db_int_array(attempts, b->count)));
}

static bool
flush_outcomes(struct reading *g)
{
	if (g->batch->count == 0)
		return true;
	g->batch->said = true; /* some of it may be there */
	if (!commit(g, fill_outcomes))
		return false;
	g->outcomes += (int64_t)g->batch->count;
	outcome_batch_free(g->batch);
	g->batch = outcome_batch_new();
	return true;
}

static void
fill_uncertain(struct reading *g, struct arena *a, struct db_batch *db)
{
	size_t i, n = g->sure_count;
	int64_t *ids = ARENA_ARRAY(a, int64_t, n);
	int64_t *attempts = ARENA_ARRAY(a, int64_t, n);
	int64_t *firsts = ARENA_ARRAY(a, int64_t, n);

	for (i = 0; i < n; i++) {
		ids[i] = g->sure[i].delivery;
		attempts[i] = g->sure[i].attempt;
		firsts[i] = g->sure[i].first_at_us;
	}
	db_batch_add(db, Q_JOURNAL_UNCERTAIN,
	    DB_ARGS(db_int_array(ids, n), db_int_array(attempts, n),
		db_time_array(firsts, n)));
	db_batch_add(db, Q_JOURNAL_KNOWN,
	    DB_ARGS(holder_of(g), db_int_array(ids, n),
		db_int_array(attempts, n)));
}

static bool
flush_intents(struct reading *g)
{
	while (g->intents.count > 0) {
		g->sure_count = 0;
		while (
		    g->sure_count < REPLAY_BATCH &&
		    replay_intents_take(&g->intents, &g->sure[g->sure_count]))
			g->sure_count++;
		if (!commit(g, fill_uncertain))
			return false;
		g->uncertain += (int64_t)g->sure_count;
	}
	return true;
}

static void
fill_end(struct reading *g, struct arena *a, struct db_batch *db)
{
	(void)a;
	if (g->complete) {
		db_batch_add(db, Q_JOURNAL_GIVE_BACK_LEASES,
		    DB_ARGS(holder_of(g)));
		db_batch_add(db, Q_JOURNAL_GIVE_BACK_RETRIES,
		    DB_ARGS(holder_of(g)));
		db_batch_add(db, Q_JOURNAL_PENDING_AGAIN,
		    DB_ARGS(holder_of(g), db_null(), db_null()));
	} else {
		db_batch_add(db, Q_JOURNAL_END_LEASES, DB_ARGS(holder_of(g)));
		db_batch_add(db, Q_JOURNAL_END_RETRIES, DB_ARGS(holder_of(g)));
	}
}

static bool
take_entry(struct reading *g, const struct journal_entry *e)
{
	switch (e->type) {
	case JOURNAL_INTENT:
		replay_intents_put(&g->intents,
		    &(struct replay_intent){
			.delivery = e->delivery,
			.first_at_us = e->first_at_us,
			.attempt = e->attempt,
		    });
		return true;
	case JOURNAL_UNSENT:
		replay_intents_drop(&g->intents, e->delivery);
		return true;
	case JOURNAL_OUTCOME: break;
	}
	replay_intents_drop(&g->intents, e->delivery);
	outcome_batch_add(g->batch, &e->row);
	g->batch->rows[g->batch->count - 1].settles_retry = false;
	return (g->batch->count < REPLAY_BATCH &&
		   g->batch->arena.used < REPLAY_TEXTS_MAX) ||
	       flush_outcomes(g);
}

/* Its records, into the database.  False: not all. */
static bool
read_all(struct reading *g, struct journal_read *r)
{
	enum journal_read_what what;
	struct journal_entry e;
	struct str payload;
	uint16_t type;

	while ((what = journal_read_next(r, &type, &payload, &g->err)) ==
	       JOURNAL_READ_RECORD) {
		if (!journal_entry_read(&e, type, payload))
			r->damaged = true;
		else if (!take_entry(g, &e))
			return false;
	}
	if (what == JOURNAL_READ_OVER)
		return flush_outcomes(g) && flush_intents(g);
	if (is_news(g->replay, g->owner->id))
		tell_failure(g);
	return false;
}

static void
begin(struct reading *g, struct replay *r, struct journal_owner *o)
{
	*g = (struct reading){.replay = r, .owner = o};
	g->loop = loop_new();
	g->link = db_link_new(g->loop, r->conninfo);
	g->look = loop_timer_new(g->loop, on_look, g);
	g->again = loop_timer_new(g->loop, on_again, g);
	loop_timer_start(g->look, LOOK_MS);
	g->batch = outcome_batch_new();
}

static void
end(struct reading *g)
{
	db_link_free(g->link);
	loop_timer_free(g->look);
	loop_timer_free(g->again);
	loop_free(g->loop);
	outcome_batch_free(g->batch);
	replay_intents_release(&g->intents);
}

static void
tell_end(const struct reading *g, bool damaged)
{
	log_info("journal_replayed",
	    "holder=%s outcomes=%lld uncertain=%lld complete=%d",
	    log_quote(str_of(g->owner->holder)), (long long)g->outcomes,
	    (long long)g->uncertain, g->complete);
	if (damaged)
		log_error("journal_damaged", "kept=%s.damaged",
		    g->owner->folder);
}

/* All of it is in the database. */
static void
put_away(struct reading *g, bool damaged)
{
	struct err err;
	bool ok;

	tell_end(g, damaged);
	if (damaged)
		ok = journal_owner_set_apart(g->owner, &err);
	else if (g->complete)
		ok = journal_owner_replayed(g->owner, &err);
	else
		ok = journal_owner_remove(g->owner, &err);
	if (!ok)
		log_warn("journal_not_removed", "text=%s",
		    log_quote(str_of(err.text)));
}

static void
replay_one(struct replay *r, struct journal_owner *o, struct journal_read *read)
{
	struct reading g;
	bool done, damaged;

	begin(&g, r, o);
	done = read_all(&g, read);
	damaged = read->damaged || g.refused;
	g.complete = !damaged && (o->same_boot || o->policy == JOURNAL_DISK);
	if (done || g.refused)
		done = commit(&g, fill_end);
	if (done)
		put_away(&g, damaged);
	end(&g);
}

/* The second look, when nothing is on its way any more. */
static void
free_again(struct replay *r, struct journal_owner *o)
{
	struct reading g;
	struct err err;

	if (o->replayed_s < REPLAY_AFTER_S)
		return;
	begin(&g, r, o);
	g.complete = true;
	if (commit(&g, fill_end) && !journal_owner_remove(o, &err))
		log_warn("journal_not_removed", "text=%s",
		    log_quote(str_of(err.text)));
	end(&g);
}

static void
leave_alone(struct replay *r, const struct journal_owner *o, const char *why)
{
	if (is_news(r, o->id))
		log_warn("journal_left_alone", "folder=%s reason=%s",
		    log_quote(str_of(o->folder)), log_quote(str_of(why)));
}

static void
look_at(struct replay *r, struct journal_owner *o)
{
	struct journal_read read;
	struct err err;

	if (o->holder[0] == '\0') {
		leave_alone(r, o, "its file owner cannot be read");
	} else if (strcmp(o->instance, r->instance) != 0) {
		leave_alone(r, o, "it belongs to another database");
	} else if (o->replayed_s >= 0) {
		free_again(r, o);
	} else if (!journal_read_open(&read, o, &err)) {
		leave_alone(r, o, err.text);
	} else {
		replay_one(r, o, &read);
		journal_read_close(&read);
	}
	journal_owner_release(o);
}

void
replay_orphans(struct replay *r)
{
	struct journal_orphans orphans = {NULL, ""};
	struct journal_owner owner;
	struct err err;

	if (!journal_orphans_open(&orphans, r->settings->journal, &err)) {
		if (is_news(r, 0))
			log_warn("journals", "text=%s",
			    log_quote(str_of(err.text)));
		return;
	}
	while (!process_stopping() && journal_orphans_next(&orphans, &owner))
		look_at(r, &owner);
	journal_orphans_close(&orphans);
}
