#include "api/hit_loader.h"

#include "api/hit.h"
#include "db/db.h"
#include "db/tuples.h"
#include "lib/base/clock.h"
#include "lib/base/journal_read.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define LOOK_MS     1000 /* for journals of others */
#define AWAY_MS     1000 /* while the database is away */
#define REST_MAX_MS 200
#define COLUMNS     12
#define ROW_MAX     (HIT_RECORD_MAX + 256) /* bytes of one that is copied */

struct hit_loader {
	struct hit_loader_params params;
	pthread_t thread;
	atomic_bool stopping;
	/* The thread's own. */
	struct db *db;
	struct tuples rows;
	bool telling;        /* that the database is away */
	uint64_t left_alone; /* the last journal that was no use */
};

/* One journal. */
struct reading {
	struct hit_loader *loader;
	const struct journal_owner *owner;
	int count;     /* of rows not yet in the database */
	int64_t taken; /* records read */
	bool refused;  /* the database does not take them */
	struct err err;
};

static void
add_row(struct reading *g, const struct hit *h)
{
	struct tuples *t = &g->loader->rows;
	char key[64];

	snprintf(key, sizeof(key), "%016llx:%lld",
	    (unsigned long long)g->owner->id, (long long)g->taken);
	tuples_row(t, COLUMNS);
	tuples_text(t, str_of(key));
	tuples_time(t, h->at_us);
	tuples_text(t, str_of(hit_kind_name(h->kind)));
	tuples_bigint(t, h->delivery);
	tuples_bigint(t, h->link);
	tuples_text(t, h->head ? STR("HEAD") : STR("GET"));
	tuples_text(t, h->purpose);
	tuples_text(t, h->agent);
	tuples_text(t, h->network);
	tuples_bigint(t, h->source);
	tuples_bigint(t, h->headers);
	tuples_text(t, h->target);
}

static bool
copy_rows(struct db *db, struct tuples *rows, struct err *err)
{
	int64_t count;

	return db_copy_start(db, Q_HIT_COPY, err) &&
	       db_copy_data(db, tuples_end(rows), err) &&
	       db_copy_end(db, &count, err);
}

static bool
run_all(struct db *db, struct tuples *rows, struct err *err)
{
	static const enum query before[] = {Q_HIT_STAGE, Q_HIT_LOCK};
	static const enum query after[] = {Q_HIT_PARTITIONS, Q_HIT_TAKE,
	    Q_HIT_BURSTS, Q_HIT_CROWDS, Q_HIT_ORDERS};
	size_t i;

	for (i = 0; i < ARRAY_LEN(before); i++)
		if (!db_run(db, before[i], DB_NO_ARGS, NULL, err))
			return false;
	if (!copy_rows(db, rows, err))
		return false;
	for (i = 0; i < ARRAY_LEN(after); i++)
		if (!db_run(db, after[i], DB_NO_ARGS, NULL, err))
			return false;
	return true;
}

/* Works no more than half of the time: people who look at reports are to
 * have their answers, too. */
static void
rest(const struct hit_loader *l, int64_t began_ms)
{
	int64_t took = clock_mono_ms() - began_ms;

	if (took > REST_MAX_MS)
		took = REST_MAX_MS;
	if (!l->stopping)
		usleep((useconds_t)took * 1000);
}

static bool
flush(struct reading *g)
{
	struct hit_loader *l = g->loader;
	int64_t began = clock_mono_ms();

	if (g->count == 0)
		return true;
	if (!db_begin(l->db, &g->err) || !run_all(l->db, &l->rows, &g->err) ||
	    !db_commit(l->db, &g->err)) {
		db_rollback(l->db);
		g->refused =
		    g->err.kind == FAIL_INPUT || g->err.kind == FAIL_LIMIT;
		return false;
	}
	g->count = 0;
	tuples_begin(&l->rows);
	rest(l, began);
	return true;
}

/* False: come back later, unless it is refused. */
static bool
read_all(struct reading *g, struct journal_read *r)
{
	enum journal_read_what what;
	struct str payload;
	uint16_t type;
	struct hit h;

	tuples_begin(&g->loader->rows);
	while ((what = journal_read_next(r, &type, &payload, &g->err)) ==
	       JOURNAL_READ_RECORD) {
		g->taken++;
		if (type != HIT_JOURNAL_TYPE || !hit_decode(&h, payload)) {
			r->damaged = true;
			continue;
		}
		add_row(g, &h);
		if (++g->count == HIT_BATCH_MAX && !flush(g))
			return false;
	}
	return what == JOURNAL_READ_OVER && flush(g);
}

static void
put_away(struct reading *g, struct journal_owner *o, bool damaged)
{
	struct err err;
	bool ok;

	if (damaged) {
		log_error("hit_journal_damaged", "kept=%s.damaged text=%s",
		    o->folder, log_quote(str_of(g->err.text)));
		ok = journal_owner_set_apart(o, &err);
	} else {
		ok = journal_owner_remove(o, &err);
	}
	if (!ok)
		log_warn("hit_journal_not_removed", "text=%s",
		    log_quote(str_of(err.text)));
	if (g->taken > 0)
		log_debug("hits", "count=%lld", (long long)g->taken);
}

static void
tell_away(struct hit_loader *l, const struct err *err)
{
	if (!l->telling)
		log_warn("hits_wait", "text=%s", log_quote(str_of(err->text)));
	l->telling = true;
}

/* False: the database is away. */
static bool
load(struct hit_loader *l, struct journal_owner *o, struct journal_read *r)
{
	struct reading g = {.loader = l, .owner = o};

	if (l->db == NULL &&
	    !db_open(&l->db, l->params.conninfo, DB_UNPREPARED, &g.err)) {
		l->db = NULL;
		tell_away(l, &g.err);
		return false;
	}
	if (!read_all(&g, r) && !g.refused) {
		tell_away(l, &g.err);
		return false;
	}
	if (l->telling)
		log_info("hits_go_on", "journals=1");
	l->telling = false;
	put_away(&g, o, g.refused || r->damaged);
	return true;
}

static void
leave_alone(struct hit_loader *l, const struct journal_owner *o,
    const char *why)
{
	if (l->left_alone != o->id)
		log_warn("hit_journal_left_alone", "folder=%s reason=%s",
		    log_quote(str_of(o->folder)), log_quote(str_of(why)));
	l->left_alone = o->id;
}

static bool
look_at(struct hit_loader *l, struct journal_owner *o)
{
	struct journal_read r;
	struct err err;
	bool ok = true;

	if (o->holder[0] == '\0') {
		leave_alone(l, o, "its file owner cannot be read");
	} else if (strcmp(o->instance, l->params.instance) != 0) {
		leave_alone(l, o, "it belongs to another database");
	} else if (!journal_read_open(&r, o, &err)) {
		leave_alone(l, o, err.text);
	} else {
		ok = load(l, o, &r);
		journal_read_close(&r);
	}
	journal_owner_release(o);
	return ok;
}

static bool
look(struct hit_loader *l)
{
	struct journal_orphans orphans = {NULL, ""};
	struct journal_owner owner;
	struct err err;
	bool ok = true;

	if (!journal_orphans_open(&orphans, l->params.folder, &err)) {
		tell_away(l, &err);
		return false;
	}
	while (ok && journal_orphans_next(&orphans, &owner))
		ok = look_at(l, &owner);
	journal_orphans_close(&orphans);
	return ok;
}

static void *
work(void *arg)
{
	struct hit_loader *l = arg;
	uint64_t turns = 0;

	while (!l->stopping) {
		if (look(l))
			hit_journal_await(l->params.journal, &turns, LOOK_MS);
		else
			usleep(AWAY_MS * 1000);
	}
	return NULL;
}

struct hit_loader *
hit_loader_start(const struct hit_loader_params *params)
{
	struct hit_loader *l = NEW(struct hit_loader);

	l->params = *params;
	tuples_init(&l->rows, (size_t)HIT_BATCH_MAX * ROW_MAX);
	if (pthread_create(&l->thread, NULL, work, l) != 0)
		die("api: cannot start a thread");
	return l;
}

void
hit_loader_stop(struct hit_loader *l)
{
	l->stopping = true;
	pthread_join(l->thread, NULL);
}

void
hit_loader_free(struct hit_loader *l)
{
	if (!look(l))
		log_info("hits_stay", "folder=%s", l->params.folder);
	db_close(l->db);
	tuples_release(&l->rows);
	free(l);
}
